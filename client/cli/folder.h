/* The folder in which the command keeps what it needs again: below XDG_STATE_HOME, or
 * ~/.local/state. */
#ifndef CINEMA_CLI_FOLDER_H
#define CINEMA_CLI_FOLDER_H

#include "base/buffer.h"

/**
 * Appends the path of a file in the folder "cinema" there, or in a folder of that name in it
 * (NULL: in itself). With make, folders that are missing are made, for their owner alone. False
 * with a line in why.
 */
bool folder_path(struct buffer *path, const char *folder, const char *file, bool make, char *why,
    size_t why_size);

#endif
