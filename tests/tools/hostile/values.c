/* Values, good and bad. See values.h. */
#include "values.h"

#include <string.h>

static uint64_t state;

void values_seed(uint64_t seed)
{
	state = seed;
}

/* splitmix64 */
uint64_t values_draw(uint64_t sides)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % sides;
}

const char *values_text(struct json_object *object, const char *name)
{
	struct json_object *member = json_object_object_get(object, name);
	return member ? json_object_get_string(member) : "";
}

double values_number(struct json_object *object, const char *name)
{
	return json_object_get_double(json_object_object_get(object, name));
}

bool values_is(struct json_object *field, const char *type)
{
	return strcmp(values_text(field, "type"), type) == 0;
}

void values_repeat(struct buffer *out, const char *part, double count)
{
	for (double i = 0; i < count && !out->failed; i++)
		buffer_text(out, part);
}

static void write_list(struct buffer *out, const char *open, const char *close, double count)
{
	bool object = *open == '{';
	buffer_text(out, open);
	for (double i = 0; i < count; i++) {
		buffer_text(out, i > 0 ? "," : "");
		if (object)
			buffer_printf(out, "\"a%.0f\":", i);
		buffer_printf(out, object ? "1" : "\"A%.0f\"", i + 1);
	}
	buffer_text(out, close);
}

void values_good(struct buffer *out, struct json_object *field)
{
	if (values_is(field, "integer") || values_is(field, "number"))
		buffer_printf(
		    out, "%.0f", values_number(field, values_draw(2) ? "smallest" : "largest"));
	else if (values_is(field, "boolean"))
		buffer_text(out, values_draw(2) ? "true" : "false");
	else if (values_is(field, "choice"))
		buffer_printf(out, "\"%.*s\"", (int)strcspn(values_text(field, "choices"), "|"),
		    values_text(field, "choices"));
	else if (values_is(field, "date"))
		buffer_text(out, "\"20180805\"");
	else if (values_is(field, "time"))
		buffer_text(out, "\"18:00\"");
	else if (values_is(field, "array") || values_is(field, "ids"))
		write_list(out, "[", "]", values_number(field, "smallest"));
	else if (values_is(field, "object"))
		write_list(out, "{", "}", values_number(field, "smallest"));
	else if (values_is(field, "text")) {
		buffer_text(out, "\"");
		values_repeat(
		    out, "\xc3\xa4", values_number(field, values_draw(4) ? "smallest" : "largest"));
		buffer_text(out, "\"");
	} else
		buffer_printf(out, "\"x%d\"", (int)values_draw(1000));
}

/* A text whose length is one more or one less than there may be; false when it cannot be less. */
static bool write_beyond(struct buffer *out, struct json_object *field, const char *part)
{
	bool more = values_draw(2) || values_number(field, "smallest") < 1;
	values_repeat(
	    out, part, values_number(field, more ? "largest" : "smallest") + (more ? 1 : -1));
	return true;
}

static bool write_wrong_text(struct buffer *out, struct json_object *field)
{
	static const char *const wrong[] = { "1", "true", "null", "[]", "{}", "[\"x\"]", "1.5",
		"\"a\\u0001b\"", "\"a\\u007fb\"", "\"\\n\"" };
	if (values_draw(2)) {
		buffer_text(out, PICK(wrong));
		return true;
	}
	buffer_text(out, "\"");
	write_beyond(out, field, values_draw(2) ? "a" : "\xf0\x9f\x8e\xac");
	buffer_text(out, "\"");
	return true;
}

static bool write_wrong_number(struct buffer *out, struct json_object *field)
{
	static const char *const wrong[] = { "\"1\"", "true", "null", "[1]", "{}", "\"\"", "1e400",
		"-1e400", "99999999999999999999999999", "-99999999999999999999999999", "1e19",
		"9223372036854775808", "-9223372036854775809", "18446744073709551616" };
	bool more = values_draw(2);
	if (values_draw(2))
		buffer_text(out, PICK(wrong));
	else if (values_draw(4) == 0 && values_is(field, "integer"))
		buffer_printf(out, "%.0f.5", values_number(field, "smallest"));
	else
		buffer_printf(out, "%.0f",
		    values_number(field, more ? "largest" : "smallest") + (more ? 1 : -1));
	return true;
}

static bool write_wrong_list(struct buffer *out, struct json_object *field, bool object)
{
	static const char *const wrong[] = { "\"x\"", "1", "true", "null" };
	bool more = values_draw(2) || values_number(field, "smallest") < 1;
	double count = values_number(field, more ? "largest" : "smallest") + (more ? 1 : -1);
	if (values_draw(3) == 0)
		buffer_text(out, PICK(wrong));
	else if (values_draw(3) == 0)
		buffer_text(out, object ? "[]" : "{}");
	else if (count > 20000)
		return false;
	else
		write_list(out, object ? "{" : "[", object ? "}" : "]", count);
	return true;
}

bool values_wrong(struct buffer *out, struct json_object *field)
{
	static const char *const ids[] = { "1", "null", "true", "[]", "{}", "\"\"", "\"a b\"",
		"\"a/b\"", "\".\"", "\"..\"", "\"\\u00e4\"", "\"a%2fb\"", "\"a\\nb\"", "\"'\"",
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"" };
	static const char *const dates[] = { "20180805", "null", "\"\"", "\"20180230\"",
		"\"20181301\"", "\"20180100\"", "\"2018080\"", "\"201808011\"", "\"2018-08-05\"",
		"\"00000000\"", "\"20190229\"", "\" 20180805\"", "\"2018080a\"", "[]" };
	static const char *const times[] = { "1800", "null", "\"\"", "\"24:00\"", "\"18:60\"",
		"\"1800\"", "\"18:00:00\"", "\"8:00\"", "\"-1:00\"", "\"18:0a\"", "{}" };
	static const char *const booleans[] = { "0", "1", "\"true\"", "null", "[]", "\"\"", "{}" };
	static const char *const words[] = { "\"\"", "\"x\"", "1", "null", "true", "[]",
		"\"Confirmed\"", "\"short|full\"", "\" \"" };
	if (values_is(field, "text"))
		return write_wrong_text(out, field);
	if (values_is(field, "integer") || values_is(field, "number"))
		return write_wrong_number(out, field);
	if (values_is(field, "array") || values_is(field, "ids"))
		return write_wrong_list(out, field, false);
	if (values_is(field, "object"))
		return write_wrong_list(out, field, true);
	if (values_is(field, "id"))
		buffer_text(out, PICK(ids));
	else if (values_is(field, "date"))
		buffer_text(out, PICK(dates));
	else if (values_is(field, "time"))
		buffer_text(out, PICK(times));
	else if (values_is(field, "boolean"))
		buffer_text(out, PICK(booleans));
	else if (values_is(field, "choice"))
		buffer_text(out, PICK(words));
	else
		return false;
	return true;
}
