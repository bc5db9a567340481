/* What a store's engine and the log would do outside of the process: files that are in memory, and
 * messages that nobody reads. Linked with --wrap in place of store/file.c and base/log.c. */
#ifndef CINEMA_FUZZ_WORLD_H
#define CINEMA_FUZZ_WORLD_H

#include <stdbool.h>

/** The text of a file, by its name without folders, or NULL. Good until it is written or put. */
const char *world_text(const char *name);

/** Gives a file a text, which is copied; NULL: it is not there any more. */
void world_put(const char *name, const char *text);

/** Whether a file was written since it was put. */
bool world_changed(const char *name);

#endif
