/* What comes in, checked once and in one place. See intake.h.
 *
 * In a query + is a space and %2B a plus sign, as web pages write it (URLSearchParams). */
#define _GNU_SOURCE /* strchrnul */
#include "http/intake.h"

#include "base/id.h"
#include "base/json.h"
#include "http/etag.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

static void read_params(struct intake *intake, struct request *request, char *const params[])
{
	const struct {
		const char *name;
		size_t length;
		const char **value;
	} wanted[] = {
#define WANTED(name, value) { name, sizeof name - 1, value }
		WANTED("REQUEST_METHOD", &intake->method),
		WANTED("REQUEST_URI", &intake->uri),
		WANTED("REQUEST_ID", &intake->request_id),
		WANTED("CONTENT_TYPE", &intake->body_type),
		WANTED("CONTENT_LENGTH", &intake->body_length_text),
		WANTED("HTTP_IF_MATCH", &request->if_match),
		WANTED("HTTP_IF_NONE_MATCH", &request->if_none_match),
		WANTED("HTTP_IDEMPOTENCY_KEY", &request->idempotency_key),
		WANTED("HTTP_AUTHORIZATION", &request->credential),
		WANTED("REMOTE_USER", &request->user),
		WANTED("REMOTE_ROLE", &intake->role),
		WANTED("BODY_UNBUFFERED", &intake->unbuffered),
#undef WANTED
	};
	*intake = (struct intake){ .method = "", .uri = "", .body_type = "", .role = "" };
	for (size_t p = 0; params[p]; p++) {
		size_t length = (size_t)(strchrnul(params[p], '=') - params[p]);
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
			if (length == wanted[i].length && params[p][length] &&
			    memcmp(params[p], wanted[i].name, length) == 0)
				*wanted[i].value = params[p] + length + 1;
	}
}

/* nginx sends an id with every request; who runs a service alone gets one made here. */
static const char *choose_id(const char *given, struct arena *arena)
{
	uint64_t chance[2] = { 0, 0 };
	if (given && id_is_valid(given))
		return given;
	if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
		return "none";
	const char *made = arena_printf(
	    arena, "%016llx%016llx", (unsigned long long)chance[0], (unsigned long long)chance[1]);
	return made ? made : "none";
}

static bool refuse_large(struct response *response, int64_t limit)
{
	struct json_object *extra = json_object_new_object();
	json_add(extra, "limit", json_object_new_int64(limit));
	response_problem_with(response, PROBLEM_BODY_TOO_LARGE, extra,
	    "A body may have %lld bytes at most.", (long long)limit);
	return false;
}

static bool check_length(struct intake *intake, int64_t limit, struct response *response)
{
	const char *text = intake->body_length_text;
	if (!text || !*text)
		return true;
	if (text[strspn(text, "0123456789")] != '\0') {
		response_problem(
		    response, PROBLEM_BAD_HEADER, "Content-Length must be a number of bytes.");
		return false;
	}
	/* A number too large for the type becomes the type's largest. */
	unsigned long long length = strtoull(text, NULL, 10);
	if (length > (unsigned long long)limit)
		return refuse_large(response, limit);
	intake->body_length = (size_t)length;
	return true;
}

static bool check_headers(const struct request *request, struct response *response)
{
	const char *key = request->idempotency_key;
	size_t length = key ? strlen(key) : 1;
	for (size_t i = 0; key && i < length; i++)
		if (key[i] <= ' ' || key[i] > '~')
			length = 0;
	const char *fault = NULL;
	if (length < 1 || length > 255)
		fault = "Idempotency-Key must be 1 to 255 visible ASCII characters.";
	if (request->if_match && !etag_is_list(request->if_match))
		fault = "If-Match must be * or a list of entity tags, such as \"v12\".";
	if (request->if_none_match && !etag_is_list(request->if_none_match))
		fault = "If-None-Match must be * or a list of entity tags, such as \"v12\".";
	if (fault)
		response_problem(response, PROBLEM_BAD_HEADER, "%s", fault);
	return !fault;
}

static bool find_route(struct intake *intake, const struct server_config *config,
    struct request *request, struct response *response)
{
	const char *allow, *why;
	size_t path_length = strcspn(intake->uri, "?");
	const char *path = arena_copy(request->arena, intake->uri, path_length);
	if (!path) {
		response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
		return false;
	}
	switch (route_find(config->routes, config->route_count, intake->method, path, request,
	    &intake->route, &allow, &why)) {
	case ROUTE_FOUND: return true;
	case ROUTE_NO_PATH:
		response_problem(
		    response, PROBLEM_NOT_FOUND, "This service has nothing at that path.");
		break;
	case ROUTE_BAD_PARAM: response_problem(response, PROBLEM_BAD_PATH, "%s", why); break;
	case ROUTE_NO_METHOD:
		if (strcmp(intake->method, "OPTIONS") == 0)
			response_nothing(response);
		else
			response_problem(response, PROBLEM_METHOD, "What works here: %s.", allow);
		response->allow = allow;
	}
	return false;
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (const struct field *field = fields; field && field->name; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

static char *decode_form(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_copy(arena, text, length);
	for (char *c = copy; c && *c; c++)
		if (*c == '+')
			*c = ' ';
	return copy ? route_decode(arena, copy, length) : NULL;
}

/* Reads one NAME=VALUE of a query into request, or adds what is wrong to errors. */
static void read_query_piece(const struct field *fields, const char *piece, size_t length,
    struct request *request, struct json_object *errors)
{
	const char *equals = memchr(piece, '=', length);
	size_t name_length = equals ? (size_t)(equals - piece) : length;
	const char *rest = equals ? equals + 1 : piece + length;
	const char *name = decode_form(request->arena, piece, name_length);
	const char *value = decode_form(request->arena, rest, length - (size_t)(rest - piece));
	if (!name || !value) {
		field_fault(
		    errors, name ? name : "", "is not properly encoded: %%XX of UTF-8, and no NUL");
		return;
	}
	const struct field *field = find_field(fields, name);
	if (!field) {
		struct buffer known;
		buffer_init(&known, 4096);
		for (const struct field *each = fields; each && each->name; each++)
			buffer_printf(&known, "%s%s", each == fields ? "" : ", ", each->name);
		field_fault(errors, name, "is unknown; what may stand here: %s",
		    known.data ? known.data : "nothing");
		buffer_free(&known);
	} else if (request_query(request, name)) {
		field_fault(errors, name, "is given twice");
	} else if (field_check_text(field, value, errors) &&
	    request->query_count < REQUEST_QUERIES_MAX) {
		request->queries[request->query_count++] =
		    (struct request_pair){ field->name, value };
	}
}

static bool read_query(
    const struct intake *intake, struct request *request, struct response *response)
{
	const struct field *fields = intake->route->query;
	const char *query = intake->uri + strcspn(intake->uri, "?");
	query += *query == '?';
	if (*query == '\0' && !fields)
		return true;
	struct json_object *errors = json_object_new_array();
	for (const char *piece = query; errors;) {
		size_t length = strcspn(piece, "&");
		if (length > 0)
			read_query_piece(fields, piece, length, request, errors);
		if (piece[length] == '\0')
			break;
		piece += length + 1;
	}
	for (const struct field *field = fields; errors && field && field->name; field++)
		if (field->required && !request_query(request, field->name) &&
		    json_length(errors) == 0)
			field_fault(errors, field->name, "is missing");
	if (errors && json_length(errors) == 0) {
		json_object_put(errors);
		return true;
	}
	response_fields(response, PROBLEM_BAD_QUERY, errors);
	return false;
}

/* Whether the route is for who asks. owner is whose the thing is, NULL where it is not told yet. */
static bool check_role(const struct route *route, const struct request *request, const char *owner,
    struct response *response)
{
	if (request->role >= ROLE_LEAST(route->role))
		return true;
	if (request->role == ROLE_ANYONE || !request->user) {
		response_problem(response, PROBLEM_LOGIN, "This is only for who has logged in.");
		return false;
	}
	if (!(route->role & ROLE_OWN)) {
		response_problem(response, PROBLEM_FORBIDDEN, "This is for %s, and %s is not.",
		    ROLE_LEAST(route->role) == ROLE_STAFF ? "the cinema's staff" : "its owner",
		    request->user);
		return false;
	}
	if (!owner || strcmp(owner, request->user) == 0)
		return true;
	if (route->absent)
		response_absent(response);
	else
		response_problem(response, PROBLEM_FORBIDDEN, "%s may do this only for %s.",
		    request->user, request->user);
	return false;
}

/* The charset of a Content-Type's parameters must be UTF-8 where one is named. */
static bool is_utf8_charset(const char *parameters)
{
	while (*parameters) {
		parameters += strspn(parameters, "; \t");
		size_t length = strcspn(parameters, ";");
		if (strncasecmp(parameters, "charset=", 8) == 0) {
			const char *charset = parameters + 8;
			size_t quote = *charset == '"';
			if (strncasecmp(charset + quote, "utf-8", 5) != 0 ||
			    (quote && charset[6] != '"') || !strchr("; \t", charset[5 + 2 * quote]))
				return false;
		}
		parameters += length;
	}
	return true;
}

static bool is_json_type(const char *type, enum method method)
{
	size_t length = strcspn(type, "; \t");
	const char *const json = "application/json", *const patch = "application/merge-patch+json";
	bool known = (length == strlen(json) && strncasecmp(type, json, length) == 0) ||
	    (method == METHOD_PATCH && length == strlen(patch) &&
		strncasecmp(type, patch, length) == 0);
	return known && is_utf8_charset(type + length);
}

static bool check_type(
    const struct intake *intake, const struct request *request, struct response *response)
{
	if (is_json_type(intake->body_type, request->method))
		return true;
	response_problem(response, PROBLEM_MEDIA_TYPE,
	    "The body must be sent as Content-Type: application/json, in UTF-8.");
	return false;
}

static bool check_fields(
    const struct field *fields, struct json_object *body, struct response *response)
{
	struct json_object *errors = json_object_new_array();
	bool good = false;
	if (errors && json_object_is_type(body, json_type_object))
		good = field_check_object(fields, body, "", errors);
	else if (errors)
		field_fault(errors, "", "The body must be a JSON object.");
	if (good)
		json_object_put(errors);
	else
		response_fields(response, PROBLEM_WRONG_FIELD, errors);
	return good;
}

bool intake_head(struct intake *intake, const struct server_config *config, char *const params[],
    struct request *request, struct response *response)
{
	read_params(intake, request, params);
	request->id = choose_id(intake->request_id, request->arena);
	request_role_read(intake->role, &request->role);
	request->target = intake->uri;
	request->body_text = "";
	if (!find_route(intake, config, request, response))
		return false;
	const struct route *route = intake->route;
	bool streams = route->lane == LANE_STREAM;
	int64_t limit =
	    settings_number(config->settings, streams ? SETTING_IMPORT_LIMIT : SETTING_BODY_LIMIT);
	request->pattern = route->path;
	request->absent = route->absent;
	request->for_anyone = ROLE_LEAST(route->role) == ROLE_ANYONE;
	if (check_length(intake, limit, response) &&
	    check_role(route, request, request_param(request, "user"), response) &&
	    read_query(intake, request, response) && check_headers(request, response) &&
	    (!streams || check_type(intake, request, response)))
		return true;
	intake->route = NULL;
	return false;
}

/* Whose the thing is that the path, or else the body, speaks of. */
static const char *named_owner(const struct request *request)
{
	const char *owner = request_param(request, "user");
	return owner ? owner : json_text(request->body, "user");
}

bool intake_body(const struct intake *intake, const char *text, size_t length,
    struct request *request, struct response *response)
{
	char why[256];
	if (!intake->route->body)
		return true;
	if (length == 0 && intake->body_length == 0)
		response_problem(
		    response, PROBLEM_BAD_JSON, "The body is missing; it must be JSON.");
	else if (length != intake->body_length)
		response_problem(response, PROBLEM_BAD_JSON,
		    "The body has %zu bytes, but Content-Length says %zu.", length,
		    intake->body_length);
	else if (!check_type(intake, request, response))
		return false;
	else if (!(request->body = json_read(text, length, why, sizeof why)))
		response_problem(response, PROBLEM_BAD_JSON, "The body is not JSON: %s.", why);
	else if (check_fields(intake->route->body, request->body, response) &&
	    check_role(intake->route, request, named_owner(request), response)) {
		request->body_text = text;
		request->body_length = length;
		return true;
	}
	return false;
}
