/* Showings. See showing.h. */
#include "showtimes/showing.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "http/etag.h"
#include "service/answer.h"
#include "showtimes/schedule.h"
#include "showtimes/screens.h"

#include <string.h>

const struct field showing_fields[] = {
	{ "movie", FIELD_ID, true, 0, 0, NULL },
	{ "time", FIELD_TIME, true, 0, 0, NULL },
	{ "screen", FIELD_ID, true, 0, 0, NULL },
	{ "price", FIELD_OBJECT, false, 1, 20, NULL },
	{ "currency", FIELD_TEXT, false, 3, 3, NULL },
	{ "minutes", FIELD_INTEGER, false, 1, 1000, NULL },
	{ 0 },
};

/* Each tier of the screen must have a price; one that the screen had once may. */
static void check_price(
    struct json_object *price, struct json_object *usual, struct json_object *errors)
{
	json_foreach(price, tier, amount)
	{
		if (!id_is_valid(tier) || !json_object_is_type(amount, json_type_int) ||
		    json_object_get_int64(amount) < 0 ||
		    json_object_get_int64(amount) > SCREENS_PRICE_MAX)
			field_fault(errors, "price",
			    "must give %.64s whole minor units from 0 to %d", tier,
			    SCREENS_PRICE_MAX);
	}
	json_foreach(usual, wanted, unused)
	{
		(void)unused;
		if (!json_object_object_get_ex(price, wanted, NULL))
			field_fault(errors, "price", "must give %s of this screen a price", wanted);
	}
}

void showing_complete(const struct settings *settings, const char *date,
    struct json_object *showing, struct json_object *screen, struct json_object *errors)
{
	int64_t instant;
	if (!field_check_object(showing_fields, showing, "", errors))
		return;
	if (!screen) {
		field_fault(
		    errors, "screen", "there is no screen %s", json_text(showing, "screen"));
		return;
	}
	struct json_object *usual = json_object_object_get(screen, "price");
	if (!json_object_object_get(showing, "price"))
		json_add(showing, "price", json_object_get(usual));
	if (!json_object_object_get(showing, "currency"))
		json_add(showing, "currency",
		    json_object_new_string(settings_text(settings, SETTING_CURRENCY)));
	check_price(json_object_object_get(showing, "price"), usual, errors);
	const char *currency = json_text(showing, "currency");
	if (!currency || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		field_fault(errors, "currency", "must be an ISO 4217 code, such as EUR");
	if (!schedule_instant(date, json_text(showing, "time"), &instant))
		field_fault(errors, "time", "%s does not come on %s, clocks go forward",
		    json_text(showing, "time"), date);
}

struct json_object *showing_clash(showing_day days, void *context, const char *date,
    struct json_object *showing, char clash_date[9])
{
	struct json_object *clash = NULL;
	for (int add = -1; add <= 1 && !clash; add++) {
		clock_add_days(date, add, clash_date);
		struct json_object *day = days(context, clash_date);
		if (day)
			clash = schedule_clash(
			    clash_date, json_object_object_get(day, "showings"), date, showing);
	}
	return clash;
}

int showing_find(struct json_object *day, const char *movie, const char *id)
{
	struct json_object *showings = json_object_object_get(day, "showings");
	for (size_t i = 0; day && i < json_length(showings); i++) {
		struct json_object *showing = json_at(showings, i);
		if (strcmp(json_text(showing, "movie"), movie) == 0 &&
		    strncmp(json_text(showing, "time"), id, 5) == 0 &&
		    strcmp(json_text(showing, "screen"), id + 6) == 0)
			return (int)i;
	}
	return -1;
}

void showing_uri(const char *date, struct json_object *showing, char uri[SHOWING_URI_SIZE])
{
	snprintf(uri, SHOWING_URI_SIZE, "/showtimes/%s/%s/%s-%s", date, json_text(showing, "movie"),
	    json_text(showing, "time"), json_text(showing, "screen"));
}

enum store_result showing_write(
    struct store *store, struct buffer *body, const char *date, struct json_object *showing)
{
	const char *movie = json_text(showing, "movie"), *time = json_text(showing, "time");
	const char *screen_id = json_text(showing, "screen");
	struct json_object *screen = NULL;
	char starts[CLOCK_TEXT_SIZE] = "";
	int64_t instant;
	enum store_result result = screens_read(store, screen_id, &screen, NULL);
	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	if (schedule_instant(date, time, &instant))
		clock_format(instant, starts);
	buffer_printf(body,
	    "{\"id\":\"%s-%s\",\"date\":\"%s\",\"movie\":\"%s\",\"time\":\"%s\",\"starts\":\"%s\","
	    "\"screen\":\"%s\",\"screen_name\":",
	    time, screen_id, date, movie, time, starts, screen_id);
	json_write_string(body, screen ? json_text(screen, "name") : screen_id);
	buffer_text(body, ",\"price\":");
	json_write(body, json_object_object_get(showing, "price"));
	buffer_text(body, ",\"currency\":");
	json_write_string(body, json_text(showing, "currency"));
	if (json_object_object_get(showing, "minutes"))
		buffer_printf(body, ",\"minutes\":%d", (int)json_integer(showing, "minutes", 0));
	buffer_printf(body, ",\"capacity\":%d,\"uri\":\"/showtimes/%s/%s/%s-%s\"}",
	    screen ? screens_capacity(screen) : 0, date, movie, time, screen_id);
	json_object_put(screen);
	return STORE_OK;
}

bool showing_guarded(struct service *service, const struct request *request,
    struct response *response, const char *date, struct json_object *showing)
{
	char tag[ETAG_SIZE];
	struct buffer body;
	buffer_init(&body, RESPONSE_MAX);
	enum store_result result = showing_write(service->store, &body, date, showing);
	buffer_text(&body, "\n");
	if (result == STORE_OK && body.failed)
		result = STORE_FAILED;
	if (result == STORE_OK)
		etag_of_body(body.data, body.length, tag);
	buffer_free(&body);
	if (result == STORE_OK)
		return answer_guarded_tag(request, response, tag);
	answer_store_problem(response, result);
	return false;
}
