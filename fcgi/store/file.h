/* Files as engines need them: a lock that keeps a second process out, and what makes a file and its
 * name durable. */
#ifndef CINEMA_STORE_FILE_H
#define CINEMA_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/** Makes a folder, its parents too; false with a line in why. One that exists is left as it is. */
bool file_make_folder(const char *folder, char *why, size_t why_size);

/**
 * Takes the lock that path stands for, waiting up to a second for another process to give it up.
 * Returns a descriptor; closing it, or the process's end, gives the lock up. -1 with a line in why.
 */
int file_lock(const char *path, char *why, size_t why_size);

/** Makes the names in a folder durable; 0 or an errno. */
int file_sync_folder(const char *folder);

/**
 * Reads a whole file: length bytes and a NUL, freed by the caller. 0 or an errno; ENOENT when there
 * is none.
 */
int file_read(const char *path, char **text, size_t *length);

/**
 * Puts length bytes in place of path's content, atomically and durably, by way of path.tmp in the
 * same folder. 0, or an errno with path as it was.
 */
int file_replace(const char *folder, const char *path, const char *bytes, size_t length);

#endif
