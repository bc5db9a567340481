/* Strict JSON over json-c. See json.h.
 *
 * json-c in strict mode still takes NaN and Infinity, keeps the last of two members of the same
 * name, and cuts a name at a NUL. The scan below looks at what its tree no longer shows: it counts
 * the members in the text, and a tree that holds fewer has lost one to a double. */
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct scan {
	const char *text;
	size_t length;
	size_t members; /* colons outside strings */
	size_t at;      /* where it stopped */
	const char *fault;
};

/* Moves past the string that opens at s->at. */
static bool scan_string(struct scan *s)
{
	for (s->at++; s->at < s->length; s->at++) {
		unsigned char c = (unsigned char)s->text[s->at];
		if (c == '"')
			return true;
		if (c < 0x20) {
			s->fault = "a control character in a string must be escaped";
			return false;
		}
		if (c != '\\')
			continue;
		if (s->length - s->at > 5 && memcmp(s->text + s->at, "\\u0000", 6) == 0) {
			s->fault = "NUL (\\u0000) is not allowed in a string";
			return false;
		}
		s->at++;
	}
	s->fault = "a string does not end";
	return false;
}

static bool scan_text(struct scan *s)
{
	for (s->at = 0; s->at < s->length; s->at++) {
		char c = s->text[s->at];
		if (c == '"') {
			if (!scan_string(s))
				return false;
		} else if (c == ':') {
			s->members++;
		} else if (c == '\0' || !strchr("{}[],+-.0123456789eEtrufalsn \t\r\n", c)) {
			s->fault = "a character that cannot stand here";
			return false;
		}
	}
	return true;
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
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
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
