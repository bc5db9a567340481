/* JSON in and out: exactly RFC 8259, and a little stricter. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char why[256];

/* Reads from an allocation of exactly this size, so that a sanitizer sees a read beyond it. */
static struct json_object *read_bytes(const char *text, size_t length)
{
	char *copy = malloc(length + 1);
	assert_non_null(copy);
	memcpy(copy, text, length);
	copy[length] = '\0';
	why[0] = '\0';
	struct json_object *value = json_read(copy, length, why, sizeof why);
	free(copy);
	return value;
}

static struct json_object *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* Reads and writes again; the result is compared. */
static void check_round(const char *text, const char *expected)
{
	struct json_object *value = read_text(text);
	struct buffer out;
	if (!value)
		fail_msg("%s is refused: %s", text, why);
	buffer_init(&out, 100000);
	json_write(&out, value);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
	json_object_put(value);
}

static void check_refused(const char *text)
{
	struct json_object *value = read_text(text);
	if (value)
		fail_msg("%s is taken for %s", text, json_object_to_json_string(value));
	assert_memory_equal(why, "line ", 5);
	assert_non_null(strstr(why, "column "));
}

static void good_text_is_read(void **state)
{
	(void)state;
	check_round("{}", "{}");
	check_round(" \t\r\n{ } \r\n", "{}");
	check_round("[]", "[]");
	check_round("[1,-2,0,-0,1.5,1e3,1E-3,2.5e+10]", "[1,-2,0,0,1.5,1e3,1E-3,2.5e+10]");
	check_round("\"x\"", "\"x\"");
	check_round("true", "true");
	check_round("12", "12");
	check_round("[null,true,false]", "[null,true,false]");
	check_round("{\"a\":{\"a\":1},\"b\":[{\"a\":2},{\"a\":3}]}",
	    "{\"a\":{\"a\":1},\"b\":[{\"a\":2},{\"a\":3}]}");
	check_round("{\"\":1}", "{\"\":1}");
	check_round("{\"a:b\":\"c:d,{}[]\"}", "{\"a:b\":\"c:d,{}[]\"}");
}

static void strings_are_unescaped_once(void **state)
{
	(void)state;
	check_round("\"\\u0041\\/\\\\\\\"\\n\"", "\"A/\\\\\\\"\\n\"");
	check_round("\"\\\\u0000\"", "\"\\\\u0000\"");
	check_round("\"h\\u00e4\\ud83c\\udfac\"", "\"h\xc3\xa4\xf0\x9f\x8e\xac\"");
	check_round("{\"\\u0061\":1}", "{\"a\":1}");
	check_round("\"\\u00E4\\uD83C\\uDFAC\"", "\"\xc3\xa4\xf0\x9f\x8e\xac\"");
	/* Where UTF-8 grows by a byte. */
	check_round("\"\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\ue000\\uffff\"",
	    "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"");
	check_round("\"\\ud800\\udc00\\udbff\\udfff\"", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
	struct json_object *letters = read_text("[\"\\b\\f\\n\\r\\t\\/\"]");
	assert_string_equal(json_text_at(letters, 0), "\b\f\n\r\t/");
	json_object_put(letters);
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
	(void)state;
	static const char *const bad[] = { "", " ", "\n", "null", "{", "}", "[", "]", "[1", "[1,]",
		"[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "'a'",
		"[1 2]", "{} {}", "{}x", "[] []", "01", "-01", "+1", ".5", "1.", "-", "1e", "1e+",
		"0x10", "NaN", "[NaN]", "Infinity", "-Infinity", "[-Infinity]", "nan", "True",
		"TRUE", "tru", "nulL", "[nul]", "undefined", "\"", "\"a", "\"\\x\"", "\"\\u12\"",
		"\"\\u12G4\"", "\"a\tb\"", "\"a\nb\"", "\"a\x01\"", "\"a\x1f\"", "/* c */ {}",
		"{} // c", "\xef\xbb\xbf{}", "{\"a\":1}}", "[1]]", "--1", "1-", "1+1", "e1",
		"[1e1.5]", "[1.2.3]", "[tr,ue]", "-[]", "{\"a\":+1}", "[00]", "[1,,2]",
		"[\"a\" \"b\"]", "{\"a\":1 \"b\":2}", "{\"a\":1:2}", "{1:2}", "{\"a\",1}",
		"{\"a\":1,2}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_refused(bad[i]);
	assert_null(read_text("{\n  \"a\": 1,\n  x\n}"));
	assert_non_null(strstr(why, "line 3, column 3"));
}

static void a_name_twice_is_refused(void **state)
{
	(void)state;
	check_refused("{\"a\":1,\"a\":1}");
	check_refused("{\"a\":1,\"b\":2,\"a\":3}");
	check_refused("{\"x\":[{\"a\":{},\"a\":[]}]}");
	check_refused("{\"a\":1,\"\\u0061\":2}");
	check_refused("[{\"a\":null,\"a\":null}]");
	assert_null(read_text("{\"a b:\":1, \"a b:\" : 2}"));
	assert_non_null(
	    strstr(why, "line 1, column 12: an object has the same name twice: \"a b:\""));
	assert_null(read_text("{\"01234567890123456789012345678901234567890123456789\":1,"
			      "\"01234567890123456789012345678901234567890123456789\":1}"));
	assert_non_null(strstr(why, "has the same name twice"));
	assert_null(strstr(why, "0123"));
}

static void nul_is_refused(void **state)
{
	(void)state;
	check_refused("\"\\u0000\"");
	check_refused("{\"a\\u0000b\":1}");
	check_refused("[\"\\\\\\u0000\"]");
	assert_null(read_bytes("{}\0", 3));
	assert_null(read_bytes("\0{}", 3));
	assert_null(read_bytes("[1\0]", 4));
	assert_null(read_bytes("\"a\0b\"", 5));
	assert_null(read_bytes("{\"a\":1\0}", 8));
	assert_null(read_bytes("1\0"
			       "2",
	    3));
	assert_null(read_bytes("tr\0ue", 5));
}

static void malformed_utf8_is_refused(void **state)
{
	(void)state;
	check_refused("\"\xff\"");
	check_refused("\"\xc3\"");
	check_refused("\"\xc3(\"");
	check_refused("\"\x80\"");
	check_refused("\"\xc0\xaf\"");             /* / in two bytes */
	check_refused("\"\xe0\x80\xaf\"");         /* / in three */
	check_refused("\"\xed\xa0\x80\"");         /* a surrogate */
	check_refused("\"\xf4\x90\x80\x80\"");     /* beyond U+10FFFF */
	check_refused("\"\xf8\x88\x80\x80\x80\""); /* five bytes */
	check_refused("{\"\xff\":1}");
	check_refused("\"\\ud800\"");
	check_refused("\"\\udc00\"");
	check_refused("\"\\ud800x\"");
	check_refused("\"\\ud800\\u0041\"");
	check_refused("\"\\ud800\\ud800\"");
	check_refused("\"\\ud800\\ue000\"");
	check_refused("\"\\udc00\\udc00\"");
	check_refused("\"\xc1\xbf\"");
	check_refused("\"\xe0\x9f\xbf\"");
	check_refused("\"\xf0\x8f\xbf\xbf\"");
	check_refused("\"\xf5\x80\x80\x80\"");
	check_refused("\"\xe2\x82\xc3\"");
	check_refused("\"\xf0\x9f\x8e(\"");
	check_round("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"",
	    "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"");
	check_round("\"\xf0\x90\x80\x80\xf0\x9f\x8e\xac\"", "\"\xf0\x90\x80\x80\xf0\x9f\x8e\xac\"");
	check_round("\"\xf4\x8f\xbf\xbf\"", "\"\xf4\x8f\xbf\xbf\"");
}

static void depth_is_bounded(void **state)
{
	(void)state;
	for (int depth = 1; depth <= 1000; depth++) {
		char text[2001];
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		struct json_object *value = read_bytes(text, 2 * (size_t)depth);
		assert_int_equal(value != NULL, depth <= JSON_DEPTH);
		json_object_put(value);
	}
	char *endless = malloc(1000000);
	assert_non_null(endless);
	memset(endless, '[', 1000000);
	assert_null(read_bytes(endless, 1000000));
	assert_non_null(strstr(why, "deep"));
	free(endless);
}

static void numbers_too_large_do_no_harm(void **state)
{
	(void)state;
	struct json_object *value =
	    read_text("{\"a\":99999999999999999999999,\"b\":-99999999999999999999999,\"c\":1e999}");
	if (value) { /* taken is as good as refused: a field's range is checked later */
		assert_int_equal(json_integer(value, "a", 1), INT64_MAX);
		assert_int_equal(json_integer(value, "b", 1), INT64_MIN);
	}
	json_object_put(value);
}

static void whole_numbers_stay_exact(void **state)
{
	(void)state;
	static const char *const numbers[] = { "9223372036854775806", "9223372036854775807",
		"9223372036854775808", "18446744073709551615", "-9223372036854775807",
		"-9223372036854775808", "9007199254740993" };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		check_round(numbers[i], numbers[i]);
	struct json_object *largest = read_text("{\"n\":9223372036854775807}");
	assert_int_equal(json_integer(largest, "n", 1), INT64_MAX);
	json_object_put(largest);
}

static void fractions_are_written_so_that_they_read_the_same(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} fractions[] = { { 2, "2.0" }, { -3, "-3.0" }, { 0.5, "0.5" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { 1e30, "1e+30" } };
	for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
		struct json_object *value = json_object_new_double(fractions[i].value);
		struct buffer out;
		buffer_init(&out, 100);
		json_write(&out, value);
		assert_string_equal(out.data, fractions[i].text);
		buffer_free(&out);
		json_object_put(value);
	}
}

static void members_are_read_by_type(void **state)
{
	(void)state;
	struct json_object *value = read_text("{\"t\":\"x\",\"n\":7,\"d\":1.5,\"z\":null}");
	assert_string_equal(json_text(value, "t"), "x");
	assert_null(json_text(value, "n"));
	assert_null(json_text(value, "z"));
	assert_null(json_text(value, "none"));
	assert_int_equal(json_integer(value, "n", 1), 7);
	assert_int_equal(json_integer(value, "d", 1), 1);
	assert_int_equal(json_integer(value, "t", 1), 1);
	assert_false(json_add(value, "m", NULL));
	assert_false(json_add(NULL, "m", json_object_new_int(1)));
	assert_true(json_add(value, "m", json_object_new_int(1)));
	assert_false(json_append(NULL, json_object_new_int(1)));
	json_object_put(value);
}

static void strings_are_written_with_escapes(void **state)
{
	(void)state;
	struct buffer out;
	buffer_init(&out, 1000);
	json_write_string(&out, "a\"b\\c\n\x01\xc3\xa4/");
	assert_string_equal(out.data, "\"a\\\"b\\\\c\\n\\u0001\xc3\xa4/\"");
	buffer_clear(&out);
	json_write_string(&out, " !\b\f\n\r\t\x1f\x7f");
	assert_string_equal(out.data, "\" !\\b\\f\\n\\r\\t\\u001f\x7f\"");
	buffer_clear(&out);
	json_write_string(&out, "");
	assert_string_equal(out.data, "\"\"");
	buffer_free(&out);
}

static void merged_is(const char *document, const char *patch, const char *result)
{
	struct json_object *left = json_read(document, strlen(document), why, sizeof why);
	struct json_object *right = json_read(patch, strlen(patch), why, sizeof why);
	struct json_object *merged = json_merge(left, right);
	assert_string_equal(json_object_to_json_string_ext(merged, JSON_C_TO_STRING_PLAIN), result);
	json_object_put(left);
	json_object_put(right);
	json_object_put(merged);
}

/* Among them those of RFC 7396, appendix A, in which both are objects. */
static void patches_are_merged(void **state)
{
	(void)state;
	merged_is("{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
	merged_is("{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}");
	merged_is("{\"a\":\"b\"}", "{\"a\":null}", "{}");
	merged_is("{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}");
	merged_is("{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
	merged_is("{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}");
	merged_is(
	    "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}");
	merged_is("{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}");
	merged_is("{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}");
	merged_is("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}");
	merged_is("{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":{\"x\":null,\"y\":4}}",
	    "{\"a\":1,\"b\":{\"y\":4},\"c\":3}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_is_read),
		cmocka_unit_test(strings_are_unescaped_once),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(a_name_twice_is_refused),
		cmocka_unit_test(nul_is_refused),
		cmocka_unit_test(malformed_utf8_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(numbers_too_large_do_no_harm),
		cmocka_unit_test(whole_numbers_stay_exact),
		cmocka_unit_test(fractions_are_written_so_that_they_read_the_same),
		cmocka_unit_test(members_are_read_by_type),
		cmocka_unit_test(strings_are_written_with_escapes),
		cmocka_unit_test(patches_are_merged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
