/* Changing a booking: confirm a hold, give seats back, cancel. */
#ifndef CINEMA_BOOKINGS_CHANGE_H
#define CINEMA_BOOKINGS_CHANGE_H

#include "http/route.h"

/** PATCH's body. */
extern const struct field change_fields[];

/**
 * PATCH /bookings/{user}/{id} with `status`: "confirmed", `seats` to keep, or both. 200 with the
 * booking, also when it was so already; 409 that names seats that others took after a hold's end.
 */
enum outcome change_booking(
    struct service *service, const struct request *request, struct response *response);

/** DELETE /bookings/{user}/{id}: cancels; 200 with the booking, also when it was cancelled. */
enum outcome change_cancel(
    struct service *service, const struct request *request, struct response *response);

#endif
