/* Locks and durable files. See file.h.
 *
 * The lock is flock's, which belongs to the open file: SQLite's own are POSIX locks, which a
 * process loses when it closes any descriptor of the file. */
#include "store/file.h"

#include "base/clock.h"
#include "store/engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS  1000
#define LOCK_PAUSE_MS 10

/* The folder in which path lies: what is before its last slash. */
static void parent_of(const char *path, char parent[ENGINE_PATH_SIZE])
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		snprintf(parent, ENGINE_PATH_SIZE, ".");
	else
		snprintf(parent, ENGINE_PATH_SIZE, "%.*s", slash == path ? 1 : (int)(slash - path),
		    path);
}

/* Makes one folder and its name durable; 0 or an errno. */
static int make_one(const char *folder)
{
	char parent[ENGINE_PATH_SIZE];
	if (mkdir(folder, 0700) != 0)
		return errno;
	parent_of(folder, parent);
	return file_sync_folder(parent);
}

bool file_make_folder(const char *folder, char *why, size_t why_size)
{
	char path[ENGINE_PATH_SIZE];
	int error = 0;
	if ((size_t)snprintf(path, sizeof path, "%s", folder) >= sizeof path)
		error = ENAMETOOLONG;
	for (char *slash = path + 1; path[0] && !error && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		error = make_one(path);
		if (error == EEXIST)
			error = 0;
		*slash = '/';
	}
	if (!error)
		error = make_one(path);
	struct stat status;
	if (error == EEXIST)
		error = stat(path, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
	if (!error)
		return true;
	snprintf(why, why_size, "%s: cannot be made: %s", folder, strerror(error));
	return false;
}

int file_lock(const char *path, char *why, size_t why_size)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	int64_t until = clock_steady() + LOCK_WAIT_MS;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if ((errno == EWOULDBLOCK || errno == EINTR) && clock_steady() < until) {
			nanosleep(&pause, NULL);
			continue;
		}
		snprintf(why, why_size, "%s: %s", path,
		    errno == EWOULDBLOCK ? "another process has this store open" : strerror(errno));
		close(fd);
		return -1;
	}
	if (fd < 0)
		snprintf(why, why_size, "%s: cannot be opened: %s", path, strerror(errno));
	return fd;
}

int file_sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	return error;
}

/* Reads up to size bytes; 0 or an errno. *length is how many there were. */
static int read_all(int fd, char *bytes, size_t size, size_t *length)
{
	*length = 0;
	while (*length < size) {
		ssize_t count = read(fd, bytes + *length, size - *length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno;
		if (count == 0)
			return 0;
		*length += (size_t)count;
	}
	return 0;
}

int file_read(const char *path, char **text, size_t *length)
{
	struct stat status;
	int error = 0;

	*text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fstat(fd, &status) != 0)
		error = errno;
	else if (!S_ISREG(status.st_mode))
		error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	if (error)
		goto out;
	*text = malloc((size_t)status.st_size + 1);
	if (!*text) {
		error = ENOMEM;
		goto out;
	}
	error = read_all(fd, *text, (size_t)status.st_size, length);
	if (error) {
		free(*text);
		*text = NULL;
		goto out;
	}
	(*text)[*length] = '\0';
out:
	close(fd);
	return error;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, bytes, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? errno : EIO;
		bytes += count;
		length -= (size_t)count;
	}
	return 0;
}

int file_replace(const char *folder, const char *path, const char *bytes, size_t length)
{
	char draft[ENGINE_PATH_SIZE + 4];
	snprintf(draft, sizeof draft, "%s.tmp", path);
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	int error = write_all(fd, bytes, length);
	if (!error && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && !error)
		error = errno;
	if (!error && rename(draft, path) != 0)
		error = errno;
	if (error)
		unlink(draft);
	return error ? error : file_sync_folder(folder);
}
