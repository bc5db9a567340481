/* Fields, checked against their tables. See field.h.
 *
 * A value comes from an object (a JSON value) or from a query (text). Rules on text alone, such as
 * what a date looks like, are shared by both. */
#include "http/field.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 20 /* told at once; nonsense is not answered member by member */

static bool add_fault(struct json_object *errors, const char *field, const char *detail)
{
	struct json_object *fault = json_object_new_object();
	if (json_add(fault, "field", json_object_new_string(field)) &&
	    json_add(fault, "detail", json_object_new_string(detail)))
		json_append(errors, fault);
	else
		json_object_put(fault);
	return false;
}

bool field_fault(struct json_object *errors, const char *field, const char *format, ...)
{
	if (json_length(errors) >= FAULTS_MAX)
		return false;
	struct buffer detail;
	buffer_init(&detail, SIZE_MAX / 2);
	va_list arguments;
	va_start(arguments, format);
	buffer_vprintf(&detail, format, arguments);
	va_end(arguments);
	add_fault(errors, field, detail.failed || !detail.data ? "is wrong" : detail.data);
	buffer_free(&detail);
	return false;
}

/* "3", or "0.5": a bound as a person writes it. */
static const char *bound(double value, char text[32])
{
	snprintf(text, 32, "%.15g", value);
	return text;
}

/* Says "must WHAT smallest to largest UNIT" when value lies outside. */
static bool check_range(const struct field *field, const char *name, double value, const char *what,
    const char *unit, struct json_object *errors)
{
	char from[32], to[32];
	if (value >= field->smallest && value <= field->largest)
		return true;
	return field_fault(errors, name, "must %s %s to %s%s", what, bound(field->smallest, from),
	    bound(field->largest, to), unit);
}

/* Whether c starts a control character: C0, DEL, or C1 (0xC2 0x80 to 0xC2 0x9F in UTF-8). */
static bool is_control(const char *c)
{
	unsigned char first = (unsigned char)c[0], second = (unsigned char)c[1];
	return first < 0x20 || first == 0x7f || (first == 0xc2 && second >= 0x80 && second < 0xa0);
}

static bool check_characters(
    const struct field *field, const char *name, const char *text, struct json_object *errors)
{
	size_t points = 0;
	for (const char *c = text; *c; c++) {
		if (is_control(c))
			return field_fault(errors, name, "must have no control characters");
		points += ((unsigned char)*c & 0xc0) != 0x80;
	}
	return check_range(field, name, (double)points, "have", " characters", errors);
}

/* Whether text is one of the words that are joined by | in choices. */
static bool is_choice(const char *choices, const char *text)
{
	size_t length = strlen(text);
	for (const char *word = choices; word;) {
		size_t size = strcspn(word, "|");
		if (size == length && memcmp(word, text, size) == 0)
			return true;
		word = word[size] ? word + size + 1 : NULL;
	}
	return false;
}

/* The rules of types that are text in an object too. */
static bool check_string(
    const struct field *field, const char *name, const char *text, struct json_object *errors)
{
	switch (field->type) {
	case FIELD_TEXT: return check_characters(field, name, text, errors);
	case FIELD_ID:
		return id_is_valid(text) ||
		    field_fault(
			errors, name, "must be an identifier: 1 to 64 of A-Z, a-z, 0-9, _ and -");
	case FIELD_DATE:
		return clock_is_date(text) ||
		    field_fault(errors, name, "must be a date: YYYYMMDD, a day that exists");
	case FIELD_TIME:
		return clock_is_time(text) ||
		    field_fault(errors, name, "must be a time: HH:MM from 00:00 to 23:59");
	case FIELD_CHOICE:
		return is_choice(field->choices, text) ||
		    field_fault(errors, name, "must be one of %s", field->choices);
	default: return true;
	}
}

static bool check_ids(const struct field *field, const char *name, struct json_object *array,
    struct json_object *errors)
{
	size_t count = json_length(array);
	if (!check_range(field, name, (double)count, "have", " elements", errors))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *element = json_at(array, i);
		if (!json_object_is_type(element, json_type_string) ||
		    strlen(json_object_get_string(element)) !=
			(size_t)json_object_get_string_len(element) ||
		    !id_is_valid(json_object_get_string(element)))
			return field_fault(errors, name,
			    "must have identifiers (1 to 64 of A-Z, a-z, 0-9, _ and -) only");
	}
	return true;
}

/* What a value of this type is called, and which JSON type it has. */
static const char *describe(enum field_type type, enum json_type *json)
{
	switch (type) {
	case FIELD_INTEGER: *json = json_type_int; return "a whole number, without fraction";
	case FIELD_NUMBER: *json = json_type_double; return "a number";
	case FIELD_BOOLEAN: *json = json_type_boolean; return "true or false";
	case FIELD_IDS: *json = json_type_array; return "a list of identifiers";
	case FIELD_ARRAY: *json = json_type_array; return "a list";
	case FIELD_OBJECT: *json = json_type_object; return "an object";
	default: *json = json_type_string; return "a string";
	}
}

static bool check_value(const struct field *field, const char *name, struct json_object *value,
    struct json_object *errors)
{
	enum json_type wanted, type = json_object_get_type(value);
	if (field->type == FIELD_ANY)
		return true;
	const char *description = describe(field->type, &wanted);
	if (type != wanted && !(wanted == json_type_double && type == json_type_int))
		return field_fault(errors, name, "must be %s", description);
	switch (field->type) {
	case FIELD_INTEGER:
		return check_range(field, name, (double)json_object_get_int64(value),
		    "be a whole number from", "", errors);
	case FIELD_NUMBER:
		return check_range(
		    field, name, json_object_get_double(value), "be a number from", "", errors);
	case FIELD_IDS: return check_ids(field, name, value, errors);
	case FIELD_ARRAY:
		return check_range(
		    field, name, (double)json_length(value), "have", " elements", errors);
	case FIELD_OBJECT:
		return check_range(
		    field, name, (double)json_members(value), "have", " members", errors);
	case FIELD_BOOLEAN: return true;
	default: return check_string(field, name, json_object_get_string(value), errors);
	}
}

static bool is_known(const struct field *fields, const char *name)
{
	for (const struct field *field = fields; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return true;
	return false;
}

static void list_names(const struct field *fields, struct buffer *list)
{
	for (const struct field *field = fields; field->name; field++)
		buffer_printf(list, "%s%s", field == fields ? "" : ", ", field->name);
}

static bool check_unknown(const struct field *fields, struct json_object *object,
    const char *prefix, struct json_object *errors)
{
	bool good = true;
	struct buffer full, known;
	buffer_init(&full, SIZE_MAX / 2);
	buffer_init(&known, SIZE_MAX / 2);
	list_names(fields, &known);
	json_foreach(object, name, value)
	{
		(void)value;
		if (is_known(fields, name))
			continue;
		buffer_clear(&full);
		buffer_printf(&full, "%s%s", prefix, name);
		good = field_fault(errors, full.failed ? name : full.data,
		    "is unknown; what may stand here: %s", known.data ? known.data : "nothing");
	}
	buffer_free(&full);
	buffer_free(&known);
	return good;
}

bool field_check_object(const struct field *fields, struct json_object *object, const char *prefix,
    struct json_object *errors)
{
	struct buffer name;
	buffer_init(&name, SIZE_MAX / 2);
	bool good = true;
	for (const struct field *field = fields; field->name; field++) {
		struct json_object *value;
		buffer_clear(&name);
		buffer_printf(&name, "%s%s", prefix, field->name);
		if (name.failed)
			good = field_fault(errors, field->name, "could not be checked");
		else if (json_object_object_get_ex(object, field->name, &value))
			good = check_value(field, name.data, value, errors) && good;
		else if (field->required)
			good = field_fault(errors, name.data, "is missing");
	}
	good = check_unknown(fields, object, prefix, errors) && good;
	buffer_free(&name);
	return good;
}

/* Identifiers joined by commas. */
static bool check_id_list(const struct field *field, const char *text, struct json_object *errors)
{
	size_t count = 0;
	for (const char *at = text;; at++) {
		char id[ID_MAX + 1] = "";
		size_t length = strcspn(at, ",");
		if (length <= ID_MAX)
			memcpy(id, at, length);
		if (!id_is_valid(id))
			return field_fault(errors, field->name,
			    "must be identifiers (1 to 64 of A-Z, a-z, 0-9, _ and -) joined by commas");
		count++;
		at += length;
		if (*at == '\0')
			return check_range(
			    field, field->name, (double)count, "have", " elements", errors);
	}
}

static bool check_integer_text(
    const struct field *field, const char *text, struct json_object *errors)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (text[strspn(text, "-0123456789")] != '\0' || end == text || *end != '\0')
		return field_fault(errors, field->name, "must be a whole number");
	double value = errno == ERANGE ? HUGE_VAL : (double)number;
	return check_range(field, field->name, value, "be a whole number from", "", errors);
}

static bool check_number_text(
    const struct field *field, const char *text, struct json_object *errors)
{
	char *end;
	double value = strtod(text, &end);
	if (text[strspn(text, "+-.0123456789eE")] != '\0' || end == text || *end != '\0')
		return field_fault(errors, field->name, "must be a number");
	return check_range(field, field->name, value, "be a number from", "", errors);
}

bool field_check_text(const struct field *field, const char *text, struct json_object *errors)
{
	switch (field->type) {
	case FIELD_IDS: return check_id_list(field, text, errors);
	case FIELD_INTEGER: return check_integer_text(field, text, errors);
	case FIELD_NUMBER: return check_number_text(field, text, errors);
	case FIELD_BOOLEAN:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
		    field_fault(errors, field->name, "must be true or false");
	default: return check_string(field, field->name, text, errors);
	}
}
