/* Showtimes' answers. See showtimes.h; the import stands in programme.c. */
#include "showtimes/showtimes.h"

#include "base/clock.h"
#include "base/json.h"
#include "service/answer.h"
#include "showtimes/change.h"
#include "showtimes/programme.h"
#include "showtimes/remove.h"
#include "showtimes/screens.h"
#include "showtimes/showing.h"

#include <stdlib.h>
#include <string.h>

static const struct field page_query[] = { ROUTE_PAGE_QUERY, { 0 } };
static const struct field dates_query[] = {
	ROUTE_PAGE_QUERY,
	{ "movie", FIELD_ID, false, 0, 0, NULL },
	{ "from", FIELD_DATE, false, 0, 0, NULL },
	{ 0 },
};

/* Appends the ids of a day's movies, each once, in the order of their first showings. */
static void write_movies(struct buffer *body, struct json_object *day)
{
	struct json_object *showings = json_object_object_get(day, "showings");
	struct json_object *seen = json_object_new_object();
	buffer_text(body, "[");
	for (size_t i = 0; i < json_length(showings); i++) {
		const char *movie = json_text(json_at(showings, i), "movie");
		if (json_object_object_get(seen, movie))
			continue;
		buffer_text(body, json_members(seen) ? "," : "");
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

static int compare_start(const void *a, const void *b)
{
	struct json_object *left = *(struct json_object *const *)a;
	struct json_object *right = *(struct json_object *const *)b;
	int order = strcmp(json_text(left, "time"), json_text(right, "time"));
	return order ? order : strcmp(json_text(left, "screen"), json_text(right, "screen"));
}

/* The scan of all days for one movie's showings. */
struct movie_scan {
	const struct request *request;
	struct response *response;
	const char *movie;
	size_t limit, count;
	char last[9]; /* the date that was written last */
};

/* Appends a day's showings of the movie, {"id","uri"} each; false when it has none. */
static bool write_showings(struct buffer *body, const char *movie, struct json_object *day)
{
	struct json_object *showings = json_object_object_get(day, "showings");
	const char *separator = "[";
	json_sort(showings, compare_start);
	for (size_t i = 0; i < json_length(showings); i++) {
		struct json_object *showing = json_at(showings, i);
		char uri[SHOWING_URI_SIZE];
		if (strcmp(json_text(showing, "movie"), movie) != 0)
			continue;
		showing_uri(json_text(day, "date"), showing, uri);
		buffer_printf(body, "%s{\"id\":\"%s-%s\",\"uri\":\"%s\"}", separator,
		    json_text(showing, "time"), json_text(showing, "screen"), uri);
		separator = ",";
	}
	buffer_text(body, *separator == ',' ? "]" : "");
	return *separator == ',';
}

static bool visit_day(void *context, const struct store_record *record)
{
	struct movie_scan *scan = context;
	struct buffer *body = &scan->response->body;
	char why[128];
	struct json_object *day = json_read(record->document, record->length, why, sizeof why);
	const char *date = json_text(day, "date");
	size_t before = body->length;
	buffer_printf(body, "%s\"%s\":", scan->count ? ",\n" : "{", date);
	bool shown = write_showings(body, scan->movie, day);
	bool full = shown && scan->count == scan->limit;
	if (full)
		scan->response->next =
		    arena_copy(scan->request->arena, scan->last, strlen(scan->last));
	if (full || !shown)
		buffer_cut(body, before);
	if (shown && !full) {
		snprintf(scan->last, sizeof scan->last, "%s", date);
		scan->count++;
	}
	json_object_put(day);
	return !full && !body->failed;
}

/* The days on which a movie is shown, each with its showings. */
static enum outcome list_of_movie(
    struct service *service, const struct request *request, struct response *response)
{
	struct page page = answer_page_asked(request);
	const char *from = request_query(request, "from");
	char before[9] = "", after[STORE_KEY_MAX + 1];
	struct movie_scan scan = {
		.request = request,
		.response = response,
		.movie = request_query(request, "movie"),
		.limit = page.limit,
	};
	if (from)
		clock_add_days(from, -1, before);
	snprintf(after, sizeof after, "dates/%.128s",
	    strcmp(page.after, before) > 0 ? page.after : before);
	enum store_result result = store_scan(service->store, "dates/", after, 0, visit_day, &scan);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	buffer_text(&response->body, scan.count ? "}" : "{}");
	return response_body(response, 200);
}

static enum outcome list_dates(
    struct service *service, const struct request *request, struct response *response)
{
	if (request_query(request, "movie"))
		return list_of_movie(service, request, response);
	if (request_query(request, "from"))
		return response_problem(response, PROBLEM_BAD_QUERY, "from goes with movie.");
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
	json_sort(showings, compare_start);
	for (size_t i = 0; i < json_length(showings) && result == STORE_OK; i++) {
		struct json_object *showing = json_at(showings, i);
		if (strcmp(json_text(showing, "movie"), movie) != 0)
			continue;
		buffer_text(body, body->length ? ",\n" : "[");
		result = showing_write(service->store, body, date, showing);
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
	struct json_object *day = read_day(service, request, response, NULL);
	if (!day)
		return OUTCOME_DONE;
	int at = showing_find(day, movie, id);
	enum store_result result = STORE_ABSENT;
	if (at >= 0)
		result = showing_write(service->store, &response->body, date,
		    json_at(json_object_object_get(day, "showings"), (size_t)at));
	json_object_put(day);
	if (result == STORE_ABSENT)
		return response_problem(response, PROBLEM_NOT_FOUND,
		    "The movie %s is not shown on %s at %s.", movie, date, id);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	return response_body(response, 200);
}

const struct route showtimes_routes[SHOWTIMES_ROUTE_COUNT] = {
	{ METHOD_GET, "/showtimes", list_dates, LANE_QUICK, ROLE_ANYONE, dates_query, NULL, NULL },
	{ METHOD_GET, "/showtimes/screens", screens_list, LANE_QUICK, ROLE_ANYONE, page_query, NULL,
	    NULL },
	{ METHOD_POST, "/showtimes/screens", screens_create, LANE_WAITING, ROLE_OWNER, NULL,
	    screens_body, NULL },
	{ METHOD_GET, "/showtimes/screens/{screen}", screens_get, LANE_QUICK, ROLE_ANYONE, NULL,
	    NULL, NULL },
	{ METHOD_PUT, "/showtimes/screens/{screen}", screens_change, LANE_WAITING, ROLE_OWNER, NULL,
	    screens_put_body, NULL },
	{ METHOD_PATCH, "/showtimes/screens/{screen}", screens_change, LANE_WAITING, ROLE_OWNER,
	    NULL, screens_patch, NULL },
	{ METHOD_DELETE, "/showtimes/screens/{screen}", screens_delete, LANE_WAITING, ROLE_OWNER,
	    NULL, NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}", get_date, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_POST, "/showtimes/{date}", change_create, LANE_WAITING, ROLE_OWNER, NULL,
	    change_body, NULL },
	{ METHOD_GET, "/showtimes/{date}/{movie}", list_showings, LANE_QUICK, ROLE_ANYONE, NULL,
	    NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}/{movie}/{showing}", get_showing, LANE_QUICK, ROLE_ANYONE,
	    NULL, NULL, NULL },
	{ METHOD_PUT, "/showtimes/{date}/{movie}/{showing}", change_showing, LANE_WAITING,
	    ROLE_OWNER, NULL, change_put_body, NULL },
	{ METHOD_PATCH, "/showtimes/{date}/{movie}/{showing}", change_showing, LANE_WAITING,
	    ROLE_OWNER, NULL, change_patch, NULL },
	{ METHOD_DELETE, "/showtimes/{date}/{movie}/{showing}", remove_showing, LANE_WAITING,
	    ROLE_OWNER, NULL, NULL, NULL },
	/* Reachable only on nginx's internal listener. */
	{ METHOD_GET, "/editions/{date}/{movie}/{showing}", remove_edition, LANE_QUICK,
	    ROLE_SERVICE, NULL, NULL, NULL },
};

const struct service_definition showtimes_service = {
	.name = "showtimes",
	.routes = showtimes_routes,
	.route_count = SHOWTIMES_ROUTE_COUNT,
	.data = { { .file = "screens.json",
		      .import = screens_import,
		      .path = "/showtimes/screens",
		      .prefix = "screens/",
		      .may_replace = screens_may_replace },
	    { .file = "showtimes.json",
		.import = programme_import,
		.path = "/showtimes",
		.prefix = "dates/",
		.alone = true,
		.write = programme_write,
		.may_replace = programme_may_replace } },
	.start = remove_recover,
};
