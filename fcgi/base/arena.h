/* Memory that is freed all at once: a request's strings live as long as the request and need no
 * free of their own. */
#ifndef CINEMA_BASE_ARENA_H
#define CINEMA_BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *blocks; /* newest first */
};

/** An empty arena. */
void arena_init(struct arena *arena);

/** Gives everything back. The arena can be used again. */
void arena_free(struct arena *arena);

/** Gives everything back but keeps the first block, ready for the next request. */
void arena_reset(struct arena *arena);

/** Memory for any type, not zeroed; NULL, and a note in memory.h, when none is left. */
void *arena_alloc(struct arena *arena, size_t size);

/** A NUL-terminated copy of length bytes; NULL when there is no memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

/** A formatted string; NULL when there is no memory. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
