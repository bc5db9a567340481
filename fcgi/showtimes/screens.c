/* Screens' documents. See screens.h. */
#include "showtimes/screens.h"

#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/import.h"

#include <string.h>

#define PRICE_MAX 100000000 /* minor units */

static const struct field screen_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "name", FIELD_TEXT, true, 1, 100, NULL },
	{ "price", FIELD_OBJECT, true, 1, 20, NULL },
	{ "rows", FIELD_ARRAY, true, 1, 100, NULL },
	{ 0 },
};

static const struct field row_fields[] = {
	{ "name", FIELD_TEXT, true, 1, 2, NULL },
	{ "tier", FIELD_ID, true, 0, 0, NULL },
	{ "seats", FIELD_TEXT, true, 1, 100, NULL },
	{ 0 },
};

/* Counts the characters of text that stand in set. */
static int count_of(const char *text, const char *set)
{
	int count = 0;
	for (; *text; text++)
		count += strchr(set, *text) != NULL;
	return count;
}

int screens_capacity(struct json_object *screen)
{
	struct json_object *rows = json_object_object_get(screen, "rows");
	int capacity = 0;
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		capacity += count_of(json_text(json_object_array_get_idx(rows, i), "seats"), "#");
	return capacity;
}

static void check_row(
    struct import *import, const char *place, struct json_object *screen, struct json_object *row)
{
	if (!import_check(import, place, row_fields, row))
		return;
	const char *name = json_text(row, "name"), *tier = json_text(row, "tier");
	const char *seats = json_text(row, "seats");
	struct json_object *rows = json_object_object_get(screen, "rows");
	if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(name))
		import_fault(import, place, "name: must be one or two capital letters");
	if (strspn(seats, "#x_") != strlen(seats) || count_of(seats, "#x") == 0)
		import_fault(import, place,
		    "seats: must be drawn with # (seat), x (out of use) and _ (gap)");
	if (!json_object_object_get(json_object_object_get(screen, "price"), tier))
		import_fault(import, place, "tier: the screen has no price for %s", tier);
	for (size_t i = 0; json_object_array_get_idx(rows, i) != row; i++) {
		const char *other = json_text(json_object_array_get_idx(rows, i), "name");
		if (other && strcmp(other, name) == 0)
			import_fault(import, place, "name: there are two rows %s", name);
	}
}

static void check_screen(struct import *import, const char *id, struct json_object *screen)
{
	if (!import_check(import, id, screen_fields, screen))
		return;
	if (strcmp(json_text(screen, "id"), id) != 0)
		import_fault(import, id, "id: must be the name it stands under");
	json_object_object_foreach(json_object_object_get(screen, "price"), tier, price)
	{
		int64_t amount =
		    json_object_is_type(price, json_type_int) ? json_object_get_int64(price) : -1;
		if (!id_is_valid(tier) || amount < 0 || amount > PRICE_MAX)
			import_fault(import, id,
			    "price: must give each tier whole minor units from 0 to %d", PRICE_MAX);
	}
	struct json_object *rows = json_object_object_get(screen, "rows");
	int seats = 0;
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		char place[ID_MAX + 32];
		snprintf(place, sizeof place, "%s/rows/%zu", id, i);
		check_row(import, place, screen, row);
		const char *drawn = json_text(row, "seats");
		seats += drawn ? count_of(drawn, "#x") : 0;
	}
	if (seats > SCREENS_SEATS_MAX)
		import_fault(import, id, "rows: more than %d seats", SCREENS_SEATS_MAX);
}

void screens_import(struct import *import, struct json_object *data)
{
	json_object_object_foreach(data, id, screen)
	{
		char key[STORE_KEY_MAX + 1];
		check_screen(import, id, screen);
		snprintf(key, sizeof key, "screens/%s", id);
		import_put(import, id, key, json_object_get(screen));
	}
}

enum store_result screens_read(struct store *store, const char *id, struct json_object **screen)
{
	char key[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "screens/%s", id);
	return answer_read(store, key, screen, NULL);
}

/* Adds what a document does not hold but an answer shows. */
static void add_facts(struct json_object *screen)
{
	char uri[ID_MAX + 32];
	snprintf(uri, sizeof uri, "/showtimes/screens/%s", json_text(screen, "id"));
	json_add(screen, "capacity", json_object_new_int(screens_capacity(screen)));
	json_add(screen, "uri", json_object_new_string(uri));
}

static void write_screen(void *context, struct buffer *body, const struct store_record *record)
{
	static const char *const members[] = { "id", "name", "capacity", "uri", NULL };
	char why[128];
	(void)context;
	struct json_object *screen = json_read(record->document, record->length, why, sizeof why);
	add_facts(screen);
	answer_members(body, screen, members);
	json_object_put(screen);
}

enum outcome screens_list(
    struct service *service, const struct request *request, struct response *response)
{
	return answer_page(service, request, response, "screens/", write_screen, NULL);
}

enum outcome screens_get(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "screen");
	struct json_object *screen = NULL;
	char key[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "screens/%s", id);
	enum store_result result = answer_read(service->store, key, &screen, &response->version);
	if (result == STORE_ABSENT)
		return response_problem(response, PROBLEM_NOT_FOUND, "There is no screen %s.", id);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	add_facts(screen);
	return response_json(response, 200, screen);
}
