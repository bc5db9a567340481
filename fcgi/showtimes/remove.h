/* Deleting a showing, so that no seat is sold of one that is gone.
 *
 * A showing's edition is the version of its day's document, which grows with every write of the day.
 * A deletion closes sales in bookings up to the edition it has read, looks whether any booking
 * stands in the way, and then deletes it by a commit that expects that edition. A booking, on its
 * side, is committed only while sales are closed for no edition, or for an older one than the
 * showing has. So:
 *
 * - what was booked before sales closed is seen, and what comes after is refused;
 * - to sell again, be it after a refusal, needs no word to bookings: the day is written once more,
 *   unchanged, and has a new edition, at which any deletion under way fails and begins anew;
 * - a message that comes late, or twice, closes only what is old;
 * - a showing set again in the place of one that was deleted has a newer edition, and sells. */
#ifndef CINEMA_SHOWTIMES_REMOVE_H
#define CINEMA_SHOWTIMES_REMOVE_H

#include "service/service.h"

/**
 * DELETE /showtimes/{date}/{movie}/{showing}: 204; 409 with the bookings that stand in the way; 503
 * when bookings is down. Whatever it is but 204, the showing sells as before.
 */
enum outcome remove_showing(
    struct service *service, const struct request *request, struct response *response);

/** GET /editions/{date}/{movie}/{showing}, for services: {"edition"}, or 404. */
enum outcome remove_edition(
    struct service *service, const struct request *request, struct response *response);

/** Lets those showings sell again whose deletion a process that died had begun. */
bool remove_recover(struct service *service, char *why, size_t why_size);

#endif
