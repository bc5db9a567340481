/* Movies: their documents and routes.
 *
 * Store: movies/{id} → {"id","title","director","rating"[,"minutes"]}, rating from 0 to 10,
 * minutes the running time. */
#ifndef CINEMA_MOVIES_MOVIES_H
#define CINEMA_MOVIES_MOVIES_H

#include "service/service.h"

#define MOVIES_ROUTE_COUNT 6

extern const struct route movies_routes[MOVIES_ROUTE_COUNT];

extern const struct service_definition movies_service;

/** Imports movies.json: {id: document}. */
void movies_import(struct import *import, struct json_object *data);

#endif
