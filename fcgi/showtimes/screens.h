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

#define SCREENS_PRICE_MAX 100000000 /* minor units */

/** Imports screens.json: {id: document}. */
void screens_import(struct import *import, struct json_object *data);

/** Whether a screen keeps its rows: seats of them may be sold. */
bool screens_may_replace(struct import *import, struct json_object *old, struct json_object *fresh);

/** How many seats of a screen can be sold. */
int screens_capacity(struct json_object *screen);

/** Reads a screen's document, to be freed by the caller; version may be NULL. */
enum store_result screens_read(
    struct store *store, const char *id, struct json_object **screen, uint64_t *version);

/** GET /showtimes/screens: {id: {"id","name","capacity","uri"}}, in pages. */
enum outcome screens_list(
    struct service *service, const struct request *request, struct response *response);

/** GET /showtimes/screens/{screen}: the document plus capacity and uri. */
enum outcome screens_get(
    struct service *service, const struct request *request, struct response *response);

/** The bodies of POST, PUT and PATCH. */
extern const struct field screens_body[], screens_put_body[], screens_patch[];

/**
 * POST /showtimes/screens, PUT, PATCH and DELETE /showtimes/screens/{screen}, as service/document.h
 * has them. 409 that names the showings, today's or later, of a screen that is to be deleted or to
 * have other rows; its name and prices may change.
 */
enum outcome screens_create(
    struct service *service, const struct request *request, struct response *response);
enum outcome screens_change(
    struct service *service, const struct request *request, struct response *response);
enum outcome screens_delete(
    struct service *service, const struct request *request, struct response *response);

#endif
