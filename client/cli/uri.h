/* Writing paths and queries, and reading where a list goes on. */
#ifndef CINEMA_CLI_URI_H
#define CINEMA_CLI_URI_H

#include "base/buffer.h"

/** Appends one part of a path, or a value of a query, percent-encoded. */
void uri_part(struct buffer *path, const char *part);

/** The target of rel="next" in the value of a Link header and its length, or NULL. */
const char *uri_next(const char *value, size_t *length);

#endif
