/* Halls. See hall.h. */
#include "bookings/hall.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "bookings/keys.h"
#include "bookings/seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counts seats, and finds out whether the plan is one that showtimes may answer. */
static bool measure(struct json_object *rows, struct json_object *price, size_t *seats)
{
	for (size_t i = 0; i < json_length(rows); i++) {
		struct json_object *row = json_at(rows, i);
		const char *drawn = json_text(row, "seats"), *name = json_text(row, "name");
		const char *tier = json_text(row, "tier");
		if (!drawn || !tier || !name || strlen(name) > 2 || strlen(drawn) > 100 ||
		    json_integer(price, tier, -1) < 0)
			return false;
		for (const char *c = drawn; *c; c++)
			*seats += *c != '_';
	}
	return true;
}

/* Whether a showing says which one it is: keys are made of this. */
static bool names_itself(struct json_object *showing)
{
	const char *date = json_text(showing, "date"), *movie = json_text(showing, "movie");
	const char *time = json_text(showing, "time"), *screen = json_text(showing, "screen");
	return date && movie && time && screen && clock_is_date(date) && clock_is_time(time) &&
	    id_is_valid(movie) && id_is_valid(screen);
}

static const char *copy(struct arena *arena, struct json_object *object, const char *name)
{
	const char *text = json_text(object, name);
	return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

/* Fills in one row and its seats, which start at seats[first]. */
static void fill_row(struct hall *hall, struct hall_row *row, size_t first, const char *drawn)
{
	row->first = first;
	row->width = strlen(drawn);
	for (size_t column = 0; column < row->width; column++) {
		if (drawn[column] == '_')
			continue;
		hall->seats[first + row->count] = (struct hall_seat){
			.state = drawn[column] == 'x' ? HALL_BLOCKED : HALL_FREE,
			.row = (unsigned short)(row - hall->rows),
			.column = (unsigned short)column,
			.number = (unsigned short)(row->count + 1),
		};
		row->count++;
	}
}

struct hall *hall_build(
    struct arena *arena, struct json_object *showing, struct json_object *screen)
{
	struct json_object *rows = json_object_object_get(screen, "rows");
	struct json_object *price = json_object_object_get(showing, "price");
	struct hall *hall = arena_alloc(arena, sizeof *hall);
	size_t seats = 0;
	if (!hall || !names_itself(showing) || !json_object_is_type(rows, json_type_array) ||
	    !measure(rows, price, &seats))
		return NULL;
	*hall = (struct hall){
		.date = copy(arena, showing, "date"),
		.movie = copy(arena, showing, "movie"),
		.time = copy(arena, showing, "time"),
		.screen = copy(arena, showing, "screen"),
		.screen_name = copy(arena, screen, "name"),
		.currency = copy(arena, showing, "currency"),
		.row_count = json_length(rows),
		.next_expiry = INT64_MAX,
	};
	hall->rows = arena_alloc(arena, hall->row_count * sizeof *hall->rows);
	hall->seats = arena_alloc(arena, seats * sizeof *hall->seats);
	if (!hall->date || !hall->movie || !hall->time || !hall->screen || !hall->screen_name ||
	    !hall->currency || !hall->rows || !hall->seats)
		return NULL;
	for (size_t i = 0; i < hall->row_count; i++) {
		struct json_object *row = json_at(rows, i);
		hall->rows[i] = (struct hall_row){
			.name = copy(arena, row, "name"),
			.tier = copy(arena, row, "tier"),
			.price = json_integer(price, json_text(row, "tier"), 0),
		};
		if (!hall->rows[i].name || !hall->rows[i].tier)
			return NULL;
		fill_row(hall, &hall->rows[i], hall->seat_count, json_text(row, "seats"));
		hall->seat_count += hall->rows[i].count;
	}
	return hall;
}

struct hall_seat *hall_find(const struct hall *hall, const char *name)
{
	size_t letters = strcspn(name, "0123456789");
	char *end;
	unsigned long number = strtoul(name + letters, &end, 10);
	if (name[letters] < '1' || name[letters] > '9' || *end != '\0')
		return NULL;
	for (size_t i = 0; i < hall->row_count; i++) {
		const struct hall_row *row = &hall->rows[i];
		if (strlen(row->name) == letters && memcmp(row->name, name, letters) == 0)
			return number <= row->count ? &hall->seats[row->first + number - 1] : NULL;
	}
	return NULL;
}

void hall_name(const struct hall *hall, const struct hall_seat *seat, char name[HALL_NAME_SIZE])
{
	snprintf(name, HALL_NAME_SIZE, "%.2s%u", hall->rows[seat->row].name,
	    (unsigned)seat->number % 1000);
}

/* Notes who has a seat, by its document's `until`. */
static void occupy(struct hall_seat *seat, uint64_t version, int64_t until, int64_t now)
{
	seat->version = version;
	if (seat->state == HALL_BLOCKED)
		return;
	seat->state = until <= now ? HALL_FREE : until == SEAT_SOLD_UNTIL ? HALL_SOLD : HALL_HELD;
}

struct load {
	struct hall *hall;
	size_t prefix;
	int64_t now;
};

static bool load_seat(void *context, const struct store_record *record)
{
	struct load *load = context;
	struct hall_seat *seat = hall_find(load->hall, record->key + load->prefix);
	if (!seat)
		return true; /* sold before the plan changed */
	int64_t until = seat_until(record->document);
	occupy(seat, record->version, until, load->now);
	if (until > load->now && until < load->hall->next_expiry)
		load->hall->next_expiry = until;
	return true;
}

enum store_result hall_load(struct hall *hall, struct store *store, int64_t now)
{
	keys_text prefix;
	for (size_t i = 0; i < hall->seat_count; i++)
		occupy(&hall->seats[i], 0, 0, now);
	hall->next_expiry = INT64_MAX;
	keys_seat(prefix, hall->date, hall->movie, hall->time, hall->screen, "");
	struct load load = { hall, strlen(prefix), now };
	return store_scan(store, prefix, "", 0, load_seat, &load);
}

enum store_result hall_load_seat(
    const struct hall *hall, struct hall_seat *seat, struct store *store, int64_t now)
{
	keys_text key;
	char name[HALL_NAME_SIZE];
	struct seat found;
	hall_name(hall, seat, name);
	keys_seat(key, hall->date, hall->movie, hall->time, hall->screen, name);
	enum store_result result = seat_read(store, key, &found);
	if (result == STORE_OK)
		occupy(seat, found.version, found.until, now);
	return result;
}
