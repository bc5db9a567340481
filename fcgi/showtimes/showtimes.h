/* Showtimes: their documents and routes.
 *
 * Store: dates/{date} → {"date","showings":[{"movie","time","screen","price":{tier: minor units},
 * "currency"[,"minutes"]}]}, the showings in the order in which they were set. One document a day
 * makes the day's order and the rule of one movie a screen a matter of one version. */
#ifndef CINEMA_SHOWTIMES_SHOWTIMES_H
#define CINEMA_SHOWTIMES_SHOWTIMES_H

#include "service/service.h"

#define SHOWTIMES_ROUTE_COUNT 15

extern const struct route showtimes_routes[SHOWTIMES_ROUTE_COUNT];

extern const struct service_definition showtimes_service;

#endif
