/* A booking's document.
 *
 *   {"id","code","user","date","movie","time","screen","seats":["F7",…],"price":{"F7": minor units},
 *    "total","currency","together","status","created"[,"expires"],"history":[{"at","status","seats"}]}
 *
 * status is held, confirmed or cancelled; a hold whose time is over is stored as held and shown as
 * expired, so nothing has to happen at the moment it expires. Bookings imported in the short form
 * have no showing and no seats. Instants are RFC 3339 UTC. */
#ifndef CINEMA_BOOKINGS_BOOKING_H
#define CINEMA_BOOKINGS_BOOKING_H

#include "bookings/hall.h"
#include "bookings/keys.h"
#include "http/response.h"
#include "store/store.h"

#include <json-c/json.h>

enum booking_state { BOOKING_HELD, BOOKING_EXPIRED, BOOKING_CONFIRMED, BOOKING_CANCELLED };

/** A new booking of some seats of a hall; expires 0: confirmed. The caller frees it. NULL: memory. */
struct json_object *booking_new(const char *id, const char *code, const char *user,
    const struct hall *hall, const size_t *picks, size_t count, int64_t now, int64_t expires);

/** A new booking without a showing, as the short form of bookings.json gives it. */
struct json_object *booking_new_short(const char *id, const char *code, const char *user,
    const char *date, const char *movie, int64_t now);

/** What the booking is at an instant. */
enum booking_state booking_state(struct json_object *booking, int64_t now);

/** When its hold ends, in ms; 0 for one that is not held. */
int64_t booking_expires(struct json_object *booking);

/**
 * Gives the booking a new status and seats (taken over; NULL: as they are), recomputes the total and
 * whether they are together, notes it in the history, and drops `expires` unless it is held.
 */
bool booking_change(
    struct json_object *booking, const char *status, struct json_object *seats, int64_t now);

/** "{user}/{id}", as a seat's key names its owner. */
void booking_owner(struct json_object *booking, char owner[132]);

/** The key of one of its seats, and of something else of its showing. */
void booking_seat_key(struct json_object *booking, const char *seat, keys_text key);
void booking_showing_key(struct json_object *booking, const char *kind, keys_text key);

/** Appends the document as answers show it: status at that instant, and its uri. */
void booking_write(struct buffer *body, struct json_object *booking, int64_t now);

/** Whether If-Match, when sent, names the booking: its version, or as it shows once it has expired. */
bool booking_matches(
    const struct request *request, struct json_object *booking, uint64_t version, int64_t now);

/** Answers with a booking: status 201 with its Location, or 200; version 0 for no own ETag. */
enum outcome booking_answer(struct response *response, int status, struct json_object *booking,
    uint64_t version, int64_t now);

#endif
