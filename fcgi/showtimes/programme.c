/* Imports showtimes.json: reads both forms, gives the short one its place, and sees to it that no
 * screen shows two movies at a time. See programme.h. */
#include "showtimes/programme.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/memory.h"
#include "service/import.h"
#include "showtimes/schedule.h"
#include "showtimes/showing.h"
#include "showtimes/uses.h"

#include <string.h>

static struct json_object *find(struct import *import, const char *kind, const char *id)
{
	char key[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "%s/%s", kind, id);
	return import_find(import, key);
}

static struct json_object *find_day(void *import, const char *date)
{
	return find(import, "dates", date);
}

/* Fills in what the long form may leave out, and checks what it says. */
static bool complete(
    struct import *import, const char *place, const char *date, struct json_object *showing)
{
	struct json_object *errors = json_object_new_array();
	const char *screen = json_text(showing, "screen");
	showing_complete(import_settings(import), date, showing,
	    screen ? find(import, "screens", screen) : NULL, errors);
	return import_faults(import, place, errors);
}

/* Checks a showing of the long form and borrows it from the file. */
static struct json_object *place_long(
    struct import *import, const char *place, const char *date, struct json_object *showing)
{
	if (!complete(import, place, date, showing))
		return NULL;
	char clash_date[9];
	struct json_object *clash = showing_clash(find_day, import, date, showing, clash_date);
	if (clash)
		import_fault(import, place, "screen %s shows %s then, from %s",
		    json_text(showing, "screen"), json_text(clash, "movie"),
		    json_text(clash, "time"));
	return json_object_get(showing);
}

/* Tries a showing of a movie on each screen at a time; the one that is free, or NULL. */
static struct json_object *try_screens(
    struct import *import, const char *date, const char *movie, const char *time)
{
	static const char prefix[] = "screens/";
	json_foreach(import_all(import, prefix), key, document)
	{
		(void)document;
		if (strncmp(key, prefix, sizeof prefix - 1) != 0)
			continue;
		struct json_object *showing = json_object_new_object();
		bool whole = json_add(showing, "movie", json_object_new_string(movie)) &&
		    json_add(showing, "time", json_object_new_string(time)) &&
		    json_add(showing, "screen", json_object_new_string(key + sizeof prefix - 1));
		int64_t instant;
		char clash_date[9];
		if (whole && schedule_instant(date, time, &instant) &&
		    !showing_clash(find_day, import, date, showing, clash_date))
			return showing;
		json_object_put(showing);
	}
	return NULL;
}

/* Finds a place for a movie of the short form. */
static struct json_object *place_short(
    struct import *import, const char *place, const char *date, const char *movie)
{
	const char *usual = settings_text(import_settings(import), SETTING_DEFAULT_TIME);
	struct json_object *showing = NULL;
	char time[6];
	for (int attempt = 0; !showing && schedule_slot(usual, attempt, time); attempt++)
		showing = try_screens(import, date, movie, time);
	if (showing)
		complete(import, place, date, showing);
	else
		import_fault(import, place, "no screen is free for %s", movie);
	return showing;
}

/* Places the entries of one form. */
static void place_entries(struct import *import, const char *date, struct json_object *list,
    struct json_object *showings, enum json_type form)
{
	for (size_t i = 0; i < json_length(list); i++) {
		struct json_object *entry = json_at(list, i), *showing;
		char place[64];
		if (json_object_get_type(entry) != form)
			continue;
		snprintf(place, sizeof place, "%s/%zu", date, i);
		if (form == json_type_object)
			showing = place_long(import, place, date, entry);
		else
			showing = place_short(import, place, date, json_object_get_string(entry));
		if (json_object_array_put_idx(showings, i, showing) != 0) {
			json_object_put(showing);
			memory_note();
			import_fault(import, place, "no memory");
		}
	}
}

/* Long forms are placed first, so that a short one never takes their place; the order of the file
 * is kept all the same. */
static void import_day(struct import *import, const char *date, struct json_object *list)
{
	struct json_object *day = json_object_new_object(), *showings = json_object_new_array();
	char place[64], key[32];

	for (size_t i = 0; i < json_length(list); i++) {
		struct json_object *entry = json_at(list, i);
		bool is_id = json_object_is_type(entry, json_type_string) &&
		    id_is_valid(json_object_get_string(entry));
		snprintf(place, sizeof place, "%s/%zu", date, i);
		if (!is_id && !json_object_is_type(entry, json_type_object))
			import_fault(import, place, "must be a movie's id or a showing");
	}
	json_add(day, "date", json_object_new_string(date));
	json_add(day, "showings", json_object_get(showings));
	snprintf(key, sizeof key, "dates/%s", date);
	import_put(import, date, key, day);
	import_set(import, USES_KEY, json_object_new_object());
	if (showings) {
		place_entries(import, date, list, showings, json_type_object);
		place_entries(import, date, list, showings, json_type_string);
	}
	json_object_put(showings);
}

void programme_import(struct import *import, struct json_object *data)
{
	json_foreach(data, date, list)
	{
		if (!clock_is_date(date))
			import_fault(import, date, "must be a day, YYYYMMDD");
		else if (!json_object_is_type(list, json_type_array) || json_length(list) == 0)
			import_fault(import, date, "must be a list of showings that is not empty");
		else
			import_day(import, date, list);
	}
}

void programme_write(struct buffer *piece, const struct store_record *record)
{
	char why[128];
	struct json_object *day = json_read(record->document, record->length, why, sizeof why);
	json_write(piece, json_object_object_get(day, "showings"));
	json_object_put(day);
}

/* Whether two showings are of the same movie, time and screen. */
static bool is_same(struct json_object *showing, struct json_object *other)
{
	static const char *const members[] = { "movie", "time", "screen" };
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (!json_object_equal(json_object_object_get(showing, members[i]),
			json_object_object_get(other, members[i])))
			return false;
	return true;
}

bool programme_may_replace(
    struct import *import, struct json_object *old, struct json_object *fresh)
{
	struct json_object *before = json_object_object_get(old, "showings");
	struct json_object *after = json_object_object_get(fresh, "showings");
	for (size_t i = 0; i < json_length(before); i++) {
		struct json_object *showing = json_at(before, i);
		bool stays = false;
		for (size_t j = 0; j < json_length(after) && !stays; j++)
			stays = is_same(showing, json_at(after, j));
		if (stays)
			continue;
		import_fault(import, NULL,
		    "lacks the showing of %s at %s on screen %s, which has to be deleted first",
		    json_text(showing, "movie"), json_text(showing, "time"),
		    json_text(showing, "screen"));
		return false;
	}
	return true;
}
