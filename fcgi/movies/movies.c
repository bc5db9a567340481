/* Movies' documents. See movies.h. */
#include "movies/movies.h"

#include "base/json.h"
#include "service/answer.h"
#include "service/import.h"

#include <stdlib.h>
#include <string.h>

static const struct field movie_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "title", FIELD_TEXT, true, 1, 200, NULL },
	{ "director", FIELD_TEXT, true, 1, 200, NULL },
	{ "rating", FIELD_NUMBER, true, 0, 10, NULL },
	{ "minutes", FIELD_INTEGER, false, 1, 1000, NULL },
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
	if (result != STORE_OK) {
		json_object_put(movies);
		return answer_store_problem(response, result);
	}
	json_object_array_sort(movies, compare_rank);
	for (size_t i = 0; i < count && i < json_object_array_length(movies); i++)
		append_movie(&response->body, json_object_array_get_idx(movies, i));
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

const struct route movies_routes[MOVIES_ROUTE_COUNT] = {
	{ METHOD_GET, "/movies", list_movies, LANE_QUICK, ROLE_ANYONE, list_query, NULL, NULL },
	{ METHOD_GET, "/movies/{id}", get_movie, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
};

void movies_import(struct import *import, struct json_object *data)
{
	json_object_object_foreach(data, id, movie)
	{
		char key[STORE_KEY_MAX + 1];
		if (!import_check(import, id, movie_fields, movie))
			return;
		if (strcmp(json_text(movie, "id"), id) != 0) {
			import_fault(import, id, "id: must be the name it stands under");
			return;
		}
		snprintf(key, sizeof key, "movies/%s", id);
		import_put(import, id, key, json_object_get(movie));
	}
}

const struct service_definition movies_service = {
	.name = "movies",
	.routes = movies_routes,
	.route_count = MOVIES_ROUTE_COUNT,
	.data = { { "movies.json", movies_import } },
};
