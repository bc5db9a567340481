/* Requests one after the other, as text:
 *
 *   POST /bookings
 *   Content-Type: application/json
 *
 *   {"user":…}
 *   --
 *   DELETE @
 *
 * @ is where the last 201's document is. Beside HTTP's headers that nginx passes on there are Role,
 * User and Query-less ones of nginx's own; Content-Length is right unless it is given. */
#define _GNU_SOURCE /* memmem */
#include "house/house.h"

#include "base/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 12
#define ASKED_MAX   8

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const known[][2] = {
	{ "Content-Type", "CONTENT_TYPE" },
	{ "Content-Length", "CONTENT_LENGTH" },
	{ "If-Match", "HTTP_IF_MATCH" },
	{ "If-None-Match", "HTTP_IF_NONE_MATCH" },
	{ "Idempotency-Key", "HTTP_IDEMPOTENCY_KEY" },
	{ "Authorization", "HTTP_AUTHORIZATION" },
	{ "X-Request-Id", "REQUEST_ID" },
	{ "Role", "REMOTE_ROLE" },
	{ "User", "REMOTE_USER" },
};

/* Turns "Name: value" into "VARIABLE=value"; NULL for one that nginx does not pass on. */
static char *variable(const char *line)
{
	size_t length = strcspn(line, ":");
	const char *value = line + length + (line[length] == ':');
	value += strspn(value, " ");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strlen(known[i][0]) != length || strncasecmp(known[i][0], line, length) != 0)
			continue;
		/* nginx has it from the users service, which gives nothing else. */
		if (strcmp(known[i][1], "REMOTE_USER") == 0 && !id_is_valid(value))
			return NULL;
		size_t room = strlen(known[i][1]) + strlen(value) + 2;
		char *text = malloc(room);
		if (text)
			snprintf(text, room, "%s=%s", known[i][1], value);
		return text;
	}
	return NULL;
}

/* Cuts the line at *at off; NULL when there is none before the end. */
static char *next_line(char **at, char *end)
{
	char *line = *at, *stop = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
	if (line >= end)
		return NULL;
	if (!stop)
		stop = end;
	*stop = '\0';
	*at = stop < end ? stop + 1 : end;
	return line;
}

/* Sends the request whose text goes from text to end, which is writable. */
static void ask(char *text, char *end, char **place)
{
	char *params[HEADERS_MAX + 1] = { NULL }, *line = next_line(&text, end), *new_place = NULL;
	char uri[4096];
	size_t count = 0;
	char *space = line ? strchr(line, ' ') : NULL;
	if (!space)
		return;
	*space = '\0';
	if (space[1] == '@')
		snprintf(uri, sizeof uri, "%s%s", *place ? *place : "/", space + 2);
	else
		snprintf(uri, sizeof uri, "%s", space + 1);
	char *method = line;
	while ((line = next_line(&text, end)) && *line)
		if (count < HEADERS_MAX && (params[count] = variable(line)))
			count++;
	house_ask(&(struct house_request){ .method = method,
		      .uri = uri,
		      .params = (const char *const *)params,
		      .body = text < end ? text : NULL,
		      .length = (size_t)(end - text) },
	    &new_place);
	if (new_place) {
		free(*place);
		*place = new_place;
	}
	for (size_t i = 0; i < count; i++)
		free(params[i]);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char border[] = "\n--\n";
	static bool begun;
	char *text = malloc(size + 1), *place = NULL;
	if (!text)
		return 0;
	if (!begun)
		house_open();
	begun = true;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	char *at = text, *end = text + size;
	for (int i = 0; i < ASKED_MAX && at < end; i++) {
		char *stop = memmem(at, (size_t)(end - at), border, sizeof border - 1);
		ask(at, stop ? stop : end, &place);
		at = stop ? stop + sizeof border - 1 : end;
	}
	free(place);
	free(text);
	house_tidy();
	return 0;
}
