/* Users: their documents and routes.
 *
 * Store: users/{id} → {"id","name","last_active"[,"role"][,"password"]}, last_active in seconds since
 * 1970 UTC, the password as users/secret.h hashes it. Only the first three are ever shown. */
#ifndef CINEMA_USERS_USERS_H
#define CINEMA_USERS_USERS_H

#include "service/service.h"

#define USERS_ROUTE_COUNT 16

extern const struct route users_routes[USERS_ROUTE_COUNT];

extern const struct service_definition users_service;

/** The key of a user's document. */
void users_key(char key[STORE_KEY_MAX + 1], const char *id);

/** Reads a user's document, to be freed by the caller; version may be NULL. */
enum store_result users_read(
    struct store *store, const char *id, struct json_object **user, uint64_t *version);

/** Appends what others may see of a user. */
void users_write(struct buffer *body, struct json_object *user);

/** Imports users.json: {id: {"id","name","last_active"}}. */
void users_import(struct import *import, struct json_object *data);

#endif
