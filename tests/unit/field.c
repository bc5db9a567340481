/* Fields: what a table lets through, of an object and of a query. */
#include "http/field.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct field fields[] = {
	{ "text", FIELD_TEXT, false, 1, 5, NULL },
	{ "id", FIELD_ID, false, 0, 0, NULL },
	{ "ids", FIELD_IDS, false, 1, 3, NULL },
	{ "date", FIELD_DATE, false, 0, 0, NULL },
	{ "time", FIELD_TIME, false, 0, 0, NULL },
	{ "integer", FIELD_INTEGER, false, -5, 1000, NULL },
	{ "number", FIELD_NUMBER, false, 0.5, 10, NULL },
	{ "boolean", FIELD_BOOLEAN, false, 0, 0, NULL },
	{ "choice", FIELD_CHOICE, false, 0, 0, "held|confirmed" },
	{ "array", FIELD_ARRAY, false, 1, 2, NULL },
	{ "object", FIELD_OBJECT, false, 0, 1, NULL },
	{ "any", FIELD_ANY, false, 0, 0, NULL },
	{ 0 },
};

/* Checks an object given as JSON text; returns the faults as JSON text, "" when it is good. */
static const char *check(const struct field *table, const char *text, const char *prefix)
{
	static char faults[20000];
	char why[256];
	struct json_object *object = json_read(text, strlen(text), why, sizeof why);
	struct json_object *errors = json_object_new_array();
	if (!object)
		fail_msg("%s: %s", text, why);
	bool good = field_check_object(table, object, prefix, errors);
	assert_int_equal(good, json_object_array_length(errors) == 0);
	snprintf(faults, sizeof faults, "%s",
	    good ? ""
		 : json_object_to_json_string_ext(
		       errors, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(errors);
	json_object_put(object);
	return faults;
}

static void good_values_pass(void **state)
{
	(void)state;
	static const char *const good[] = { "{}", "{\"text\":\"x\"}",
		"{\"text\":\"h\xc3\xa4\xf0\x9f\x8e\xac\xe2\x82\xac!\"}",
		"{\"text\":\"\\u00a0\\u00bf\\u0180 ~\"}", "{\"text\":\"\\u0400\\u0800\\u1080\"}",
		"{\"id\":\"a_B-9\"}", "{\"ids\":[\"a\",\"b\",\"c\"]}", "{\"date\":\"20240229\"}",
		"{\"time\":\"23:59\"}", "{\"integer\":-5}", "{\"integer\":1000}", "{\"integer\":0}",
		"{\"number\":0.5}", "{\"number\":10}", "{\"boolean\":false}",
		"{\"choice\":\"held\"}", "{\"choice\":\"confirmed\"}", "{\"array\":[null]}",
		"{\"object\":{}}", "{\"any\":null}", "{\"any\":[{}]}" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_string_equal(check(fields, good[i], ""), "");
}

static void bad_values_are_told_by_field(void **state)
{
	(void)state;
	static const struct {
		const char *field, *value, *word;
	} bad[] = {
		{ "text", "\"\"", "1 to 5 characters" },
		{ "text", "\"123456\"", "1 to 5 characters" },
		{ "text", "\"a\\nb\"", "control" },
		{ "text", "\"a\\u007f\"", "control" },
		{ "text", "\"a\\u0085\"", "control" },
		{ "text", "\"\\u0080\"", "control" },
		{ "text", "\"a\\u009fb\"", "control" },
		{ "text", "\"\\u001fb\"", "control" },
		{ "text", "\"ab\\u009b\"", "control" },
		{ "text", "1", "a string" },
		{ "text", "null", "a string" },
		{ "text", "[\"x\"]", "a string" },
		{ "id", "\"\"", "identifier" },
		{ "id", "\"a b\"", "identifier" },
		{ "id", "7", "a string" },
		{ "ids", "[]", "1 to 3 elements" },
		{ "ids", "[\"a\",\"b\",\"c\",\"d\"]", "1 to 3 elements" },
		{ "ids", "[\"a\",7]", "identifiers" },
		{ "ids", "[\"a\",\"\"]", "identifiers" },
		{ "ids", "\"a,b\"", "a list" },
		{ "date", "\"20180230\"", "date" },
		{ "date", "20180801", "a string" },
		{ "time", "\"24:00\"", "time" },
		{ "integer", "-6", "-5 to 1000" },
		{ "integer", "1001", "-5 to 1000" },
		{ "integer", "99999999999999999999999", "-5 to 1000" },
		{ "integer", "1.0", "whole number" },
		{ "integer", "1e2", "whole number" },
		{ "integer", "\"1\"", "whole number" },
		{ "integer", "true", "whole number" },
		{ "number", "0.4", "0.5 to 10" },
		{ "number", "11", "0.5 to 10" },
		{ "number", "1e999", "0.5 to 10" },
		{ "number", "\"1\"", "a number" },
		{ "boolean", "0", "true or false" },
		{ "boolean", "\"true\"", "true or false" },
		{ "choice", "\"hel\"", "held|confirmed" },
		{ "choice", "\"held|confirmed\"", "held|confirmed" },
		{ "choice", "\"\"", "held|confirmed" },
		{ "array", "[]", "1 to 2 elements" },
		{ "array", "{}", "a list" },
		{ "object", "{\"a\":1,\"b\":2}", "0 to 1 members" },
		{ "object", "[]", "an object" },
		{ "more", "1", "is unknown; what may stand here: text, id, ids" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[200], start[100];
		snprintf(text, sizeof text, "{\"%s\":%s}", bad[i].field, bad[i].value);
		snprintf(start, sizeof start, "[{\"field\":\"%s\",\"detail\":\"", bad[i].field);
		const char *faults = check(fields, text, "");
		if (strncmp(faults, start, strlen(start)) != 0 || !strstr(faults, bad[i].word))
			fail_msg("%s gives %s", text, faults);
	}
}

static void all_faults_are_told_with_their_prefix(void **state)
{
	(void)state;
	static const struct field table[] = {
		{ "name", FIELD_TEXT, true, 1, 10, NULL },
		{ "count", FIELD_INTEGER, true, 1, 10, NULL },
		{ 0 },
	};
	assert_string_equal(check(table, "{\"count\":0,\"x\":1}", "rows/2/"),
	    "[{\"field\":\"rows/2/name\",\"detail\":\"is missing\"},"
	    "{\"field\":\"rows/2/count\",\"detail\":\"must be a whole number from 1 to 10\"},"
	    "{\"field\":\"rows/2/x\",\"detail\":\"is unknown; what may stand here: name, count\"}]");
	/* One that is good after it does not undo a fault. */
	assert_string_equal(check(table, "{\"name\":\"\",\"count\":1}", ""),
	    "[{\"field\":\"name\",\"detail\":\"must have 1 to 10 characters\"}]");
}

static void a_flood_of_faults_is_cut(void **state)
{
	(void)state;
	struct json_object *object = json_object_new_object();
	struct json_object *errors = json_object_new_array();
	for (int i = 0; i < 5000; i++) {
		char name[16];
		snprintf(name, sizeof name, "n%d", i);
		json_object_object_add(object, name, NULL);
	}
	assert_false(field_check_object(fields, object, "", errors));
	assert_in_range(json_object_array_length(errors), 1, 20);
	json_object_put(errors);
	json_object_put(object);
}

/* Checks a query's value; "" when it is good, else the fault. */
static const char *check_query(const char *name, const char *text)
{
	static char fault[1000];
	struct json_object *errors = json_object_new_array();
	const struct field *field = fields;
	while (strcmp(field->name, name) != 0)
		field++;
	bool good = field_check_text(field, text, errors);
	assert_int_equal(json_object_array_length(errors), good ? 0 : 1);
	snprintf(fault, sizeof fault, "%s",
	    good ? "" : json_text(json_object_array_get_idx(errors, 0), "detail"));
	json_object_put(errors);
	return fault;
}

static void queries_are_checked_as_text(void **state)
{
	(void)state;
	static const struct {
		const char *field, *text;
		bool good;
	} cases[] = {
		{ "text", "abc", true },
		{ "text", "", false },
		{ "text", "a\xc2\x9b", false },
		{ "text", "a\xc2\xa0", true },
		{ "id", "a", true },
		{ "id", "a,b", false },
		{ "ids", "a", true },
		{ "ids", "a,b,c", true },
		{ "ids", "a,b,c,d", false },
		{ "ids", "", false },
		{ "ids", "a,", false },
		{ "ids", ",a", false },
		{ "ids", "a,,b", false },
		{ "ids", "a b", false },
		{ "date", "20180801", true },
		{ "date", "20180230", false },
		{ "time", "00:00", true },
		{ "integer", "7", true },
		{ "integer", "-5", true },
		{ "integer", "-6", false },
		{ "integer", "1001", false },
		{ "integer", "", false },
		{ "integer", "+7", false },
		{ "integer", " 7", false },
		{ "integer", "7 ", false },
		{ "integer", "0x7", false },
		{ "integer", "7.0", false },
		{ "integer", "--7", false },
		{ "integer", "99999999999999999999999", false },
		{ "integer", "-99999999999999999999999", false },
		{ "number", "0.5", true },
		{ "number", "1e0", true },
		{ "number", "nan", false },
		{ "number", "inf", false },
		{ "number", "0x1", false },
		{ "number", "", false },
		{ "boolean", "true", true },
		{ "boolean", "1", false },
		{ "choice", "held", true },
		{ "choice", "x", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *fault = check_query(cases[i].field, cases[i].text);
		if ((*fault == '\0') != cases[i].good)
			fail_msg("%s=%s: \"%s\"", cases[i].field, cases[i].text, fault);
	}
	char longest[300];
	memset(longest, 'a', sizeof longest);
	longest[299] = '\0';
	assert_string_not_equal(check_query("ids", longest), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_pass),
		cmocka_unit_test(bad_values_are_told_by_field),
		cmocka_unit_test(all_faults_are_told_with_their_prefix),
		cmocka_unit_test(a_flood_of_faults_is_cut),
		cmocka_unit_test(queries_are_checked_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
