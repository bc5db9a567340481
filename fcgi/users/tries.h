/* Failed log-ins: after a few in a row the next has to wait, longer each time. Kept in the store, so
 * that a restart forgets nothing. Ids that nobody has are treated alike, so that the wait does not
 * tell whether there is such a user; they share a bounded number of documents.
 *
 * Store: tries/{user}, or tries/?{number} for unknown ones → {"count","at"}. */
#ifndef CINEMA_USERS_TRIES_H
#define CINEMA_USERS_TRIES_H

#include "service/batch.h"
#include "service/service.h"

typedef char tries_key[STORE_KEY_MAX + 1];

/** The key for an id; known: there is such a user. */
void tries_name(tries_key key, const char *user, bool known);

/** Seconds until the next try, 0 for now. */
int tries_wait(struct store *store, const tries_key key);

/**
 * Notes a failure. The one that makes a user that there is wait for the first time goes into the
 * trail too: so the trail has few of these, however many are tried.
 */
enum store_result tries_failed(
    struct store *store, const struct request *request, const tries_key key);

#endif
