/* Movies' documents. See movies.h. */
#include "movies/movies.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/document.h"

#include <stdlib.h>
#include <string.h>

#define TITLE                                                                                      \
	{                                                                                          \
		"title", FIELD_TEXT, true, 1, 200, NULL                                            \
	}
#define DIRECTOR                                                                                   \
	{                                                                                          \
		"director", FIELD_TEXT, true, 1, 200, NULL                                         \
	}
#define RATING                                                                                     \
	{                                                                                          \
		"rating", FIELD_NUMBER, true, 0, 10, NULL                                          \
	}
#define MINUTES                                                                                    \
	{                                                                                          \
		"minutes", FIELD_INTEGER, false, 1, 1000, NULL                                     \
	}

static const struct field movie_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	TITLE,
	DIRECTOR,
	RATING,
	MINUTES,
	{ 0 },
};

/* A body: the id may be missing, and what was read may be sent back. */
static const struct field movie_body[] = {
	{ "id", FIELD_ID, false, 0, 0, NULL },
	TITLE,
	DIRECTOR,
	RATING,
	MINUTES,
	{ "uri", FIELD_TEXT, false, 1, 200, NULL },
	{ 0 },
};

/* A merge patch: null takes a member away. */
static const struct field movie_patch[] = {
	{ "id", FIELD_ANY, false, 0, 0, NULL },
	{ "title", FIELD_ANY, false, 0, 0, NULL },
	{ "director", FIELD_ANY, false, 0, 0, NULL },
	{ "rating", FIELD_ANY, false, 0, 0, NULL },
	{ "minutes", FIELD_ANY, false, 0, 0, NULL },
	{ "uri", FIELD_ANY, false, 0, 0, NULL },
	{ 0 },
};

static const struct field list_query[] = {
	ROUTE_PAGE_QUERY,
	{ "ids", FIELD_IDS, false, 1, 200, NULL },
	{ "top", FIELD_INTEGER, false, 1, 1000, NULL },
	{ 0 },
};

/* What a list tells of a movie. */
static const char *const list_members[] = { "id", "title", "director", "rating", NULL };

static void write_movie(void *context, struct buffer *body, const struct store_record *record)
{
	(void)context;
	char why[128];
	struct json_object *movie = json_read(record->document, record->length, why, sizeof why);
	answer_members(body, movie, list_members);
	json_object_put(movie);
}

/* Appends one member of a list, and begins the list with the first. */
static void append_movie(struct buffer *body, struct json_object *movie)
{
	buffer_text(body, body->length ? ",\n" : "{");
	json_write_string(body, json_text(movie, "id"));
	buffer_text(body, ":");
	answer_members(body, movie, list_members);
}

/* The movies named, in that order; those that are not there are left out. */
static enum outcome list_named(struct service *service, const struct request *request,
    struct response *response, const char *ids)
{
	struct buffer *body = &response->body;
	(void)request;
	for (const char *id = ids; *id;) {
		char key[STORE_KEY_MAX + 1];
		struct json_object *movie = NULL;
		size_t length = strcspn(id, ",");
		snprintf(key, sizeof key, "movies/%.*s", (int)length, id);
		enum store_result result = answer_read(service->store, key, &movie, NULL);
		if (result == STORE_OK)
			append_movie(body, movie);
		json_object_put(movie);
		if (result != STORE_OK && result != STORE_ABSENT)
			return answer_store_problem(response, result);
		id += length + (id[length] == ',');
	}
	buffer_text(body, body->length ? "}" : "{}");
	return response_body(response, 200);
}

static bool collect_movie(void *context, const struct store_record *record)
{
	char why[128];
	return json_append(context, json_read(record->document, record->length, why, sizeof why));
}

/* The higher rating first, then the title, then the id. */
static int compare_rank(const void *a, const void *b)
{
	struct json_object *left = *(struct json_object *const *)a;
	struct json_object *right = *(struct json_object *const *)b;
	double difference = json_object_get_double(json_object_object_get(right, "rating")) -
	    json_object_get_double(json_object_object_get(left, "rating"));
	if (difference != 0)
		return difference > 0 ? 1 : -1;
	int order = strcmp(json_text(left, "title"), json_text(right, "title"));
	return order ? order : strcmp(json_text(left, "id"), json_text(right, "id"));
}

static enum outcome list_top(struct service *service, struct response *response, size_t count)
{
	struct json_object *movies = json_object_new_array();
	enum store_result result =
	    store_scan(service->store, "movies/", "", 0, collect_movie, movies);
	if (result == STORE_OK && !movies)
		result = STORE_FAILED;
	if (result != STORE_OK) {
		json_object_put(movies);
		return answer_store_problem(response, result);
	}
	json_sort(movies, compare_rank);
	for (size_t i = 0; i < count && i < json_length(movies); i++)
		append_movie(&response->body, json_at(movies, i));
	json_object_put(movies);
	buffer_text(&response->body, response->body.length ? "}" : "{}");
	return response_body(response, 200);
}

static enum outcome list_movies(
    struct service *service, const struct request *request, struct response *response)
{
	const char *ids = request_query(request, "ids");
	int64_t top = request_query_number(request, "top", 0);
	if (request->query_count > 1 && (ids || top))
		return response_problem(
		    response, PROBLEM_BAD_QUERY, "ids and top each stand alone.");
	if (ids)
		return list_named(service, request, response, ids);
	if (top)
		return list_top(service, response, (size_t)top);
	return answer_page(service, request, response, "movies/", write_movie, NULL);
}

static enum outcome get_movie(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "id");
	struct buffer *body = &response->body;
	char key[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "movies/%s", id);
	enum store_result result = store_get(service->store, key, body, &response->version);
	if (result == STORE_ABSENT)
		return response_problem(response, PROBLEM_NOT_FOUND, "There is no movie %s.", id);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	/* The stored text is an object with members, so one more goes in before its last brace. */
	body->length--;
	buffer_join(body, ",\"uri\":\"/movies/", id, "\"}", NULL);
	return response_body(response, 200);
}

/* Answers 409 when showings of the movie, today's or later, are in the way of its deletion. */
static bool allow_movie(struct service *service, const struct request *request,
    struct response *response, struct json_object *old, struct json_object *fresh,
    struct batch *batch, enum outcome *outcome)
{
	const char *id = json_text(old, "id");
	struct json_object *dates = NULL, *showings;
	char path[STORE_KEY_MAX + 1], today[9];
	size_t count = 0;
	bool good = true; /* it is {date: [showing]} */
	(void)batch;
	if (fresh)
		return true;
	clock_today(today);
	snprintf(path, sizeof path, "/showtimes?movie=%s&from=%s", id, today);
	enum peer_result asked = peer_get(service->peers, request, PEER_FRESH, path, &dates);
	if (asked != PEER_OK) {
		*outcome = answer_peer_problem(
		    response, asked == PEER_ABSENT ? PEER_DOWN : asked, "showtimes");
		return false;
	}
	showings = json_object_is_type(dates, json_type_object) ? json_object_new_array() : NULL;
	json_foreach(dates, date, list)
	{
		(void)date;
		for (size_t i = 0; i < json_length(list); i++)
			json_append(showings,
			    json_object_get(json_object_object_get(json_at(list, i), "uri")));
		count += json_length(list);
		good = good && json_length(list) > 0;
	}
	good = good && showings && json_length(showings) == count;
	json_object_put(dates);
	if (!good)
		*outcome = answer_peer_problem(response, PEER_DOWN, "showtimes");
	if (!good || count == 0) {
		json_object_put(showings);
		return good;
	}
	struct json_object *extra = json_object_new_object();
	json_add(extra, "showings", showings);
	*outcome = response_problem_with(response, PROBLEM_TAKEN, extra,
	    "The movie %s is still to be shown; \"showings\" names when and where.", id);
	return false;
}

static void add_facts(struct json_object *movie)
{
	char uri[ID_MAX + 16];
	snprintf(uri, sizeof uri, "/movies/%s", json_text(movie, "id"));
	json_add(movie, "uri", json_object_new_string(uri));
}

static const struct document_kind movie_kind = {
	.name = "movie",
	.prefix = "movies/",
	.path = "/movies/",
	.param = "id",
	.fields = movie_fields,
	.allow = allow_movie,
	.add_facts = add_facts,
};

static enum outcome create_movie(
    struct service *service, const struct request *request, struct response *response)
{
	return document_create(&movie_kind, service, request, response);
}

static enum outcome change_movie(
    struct service *service, const struct request *request, struct response *response)
{
	return document_change(&movie_kind, service, request, response);
}

static enum outcome delete_movie(
    struct service *service, const struct request *request, struct response *response)
{
	return document_delete(&movie_kind, service, request, response);
}

void movies_import(struct import *import, struct json_object *data)
{
	document_import(&movie_kind, import, data);
}

const struct route movies_routes[MOVIES_ROUTE_COUNT] = {
	{ METHOD_GET, "/movies", list_movies, LANE_QUICK, ROLE_ANYONE, list_query, NULL, NULL },
	{ METHOD_POST, "/movies", create_movie, LANE_WAITING, ROLE_OWNER, NULL, movie_body, NULL },
	{ METHOD_GET, "/movies/{id}", get_movie, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_PUT, "/movies/{id}", change_movie, LANE_WAITING, ROLE_OWNER, NULL, movie_body,
	    NULL },
	{ METHOD_PATCH, "/movies/{id}", change_movie, LANE_WAITING, ROLE_OWNER, NULL, movie_patch,
	    NULL },
	{ METHOD_DELETE, "/movies/{id}", delete_movie, LANE_WAITING, ROLE_OWNER, NULL, NULL, NULL },
};

const struct service_definition movies_service = {
	.name = "movies",
	.routes = movies_routes,
	.route_count = MOVIES_ROUTE_COUNT,
	.data = { { .file = "movies.json",
	    .import = movies_import,
	    .path = "/movies",
	    .prefix = "movies/" } },
};
