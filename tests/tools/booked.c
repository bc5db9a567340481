/* Whether a bookings store has what a service answered, for tests/power.sh:
 *
 *   booked ENGINE FOLDER
 *
 * Reads lines "USER/ID" from its input, the bookings that were answered with 201. Fails unless each is
 * there; unless each live booking owns all its seats; and unless each seat has the booking that it
 * names. */
#include "base/json.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct look {
	struct json_object *owned; /* {"USER/ID": how many seats have it} */
	long bookings, faults;
};

static bool count_seat(void *context, const struct store_record *record)
{
	struct look *look = context;
	char why[128];
	struct json_object *seat = json_read(record->document, record->length, why, sizeof why);
	const char *owner = json_text(seat, "booking");
	if (owner)
		json_add(look->owned, owner,
		    json_object_new_int64(json_integer(look->owned, owner, 0) + 1));
	else
		look->faults++;
	json_object_put(seat);
	return true;
}

static bool check_booking(void *context, const struct store_record *record)
{
	struct look *look = context;
	char why[128];
	const char *name = record->key + strlen("bookings/");
	struct json_object *booking = json_read(record->document, record->length, why, sizeof why);
	const char *status = json_text(booking, "status");
	size_t seats = json_length(json_object_object_get(booking, "seats"));
	bool live = status && strcmp(status, "cancelled") != 0;
	look->bookings++;
	if (!status || (live && (size_t)json_integer(look->owned, name, 0) != seats)) {
		printf("%s: has not all its seats\n", name);
		look->faults++;
	}
	json_object_object_del(look->owned, name);
	json_object_put(booking);
	return true;
}

static void check_answered(struct store *store, struct look *look)
{
	char line[256], key[300];
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(key, sizeof key, "bookings/%s", line);
		if (store_get(store, key, NULL, NULL) == STORE_OK)
			continue;
		printf("%s was answered, and is not there\n", line);
		look->faults++;
	}
}

int main(int argc, char **argv)
{
	struct look look = { .owned = json_object_new_object() };
	char why[1024];
	struct store *store =
	    argc == 3 ? store_open(argv[1], argv[2], "bookings", why, sizeof why) : NULL;
	if (!store) {
		printf("booked: %s\n", argc == 3 ? why : "usage: booked ENGINE FOLDER");
		return EXIT_FAILURE;
	}
	if (store_scan(store, "seats/", "", 0, count_seat, &look) != STORE_OK ||
	    store_scan(store, "bookings/", "", 0, check_booking, &look) != STORE_OK)
		look.faults++;
	json_foreach(look.owned, owner, count)
	{
		(void)count;
		printf("%s: has seats, and is not there\n", owner);
		look.faults++;
	}
	check_answered(store, &look);
	printf("%ld bookings\n", look.bookings);
	store_close(store);
	json_object_put(look.owned);
	return look.faults > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
