/* People type a title, a name or the first characters of an id. Only what is unique is taken: a
 * ticket for the wrong movie is worse than a second question. See find.h. */
#include "find.h"

#include "text.h"

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

static enum api_result find_name(struct api *api, const char *name, char id[API_ID_SIZE])
{
	struct api_users users;
	size_t matches = 0;
	enum api_result result = api_users(api, &users);
	if (result != API_OK)
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
	if (api_is_id(text)) {
		enum api_result result = api_user(api, text);
		if (result == API_OK)
			snprintf(id, API_ID_SIZE, "%s", text);
		if (result != API_ABSENT)
			return result;
	}
	return find_name(api, text, id);
}
