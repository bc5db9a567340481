/* The file of the engine `json`: readable and editable by hand, a document a line.
 *
 *   {"sequence": 17,
 *    "documents": {
 *     "movies/abc": {"version": 3, "document": {…}},
 *     …
 *    }}
 */
#ifndef CINEMA_STORE_JSONFILE_H
#define CINEMA_STORE_JSONFILE_H

#include "base/buffer.h"
#include "store/map.h"

/**
 * Reads a file's text (text[length] is NUL) into an empty map. A document without a version was
 * edited by hand: it has version 0 then, and *unversioned is set. False with a line in why that
 * names path, place and reason; the map is then incomplete.
 */
bool jsonfile_read(const char *path, char *text, size_t length, struct map *map, bool *unversioned,
    char *why, size_t why_size);

/** Appends the file's text. */
void jsonfile_write(struct buffer *text, const struct map *map);

#endif
