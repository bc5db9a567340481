/* Strict JSON, read. See json.h.
 *
 * The values are json-c's, but its own reader is not used: in strict mode it still takes NaN, 1., -01
 * and half a surrogate pair and keeps the last of two members of the same name; and when memory runs
 * out it leaves out what it had no room for and says that all is well. */
#include "base/json.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789";
#define NAME_TOLD 40 /* bytes with the quotes */

static const char no_memory[] = "memory ran out";

struct reader {
	const char *text;
	size_t length, at; /* at: in the end, where it stopped */
	size_t depth;
	const char *fault;
	struct buffer string; /* the string read last, unescaped */
	char twice[96];       /* what is wrong, where it names a name */
};

static struct json_object *read_value(struct reader *r);

/* NULL, to be returned. */
static void *fault(struct reader *r, const char *what)
{
	if (!r->fault)
		r->fault = what;
	return NULL;
}

/* The name from start to end stands in the object already; a long one is not told. */
static void fault_twice(struct reader *r, size_t start, size_t end)
{
	size_t length = end - start <= NAME_TOLD ? end - start : 0;
	snprintf(r->twice, sizeof r->twice, "an object has the same name twice%s%.*s",
	    length ? ": " : "", (int)length, r->text + start);
	r->at = start;
	fault(r, r->twice);
}

/* What was made, or a fault when there was no memory for it. */
static struct json_object *made(struct reader *r, struct json_object *value)
{
	return value ? value : fault(r, no_memory);
}

static void skip_space(struct reader *r)
{
	r->at += strspn(r->text + r->at, " \t\r\n");
}

/* Moves past a character and the space after it, if it stands here. */
static bool skip(struct reader *r, char c)
{
	if (r->text[r->at] != c || r->at == r->length)
		return false;
	r->at++;
	skip_space(r);
	return true;
}

/* The value of the \uXXXX at text, or -1 when there is none. */
static int32_t unit(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	int32_t value = 0;
	if (text[0] != '\\' || text[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *digit = text[i] ? strchr(hex, tolower((unsigned char)text[i])) : NULL;
		if (!digit)
			return -1;
		value = value * 16 + (int32_t)(digit - hex);
	}
	return value;
}

static void append_utf8(struct buffer *string, int32_t c)
{
	char bytes[4];
	size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = count; i-- > 0; c >>= 6)
		bytes[i] = (char)(i > 0 ? 0x80 | (c & 0x3f) : leads[count] | c);
	buffer_append(string, bytes, count);
}

/* Reads \uXXXX; both halves of a surrogate pair are one. */
static bool read_unit(struct reader *r)
{
	const char *text = r->text + r->at;
	int32_t first = unit(text), second;
	size_t length = 6;
	if (first < 0)
		return fault(r, "\\u must be followed by four hexadecimal digits");
	if (first == 0)
		return fault(r, "NUL (\\u0000) is not allowed in a string");
	if (first >= 0xd800 && first <= 0xdfff) {
		second = unit(text + 6);
		if (first > 0xdbff || second < 0xdc00 || second > 0xdfff)
			return fault(r, "half a surrogate pair");
		first = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
		length = 12;
	}
	append_utf8(&r->string, first);
	r->at += length;
	return true;
}

/* Escapes of one letter, and what they stand for. */
static const char escapes[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";

static bool read_escape(struct reader *r)
{
	char c = r->text[r->at + 1];
	const char *escape = c ? strchr(escapes, c) : NULL;
	if (c == 'u')
		return read_unit(r);
	if (!escape)
		return fault(r, "\\ must be followed by one of \" \\ / b f n r t u");
	buffer_append(&r->string, &plain[escape - escapes], 1);
	r->at += 2;
	return true;
}

/* Reads the string that opens here into r->string. */
static bool read_string(struct reader *r)
{
	buffer_clear(&r->string);
	buffer_text(&r->string, "");
	for (r->at++; r->at < r->length;) {
		const char *start = r->text + r->at;
		size_t run = 0;
		while ((unsigned char)start[run] >= 0x20 && (unsigned char)start[run] < 0x80 &&
		    start[run] != '"' && start[run] != '\\')
			run++;
		buffer_append(&r->string, start, run);
		r->at += run;
		if (r->at >= r->length)
			break;
		char c = r->text[r->at];
		size_t length = utf8_length(r->text + r->at);
		if (c == '"') {
			r->at++;
			return !r->string.failed || fault(r, no_memory);
		}
		if ((unsigned char)c < 0x20)
			return fault(r, "a control character in a string must be escaped");
		if (length == 0)
			return fault(r, "this is not UTF-8");
		if (c == '\\') {
			if (!read_escape(r))
				return false;
			continue;
		}
		buffer_append(&r->string, r->text + r->at, length);
		r->at += length;
	}
	return fault(r, "a string does not end");
}

/* How long the number at text is; 0 when it is none. *whole: it has no fraction and no exponent. */
static size_t measure_number(const char *text, bool *whole)
{
	const char *c = text + (*text == '-');
	size_t count = strspn(c, digits);
	bool good = count == 1 || (count > 1 && *c != '0');
	c += count;
	*whole = *c != '.' && *c != 'e' && *c != 'E';
	if (*c == '.') {
		count = strspn(c + 1, digits);
		good = good && count > 0;
		c += 1 + count;
	}
	if (*c == 'e' || *c == 'E') {
		c += c[1] == '+' || c[1] == '-' ? 2 : 1;
		count = strspn(c, digits);
		good = good && count > 0;
		c += count;
	}
	return good ? (size_t)(c - text) : 0;
}

/* A number that is too large for its type becomes the type's largest; a fraction keeps its text. */
static struct json_object *read_number(struct reader *r)
{
	const char *text = r->text + r->at;
	bool whole;
	size_t length = measure_number(text, &whole);
	if (length == 0)
		return fault(r, "this is not how a number is written");
	r->at += length;
	if (whole && *text == '-')
		return made(r, json_object_new_int64(strtoll(text, NULL, 10)));
	if (whole) {
		unsigned long long value = strtoull(text, NULL, 10);
		return made(r,
		    value <= INT64_MAX ? json_object_new_int64((int64_t)value)
				       : json_object_new_uint64(value));
	}
	buffer_clear(&r->string);
	buffer_append(&r->string, text, length);
	return r->string.failed
	    ? fault(r, no_memory)
	    : made(r, json_object_new_double_s(strtod(text, NULL), r->string.data));
}

static struct json_object *read_array(struct reader *r)
{
	struct json_object *array = made(r, json_object_new_array()), *value;
	r->at++;
	skip_space(r);
	if (skip(r, ']'))
		return array;
	while (!r->fault) {
		value = read_value(r);
		if (!r->fault && json_object_array_add(array, value) != 0)
			fault(r, no_memory);
		else if (!r->fault)
			value = NULL; /* the array's now */
		json_object_put(value);
		if (skip(r, ']'))
			break;
		if (!skip(r, ','))
			fault(r, "a comma or ] must stand here");
	}
	return array;
}

/* Reads one member into an object. */
static void read_member(struct reader *r, struct json_object *object)
{
	size_t start = r->at;
	if (r->text[r->at] != '"') {
		fault(r, "a name (\"…\") must stand here");
		return;
	}
	if (!read_string(r))
		return;
	char *name = strdup(r->string.data);
	struct json_object *value = NULL;
	size_t end = r->at;
	skip_space(r);
	if (!name) {
		fault(r, no_memory);
	} else if (json_object_object_get_ex(object, name, NULL)) {
		fault_twice(r, start, end);
	} else if (!skip(r, ':')) {
		fault(r, "a colon must stand here");
	} else {
		value = read_value(r);
	}
	if (!r->fault && json_object_object_add(object, name, value) != 0)
		fault(r, no_memory);
	else if (!r->fault)
		value = NULL; /* the object's now */
	json_object_put(value);
	free(name);
}

static struct json_object *read_object(struct reader *r)
{
	struct json_object *object = made(r, json_object_new_object());
	r->at++;
	skip_space(r);
	if (skip(r, '}'))
		return object;
	while (!r->fault) {
		read_member(r, object);
		if (r->fault || skip(r, '}'))
			break;
		if (!skip(r, ','))
			fault(r, "a comma or } must stand here");
	}
	return object;
}

static bool read_word(struct reader *r, const char *word)
{
	size_t length = strlen(word);
	bool found = strncmp(r->text + r->at, word, length) == 0;
	r->at += found ? length : 0;
	return found;
}

static struct json_object *read_scalar(struct reader *r)
{
	char c = r->text[r->at];
	if (c == '"')
		return read_string(r)
		    ? made(r, json_object_new_string_len(r->string.data, (int)r->string.length))
		    : NULL;
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r);
	if (read_word(r, "true"))
		return made(r, json_object_new_boolean(true));
	if (read_word(r, "false"))
		return made(r, json_object_new_boolean(false));
	if (read_word(r, "null"))
		return NULL;
	return fault(r, r->at == r->length ? "the text ends too early" : "a value must stand here");
}

/* Reads a value and the space after it. NULL is null, or a fault. */
static struct json_object *read_value(struct reader *r)
{
	struct json_object *value;
	char c = r->text[r->at];
	if (c != '{' && c != '[')
		value = read_scalar(r);
	else if (r->depth == JSON_DEPTH)
		value = fault(r, "nested too deeply");
	else {
		r->depth++;
		value = c == '{' ? read_object(r) : read_array(r);
		r->depth--;
	}
	if (!r->fault)
		skip_space(r);
	return value;
}

static void explain(const char *text, size_t at, const char *what, char *why, size_t why_size)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	snprintf(why, why_size, "line %zu, column %zu: %s", line, column, what);
}

struct json_object *json_read(const char *text, size_t length, char *why, size_t why_size)
{
	struct reader r = { .text = text, .length = length };
	struct json_object *value = NULL;
	buffer_init(&r.string, length + 1);
	skip_space(&r);
	if (r.at == length)
		fault(&r, "there is no text");
	else if (length > INT32_MAX - 1)
		fault(&r, "the text is too long");
	else
		value = read_value(&r);
	if (!r.fault && r.at < length)
		fault(&r, "more stands here than one value");
	if (!r.fault && !value) {
		r.at = 0;
		fault(&r, "null is no document");
	}
	buffer_free(&r.string);
	if (!r.fault)
		return value;
	json_object_put(value);
	if (r.fault == no_memory)
		memory_note();
	explain(text, r.at < length ? r.at : length, r.fault, why, why_size);
	return NULL;
}
