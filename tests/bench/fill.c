/* Fills the store of a bookings service at rest: so many confirmed bookings of one seat each, ten a
 * user (u000000, u000001, …), hall by hall in the order of showtimes.json, with the keys and
 * documents that POST /bookings writes.
 *
 *   fill FOLDER DATA COUNT   FOLDER has bookings.sqlite; DATA has screens.json, showtimes.json */
#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "bookings/booking.h"
#include "bookings/seat.h"
#include "service/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOKINGS_A_USER   10
#define BOOKINGS_A_COMMIT 5000
#define OPS_A_BOOKING     3

struct fill {
	struct store *store;
	struct arena arena;
	struct batch batch;
	size_t done, wanted, pending;
	int64_t now;
};

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "fill: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct json_object *read_data(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	struct json_object *data = json_object_from_file(path);
	if (!data)
		die(path);
	return data;
}

static void begin(struct fill *fill)
{
	arena_reset(&fill->arena);
	/* And what tells that a map has changed, for each hall that a commit touches. */
	batch_init(&fill->batch, &fill->arena, BOOKINGS_A_COMMIT * (OPS_A_BOOKING + 1));
	fill->pending = 0;
}

static void commit(struct fill *fill)
{
	if (batch_commit(&fill->batch, fill->store, NULL, NULL) != STORE_OK)
		die("a commit failed");
}

/* A code that no other booking has; of a million that are drawn by lot two are often the same. */
static void make_code(size_t number, char code[ID_CODE_SIZE])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t bits =
	    (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15); /* odd: no two are the same */
	for (size_t i = 0; i < ID_CODE_SIZE - 1; i++, bits >>= 5)
		code[i] = alphabet[bits & 31];
	code[ID_CODE_SIZE - 1] = '\0';
}

static void add_booking(struct fill *fill, const struct hall *hall, size_t pick)
{
	char user[24], id[ID_BOOKING_SIZE], code[ID_CODE_SIZE], owner[SEAT_OWNER_SIZE];
	char name[HALL_NAME_SIZE];
	keys_text key;
	int64_t at = fill->now - (int64_t)(fill->wanted - fill->done);
	snprintf(user, sizeof user, "u%06zu", fill->done / BOOKINGS_A_USER);
	if (!id_make_booking(at, id))
		die("no random bytes");
	make_code(fill->done, code);
	struct json_object *booking = booking_new(id, code, user, hall, &pick, 1, at, 0);
	keys_booking(key, user, id);
	batch_put_json(&fill->batch, key, BATCH_ABSENT, booking);
	json_object_put(booking);
	keys_code(key, code);
	batch_put(&fill->batch, key, BATCH_ABSENT, "{}");
	hall_name(hall, &hall->seats[pick], name);
	keys_seat(key, hall->date, hall->movie, hall->time, hall->screen, name);
	snprintf(owner, sizeof owner, "%s/%s", user, id);
	seat_take(&fill->batch, key, BATCH_ABSENT, owner, SEAT_SOLD_UNTIL);
	fill->done++;
	fill->pending++;
}

static void touch_map(struct fill *fill, const struct hall *hall)
{
	keys_text key;
	keys_showing(key, "maps", hall->date, hall->movie, hall->time, hall->screen);
	batch_put(&fill->batch, key, BATCH_ANY, "{}");
}

/* Sells a whole hall, or what is still wanted of it. */
static void fill_hall(struct fill *fill, struct json_object *showing, struct json_object *screen)
{
	struct arena plan;
	arena_init(&plan);
	struct hall *hall = hall_build(&plan, showing, screen);
	if (!hall)
		die("a showing and its screen do not fit");
	for (size_t i = 0; i < hall->seat_count && fill->done < fill->wanted; i++) {
		if (hall->seats[i].state == HALL_BLOCKED)
			continue;
		add_booking(fill, hall, i);
		if (fill->pending == BOOKINGS_A_COMMIT) {
			touch_map(fill, hall);
			commit(fill);
			begin(fill);
		}
	}
	touch_map(fill, hall);
	arena_free(&plan);
}

static void fill_all(struct fill *fill, struct json_object *showtimes, struct json_object *screens)
{
	begin(fill);
	json_object_object_foreach(showtimes, date, showings)
	{
		for (size_t i = 0;
		     i < json_object_array_length(showings) && fill->done < fill->wanted; i++) {
			struct json_object *showing = json_object_array_get_idx(showings, i);
			struct json_object *screen =
			    json_object_object_get(screens, json_text(showing, "screen"));
			json_add(showing, "date", json_object_new_string(date));
			json_add(showing, "currency", json_object_new_string("EUR"));
			json_add(showing, "price",
			    json_object_get(json_object_object_get(screen, "price")));
			fill_hall(fill, showing, screen);
		}
	}
	commit(fill);
}

int main(int argc, char **argv)
{
	struct fill fill = { .now = clock_now() };
	char why[512];
	if (argc != 4)
		die("usage: fill FOLDER DATA COUNT");
	fill.wanted = strtoul(argv[3], NULL, 10);
	fill.store = store_open("sqlite", argv[1], "bookings", why, sizeof why);
	if (!fill.store)
		die(why);
	struct json_object *showtimes = read_data(argv[2], "showtimes.json");
	struct json_object *screens = read_data(argv[2], "screens.json");
	arena_init(&fill.arena);
	fill_all(&fill, showtimes, screens);
	arena_free(&fill.arena);
	store_close(fill.store);
	json_object_put(showtimes);
	json_object_put(screens);
	if (fill.done < fill.wanted)
		die("there are not so many seats");
	return EXIT_SUCCESS;
}
