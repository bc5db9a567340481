/* Whether a showing's sales are open. The showtimes service closes them before it deletes a showing;
 * why that is safe stands in showtimes/remove.h. Closed means: for an edition of the showing, and all
 * before it.
 */
#ifndef CINEMA_BOOKINGS_SALES_H
#define CINEMA_BOOKINGS_SALES_H

#include "bookings/keys.h"
#include "http/response.h"
#include "service/service.h"

/** The body: {"edition"}. */
extern const struct field sales_fields[];

/**
 * PUT /sales/{date}/{movie}/{showing}, for services only: closes sales of the showing up to an
 * edition. Once it has answered, no booking of those is committed any more, whatever was under way.
 * 200 {"edition","bookings":["{user}/{id}"]}: the bookings that have seats of the showing now.
 */
enum outcome sales_put(
    struct service *service, const struct request *request, struct response *response);

enum sales { SALES_OPEN, SALES_CLOSED, SALES_ANSWERED };

/**
 * Looks whether sales are open. SALES_OPEN: a booking may be committed if the batch expects
 * *version (as batch_check takes it) of closed, which is the showing's key closed/…; showtimes is
 * asked only where they were ever closed. SALES_ANSWERED: there was trouble, which is answered.
 */
enum sales sales_look(struct service *service, const struct request *request,
    struct response *response, const keys_text closed, uint64_t *version);

#endif
