/* The problems' table: what a client can be told has gone wrong. See problem.h. */
#include "http/problem.h"

#include "base/json.h"

static const struct {
	int status;
	int retry_after;  /* seconds; 0: trying again would not help */
	const char *name; /* the type is /problems#name, a page that nginx serves */
	const char *title;
} problems[] = {
	[PROBLEM_BAD_JSON] = { 400, 0, "bad-json", "The body is not readable JSON" },
	[PROBLEM_BAD_PATH] = { 400, 0, "bad-path", "A part of the path is not of its form" },
	[PROBLEM_BAD_QUERY] = { 400, 0, "bad-query", "A query parameter is not right" },
	[PROBLEM_BAD_HEADER] = { 400, 0, "bad-header", "A header is not of its form" },
	[PROBLEM_LOGIN] = { 401, 0, "login", "Log in first" },
	[PROBLEM_FORBIDDEN] = { 403, 0, "forbidden", "You may not do this" },
	[PROBLEM_NOT_FOUND] = { 404, 0, "not-found", "There is nothing here" },
	[PROBLEM_METHOD] = { 405, 0, "method", "The method does not work here" },
	[PROBLEM_TAKEN] = { 409, 0, "taken", "It is taken" },
	[PROBLEM_LIMIT] = { 409, 0, "limit", "A limit is reached" },
	[PROBLEM_STALE] = { 412, 0, "stale", "A precondition does not hold" },
	[PROBLEM_BODY_TOO_LARGE] = { 413, 0, "body-too-large", "The body is too large" },
	[PROBLEM_MEDIA_TYPE] = { 415, 0, "media-type", "The body is of another type" },
	[PROBLEM_WRONG_FIELD] = { 422, 0, "wrong-field", "A field is wrong" },
	[PROBLEM_KEY_REUSED] = { 422, 0, "key-reused", "The Idempotency-Key was used before" },
	[PROBLEM_CONDITION] = { 428, 0, "condition", "If-Match is missing" },
	[PROBLEM_TOO_MANY] = { 429, 1, "too-many", "Too many requests" },
	[PROBLEM_INTERNAL] = { 500, 0, "internal", "The service failed" },
	[PROBLEM_PEER_DOWN] = { 503, 2, "peer-down", "Another service does not answer" },
	[PROBLEM_BUSY] = { 503, 1, "busy", "Too many requests are waiting" },
	[PROBLEM_STORE_FULL] = { 503, 30, "store-full", "There is no space left to store it" },
	[PROBLEM_STORE_FAILED] = { 503, 5, "store-failed", "The store failed" },
	[PROBLEM_STOPPING] = { 503, 1, "stopping", "The service is stopping" },
};

_Static_assert(sizeof problems / sizeof problems[0] == PROBLEM_COUNT, "a problem has no line");

int problem_status(enum problem problem)
{
	return problems[problem].status;
}

int problem_retry_after(enum problem problem)
{
	return problems[problem].retry_after;
}

static void write_member(struct buffer *body, const char *name, const char *text)
{
	buffer_printf(body, ",\"%s\":", name);
	json_write_string(body, text);
}

void problem_write(struct buffer *body, enum problem problem, const char *detail,
    const char *request_id, struct json_object *extra)
{
	buffer_printf(body, "{\"type\":\"/problems#%s\",\"title\":\"%s\",\"status\":%d",
	    problems[problem].name, problems[problem].title, problems[problem].status);
	write_member(body, "detail", detail);
	if (request_id)
		write_member(body, "instance", request_id);
	if (extra) {
		json_foreach(extra, name, value)
		{
			buffer_text(body, ",");
			json_write_string(body, name);
			buffer_text(body, ":");
			json_write(body, value);
		}
	}
	buffer_text(body, "}\n");
}
