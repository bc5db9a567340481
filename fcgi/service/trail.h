/* The trail: who changed what when. Every change notes itself in its own commit, so an entry is there
 * exactly when the change is. Nothing ever changes or deletes an entry.
 *
 * Store: trail/{id} → {"at","by","role","request","action","what"[,"fields"]}; ids descend in time,
 * so the newest comes first. by is null for who has not logged in (everybody, where the cinema is
 * open), request too for what no request asked for. fields names what was changed of it: never its
 * values, which may be secret. */
#ifndef CINEMA_SERVICE_TRAIL_H
#define CINEMA_SERVICE_TRAIL_H

#include "http/route.h"
#include "service/batch.h"

#define TRAIL_OPS 1 /* operations that trail_note adds */

#define TRAIL_ROUTE_COUNT 1

/** GET /NAME/trail, its path without the service's name: in pages, the newest first. */
extern const struct route trail_routes[TRAIL_ROUTE_COUNT];

/** The names of the members that differ, joined by commas, in the arena; for trail_note's fields. */
const char *trail_changed(
    struct arena *arena, struct json_object *before, struct json_object *after);

/**
 * Adds the entry of what the batch does: action is a word ("change"), what the path of what it is
 * done to, fields the changed members' names joined by commas, or NULL. request may be NULL.
 */
void trail_note(struct batch *batch, const struct request *request, const char *action,
    const char *fields, const char *what, ...) __attribute__((format(printf, 5, 6)));

#endif
