/* Records what a program does to the disk, for tests/tools/power.c: preloaded, it writes every
 * change of the files below RECORD_FOLDER, every sync, and everything that goes to standard output,
 * in the order in which they happened, to RECORD_LOG. With RECORD_LINES=n the program ends, as if
 * killed, at the nth line of its output. With RECORD_PROGRAM=name only the program of that name is
 * recorded, and what follows "Location: /bookings/" in an answer to nginx counts as a line of output.
 *
 * One lock is held over each call and its record, so that the order is the true one. */
#define _GNU_SOURCE
#include "record.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS    1024
#define INODES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *folder, *program;
static char here[512];
static long lines, lines_max;
static uint32_t files[FDS];    /* id + 1 of the file that a descriptor is of, 0: none of ours */
static char folders[FDS][256]; /* the folder that a descriptor is of */
static uint32_t next_id;
static struct {
	ino_t inode;
	uint32_t id;
} known[INODES];
static size_t known_count;

#define REAL(name)                                                                                 \
	static __typeof__(&name) real;                                                             \
	if (!real)                                                                                 \
		*(void **)&real = dlsym(RTLD_NEXT, #name);

static void put(const void *bytes, size_t length)
{
	static ssize_t (*real)(int, const void *, size_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	for (const char *at = bytes; length > 0;) {
		ssize_t count = real(log_fd, at, length);
		if (count <= 0)
			_exit(99);
		at += count;
		length -= (size_t)count;
	}
}

static void record(
    enum record_kind kind, uint32_t id, uint64_t offset, const void *bytes, size_t length)
{
	struct record head = { .kind = kind, .id = id, .offset = offset, .length = length };
	int kept = errno;
	put(&head, sizeof head);
	put(bytes, length);
	errno = kept;
}

static __attribute__((constructor)) void start(void)
{
	const char *path = getenv("RECORD_LOG"), *most = getenv("RECORD_LINES");
	program = getenv("RECORD_PROGRAM");
	if (program && strcmp(program, program_invocation_short_name) != 0)
		return;
	if (!getcwd(here, sizeof here))
		_exit(99);
	folder = getenv("RECORD_FOLDER");
	lines_max = most ? strtol(most, NULL, 10) : 0;
	if (path && folder)
		log_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* What comes after the folder in a path: "" for itself, NULL when it is another. */
static const char *below(const char *path)
{
	const char *rest = folder;
	size_t length = strlen(here);
	if (!folder || log_fd < 0)
		return NULL;
	if (path[0] != '/') {
		if (getcwd(here, sizeof here))
			length = strlen(here);
		path += strncmp(path, "./", 2) == 0 ? 2 : 0;
		rest = strncmp(folder, here, length) == 0 && folder[length] == '/'
		    ? folder + length + 1
		    : NULL;
	}
	length = rest ? strlen(rest) : 0;
	return rest && strncmp(path, rest, length) == 0 && strchr("/", path[length]) ? path + length
										     : NULL;
}

/* The name below the folder, or NULL. */
static const char *inside(const char *path)
{
	const char *rest = below(path);
	return rest && *rest ? rest + 1 : NULL;
}

static uint32_t find_id(int fd, int created)
{
	struct stat status;
	size_t i = 0;
	if (fstat(fd, &status) != 0)
		_exit(99);
	while (i < known_count && known[i].inode != status.st_ino)
		i++;
	if (i == INODES)
		_exit(99);
	if (i == known_count || created) {
		known[i].inode = status.st_ino;
		known[i].id = next_id++;
		known_count += i == known_count;
	}
	return known[i].id;
}

static int opened(int fd, const char *path, int flags, int existed)
{
	const char *name = inside(path);
	const char *rest = below(path);
	int is_folder = rest && !*rest;
	if (fd < 0 || fd >= FDS || (!name && !is_folder))
		return fd;
	if (is_folder) {
		snprintf(folders[fd], sizeof folders[fd], "%s", path);
	} else {
		uint32_t id = find_id(fd, !existed);
		files[fd] = id + 1;
		if (!existed)
			record(RECORD_CREATE, id, 0, name, strlen(name));
		else if (flags & O_TRUNC)
			record(RECORD_TRUNCATE, id, 0, "", 0);
	}
	return fd;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		REAL(name)                                                                         \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		mode_t mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;                   \
		va_end(arguments);                                                                 \
		if (log_fd < 0)                                                                    \
			return real(path, flags, mode);                                            \
		pthread_mutex_lock(&lock);                                                         \
		int existed = access(path, F_OK) == 0;                                             \
		int fd = opened(real(path, flags, mode), path, flags, existed);                    \
		pthread_mutex_unlock(&lock);                                                       \
		return fd;                                                                         \
	}

OPEN(open)
OPEN(open64)

int close(int fd)
{
	REAL(close)
	pthread_mutex_lock(&lock);
	if (fd >= 0 && fd < FDS) {
		files[fd] = 0;
		folders[fd][0] = '\0';
	}
	int result = real(fd);
	pthread_mutex_unlock(&lock);
	return result;
}

static int is_ours(int fd)
{
	return log_fd >= 0 && fd >= 0 && fd < FDS && files[fd];
}

#define PWRITE(name, type)                                                                         \
	ssize_t name(int fd, const void *bytes, size_t length, type offset)                        \
	{                                                                                          \
		REAL(name)                                                                         \
		pthread_mutex_lock(&lock);                                                         \
		ssize_t count = real(fd, bytes, length, offset);                                   \
		if (count > 0 && is_ours(fd))                                                      \
			record(                                                                    \
			    RECORD_WRITE, files[fd] - 1, (uint64_t)offset, bytes, (size_t)count);  \
		pthread_mutex_unlock(&lock);                                                       \
		return count;                                                                      \
	}

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* The line of a booking that nginx is told of, which counts as told; its length, or 0. */
static size_t find_booking(const struct iovec *part, char line[256])
{
	static const char mark[] = "Location: /bookings/";
	const char *start = part->iov_base;
	const char *found = memmem(start, part->iov_len, mark, sizeof mark - 1);
	const char *end =
	    found ? memchr(found, '\r', part->iov_len - (size_t)(found - start)) : NULL;
	if (!end)
		return 0;
	found += sizeof mark - 1;
	return (size_t)snprintf(line, 256, "%.*s\n", (int)(end - found), found);
}

/* An answer goes to nginx in one call, its head as one part. */
ssize_t writev(int fd, const struct iovec *parts, int part_count)
{
	REAL(writev)
	char line[256];
	size_t length = 0;
	for (int i = 0; i < part_count && length == 0 && log_fd >= 0 && program; i++)
		length = find_booking(&parts[i], line);
	if (length == 0)
		return real(fd, parts, part_count);
	pthread_mutex_lock(&lock);
	ssize_t count = real(fd, parts, part_count);
	record(RECORD_OUTPUT, 0, 0, line, length);
	pthread_mutex_unlock(&lock);
	return count;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	REAL(write)
	if (log_fd < 0 || (fd != STDOUT_FILENO && !is_ours(fd)))
		return real(fd, bytes, length);
	pthread_mutex_lock(&lock);
	off_t offset = fd == STDOUT_FILENO ? 0 : lseek(fd, 0, SEEK_CUR);
	ssize_t count = real(fd, bytes, length);
	if (count > 0 && fd == STDOUT_FILENO)
		record(RECORD_OUTPUT, 0, 0, bytes, (size_t)count);
	else if (count > 0)
		record(RECORD_WRITE, files[fd] - 1, (uint64_t)offset, bytes, (size_t)count);
	if (fd == STDOUT_FILENO && ++lines == lines_max)
		_exit(0);
	pthread_mutex_unlock(&lock);
	return count;
}

#define TRUNCATE(name, type)                                                                       \
	int name(int fd, type size)                                                                \
	{                                                                                          \
		REAL(name)                                                                         \
		pthread_mutex_lock(&lock);                                                         \
		int result = real(fd, size);                                                       \
		if (result == 0 && is_ours(fd))                                                    \
			record(RECORD_TRUNCATE, files[fd] - 1, (uint64_t)size, "", 0);             \
		pthread_mutex_unlock(&lock);                                                       \
		return result;                                                                     \
	}

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                                                 \
	int name(int fd)                                                                           \
	{                                                                                          \
		REAL(name)                                                                         \
		pthread_mutex_lock(&lock);                                                         \
		int result = real(fd);                                                             \
		if (result == 0 && is_ours(fd))                                                    \
			record(RECORD_SYNC, files[fd] - 1, 0, "", 0);                              \
		else if (result == 0 && fd >= 0 && fd < FDS && folders[fd][0])                     \
			record(RECORD_SYNC_FOLDER, 0, 0, "", 0);                                   \
		pthread_mutex_unlock(&lock);                                                       \
		return result;                                                                     \
	}

SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to)
{
	REAL(rename)
	char names[1024];
	pthread_mutex_lock(&lock);
	int result = real(from, to);
	if (result == 0 && inside(from) && inside(to)) {
		int length =
		    snprintf(names, sizeof names, "%s%c%s", inside(from), '\0', inside(to));
		record(RECORD_RENAME, 0, 0, names, (size_t)length);
	}
	pthread_mutex_unlock(&lock);
	return result;
}

int unlink(const char *path)
{
	REAL(unlink)
	pthread_mutex_lock(&lock);
	int result = real(path);
	if (result == 0 && inside(path))
		record(RECORD_UNLINK, 0, 0, inside(path), strlen(inside(path)));
	pthread_mutex_unlock(&lock);
	return result;
}
