/* A large document's values, one after the other: wherever the bytes are cut, the same values come,
 * and what is wrong is told with its line. */
#include "base/members.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buffer seen; /* "a/0=1@line;" for each value */
static size_t wanted;      /* values after which visit ends it */

static bool see(void *context, const struct members_value *value)
{
	(void)context;
	for (size_t i = 0; i < value->depth; i++) {
		if (value->steps[i].name)
			buffer_printf(&seen, "%s/", value->steps[i].name);
		else
			buffer_printf(&seen, "%zu/", value->steps[i].index);
	}
	buffer_printf(&seen, "=%s@%zu;", value->text ? value->text : "LONG", value->line);
	if (value->text)
		assert_int_equal(strlen(value->text), value->length);
	return wanted == 0 || --wanted > 0;
}

/* Feeds text in pieces of some bytes; whether it is good to its end, what was wrong in why. */
static bool read_all(size_t depth, const char *text, size_t piece, char why[320])
{
	struct members *members = members_new(depth, 16, see, NULL);
	size_t length = strlen(text);
	bool good = true;
	assert_non_null(members);
	buffer_clear(&seen);
	for (size_t i = 0; i < length && good; i += piece) {
		size_t size = length - i < piece ? length - i : piece;
		/* Its own copy, so that reading past it is noticed. */
		char *copy = malloc(size);
		assert_non_null(copy);
		memcpy(copy, text + i, size);
		good = members_feed(members, copy, size);
		free(copy);
	}
	good = good && members_end(members);
	snprintf(why, 320, "%s", members_why(members));
	members_free(members);
	return good;
}

static void check(size_t depth, const char *text, const char *values)
{
	char why[320];
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		if (!read_all(depth, text, piece, why))
			fail_msg("%s, in pieces of %zu: %s", text, piece, why);
		assert_string_equal(seen.data ? seen.data : "", values);
	}
}

static void refuse(size_t depth, const char *text, const char *fault)
{
	char why[320];
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		if (read_all(depth, text, piece, why))
			fail_msg("taken: %s", text);
		if (!strstr(why, fault))
			fail_msg("%s: %s, and not %s", text, why, fault);
	}
}

static void test_members_of_an_object(void **state)
{
	(void)state;
	check(1, "{}", "");
	check(1, " \n{ } \n", "");
	check(1, "{\"a\":1}", "a/=1@1;");
	check(1, "{\"a\" : 1 ,\n\"b\":{\"x\":[1,{}]},\"c\":\"}\\\"]\"}",
	    "a/=1@1;b/={\"x\":[1,{}]}@2;c/=\"}\\\"]\"@2;");
	check(1, "{\"a\":[\n1,\n2],\n\"\\u00e9\\n\":true\n}", "a/=[\n1,\n2]@1;\303\251\n/=true@4;");
	check(1, "{\"a\":\"\\\\\",\"b\":-1.5e3}", "a/=\"\\\\\"@1;b/=-1.5e3@1;");
}

static void test_deeper_values(void **state)
{
	(void)state;
	check(3, "{\"u\":{\"d\":[1,\"m\",{\"x\":{}}],\"e\":[]},\"v\":{}}",
	    "u/d/0/=1@1;u/d/1/=\"m\"@1;u/d/2/={\"x\":{}}@1;");
	/* What is not as deep is shown where it ends. */
	check(3, "{\"u\":5,\"v\":{\"d\":null},\"w\":[[1],{\"k\":2}]}",
	    "u/=5@1;v/d/=null@1;w/0/0/=1@1;w/1/k/=2@1;");
}

static void test_a_value_that_is_too_long_is_told(void **state)
{
	(void)state;
	check(1, "{\"a\":\"0123456789012\",\"b\":\"01234567890123456789\",\"c\":1}",
	    "a/=\"0123456789012\"@1;b/=LONG@1;c/=1@1;");
}

static void test_what_is_no_object_is_refused(void **state)
{
	char name[2000];
	(void)state;
	refuse(1, "[]", "line 1: the document must be one object");
	refuse(1, "1", "must be one object");
	refuse(1, "", "ends too early");
	refuse(1, "{", "ends too early");
	refuse(1, "{\"a", "ends too early");
	refuse(1, "{\"a\":", "ends too early");
	refuse(1, "{\"a\":1", "ends too early");
	refuse(1, "{\"a\":1,", "ends too early");
	refuse(1, "{\"a\":1,\n}", "line 2: a name");
	refuse(1, "{\"a\" 1}", "a colon");
	refuse(1, "{\"a\":}", "a value");
	refuse(1, "{\"a\":1 2}", "a comma");
	refuse(1, "{\"a\":1]", "a comma");
	refuse(2, "{\"a\":[1}", "a comma");
	refuse(2, "{\"a\":[1,]}", "a value");
	refuse(1, "{\"a\":1}x", "after the document");
	refuse(1, "{\"a\\q\":1}", "line 1");
	refuse(1, "{\"a\\u0000\":1}", "line 1");
	refuse(1, "{'a':1}", "a name");
	snprintf(name, sizeof name, "{\"%01500d\":1}", 0);
	refuse(1, name, "too long");
}

static void test_the_reader_may_end_it(void **state)
{
	char why[320];
	(void)state;
	wanted = 2;
	assert_false(read_all(1, "{\"a\":1,\"b\":2,\"c\":3}", 100, why));
	wanted = 0;
	assert_string_equal(why, "");
	assert_string_equal(seen.data, "a/=1@1;b/=2@1;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_of_an_object),
		cmocka_unit_test(test_deeper_values),
		cmocka_unit_test(test_a_value_that_is_too_long_is_told),
		cmocka_unit_test(test_what_is_no_object_is_refused),
		cmocka_unit_test(test_the_reader_may_end_it),
	};
	buffer_init(&seen, 100000);
	int failed = cmocka_run_group_tests_name("members", tests, NULL, NULL);
	buffer_free(&seen);
	return failed;
}
