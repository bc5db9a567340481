/* Typed calls: send, judge the status, check the shape, follow the pages. Every failure becomes one
 * line that says what to do. See api.h. */
#include "api.h"

#include "base/clock.h"
#include "base/json.h"
#include "trouble.h"
#include "uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 10000
#define LIST_MAX  (256 * 1024 * 1024) /* bytes of all pages of a list */

/* Sends a request. A token that is good for nothing is laid aside, since with it not even what is
 * for everybody can be read. */
static enum http_result send(
    struct api *api, const struct http_request *request, struct http_answer *answer)
{
	enum http_result result = http_send(api->http, request, answer);
	if (result != HTTP_ANSWERED || answer->status != 401 || !http_has_token(api->http))
		return result;
	http_token(api->http, NULL);
	api->has_run_out = true;
	http_answer_free(answer);
	return http_send(api->http, request, answer);
}

/* Reads the answer's document; what has nothing to say but that it is done leaves NULL. */
static enum api_result read_document(struct api *api, const struct http_request *request,
    const struct http_answer *answer, struct json_object **document)
{
	char why[256];
	bool is_good = answer->status >= 200 && answer->status <= 299;
	*document = NULL;
	if (is_good && request->to)
		return API_OK;
	*document = json_read(
	    answer->body.data ? answer->body.data : "", answer->body.length, why, sizeof why);
	if (!is_good)
		return trouble_refused(api, answer->status, *document);
	if (*document || (answer->status == 204 && strcmp(request->method, "GET") != 0))
		return API_OK;
	return trouble_rubbish(api, why);
}

/* Sends a request. API_OK: *document is the answer's JSON, to be freed by the caller, *next the
 * following page's path or NULL, likewise, and *size grows by the answer's bytes; next and size may
 * be NULL. */
static enum api_result ask(struct api *api, const struct http_request *request,
    struct json_object **document, char **next, size_t *size)
{
	struct http_answer answer;
	enum api_result outcome;

	enum http_result result = send(api, request, &answer);
	api->was_repeated = answer.was_repeated;
	if (result != HTTP_ANSWERED) {
		outcome = trouble_no_answer(api, result);
		goto out;
	}
	if (api->answer) {
		buffer_clear(api->answer);
		buffer_append(
		    api->answer, answer.body.data ? answer.body.data : "", answer.body.length);
	}
	outcome = read_document(api, request, &answer, document);
	if (outcome != API_OK && !request->from) {
		json_object_put(*document);
		*document = NULL;
	}
	if (size)
		*size += answer.body.length;
	if (next && outcome == API_OK) {
		*next = answer.next;
		answer.next = NULL;
	}
out:
	http_answer_free(&answer);
	return outcome;
}

enum api_result api_get(struct api *api, const char *path, struct json_object **document)
{
	return ask(
	    api, &(struct http_request){ .method = "GET", .path = path }, document, NULL, NULL);
}

enum api_result api_stream(
    struct api *api, const struct http_request *request, struct json_object **document)
{
	*document = NULL;
	return ask(api, request, document, NULL, NULL);
}

enum api_result api_send(struct api *api, const char *method, const char *path,
    struct json_object *body, const char *key, struct json_object **document)
{
	struct http_request request = { .method = method, .path = path, .key = key };
	struct buffer text;
	enum api_result result = API_FAILED;

	buffer_init(&text, HTTP_ANSWER_MAX);
	if (body)
		json_write(&text, body);
	request.body = text.data;
	if (text.failed)
		api_no_memory(api);
	else
		result = ask(api, &request, document, NULL, NULL);
	buffer_free(&text);
	return result;
}

void api_path(
    char path[API_PATH_SIZE], const char *prefix, const char *const *parts, const char *query)
{
	struct buffer whole;
	buffer_init(&whole, API_PATH_SIZE - 1);
	buffer_text(&whole, prefix);
	for (; *parts; parts++) {
		buffer_text(&whole, "/");
		uri_part(&whole, *parts);
	}
	if (query)
		buffer_text(&whole, query);
	snprintf(path, API_PATH_SIZE, "%s", whole.data ? whole.data : prefix);
	buffer_free(&whole);
}

/* Adds a page's members to all; two parts of one object, or array, become one. */
static void merge(struct json_object *all, struct json_object *page)
{
	json_object_object_foreach(page, name, part)
	{
		struct json_object *there = json_object_object_get(all, name);
		if (json_object_is_type(there, json_type_object) &&
		    json_object_is_type(part, json_type_object))
			merge(there, part);
		else if (json_object_is_type(there, json_type_array) &&
		    json_object_is_type(part, json_type_array))
			for (size_t i = 0; i < json_object_array_length(part); i++)
				json_append(
				    there, json_object_get(json_object_array_get_idx(part, i)));
		else
			json_add(all, name, json_object_get(part));
	}
}

enum api_result api_list(struct api *api, const char *path, struct json_object **all)
{
	enum api_result result = API_OK;
	char *next = strdup(path);
	size_t size = 0;
	int pages;

	*all = json_object_new_object();
	for (pages = 0; next && result == API_OK; pages++) {
		struct json_object *page = NULL;
		char *at = next;
		next = NULL;
		result = ask(api, &(struct http_request){ .method = "GET", .path = at }, &page,
		    &next, &size);
		if (result == API_OK && !json_object_is_type(page, json_type_object))
			result = trouble_rubbish(api, "a list that is no object");
		else if (next && (next[0] != '/' || strcmp(next, at) == 0 || pages == PAGES_MAX))
			result = trouble_rubbish(api, "a list without an end");
		else if (size > LIST_MAX)
			result = trouble_rubbish(api, "a list that is too large");
		else if (result == API_OK)
			merge(*all, page);
		json_object_put(page);
		free(at);
	}
	free(next);
	if (pages > 1 && result == API_OK && api->answer) {
		buffer_clear(api->answer);
		json_write(api->answer, *all);
	}
	return result;
}

enum api_result api_wrong_shape(struct api *api, const char *what)
{
	char reason[128];
	snprintf(reason, sizeof reason, "%s is not of its form", what);
	return trouble_rubbish(api, reason);
}

enum api_result api_no_memory(struct api *api)
{
	return trouble_say(api, API_FAILED, "Memory ran out: try again");
}

/* A member's text as the server wrote it, "unknown" when it is missing, NULL for another type. */
static const char *member_text(
    struct json_object *object, const char *name, enum json_type type, enum json_type other)
{
	struct json_object *member = json_object_object_get(object, name);
	if (!member)
		return "unknown";
	return json_object_is_type(member, type) || json_object_is_type(member, other)
	    ? json_object_get_string(member)
	    : NULL;
}

static bool read_movie(const char *id, struct json_object *object, struct api_movie *movie)
{
	*movie = (struct api_movie){
		.id = id,
		.title = json_text(object, "title"),
		.director = member_text(object, "director", json_type_string, json_type_string),
		.rating = member_text(object, "rating", json_type_double, json_type_int),
	};
	return movie->title && movie->director && movie->rating;
}

enum api_result api_movies(struct api *api, struct api_movies *movies)
{
	*movies = (struct api_movies){ .list = NULL };
	enum api_result result = api_list(api, "/movies", &movies->document);
	if (result != API_OK)
		return result;
	size_t count = (size_t)json_object_object_length(movies->document);
	movies->list = calloc(count + 1, sizeof *movies->list);
	if (!movies->list)
		return api_no_memory(api);
	json_object_object_foreach(movies->document, id, object)
	{
		if (!read_movie(id, object, &movies->list[movies->count++]))
			return api_wrong_shape(api, "a movie");
	}
	return API_OK;
}

enum api_result api_users(struct api *api, struct api_users *users)
{
	*users = (struct api_users){ .list = NULL };
	enum api_result result = api_list(api, "/users", &users->document);
	if (result != API_OK)
		return result;
	size_t count = (size_t)json_object_object_length(users->document);
	users->list = calloc(count + 1, sizeof *users->list);
	if (!users->list)
		return api_no_memory(api);
	json_object_object_foreach(users->document, id, object)
	{
		const char *name = json_text(object, "name");
		if (!name)
			return api_wrong_shape(api, "a user");
		users->list[users->count++] =
		    (struct api_user){ id, name, json_integer(object, "last_active", -1) };
	}
	return API_OK;
}

enum api_result api_self(struct api *api, struct api_self *self)
{
	*self = (struct api_self){ .user = NULL };
	enum api_result result = api_get(api, "/users/self", &self->document);
	if (result != API_OK)
		return result;
	const char *mode = json_text(self->document, "auth");
	self->user = json_text(self->document, "user");
	self->name = json_text(self->document, "name");
	self->role = json_text(self->document, "role");
	if (!mode || !self->role)
		return api_wrong_shape(api, "who asks");
	self->asks = strcmp(mode, "required") == 0;
	return API_OK;
}

enum api_result api_user(struct api *api, const char *id)
{
	struct json_object *user = NULL;
	char path[API_PATH_SIZE];
	api_path(path, "/users", (const char *[]){ id, NULL }, NULL);
	enum api_result result = api_get(api, path, &user);
	if (result == API_OK && !json_text(user, "id"))
		result = api_wrong_shape(api, "a user");
	json_object_put(user);
	return result;
}

static bool add_show(struct api_shows *shows, struct api_show show)
{
	if (shows->count == shows->capacity) {
		size_t capacity = shows->capacity ? 2 * shows->capacity : 64;
		struct api_show *list = realloc(shows->list, capacity * sizeof *list);
		if (!list)
			return false;
		shows->list = list;
		shows->capacity = capacity;
	}
	shows->list[shows->count++] = show;
	return true;
}

/* Adds the movies of one date: an array of ids. */
static bool add_day(
    struct api_shows *shows, const char *user, const char *date, struct json_object *ids)
{
	if (!clock_is_date(date) || !json_object_is_type(ids, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		struct json_object *id = json_object_array_get_idx(ids, i);
		if (!json_object_is_type(id, json_type_string))
			return false;
		struct api_show show = { user, date, json_object_get_string(id), i };
		if (!add_show(shows, show))
			return false;
	}
	return true;
}

static bool add_days(struct api_shows *shows, const char *user, struct json_object *days)
{
	if (!json_object_is_type(days, json_type_object))
		return false;
	json_object_object_foreach(days, date, ids)
	{
		if (!add_day(shows, user, date, ids))
			return false;
	}
	return true;
}

static int compare_shows(const void *a, const void *b)
{
	const struct api_show *left = a, *right = b;
	int order = left->user && right->user ? strcmp(left->user, right->user) : 0;
	if (order == 0)
		order = strcmp(left->date, right->date);
	return order != 0 ? order : (left->place > right->place) - (left->place < right->place);
}

/* After the shows were added, or not. */
static enum api_result finish_shows(
    struct api *api, struct api_shows *shows, bool added, const char *what)
{
	if (!added)
		return api_wrong_shape(api, what);
	if (shows->count > 1)
		qsort(shows->list, shows->count, sizeof *shows->list, compare_shows);
	return API_OK;
}

enum api_result api_showtimes(struct api *api, struct api_shows *shows)
{
	*shows = (struct api_shows){ .list = NULL };
	enum api_result result = api_list(api, "/showtimes", &shows->document);
	if (result != API_OK)
		return result;
	return finish_shows(api, shows, add_days(shows, NULL, shows->document), "the showtimes");
}

enum api_result api_programme(struct api *api, const char *date, struct api_shows *shows)
{
	char path[API_PATH_SIZE];
	*shows = (struct api_shows){ .list = NULL };
	api_path(path, "/showtimes", (const char *[]){ date, NULL }, NULL);
	enum api_result result = api_get(api, path, &shows->document);
	if (result != API_OK)
		return result;
	return finish_shows(
	    api, shows, add_day(shows, NULL, date, shows->document), "the programme");
}

static bool add_users(struct api_shows *shows)
{
	json_object_object_foreach(shows->document, user, days)
	{
		if (!add_days(shows, user, days))
			return false;
	}
	return true;
}

enum api_result api_bookings(struct api *api, const char *user, struct api_shows *shows)
{
	char path[API_PATH_SIZE] = "/bookings";
	*shows = (struct api_shows){ .list = NULL };
	if (user)
		api_path(path, "/bookings", (const char *[]){ user, NULL }, NULL);
	enum api_result result = api_list(api, path, &shows->document);
	if (result != API_OK)
		return result;
	bool added = user ? add_days(shows, NULL, shows->document) : add_users(shows);
	return finish_shows(api, shows, added, "the bookings");
}

struct api_movie api_movie_of(const struct api_movies *movies, const char *id)
{
	struct api_movie movie;
	struct json_object *object = json_object_object_get(movies->document, id);
	if (object && read_movie(id, object, &movie))
		return movie;
	return (struct api_movie){ id, id, "unknown", "unknown" };
}

bool api_is_id(const char *text)
{
	size_t length =
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
	return length > 0 && length < API_ID_SIZE && text[length] == '\0';
}

void api_self_free(struct api_self *self)
{
	json_object_put(self->document);
}

void api_movies_free(struct api_movies *movies)
{
	free(movies->list);
	json_object_put(movies->document);
}

void api_users_free(struct api_users *users)
{
	free(users->list);
	json_object_put(users->document);
}

void api_shows_free(struct api_shows *shows)
{
	free(shows->list);
	json_object_put(shows->document);
}
