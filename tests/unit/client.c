/* The client's pure parts: finding a movie, printing safely, reading Link, encoding paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../client/cli/arguments.h"
#include "../../client/cli/find.h"
#include "../../client/cli/folder.h"
#include "../../client/cli/http.h"
#include "../../client/cli/session.h"
#include "../../client/cli/show.h"
#include "../../client/cli/text.h"
#include "../../client/cli/uri.h"
#include "../../client/cli/verb.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

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

/* Whether a code point is printed as it is. */
static bool is_kept(int32_t point)
{
	char text[8];
	struct buffer out;
	snprintf(text, sizeof text, "%lc", (wint_t)point);
	buffer_init(&out, 100);
	text_safe(&out, text);
	bool same = strcmp(out.data, text) == 0;
	assert_true(same || strcmp(out.data, "�") == 0);
	assert_int_equal(text_is_plain(text), same);
	buffer_free(&out);
	return same;
}

static void test_every_control_character_is_disarmed(void **state)
{
	static const struct {
		int32_t first, last;
	} controls[] = { { 0x01, 0x1f }, { 0x7f, 0x9f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 } };
	(void)state;
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
		for (int32_t point = controls[i].first; point <= controls[i].last; point++)
			assert_false(is_kept(point));
		assert_true(controls[i].first == 1 || is_kept(controls[i].first - 1));
		assert_true(is_kept(controls[i].last + 1));
	}
}

static void test_text_is_measured_in_columns(void **state)
{
	(void)state;
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("Zo\xc3\xab"), 3);
	assert_int_equal(text_width("天気の子"), 8);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_fit("天気の子", 8), 12);
	assert_int_equal(text_fit("天気の子", 7), 9);
	assert_int_equal(text_fit("天気の子", 1), 0);
	assert_int_equal(text_fit("e\xcc\x81x", 1), 3); /* the accent stays with its letter */
	assert_int_equal(text_fit("abc", 0), 0);
	assert_int_equal(text_fit("abc", 9), 3);
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
	assert_next("</a>; rely=next", NULL);
	assert_next("</a>; re=next", NULL);
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
	buffer_clear(&path);
	uri_part(&path, "a\n\x7f");
	assert_string_equal(path.data, "a%0A%7F");
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

/* Whether the arguments, parted by spaces, are good. */
static bool read_arguments(const char *line, struct arguments *arguments)
{
	static char text[2048];
	static char *words[64];
	size_t count = 0;
	snprintf(text, sizeof text, "cinema %s", line);
	for (char *at = text; *at;) {
		words[count++] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	words[count] = NULL;
	return arguments_read(words, arguments);
}

static void assert_arguments(const char *line, const char *fault)
{
	struct arguments arguments;
	bool good = read_arguments(line, &arguments);
	if (good != !fault)
		fail_msg("cinema %s: %s", line, good ? "is taken" : arguments.fault);
	if (fault && !strstr(arguments.fault, fault))
		fail_msg("cinema %s: %s, and not %s", line, arguments.fault, fault);
}

static void test_numbers_have_limits(void **state)
{
	struct arguments arguments;
	(void)state;
	assert_true(read_arguments("movies --timeout 1", &arguments));
	assert_int_equal(arguments.timeout, 1);
	assert_true(read_arguments("movies --timeout=3600", &arguments));
	assert_int_equal(arguments.timeout, 3600);
	assert_true(read_arguments("movies", &arguments));
	assert_int_equal(arguments.timeout, 10);
	assert_int_equal(arguments.password_fd, -1);
	assert_arguments("movies --timeout 0", "1 to 3600 seconds");
	assert_arguments("movies --timeout 3601", "1 to 3600 seconds");
	assert_arguments("movies --timeout -1", "1 to 3600 seconds");
	assert_arguments("movies --timeout +5", "1 to 3600 seconds");
	assert_arguments("movies --timeout 5s", "1 to 3600 seconds");
	assert_arguments("movies --timeout 99999999999999999999", "1 to 3600 seconds");
	assert_true(read_arguments("book u 20180806 m --count 1000", &arguments));
	assert_int_equal(arguments.seats, 1000);
	assert_arguments("book u 20180806 m --count 1001", "1 to 1000 seats");
	assert_arguments("book u 20180806 m --count 0", "1 to 1000 seats");
	assert_true(read_arguments("login u --password-fd 0", &arguments));
	assert_int_equal(arguments.password_fd, 0);
	assert_arguments("login u --password-fd 1048576", "descriptor");
}

static void test_keys_are_visible_and_bounded(void **state)
{
	char line[400];
	(void)state;
	snprintf(line, sizeof line, "book u 20180806 m --key %0255d", 0);
	assert_arguments(line, NULL);
	snprintf(line, sizeof line, "book u 20180806 m --key %0256d", 0);
	assert_arguments(line, "255 visible");
	assert_arguments("book u 20180806 m --key !~", NULL);
	assert_arguments("book u 20180806 m --key a\x7f", "255 visible");
	assert_arguments("book u 20180806 m --key a\tb", "255 visible");
	assert_arguments("book u 20180806 m --key \xc3\xa9", "255 visible");
	assert_arguments("book u 20180806 m --key=", "255 visible");
}

static void test_options_and_operands_suit_the_verb(void **state)
{
	struct arguments arguments;
	(void)state;
	for (const struct verb *verb = verb_table; verb->name; verb++) {
		char line[200], *end = line + snprintf(line, sizeof line, "%s", verb->name);
		assert_int_equal(read_arguments(line, &arguments), verb->least == 0);
		for (size_t i = 0; i <= verb->most && i < 20; i++) {
			assert_int_equal(read_arguments(line, &arguments), i >= verb->least);
			end += snprintf(end, (size_t)(line + sizeof line - end), " o%zu", i);
		}
		assert_int_equal(read_arguments(line, &arguments), verb->most >= 20);
	}
	assert_arguments("book --help", NULL);
	assert_arguments("movies --key k", "--key does not go with movies");
	assert_arguments("--count 2", "--count does not go with the menu");
	assert_arguments("--json", "--json does not go with the menu");
	assert_arguments("movies --json=1", "unknown argument: --json=1");
	assert_arguments("movies --time 5", "unknown argument: --time");
	assert_arguments("movies --timeouts 5", "unknown argument: --timeouts");
	assert_arguments("movies --server", "a value is missing after --server");
	assert_true(read_arguments("book - 20180806 m --count=2 A1 --key k -- -x", &arguments));
	assert_int_equal(arguments.count, 5);
	assert_string_equal(arguments.operands[0], "-");
	assert_string_equal(arguments.operands[3], "A1");
	assert_string_equal(arguments.operands[4], "-x");
	assert_string_equal(arguments.key, "k");
	assert_int_equal(arguments.seats, 2);
}

static void assert_money(int64_t minor, const char *currency, const char *expected)
{
	char text[SHOW_MONEY_SIZE];
	show_money(minor, currency, text);
	assert_string_equal(text, expected);
}

static void test_money_has_the_places_of_its_currency(void **state)
{
	(void)state;
	assert_money(0, "EUR", "0.00 EUR");
	assert_money(5, "EUR", "0.05 EUR");
	assert_money(1250, "EUR", "12.50 EUR");
	assert_money(100, "USD", "1.00 USD");
	assert_money(1250, "JPY", "1250 JPY");
	assert_money(0, "KRW", "0 KRW");
	assert_money(1250, "KWD", "1.250 KWD");
	assert_money(7, "BHD", "0.007 BHD");
	assert_money(12345, "CLF", "1.2345 CLF");
	assert_money(1250, "", "12.50 ");
}

static void test_tokens_have_a_form(void **state)
{
	char token[SESSION_TOKEN_SIZE + 1];
	(void)state;
	snprintf(token, sizeof token, "%0*d", SESSION_TOKEN_SIZE - 1, 0);
	assert_true(session_is_token(token));
	snprintf(token, sizeof token, "%0*d", SESSION_TOKEN_SIZE, 0);
	assert_false(session_is_token(token));
	assert_true(session_is_token("!~"));
	assert_false(session_is_token(""));
	assert_false(session_is_token("a b"));
	assert_false(session_is_token("a\x7f"));
	assert_false(session_is_token("a\r\nX: y"));
	assert_false(session_is_token("\xc3\xa9"));
}

static void assert_folder(const char *state, const char *home, const char *expected)
{
	struct buffer path;
	char why[256] = "";
	if (state)
		setenv("XDG_STATE_HOME", state, 1);
	else
		unsetenv("XDG_STATE_HOME");
	if (home)
		setenv("HOME", home, 1);
	else
		unsetenv("HOME");
	buffer_init(&path, 100);
	bool good = folder_path(&path, "logins", "file", false, why, sizeof why);
	assert_int_equal(good, expected != NULL);
	if (expected)
		assert_string_equal(path.data, expected);
	else
		assert_true(*why != '\0');
	buffer_free(&path);
}

static void test_state_is_kept_where_xdg_says(void **state)
{
	char endless[200];
	(void)state;
	assert_folder("/s", "/h", "/s/cinema/logins/file");
	assert_folder(NULL, "/h", "/h/.local/state/cinema/logins/file");
	assert_folder("", "/h", "/h/.local/state/cinema/logins/file");
	assert_folder("relative", "/h", "/h/.local/state/cinema/logins/file");
	assert_folder(NULL, "relative", NULL);
	assert_folder(NULL, NULL, NULL);
	snprintf(endless, sizeof endless, "/%0100d", 0);
	assert_folder(endless, NULL, NULL);
}

static mode_t mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void test_a_log_in_is_its_owners_alone(void **state)
{
	char folder[] = "/tmp/cinema-client.XXXXXX", path[200], draft[240], why[256];
	struct session session = { .user = "u", .id = "i", .token = "t" }, read;
	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("XDG_STATE_HOME", folder, 1);
	mode_t mask = umask(0);
	assert_true(session_write(&session, "s", why, sizeof why));
	snprintf(path, sizeof path, "%s/cinema/logins/s", folder);
	assert_int_equal(mode_of(path), 0600);
	/* A draft that was left open to others. */
	snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
	fclose(fopen(draft, "w"));
	assert_true(session_write(&session, "s", why, sizeof why));
	umask(mask);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(access(draft, F_OK), -1);
	assert_true(session_read(&read, "s", why, sizeof why));
	assert_string_equal(read.token, "t");
	for (mode_t others = 01; others <= 040; others *= 2) {
		chmod(path, 0600 | others);
		assert_false(session_read(&read, "s", why, sizeof why));
		assert_string_equal(read.token, "");
	}
	chmod(path, 0600);
	assert_true(session_read(&read, "other", why, sizeof why));
	assert_string_equal(read.token, "");
	assert_true(session_forget("s", why, sizeof why));
	assert_true(session_forget("s", why, sizeof why));
	assert_true(session_read(&read, "s", why, sizeof why));
	assert_string_equal(read.token, "");
	for (int up = 0; up < 3; up++) {
		*strrchr(path, '/') = '\0';
		assert_true(up == 2 || mode_of(path) == 0700);
		assert_int_equal(rmdir(path), 0);
	}
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
		cmocka_unit_test(test_every_control_character_is_disarmed),
		cmocka_unit_test(test_text_is_measured_in_columns),
		cmocka_unit_test(test_printing_disarms_broken_utf8),
		cmocka_unit_test(test_case_is_all_that_may_differ),
		cmocka_unit_test(test_the_next_page_is_read_from_link),
		cmocka_unit_test(test_other_links_name_no_next_page),
		cmocka_unit_test(test_parts_of_a_path_are_encoded),
		cmocka_unit_test(test_keys_are_distinct),
		cmocka_unit_test(test_addresses_are_checked),
		cmocka_unit_test(test_numbers_have_limits),
		cmocka_unit_test(test_keys_are_visible_and_bounded),
		cmocka_unit_test(test_options_and_operands_suit_the_verb),
		cmocka_unit_test(test_money_has_the_places_of_its_currency),
		cmocka_unit_test(test_tokens_have_a_form),
		cmocka_unit_test(test_state_is_kept_where_xdg_says),
		cmocka_unit_test(test_a_log_in_is_its_owners_alone),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
