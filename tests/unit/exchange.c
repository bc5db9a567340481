/* From the variables that come in to the header block and body that go out: what is refused before
 * a handler runs, what a handler sees, and how its answer is written. */
#include "http/exchange.h"

#include "base/json.h"
#include "http/etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings settings;
static struct exchange *exchange;
static int calls; /* of handlers */

static enum outcome get_item(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	const char *id = request_param(request, "id");
	if (strcmp(id, "none") == 0)
		return response_problem(response, PROBLEM_NOT_FOUND, "There is no item %s.", id);
	if (strcmp(id, "silent") == 0)
		return OUTCOME_DONE;
	if (strcmp(id, "versioned") == 0)
		response->version = 12;
	buffer_printf(&response->body, "{\"id\":\"%s\"}", id);
	return response_body(response, 200);
}

static enum outcome list_items(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	struct json_object *list = json_object_new_object();
	json_add(list, "limit", json_object_new_int64(request_query_number(request, "limit", 7)));
	if (request_query(request, "after"))
		json_add(list, "after", json_object_new_string(request_query(request, "after")));
	response->next = "b c/d";
	return response_json(response, 200, list);
}

static enum outcome make_item(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	const char *name = json_text(request->body, "name");
	assert_int_equal(strlen(request->body_text), request->body_length);
	if (strcmp(name, "nowhere") == 0)
		return response_field(response, "name", "there is no place \"%s\"", name);
	response->location = strcmp(name, "split") == 0 ? "/items/a\r\nX: y" : "/items/a";
	return response_json(response, 201, json_object_get(request->body));
}

static enum outcome drop_item(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	if (!request->may_wait) {
		buffer_text(&response->body, "half an answer");
		response->next = "x";
		return OUTCOME_WAIT;
	}
	if (strcmp(request_param(request, "id"), "waits") == 0)
		return OUTCOME_WAIT;
	return response_nothing(response);
}

static enum outcome no_memory(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	if (request->query_count > 0) {
		response->body.limit = 100;
		for (int i = 0; i < 20; i++)
			buffer_text(&response->body, "0123456789");
		response->body.limit = RESPONSE_MAX;
		return response_body(response, 200);
	}
	return response_json(response, 200, NULL);
}

/* A source of three pieces; ?large=true: the second fails. */
struct pieces {
	int next, ended;
	bool fails;
};

static struct pieces pieces;

static bool next_piece(void *context, struct buffer *piece)
{
	struct pieces *of = context;
	assert_int_equal(piece->length, 0);
	of->next++;
	buffer_printf(piece, "piece %d\n", of->next);
	piece->failed |= of->fails && of->next == 2;
	return of->next <= 3;
}

static void end_pieces(void *context)
{
	((struct pieces *)context)->ended++;
}

static enum outcome send_pieces(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	assert_true(request->may_wait);
	const struct response_source source = { next_piece, end_pieces, &pieces };
	pieces = (struct pieces){ .fails = request->query_count > 0 };
	return response_pieces(response, &source);
}

/* Takes the body itself, and tells how long it is. */
static enum outcome take_stream(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	char bytes[7];
	ssize_t got, all = 0;
	assert_true(request->may_wait);
	assert_null(request->body);
	while ((got = request_read(request, bytes, sizeof bytes)) > 0)
		all += got;
	buffer_printf(&response->body, "{\"bytes\":%zd}", all);
	return response_body(response, 200);
}

/* Fills in all that an answer may have, and then finds that it cannot give it. */
static enum outcome break_down(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	buffer_text(&response->body, "{}");
	response->version = 12;
	response->as_read = true;
	response->location = "/items/a";
	response->next = "b";
	response->allow = "GET";
	response_header(response, "Set-Cookie", "a=b");
	response_header(response, "X-None", NULL);
	if (request->query_count == 0)
		return response_problem(response, PROBLEM_TAKEN, "It is taken.");
	return response_body(response, 200);
}

/* Answers a write with a tag: the version's, or that of the bytes. */
static enum outcome change_item(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	response->as_read = strcmp(request_param(request, "id"), "versioned") != 0;
	response->version = response->as_read ? 0 : 13;
	buffer_printf(&response->body, "{\"id\":\"%s\"}", request_param(request, "id"));
	return response_body(response, 200);
}

static enum outcome see_own(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	calls++;
	if (request->param_count > 0 && strcmp(request_param(request, "user"), "none") == 0)
		return response_absent(response);
	buffer_printf(&response->body, "{\"user\":\"%s\"}", request->user ? request->user : "");
	return response_body(response, 200);
}

static const struct field page_query[] = { ROUTE_PAGE_QUERY, { 0 } };
static const struct field large_query[] = { { "large", FIELD_BOOLEAN, false, 0, 0, NULL }, { 0 } };
static const struct field needed_query[] = { { "day", FIELD_DATE, true, 0, 0, NULL }, { 0 } };
static const struct field item_fields[] = {
	{ "name", FIELD_TEXT, true, 1, 20, NULL },
	{ "count", FIELD_INTEGER, false, 1, 9, NULL },
	{ 0 },
};
static const struct field own_fields[] = { { "user", FIELD_ID, true, 0, 0, NULL }, { 0 } };
static const struct route routes[] = {
	{ METHOD_GET, "/items", list_items, LANE_QUICK, ROLE_ANYONE, page_query, NULL, NULL },
	{ METHOD_POST, "/items", make_item, LANE_QUICK, ROLE_ANYONE, NULL, item_fields, NULL },
	{ METHOD_GET, "/items/{id}", get_item, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_PATCH, "/items/{id}", make_item, LANE_WAITING, ROLE_ANYONE, NULL, item_fields,
	    NULL },
	{ METHOD_DELETE, "/items/{id}", drop_item, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/memory", no_memory, LANE_QUICK, ROLE_ANYONE, large_query, NULL, NULL },
	{ METHOD_GET, "/needed", no_memory, LANE_QUICK, ROLE_ANYONE, needed_query, NULL, NULL },
	{ METHOD_GET, "/pieces", send_pieces, LANE_WAITING, ROLE_ANYONE, large_query, NULL, NULL },
	{ METHOD_GET, "/broken", break_down, LANE_QUICK, ROLE_ANYONE, large_query, NULL, NULL },
	{ METHOD_PUT, "/broken", break_down, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_PUT, "/changed/{id}", change_item, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/logged-in", see_own, LANE_QUICK, ROLE_USER, NULL, NULL, NULL },
	{ METHOD_GET, "/staff", see_own, LANE_QUICK, ROLE_STAFF, NULL, NULL, NULL },
	{ METHOD_GET, "/owner", see_own, LANE_QUICK, ROLE_OWNER, NULL, NULL, NULL },
	{ METHOD_GET, "/service", see_own, LANE_QUICK, ROLE_SERVICE, NULL, NULL, NULL },
	{ METHOD_GET, "/own/{user}", see_own, LANE_QUICK, ROLE_STAFF | ROLE_OWN, NULL, NULL, NULL },
	{ METHOD_GET, "/hidden/{user}", see_own, LANE_QUICK, ROLE_STAFF | ROLE_OWN, NULL, NULL,
	    "{user} has nothing, {user}." },
	{ METHOD_POST, "/own", see_own, LANE_QUICK, ROLE_STAFF | ROLE_OWN, NULL, own_fields, NULL },
	{ METHOD_POST, "/stream", take_stream, LANE_STREAM, ROLE_USER, NULL, NULL, NULL },
};
static const struct server_config config = {
	.routes = routes,
	.route_count = sizeof routes / sizeof *routes,
	.settings = &settings,
};

static int set_up(void **state)
{
	(void)state;
	exchange = exchange_new(&config);
	return exchange ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	exchange_free(exchange);
	return 0;
}

/* The whole way of one request; body NULL: none is sent. more are variables, NULL at the end. */
static void send_with(const char *method, const char *uri, const char *body, ...)
{
	static char texts[16][20000];
	char *params[16] = { NULL };
	size_t count = 0;
	va_list more;
	va_start(more, body);
	snprintf(texts[count++], sizeof *texts, "FCGI_ROLE=RESPONDER");
	snprintf(texts[count++], sizeof *texts, "REQUEST_METHOD=%s", method);
	snprintf(texts[count++], sizeof *texts, "REQUEST_URI=%s", uri);
	snprintf(texts[count++], sizeof *texts, "REQUEST_ID=r1");
	if (body)
		snprintf(texts[count++], sizeof *texts, "CONTENT_LENGTH=%zu", strlen(body));
	for (const char *text; (text = va_arg(more, const char *));)
		snprintf(texts[count++], sizeof *texts, "%s", text);
	va_end(more);
	for (size_t i = 0; i < count; i++)
		params[i] = texts[i];
	calls = 0;
	exchange_reset(exchange);
	exchange_begin(exchange, params);
	bool wanted = exchange_wants_body(exchange);
	exchange_body(exchange, wanted && body ? body : "", wanted && body ? strlen(body) : 0);
	if (!exchange_run(exchange, false))
		assert_true(exchange_run(exchange, true));
	exchange_finish(exchange);
}

#define JSON "CONTENT_TYPE=application/json"

static void send_get(const char *uri)
{
	send_with("GET", uri, NULL, NULL);
}

static void send_post(const char *body)
{
	send_with("POST", "/items", body, JSON, NULL);
}

/* The value of a header of the answer, "" when it has none. */
static const char *header(const char *name)
{
	static char value[500];
	char start[100];
	snprintf(start, sizeof start, "\n%s: ", name);
	const char *at = strstr(exchange->head.data, start);
	value[0] = '\0';
	if (at)
		snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(start), "\r"),
		    at + strlen(start));
	return value;
}

static void expect_status(int status)
{
	char start[30];
	snprintf(start, sizeof start, "Status: %d ", status);
	if (strncmp(exchange->head.data, start, strlen(start)) != 0)
		fail_msg("expected %d:\n%s%s", status, exchange->head.data,
		    exchange->response.body.data ? exchange->response.body.data : "");
	assert_null(strstr(exchange->head.data, "Unknown"));
	assert_string_equal(exchange->head.data + exchange->head.length - 4, "\r\n\r\n");
	assert_int_equal(exchange->body_follows,
	    status != 204 && status != 304 && strcmp(exchange->intake.method, "HEAD") != 0);
	if (status != 204 && status != 304)
		assert_int_equal(
		    strtoul(header("Content-Length"), NULL, 10), exchange->response.body.length);
}

static void expect_body(const char *body)
{
	assert_string_equal(exchange->response.body.data, body);
}

/* The answer is a problem of this type whose text has word in it. */
static void expect_problem(int status, const char *type, const char *word)
{
	char why[256], wanted[64];
	const struct buffer *body = &exchange->response.body;
	expect_status(status);
	assert_string_equal(header("Content-Type"), "application/problem+json");
	assert_string_equal(header("ETag"), "");
	struct json_object *problem = json_read(body->data, body->length, why, sizeof why);
	if (!problem)
		fail_msg("%s: %s", why, body->data);
	snprintf(wanted, sizeof wanted, "/problems#%s", type);
	assert_string_equal(json_text(problem, "type"), wanted);
	assert_int_equal(json_integer(problem, "status", 0), status);
	assert_string_equal(json_text(problem, "instance"), "r1");
	assert_non_null(json_text(problem, "title"));
	if (!strstr(body->data, word))
		fail_msg("\"%s\" is not in %s", word, body->data);
	json_object_put(problem);
}

static void a_get_is_answered(void **state)
{
	(void)state;
	send_get("/items/a%2D1");
	expect_status(200);
	expect_body("{\"id\":\"a-1\"}\n");
	assert_string_equal(header("Content-Type"), "application/json");
	assert_string_equal(header("Cache-Control"), "max-age=1, stale-while-revalidate=1");
	assert_int_equal(strlen(header("ETag")), 35);
	assert_int_equal(calls, 1);
}

static void a_head_has_a_gets_headers_and_no_body(void **state)
{
	(void)state;
	send_get("/items/a");
	char get[500];
	snprintf(get, sizeof get, "%s", exchange->head.data);
	send_with("HEAD", "/items/a", NULL, NULL);
	expect_status(200);
	assert_string_equal(exchange->head.data, get);
	send_with("HEAD", "/items/none", NULL, NULL);
	expect_status(404);
}

static void tags_follow_the_version_or_the_bytes(void **state)
{
	(void)state;
	char first[ETAG_SIZE];
	send_get("/items/versioned");
	assert_string_equal(header("ETag"), "\"v12\"");
	send_get("/items/a");
	snprintf(first, sizeof first, "%s", header("ETag"));
	send_get("/items/a");
	assert_string_equal(header("ETag"), first);
	send_get("/items/b");
	assert_string_not_equal(header("ETag"), first);
}

static void a_known_document_is_not_sent_again(void **state)
{
	(void)state;
	static const char *const known[] = { "HTTP_IF_NONE_MATCH=\"v12\"",
		"HTTP_IF_NONE_MATCH=W/\"v12\"", "HTTP_IF_NONE_MATCH=*",
		"HTTP_IF_NONE_MATCH=\"x\", W/\"y\" ,\"v12\"", "HTTP_IF_NONE_MATCH= \"v12\" " };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		send_with("GET", "/items/versioned", NULL, known[i], NULL);
		expect_status(304);
		assert_string_equal(header("ETag"), "\"v12\"");
		assert_string_equal(header("Content-Length"), "");
		send_with("HEAD", "/items/versioned", NULL, known[i], NULL);
		expect_status(304);
	}
	send_with("GET", "/items/versioned", NULL, "HTTP_IF_NONE_MATCH=\"v1\", \"v122\"", NULL);
	expect_status(200);
	send_with("GET", "/items/none", NULL, "HTTP_IF_NONE_MATCH=*", NULL);
	expect_status(404);
	send_with("GET", "/items/versioned", NULL, "HTTP_IF_MATCH=\"v12\"", NULL);
	expect_status(200);
	send_with("GET", "/items/versioned", NULL, "HTTP_IF_MATCH=\"v11\"", NULL);
	expect_problem(412, "stale", "v12");
}

static void tag_lists_are_read_strictly(void **state)
{
	(void)state;
	static const char *const good[] = { "*", " * ", "\"\"", "\"a\"", "W/\"a\"", "\"a\",\"b\"",
		"\"a\" , W/\"b\"", ", \"a\",, \"b\" ,", "\"a,b\"", "\"!#~\x80\xff\"" };
	static const char *const bad[] = { "", " ", ",", "a", "\"a", "a\"", "\"a\"\"b\"",
		"\"a\" \"b\"", "w/\"a\"", "W/ \"a\"", "W/a", "**", "*,\"a\"", "\"a\",*", "\"a b\"",
		"\"a\tb\"", "\"a\x7f\"", "'a'", "\"a\";", "\xff" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!etag_is_list(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (etag_is_list(bad[i]))
			fail_msg("%s is taken", bad[i]);
	assert_true(etag_is_listed("\"a\", W/\"b\"", "\"b\""));
	assert_false(etag_is_listed("\"ab\"", "\"b\""));
}

static void bad_headers_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "HTTP_IF_NONE_MATCH=rubbish",
		"HTTP_IF_NONE_MATCH=", "HTTP_IF_MATCH=\"a",
		"HTTP_IDEMPOTENCY_KEY=", "HTTP_IDEMPOTENCY_KEY=a b",
		"HTTP_IDEMPOTENCY_KEY=\xc3\xa4", "HTTP_IDEMPOTENCY_KEY=a\x7f" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		send_with("GET", "/items", NULL, bad[i], NULL);
		expect_problem(400, "bad-header", " must be ");
		assert_int_equal(calls, 0);
	}
	char key[300] = "HTTP_IDEMPOTENCY_KEY=";
	memset(key + strlen(key), 'k', 255);
	send_with("POST", "/items", "{\"name\":\"a\"}", JSON, key, NULL);
	expect_status(201);
	key[strlen(key)] = 'k';
	send_with("POST", "/items", "{\"name\":\"a\"}", JSON, key, NULL);
	expect_problem(400, "bad-header", "Idempotency-Key");
	send_with("GET", "/items", NULL, "CONTENT_LENGTH=-1", NULL);
	expect_problem(400, "bad-header", "Content-Length");
}

static void paths_and_methods_are_refused(void **state)
{
	(void)state;
	send_get("/nothing");
	expect_problem(404, "not-found", "nothing at that path");
	send_get("/items/a.b");
	expect_problem(400, "bad-path", "identifier");
	send_with("PUT", "/items/a", NULL, NULL);
	expect_problem(405, "method", "GET, HEAD, PATCH, DELETE, OPTIONS");
	assert_string_equal(header("Allow"), "GET, HEAD, PATCH, DELETE, OPTIONS");
	assert_int_equal(calls, 0);
	char path[8200];
	memset(path, 'a', sizeof path);
	memcpy(path, "/items/", 7);
	path[8192] = '\0';
	send_get(path);
	expect_problem(400, "bad-path", "identifier");
}

static void options_tells_the_methods(void **state)
{
	(void)state;
	send_with("OPTIONS", "/items", NULL, NULL);
	expect_status(204);
	assert_string_equal(header("Allow"), "GET, HEAD, POST, OPTIONS");
	assert_string_equal(header("Content-Type"), "");
	send_with("OPTIONS", "/nothing", NULL, NULL);
	expect_problem(404, "not-found", "");
	assert_int_equal(calls, 0);
}

static void queries_reach_the_handler_decoded(void **state)
{
	(void)state;
	send_get("/items");
	expect_body("{\"limit\":7}\n");
	send_get("/items?");
	expect_body("{\"limit\":7}\n");
	send_get("/items?limit=3&after=a%20b%2Bc+d");
	expect_body("{\"limit\":3,\"after\":\"a b+c d\"}\n");
	send_get("/items?&&%6cimit=5&");
	expect_body("{\"limit\":5}\n");
	send_get("/items?after=a=b");
	expect_body("{\"limit\":7,\"after\":\"a=b\"}\n");
}

static void bad_queries_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *uri, *word;
	} bad[] = {
		{ "/items?x=1", "what may stand here: limit, after" },
		{ "/items?x", "x: is unknown" },
		{ "/items?limit=1&limit=2", "limit: is given twice" },
		{ "/items?limit=0", "limit: must be a whole number from 1 to 1000" },
		{ "/items?limit", "limit: must be a whole number" },
		{ "/items?limit=a", "limit: must be a whole number" },
		{ "/items?after=", "after: must have 1 to 128 characters" },
		{ "/items?after=%ff", "encoded" },
		{ "/items?after=%00", "encoded" },
		{ "/items?%zz=1", "encoded" },
		{ "/items?Limit=1", "Limit: is unknown" },
		{ "/items/a?x=1", "what may stand here: nothing" },
		{ "/items?limit=1?x", "limit: must be a whole number" },
		{ "/needed?day=20180230", "day: must be a date" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		send_get(bad[i].uri);
		expect_problem(400, "bad-query", bad[i].word);
		assert_non_null(strstr(exchange->response.body.data, "\"errors\":[{\"field\":"));
		assert_int_equal(calls, 0);
	}
}

static void a_missing_query_is_told(void **state)
{
	(void)state;
	send_get("/needed");
	expect_problem(400, "bad-query", "day: is missing");
	send_get("/needed?");
	expect_problem(400, "bad-query", "day: is missing");
}

static void the_next_page_is_linked(void **state)
{
	(void)state;
	send_get("/items?after=old&limit=3");
	assert_string_equal(header("Link"), "</items?limit=3&after=b%20c%2Fd>; rel=\"next\"");
	send_get("/items");
	assert_string_equal(header("Link"), "</items?after=b%20c%2Fd>; rel=\"next\"");
}

static void a_body_reaches_the_handler(void **state)
{
	(void)state;
	send_post("{\"name\":\"h\xc3\xa4\",\"count\":3}");
	expect_status(201);
	expect_body("{\"name\":\"h\xc3\xa4\",\"count\":3}\n");
	assert_string_equal(header("Location"), "/items/a");
	assert_string_equal(header("ETag"), "");
	send_with("PATCH", "/items/a", "{\"name\":\"b\"}",
	    "CONTENT_TYPE=application/merge-patch+json", NULL);
	expect_status(201);
}

static void bad_bodies_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		int status;
		const char *type, *word;
	} bad[] = {
		{ NULL, 400, "bad-json", "missing" },
		{ "", 400, "bad-json", "missing" },
		{ " ", 400, "bad-json", "line 1" },
		{ "{\n  \"name\": x}", 400, "bad-json", "line 2, column 11" },
		{ "{\"name\":\"a\",\"name\":\"b\"}", 400, "bad-json", "twice" },
		{ "{\"name\":\"\xff\"}", 400, "bad-json", "line 1" },
		{ "null", 400, "bad-json", "null" },
		{ "[]", 422, "wrong-field", "The body must be a JSON object." },
		{ "7", 422, "wrong-field", "The body must be a JSON object." },
		{ "{}", 422, "wrong-field", "name: is missing" },
		{ "{\"name\":7}", 422, "wrong-field", "name: must be a string" },
		{ "{\"name\":\"a\",\"count\":10}", 422, "wrong-field", "count: must be a whole" },
		{ "{\"name\":\"a\",\"x\":1}", 422, "wrong-field", "x: is unknown" },
		{ "{\"name\":\"nowhere\"}", 422, "wrong-field",
		    "\"errors\":[{\"field\":\"name\",\"detail\":\"there is no place" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		send_post(bad[i].body);
		expect_problem(bad[i].status, bad[i].type, bad[i].word);
	}
}

static void only_json_is_taken(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		bool good;
	} types[] = {
		{ "CONTENT_TYPE=application/json", true },
		{ "CONTENT_TYPE=Application/JSON; Charset=UTF-8", true },
		{ "CONTENT_TYPE=application/json;charset=\"utf-8\" ; x=y", true },
		{ "CONTENT_TYPE=application/json ; x=\"a\"", true },
		{ "CONTENT_TYPE=", false },
		{ "CONTENT_TYPE=text/plain", false },
		{ "CONTENT_TYPE=application/jsonx", false },
		{ "CONTENT_TYPE=application/json; charset=latin1", false },
		{ "CONTENT_TYPE=application/json; charset=utf-80", false },
		{ "CONTENT_TYPE=application/json; charset=\"utf-8", false },
		{ "CONTENT_TYPE=application/merge-patch+json", false },
		{ "CONTENT_TYPE=application/x-www-form-urlencoded", false },
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		send_with("POST", "/items", "{\"name\":\"a\"}", types[i].type, NULL);
		if (types[i].good)
			expect_status(201);
		else
			expect_problem(415, "media-type", "application/json");
	}
}

static void a_large_body_is_refused_before_it_is_read(void **state)
{
	(void)state;
	static const char *const lengths[] = { "CONTENT_LENGTH=1048577",
		"CONTENT_LENGTH=99999999999999999999999999" };
	for (size_t i = 0; i < 2; i++) {
		send_with("POST", "/items", NULL, JSON, lengths[i], NULL);
		expect_problem(413, "body-too-large", "\"limit\":1048576");
		assert_false(exchange_wants_body(exchange));
	}
}

static void a_body_cut_short_is_refused(void **state)
{
	(void)state;
	send_with("POST", "/items", "{\"name\":\"a\"}", JSON, "CONTENT_LENGTH=500", NULL);
	expect_problem(400, "bad-json", "Content-Length says 500");
	assert_int_equal(calls, 0);
}

static void a_body_that_is_not_wanted_is_ignored(void **state)
{
	(void)state;
	send_with("GET", "/items/a", "rubbish", NULL);
	expect_status(200);
	assert_string_equal(exchange->request.body_text, "");
}

static void who_wants_to_wait_runs_twice(void **state)
{
	(void)state;
	send_with("DELETE", "/items/a", NULL, NULL);
	assert_int_equal(calls, 2);
	expect_status(204);
	assert_string_equal(header("Link"), "");
	send_with("PATCH", "/items/a", "{\"name\":\"b\"}", JSON, NULL);
	assert_int_equal(calls, 1);
	send_with("DELETE", "/items/waits", NULL, NULL);
	expect_problem(500, "internal", "no answer");
}

static void a_handler_that_fails_is_a_500(void **state)
{
	(void)state;
	send_get("/items/silent");
	expect_problem(500, "internal", "no answer");
	send_get("/memory");
	expect_problem(500, "internal", "memory");
	send_get("/memory?large=true");
	expect_problem(500, "internal", "too large");
	send_get("/items/a");
	expect_status(200);
}

static void a_header_cannot_be_split(void **state)
{
	(void)state;
	send_post("{\"name\":\"split\"}");
	expect_status(201);
	assert_string_equal(header("Location"), "");
	assert_string_equal(header("X"), "");
}

static void a_request_id_is_made_where_none_is_good(void **state)
{
	(void)state;
	static const char *const ids[] = { "REQUEST_ID=", "REQUEST_ID=a b", "REQUEST_ID=a\"b" };
	char last[40] = "";
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		send_with("GET", "/items", NULL, ids[i], NULL);
		const char *id = exchange->request.id;
		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		assert_string_not_equal(id, last);
		snprintf(last, sizeof last, "%s", id);
	}
}

static void busy_problems_say_when_to_come_again(void **state)
{
	(void)state;
	send_get("/items/a");
	response_problem(&exchange->response, PROBLEM_BUSY, "x");
	exchange_finish(exchange);
	expect_problem(503, "busy", "x");
	assert_string_equal(header("Retry-After"), "1");
	struct json_object *extra = json_object_new_object();
	json_add(extra, "peer", json_object_new_string("movies"));
	response_problem_with(&exchange->response, PROBLEM_PEER_DOWN, extra, "%s", "\"q\"");
	exchange_finish(exchange);
	expect_problem(503, "peer-down", "\"peer\":\"movies\"");
}

static void every_problem_has_its_status_line(void **state)
{
	(void)state;
	for (enum problem p = 0; p < PROBLEM_COUNT; p++) {
		bool later = problem_status(p) == 503 || problem_status(p) == 429;
		assert_int_equal(later, problem_retry_after(p) > 0);
		send_get("/items/a");
		response_problem(&exchange->response, p, "x");
		exchange_finish(exchange);
		expect_status(problem_status(p));
	}
}

static void an_answer_in_pieces_has_no_length_and_no_tag(void **state)
{
	(void)state;
	send_get("/pieces");
	assert_int_equal(strncmp(exchange->head.data, "Status: 200 OK\r\n", 16), 0);
	assert_string_equal(header("Content-Length"), "");
	assert_string_equal(header("ETag"), "");
	assert_string_equal(header("Content-Type"), "application/json");
	assert_true(exchange->body_follows && exchange->in_pieces);
	for (int i = 1; i <= 3; i++) {
		char text[20];
		snprintf(text, sizeof text, "piece %d\n", i);
		assert_true(exchange_next(exchange));
		assert_string_equal(exchange->response.body.data, text);
	}
	assert_false(exchange_next(exchange));
	assert_false(exchange->response.body.failed);
	assert_int_equal(pieces.ended, 0);
	exchange_reset(exchange);
	assert_int_equal(pieces.ended, 1);
	send_get("/items/a");
	assert_int_equal(pieces.ended, 1);
	assert_false(exchange->in_pieces);
	/* A HEAD has none of them, and who goes away in the middle ends it too. */
	send_with("HEAD", "/pieces", NULL, NULL);
	assert_false(exchange->body_follows || exchange->in_pieces);
	send_get("/pieces");
	assert_true(exchange_next(exchange));
	exchange_reset(exchange);
	assert_int_equal(pieces.ended, 1);
}

static void a_source_that_fails_breaks_the_answer_off(void **state)
{
	(void)state;
	send_get("/pieces?large=true");
	assert_true(exchange_next(exchange));
	assert_false(exchange_next(exchange));
	assert_true(exchange->response.body.failed);
}

static const char *left; /* of a stream's body */

static ssize_t read_left(void *from, char *bytes, size_t size)
{
	size_t length = strlen(left) < size ? strlen(left) : size;
	assert_ptr_equal(from, &left);
	memcpy(bytes, left, length);
	left += length;
	return (ssize_t)length;
}

/* The way of a request to a route that streams; whether its handler was to run. */
static bool send_stream(const char *type, const char *user, const char *length)
{
	/* The exchange refers to them for longer than this function runs. */
	char *params[] = { (char *)"REQUEST_METHOD=POST", (char *)"REQUEST_URI=/stream",
		(char *)type, (char *)user, (char *)length, (char *)"REMOTE_ROLE=user", NULL };
	exchange_reset(exchange);
	calls = 0;
	left = "0123456789";
	exchange_begin(exchange, params);
	if (!exchange_streams(exchange))
		return false;
	assert_false(exchange_wants_body(exchange));
	exchange->request.read = read_left;
	exchange->request.read_from = &left;
	assert_false(exchange_run(exchange, false));
	assert_true(exchange_run(exchange, true));
	exchange_finish(exchange);
	return true;
}

static void a_stream_is_read_by_its_handler(void **state)
{
	(void)state;
	assert_true(send_stream(JSON, "REMOTE_USER=ann", "CONTENT_LENGTH=1073741824"));
	expect_status(200);
	assert_string_equal(exchange->response.body.data, "{\"bytes\":10}\n");
	/* What is refused is refused before a byte is read. */
	assert_false(send_stream("CONTENT_TYPE=text/plain", "REMOTE_USER=ann", "CONTENT_LENGTH=9"));
	assert_int_equal(exchange->response.status, 415);
	assert_false(send_stream(JSON, "REMOTE_USER=ann", "CONTENT_LENGTH=1073741825"));
	assert_int_equal(exchange->response.status, 413);
	assert_false(send_stream(JSON, "REMOTE_USER=ann", "CONTENT_LENGTH=x"));
	assert_int_equal(exchange->response.status, 400);
	assert_int_equal(calls, 0);
}

/*
 * Who may
 */

#define LETTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"

/* Who asks: a role, and the user it is of. */
static const struct {
	const char *role, *user;
} askers[] = {
	{ "REMOTE_ROLE=", "REMOTE_USER=" },
	{ "REMOTE_ROLE=user", "REMOTE_USER=ann" },
	{ "REMOTE_ROLE=user", "REMOTE_USER=anna" },
	{ "REMOTE_ROLE=staff", "REMOTE_USER=sue" },
	{ "REMOTE_ROLE=owner", "REMOTE_USER=own" },
	{ "REMOTE_ROLE=service", "REMOTE_USER=" },
	{ "REMOTE_ROLE=Owner", "REMOTE_USER=" },
};

static void a_route_is_for_those_of_its_role(void **state)
{
	(void)state;
	static const struct {
		const char *method, *path;
		int wanted[sizeof askers / sizeof *askers];
	} cases[] = {
		{ "GET", "/items", { 200, 200, 200, 200, 200, 200, 200 } },
		{ "GET", "/logged-in", { 401, 200, 200, 200, 200, 200, 401 } },
		{ "GET", "/staff", { 401, 403, 403, 200, 200, 200, 401 } },
		{ "GET", "/owner", { 401, 403, 403, 403, 200, 200, 401 } },
		{ "GET", "/service", { 401, 403, 403, 403, 403, 200, 401 } },
		{ "GET", "/own/ann", { 401, 200, 403, 200, 200, 200, 401 } },
		{ "GET", "/hidden/ann", { 401, 200, 404, 200, 200, 200, 401 } },
		{ "POST", "/own", { 401, 200, 403, 200, 200, 200, 401 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t who = 0; who < sizeof askers / sizeof *askers; who++) {
			bool posts = strcmp(cases[i].method, "POST") == 0;
			int wanted = cases[i].wanted[who];
			send_with(cases[i].method, cases[i].path,
			    posts ? "{\"user\":\"ann\"}" : NULL, askers[who].role, askers[who].user,
			    posts ? JSON : NULL, NULL);
			if (exchange->response.status != wanted)
				fail_msg("%s %s with %s: %d", cases[i].method, cases[i].path,
				    askers[who].role, exchange->response.status);
			expect_status(wanted);
			assert_int_equal(calls, wanted == 200);
			assert_string_equal(header("WWW-Authenticate"),
			    wanted == 401 ? "Bearer realm=\"cinema\"" : "");
		}
}

/* What is another's looks as if it were not there. */
static void what_is_hidden_is_as_what_is_absent(void **state)
{
	(void)state;
	char hidden[500];
	send_with("GET", "/hidden/none", NULL, "REMOTE_ROLE=user", "REMOTE_USER=ann", NULL);
	expect_problem(404, "not-found", "\"none has nothing, none.\"");
	assert_int_equal(calls, 0);
	snprintf(hidden, sizeof hidden, "%s", exchange->response.body.data);
	send_with("GET", "/hidden/none", NULL, "REMOTE_ROLE=staff", "REMOTE_USER=sue", NULL);
	assert_int_equal(calls, 1);
	expect_body(hidden);
	send_with("GET", "/own/none", NULL, "REMOTE_ROLE=staff", "REMOTE_USER=sue", NULL);
	expect_problem(404, "not-found", "It is not there.");
}

static void only_what_is_for_anyone_may_be_cached(void **state)
{
	(void)state;
	send_with("GET", "/logged-in", NULL, "REMOTE_ROLE=user", "REMOTE_USER=ann", NULL);
	assert_string_equal(header("Cache-Control"), "no-store");
	send_with("GET", "/own/ann", NULL, "REMOTE_ROLE=owner", NULL);
	assert_string_equal(header("Cache-Control"), "no-store");
	send_with("GET", "/items", NULL, "REMOTE_ROLE=owner", NULL);
	assert_string_equal(header("Cache-Control"), "max-age=1, stale-while-revalidate=1");
	send_with("GET", "/items/none", NULL, NULL);
	assert_string_equal(header("Cache-Control"), "");
}

/*
 * What an answer has
 */

static void a_problem_has_nothing_of_the_answer_it_replaces(void **state)
{
	(void)state;
	static const char *const names[] = { "Location", "Link", "Allow", "Set-Cookie" };
	send_get("/broken?large=true");
	expect_status(200);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_not_equal(header(names[i]), "");
	assert_null(strstr(exchange->head.data, "X-None"));
	for (int read = 0; read < 2; read++) {
		send_with(read ? "GET" : "PUT", "/broken", NULL, NULL);
		expect_problem(409, "taken", "It is taken.");
		assert_int_equal(exchange->response.version, 0);
		assert_false(exchange->response.as_read);
		assert_string_equal(header("Cache-Control"), "");
		assert_string_equal(header("Retry-After"), "");
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			assert_string_equal(header(names[i]), "");
	}
}

static void a_write_answers_with_the_tag_of_what_it_left(void **state)
{
	(void)state;
	char tag[ETAG_SIZE];
	send_with("PUT", "/changed/versioned", NULL, NULL);
	assert_string_equal(header("ETag"), "\"v13\"");
	assert_string_equal(header("Cache-Control"), "");
	send_get("/items/a");
	snprintf(tag, sizeof tag, "%s", header("ETag"));
	send_with("PUT", "/changed/a", NULL, NULL);
	expect_status(200);
	assert_string_equal(header("ETag"), tag);
	/* Conditions of a write are its handler's to look at. */
	send_with("PUT", "/changed/a", NULL, "HTTP_IF_NONE_MATCH=*", "HTTP_IF_MATCH=\"x\"", NULL);
	expect_status(200);
}

static void conditions_are_looked_at_in_their_order(void **state)
{
	(void)state;
	static const struct {
		const char *match, *none_match;
		int wanted;
	} cases[] = {
		{ "\"v12\"", "\"v12\"", 304 },
		{ "\"v1\", W/\"v12\"", "\"v1\"", 200 },
		{ "*", "*", 304 },
		{ "\"v1\"", "\"v12\"", 412 },
		{ "\"v1\", \"v2\"", "\"v3\"", 412 },
		{ "\"V12\"", "\"v3\"", 412 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char match[100], none_match[100];
		snprintf(match, sizeof match, "HTTP_IF_MATCH=%s", cases[i].match);
		snprintf(
		    none_match, sizeof none_match, "HTTP_IF_NONE_MATCH=%s", cases[i].none_match);
		send_with("GET", "/items/versioned", NULL, match, none_match, NULL);
		expect_status(cases[i].wanted);
		assert_string_equal(header("Cache-Control"),
		    cases[i].wanted == 412 ? "" : "max-age=1, stale-while-revalidate=1");
	}
}

/* As clients know them, whatever the table says. */
static void every_problem_is_what_it_is_told_as(void **state)
{
	(void)state;
	static const struct {
		enum problem problem;
		int status;
		const char *type, *retry;
	} all[] = {
		{ PROBLEM_BAD_JSON, 400, "bad-json", "" },
		{ PROBLEM_BAD_PATH, 400, "bad-path", "" },
		{ PROBLEM_BAD_QUERY, 400, "bad-query", "" },
		{ PROBLEM_BAD_HEADER, 400, "bad-header", "" },
		{ PROBLEM_LOGIN, 401, "login", "" },
		{ PROBLEM_FORBIDDEN, 403, "forbidden", "" },
		{ PROBLEM_NOT_FOUND, 404, "not-found", "" },
		{ PROBLEM_METHOD, 405, "method", "" },
		{ PROBLEM_TAKEN, 409, "taken", "" },
		{ PROBLEM_LIMIT, 409, "limit", "" },
		{ PROBLEM_STALE, 412, "stale", "" },
		{ PROBLEM_BODY_TOO_LARGE, 413, "body-too-large", "" },
		{ PROBLEM_MEDIA_TYPE, 415, "media-type", "" },
		{ PROBLEM_WRONG_FIELD, 422, "wrong-field", "" },
		{ PROBLEM_KEY_REUSED, 422, "key-reused", "" },
		{ PROBLEM_CONDITION, 428, "condition", "" },
		{ PROBLEM_TOO_MANY, 429, "too-many", "1" },
		{ PROBLEM_INTERNAL, 500, "internal", "" },
		{ PROBLEM_PEER_DOWN, 503, "peer-down", "2" },
		{ PROBLEM_BUSY, 503, "busy", "1" },
		{ PROBLEM_STORE_FULL, 503, "store-full", "30" },
		{ PROBLEM_STORE_FAILED, 503, "store-failed", "5" },
		{ PROBLEM_STOPPING, 503, "stopping", "1" },
	};
	assert_int_equal(sizeof all / sizeof *all, PROBLEM_COUNT);
	for (size_t i = 0; i < PROBLEM_COUNT; i++) {
		send_get("/items/a");
		response_problem(&exchange->response, all[i].problem, "a \"detail\"");
		exchange_finish(exchange);
		expect_problem(all[i].status, all[i].type, "\"detail\":\"a \\\"detail\\\"\"");
		assert_string_equal(header("Retry-After"), all[i].retry);
	}
}

/*
 * What stands just on a limit
 */

static void what_is_just_long_enough_is_taken(void **state)
{
	(void)state;
	char id[] = "REQUEST_ID=" LETTERS;
	send_with("POST", "/items", NULL, JSON, "CONTENT_LENGTH=1048576", NULL);
	assert_int_not_equal(exchange->response.status, 413);
	assert_true(send_stream(JSON, "REMOTE_USER=ann", "CONTENT_LENGTH=1073741824"));
	/* Each visible character may stand in a key, the first and the last too. */
	send_with("POST", "/items", "{\"name\":\"a\"}", JSON, "HTTP_IDEMPOTENCY_KEY=!~", NULL);
	expect_status(201);
	assert_string_equal(exchange->request.idempotency_key, "!~");
	send_with("GET", "/items", NULL, id, NULL);
	assert_string_equal(exchange->request.id, LETTERS);
	/* U+0080 to U+009F are control characters, U+00A0 is none. */
	send_post("{\"name\":\"a\xc2\xa0\"}");
	expect_status(201);
	send_post("{\"name\":\"a\xc2\x9f\"}");
	expect_problem(422, "wrong-field", "control");
	send_post("{\"name\":\"a\xc2\x80\"}");
	expect_problem(422, "wrong-field", "control");
}

/* Ends a request that took so long; whether that is logged. */
static bool is_logged_after(int64_t ms)
{
	char log[2000];
	FILE *file = tmpfile();
	int error = dup(STDERR_FILENO);
	assert_non_null(file);
	send_get("/items?limit=3");
	exchange->started -= ms;
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	exchange_finish(exchange);
	assert_true(dup2(error, STDERR_FILENO) >= 0);
	close(error);
	rewind(file);
	log[fread(log, 1, sizeof log - 1, file)] = '\0';
	fclose(file);
	assert_true(*log == '\0' || strstr(log, " for GET /items?limit=3"));
	return *log != '\0';
}

static void what_was_slow_is_logged(void **state)
{
	(void)state;
	const int64_t slow = settings.values[SETTING_SLOW_MS].number;
	settings.values[SETTING_SLOW_MS].number = 3600000;
	bool told = is_logged_after(3600001), told_early = is_logged_after(0);
	settings.values[SETTING_SLOW_MS].number = slow;
	assert_true(told);
	assert_false(told_early);
}

static int read_settings(void **state)
{
	(void)state;
	char why[256];
	return settings_read(&settings, why, sizeof why) ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_get_is_answered),
		TEST(a_head_has_a_gets_headers_and_no_body),
		TEST(tags_follow_the_version_or_the_bytes),
		TEST(a_known_document_is_not_sent_again),
		TEST(tag_lists_are_read_strictly),
		TEST(bad_headers_are_refused),
		TEST(paths_and_methods_are_refused),
		TEST(options_tells_the_methods),
		TEST(queries_reach_the_handler_decoded),
		TEST(bad_queries_are_refused),
		TEST(a_missing_query_is_told),
		TEST(the_next_page_is_linked),
		TEST(a_body_reaches_the_handler),
		TEST(bad_bodies_are_refused),
		TEST(only_json_is_taken),
		TEST(a_large_body_is_refused_before_it_is_read),
		TEST(a_body_cut_short_is_refused),
		TEST(a_body_that_is_not_wanted_is_ignored),
		TEST(who_wants_to_wait_runs_twice),
		TEST(a_handler_that_fails_is_a_500),
		TEST(a_header_cannot_be_split),
		TEST(a_request_id_is_made_where_none_is_good),
		TEST(busy_problems_say_when_to_come_again),
		TEST(every_problem_has_its_status_line),
		TEST(an_answer_in_pieces_has_no_length_and_no_tag),
		TEST(a_source_that_fails_breaks_the_answer_off),
		TEST(a_stream_is_read_by_its_handler),
		TEST(a_route_is_for_those_of_its_role),
		TEST(what_is_hidden_is_as_what_is_absent),
		TEST(only_what_is_for_anyone_may_be_cached),
		TEST(a_problem_has_nothing_of_the_answer_it_replaces),
		TEST(a_write_answers_with_the_tag_of_what_it_left),
		TEST(conditions_are_looked_at_in_their_order),
		TEST(every_problem_is_what_it_is_told_as),
		TEST(what_is_just_long_enough_is_taken),
		TEST(what_was_slow_is_logged),
	};
	return cmocka_run_group_tests(tests, read_settings, NULL);
}
