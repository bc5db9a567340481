/* Booking seats: POST /bookings. */
#ifndef CINEMA_BOOKINGS_BOOK_H
#define CINEMA_BOOKINGS_BOOK_H

#include "http/route.h"

/** The body's fields. */
extern const struct field book_fields[];

/**
 * Books all the seats asked for or none: 201 with the booking, 409 that names the seats that are
 * taken, 422 that names those that do not exist. Without `time` and `screen` the first showing of
 * the day that has room; without `seats` the best `count` (1) that are free; with `hold` for
 * CINEMA_HOLD_SECONDS, to be confirmed by PATCH.
 */
enum outcome book_seats(
    struct service *service, const struct request *request, struct response *response);

#endif
