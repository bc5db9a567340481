/* Importing bookings. See records.h. */
#include "bookings/records.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "bookings/booking.h"
#include "bookings/seat.h"
#include "service/import.h"

#include <inttypes.h>
#include <string.h>

static const struct field booking_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "code", FIELD_ID, true, 0, 0, NULL },
	{ "user", FIELD_ID, false, 0, 0, NULL },
	{ "date", FIELD_DATE, false, 0, 0, NULL },
	{ "movie", FIELD_ID, true, 0, 0, NULL },
	{ "time", FIELD_TIME, false, 0, 0, NULL },
	{ "screen", FIELD_ID, false, 0, 0, NULL },
	{ "seats", FIELD_ARRAY, true, 0, 1000, NULL },
	{ "price", FIELD_OBJECT, false, 0, 1000, NULL },
	{ "total", FIELD_INTEGER, false, 0, 1e12, NULL },
	{ "currency", FIELD_TEXT, false, 3, 3, NULL },
	{ "together", FIELD_BOOLEAN, false, 0, 0, NULL },
	{ "status", FIELD_CHOICE, true, 0, 0, "held|expired|confirmed|cancelled" },
	{ "created", FIELD_TEXT, true, 20, 24, NULL },
	{ "expires", FIELD_TEXT, false, 20, 24, NULL },
	{ "history", FIELD_ARRAY, true, 0, 10000, NULL },
	{ "uri", FIELD_TEXT, false, 1, 200, NULL },
	{ 0 },
};

/* Where an entry stands, and whose it is. */
struct place {
	struct import *import;
	const char *user, *date;
	char text[128];
};

static void put(const struct place *place, const char *key, const char *document)
{
	char why[128];
	import_put(place->import, place->text, key,
	    json_read(document, strlen(document), why, sizeof why));
}

/* Puts what a live booking owns: its seats and, for a hold, what ends it. */
static void put_seats(const struct place *place, struct json_object *booking, int64_t until)
{
	struct json_object *seats = json_object_object_get(booking, "seats");
	char owner[SEAT_OWNER_SIZE], document[SEAT_OWNER_SIZE + 64], fault[64];
	keys_text key;
	booking_owner(booking, owner);
	for (size_t i = 0; i < json_length(seats); i++) {
		const char *name = json_text_at(seats, i);
		if (!name || !id_is_valid(name) || !json_text(booking, "time") ||
		    !json_text(booking, "screen")) {
			import_fault(place->import, place->text,
			    "seats: must be names of seats, of a booking with time and screen");
			return;
		}
		booking_seat_key(booking, name, key);
		seat_document(document, sizeof document, owner, until);
		snprintf(fault, sizeof fault, "seats: somebody has %.16s already", name);
		import_absent(place->import, place->text, key, fault);
		put(place, key, document);
	}
	if (json_length(seats) == 0)
		return;
	booking_showing_key(booking, "closed", key);
	import_absent(place->import, place->text, key, "sales of this showing have been closed");
	booking_showing_key(booking, "maps", key);
	import_set(place->import, key, json_object_new_object());
}

/* Puts a hold among what its user holds, and lets the sweeper know. */
static void put_hold(const struct place *place, struct json_object *booking, int64_t until)
{
	const char *id = json_text(booking, "id");
	struct json_object *hold = json_object_new_object();
	keys_text key;
	keys_due(key, until, "hold", place->user, id);
	put(place, key, "{}");
	keys_held(key, place->user);
	if (!import_get(place->import, key))
		put(place, key, "{\"holds\":{}}");
	json_add(hold, "seats",
	    json_object_new_int64((int64_t)json_length(json_object_object_get(booking, "seats"))));
	json_add(hold, "until", json_object_new_int64(until));
	json_add(json_object_object_get(import_get(place->import, key), "holds"), id, hold);
}

/* Takes over the booking. */
static void put_booking(const struct place *place, struct json_object *booking)
{
	int64_t now = clock_now();
	keys_text key;
	if (!booking || !json_text(booking, "id") || !json_text(booking, "code")) {
		import_fault(place->import, place->text, "no memory");
		json_object_put(booking);
		return;
	}
	keys_booking(key, place->user, json_text(booking, "id"));
	import_put(place->import, place->text, key, json_object_get(booking));
	keys_code(key, json_text(booking, "code"));
	import_absent(place->import, place->text, key, "code: another booking has it");
	put(place, key, "{}");
	enum booking_state state = booking_state(booking, now);
	if (state == BOOKING_CONFIRMED)
		put_seats(place, booking, SEAT_SOLD_UNTIL);
	if (state == BOOKING_HELD) {
		put_seats(place, booking, booking_expires(booking));
		put_hold(place, booking, booking_expires(booking));
	}
	json_object_put(booking);
}

static void import_short(const struct place *place, const char *movie)
{
	char id[ID_BOOKING_SIZE], code[ID_CODE_SIZE];
	int64_t now = clock_now();
	/* Ids that grow older entry by entry keep the order of the file. */
	int64_t order = (int64_t)import_count(place->import);
	if (!id_is_valid(movie))
		import_fault(place->import, place->text, "must be a movie's id or a booking");
	else if (!id_make_booking(now + order, id) || !id_make_code(code))
		import_fault(place->import, place->text, "no random bytes");
	else
		put_booking(
		    place, booking_new_short(id, code, place->user, place->date, movie, now));
}

static void import_long(const struct place *place, struct json_object *booking)
{
	if (!import_check(place->import, place->text, booking_fields, booking))
		return;
	json_object_object_del(booking, "uri");
	if (strcmp(json_text(booking, "status"), "expired") == 0)
		json_add(booking, "status", json_object_new_string("held"));
	const char *user = json_text(booking, "user"), *date = json_text(booking, "date");
	if ((user && strcmp(user, place->user) != 0) || (date && strcmp(date, place->date) != 0)) {
		import_fault(
		    place->import, place->text, "user and date: must be those it stands under");
		return;
	}
	json_add(booking, "user", json_object_new_string(place->user));
	json_add(booking, "date", json_object_new_string(place->date));
	put_booking(place, json_object_get(booking));
}

static void import_date(
    struct import *import, const char *user, const char *date, struct json_object *list)
{
	struct place place = { .import = import, .user = user, .date = date };
	snprintf(place.text, sizeof place.text, "%.64s/%.16s", user, date);
	if (!clock_is_date(date) || !json_object_is_type(list, json_type_array)) {
		import_fault(
		    import, place.text, "must be a day, YYYYMMDD, with a list of bookings");
		return;
	}
	for (size_t i = 0; i < json_length(list); i++) {
		struct json_object *entry = json_at(list, i);
		snprintf(place.text, sizeof place.text, "%.64s/%.16s/%zu", user, date, i);
		if (json_object_is_type(entry, json_type_string))
			import_short(&place, json_object_get_string(entry));
		else
			import_long(&place, entry);
	}
}

void records_import(struct import *import, struct json_object *data)
{
	json_foreach(data, user, dates)
	{
		if (!id_is_valid(user) || !json_object_is_type(dates, json_type_object)) {
			import_fault(import, user, "must be a user's id with an object of dates");
			return;
		}
		json_foreach(dates, date, list)
		{
			import_date(import, user, date, list);
		}
	}
}
