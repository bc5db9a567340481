/* Screens and their seat plans.
 *
 * Store: screens/{id} → {"id","name","price":{tier: minor units},"rows":[{"name","tier","seats"}]}.
 * Rows stand in order from the front. `seats` draws a row from left to right as one who faces the
 * screen sees it: `#` is a seat, `x` a seat out of use, `_` a gap. Seats, those out of use too,
 * count from 1 in their row, so the third of row F is F3. */
#ifndef CINEMA_SHOWTIMES_SCREENS_H
#define CINEMA_SHOWTIMES_SCREENS_H

#include "service/service.h"

#define SCREENS_SEATS_MAX 1000

/** Imports screens.json: {id: document}. */
void screens_import(struct import *import, struct json_object *data);

/** How many seats of a screen can be sold. */
int screens_capacity(struct json_object *screen);

/** Reads a screen's document, to be freed by the caller. */
enum store_result screens_read(struct store *store, const char *id, struct json_object **screen);

/** GET /showtimes/screens: {id: {"id","name","capacity","uri"}}, in pages. */
enum outcome screens_list(
    struct service *service, const struct request *request, struct response *response);

/** GET /showtimes/screens/{screen}: the document plus capacity and uri. */
enum outcome screens_get(
    struct service *service, const struct request *request, struct response *response);

#endif
