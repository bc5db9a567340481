/* Users: their documents and routes.
 *
 * Store: users/{id} → {"id","name","last_active"}, last_active in seconds since 1970 UTC. */
#ifndef CINEMA_USERS_USERS_H
#define CINEMA_USERS_USERS_H

#include "service/service.h"

#define USERS_ROUTE_COUNT 4

extern const struct route users_routes[USERS_ROUTE_COUNT];

/** Imports users.json: {id: {"id","name","last_active"}}. */
void users_import(struct import *import, struct json_object *data);

#endif
