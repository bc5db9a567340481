/* All bookings as data/bookings.json has them: user → date → [booking], in the long form. */
#ifndef CINEMA_BOOKINGS_DUMP_H
#define CINEMA_BOOKINGS_DUMP_H

#include "http/route.h"

/**
 * GET /bookings/export, as service/bulk.h has it: users in order of their ids, each one's dates in
 * order, under each date the oldest booking first. Memory grows only with what one user has booked.
 */
enum outcome dump_bookings(
    struct service *service, const struct request *request, struct response *response);

#endif
