/* Strict JSON over json-c. See json.h.
 *
 * json-c in strict mode still takes NaN, Infinity, 1., -.5, -01 and half a surrogate pair, keeps the
 * last of two members of the same name, and cuts a name at a NUL. The scan below looks at what its
 * tree no longer shows. It also counts the members in the text: a tree that holds fewer has lost one
 * to a double. */
#include "base/json.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct scan {
	const char *text;
	size_t length;
	size_t members; /* colons outside strings */
	size_t at;      /* where it stopped */
	const char *fault;
};

static bool scan_fault(struct scan *s, const char *fault)
{
	s->fault = fault;
	return false;
}

/* The value of the \uXXXX at text, or -1 when there is none. */
static int32_t unit(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	int32_t value = 0;
	if (text[0] != '\\' || text[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *digit =
		    text[i] ? strchr(digits, tolower((unsigned char)text[i])) : NULL;
		if (!digit)
			return -1;
		value = value * 16 + (int32_t)(digit - digits);
	}
	return value;
}

/* Moves past the escape at s->at; both halves of a surrogate pair are one escape. */
static bool scan_escape(struct scan *s)
{
	const char *text = s->text + s->at;
	int32_t first = unit(text);
	if (first == 0)
		return scan_fault(s, "NUL (\\u0000) is not allowed in a string");
	if (first < 0xd800 || first > 0xdfff) {
		s->at += first < 0 ? 2 : 6;
		return true;
	}
	int32_t second = unit(text + 6);
	if (first > 0xdbff || second < 0xdc00 || second > 0xdfff)
		return scan_fault(s, "half a surrogate pair");
	s->at += 12;
	return true;
}

/* Moves past the string that opens at s->at. */
static bool scan_string(struct scan *s)
{
	s->at++;
	while (s->at < s->length) {
		const char *c = s->text + s->at;
		size_t length = utf8_length(c);
		if (*c == '"') {
			s->at++;
			return true;
		}
		if ((unsigned char)*c < 0x20)
			return scan_fault(s, "a control character in a string must be escaped");
		if (length == 0)
			return scan_fault(s, "this is not UTF-8");
		if (*c != '\\')
			s->at += length;
		else if (!scan_escape(s))
			return false;
	}
	return scan_fault(s, "a string does not end");
}

/* Moves past the number at s->at. */
static bool scan_number(struct scan *s)
{
	static const char digits[] = "0123456789";
	const char *c = s->text + s->at + (s->text[s->at] == '-');
	size_t whole = strspn(c, digits);
	bool good = whole > 0 && (whole == 1 || *c != '0');
	c += whole;
	if (*c == '.') {
		size_t fraction = strspn(c + 1, digits);
		good = good && fraction > 0;
		c += 1 + fraction;
	}
	if (*c == 'e' || *c == 'E') {
		c += c[1] == '+' || c[1] == '-' ? 2 : 1;
		size_t exponent = strspn(c, digits);
		good = good && exponent > 0;
		c += exponent;
	}
	if (!good)
		return scan_fault(s, "this is not how a number is written");
	s->at = (size_t)(c - s->text);
	return true;
}

static bool scan_text(struct scan *s)
{
	bool good = true;
	while (good && s->at < s->length) {
		char c = s->text[s->at];
		if (c == '"')
			good = scan_string(s);
		else if (c == '-' || (c >= '0' && c <= '9'))
			good = scan_number(s);
		else if (c == '\0' || !strchr("{}[],:eatrufalsn \t\r\n", c))
			good = scan_fault(s, "a character that cannot stand here");
		else
			s->at++;
		s->members += c == ':';
	}
	return good;
}

static size_t count_members(struct json_object *value)
{
	size_t count = 0;
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			(void)name;
			count += 1 + count_members(member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += count_members(json_object_array_get_idx(value, i));
	}
	return count;
}

static void explain(const char *text, size_t at, const char *fault, char *why, size_t why_size)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	snprintf(why, why_size, "line %zu, column %zu: %s", line, column, fault);
}

/* json-c's own parse of the whole text; *at is where it stopped. */
static struct json_object *parse(const char *text, size_t length, size_t *at, const char **fault)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	if (!tokener) {
		*fault = "no memory to read it";
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *value = json_tokener_parse_ex(tokener, text, (int)length + 1);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	*at = json_tokener_get_parse_end(tokener);
	if (error == json_tokener_error_depth)
		*fault = "nested too deeply";
	else if (error == json_tokener_continue)
		*fault = "the text ends too early";
	else if (error != json_tokener_success)
		*fault = json_tokener_error_desc(error);
	else if (!value)
		*fault = "null is no document";
	json_tokener_free(tokener);
	return value;
}

struct json_object *json_read(const char *text, size_t length, char *why, size_t why_size)
{
	struct scan scan = { .text = text, .length = length };
	struct json_object *value = NULL;
	const char *fault = NULL;
	size_t at = 0;

	if (length > INT32_MAX - 1 || strspn(text, " \t\r\n") == length)
		fault = length == 0 ? "there is no text" : "the text is empty or too long";
	if (!fault)
		value = parse(text, length, &at, &fault);
	if (!fault && !scan_text(&scan)) {
		fault = scan.fault;
		at = scan.at;
	}
	if (!fault && scan.members != count_members(value))
		fault = "an object has the same name twice";
	if (!fault)
		return value;
	json_object_put(value);
	explain(text, at < length ? at : length, fault, why, why_size);
	return NULL;
}

void json_write(struct buffer *buffer, struct json_object *value)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
	    value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
	if (text)
		buffer_append(buffer, text, length);
	else
		buffer->failed = true;
}

void json_write_string(struct buffer *buffer, const char *text)
{
	buffer_text(buffer, "\"");
	for (const char *c = text; *c;) {
		size_t plain = 0;
		while (c[plain] && c[plain] != '"' && c[plain] != '\\' &&
		    (unsigned char)c[plain] >= 0x20)
			plain++;
		buffer_append(buffer, c, plain);
		c += plain;
		if (*c == '"' || *c == '\\')
			buffer_printf(buffer, "\\%c", *c++);
		else if (*c)
			buffer_printf(buffer, "\\u%04x", (unsigned)*c++);
	}
	buffer_text(buffer, "\"");
}

const char *json_text(struct json_object *object, const char *name)
{
	struct json_object *member = json_object_object_get(object, name);
	return json_object_is_type(member, json_type_string) ? json_object_get_string(member)
							     : NULL;
}

int64_t json_integer(struct json_object *object, const char *name, int64_t fallback)
{
	struct json_object *member = json_object_object_get(object, name);
	return json_object_is_type(member, json_type_int) ? json_object_get_int64(member)
							  : fallback;
}

bool json_add(struct json_object *object, const char *name, struct json_object *value)
{
	if (value && object && json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool json_append(struct json_object *array, struct json_object *value)
{
	if (value && array && json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

struct json_object *json_merge(struct json_object *document, struct json_object *patch)
{
	if (!json_object_is_type(patch, json_type_object))
		return json_object_get(patch);
	struct json_object *merged = json_object_new_object();
	/* What there was stays in its place. */
	if (json_object_is_type(document, json_type_object)) {
		json_object_object_foreach(document, name, value)
		{
			struct json_object *change;
			if (!json_object_object_get_ex(patch, name, &change))
				json_object_object_add(merged, name, json_object_get(value));
			else if (change)
				json_add(merged, name, json_merge(value, change));
		}
	}
	json_object_object_foreach(patch, added, value)
	{
		if (value && !json_object_object_get_ex(merged, added, NULL))
			json_add(merged, added, json_merge(NULL, value));
	}
	return merged;
}
