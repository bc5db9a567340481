/* Composed answers. See booked.h. Bookings are asked once and movies once (a second time only when
 * a user has booked more movies than one question can name). */
#include "users/booked.h"

#include "base/json.h"
#include "service/answer.h"

#include <string.h>

#define SUGGESTIONS    3
#define MOVIES_A_QUERY 200  /* the most ids that GET /movies?ids= takes */
#define TOP_MAX        1000 /* the most that GET /movies?top= takes */

/* Whether this is {date: [movie id]}. */
static bool are_dates(struct json_object *dates)
{
	json_foreach(dates, date, ids)
	{
		(void)date;
		for (size_t i = 0; i < json_length(ids); i++)
			if (!*json_text_at(ids, i))
				return false;
		if (json_length(ids) == 0)
			return false;
	}
	return json_object_is_type(dates, json_type_object);
}

/* Reads {date: [movie id]} of a user, NULL when there are no bookings. False: it is answered. */
static bool read_dates(struct service *service, const struct request *request,
    struct response *response, struct json_object **dates)
{
	const char *user = request_param(request, "user");
	char key[STORE_KEY_MAX + 1], path[STORE_KEY_MAX + 1];
	snprintf(key, sizeof key, "users/%s", user);
	enum store_result result = store_get(service->store, key, NULL, NULL);
	if (result == STORE_ABSENT) {
		response_problem(response, PROBLEM_NOT_FOUND, "There is no user %s.", user);
		return false;
	}
	if (result != STORE_OK) {
		answer_store_problem(response, result);
		return false;
	}
	snprintf(path, sizeof path, "/bookings/%s", user);
	enum peer_result asked = peer_get(service->peers, request, PEER_FRESH, path, dates);
	if (asked == PEER_OK && !are_dates(*dates))
		asked = PEER_DOWN;
	if (asked != PEER_OK && asked != PEER_ABSENT) {
		answer_peer_problem(response, asked, "bookings");
		return false;
	}
	return true;
}

/* The movies booked, each once: {id: true}. */
static struct json_object *distinct_movies(struct json_object *dates)
{
	struct json_object *movies = json_object_new_object();
	if (!dates)
		return movies;
	json_foreach(dates, date, ids)
	{
		(void)date;
		for (size_t i = 0; i < json_length(ids); i++)
			json_add(movies, json_text_at(ids, i), json_object_new_boolean(true));
	}
	return movies;
}

/* Asks movies for a path and adds what it tells to all. */
static enum peer_result ask_movies(struct service *service, const struct request *request,
    const char *path, struct json_object *all)
{
	struct json_object *some = NULL;
	enum peer_result asked = peer_get(service->peers, request, PEER_CACHED, path, &some);
	if (asked != PEER_OK)
		return PEER_DOWN; /* a list that is not there is no answer of a working peer */
	if (!json_object_is_type(some, json_type_object)) {
		json_object_put(some);
		return PEER_DOWN;
	}
	json_foreach(some, id, movie) json_add(all, id, json_object_get(movie));
	json_object_put(some);
	return PEER_OK;
}

/* Reads {id: movie} for the ids that are members of wanted. */
static enum peer_result read_movies(struct service *service, const struct request *request,
    struct json_object *wanted, struct json_object *movies)
{
	enum peer_result asked = PEER_OK;
	struct buffer path;
	size_t count = 0;
	buffer_init(&path, MOVIES_A_QUERY * 80);
	json_foreach(wanted, id, unused)
	{
		(void)unused;
		buffer_printf(&path, "%s%s", count ? "," : "/movies?ids=", id);
		if (++count == MOVIES_A_QUERY && asked == PEER_OK) {
			asked = ask_movies(service, request, path.data, movies);
			buffer_clear(&path);
			count = 0;
		}
	}
	if (count && asked == PEER_OK)
		asked = path.failed ? PEER_DOWN : ask_movies(service, request, path.data, movies);
	buffer_free(&path);
	return asked;
}

/* Appends {"title","rating","uri"}; a movie that is gone shows as its id. */
static void write_movie(struct buffer *body, const char *id, struct json_object *movie)
{
	const char *title = json_text(movie, "title");
	buffer_text(body, "{\"title\":");
	json_write_string(body, title ? title : id);
	buffer_text(body, ",\"rating\":");
	json_write(body, json_object_object_get(movie, "rating"));
	buffer_printf(body, ",\"uri\":\"/movies/%s\"}", id);
}

enum outcome booked_list(
    struct service *service, const struct request *request, struct response *response)
{
	struct json_object *dates = NULL, *wanted = NULL, *movies = NULL;
	struct buffer *body = &response->body;
	enum outcome outcome = OUTCOME_DONE;

	if (!read_dates(service, request, response, &dates))
		goto out;
	if (!dates) {
		outcome = response_absent(response);
		goto out;
	}
	wanted = distinct_movies(dates);
	movies = json_object_new_object();
	enum peer_result asked = read_movies(service, request, wanted, movies);
	if (asked != PEER_OK) {
		outcome = answer_peer_problem(response, asked, "movies");
		goto out;
	}
	const char *separator = "{";
	json_foreach(dates, date, ids)
	{
		buffer_printf(body, "%s\"%s\":[", separator, date);
		for (size_t i = 0; i < json_length(ids); i++) {
			const char *id = json_text_at(ids, i);
			buffer_text(body, i ? "," : "");
			write_movie(body, id, json_object_object_get(movies, id));
		}
		buffer_text(body, "]");
		separator = ",\n";
	}
	buffer_text(body, "}");
	outcome = response_body(response, 200);
out:
	json_object_put(dates);
	json_object_put(wanted);
	json_object_put(movies);
	return outcome;
}

enum outcome booked_suggest(
    struct service *service, const struct request *request, struct response *response)
{
	struct json_object *dates = NULL, *booked = NULL, *best = NULL;
	struct buffer *body = &response->body;
	enum outcome outcome = OUTCOME_DONE;
	char path[64];
	int count = 0;

	if (!read_dates(service, request, response, &dates))
		goto out;
	booked = distinct_movies(dates);
	best = json_object_new_object();
	/* Among the best n + 3, at most n are booked. */
	size_t top = json_members(booked) + SUGGESTIONS;
	snprintf(path, sizeof path, "/movies?top=%zu", top < TOP_MAX ? top : TOP_MAX);
	enum peer_result asked = ask_movies(service, request, path, best);
	if (asked != PEER_OK) {
		outcome = answer_peer_problem(response, asked, "movies");
		goto out;
	}
	buffer_text(body, "[");
	json_foreach(best, id, movie)
	{
		if (count == SUGGESTIONS || json_object_object_get(booked, id))
			continue;
		buffer_text(body, count++ ? ",\n" : "");
		write_movie(body, id, movie);
	}
	buffer_text(body, "]");
	outcome = response_body(response, 200);
out:
	json_object_put(dates);
	json_object_put(booked);
	json_object_put(best);
	return outcome;
}
