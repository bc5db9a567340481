/* Trouble, in words: each kind becomes one line that says what to do. See trouble.h. */
#include "trouble.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum api_result trouble_say(struct api *api, enum api_result result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(api->why, sizeof api->why, format, arguments);
	va_end(arguments);
	return result;
}

enum api_result trouble_rubbish(struct api *api, const char *reason)
{
	return trouble_say(api, API_FAILED,
	    "The server at %s does not answer as a cinema does (%s): name another with --server",
	    http_server(api->http), reason);
}

enum api_result trouble_no_answer(struct api *api, enum http_result result)
{
	const char *server = http_server(api->http);
	switch (result) {
	case HTTP_UNREACHABLE:
		return trouble_say(api, API_UNREACHABLE,
		    "Cannot reach the cinema at %s: start it with ./run.sh, or name another with "
		    "--server",
		    server);
	case HTTP_SLOW:
		return trouble_say(api, API_FAILED,
		    "The cinema at %s does not answer within %d s: try again later, or allow more "
		    "with --timeout",
		    server, http_timeout(api->http));
	case HTTP_CUT:
		return trouble_say(api, API_FAILED,
		    "The connection to the cinema at %s broke: try again later", server);
	case HTTP_UNTRUSTED:
		return trouble_say(api, API_FAILED,
		    "The certificate of %s does not hold (%s): name the file of who vouches for it "
		    "in CINEMA_CA",
		    server, http_reason(api->http));
	case HTTP_FILE:
		return trouble_say(
		    api, API_FAILED, "The file could not be read or written to its end");
	case HTTP_TOO_LARGE: return trouble_rubbish(api, "its answer is too large");
	default: return trouble_rubbish(api, http_reason(api->http));
	}
}

/* Appends the members of an array: texts, or the detail of each object. */
static void list_members(struct buffer *line, struct json_object *array, const char *separator)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *member = json_object_array_get_idx(array, i);
		const char *text = json_object_is_type(member, json_type_object)
		    ? json_text(member, "detail")
		    : json_object_get_string(member);
		buffer_printf(line, "%s%s", i ? separator : "", text ? text : "");
	}
}

/* A refusal, in words that name the seats: those that are taken stand in "seats", what is wrong
 * with others in "errors". */
static enum api_result refuse(
    struct api *api, int status, const char *detail, struct json_object *document)
{
	struct json_object *seats = json_object_object_get(document, "seats");
	struct json_object *errors = json_object_object_get(document, "errors");
	struct buffer line;
	if (!json_object_is_type(seats, json_type_array))
		return trouble_say(api, status == 404 ? API_ABSENT : API_REFUSED, "%s", detail);
	buffer_init(&line, sizeof api->why - 1);
	if (status == 422 && json_object_is_type(errors, json_type_array)) {
		list_members(&line, errors, ", ");
	} else {
		buffer_text(&line, "taken meanwhile: ");
		list_members(&line, seats, " ");
	}
	trouble_say(api, API_REFUSED, "%s", line.data && !line.failed ? line.data : detail);
	buffer_free(&line);
	return API_REFUSED;
}

/* Who asks is not known, or not well enough. */
static enum api_result turn_away(struct api *api, int status, const char *detail)
{
	const char *user = api->session.user;
	if (status == 403)
		return trouble_say(api, API_FORBIDDEN, "%s", detail);
	if (api->logs_in)
		return trouble_say(api, API_LOGIN, "%s", detail);
	if (api->has_run_out && user[0])
		return trouble_say(api, API_LOGIN,
		    "The log-in as %s at %s has run out: log in again with cinema login %s", user,
		    http_server(api->http), user);
	if (api->has_run_out)
		return trouble_say(api, API_LOGIN,
		    "The log-in of CINEMA_TOKEN has run out: log in again with cinema login USER");
	return trouble_say(api, API_LOGIN, "%.*s: log in with cinema login USER",
	    (int)strcspn(detail, "."), detail);
}

/* What was not begun, or has failed, may go well later. */
static enum api_result put_off(struct api *api, enum api_result result, const char *detail)
{
	bool says_so = strstr(detail, "ry again") != NULL;
	return trouble_say(api, result, "%s%s", detail, says_so ? "" : " Try again later.");
}

enum api_result trouble_refused(struct api *api, int status, struct json_object *document)
{
	const char *detail = json_text(document, "detail");
	if (!detail)
		detail = json_text(document, "title");
	if (detail && (status == 429 || status == 503))
		return put_off(api, API_BUSY, detail);
	if (detail && status >= 500)
		return put_off(api, API_FAILED, detail);
	if (status >= 500 && status <= 599)
		return trouble_say(api, API_FAILED,
		    "The server at %s has trouble of its own (%d): try again later",
		    http_server(api->http), status);
	if (!detail || status < 400 || status > 499) {
		char reason[64];
		snprintf(reason, sizeof reason, "status %d", status);
		return trouble_rubbish(api, reason);
	}
	if (status == 401 || status == 403)
		return turn_away(api, status, detail);
	return refuse(api, status, detail, document);
}
