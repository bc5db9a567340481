/* What a user has booked and might like: the answers that users composes from bookings and movies.
 * Both routes wait, and both answer 404 for an unknown user and 503 that names a peer that is
 * down. */
#ifndef CINEMA_USERS_BOOKED_H
#define CINEMA_USERS_BOOKED_H

#include "http/route.h"

/** GET /users/{user}/bookings: {date: [{"title","rating","uri"}]}; 404 without bookings. */
enum outcome booked_list(
    struct service *service, const struct request *request, struct response *response);

/** GET /users/{user}/suggested: the 3 best-rated movies not booked, [{"title","rating","uri"}]. */
enum outcome booked_suggest(
    struct service *service, const struct request *request, struct response *response);

#endif
