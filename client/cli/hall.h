/* A movie's showings on a date, and the hall of one: what is free, what it costs, how it looks. */
#ifndef CINEMA_CLI_HALL_H
#define CINEMA_CLI_HALL_H

#include "api.h"

#define HALL_COLUMNS 80 /* the width that every drawing fits, or that of a narrower terminal */

struct hall_showing {
	const char *id; /* "18:00-1" */
	const char *time, *screen, *screen_name, *currency;
};

/** A list as those of api.h. */
struct hall_showings {
	struct hall_showing *list;
	size_t count;
	struct json_object *document;
};

struct hall_row {
	const char *name;
	const char *seats; /* from left to right: f free, h held, s sold, x out of use, _ a gap */
	int64_t price;     /* minor units */
};

struct hall {
	const char *time, *screen, *screen_name, *currency;
	struct hall_row *rows; /* from the front */
	size_t row_count;
	size_t free, seats; /* how many */
	char *best;         /* names of the best free ones, each between spaces; NULL: not asked */
	struct json_object *document;
};

/** GET /showtimes/{date}/{movie}; free it in any case. */
enum api_result hall_showings(
    struct api *api, const char *date, const char *movie, struct hall_showings *showings);

/** GET …/{showing}/seats, with so many of the best, or 0; free it in any case. */
enum api_result hall_read(struct api *api, const char *date, const char *movie, const char *showing,
    size_t best, struct hall *hall);

/** The state of the seat of that name, as in hall_row.seats, and its row; '\0': there is none. */
char hall_seat(const struct hall *hall, const char *name, const struct hall_row **row);

/** What the seats of those names, parted by spaces, cost together. */
int64_t hall_price(const struct hall *hall, const char *names);

/** Prints the hall: the screen's side, the rows, what the signs mean; the best seats have a star. */
void hall_draw(const struct hall *hall);

void hall_showings_free(struct hall_showings *showings);
void hall_free(struct hall *hall);

#endif
