/* The owner's writes of showings. Each is one commit of the day's document, which expects the day, the
 * days beside it and the screen to be as they were read; so the rule of one movie a screen holds
 * also when two owners write at the same moment. */
#ifndef CINEMA_SHOWTIMES_CHANGE_H
#define CINEMA_SHOWTIMES_CHANGE_H

#include "service/service.h"

/** The bodies of POST, PUT and PATCH. */
extern const struct field change_body[], change_put_body[], change_patch[];

/**
 * POST /showtimes/{date}: 201; 422 for a movie or a screen that does not exist, 409 when there is
 * one already or the screen shows another then. What is left out: the screen's prices, the cinema's
 * currency, the movie's minutes.
 */
enum outcome change_create(
    struct service *service, const struct request *request, struct response *response);

/**
 * PUT and PATCH /showtimes/{date}/{movie}/{showing}: price, currency and minutes. A PUT with
 * If-None-Match: * makes it, as POST does.
 */
enum outcome change_showing(
    struct service *service, const struct request *request, struct response *response);

#endif
