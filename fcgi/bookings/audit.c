/* The audit. See audit.h. A seat's key names one booking, so that two bookings have one seat shows
 * as a booking whose seat names another. */
#include "bookings/audit.h"

#include "base/clock.h"
#include "base/json.h"
#include "bookings/booking.h"
#include "bookings/seat.h"
#include "service/answer.h"

#include <string.h>

#define AT_A_TIME 200

struct audit {
	struct store *store;
	int64_t now;
	size_t seats, bookings, wrong;
	keys_text keys[AT_A_TIME]; /* to look at next: a scan's visit may not call the store */
	size_t count;
};

static bool collect(void *context, const struct store_record *record)
{
	struct audit *audit = context;
	memcpy(audit->keys[audit->count++], record->key, strlen(record->key) + 1);
	return true;
}

/* Whether the booking is live, of the seat's showing, and names the seat. */
static bool owns(struct audit *audit, struct json_object *booking, const char *seat_key)
{
	struct json_object *seats = json_object_object_get(booking, "seats");
	enum booking_state state = booking_state(booking, audit->now);
	if (state != BOOKING_CONFIRMED && state != BOOKING_HELD)
		return false;
	for (size_t i = 0; json_text(booking, "time") && i < json_length(seats); i++) {
		keys_text key;
		booking_seat_key(booking, json_text_at(seats, i), key);
		if (strcmp(key, seat_key) == 0)
			return true;
	}
	return false;
}

static enum store_result look_at_seat(struct audit *audit, const char *key)
{
	struct json_object *booking = NULL;
	char booking_key[STORE_KEY_MAX + 1];
	struct seat seat;
	enum store_result result = seat_read(audit->store, key, &seat);
	if (result != STORE_OK || seat.until <= audit->now)
		return result;
	audit->seats++;
	snprintf(booking_key, sizeof booking_key, "bookings/%s", seat.owner);
	result = answer_read(audit->store, booking_key, &booking, NULL);
	if (result == STORE_ABSENT || (result == STORE_OK && !owns(audit, booking, key))) {
		audit->wrong++;
		printf("%s: belongs to %s, which %s\n", key, seat.owner,
		    result == STORE_ABSENT ? "does not exist" : "does not own it");
		result = STORE_OK;
	}
	json_object_put(booking);
	return result;
}

static enum store_result look_at_booking(struct audit *audit, const char *booking_key)
{
	struct json_object *booking = NULL;
	char owner[SEAT_OWNER_SIZE];
	enum store_result result = answer_read(audit->store, booking_key, &booking, NULL);
	if (result != STORE_OK)
		return result;
	enum booking_state state = booking_state(booking, audit->now);
	struct json_object *seats = json_object_object_get(booking, "seats");
	bool live = state == BOOKING_CONFIRMED || state == BOOKING_HELD;
	audit->bookings += live;
	booking_owner(booking, owner);
	for (size_t i = 0; live && result == STORE_OK && i < json_length(seats); i++) {
		keys_text key;
		struct seat seat;
		booking_seat_key(booking, json_text_at(seats, i), key);
		result = seat_read(audit->store, key, &seat);
		if (result == STORE_OK && strcmp(seat.owner, owner) != 0) {
			audit->wrong++;
			printf("%s: does not own %s, which %s%s\n", booking_key, key,
			    seat.version ? "belongs to " : "is nobody's", seat.owner);
		}
	}
	json_object_put(booking);
	return result;
}

/* Looks at every key below a prefix. */
static bool look_at_all(struct audit *audit, const char *prefix,
    enum store_result (*look)(struct audit *, const char *))
{
	keys_text after = "";
	do {
		audit->count = 0;
		if (store_scan(audit->store, prefix, after, AT_A_TIME, collect, audit) != STORE_OK)
			return false;
		for (size_t i = 0; i < audit->count; i++)
			if (look(audit, audit->keys[i]) != STORE_OK)
				return false;
		if (audit->count > 0)
			memcpy(after, audit->keys[audit->count - 1], sizeof after);
	} while (audit->count == AT_A_TIME);
	return true;
}

int audit_run(struct service *service)
{
	static struct audit audit;
	audit.store = service->store;
	audit.now = clock_now();
	if (!look_at_all(&audit, "seats/", look_at_seat) ||
	    !look_at_all(&audit, "bookings/", look_at_booking)) {
		fprintf(stderr, "bookings: the store cannot be read\n");
		return 2;
	}
	printf("%zu seats taken, %zu live bookings, %zu faults\n", audit.seats, audit.bookings,
	    audit.wrong);
	return audit.wrong > 0;
}
