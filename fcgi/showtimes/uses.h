/* What showings use: a movie, a screen. In use means today or later, by the cinema's own clock; what
 * was shown before is history, which shows as well without them. */
#ifndef CINEMA_SHOWTIMES_USES_H
#define CINEMA_SHOWTIMES_USES_H

#include "service/service.h"

/** A key that every commit puts that adds a showing: a commit that expects its version relies on
 * there being no other showings than those that were seen. */
#define USES_KEY "programme"

/**
 * Adds to list the addresses of the showings from a date on whose member ("movie", "screen") is
 * value, LIST_MAX at most.
 */
enum store_result uses_find(struct store *store, const char *from, const char *member,
    const char *value, struct json_object *list);

#define USES_LIST_MAX 100

#endif
