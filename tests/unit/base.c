/* What knows nothing of HTTP or of cinemas: arena, buffer, clock, id, hash, log, settings. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void arena_gives_memory_for_any_size(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena);
	for (size_t size = 0; size < 20000; size += 777) {
		char *memory = arena_alloc(&arena, size);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % sizeof(long double), 0);
		memset(memory, 'x', size);
	}
	assert_null(arena_alloc(&arena, SIZE_MAX - 8));
	arena_free(&arena);
}

static void pieces_of_an_arena_do_not_meet(void **state)
{
	(void)state;
	struct arena arena;
	char *pieces[1000];
	arena_init(&arena);
	for (int i = 0; i < 1000; i++) {
		pieces[i] = arena_alloc(&arena, 16);
		assert_non_null(pieces[i]);
		memset(pieces[i], i % 256, 16);
	}
	for (int i = 0; i < 1000; i++)
		for (int at = 0; at < 16; at++)
			assert_int_equal((unsigned char)pieces[i][at], i % 256);
	arena_free(&arena);
}

static void arena_is_used_again_after_a_reset(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena);
	arena_reset(&arena);
	char *first = arena_copy(&arena, "first", 5);
	assert_string_equal(first, "first");
	assert_non_null(arena_alloc(&arena, 100000));
	arena_reset(&arena);
	assert_ptr_equal(arena_copy(&arena, "again", 5), first);
	arena_reset(&arena);
	assert_string_equal(arena_copy(&arena, "once more", 4), "once");
	assert_string_equal(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	arena_free(&arena);
}

static void buffer_grows_and_stays_terminated(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 100000);
	assert_null(buffer.data);
	for (int i = 0; i < 5000; i++)
		buffer_printf(&buffer, "%04d,", i);
	assert_int_equal(buffer.length, 25000);
	assert_int_equal(strlen(buffer.data), 25000);
	assert_memory_equal(buffer.data + 24995, "4999,", 5);
	buffer_clear(&buffer);
	assert_string_equal(buffer.data, "");
	buffer_append(&buffer, "a\0b", 3);
	assert_int_equal(buffer.length, 3);
	buffer_free(&buffer);
	buffer_free(&buffer);
}

static void any_length_is_printed_whole(void **state)
{
	(void)state;
	for (int length = 2; length < 1100; length++) {
		struct buffer buffer;
		buffer_init(&buffer, 2000);
		buffer_text(&buffer, "a");
		buffer_printf(&buffer, "%0*d", length - 1, 7);
		assert_int_equal(buffer.length, length);
		assert_int_equal(strlen(buffer.data), length);
		assert_int_equal(buffer.data[length - 1], '7');
		assert_true(buffer.capacity > buffer.length);
		buffer_free(&buffer);
	}
}

static void buffer_is_cut(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 10);
	buffer_text(&buffer, "0123456789");
	buffer_cut(&buffer, 11);
	buffer_cut(&buffer, 10);
	assert_string_equal(buffer.data, "0123456789");
	buffer_cut(&buffer, 4);
	assert_string_equal(buffer.data, "0123");
	assert_int_equal(buffer.length, 4);
	buffer_text(&buffer, "456789");
	assert_string_equal(buffer.data, "0123456789");
	buffer_free(&buffer);
}

static void buffer_stops_at_its_limit_and_says_so(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 10);
	buffer_text(&buffer, "0123456789");
	assert_false(buffer.failed);
	buffer_text(&buffer, "");
	assert_false(buffer.failed);
	buffer_text(&buffer, "x");
	assert_true(buffer.failed);
	assert_string_equal(buffer.data, "0123456789");
	buffer_clear(&buffer);
	assert_false(buffer.failed);
	buffer_text(&buffer, "ab");
	buffer_printf(&buffer, "%s", "0123456789");
	assert_true(buffer.failed);
	assert_string_equal(buffer.data, "ab");
	buffer_text(&buffer, "c");
	assert_string_equal(buffer.data, "ab");
	buffer_free(&buffer);
}

static void buffer_joins_texts_and_numbers(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 40);
	buffer_join(&buffer, "a", "", "bc", NULL);
	buffer_number(&buffer, 0);
	buffer_text(&buffer, " ");
	buffer_number(&buffer, 10);
	buffer_text(&buffer, " ");
	buffer_number(&buffer, UINT64_MAX);
	assert_string_equal(buffer.data, "abc0 10 18446744073709551615");
	assert_int_equal(buffer.length, strlen(buffer.data));
	buffer_clear(&buffer);
	for (uint64_t number = 9; number <= 11; number++)
		buffer_number(&buffer, number);
	for (uint64_t number = 99; number <= 100; number++)
		buffer_number(&buffer, number);
	assert_string_equal(buffer.data, "9101199100");
	buffer_clear(&buffer);
	buffer_text(&buffer, "0123456789012345678901234567");
	buffer_join(&buffer, "0123456789", "0123456789", NULL);
	assert_true(buffer.failed);
	buffer_free(&buffer);
}

static void dates_are_days_that_exist(void **state)
{
	(void)state;
	static const char *const good[] = { "20180801", "20240229", "20000229", "00010101",
		"99991231" };
	static const char *const bad[] = { "", "2018080", "201808011", "20180230", "20230229",
		"19000229", "20180001", "20181301", "20180100", "20180132", "20180431", "00000101",
		"2018-8-1", "2018 801", "+2018080", "2018080a", " 0180801" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(clock_is_date(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(clock_is_date(bad[i]));
}

static void times_run_from_0000_to_2359(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "24:00", "23:60", "9:00", "09:0", "09:000", "09.00",
		"-1:00", "0900", "ab:cd" };
	assert_true(clock_is_time("00:00"));
	assert_true(clock_is_time("23:59"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(clock_is_time(bad[i]));
}

static void days_are_added_over_months_and_years(void **state)
{
	(void)state;
	char date[9];
	clock_add_days("20240228", 1, date);
	assert_string_equal(date, "20240229");
	clock_add_days("20231231", 1, date);
	assert_string_equal(date, "20240101");
	clock_add_days("20240301", -1, date);
	assert_string_equal(date, "20240229");
	clock_add_days("20240101", 366, date);
	assert_string_equal(date, "20250101");
}

static void instants_are_written_and_read(void **state)
{
	(void)state;
	static const int64_t instants[] = { 0, 1, 999, 1533146400123, 951782400000, 4102444799999 };
	static const char *const bad[] = { "", "2018-08-01", "2018-08-01T18:00:00",
		"2018-08-01T18:00:00+00:00", "2018-02-30T18:00:00Z", "2018-08-01T24:00:00Z",
		"2018-08-01T18:60:00Z", "2018-08-01T18:00:60Z", "2018-08-01T18:00:00.12Z",
		"2018-08-01T18:00:00,123Z", "2018-08-01t18:00:00Z", "2018-08-01T18:00:00.123X" };
	char text[CLOCK_TEXT_SIZE];
	int64_t instant;
	for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
		clock_format(instants[i], text);
		assert_true(clock_parse(text, &instant));
		assert_int_equal(instant, instants[i]);
	}
	clock_format(1533146400123, text);
	assert_string_equal(text, "2018-08-01T18:00:00.123Z");
	assert_true(clock_parse("2018-08-01T18:00:00Z", &instant));
	assert_int_equal(instant, 1533146400000);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(clock_parse(bad[i], &instant));
}

/* Makes this the time zone, as POSIX writes one; NULL: none. */
static void live_in(const char *zone)
{
	if (zone)
		setenv("TZ", zone, 1);
	else
		unsetenv("TZ");
	tzset();
}

static void instants_are_the_same_in_every_zone(void **state)
{
	(void)state;
	static const char *const zones[] = { "XXX-05:30", "XXX+08", "CET-1CEST,M3.5.0,M10.5.0/3" };
	char text[CLOCK_TEXT_SIZE], date[9];
	int64_t instant;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		live_in(zones[i]);
		clock_format(1533146400123, text);
		assert_string_equal(text, "2018-08-01T18:00:00.123Z");
		assert_true(clock_parse(text, &instant));
		assert_int_equal(instant, 1533146400123);
		clock_add_days("20180331", 1, date);
		assert_string_equal(date, "20180401");
		clock_add_days("20180326", -1, date);
		assert_string_equal(date, "20180325");
	}
	live_in(NULL);
}

static void today_is_that_of_the_zone(void **state)
{
	(void)state;
	char west[9], east[9], again[9];
	do { /* not over a midnight */
		live_in("AAA+12");
		clock_today(west);
		live_in("BBB-14");
		clock_today(east);
		live_in("AAA+12");
		clock_today(again);
	} while (strcmp(west, again) != 0);
	live_in(NULL);
	assert_true(clock_is_date(west));
	assert_true(strcmp(west, east) < 0);
}

static int64_t milliseconds_of(clockid_t which)
{
	struct timespec time;
	clock_gettime(which, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void clocks_are_in_milliseconds(void **state)
{
	(void)state;
	int64_t before, now, after;
	for (int i = 0; i < 100; i++) {
		before = milliseconds_of(CLOCK_MONOTONIC);
		now = clock_steady();
		after = milliseconds_of(CLOCK_MONOTONIC);
		assert_in_range(now - before, 0, after - before);
		int tries = 0;
		do { /* somebody may set it back */
			before = milliseconds_of(CLOCK_REALTIME);
			now = clock_now();
			after = milliseconds_of(CLOCK_REALTIME);
		} while ((now < before || after < now) && ++tries < 10);
		assert_in_range(now - before, 0, after - before);
	}
}

static void identifiers_have_one_form(void **state)
{
	(void)state;
	char longest[ID_MAX + 2];
	memset(longest, 'a', sizeof longest);
	longest[ID_MAX] = '\0';
	assert_true(id_is_valid(longest));
	longest[ID_MAX] = 'a';
	longest[ID_MAX + 1] = '\0';
	assert_false(id_is_valid(longest));
	static const char *const bad[] = { "", "a b", "a/b", "a.b", "..", "a%", "\xc3\xa4", "a\n",
		"a:b" };
	assert_true(id_is_valid("276c79ec-a26a-40a6-b3d3-fb242a5947b6"));
	assert_true(id_is_valid("_"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(id_is_valid(bad[i]));
}

static void made_identifiers_are_good(void **state)
{
	(void)state;
	char one[ID_UUID_SIZE], other[ID_UUID_SIZE];
	assert_true(id_make_uuid(one));
	assert_true(id_make_uuid(other));
	assert_true(id_is_valid(one));
	assert_string_not_equal(one, other);
	id_from_hash("0123456789abcdef0123456789abcdef", one);
	assert_string_equal(one, "01234567-89ab-4cde-af01-23456789abcd");
}

static void words_of_paths_are_no_identifiers(void **state)
{
	(void)state;
	static const char *const words[] = { "self", "trail", "export", "import" };
	static const char *const others[] = { "", "sel", "selfs", "Trail", "exports", "importe" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_true(id_is_word(words[i]));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(id_is_word(others[i]));
}

static void later_bookings_sort_first(void **state)
{
	(void)state;
	char early[ID_BOOKING_SIZE], late[ID_BOOKING_SIZE], code[ID_CODE_SIZE];
	for (int64_t now = 1533146400000; now < 1533146400100; now++) {
		assert_true(id_make_booking(now, early));
		assert_true(id_make_booking(now + 1, late));
		assert_int_equal(strlen(early), ID_BOOKING_SIZE - 1);
		assert_true(id_is_valid(early));
		assert_true(strcmp(late, early) < 0);
	}
	assert_true(id_make_booking(1533146400000, early));
	assert_true(id_make_booking(1533146400000, late));
	assert_string_not_equal(early, late);
	assert_true(id_make_code(code));
	assert_int_equal(strlen(code), ID_CODE_SIZE - 1);
	assert_null(strpbrk(code, "ILOUabcdefghijklmnopqrstuvwxyz"));
}

static void hashes_are_those_of_xxh3(void **state)
{
	(void)state;
	char hash[HASH_SIZE];
	hash_bytes("", 0, hash); /* the value that xxhash's own tests give for no bytes */
	assert_string_equal(hash, "99aa06d3014798d86001c324468d497f");
}

/* The line that is logged, parsed; freed by the caller. */
static struct json_object *logged(
    enum log_level level, const char *id, const char *message, char *why, size_t why_size)
{
	static char line[16384];
	int kept = dup(STDERR_FILENO), ends[2];
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	errno = ERANGE;
	log_write(level, id, "%s", message);
	int error = errno;
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[1]);
	ssize_t length = read(ends[0], line, sizeof line - 1);
	close(ends[0]);
	assert_int_equal(error, ERANGE);
	assert_in_range(length, 1, sizeof line - 1);
	assert_int_equal(line[length - 1], '\n');
	line[length] = '\0';
	for (ssize_t i = 0; i < length - 1; i++)
		assert_in_range(line[i], ' ', '~');
	return json_read(line, (size_t)length, why, why_size);
}

static void a_log_line_is_one_object_of_plain_characters(void **state)
{
	(void)state;
	static const char *const messages[] = { "", "plain", "a \"b\" \\ c", "a\nb\tc\x01",
		"caf\xc3\xa9 \xc2\x9b\x7f \xff" };
	static const char *const levels[] = { "info", "warning", "error" };
	char why[128];
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		for (size_t level = 0; level < 3; level++) {
			struct json_object *line = logged((enum log_level)level,
			    level ? messages[i] : NULL, messages[i], why, sizeof why);
			if (!line)
				fail_msg("%s", why);
			if (i < 3)
				assert_string_equal(json_text(line, "message"), messages[i]);
			if (i < 3)
				assert_string_equal(
				    json_text(line, "request"), level ? messages[i] : "");
			assert_string_equal(json_text(line, "level"), levels[level]);
			assert_string_equal(json_text(line, "service"), "base");
			json_object_put(line);
		}
}

static void a_long_log_line_is_cut_at_a_character(void **state)
{
	(void)state;
	char message[3000], why[128];
	for (int plain = 0; plain < 8; plain++) {
		memset(message, '\x01', sizeof message - 1);
		message[sizeof message - 1] = '\0';
		memset(message, 'a', (size_t)plain);
		struct json_object *line = logged(LOG_INFO, message, message, why, sizeof why);
		if (!line)
			fail_msg("%s", why);
		/* Twice the size of a message has room for as many, each six bytes when escaped. */
		assert_int_equal(
		    strlen(json_text(line, "message")), plain + (2 * 1024 - 1 - plain) / 6);
		json_object_put(line);
	}
}

static void a_log_that_cannot_be_written_changes_no_errno(void **state)
{
	(void)state;
	int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_RDONLY);
	dup2(nowhere, STDERR_FILENO);
	errno = ERANGE;
	log_write(LOG_INFO, NULL, "unheard");
	int error = errno;
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(nowhere);
	assert_int_equal(error, ERANGE);
}

/* Reads the settings with one variable set. */
static bool read_with(const char *name, const char *value, struct settings *settings, char *why)
{
	assert_int_equal(setenv(name, value, 1), 0);
	bool good = settings_read(settings, why, 256);
	assert_int_equal(unsetenv(name), 0);
	return good;
}

static void settings_have_defaults(void **state)
{
	(void)state;
	static struct settings settings;
	char why[256];
	assert_true(read_with("CINEMA_QUICK_THREADS", "", &settings, why));
	assert_int_equal(settings_number(&settings, SETTING_QUICK_THREADS), 1);
	assert_string_equal(settings_text(&settings, SETTING_STORE), "sqlite");
	assert_true(read_with("CINEMA_QUICK_THREADS", "64", &settings, why));
	assert_int_equal(settings_number(&settings, SETTING_QUICK_THREADS), 64);
}

static void bad_settings_are_named_with_what_they_take(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value;
	} bad[] = {
		{ "CINEMA_QUICK_THREADS", "0" },
		{ "CINEMA_QUICK_THREADS", "65" },
		{ "CINEMA_QUICK_THREADS", "4x" },
		{ "CINEMA_QUICK_THREADS", " 4" },
		{ "CINEMA_QUICK_THREADS", "+4" },
		{ "CINEMA_QUICK_THREADS", "99999999999999999999" },
		{ "CINEMA_LISTEN", "8080" },
		{ "CINEMA_LISTEN", ":8080" },
		{ "CINEMA_LISTEN", "127.0.0.1:0" },
		{ "CINEMA_LISTEN", "127.0.0.1:65536" },
		{ "CINEMA_LISTEN", "127.0.0.1;:80" },
		{ "CINEMA_LISTEN", "[::1:80" },
		{ "CINEMA_LISTEN", "[::1x:80" },
		{ "CINEMA_LISTEN", "::1]:80" },
		{ "CINEMA_USER", "1st" },
		{ "CINEMA_USER", "-x" },
		{ "CINEMA_USER", "Cinema" },
		{ "CINEMA_USER", "a23456789012345678901234567890123" },
		{ "CINEMA_AUTH", "Required" },
		{ "CINEMA_AUTH", "none" },
		{ "CINEMA_CONFINE", "of" },
		{ "CINEMA_CONFINE", "yes" },
		{ "CINEMA_CURRENCY", "EU" },
		{ "CINEMA_CURRENCY", "EURO" },
		{ "CINEMA_CURRENCY", "EUR1" },
		{ "CINEMA_CURRENCY", "eur" },
		{ "CINEMA_DEFAULT_TIME", "24:00" },
		{ "CINEMA_DEFAULT_TIME", "noon" },
		{ "CINEMA_BODY_LIMIT", "1023" },
		{ "CINEMA_BODY_LIMIT", "67108865" },
		{ "CINEMA_STATE", "/tmp/a b" },
		{ "CINEMA_STORE", "mysql" },
		{ "CINEMA_TZ", "Nowhere/Land" },
		{ "CINEMA_TZ", "../passwd" },
		{ "CINEMA_TZ", "/Europe/Paris" },
		{ "CINEMA_ADDRESS_READS", "-1" },
		{ "CINEMA_TLS_KEY", "/etc/a key" },
		{ "CINEMA_LISTEN_PLAIN", "80" },
		{ "CINEMA_CORS_ORIGINS", "*" },
		{ "CINEMA_CORS_ORIGINS", "null" },
		{ "CINEMA_CORS_ORIGINS", "cinema.example" },
		{ "CINEMA_CORS_ORIGINS", "ftp://cinema.example" },
		{ "CINEMA_CORS_ORIGINS", "https://cinema.example/" },
		{ "CINEMA_CORS_ORIGINS", "https://*.cinema.example" },
		{ "CINEMA_CORS_ORIGINS", "https://Cinema.example" },
		{ "CINEMA_CORS_ORIGINS", "https://cinema.example:" },
		{ "CINEMA_CORS_ORIGINS", "https://cinema.example:0" },
		{ "CINEMA_CORS_ORIGINS", "https://cinema.example:65536" },
		{ "CINEMA_CORS_ORIGINS", "https://a.example,https://b.example" },
		{ "CINEMA_CORS_ORIGINS", "https://a.example 'x'" },
	};
	static struct settings settings;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char why[256] = "";
		assert_false(read_with(bad[i].name, bad[i].value, &settings, why));
		assert_non_null(strstr(why, bad[i].name));
		assert_non_null(strstr(why, "takes"));
	}
	char why[256], *endless = calloc(1, 5000);
	memset(endless, '1', 4999);
	assert_false(read_with("CINEMA_STATE", endless, &settings, why));
	endless[SETTING_TEXT_SIZE] = '\0';
	assert_false(read_with("CINEMA_STATE", endless, &settings, why));
	endless[SETTING_TEXT_SIZE - 1] = '\0';
	assert_true(read_with("CINEMA_STATE", endless, &settings, why));
	assert_string_equal(settings_text(&settings, SETTING_STATE), endless);
	free(endless);
}

/* Whether the settings are good with these set, up to three, and why has what is expected if not. */
static bool read_together(const char *const pairs[][2], size_t count, const char *expected)
{
	static struct settings settings;
	char why[256] = "";
	for (size_t i = 0; i < count; i++)
		assert_int_equal(setenv(pairs[i][0], pairs[i][1], 1), 0);
	bool good = settings_read(&settings, why, sizeof why);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(unsetenv(pairs[i][0]), 0);
	if (!good)
		assert_non_null(strstr(why, expected));
	return good;
}

static void open_is_for_loopback_addresses(void **state)
{
	(void)state;
	static const char *const loopback[] = { "127.0.0.1:80", "127.255.3.4:80", "[::1]:80",
		"localhost:80", "LocalHost:80" };
	static const char *const others[] = { "0.0.0.0:80", "*:80", "[::]:80", "10.0.0.1:80",
		"192.168.1.1:80", "[2001:db8::1]:80", "cinema.example:80", "127.0.0.1.example:80",
		"128.0.0.1:80", "127.1:80", "localhost.example:80" };
	for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
		assert_true(read_together(
		    (const char *const[][2]){ { "CINEMA_LISTEN", loopback[i] } }, 1, ""));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_false(
		    read_together((const char *const[][2]){ { "CINEMA_LISTEN", others[i] } }, 1,
			"set CINEMA_AUTH=required"));
		assert_true(read_together((const char *const[][2]){ { "CINEMA_LISTEN", others[i] },
					      { "CINEMA_AUTH", "required" } },
		    2, ""));
	}
}

static void tls_takes_two_files(void **state)
{
	(void)state;
	static const char *const certificate[][2] = { { "CINEMA_TLS_CERTIFICATE", "a.pem" } };
	static const char *const key[][2] = { { "CINEMA_TLS_KEY", "b.pem" } };
	static const char *const plain[][2] = { { "CINEMA_LISTEN_PLAIN", "127.0.0.1:80" } };
	static const char *const all[][2] = { { "CINEMA_TLS_CERTIFICATE", "a.pem" },
		{ "CINEMA_TLS_KEY", "b.pem" }, { "CINEMA_LISTEN_PLAIN", "0.0.0.0:80" } };
	assert_false(read_together(certificate, 1, "set CINEMA_TLS_KEY"));
	assert_false(read_together(key, 1, "set CINEMA_TLS_CERTIFICATE"));
	assert_false(read_together(plain, 1, "set CINEMA_TLS_CERTIFICATE"));
	assert_true(read_together(all, 2, ""));
	assert_true(read_together(all, 3, ""));
}

static void origins_are_exact(void **state)
{
	(void)state;
	static const char *const good[] = { "https://cinema.example", "http://localhost:3000",
		"https://a.example https://b.example:8443", "http://[::1]:80", "http://10.0.0.1" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(read_together(
		    (const char *const[][2]){ { "CINEMA_CORS_ORIGINS", good[i] } }, 1, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_memory_for_any_size),
		cmocka_unit_test(pieces_of_an_arena_do_not_meet),
		cmocka_unit_test(arena_is_used_again_after_a_reset),
		cmocka_unit_test(buffer_grows_and_stays_terminated),
		cmocka_unit_test(any_length_is_printed_whole),
		cmocka_unit_test(buffer_is_cut),
		cmocka_unit_test(buffer_stops_at_its_limit_and_says_so),
		cmocka_unit_test(buffer_joins_texts_and_numbers),
		cmocka_unit_test(dates_are_days_that_exist),
		cmocka_unit_test(times_run_from_0000_to_2359),
		cmocka_unit_test(days_are_added_over_months_and_years),
		cmocka_unit_test(instants_are_written_and_read),
		cmocka_unit_test(instants_are_the_same_in_every_zone),
		cmocka_unit_test(today_is_that_of_the_zone),
		cmocka_unit_test(clocks_are_in_milliseconds),
		cmocka_unit_test(identifiers_have_one_form),
		cmocka_unit_test(made_identifiers_are_good),
		cmocka_unit_test(words_of_paths_are_no_identifiers),
		cmocka_unit_test(later_bookings_sort_first),
		cmocka_unit_test(hashes_are_those_of_xxh3),
		cmocka_unit_test(a_log_line_is_one_object_of_plain_characters),
		cmocka_unit_test(a_long_log_line_is_cut_at_a_character),
		cmocka_unit_test(a_log_that_cannot_be_written_changes_no_errno),
		cmocka_unit_test(settings_have_defaults),
		cmocka_unit_test(bad_settings_are_named_with_what_they_take),
		cmocka_unit_test(open_is_for_loopback_addresses),
		cmocka_unit_test(tls_takes_two_files),
		cmocka_unit_test(origins_are_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
