/* Showtimes' answers. See showtimes.h; the import stands in programme.c. */
#include "showtimes/showtimes.h"

#include "base/clock.h"
#include "base/json.h"
#include "service/answer.h"
#include "showtimes/programme.h"
#include "showtimes/schedule.h"
#include "showtimes/screens.h"

#include <stdlib.h>
#include <string.h>

static const struct field page_query[] = { ROUTE_PAGE_QUERY, { 0 } };

/* Appends the ids of a day's movies, each once, in the order of their first showings. */
static void write_movies(struct buffer *body, struct json_object *day)
{
	struct json_object *showings = json_object_object_get(day, "showings");
	struct json_object *seen = json_object_new_object();
	buffer_text(body, "[");
	for (size_t i = 0; i < json_object_array_length(showings); i++) {
		const char *movie = json_text(json_object_array_get_idx(showings, i), "movie");
		if (json_object_object_get(seen, movie))
			continue;
		buffer_text(body, json_object_object_length(seen) ? "," : "");
		json_write_string(body, movie);
		json_add(seen, movie, json_object_new_boolean(true));
	}
	buffer_text(body, "]");
	json_object_put(seen);
}

static void write_day(void *context, struct buffer *body, const struct store_record *record)
{
	(void)context;
	char why[128];
	struct json_object *day = json_read(record->document, record->length, why, sizeof why);
	write_movies(body, day);
	json_object_put(day);
}

static enum outcome list_dates(
    struct service *service, const struct request *request, struct response *response)
{
	return answer_page(service, request, response, "dates/", write_day, NULL);
}

/* Reads the document of the path's date. When there is none, or trouble, the response is filled
 * and the result is NULL. */
static struct json_object *read_day(struct service *service, const struct request *request,
    struct response *response, uint64_t *version)
{
	const char *date = request_param(request, "date");
	struct json_object *day = NULL;
	char key[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "dates/%s", date);
	enum store_result result = answer_read(service->store, key, &day, version);
	if (result == STORE_ABSENT)
		response_problem(
		    response, PROBLEM_NOT_FOUND, "There are no showtimes on %s.", date);
	else if (result != STORE_OK)
		answer_store_problem(response, result);
	return day;
}

static enum outcome get_date(
    struct service *service, const struct request *request, struct response *response)
{
	struct json_object *day = read_day(service, request, response, &response->version);
	if (!day)
		return OUTCOME_DONE;
	write_movies(&response->body, day);
	json_object_put(day);
	return response_body(response, 200);
}

/* Appends a showing as an answer shows it: with its id, its instant, its hall and its address. */
static enum store_result write_showing(
    struct service *service, struct buffer *body, const char *date, struct json_object *showing)
{
	const char *movie = json_text(showing, "movie"), *time = json_text(showing, "time");
	const char *screen_id = json_text(showing, "screen");
	struct json_object *screen = NULL;
	char starts[CLOCK_TEXT_SIZE] = "";
	int64_t instant;
	enum store_result result = screens_read(service->store, screen_id, &screen);
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
	buffer_printf(body, ",\"currency\":\"%s\"", json_text(showing, "currency"));
	if (json_object_object_get(showing, "minutes"))
		buffer_printf(body, ",\"minutes\":%d", (int)json_integer(showing, "minutes", 0));
	buffer_printf(body, ",\"capacity\":%d,\"uri\":\"/showtimes/%s/%s/%s-%s\"}",
	    screen ? screens_capacity(screen) : 0, date, movie, time, screen_id);
	json_object_put(screen);
	return STORE_OK;
}

static int compare_start(const void *a, const void *b)
{
	struct json_object *left = *(struct json_object *const *)a;
	struct json_object *right = *(struct json_object *const *)b;
	int order = strcmp(json_text(left, "time"), json_text(right, "time"));
	return order ? order : strcmp(json_text(left, "screen"), json_text(right, "screen"));
}

static enum outcome list_showings(
    struct service *service, const struct request *request, struct response *response)
{
	const char *date = request_param(request, "date"), *movie = request_param(request, "movie");
	struct buffer *body = &response->body;
	enum store_result result = STORE_OK;
	struct json_object *day = read_day(service, request, response, NULL);
	if (!day)
		return OUTCOME_DONE;
	struct json_object *showings = json_object_object_get(day, "showings");
	json_object_array_sort(showings, compare_start);
	for (size_t i = 0; i < json_object_array_length(showings) && result == STORE_OK; i++) {
		struct json_object *showing = json_object_array_get_idx(showings, i);
		if (strcmp(json_text(showing, "movie"), movie) != 0)
			continue;
		buffer_text(body, body->length ? ",\n" : "[");
		result = write_showing(service, body, date, showing);
	}
	json_object_put(day);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	if (body->length == 0)
		return response_problem(
		    response, PROBLEM_NOT_FOUND, "The movie %s is not shown on %s.", movie, date);
	buffer_text(body, "]");
	return response_body(response, 200);
}

static enum outcome get_showing(
    struct service *service, const struct request *request, struct response *response)
{
	const char *date = request_param(request, "date"), *movie = request_param(request, "movie");
	const char *id = request_param(request, "showing");
	enum store_result result = STORE_ABSENT;
	struct json_object *day = read_day(service, request, response, NULL);
	if (!day)
		return OUTCOME_DONE;
	struct json_object *showings = json_object_object_get(day, "showings");
	for (size_t i = 0; i < json_object_array_length(showings); i++) {
		struct json_object *showing = json_object_array_get_idx(showings, i);
		if (strcmp(json_text(showing, "movie"), movie) == 0 &&
		    strncmp(json_text(showing, "time"), id, 5) == 0 &&
		    strcmp(json_text(showing, "screen"), id + 6) == 0) {
			result = write_showing(service, &response->body, date, showing);
			break;
		}
	}
	json_object_put(day);
	if (result == STORE_ABSENT)
		return response_problem(response, PROBLEM_NOT_FOUND,
		    "The movie %s is not shown on %s at %s.", movie, date, id);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	return response_body(response, 200);
}

const struct route showtimes_routes[SHOWTIMES_ROUTE_COUNT] = {
	{ METHOD_GET, "/showtimes", list_dates, LANE_QUICK, ROLE_ANYONE, page_query, NULL, NULL },
	{ METHOD_GET, "/showtimes/screens", screens_list, LANE_QUICK, ROLE_ANYONE, page_query, NULL,
	    NULL },
	{ METHOD_GET, "/showtimes/screens/{screen}", screens_get, LANE_QUICK, ROLE_ANYONE, NULL,
	    NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}", get_date, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}/{movie}", list_showings, LANE_QUICK, ROLE_ANYONE, NULL,
	    NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}/{movie}/{showing}", get_showing, LANE_QUICK, ROLE_ANYONE,
	    NULL, NULL, NULL },
};

const struct service_definition showtimes_service = {
	.name = "showtimes",
	.routes = showtimes_routes,
	.route_count = SHOWTIMES_ROUTE_COUNT,
	.data = { { "screens.json", screens_import }, { "showtimes.json", programme_import } },
};
