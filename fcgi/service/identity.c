/* The user that a service runs as. See identity.h.
 *
 * Root executes the service, because the program and the data files may lie where only root may
 * read. The state folder may lie there too: a path that starts in the working directory needs no
 * permission of the folders above it. So all paths are such from here on. */
#define _GNU_SOURCE /* setresuid */
#include "service/identity.h"

#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char own_folder[64];

const char *identity_folder(void)
{
	return own_folder;
}

static bool fail(char *why, size_t why_size, const char *what, int error)
{
	snprintf(why, why_size, "%.400s: %s", what, strerror(error));
	return false;
}

/* Looks the user up; NULL with a line in why. */
static const struct passwd *find_user(const char *name, char *why, size_t why_size)
{
	errno = 0;
	const struct passwd *user = getpwnam(name); /* there are no threads yet */
	if (!user)
		snprintf(why, why_size,
		    "CINEMA_USER is \"%s\", but there is no such user: ./run.sh start makes cinema, and "
		    "root leaves everything as it is",
		    name);
	return user;
}

/* Opens a folder that only root may enter to the group. One that others may enter, or another group,
 * is left as it is. */
static bool let_through(const char *folder, gid_t group)
{
	struct stat status;
	if (stat(folder, &status) != 0)
		return false;
	bool other_group =
	    (status.st_mode & 070) != 0 && status.st_gid != 0 && status.st_gid != group;
	if (status.st_uid != 0 || (status.st_mode & 07) != 0 || other_group)
		return true;
	return chown(folder, (uid_t)-1, group) == 0 && chmod(folder, 0710) == 0;
}

/* Gives one file in a folder away. Not a link, nor what has a second name elsewhere: that user may
 * have put it there before. */
static bool give_file(int folder, const char *name, uid_t user, gid_t group)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid == user)
		return true;
	return fchownat(folder, name, user, group, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Gives a folder and the files in it away; 0 or an errno. */
static int give_folder(const char *path, uid_t user, gid_t group)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int error = 0;

	if (!folder) {
		error = errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	if (fchown(fd, user, group) != 0)
		error = errno;
	while (!error && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && !give_file(fd, entry->d_name, user, group))
			error = errno;
	closedir(folder);
	return error;
}

/* Becomes the user, and makes sure that there is no way back. */
static bool become(const struct passwd *user, char *why, size_t why_size)
{
	if (setgroups(1, &user->pw_gid) != 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		return fail(why, why_size,
		    "cannot become CINEMA_USER (root leaves everything as it is)", errno);
	if (setresuid(0, 0, 0) != 0 && setresgid(0, 0, 0) != 0)
		return true;
	snprintf(why, why_size, "CINEMA_USER, \"%s\", can become root again", user->pw_name);
	return false;
}

/* Changes from root to the user, who then owns the service's folder. */
static bool change_user(const char *name, char *why, size_t why_size)
{
	const struct passwd *user = find_user(name, why, why_size);
	if (!user)
		return false;
	if (user->pw_uid == 0)
		return true;
	if (!let_through(".", user->pw_gid) || !let_through("store", user->pw_gid))
		return fail(why, why_size, "cannot let CINEMA_USER into CINEMA_STATE", errno);
	int error = give_folder(own_folder, user->pw_uid, user->pw_gid);
	if (error)
		return fail(why, why_size, own_folder, error);
	return become(user, why, why_size);
}

bool identity_enter(struct settings *settings, const char *name, char *why, size_t why_size)
{
	const char *state = settings_text(settings, SETTING_STATE);
	snprintf(own_folder, sizeof own_folder, "store/%.32s", name);
	umask(077);
	if (!file_make_folder(state, why, why_size))
		return false;
	if (chdir(state) != 0)
		return fail(why, why_size, state, errno);
	if (!file_make_folder(own_folder, why, why_size) ||
	    (geteuid() == 0 && !change_user(settings_text(settings, SETTING_USER), why, why_size)))
		return false;
	if (access(own_folder, R_OK | W_OK | X_OK) != 0) {
		snprintf(why, why_size, "%.400s/%s: user %lu cannot get in: %s", state, own_folder,
		    (unsigned long)geteuid(), strerror(errno));
		return false;
	}
	settings_replace(settings, SETTING_STATE, ".");
	return true;
}
