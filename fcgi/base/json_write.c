/* JSON, written. See json.h. json-c's own writer leaves a hole where memory ran out. */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Characters with an escape of one letter, and the letters. */
static const char plain[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";

static void write_number(struct buffer *buffer, struct json_object *value)
{
	int64_t number = json_object_get_int64(value);
	const char *text = json_object_get_userdata(value);
	char digits_of[32];
	if (json_object_is_type(value, json_type_int) && number == INT64_MAX)
		buffer_printf(buffer, "%" PRIu64, json_object_get_uint64(value));
	else if (json_object_is_type(value, json_type_int))
		buffer_printf(buffer, "%" PRId64, number);
	else if (text)
		buffer_text(buffer, text); /* as it was read */
	else {
		snprintf(digits_of, sizeof digits_of, "%.17g", json_object_get_double(value));
		buffer_text(buffer, digits_of);
		if (!strpbrk(digits_of, ".e"))
			buffer_text(buffer, ".0");
	}
}

static void write_members(struct buffer *buffer, struct json_object *object)
{
	const char *separator = "{";
	json_foreach(object, name, member)
	{
		buffer_text(buffer, separator);
		json_write_string(buffer, name);
		buffer_text(buffer, ":");
		json_write(buffer, member);
		separator = ",";
	}
	buffer_text(buffer, *separator == '{' ? "{}" : "}");
}

static void write_elements(struct buffer *buffer, struct json_object *array)
{
	buffer_text(buffer, "[");
	for (size_t i = 0; i < json_length(array); i++) {
		if (i > 0)
			buffer_text(buffer, ",");
		json_write(buffer, json_at(array, i));
	}
	buffer_text(buffer, "]");
}

void json_write(struct buffer *buffer, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null: buffer_text(buffer, "null"); break;
	case json_type_boolean:
		buffer_text(buffer, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_int:
	case json_type_double: write_number(buffer, value); break;
	case json_type_string: json_write_string(buffer, json_object_get_string(value)); break;
	case json_type_object: write_members(buffer, value); break;
	case json_type_array: write_elements(buffer, value); break;
	}
}

void json_write_string(struct buffer *buffer, const char *text)
{
	buffer_text(buffer, "\"");
	for (const char *c = text; *c;) {
		size_t run = 0;
		while (c[run] && c[run] != '"' && c[run] != '\\' && (unsigned char)c[run] >= 0x20)
			run++;
		buffer_append(buffer, c, run);
		c += run;
		const char *escape = *c ? strchr(plain, *c) : NULL;
		if (escape)
			buffer_printf(buffer, "\\%c", escapes[escape - plain]);
		else if (*c)
			buffer_printf(buffer, "\\u%04x", (unsigned)*c);
		c += *c != '\0';
	}
	buffer_text(buffer, "\"");
}
