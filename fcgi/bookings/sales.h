/* Closing a showing's sales, before the showtimes service deletes it. */
#ifndef CINEMA_BOOKINGS_SALES_H
#define CINEMA_BOOKINGS_SALES_H

#include "http/route.h"

/** The body: {"status":"closed"|"open"}. */
extern const struct field sales_fields[];

/**
 * PUT /sales/{date}/{movie}/{showing}, for services only: closes or opens sales. Once it has
 * answered "closed", no booking of the showing is committed any more, whatever was under way.
 * 200 {"status","bookings":["{user}/{id}"]}: the bookings that have seats of it now.
 */
enum outcome sales_put(
    struct service *service, const struct request *request, struct response *response);

#endif
