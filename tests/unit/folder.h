/* What tests that write into a folder of their own share. */
#ifndef CINEMA_TESTS_FOLDER_H
#define CINEMA_TESTS_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static inline int folder_remove_at(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) != 0)
			folder_remove_at(fd, entry->d_name);
	}
	if (folder)
		closedir(folder);
	return unlinkat(parent, name, AT_REMOVEDIR);
}

/** Removes a folder with all that is in it, at any depth; -1 if something of it is left. */
static inline int folder_remove(const char *path)
{
	return folder_remove_at(AT_FDCWD, path);
}

#endif
