/* Routes: from a method and a raw path to a line of the table. See route.h.
 *
 * The first route whose pattern has the path's shape claims it: its literals are equal and it has
 * as many segments. Methods are then looked for among the routes with that same pattern, and the
 * parts in braces are checked after that, so a bad identifier is a 400 and never another route. */
#define _GNU_SOURCE /* strchrnul */
#include "http/route.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/utf8.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

char *route_decode(struct arena *arena, const char *text, size_t length)
{
	const char *percent = memchr(text, '%', length);
	size_t plain = percent ? (size_t)(percent - text) : length;
	char *decoded = arena_copy(arena, text, length), *out = decoded + plain;
	if (!decoded)
		return NULL;
	for (size_t i = plain; i < length; i++) {
		char c = text[i];
		if (c == '%') {
			if (length - i < 3)
				return NULL;
			int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return NULL;
		*out++ = c;
	}
	*out = '\0';
	return utf8_is_valid(decoded) ? decoded : NULL;
}

/* The next segment of a path or pattern at *at, which stands on its "/"; false at the end. */
static bool next_segment(const char **at, const char **segment, size_t *length)
{
	if (**at != '/')
		return false;
	*segment = *at + 1;
	*at = strchrnul(*segment, '/');
	*length = (size_t)(*at - *segment);
	return true;
}

static bool same(const char *segment, size_t length, const char *literal, size_t literal_length,
    struct arena *arena)
{
	if (length == literal_length && memcmp(segment, literal, length) == 0)
		return true;
	if (!memchr(segment, '%', length))
		return false;
	segment = route_decode(arena, segment, length);
	return segment && strlen(segment) == literal_length &&
	    memcmp(segment, literal, literal_length) == 0;
}

/* Whether a raw path has the shape of a pattern. No {name} takes an empty segment. */
static bool fits(const char *pattern, const char *path, struct arena *arena)
{
	const char *want, *have;
	size_t want_length, have_length;
	while (next_segment(&pattern, &want, &want_length)) {
		if (!next_segment(&path, &have, &have_length))
			return false;
		if (want[0] == '{' ? have_length == 0
				   : !same(have, have_length, want, want_length, arena))
			return false;
	}
	return *path == '\0';
}

/* TIME-SCREEN, such as 20:30-1. */
static bool is_showing(const char *text)
{
	char time[6];
	if (strlen(text) < 7 || text[5] != '-')
		return false;
	memcpy(time, text, 5);
	time[5] = '\0';
	return clock_is_time(time) && id_is_valid(text + 6);
}

/* Checks one decoded part against the form that its name stands for. */
static const char *check_param(const struct request_pair *param, struct arena *arena)
{
	if (strcmp(param->name, "date") == 0)
		return clock_is_date(param->value)
		    ? NULL
		    : "The date in the path must be YYYYMMDD, a day that exists.";
	if (strcmp(param->name, "showing") == 0)
		return is_showing(param->value)
		    ? NULL
		    : "The showing in the path must be TIME-SCREEN, such as 20:30-1.";
	if (id_is_valid(param->value))
		return NULL;
	const char *why = arena_printf(arena,
	    "The %s in the path must be an identifier: 1 to 64 of A-Z, a-z, 0-9, _ and -.",
	    param->name);
	return why ? why : "A part of the path is no identifier.";
}

/* Fills request->params from a path that fits pattern; returns what is wrong, or NULL. */
static const char *read_params(const char *pattern, const char *path, struct request *request)
{
	const char *want, *have, *why;
	size_t want_length, have_length;
	while (next_segment(&pattern, &want, &want_length) &&
	    next_segment(&path, &have, &have_length)) {
		if (want[0] != '{' || request->param_count == REQUEST_PARAMS_MAX)
			continue;
		struct request_pair *param = &request->params[request->param_count];
		param->name = arena_copy(request->arena, want + 1, want_length - 2);
		param->value = route_decode(request->arena, have, have_length);
		if (!param->name || !param->value)
			return "A part of the path is not properly encoded: %XX of UTF-8, and no NUL.";
		why = check_param(param, request->arena);
		if (why)
			return why;
		request->param_count++;
	}
	return NULL;
}

static const char *const method_names[] = {
	[METHOD_GET] = "GET",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
};

/* "GET, HEAD, POST, OPTIONS" for the routes that share a pattern. */
static const char *list_methods(
    const struct route *routes, size_t count, const char *pattern, struct arena *arena)
{
	const char *list = "";
	for (size_t i = 0; i < count && list; i++) {
		if (strcmp(routes[i].path, pattern) != 0)
			continue;
		list = arena_printf(arena, "%s%s, %s", list, method_names[routes[i].method],
		    routes[i].method == METHOD_GET ? "HEAD, " : "");
	}
	list = list ? arena_printf(arena, "%sOPTIONS", list) : NULL;
	return list ? list : "OPTIONS";
}

enum route_match route_find(const struct route *routes, size_t count, const char *method,
    const char *path, struct request *request, const struct route **found, const char **allow,
    const char **why)
{
	const char *pattern = NULL;
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	request->param_count = 0;
	for (size_t i = 0; i < count && !pattern; i++)
		if (fits(routes[i].path, path, request->arena))
			pattern = routes[i].path;
	if (!pattern)
		return ROUTE_NO_PATH;
	*why = read_params(pattern, path, request);
	if (*why)
		return ROUTE_BAD_PARAM;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(method_names[routes[i].method], wanted) != 0 ||
		    strcmp(routes[i].path, pattern) != 0)
			continue;
		request->method = routes[i].method;
		*found = &routes[i];
		return ROUTE_FOUND;
	}
	*allow = list_methods(routes, count, pattern, request->arena);
	return ROUTE_NO_METHOD;
}
