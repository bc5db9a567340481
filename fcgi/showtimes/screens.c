/* Screens' documents. See screens.h. */
#include "showtimes/screens.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/document.h"
#include "service/import.h"
#include "showtimes/uses.h"

#include <string.h>

#define ID(required)                                                                               \
	{                                                                                          \
		"id", FIELD_ID, required, 0, 0, NULL                                               \
	}
#define NAME                                                                                       \
	{                                                                                          \
		"name", FIELD_TEXT, true, 1, 100, NULL                                             \
	}
#define PRICE                                                                                      \
	{                                                                                          \
		"price", FIELD_OBJECT, true, 1, 20, NULL                                           \
	}
#define ROWS                                                                                       \
	{                                                                                          \
		"rows", FIELD_ARRAY, true, 1, 100, NULL                                            \
	}
#define FACTS                                                                                      \
	{ "capacity", FIELD_INTEGER, false, 0, SCREENS_SEATS_MAX, NULL },                          \
	{                                                                                          \
		"uri", FIELD_TEXT, false, 1, 200, NULL                                             \
	}

static const struct field screen_fields[] = { ID(true), NAME, PRICE, ROWS, { 0 } };

/* What was read may be sent back. */
const struct field screens_body[] = { ID(true), NAME, PRICE, ROWS, FACTS, { 0 } };
const struct field screens_put_body[] = { ID(false), NAME, PRICE, ROWS, FACTS, { 0 } };

/* A merge patch: in price, null takes a tier away. */
const struct field screens_patch[] = {
	{ "id", FIELD_ANY, false, 0, 0, NULL },
	{ "name", FIELD_ANY, false, 0, 0, NULL },
	{ "price", FIELD_ANY, false, 0, 0, NULL },
	{ "rows", FIELD_ANY, false, 0, 0, NULL },
	{ "capacity", FIELD_ANY, false, 0, 0, NULL },
	{ "uri", FIELD_ANY, false, 0, 0, NULL },
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
	for (size_t i = 0; i < json_length(rows); i++)
		capacity += count_of(json_text(json_at(rows, i), "seats"), "#");
	return capacity;
}

static void check_row(struct json_object *screen, size_t index, struct json_object *errors)
{
	struct json_object *rows = json_object_object_get(screen, "rows");
	struct json_object *row = json_at(rows, index);
	char prefix[32], name_field[40], seats_field[40], tier_field[40];
	snprintf(prefix, sizeof prefix, "rows/%zu/", index);
	snprintf(name_field, sizeof name_field, "%sname", prefix);
	snprintf(seats_field, sizeof seats_field, "%sseats", prefix);
	snprintf(tier_field, sizeof tier_field, "%stier", prefix);
	if (!json_object_is_type(row, json_type_object)) {
		snprintf(prefix, sizeof prefix, "rows/%zu", index);
		field_fault(errors, prefix, "must be an object");
		return;
	}
	if (!field_check_object(row_fields, row, prefix, errors))
		return;
	const char *name = json_text(row, "name"), *tier = json_text(row, "tier");
	const char *seats = json_text(row, "seats");
	if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(name))
		field_fault(errors, name_field, "must be one or two capital letters");
	if (strspn(seats, "#x_") != strlen(seats) || count_of(seats, "#x") == 0)
		field_fault(
		    errors, seats_field, "must be drawn with # (seat), x (out of use) and _ (gap)");
	if (!json_object_object_get(json_object_object_get(screen, "price"), tier))
		field_fault(errors, tier_field, "the screen has no price for %s", tier);
	for (size_t i = 0; i < index; i++) {
		const char *other = json_text(json_at(rows, i), "name");
		if (other && strcmp(other, name) == 0)
			field_fault(errors, name_field, "there are two rows %s", name);
	}
}

static void check_screen(struct json_object *screen, struct json_object *errors)
{
	json_foreach(json_object_object_get(screen, "price"), tier, price)
	{
		int64_t amount =
		    json_object_is_type(price, json_type_int) ? json_object_get_int64(price) : -1;
		if (!id_is_valid(tier) || amount < 0 || amount > SCREENS_PRICE_MAX)
			field_fault(errors, "price",
			    "must give each tier whole minor units from 0 to %d",
			    SCREENS_PRICE_MAX);
	}
	struct json_object *rows = json_object_object_get(screen, "rows");
	int seats = 0;
	for (size_t i = 0; i < json_length(rows); i++) {
		check_row(screen, i, errors);
		const char *drawn = json_text(json_at(rows, i), "seats");
		seats += drawn ? count_of(drawn, "#x") : 0;
	}
	if (seats > SCREENS_SEATS_MAX)
		field_fault(errors, "rows", "more than %d seats", SCREENS_SEATS_MAX);
}

bool screens_may_replace(struct import *import, struct json_object *old, struct json_object *fresh)
{
	if (json_object_equal(
		json_object_object_get(old, "rows"), json_object_object_get(fresh, "rows")))
		return true;
	import_fault(import, NULL, "has other rows now, of which seats may be sold");
	return false;
}

enum store_result screens_read(
    struct store *store, const char *id, struct json_object **screen, uint64_t *version)
{
	char key[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "screens/%s", id);
	return answer_read(store, key, screen, version);
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

/* A plan that showings rely on, today's or later, stays as it is; so does the screen. */
static bool allow_screen(struct service *service, const struct request *request,
    struct response *response, struct json_object *old, struct json_object *fresh,
    struct batch *batch, enum outcome *outcome)
{
	const char *id = json_text(old, "id");
	uint64_t programme = 0;
	char today[9];
	(void)request;
	if (!old ||
	    (fresh &&
		json_object_equal(
		    json_object_object_get(old, "rows"), json_object_object_get(fresh, "rows"))))
		return true;
	/* Its version comes first, so that a showing added while the days are read is noticed. */
	struct json_object *showings = json_object_new_array();
	enum store_result result = store_get(service->store, USES_KEY, NULL, &programme);
	clock_today(today);
	if (result == STORE_OK || result == STORE_ABSENT)
		result = uses_find(service->store, today, "screen", id, showings);
	batch_check(batch, USES_KEY, programme);
	if (result == STORE_OK && json_length(showings) == 0) {
		json_object_put(showings);
		return true;
	}
	struct json_object *extra = json_object_new_object();
	json_add(extra, "showings", showings);
	if (result != STORE_OK) {
		json_object_put(extra);
		*outcome = answer_store_problem(response, result);
	} else {
		*outcome = response_problem_with(response, PROBLEM_TAKEN, extra,
		    "%s %s is still used; \"showings\" names when.",
		    fresh ? "The seat plan of screen" : "Screen", id);
	}
	return false;
}

static const struct document_kind screen_kind = {
	.name = "screen",
	.prefix = "screens/",
	.path = "/showtimes/screens/",
	.param = "screen",
	.fields = screen_fields,
	.check = check_screen,
	.allow = allow_screen,
	.add_facts = add_facts,
};

void screens_import(struct import *import, struct json_object *data)
{
	document_import(&screen_kind, import, data);
}

enum outcome screens_get(
    struct service *service, const struct request *request, struct response *response)
{
	return document_get(&screen_kind, service, request, response);
}

enum outcome screens_create(
    struct service *service, const struct request *request, struct response *response)
{
	return document_create(&screen_kind, service, request, response);
}

enum outcome screens_change(
    struct service *service, const struct request *request, struct response *response)
{
	return document_change(&screen_kind, service, request, response);
}

enum outcome screens_delete(
    struct service *service, const struct request *request, struct response *response)
{
	return document_delete(&screen_kind, service, request, response);
}
