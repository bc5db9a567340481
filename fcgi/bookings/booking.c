/* Bookings' documents. See booking.h. */
#include "bookings/booking.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "bookings/seat.h"
#include "http/etag.h"
#include "service/answer.h"

#include <stdio.h>
#include <string.h>

static const char *const status_names[] = { "held", "expired", "confirmed", "cancelled" };

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_add(object, name, json_object_new_string(text));
}

static void add_instant(struct json_object *object, const char *name, int64_t instant)
{
	char text[CLOCK_TEXT_SIZE];
	clock_format(instant, text);
	add_text(object, name, text);
}

/* Adds {"at","status","seats"} to the history. */
static bool note(struct json_object *booking, const char *status, int64_t now)
{
	struct json_object *history = json_object_object_get(booking, "history");
	struct json_object *entry = json_object_new_object(), *seats = NULL;
	add_instant(entry, "at", now);
	add_text(entry, "status", status);
	json_object_deep_copy(json_object_object_get(booking, "seats"), &seats, NULL);
	if (json_add(entry, "seats", seats))
		return json_append(history, entry);
	json_object_put(entry);
	return false;
}

static bool add_seats(
    struct json_object *booking, const struct hall *hall, const size_t *picks, size_t count)
{
	struct json_object *seats = json_object_new_array(), *price = json_object_new_object();
	int64_t total = 0;
	bool split = false;
	for (size_t i = 0; i < count; i++) {
		const struct hall_seat *seat = &hall->seats[picks[i]];
		char name[HALL_NAME_SIZE];
		hall_name(hall, seat, name);
		json_append(seats, json_object_new_string(name));
		json_add(price, name, json_object_new_int64(hall->rows[seat->row].price));
		total += hall->rows[seat->row].price;
		split |= i > 0 &&
		    (picks[i] != picks[i - 1] + 1 || seat->row != seat[-1].row ||
			seat->column != seat[-1].column + 1);
	}
	bool good = json_add(booking, "seats", seats);
	good = json_add(booking, "price", price) && good; /* it takes price in any case */
	return good && json_add(booking, "total", json_object_new_int64(total)) &&
	    json_add(booking, "currency", json_object_new_string(hall->currency)) &&
	    json_add(booking, "together", json_object_new_boolean(!split));
}

struct json_object *booking_new(const char *id, const char *code, const char *user,
    const struct hall *hall, const size_t *picks, size_t count, int64_t now, int64_t expires)
{
	const char *status = status_names[expires ? BOOKING_HELD : BOOKING_CONFIRMED];
	struct json_object *booking = json_object_new_object();
	add_text(booking, "id", id);
	add_text(booking, "code", code);
	add_text(booking, "user", user);
	add_text(booking, "date", hall->date);
	add_text(booking, "movie", hall->movie);
	add_text(booking, "time", hall->time);
	add_text(booking, "screen", hall->screen);
	bool good = add_seats(booking, hall, picks, count);
	add_text(booking, "status", status);
	add_instant(booking, "created", now);
	if (expires)
		add_instant(booking, "expires", expires);
	if (good && json_add(booking, "history", json_object_new_array()) &&
	    note(booking, status, now))
		return booking;
	json_object_put(booking);
	return NULL;
}

struct json_object *booking_new_short(const char *id, const char *code, const char *user,
    const char *date, const char *movie, int64_t now)
{
	struct json_object *booking = json_object_new_object();
	add_text(booking, "id", id);
	add_text(booking, "code", code);
	add_text(booking, "user", user);
	add_text(booking, "date", date);
	add_text(booking, "movie", movie);
	json_add(booking, "seats", json_object_new_array());
	add_text(booking, "status", status_names[BOOKING_CONFIRMED]);
	add_instant(booking, "created", now);
	if (json_add(booking, "history", json_object_new_array()) &&
	    note(booking, status_names[BOOKING_CONFIRMED], now))
		return booking;
	json_object_put(booking);
	return NULL;
}

int64_t booking_expires(struct json_object *booking)
{
	const char *expires = json_text(booking, "expires");
	int64_t instant;
	return expires && clock_parse(expires, &instant) ? instant : 0;
}

enum booking_state booking_state(struct json_object *booking, int64_t now)
{
	const char *status = json_text(booking, "status");
	if (status && strcmp(status, status_names[BOOKING_CONFIRMED]) == 0)
		return BOOKING_CONFIRMED;
	if (!status || strcmp(status, status_names[BOOKING_HELD]) != 0)
		return BOOKING_CANCELLED;
	return booking_expires(booking) > now ? BOOKING_HELD : BOOKING_EXPIRED;
}

/* Whether seats that are kept of those side by side still are: they stand in the same order. */
static bool are_side_by_side(struct json_object *before, struct json_object *kept)
{
	size_t first = 0;
	while (first < json_length(before) &&
	    !json_object_equal(json_at(before, first), json_at(kept, 0)))
		first++;
	for (size_t i = 1; i < json_length(kept); i++)
		if (!json_object_equal(json_at(before, first + i), json_at(kept, i)))
			return false;
	return true;
}

bool booking_change(
    struct json_object *booking, const char *status, struct json_object *seats, int64_t now)
{
	struct json_object *before = json_object_object_get(booking, "seats"), *together = NULL;
	if (seats && json_object_object_get_ex(booking, "together", &together)) {
		bool still = json_length(seats) == 1 ||
		    (json_object_get_boolean(together) && are_side_by_side(before, seats));
		json_object_set_boolean(together, still);
	}
	if (seats && !json_add(booking, "seats", seats))
		return false;
	struct json_object *price = json_object_object_get(booking, "price"), *all;
	int64_t total = 0;
	all = json_object_object_get(booking, "seats");
	for (size_t i = 0; i < json_length(all); i++)
		total += json_integer(price, json_text_at(all, i), 0);
	if (price && !json_add(booking, "total", json_object_new_int64(total)))
		return false;
	if (strcmp(status, status_names[BOOKING_HELD]) != 0)
		json_object_object_del(booking, "expires");
	return json_add(booking, "status", json_object_new_string(status)) &&
	    note(booking, status, now);
}

void booking_owner(struct json_object *booking, char owner[SEAT_OWNER_SIZE])
{
	snprintf(
	    owner, SEAT_OWNER_SIZE, "%s/%s", json_text(booking, "user"), json_text(booking, "id"));
}

void booking_seat_key(struct json_object *booking, const char *seat, keys_text key)
{
	keys_seat(key, json_text(booking, "date"), json_text(booking, "movie"),
	    json_text(booking, "time"), json_text(booking, "screen"), seat);
}

void booking_showing_key(struct json_object *booking, const char *kind, keys_text key)
{
	keys_showing(key, kind, json_text(booking, "date"), json_text(booking, "movie"),
	    json_text(booking, "time"), json_text(booking, "screen"));
}

void booking_write(struct buffer *body, struct json_object *booking, int64_t now)
{
	char uri[160];
	snprintf(uri, sizeof uri, "/bookings/%s/%s", json_text(booking, "user"),
	    json_text(booking, "id"));
	if (!json_add(booking, "uri", json_object_new_string(uri)) ||
	    !json_add(booking, "status",
		json_object_new_string(status_names[booking_state(booking, now)])))
		body->failed = true;
	json_write(body, booking);
}

bool booking_matches(
    const struct request *request, struct json_object *booking, uint64_t version, int64_t now)
{
	struct json_object *shown = NULL;
	struct buffer body;
	char tag[ETAG_SIZE];
	if (booking_state(booking, now) != BOOKING_EXPIRED || answer_matches(request, version))
		return answer_matches(request, version);
	buffer_init(&body, RESPONSE_MAX);
	if (json_object_deep_copy(booking, &shown, NULL) != 0)
		memory_note();
	booking_write(&body, shown, now);
	buffer_text(&body, "\n");
	etag_of_body(body.data, body.length, tag);
	bool good = !body.failed && etag_is_listed(request->if_match, tag);
	buffer_free(&body);
	json_object_put(shown);
	return good;
}

enum outcome booking_answer(struct response *response, int status, struct json_object *booking,
    uint64_t version, int64_t now)
{
	enum booking_state state = booking_state(booking, now); /* before it is written as shown */
	booking_write(&response->body, booking, now);
	if (status == 201)
		response->location =
		    arena_printf(response->request->arena, "%s", json_text(booking, "uri"));
	/* A hold that expires changes without a new version, so its tag then comes from the body. */
	if (state != BOOKING_EXPIRED)
		response->version = version;
	return response_body(response, status);
}
