/* Routes: which line of a table a method and a raw path lead to. */
#include "http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct route routes[] = {
	{ METHOD_GET, "/movies", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_POST, "/movies", NULL, LANE_WAITING, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/movies/{id}", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/showtimes/screens", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/showtimes/screens/{id}", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_DELETE, "/showtimes/{date}", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/showtimes/{date}/{movie}/{showing}/seats", NULL, LANE_QUICK, ROLE_ANYONE,
	    NULL, NULL, NULL },
	{ METHOD_PATCH, "/bookings/{user}/{id}", NULL, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
};

static struct arena arena;
static struct request request;
static const struct route *found;
static const char *allow, *why;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static enum route_match find(const char *method, const char *path)
{
	request = (struct request){ .arena = &arena };
	found = NULL;
	allow = why = NULL;
	return route_find(
	    routes, sizeof routes / sizeof *routes, method, path, &request, &found, &allow, &why);
}

static void expect_route(const char *method, const char *path, size_t line)
{
	if (find(method, path) != ROUTE_FOUND || found != &routes[line])
		fail_msg("%s %s does not lead to line %zu", method, path, line);
	assert_int_equal(request.method, routes[line].method);
}

static void a_path_leads_to_its_line(void **state)
{
	(void)state;
	expect_route("GET", "/movies", 0);
	expect_route("HEAD", "/movies", 0);
	expect_route("POST", "/movies", 1);
	expect_route("GET", "/movies/m1", 2);
	expect_route("GET", "/showtimes/20180801", 5);
	expect_route("DELETE", "/showtimes/20180801", 6);
	expect_route("PATCH", "/bookings/u/b", 8);
}

static void a_literal_comes_before_a_name(void **state)
{
	(void)state;
	expect_route("GET", "/showtimes/screens", 3);
	expect_route("GET", "/showtimes/screens/1", 4);
	assert_int_equal(find("DELETE", "/showtimes/screens"), ROUTE_NO_METHOD);
}

static void parts_are_decoded_and_checked(void **state)
{
	(void)state;
	expect_route("GET", "/showtimes/20180801/m%2D1/18%3a30-hall_2/seats", 7);
	assert_string_equal(request_param(&request, "date"), "20180801");
	assert_string_equal(request_param(&request, "movie"), "m-1");
	assert_string_equal(request_param(&request, "showing"), "18:30-hall_2");
	assert_null(request_param(&request, "id"));
	expect_route("GET", "/%6d%6Fvies/%61", 2);
	assert_string_equal(request_param(&request, "id"), "a");
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	static const char *const paths[] = { "", "*", "/", "//", "movies", "/movie", "/moviesX",
		"/movies/", "//movies", "/movies//", "/movies/m1/", "/movies/m1/x", "/MOVIES",
		"/movies%2Fm1", "/movies%00", "/movies%", "/%zz", "/showtimes//m1", "/bookings/u",
		"/bookings/u/b/c", "/showtimes/20180801/m1/18:30-1/seat" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (find("GET", paths[i]) != ROUTE_NO_PATH)
			fail_msg("%s leads somewhere", paths[i]);
}

static void a_bad_part_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *path, *word;
	} bad[] = {
		{ "/movies/a.b", "id" },
		{ "/movies/..", "id" },
		{ "/movies/a%2fb", "id" },
		{ "/movies/%20", "id" },
		{ "/movies/%C3%A4", "id" },
		{ "/movies/a%00b", "encoded" },
		{ "/movies/%", "encoded" },
		{ "/movies/%4", "encoded" },
		{ "/movies/%4g", "encoded" },
		{ "/movies/%ff", "encoded" },
		{ "/movies/0123456789012345678901234567890123456789012345678901234567890123x",
		    "id" },
		{ "/showtimes/20180230", "date" },
		{ "/showtimes/2018080", "date" },
		{ "/showtimes/screen", "date" },
		{ "/showtimes/20180801/m1/18:60-1/seats", "showing" },
		{ "/showtimes/20180801/m1/18:30-/seats", "showing" },
		{ "/showtimes/20180801/m1/18:30/seats", "showing" },
		{ "/showtimes/20180801/m1/1830-1/seats", "showing" },
		{ "/showtimes/20180801/m.1/18:30-1/seats", "movie" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (find("GET", bad[i].path) != ROUTE_BAD_PARAM)
			fail_msg("%s is taken", bad[i].path);
		if (!strstr(why, bad[i].word))
			fail_msg("%s: \"%s\" does not say %s", bad[i].path, why, bad[i].word);
	}
}

static void other_methods_are_told_what_works(void **state)
{
	(void)state;
	static const char *const methods[] = { "PUT", "TRACE", "get", "", "GETX", "CONNECT",
		"OPTIONS" };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		assert_int_equal(find(methods[i], "/movies"), ROUTE_NO_METHOD);
		assert_string_equal(allow, "GET, HEAD, POST, OPTIONS");
	}
	assert_int_equal(find("POST", "/showtimes/20180801"), ROUTE_NO_METHOD);
	assert_string_equal(allow, "GET, HEAD, DELETE, OPTIONS");
	assert_int_equal(find("HEAD", "/bookings/u/b"), ROUTE_NO_METHOD);
	assert_string_equal(allow, "PATCH, OPTIONS");
}

static void decoding_is_strict(void **state)
{
	(void)state;
	static const char *const bad[] = { "%", "%4", "%4x", "%x4", "%-1", "%00", "%c3", "%c3%28",
		"%ed%a0%80", "%c0%af", "%f4%90%80%80", "\xff" };
	assert_string_equal(route_decode(&arena, "a%20b%2Bc+d", 11), "a b+c+d");
	assert_string_equal(route_decode(&arena, "%f0%9f%8e%ac", 12), "\xf0\x9f\x8e\xac");
	assert_string_equal(route_decode(&arena, "abc", 2), "ab");
	assert_string_equal(route_decode(&arena, "", 0), "");
	assert_null(route_decode(&arena, "ab%41", 4));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(route_decode(&arena, bad[i], strlen(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_path_leads_to_its_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_literal_comes_before_a_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_are_decoded_and_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_not_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bad_part_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    other_methods_are_told_what_works, set_up, tear_down),
		cmocka_unit_test_setup_teardown(decoding_is_strict, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
