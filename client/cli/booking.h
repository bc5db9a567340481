/* Bookings with their seats: making, listing and changing them. */
#ifndef CINEMA_CLI_BOOKING_H
#define CINEMA_CLI_BOOKING_H

#include "api.h"

/** What is asked for. Members may be NULL or 0 where it says so. */
struct booking_order {
	const char *user, *date, *movie;
	const char *time, *screen; /* NULL: the first showing with room */
	const char *seats;         /* names parted by spaces; NULL: the best ones, */
	size_t count;              /* that many; 0: one */
	bool hold;
};

/** A booking. Its strings live as long as it does; all but date and movie may be
 * NULL. */
struct booking {
	const char *id, *code, *user, *date, *movie, *time, *screen, *currency, *status, *expires;
	char *seats; /* names parted by spaces */
	int64_t total;
	struct json_object *document;
};

/**
 * POST /bookings, once for each key however often it must be sent. Free the booking in any case,
 * also after a failure.
 */
enum api_result booking_make(
    struct api *api, const struct booking_order *order, const char *key, struct booking *booking);

/** A user's bookings, newest first; a list as those of api.h. */
struct booking_list {
	struct booking *list; /* without documents of their own */
	size_t count;
	struct json_object *document;
};

/** GET /bookings/{user}?view=full, also when there are none. */
enum api_result booking_list(struct api *api, const char *user, struct booking_list *bookings);

/** PATCH: gives it a status, or leaves it these seats, names parted by spaces; NULL: as it is. */
enum api_result booking_change(struct api *api, const char *user, const char *id,
    const char *status, const char *seats, struct booking *booking);

/** DELETE: cancels it. */
enum api_result booking_cancel(
    struct api *api, const char *user, const char *id, struct booking *booking);

void booking_free(struct booking *booking);
void booking_list_free(struct booking_list *bookings);

#endif
