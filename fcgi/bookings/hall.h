/* The hall of one showing: the screen's seat plan, the prices, and what has become of each seat. */
#ifndef CINEMA_BOOKINGS_HALL_H
#define CINEMA_BOOKINGS_HALL_H

#include "base/arena.h"
#include "store/store.h"

#include <json-c/json.h>

#define HALL_NAME_SIZE 8 /* "AB100" and its NUL, with room */

enum hall_state { HALL_FREE, HALL_HELD, HALL_SOLD, HALL_BLOCKED };

struct hall_seat {
	enum hall_state state;
	unsigned short row;    /* index of its row, 0 in front */
	unsigned short column; /* place in the row from 0 at the left, gaps counted */
	unsigned short number; /* in its name, from 1 */
	uint64_t version;      /* of the seat's key in the store; 0: there is none */
};

struct hall_row {
	const char *name, *tier;
	int64_t price;       /* minor units */
	size_t first, count; /* its seats in hall.seats, left to right */
	size_t width;        /* columns, gaps counted */
};

struct hall {
	const char *date, *movie, *time, *screen, *screen_name, *currency;
	struct hall_row *rows;
	size_t row_count;
	struct hall_seat *seats; /* row by row from the front */
	size_t seat_count;
	int64_t next_expiry; /* when the first hold ends that hall_load found; INT64_MAX: none */
};

/**
 * Builds the hall from a showing and a screen as the showtimes service answers them. Everything is
 * in the arena. NULL when the two do not fit together, or memory ran out.
 */
struct hall *hall_build(
    struct arena *arena, struct json_object *showing, struct json_object *screen);

/** Reads what is sold and held at an instant into the seats' state and version. */
enum store_result hall_load(struct hall *hall, struct store *store, int64_t now);

/** The same for one seat of the hall; next_expiry stays as it is. */
enum store_result hall_load_seat(
    const struct hall *hall, struct hall_seat *seat, struct store *store, int64_t now);

/** The seat of that name, or NULL. */
struct hall_seat *hall_find(const struct hall *hall, const char *name);

/** Writes a seat's name. */
void hall_name(const struct hall *hall, const struct hall_seat *seat, char name[HALL_NAME_SIZE]);

#endif
