/* What showings use. See uses.h. */
#include "showtimes/uses.h"

#include "base/clock.h"
#include "base/json.h"
#include "showtimes/showing.h"

#include <string.h>

struct search {
	const char *member, *value;
	struct json_object *list;
};

static bool visit_day(void *context, const struct store_record *record)
{
	const struct search *search = context;
	char why[128], uri[SHOWING_URI_SIZE];
	struct json_object *day = json_read(record->document, record->length, why, sizeof why);
	struct json_object *showings = json_object_object_get(day, "showings");
	const char *date = json_text(day, "date");
	for (size_t i = 0; date && i < json_length(showings); i++) {
		struct json_object *showing = json_at(showings, i);
		if (strcmp(json_text(showing, search->member), search->value) != 0)
			continue;
		showing_uri(date, showing, uri);
		json_append(search->list, json_object_new_string(uri));
	}
	json_object_put(day);
	return json_length(search->list) < USES_LIST_MAX;
}

enum store_result uses_find(struct store *store, const char *from, const char *member,
    const char *value, struct json_object *list)
{
	struct search search = { member, value, list };
	char before[9], after[STORE_KEY_MAX + 1];
	clock_add_days(from, -1, before);
	snprintf(after, sizeof after, "dates/%s", before);
	return store_scan(store, "dates/", after, 0, visit_day, &search);
}
