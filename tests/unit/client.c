/* The client's pure parts: finding a movie, printing safely, reading Link, encoding paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../client/cli/find.h"
#include "../../client/cli/http.h"
#include "../../client/cli/text.h"
#include "../../client/cli/uri.h"

#include <locale.h>
#include <string.h>

static const struct api_movie movies[] = {
	{ "276c79ec", "Avengers", "A", "9.8" },
	{ "267eedb8", "Karwaan", "B", "7.6" },
	{ "26", "Stree", "C", "9.2" },
	{ "39ab85e5", "Être et avoir", "D", "7.9" },
	{ "a8034f44", "Gold", "E", "7" },
	{ "b8034f44", "gold", "F", "8" },
	{ "c1", "7daf", "G", "1" },
	{ "7daf7208", "Mission", "H", "2" },
};
#define MOVIES (sizeof movies / sizeof movies[0])

static size_t find(const char *text, size_t *first)
{
	size_t found[MOVIES] = { 0 };
	size_t count = find_movies(movies, MOVIES, text, found);
	*first = found[0];
	return count;
}

static void test_a_movie_is_found_by_its_whole_id(void **state)
{
	size_t first;
	(void)state;
	assert_int_equal(find("39ab85e5", &first), 1);
	assert_int_equal(first, 3);
	/* also when it starts another id */
	assert_int_equal(find("26", &first), 1);
	assert_int_equal(first, 2);
}

static void test_a_movie_is_found_by_a_unique_start_of_its_id(void **state)
{
	size_t first;
	(void)state;
	assert_int_equal(find("27", &first), 1);
	assert_int_equal(first, 0);
	assert_int_equal(find("2", &first), 3);
	assert_int_equal(find("39ab85e5f", &first), 0);
	assert_int_equal(find("", &first), 0);
}

static void test_a_movie_is_found_by_its_title_in_any_case(void **state)
{
	size_t first;
	(void)state;
	assert_int_equal(find("sTREE", &first), 1);
	assert_int_equal(first, 2);
	assert_int_equal(find("êTRE ET AVOIR", &first), 1);
	assert_int_equal(first, 3);
	assert_int_equal(find("Stre", &first), 0);
	assert_int_equal(find("Streee", &first), 0);
}

static void test_what_may_mean_two_movies_finds_both(void **state)
{
	size_t first;
	(void)state;
	assert_int_equal(find("GOLD", &first), 2);
	assert_int_equal(find("7daf", &first), 2); /* a title, and the start of an id */
}

static void assert_safe(const char *text, const char *expected)
{
	struct buffer out;
	buffer_init(&out, 1000);
	text_safe(&out, text);
	assert_string_equal(out.data ? out.data : "", expected);
	buffer_free(&out);
}

static void test_printing_keeps_good_text(void **state)
{
	(void)state;
	assert_safe("", "");
	assert_safe("Amélie 天気の子 🎬", "Amélie 天気の子 🎬");
	assert_true(text_is_plain("Amélie 天気の子 🎬"));
}

static void test_printing_disarms_control_characters(void **state)
{
	(void)state;
	assert_safe("a\033[2Jb", "a\xef\xbf\xbd[2Jb");
	assert_safe("a\r\n\tb\x7f", "a���b�");
	assert_safe("\xc2\x9b"
		    "31m",
	    "�31m"); /* CSI in one character */
	assert_safe("\xe2\x80\xae"
		    "fdp",
	    "�fdp"); /* writing from right to left */
	assert_false(text_is_plain("a\033b"));
	assert_false(text_is_plain("a\tb"));
}

static void test_printing_disarms_broken_utf8(void **state)
{
	(void)state;
	assert_safe("\xff", "�");
	assert_safe("\xc3", "�");                /* ends too early */
	assert_safe("\xc3(", "�(");              /* no continuation */
	assert_safe("\xc0\xaf", "��");           /* overlong */
	assert_safe("\xed\xa0\x80", "���");      /* a surrogate */
	assert_safe("\xf4\x90\x80\x80", "����"); /* beyond U+10FFFF */
	assert_safe("\xf0\x9f\x8e", "���");      /* ends too early */
	assert_false(text_is_plain("Am\xe9lie"));
}

static void test_case_is_all_that_may_differ(void **state)
{
	(void)state;
	assert_true(text_same("ÉCOLE Привет", "école пРИВЕТ"));
	assert_true(text_same("", ""));
	assert_false(text_same("a", "ab"));
	assert_false(text_same("e", "é"));
}

static void assert_next(const char *value, const char *expected)
{
	size_t length = 0;
	const char *next = uri_next(value, &length);
	if (!expected) {
		assert_null(next);
		return;
	}
	assert_non_null(next);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(next, expected, length);
}

static void test_the_next_page_is_read_from_link(void **state)
{
	(void)state;
	assert_next("</movies?after=a&limit=3>; rel=\"next\"", "/movies?after=a&limit=3");
	assert_next("</a>;rel=next", "/a");
	assert_next("</a>; rel=prev, </b>; title=\"x, y; z\"; REL=\"last NEXT\"", "/b");
	assert_next("</a,b>; rel=first, , </c;d>; rel=\"next\"", "/c;d");
}

static void test_other_links_name_no_next_page(void **state)
{
	(void)state;
	assert_next("", NULL);
	assert_next("</a>; rel=\"prev\"", NULL);
	assert_next("</a>; rel=\"nextone\"", NULL);
	assert_next("</a>; title=\"next\"", NULL);
	assert_next("</a>; rel", NULL);
	assert_next("</a>; rel=", NULL);
	assert_next("</a", NULL);
	assert_next("/a; rel=next", NULL);
	assert_next("</a>; title=\"rel=next", NULL);
	assert_next(";;;", NULL);
	assert_next("<>;;\"", NULL);
}

static void test_parts_of_a_path_are_encoded(void **state)
{
	struct buffer path;
	(void)state;
	buffer_init(&path, 1000);
	uri_part(&path, "aZ9-_.~/?#%&= \xc3\xa9");
	assert_string_equal(path.data, "aZ9-_.~%2F%3F%23%25%26%3D%20%C3%A9");
	buffer_free(&path);
}

static void test_keys_are_distinct(void **state)
{
	char one[HTTP_KEY_SIZE], other[HTTP_KEY_SIZE];
	(void)state;
	assert_true(http_make_key(one) && http_make_key(other));
	assert_int_equal(strspn(one, "0123456789abcdef"), HTTP_KEY_SIZE - 1);
	assert_string_not_equal(one, other);
}

static void assert_address(const char *address, const char *expected)
{
	char why[256];
	struct http *http = http_open(address, 10, why, sizeof why);
	if (expected) {
		assert_non_null(http);
		assert_string_equal(http_server(http), expected);
	} else {
		assert_null(http);
		assert_non_null(strstr(why, "is no address"));
	}
	http_close(http);
}

static void test_addresses_are_checked(void **state)
{
	(void)state;
	assert_address("127.0.0.1:8080", "http://127.0.0.1:8080");
	assert_address("http://[::1]:8080//", "http://[::1]:8080");
	assert_address("https://cinema.example/branch/", "https://cinema.example/branch");
	assert_address("", NULL);
	assert_address("http://", NULL);
	assert_address("ftp://cinema.example", NULL);
	assert_address("file:///etc/passwd", NULL);
	assert_address("http://a:99999", NULL);
	assert_address("http://a/?q", NULL);
	assert_address("http://a b/", NULL);
	assert_address("http://me:secret@a/", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_movie_is_found_by_its_whole_id),
		cmocka_unit_test(test_a_movie_is_found_by_a_unique_start_of_its_id),
		cmocka_unit_test(test_a_movie_is_found_by_its_title_in_any_case),
		cmocka_unit_test(test_what_may_mean_two_movies_finds_both),
		cmocka_unit_test(test_printing_keeps_good_text),
		cmocka_unit_test(test_printing_disarms_control_characters),
		cmocka_unit_test(test_printing_disarms_broken_utf8),
		cmocka_unit_test(test_case_is_all_that_may_differ),
		cmocka_unit_test(test_the_next_page_is_read_from_link),
		cmocka_unit_test(test_other_links_name_no_next_page),
		cmocka_unit_test(test_parts_of_a_path_are_encoded),
		cmocka_unit_test(test_keys_are_distinct),
		cmocka_unit_test(test_addresses_are_checked),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
