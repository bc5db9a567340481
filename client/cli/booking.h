/* Bookings with their seats: making one. */
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

/** A booking. Its strings live as long as it does; all but id may be NULL. */
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

void booking_free(struct booking *booking);

#endif
