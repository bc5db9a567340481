/* What bookings asks of users and showtimes, cached for a moment by http/peer.h. */
#ifndef CINEMA_BOOKINGS_ASK_H
#define CINEMA_BOOKINGS_ASK_H

#include "bookings/hall.h"
#include "service/service.h"

/* Each returns true when it got what it asked for. Otherwise the question is answered: *outcome is
 * what the handler returns, with the response filled unless that is OUTCOME_WAIT. */

/** Whether the user exists; 422 on field `user` if not. */
bool ask_user(struct service *service, const struct request *request, struct response *response,
    const char *user, enum outcome *outcome);

/**
 * The showings of a movie on a date by time, an array that peer_release gives back; 422 on field
 * `date` or `movie` when there are none.
 */
bool ask_showings(struct service *service, const struct request *request, struct response *response,
    enum peer_age age, const char *date, const char *movie, struct json_object **showings,
    enum outcome *outcome);

/** The hall of one of those showings, in the request's arena. */
bool ask_hall(struct service *service, const struct request *request, struct response *response,
    struct json_object *showing, struct hall **hall, enum outcome *outcome);

#endif
