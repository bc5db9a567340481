/* People type a title, a name or the first characters of an id. Only what is unique is taken: a
 * ticket for the wrong movie is worse than a second question. See find.h. */
#include "find.h"

#include "text.h"
#include "trouble.h"

#include <stdio.h>
#include <string.h>

size_t find_movies(const struct api_movie *movies, size_t count, const char *text, size_t *found)
{
	size_t matches = 0, length = strlen(text);
	if (length == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(movies[i].id, text) == 0) {
			found[0] = i;
			return 1;
		}
		if (strncmp(movies[i].id, text, length) == 0 || text_same(movies[i].title, text))
			found[matches++] = i;
	}
	return matches;
}

/* Tells which ids a name may mean. */
static void tell_users(
    struct api *api, const struct api_users *users, const char *name, size_t matches)
{
	struct buffer line;
	const char *separator = "";
	buffer_init(&line, sizeof api->why - 1);
	buffer_printf(&line, "There are %zu users called %s; their usernames are: ", matches, name);
	for (size_t i = 0; i < users->count; i++) {
		if (!text_same(users->list[i].name, name))
			continue;
		buffer_printf(&line, "%s%s", separator, users->list[i].id);
		separator = ", ";
	}
	snprintf(api->why, sizeof api->why, "%s", line.data ? line.data : "");
	buffer_free(&line);
}

/* Whoever may not see who there is still is called by their own name. */
static enum api_result find_own_name(struct api *api, const char *name, char id[API_ID_SIZE])
{
	struct api_self self;
	enum api_result result = api_self(api, &self);
	if (result == API_OK && self.user && self.name && text_same(self.name, name))
		snprintf(id, API_ID_SIZE, "%s", self.user);
	else if (result == API_OK)
		result = trouble_say(api, API_FORBIDDEN,
		    "There is no user %s for %s to act for: log in with cinema login USER", name,
		    self.user ? self.user : "anybody");
	api_self_free(&self);
	return result;
}

/* The one who is logged in. */
static enum api_result find_self(struct api *api, char id[API_ID_SIZE])
{
	struct api_self self;
	enum api_result result = api_self(api, &self);
	if (result == API_OK && self.user)
		snprintf(id, API_ID_SIZE, "%s", self.user);
	else if (result == API_OK && self.asks)
		result = trouble_say(api, API_LOGIN,
		    "Nobody is logged in at %s: log in with cinema login USER",
		    http_server(api->http));
	else if (result == API_OK)
		result = trouble_say(api, API_ABSENT,
		    "Nobody is logged in at %s, which is open to everybody: name the user",
		    http_server(api->http));
	api_self_free(&self);
	return result;
}

static enum api_result find_name(struct api *api, const char *name, char id[API_ID_SIZE])
{
	struct api_users users;
	size_t matches = 0;
	enum api_result result = api_users(api, &users);
	if (result == API_FORBIDDEN)
		result = find_own_name(api, name, id);
	if (result != API_OK || !users.list)
		goto out;
	for (size_t i = 0; i < users.count; i++) {
		if (api_is_id(users.list[i].id) && text_same(users.list[i].name, name)) {
			snprintf(id, API_ID_SIZE, "%s", users.list[i].id);
			matches++;
		}
	}
	if (matches == 1)
		goto out;
	result = API_ABSENT;
	if (matches == 0)
		snprintf(api->why, sizeof api->why, "There is no user %s.", name);
	else
		tell_users(api, &users, name, matches);
out:
	api_users_free(&users);
	return result;
}

enum api_result find_user(struct api *api, const char *text, char id[API_ID_SIZE])
{
	if (strcmp(text, "-") == 0)
		return find_self(api, id);
	if (api_is_id(text)) {
		enum api_result result = api_user(api, text);
		if (result == API_OK)
			snprintf(id, API_ID_SIZE, "%s", text);
		if (result != API_ABSENT)
			return result;
	}
	return find_name(api, text, id);
}

/* Says why no one movie was found. */
static enum api_result tell_shows(struct api *api, const char *date, const char *text,
    const struct api_movie *movies, const size_t *found, size_t count)
{
	struct buffer line;
	if (count == 0) {
		snprintf(api->why, sizeof api->why, "There is no movie %s on %s.", text, date);
		return API_ABSENT;
	}
	buffer_init(&line, sizeof api->why - 1);
	buffer_printf(&line, "%s may be each of these:", text);
	for (size_t i = 0; i < count; i++)
		buffer_printf(
		    &line, "%s %s (%s)", i ? "," : "", movies[found[i]].id, movies[found[i]].title);
	snprintf(api->why, sizeof api->why, "%s", line.data ? line.data : "");
	buffer_free(&line);
	return API_ABSENT;
}

enum api_result find_show(struct api *api, const char *date, const char *text,
    struct api_movies *movies, char id[API_ID_SIZE])
{
	struct api_shows shows;
	struct api_movie *offered = NULL;
	size_t *found = NULL, count;

	*movies = (struct api_movies){ .list = NULL };
	enum api_result result = api_programme(api, date, &shows);
	if (result == API_ABSENT)
		snprintf(api->why, sizeof api->why, "There are no shows on %s.", date);
	if (result == API_OK)
		result = api_movies(api, movies);
	if (result != API_OK)
		goto out;
	offered = calloc(shows.count + 1, sizeof *offered);
	found = calloc(shows.count + 1, sizeof *found);
	if (!offered || !found) {
		result = api_no_memory(api);
		goto out;
	}
	for (size_t i = 0; i < shows.count; i++)
		offered[i] = api_movie_of(movies, shows.list[i].movie);
	count = find_movies(offered, shows.count, text, found);
	if (count == 1)
		snprintf(id, API_ID_SIZE, "%s", offered[found[0]].id);
	else
		result = tell_shows(api, date, text, offered, found, count);
out:
	free(offered);
	free(found);
	api_shows_free(&shows);
	return result;
}

/* Says that none is at that time, and which there are. */
static void tell_showings(struct api *api, const struct hall_showings *showings, const char *text)
{
	struct buffer line;
	buffer_init(&line, sizeof api->why - 1);
	buffer_printf(&line, "There is no showing at %s.", text);
	for (size_t i = 0; i < showings->count; i++)
		buffer_printf(&line, "%s %s",
		    i > 0                     ? ","
			: showings->count > 1 ? " There are"
					      : " There is",
		    showings->list[i].id);
	snprintf(api->why, sizeof api->why, "%s%s", line.data ? line.data : "",
	    showings->count > 0 ? "." : "");
	buffer_free(&line);
}

const struct hall_showing *find_showing(
    struct api *api, const struct hall_showings *showings, const char *text)
{
	const struct hall_showing *found = NULL;
	size_t matches = 0;
	for (size_t i = 0; i < showings->count; i++) {
		const struct hall_showing *showing = &showings->list[i];
		if (strcmp(showing->id, text) == 0)
			return showing;
		if (strcmp(showing->time, text) != 0)
			continue;
		found = showing;
		matches++;
	}
	if (matches == 0)
		tell_showings(api, showings, text);
	else if (matches > 1)
		snprintf(api->why, sizeof api->why,
		    "There are %zu showings then: add the screen, as in %s.", matches, found->id);
	return matches == 1 ? found : NULL;
}

const struct booking *find_booking(
    struct api *api, const struct booking_list *bookings, const char *user, const char *text)
{
	for (size_t i = 0; i < bookings->count; i++) {
		const struct booking *booking = &bookings->list[i];
		if (strcmp(booking->id, text) == 0 ||
		    (booking->code && text_same(booking->code, text)))
			return booking;
	}
	snprintf(api->why, sizeof api->why, "%s has no booking %s; cinema bookings %s lists them.",
	    user, text, user);
	return NULL;
}
