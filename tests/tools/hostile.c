/* Bad requests, made from the services' own tables, so that a new route or field is tried without
 * anybody writing a test for it.
 *
 *   hostile SEED COUNT ROUTES… >REQUESTS
 *
 * ROUTES are what `build/NAME --routes` prints. A request is a line "BYTES EXPECTED FIELD WHAT", then
 * so many bytes as they go over the connection, and a newline. EXPECTED is a status, 4xx, or <500
 * where the request may be a good one; with a ! before it the request breaks the connection, and no
 * answer will do as well. FIELD is what the answer has to name among its "errors", or -. The same
 * SEED makes the same requests. tools/volley sends them. */
#define _GNU_SOURCE /* strcasestr */
#include "hostile/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTES_MAX 512
#define TEXT_MAX   (4 * 1024 * 1024)

struct shot {
	struct json_object *route;
	const char *method;
	struct buffer target, headers, body;
	bool has_body;
	const char *expected, *what;
	char field[80];
};

static struct json_object *routes[ROUTES_MAX];
static size_t route_count;
/*
 * Requests
 */

/* The route's path with names that are of their form; the part that is a fault stands in place of
 * the bad-th name, if there is one. */
static void write_path(struct buffer *out, const char *pattern, size_t bad, const char *fault)
{
	size_t names = 0;
	while (*pattern) {
		size_t length = strcspn(pattern, "}") + 1;
		if (*pattern != '{') {
			buffer_append(out, pattern++, 1);
			continue;
		}
		if (++names == bad)
			buffer_text(out, fault);
		else if (strncmp(pattern, "{date}", length) == 0)
			buffer_text(out, values_draw(2) ? "20180805" : "20300101");
		else if (strncmp(pattern, "{user}", length) == 0)
			buffer_text(out, values_draw(2) ? "nayana_patil" : "x1");
		else if (strncmp(pattern, "{screen}", length) == 0)
			buffer_text(out, "1");
		else if (strncmp(pattern, "{showing}", length) == 0)
			buffer_text(out, "18:00-1");
		else
			buffer_text(
			    out, values_draw(2) ? "96798c08-d19b-4986-a05d-7da856efb697" : "x1");
		pattern += length;
	}
}

static size_t names_in(const char *pattern)
{
	size_t names = 0;
	for (; *pattern; pattern++)
		names += *pattern == '{';
	return names;
}

static size_t count(struct json_object *fields)
{
	return fields ? json_object_array_length(fields) : 0;
}

static struct json_object *any_of(struct json_object *fields)
{
	return json_object_array_get_idx(fields, values_draw(count(fields)));
}

static void add_member(struct buffer *body, const char *name)
{
	buffer_printf(body, "%s\"%s\":", body->length > 1 ? "," : "", name);
}

/* A good body, but for one member: without it, or with what fault has written for it. */
static void write_body(struct shot *shot, const char *name, const char *fault)
{
	struct json_object *fields = json_object_object_get(shot->route, "body");
	buffer_text(&shot->body, "{");
	for (size_t i = 0; i < count(fields); i++) {
		struct json_object *field = json_object_array_get_idx(fields, i);
		bool named = name && strcmp(values_text(field, "name"), name) == 0;
		if (named ? !fault
			  : !json_object_get_boolean(json_object_object_get(field, "required")) &&
			    values_draw(3))
			continue;
		add_member(&shot->body, values_text(field, "name"));
		if (named)
			buffer_text(&shot->body, fault);
		else
			values_good(&shot->body, field);
	}
	buffer_text(&shot->body, "}");
	shot->has_body = true;
}

static void add_header(struct shot *shot, const char *line)
{
	buffer_printf(&shot->headers, "%s\r\n", line);
}

static void expect(struct shot *shot, const char *expected, const char *field, const char *what)
{
	shot->expected = expected;
	shot->what = what;
	snprintf(shot->field, sizeof shot->field, "%s", *field ? field : "-");
}

/* Whether nginx hands the route's path to a service as it is, for anybody outside. */
static bool is_public(struct json_object *route)
{
	static const char *const open[] = { "/users", "/movies", "/showtimes", "/bookings" };
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		if (strncmp(values_text(route, "path"), open[i], strlen(open[i])) == 0)
			return strcmp(values_text(route, "role"), "service") != 0;
	return false;
}

/* Each of these makes a shot bad in one way; false when the route does not lend itself to it. */

static bool wrong_value(struct shot *shot)
{
	struct json_object *fields = json_object_object_get(shot->route, "body");
	struct buffer value;
	if (count(fields) == 0)
		return false;
	struct json_object *field = any_of(fields);
	buffer_init(&value, TEXT_MAX);
	bool good = values_wrong(&value, field) && value.data;
	if (good)
		write_body(shot, values_text(field, "name"), value.data);
	buffer_free(&value);
	expect(shot, "422", values_text(field, "name"), "a wrong value");
	return good;
}

/* What the table leaves to the handler: a value of any kind, or odd things within a list. */
static bool odd_value(struct shot *shot)
{
	static const char *const values[] = { "null", "[]", "{}", "[[]]", "[null]", "[1]", "[\"\"]",
		"[\"A0\"]", "[\"A1\",\"A1\"]", "[\"ZZ99999999999999999999\"]", "[\"a1\"]",
		"[\"\\u00e4\"]", "[{}]", "[{\"name\":1}]",
		"[{\"name\":\"A\",\"tier\":\"\",\"seats\":\"#\"}]",
		"[{\"name\":\"A\",\"tier\":\"a0\",\"seats\":\"?\"}]",
		"[{\"name\":\"a\",\"tier\":\"a0\",\"seats\":\"###\",\"x\":1}]",
		"[{\"name\":\"A\",\"tier\":\"a0\",\"seats\":\"\"},{\"name\":\"A\"}]", "{\"\":1}",
		"{\"a0\":-1}", "{\"a0\":1.5}", "{\"a0\":1e300}", "{\"a0\":9223372036854775807}",
		"{\"a0\":null}", "{\"a b\":1}", "{\"a0\":{}}", "1e400", "-0", "\"\"", "true",
		"\"18:00\"", "{\"a\":{\"a\":{\"a\":{\"a\":[[[[[]]]]]}}}}", "\"\\ud83c\\udfac\"" };
	struct json_object *fields = json_object_object_get(shot->route, "body");
	struct json_object *field = count(fields) ? any_of(fields) : NULL;
	if (!field ||
	    !(values_is(field, "any") || values_is(field, "array") || values_is(field, "object")))
		return false;
	write_body(shot, values_text(field, "name"), PICK(values));
	if (values_draw(4))
		add_header(shot, "If-Match: *");
	expect(shot, "<500", "", "an odd value");
	return true;
}

static bool missing_field(struct shot *shot)
{
	struct json_object *fields = json_object_object_get(shot->route, "body");
	struct json_object *field = count(fields) ? any_of(fields) : NULL;
	if (!json_object_get_boolean(json_object_object_get(field, "required")))
		return false;
	write_body(shot, values_text(field, "name"), NULL);
	expect(shot, "422", values_text(field, "name"), "a field is missing");
	return true;
}

static bool unknown_field(struct shot *shot)
{
	static const char *const names[] = { "x", "Id", "nane", "user.", "__proto__", "$where" };
	const char *name = PICK(names);
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	write_body(shot, NULL, NULL);
	shot->body.data[--shot->body.length] = '\0';
	add_member(&shot->body, name);
	buffer_text(&shot->body, values_draw(2) ? "null}" : "1}");
	expect(shot, "422", name, "an unknown field");
	return true;
}

static bool field_twice(struct shot *shot)
{
	struct json_object *fields = json_object_object_get(shot->route, "body");
	if (count(fields) == 0)
		return false;
	const char *name = values_text(any_of(fields), "name");
	write_body(shot, name, "\"x\"");
	shot->body.data[--shot->body.length] = '\0';
	add_member(&shot->body, name);
	buffer_text(&shot->body, "\"x\"}");
	expect(shot, "400", name, "a field twice");
	return true;
}

static bool broken_json(struct shot *shot)
{
	static const char *const texts[] = { "{", "}", "nul", "{\"a\":}", "{'a':1}", "{\"a\":1,}",
		"[1,2", "{\"a\":NaN}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{} x", "// {}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\t\"}", "null", " ", "\"", "\\",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":\"\\ud800\"}", "{\"a\":\"\\u0000\"}", "{\"a\\u0000b\":1}", "\xef\xbb\xbf{}",
		"{\"a\":1e}", "{\"a\":- 1}", "{\"a\" 1}", "{\"a\":tru}", "{\"\xe2\x82\":1}" };
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	shot->has_body = true;
	buffer_text(&shot->body, PICK(texts));
	if (values_draw(8) == 0)
		buffer_append(&shot->body, "\0", 1);
	expect(shot, "400", "", "broken JSON");
	return true;
}

static bool deep_json(struct shot *shot)
{
	static const int depths[] = { 33, 100, 1000, 100000 };
	int depth = PICK(depths);
	bool object = values_draw(2);
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	shot->has_body = true;
	values_repeat(&shot->body, object ? "{\"a\":" : "[", depth);
	buffer_text(&shot->body, "1");
	values_repeat(&shot->body, object ? "}" : "]", values_draw(4) ? depth : 0);
	expect(shot, "400", "", "deeply nested JSON");
	return true;
}

static bool no_object(struct shot *shot)
{
	static const char *const texts[] = { "[]", "1", "\"x\"", "true", "[{}]", "-1e5" };
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	shot->has_body = true;
	buffer_text(&shot->body, PICK(texts));
	expect(shot, "422", "", "JSON that is no object");
	return true;
}

/* Some bytes of a good body are others. */
static bool spoilt_body(struct shot *shot)
{
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	write_body(shot, NULL, NULL);
	for (uint64_t i = 1 + values_draw(4); i > 0; i--)
		shot->body.data[values_draw(shot->body.length)] = (char)values_draw(256);
	expect(shot, "<500", "", "a body with some bytes spoilt");
	return true;
}

static bool wrong_type(struct shot *shot)
{
	static const char *const types[] = { "text/plain", "application/x-www-form-urlencoded",
		"application/jsonx", "application/json; charset=latin1", "application", "json", "/",
		"multipart/form-data; boundary=x", "application/json, text/html",
		"application/json; charset=\"utf-8", "*/*" };
	char line[96];
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	write_body(shot, NULL, NULL);
	snprintf(line, sizeof line, "Content-Type: %s", PICK(types));
	if (values_draw(8))
		add_header(shot, line);
	else
		add_header(shot, "X-No-Type: x");
	expect(shot, "415", "", "a wrong Content-Type");
	return true;
}

static bool no_body(struct shot *shot)
{
	if (count(json_object_object_get(shot->route, "body")) == 0)
		return false;
	add_header(shot, "Content-Type: application/json");
	expect(shot, "400", "", "no body");
	return true;
}

static bool wrong_query(struct shot *shot)
{
	static const char *const values[] = { "", "-1", "1.5", "1e3", "0x10", "+1", "a", "%00",
		"%ff", "%zz", "%", "%1", "99999999999999999999", "%20", "1%00", "%c3%28", "a,,b" };
	struct json_object *fields = json_object_object_get(shot->route, "query");
	struct json_object *field = count(fields) ? any_of(fields) : NULL;
	if (!field)
		return false;
	bool text_of_any = values_is(field, "text");
	buffer_printf(&shot->target, "?%s=", values_text(field, "name"));
	if (text_of_any || (values_is(field, "ids") && values_draw(2))) {
		values_repeat(&shot->target, values_is(field, "ids") ? "a," : "a",
		    values_number(field, "largest") + 1);
	} else if (values_is(field, "number") ||
	    (values_is(field, "integer") && values_draw(3) == 0)) {
		bool more = values_draw(2);
		buffer_printf(&shot->target, "%.0f",
		    values_number(field, more ? "largest" : "smallest") + (more ? 1 : -1));
	} else {
		const char *value = PICK(values);
		bool fits = values_is(field, "id") || values_is(field, "ids");
		buffer_text(&shot->target,
		    fits && strspn(value, "-0123456789aex") == strlen(value) ? "" : value);
	}
	expect(shot, "400", values_text(field, "name"), "a wrong query");
	return true;
}

static bool odd_query(struct shot *shot)
{
	static const char *const queries[] = { "?x=1", "?x", "?=", "?=1", "?%zz=1", "?%00",
		"?a=1&a=2", "?Limit=1", "?%ff=1", "?limit", "??", "?a[]=1", "?__proto__=1", "?;a=1",
		"?a=1;b=2", "?\xff=1" };
	buffer_text(&shot->target, PICK(queries));
	expect(shot, "400", "", "an odd query");
	return true;
}

static bool query_twice(struct shot *shot)
{
	struct json_object *fields = json_object_object_get(shot->route, "query");
	struct json_object *field = count(fields) ? any_of(fields) : NULL;
	if (!field || !values_is(field, "integer"))
		return false;
	const char *name = values_text(field, "name");
	buffer_printf(&shot->target, "?%s=1&%s=1", name, name);
	expect(shot, "400", name, "a query twice");
	return true;
}

static bool wrong_path(struct shot *shot)
{
	static const char *const parts[] = { "a.b", "a%20b", "%00", "%ff", "%zz", "%", "%c3%a9",
		"a;b", "a'b", "a\"b", "a<b>", "a|b", "a%2fb", "%2f", "a%00", "~", "*", "%2e", "a,b",
		"@", "!", "%25", "a%0d%0ab",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a=b", "a&b",
		"(", "\xc3\xa9", "\xff", "-1:00-1", "18:00" };
	const char *pattern = values_text(shot->route, "path"), *part = PICK(parts);
	size_t names = names_in(pattern);
	if (names == 0)
		return false;
	/* What is no identifier is no date and no showing either, but 18:00 is. */
	buffer_clear(&shot->target);
	write_path(&shot->target, pattern, 1 + values_draw(names), part);
	expect(shot, "4xx", "", "a wrong name in the path");
	return true;
}

static bool odd_path(struct shot *shot)
{
	static const char *const ends[] = { "/", "//", "/x/y/z/x/y/z", "/%2e%2e/x", "/../x",
		"/.%00", "/%", "%2f", "/x%", ".json", "/./", "/.git", "%23", "/;x" };
	buffer_text(&shot->target, PICK(ends));
	expect(shot, "4xx", "", "an odd path");
	return true;
}

static bool long_target(struct shot *shot)
{
	static const int lengths[] = { 300, 4000, 7900, 8192, 9000, 33000 };
	bool query = values_draw(2);
	buffer_text(&shot->target, query ? "?after=" : "/");
	values_repeat(&shot->target, values_draw(2) ? "a" : "%41", PICK(lengths));
	expect(shot, "!4xx", "", "a long target");
	return true;
}

static bool wrong_method(struct shot *shot)
{
	static const char *const methods[] = { "FOO", "LONGMETHODNAMELONGMETHODNAMELONGMETHODNAME",
		"PROPFIND", "MKCOL", "PURGE", "LINK", "A", "X-Y", "G_E_T", "TRACE" };
	shot->method = PICK(methods);
	expect(shot, "405", "", "a method that is not there");
	return true;
}

static bool broken_method(struct shot *shot)
{
	static const char *const methods[] = { "get", "G\xc3\x84T", "GET\t", "", "1", "G ET",
		"CONNECT", "\x01", "{" };
	shot->method = PICK(methods);
	expect(shot, "!4xx", "", "a method that cannot be one");
	return true;
}

static bool wrong_header(struct shot *shot)
{
	static const char *const lines[] = { "If-Match: rubbish", "If-Match: \"open",
		"If-Match: W/x", "If-Match: \"a\" \"b\"", "If-Match: ,", "If-Match: *,\"a\"",
		"If-None-Match: rubbish", "If-None-Match: \"\"x", "If-None-Match: '*'",
		"If-None-Match: \"a\"; \"b\"", "If-Match: \x80", "If-None-Match: \"a" };
	add_header(shot, PICK(lines));
	if (shot->method[0] == 'P')
		write_body(shot, NULL, NULL);
	expect(shot, "400", "", "a wrong header");
	return true;
}

static bool wrong_key(struct shot *shot)
{
	if (strcmp(shot->method, "POST") != 0)
		return false;
	buffer_text(&shot->headers, "Idempotency-Key: ");
	if (values_draw(2))
		values_repeat(&shot->headers, "k", 256);
	else
		buffer_text(&shot->headers, values_draw(2) ? "a b" : "\xc3\xa4");
	buffer_text(&shot->headers, "\r\n");
	write_body(shot, NULL, NULL);
	expect(shot, "400", "", "a wrong Idempotency-Key");
	return true;
}

static bool odd_header(struct shot *shot)
{
	static const char *const lines[] = { "Accept: \xff\xfe", "X-Request-Id: a\"b",
		"X-Request-Id: ../../x", "Cookie: cinema_session=\"a b\"; x",
		"Cookie: =;=;=", "Authorization: Bearer", "Authorization: Basic eDp5",
		"Authorization: Session a", "Authorization: Bearer \xff",
		"Range: bytes=0-18446744073709551615", "Accept-Encoding: x", "Origin: null",
		"Origin: http://evil.example", "X-Forwarded-For: 1.1.1.1, x",
		"Cache-Control: no-cache, x=\"", "Pragma: \t", "If-Modified-Since: never",
		"If-Range: \"x\"", "Upgrade: h2c", "TE: trailers", "X-User: x",
		"Remote-Role: service", "X-Role: service", "Content-Encoding: gzip",
		"Connection: close, x", "Via: \x7f" };
	for (uint64_t i = 1 + values_draw(3); i > 0; i--)
		add_header(shot, PICK(lines));
	if (shot->method[0] == 'P')
		write_body(shot, NULL, NULL);
	expect(shot, "<500", "", "odd headers");
	return true;
}

/* What breaks the frame of the request; each on a connection of its own. */
static bool broken_frame(struct shot *shot)
{
	static const char *const lines[] = { "Content-Length: -1", "Content-Length: x",
		"Content-Length: 1e3", "Content-Length: 99999999999999999999999",
		"Content-Length: 2\r\nContent-Length: 3", "Content-Length: 1048577",
		"Transfer-Encoding: gzip", "Transfer-Encoding: chunked\r\nContent-Length: 2",
		"Transfer-Encoding: identity, chunked", " folded: x", "No colon here", ": no name",
		"Host: a b", "Host: /", "Host: localhost\r\nHost: y", "X\x01: y",
		"Transfer-Encoding: chunked\r\n\r\nzz", "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
		"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "Content-Length: 500" };
	add_header(shot, PICK(lines));
	expect(shot, "!<500", "", "a broken frame");
	return true;
}

static bool large_header(struct shot *shot)
{
	static const int lengths[] = { 7000, 8192, 40000 };
	bool many = values_draw(2);
	if (many) {
		values_repeat(&shot->headers, "X-Many: x\r\n", PICK(lengths) / 10);
	} else {
		buffer_text(&shot->headers, "X-Large: ");
		values_repeat(&shot->headers, "x", PICK(lengths));
		buffer_text(&shot->headers, "\r\n");
	}
	expect(shot, "!<500", "", "large headers");
	return true;
}

/* No HTTP at all. */
static bool rubbish(struct shot *shot)
{
	static const char *const lines[] = { "\r\n\r\n", "GET\r\n\r\n", "GET /movies\r\n\r\n",
		"GET /movies HTTP/9.9\r\n\r\n", "GET /movies HTTP/1.1\r\n\r\n",
		"GET  HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET http://[::1/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET http://a/movies HTTP/1.1\r\n\r\n", "GET /movies HTTP/1.1\nHost: x\n\n",
		"GET /movies\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /mov", "{}",
		"\x01\x01\x00\x01", "GET movies HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /bookings HTTP/1.0\r\n\r\n{}" };
	shot->body.failed = false;
	buffer_text(&shot->body, PICK(lines));
	if (values_draw(3) == 0)
		for (uint64_t i = 1 + values_draw(200); i > 0; i--)
			buffer_append(&shot->body, &(char){ (char)values_draw(256) }, 1);
	shot->method = NULL; /* the body is all there is to send */
	expect(shot, "!<500", "", "no HTTP");
	return true;
}

static const struct {
	bool (*spoil)(struct shot *);
	unsigned weight;
	bool any_route; /* also one that nginx does not hand on */
} ways[] = {
	{ wrong_value, 26, false },
	{ odd_value, 10, false },
	{ missing_field, 6, false },
	{ unknown_field, 4, false },
	{ field_twice, 3, false },
	{ broken_json, 8, false },
	{ deep_json, 1, false },
	{ no_object, 2, false },
	{ spoilt_body, 6, false },
	{ wrong_type, 3, false },
	{ no_body, 1, false },
	{ wrong_query, 8, false },
	{ odd_query, 4, false },
	{ query_twice, 1, false },
	{ wrong_path, 10, false },
	{ odd_path, 3, false },
	{ long_target, 1, false },
	{ wrong_method, 3, false },
	{ broken_method, 2, true },
	{ wrong_header, 4, false },
	{ wrong_key, 1, false },
	{ odd_header, 4, true },
	{ broken_frame, 2, true },
	{ large_header, 1, true },
	{ rubbish, 2, true },
};

static size_t draw_way(void)
{
	unsigned all = 0;
	size_t way = 0;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		all += ways[i].weight;
	unsigned at = (unsigned)values_draw(all);
	while (at >= ways[way].weight)
		at -= ways[way++].weight;
	return way;
}

static void print_shot(struct shot *shot)
{
	struct buffer bytes;
	buffer_init(&bytes, 2 * TEXT_MAX);
	if (shot->method) {
		buffer_printf(&bytes, "%s ", shot->method);
		buffer_append(&bytes, shot->target.data, shot->target.length);
		buffer_text(&bytes, " HTTP/1.1\r\nHost: localhost\r\n");
		if (shot->headers.data)
			buffer_append(&bytes, shot->headers.data, shot->headers.length);
		if (shot->has_body &&
		    !(shot->headers.data && strcasestr(shot->headers.data, "-Type:")))
			buffer_text(&bytes, "Content-Type: application/json\r\n");
		if (shot->has_body)
			buffer_printf(&bytes, "Content-Length: %zu\r\n", shot->body.length);
		buffer_text(&bytes, "\r\n");
	}
	if (shot->body.data)
		buffer_append(&bytes, shot->body.data, shot->body.length);
	printf("%zu %s %s %s %s: %s\n", bytes.length, shot->expected, shot->field,
	    values_text(shot->route, "method"), values_text(shot->route, "path"), shot->what);
	fwrite(bytes.data, 1, bytes.length, stdout);
	putchar('\n');
	buffer_free(&bytes);
}

/* Draws until a way suits a route. */
static void shoot(void)
{
	bool good = false;
	while (!good) {
		size_t way = draw_way();
		struct shot shot = { .route = routes[values_draw(route_count)] };
		if (!ways[way].any_route && !is_public(shot.route))
			continue;
		shot.method = values_text(shot.route, "method");
		buffer_init(&shot.target, TEXT_MAX);
		buffer_init(&shot.headers, TEXT_MAX);
		buffer_init(&shot.body, TEXT_MAX);
		write_path(&shot.target, values_text(shot.route, "path"), 0, "");
		good = ways[way].spoil(&shot);
		if (good)
			print_shot(&shot);
		buffer_free(&shot.target);
		buffer_free(&shot.headers);
		buffer_free(&shot.body);
	}
}

static bool read_routes(const char *path)
{
	struct json_object *table = json_object_from_file(path);
	if (!json_object_is_type(table, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(table) && route_count < ROUTES_MAX; i++)
		routes[route_count++] = json_object_get(json_object_array_get_idx(table, i));
	json_object_put(table);
	return true;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: hostile SEED COUNT ROUTES…\n");
		return 2;
	}
	values_seed(strtoull(argv[1], NULL, 10));
	for (int i = 3; i < argc; i++)
		if (!read_routes(argv[i])) {
			fprintf(stderr, "hostile: %s holds no routes\n", argv[i]);
			return 2;
		}
	for (long left = strtol(argv[2], NULL, 10); left > 0; left--)
		shoot();
	for (size_t i = 0; i < route_count; i++)
		json_object_put(routes[i]);
	return fflush(stdout) != 0;
}
