/* The schedule's rules: instants in the cinema's own time zone, clashes, slots. */
#include "showtimes/schedule.h"

#include "base/clock.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static int paris(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Paris", 1);
	tzset();
	return 0;
}

static const char *instant_text(const char *date, const char *time)
{
	static char text[CLOCK_TEXT_SIZE];
	int64_t instant;
	if (!schedule_instant(date, time, &instant))
		return "none";
	clock_format(instant, text);
	return text;
}

static void test_a_time_is_the_cinemas_own(void **state)
{
	(void)state;
	assert_string_equal(instant_text("20180801", "18:00"), "2018-08-01T16:00:00.000Z");
	assert_string_equal(instant_text("20180101", "00:00"), "2017-12-31T23:00:00.000Z");
}

static void test_a_time_that_clocks_skip_does_not_exist(void **state)
{
	(void)state;
	assert_string_equal(instant_text("20180325", "01:59"), "2018-03-25T00:59:00.000Z");
	assert_string_equal(instant_text("20180325", "02:00"), "none");
	assert_string_equal(instant_text("20180325", "02:30"), "none");
	assert_string_equal(instant_text("20180325", "03:00"), "2018-03-25T01:00:00.000Z");
}

static void test_a_time_that_comes_twice_is_its_first(void **state)
{
	(void)state;
	assert_string_equal(instant_text("20181028", "02:30"), "2018-10-28T00:30:00.000Z");
	assert_string_equal(instant_text("20181028", "03:00"), "2018-10-28T02:00:00.000Z");
}

static bool clash(const char *date, const char *showings, const char *other_date, const char *other)
{
	char why[128];
	struct json_object *list = json_read(showings, strlen(showings), why, sizeof why);
	struct json_object *showing = json_read(other, strlen(other), why, sizeof why);
	bool found = schedule_clash(date, list, other_date, showing) != NULL;
	json_object_put(list);
	json_object_put(showing);
	return found;
}

#define LONG_MOVIE "[{\"screen\":\"1\",\"time\":\"18:00\",\"minutes\":120}]"

static void test_a_screen_shows_one_movie_at_a_time(void **state)
{
	(void)state;
	const char *day = "20180801";
	assert_true(clash(day, LONG_MOVIE, day, "{\"screen\":\"1\",\"time\":\"18:00\"}"));
	assert_true(clash(day, LONG_MOVIE, day, "{\"screen\":\"1\",\"time\":\"19:59\"}"));
	assert_false(clash(day, LONG_MOVIE, day, "{\"screen\":\"1\",\"time\":\"20:00\"}"));
	assert_false(clash(day, LONG_MOVIE, day, "{\"screen\":\"2\",\"time\":\"18:00\"}"));
	assert_true(
	    clash(day, LONG_MOVIE, day, "{\"screen\":\"1\",\"time\":\"17:00\",\"minutes\":61}"));
	assert_false(
	    clash(day, LONG_MOVIE, day, "{\"screen\":\"1\",\"time\":\"17:00\",\"minutes\":60}"));
}

static void test_a_late_movie_reaches_into_the_next_day(void **state)
{
	(void)state;
	const char *late = "[{\"screen\":\"1\",\"time\":\"23:30\",\"minutes\":90}]";
	assert_true(clash("20180801", late, "20180802", "{\"screen\":\"1\",\"time\":\"00:30\"}"));
	assert_false(clash("20180801", late, "20180802", "{\"screen\":\"1\",\"time\":\"01:00\"}"));
}

static void test_an_hour_that_comes_twice_counts_twice(void **state)
{
	(void)state;
	/* From 01:00 to 03:00 are three hours that night. */
	const char *night = "[{\"screen\":\"1\",\"time\":\"01:00\",\"minutes\":180}]";
	assert_false(clash("20181028", night, "20181028", "{\"screen\":\"1\",\"time\":\"03:00\"}"));
	assert_true(clash("20181029", night, "20181029", "{\"screen\":\"1\",\"time\":\"03:00\"}"));
}

static void test_slots_go_on_to_midnight_and_then_back(void **state)
{
	static const char *const expected[] = { "18:00", "21:00", "15:00", "12:00", "09:00",
		"06:00", "03:00", "00:00" };
	char time[6];
	(void)state;
	for (int i = 0; i < 8; i++) {
		assert_true(schedule_slot("18:00", i, time));
		assert_string_equal(time, expected[i]);
	}
	assert_false(schedule_slot("18:00", 8, time));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_time_is_the_cinemas_own),
		cmocka_unit_test(test_a_time_that_clocks_skip_does_not_exist),
		cmocka_unit_test(test_a_time_that_comes_twice_is_its_first),
		cmocka_unit_test(test_a_screen_shows_one_movie_at_a_time),
		cmocka_unit_test(test_a_late_movie_reaches_into_the_next_day),
		cmocka_unit_test(test_an_hour_that_comes_twice_counts_twice),
		cmocka_unit_test(test_slots_go_on_to_midnight_and_then_back),
	};
	return cmocka_run_group_tests(tests, paris, NULL);
}
