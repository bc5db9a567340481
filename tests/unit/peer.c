/* Questions to other services, put to a small HTTP server on a unix socket that misbehaves on
 * demand: what is asked for decides how it answers. */
#include "http/peer.h"

#include "base/clock.h"
#include "base/json.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings settings;
static struct peers *peers;
static struct arena arena;
static struct request request = { .arena = &arena, .id = "r-1", .may_wait = true };
static char folder[] = "/tmp/peer.XXXXXX";
static int listener = -1;
static pthread_t server;
static atomic_int asked, connected;
static char last_head[2000]; /* of the last question; under mutex */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void send_text(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void send_answer(int fd, int status, const char *body)
{
	char head[200];
	snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", status,
	    strlen(body));
	send_text(fd, head);
	send_text(fd, body);
}

static void pause_ms(long ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

/* A string of so many bytes with its quotes. */
static void send_long(int fd, size_t length)
{
	char *text = malloc(length + 1);
	memset(text, 'x', length);
	text[0] = text[length - 1] = '"';
	text[length] = '\0';
	send_answer(fd, 200, text);
	free(text);
}

/* Answers one question; false when the connection must end. */
static bool answer(int fd, const char *head)
{
	char body[64];
	int number = atomic_fetch_add(&asked, 1) + 1;
	pthread_mutex_lock(&mutex);
	snprintf(last_head, sizeof last_head, "%s", head);
	pthread_mutex_unlock(&mutex);
	snprintf(body, sizeof body, "{\"number\":%d}", number);
	if (strncmp(head, "GET /good", 9) == 0) {
		send_answer(fd, 200, body);
	} else if (strncmp(head, "GET /once", 9) == 0) {
		send_answer(fd, 200, body); /* and close without saying so */
		return false;
	} else if (strncmp(head, "PUT /good", 9) == 0) {
		send_answer(fd, 200, body);
	} else if (strncmp(head, "PUT /once", 9) == 0) {
		send_answer(fd, 200, body);
		return false;
	} else if (strncmp(head, "GET /absent", 11) == 0) {
		send_answer(fd, 404, "{}");
	} else if (strncmp(head, "GET /failing", 12) == 0) {
		send_answer(fd, 503, "{}");
	} else if (strncmp(head, "GET /reset", 10) == 0) {
		struct pollfd next = { .fd = fd, .events = POLLIN };
		send_answer(fd, 200, body); /* and close when the next question is there, unread */
		poll(&next, 1, 10000);
		return false;
	} else if (strncmp(head, "GET /status/", 12) == 0) {
		send_answer(fd, (int)strtol(head + 12, NULL, 10), body);
	} else if (strncmp(head, "GET /gone", 9) == 0 || strncmp(head, "PUT /gone", 9) == 0) {
		return false;
	} else if (strncmp(head, "GET /slow", 9) == 0) {
		pause_ms(400);
		send_answer(fd, 200, body);
	} else if (strncmp(head, "GET /long", 9) == 0) {
		send_long(fd, (size_t)strtoul(head + 10, NULL, 10));
	} else if (strncmp(head, "GET /moved", 10) == 0) {
		send_text(fd, "HTTP/1.1 301 X\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(head, "GET /rubbish", 12) == 0) {
		send_answer(fd, 200, "{\"a\":");
	} else if (strncmp(head, "GET /cut", 8) == 0) {
		send_text(fd, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{}");
		return false;
	} else if (strncmp(head, "GET /endless", 12) == 0) {
		static char spaces[65536];
		memset(spaces, ' ', sizeof spaces - 1);
		send_text(fd, "HTTP/1.1 200 X\r\n\r\n");
		for (int i = 0; i < 200; i++)
			send_text(fd, spaces);
		return false;
	} else { /* "GET /silent": say nothing until the other side gives up, which it has to */
		const struct timeval patience = { .tv_sec = 5 };
		char byte;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		return recv(fd, &byte, 1, 0) > 0;
	}
	return true;
}

static void *serve_connection(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char head[2000];
	size_t length = 0;
	while (length < sizeof head - 1) {
		ssize_t got = recv(fd, head + length, sizeof head - 1 - length, 0);
		if (got <= 0)
			break;
		length += (size_t)got;
		head[length] = '\0';
		const char *end = strstr(head, "\r\n\r\n"),
			   *size = strstr(head, "\r\nContent-Length: ");
		if (!end || (size && strlen(end + 4) < strtoul(size + 18, NULL, 10)))
			continue;
		if (!answer(fd, head))
			break;
		length = 0;
	}
	close(fd);
	return NULL;
}

static void *serve(void *unused)
{
	int fd;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		pthread_t thread;
		atomic_fetch_add(&connected, 1);
		if (pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
	return unused;
}

static int start_server(void **state)
{
	(void)state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char why[256];
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder) || setenv("CINEMA_STATE", folder, 1) != 0 ||
	    setenv("CINEMA_PEER_TIMEOUT_MS", "30000", 1) != 0 ||
	    setenv("CINEMA_PEER_CACHE_MS", "60000", 1) != 0 ||
	    !settings_read(&settings, why, sizeof why))
		return -1;
	snprintf(address.sun_path, sizeof address.sun_path, "%s/internal.sock", folder);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(listener, 64) != 0)
		return -1;
	return pthread_create(&server, NULL, serve, NULL) == 0 ? 0 : -1;
}

static int stop_server(void **state)
{
	(void)state;
	char path[200];
	shutdown(listener, SHUT_RDWR);
	pthread_join(server, NULL);
	close(listener);
	snprintf(path, sizeof path, "%s/internal.sock", folder);
	unlink(path);
	return rmdir(folder);
}

static int set_up(void **state)
{
	(void)state;
	char why[256];
	arena_init(&arena);
	atomic_store(&asked, 0);
	atomic_store(&connected, 0);
	request.may_wait = true;
	peers = peer_start(&settings, why, sizeof why);
	return peers ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	peer_stop(peers);
	arena_free(&arena);
	return 0;
}

/* The cache is empty after it. */
static void restart_peers(int64_t timeout_ms, int64_t cache_ms)
{
	char why[256];
	struct settings other = settings;
	other.values[SETTING_PEER_TIMEOUT_MS].number = timeout_ms;
	other.values[SETTING_PEER_CACHE_MS].number = cache_ms;
	peer_stop(peers);
	peers = peer_start(&other, why, sizeof why);
	assert_non_null(peers);
}

/* Asks and returns the "number" of the answer, or -1. */
static int64_t ask(enum peer_age age, const char *path)
{
	struct json_object *json = NULL;
	int64_t number = -1;
	if (peer_get(peers, &request, age, path, &json) == PEER_OK)
		number = json_integer(json, "number", -2);
	json_object_put(json);
	return number;
}

static void expect_result(const char *path, enum peer_result result)
{
	struct json_object *json = NULL;
	int64_t start = clock_steady();
	assert_int_equal(peer_get(peers, &request, PEER_CACHED, path, &json), result);
	assert_null(json);
	assert_true(clock_steady() - start < 3000);
}

/* The head of the last question, and its body. */
static const char *read_head(void)
{
	static char head[sizeof last_head];
	pthread_mutex_lock(&mutex);
	memcpy(head, last_head, sizeof head);
	pthread_mutex_unlock(&mutex);
	return head;
}

static void a_question_is_answered_on_a_kept_connection(void **state)
{
	(void)state;
	for (int i = 1; i <= 20; i++)
		assert_int_equal(ask(PEER_FRESH, "/good/a%20b?x=1"), i);
	assert_int_equal(atomic_load(&connected), 1);
	const char *head = read_head();
	assert_memory_equal(head, "GET /good/a%20b?x=1 HTTP/1.1\r\n", 30);
	assert_non_null(strstr(head, "\r\nX-Request-Id: r-1\r\n"));
	assert_non_null(strstr(head, "\r\nAccept: application/json\r\n"));
}

static int64_t put(const char *path, const char *body)
{
	struct json_object *json = NULL;
	int64_t number = -1;
	if (peer_put(peers, &request, path, body, &json) == PEER_OK)
		number = json_integer(json, "number", -2);
	json_object_put(json);
	return number;
}

static void a_body_is_put_on_the_same_connection(void **state)
{
	(void)state;
	assert_int_equal(ask(PEER_FRESH, "/good"), 1);
	assert_int_equal(put("/good/x", "{\"a\":1}"), 2);
	const char *head = read_head();
	assert_memory_equal(head, "PUT /good/x HTTP/1.1\r\n", 22);
	assert_non_null(strstr(head, "\r\nX-Request-Id: r-1\r\n"));
	assert_non_null(strstr(head, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(head, "\r\n\r\n{\"a\":1}"));
	assert_int_equal(ask(PEER_FRESH, "/good"), 3);
	head = read_head();
	assert_memory_equal(head, "GET /good HTTP/1.1\r\n", 20);
	assert_null(strstr(head, "Content-Length"));
	assert_int_equal(atomic_load(&connected), 1);
	for (int i = 0; i < 5; i++)
		assert_true(put("/once", "{}") > 0);
	restart_peers(100, 0);
	assert_int_equal(put("/silent", "{}"), -1);
	request.may_wait = false;
	struct json_object *json = NULL;
	assert_int_equal(peer_put(peers, &request, "/good", "{}", &json), PEER_WAIT);
}

static void an_answer_is_cached_for_a_short_time(void **state)
{
	(void)state;
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 1);
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 1);
	assert_int_equal(ask(PEER_CACHED, "/good/2"), 2);
	assert_int_equal(ask(PEER_FRESH, "/good/1"), 3);
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 3);
	restart_peers(30000, 100);
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 4);
	pause_ms(150);
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 5);
}

static struct json_object *share(enum peer_age age, const char *path)
{
	struct json_object *json = NULL;
	assert_int_equal(peer_share(peers, &request, age, path, &json), PEER_OK);
	return json;
}

static void a_shared_answer_is_one_tree_and_outlives_the_cache(void **state)
{
	(void)state;
	struct json_object *first = share(PEER_CACHED, "/good/1");
	struct json_object *second = share(PEER_CACHED, "/good/1");
	struct json_object *own = NULL;
	assert_ptr_equal(first, second);
	assert_int_equal(peer_get(peers, &request, PEER_CACHED, "/good/1", &own), PEER_OK);
	assert_ptr_not_equal(own, first);
	assert_int_equal(json_integer(own, "number", 0), 1);
	json_object_put(own);
	assert_int_equal(peer_get(peers, &request, PEER_CACHED, "/good/1", NULL), PEER_OK);
	assert_int_equal(atomic_load(&asked), 1);
	struct json_object *fresh = share(PEER_FRESH, "/good/1");
	assert_int_equal(json_integer(fresh, "number", 0), 2);
	assert_int_equal(json_integer(first, "number", 0), 1);
	peer_release(peers, first);
	peer_release(peers, second);
	peer_release(peers, fresh);
	peer_release(peers, NULL);
	/* Of what was asked for by its text alone, too. */
	assert_int_equal(ask(PEER_CACHED, "/good/2"), 3);
	first = share(PEER_CACHED, "/good/2");
	second = share(PEER_CACHED, "/good/2");
	assert_ptr_equal(first, second);
	peer_release(peers, first);
	peer_release(peers, second);
}

static void the_quick_lane_never_asks(void **state)
{
	(void)state;
	request.may_wait = false;
	expect_result("/good/1", PEER_WAIT);
	request.may_wait = true;
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 1);
	request.may_wait = false;
	assert_int_equal(ask(PEER_CACHED, "/good/1"), 1);
	struct json_object *json = NULL;
	assert_int_equal(peer_get(peers, &request, PEER_FRESH, "/good/1", &json), PEER_WAIT);
	assert_int_equal(peer_share(peers, &request, PEER_FRESH, "/good/1", &json), PEER_WAIT);
	assert_int_equal(atomic_load(&asked), 1);
}

static void only_good_answers_are_cached(void **state)
{
	(void)state;
	for (int i = 1; i <= 2; i++) {
		expect_result("/absent", PEER_ABSENT);
		expect_result("/failing", PEER_DOWN);
		expect_result("/rubbish", PEER_DOWN);
		expect_result("/moved", PEER_DOWN);
		assert_int_equal(atomic_load(&asked), 4 * i);
	}
}

/* A 404 alone says that something is not there. */
static void only_a_404_is_absent_and_only_a_200_is_an_answer(void **state)
{
	(void)state;
	static const int statuses[] = { 201, 202, 203, 206, 304, 400, 401, 403, 405, 406, 409, 410,
		412, 413, 422, 429, 500, 502, 504 };
	char path[32];
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		snprintf(path, sizeof path, "/status/%d", statuses[i]);
		expect_result(path, PEER_DOWN);
	}
	expect_result("/status/404", PEER_ABSENT);
	assert_true(ask(PEER_CACHED, "/status/200") > 0);
}

static void what_breaks_off_is_asked_once_more_and_no_oftener(void **state)
{
	(void)state;
	expect_result("/gone", PEER_DOWN);
	assert_int_equal(atomic_load(&asked), 2);
	assert_int_equal(put("/gone", "{}"), -1);
	assert_int_equal(atomic_load(&asked), 4);
	expect_result("/cut", PEER_DOWN);
	assert_int_equal(atomic_load(&asked), 5);
}

/* An answer is as old as its question. */
static void the_time_that_an_answer_took_counts(void **state)
{
	(void)state;
	restart_peers(30000, 600);
	assert_int_equal(ask(PEER_CACHED, "/slow"), 1);
	pause_ms(300);
	assert_int_equal(ask(PEER_CACHED, "/slow"), 2);
}

static void a_put_is_never_answered_from_the_cache_nor_kept_there(void **state)
{
	(void)state;
	assert_int_equal(ask(PEER_CACHED, "/good"), 1);
	assert_int_equal(put("/good", "{}"), 2);
	assert_int_equal(put("/good", "{}"), 3);
	assert_int_equal(ask(PEER_CACHED, "/good"), 1);
}

/* Asks for an answer of so many bytes twice; how many questions that took. */
static int ask_long(size_t length, int number)
{
	char path[40];
	int before = atomic_load(&asked);
	snprintf(path, sizeof path, "/long/%zu/%d", length, number);
	for (int i = 0; i < 2; i++) {
		struct json_object *json = NULL;
		assert_int_equal(peer_get(peers, &request, PEER_CACHED, path, &json), PEER_OK);
		assert_int_equal(json_object_get_string_len(json), length - 2);
		json_object_put(json);
	}
	return atomic_load(&asked) - before;
}

static void no_answer_has_the_cache_for_itself(void **state)
{
	(void)state;
	restart_peers(30000, 600000);
	assert_int_equal(ask_long(256 * 1024, 0), 1);
	assert_int_equal(ask_long(256 * 1024 + 1, 0), 2);
	/* There is room for sixteen of the largest. */
	for (int i = 1; i < 16; i++)
		assert_int_equal(ask_long(256 * 1024, i), 1);
	assert_int_equal(ask_long(256 * 1024, 16), 2);
	assert_int_equal(ask_long(256 * 1024, 0), 0);
}

static void without_a_cache_each_question_goes_out(void **state)
{
	(void)state;
	restart_peers(30000, 0);
	assert_int_equal(ask(PEER_CACHED, "/good"), 1);
	assert_int_equal(ask(PEER_CACHED, "/good"), 2);
}

static void a_peer_that_breaks_off_is_down(void **state)
{
	(void)state;
	expect_result("/cut", PEER_DOWN);
	expect_result("/endless", PEER_DOWN);
	assert_true(ask(PEER_FRESH, "/good") > 0);
}

static void a_silent_peer_is_down_in_time(void **state)
{
	(void)state;
	restart_peers(800, 0);
	int64_t start = clock_steady();
	expect_result("/silent", PEER_DOWN);
	assert_in_range(clock_steady() - start, 790, 2500);
	assert_true(ask(PEER_FRESH, "/good") > 0);
}

static void a_connection_that_was_closed_is_opened_again(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(ask(PEER_FRESH, "/once") > 0);
	assert_int_equal(atomic_load(&connected), 10);
}

static void a_connection_that_is_reset_is_opened_again(void **state)
{
	(void)state;
	assert_int_equal(ask(PEER_FRESH, "/reset"), 1);
	assert_int_equal(ask(PEER_FRESH, "/good"), 2);
	assert_int_equal(atomic_load(&connected), 2);
}

static void nobody_there_is_down(void **state)
{
	(void)state;
	char path[200], away[200];
	snprintf(path, sizeof path, "%s/internal.sock", folder);
	snprintf(away, sizeof away, "%s/away.sock", folder);
	assert_int_equal(rename(path, away), 0);
	expect_result("/good", PEER_DOWN);
	assert_int_equal(rename(away, path), 0);
	assert_true(ask(PEER_FRESH, "/good") > 0);
}

static void *ask_many(void *result)
{
	struct arena own;
	struct request mine = { .arena = &own, .id = "r-2", .may_wait = true };
	arena_init(&own);
	for (int i = 0; i < 200; i++) {
		char path[32];
		struct json_object *json = NULL;
		snprintf(path, sizeof path, "/good/%d", i % 7);
		if (peer_get(peers, &mine, i % 3 ? PEER_CACHED : PEER_FRESH, path, &json) !=
		    PEER_OK)
			*(bool *)result = false;
		json_object_put(json);
		json = NULL;
		if (peer_share(peers, &mine, i % 5 ? PEER_CACHED : PEER_FRESH, path, &json) !=
			PEER_OK ||
		    json_integer(json, "number", 0) == 0)
			*(bool *)result = false;
		peer_release(peers, json);
	}
	arena_free(&own);
	return NULL;
}

static void many_threads_ask_at_once(void **state)
{
	(void)state;
	pthread_t threads[16];
	bool good[16];
	for (int i = 0; i < 16; i++) {
		good[i] = true;
		assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &good[i]), 0);
	}
	for (int i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 16; i++)
		assert_true(good[i]);
	assert_in_range(atomic_load(&connected), 1, 16);
}

static void more_than_the_cache_holds_is_no_fault(void **state)
{
	(void)state;
	for (int i = 1; i <= 3000; i++) {
		char path[32];
		snprintf(path, sizeof path, "/good/%d", i);
		assert_int_equal(ask(PEER_CACHED, path), i);
	}
}

static void a_thousand_answers_are_kept_beside_each_other(void **state)
{
	(void)state;
	char path[32];
	restart_peers(30000, 600000);
	for (int round = 0; round < 2; round++)
		for (int i = 1; i <= 1000; i++) {
			snprintf(path, sizeof path, "/good/%d", i);
			assert_true(ask(PEER_CACHED, path) > 0);
		}
	assert_in_range(atomic_load(&asked), 1000, 1050);
}

static void a_path_too_long_for_a_socket_is_told(void **state)
{
	(void)state;
	static struct settings other;
	char why[512], path[120];
	memset(path, 'a', sizeof path);
	path[119] = '\0';
	setenv("CINEMA_STATE", path, 1);
	assert_true(settings_read(&other, why, sizeof why));
	assert_null(peer_start(&other, why, sizeof why));
	assert_non_null(strstr(why, "CINEMA_STATE"));
	setenv("CINEMA_STATE", folder, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_question_is_answered_on_a_kept_connection),
		TEST(a_body_is_put_on_the_same_connection),
		TEST(an_answer_is_cached_for_a_short_time),
		TEST(a_shared_answer_is_one_tree_and_outlives_the_cache),
		TEST(the_quick_lane_never_asks),
		TEST(only_good_answers_are_cached),
		TEST(only_a_404_is_absent_and_only_a_200_is_an_answer),
		TEST(what_breaks_off_is_asked_once_more_and_no_oftener),
		TEST(the_time_that_an_answer_took_counts),
		TEST(a_put_is_never_answered_from_the_cache_nor_kept_there),
		TEST(no_answer_has_the_cache_for_itself),
		TEST(without_a_cache_each_question_goes_out),
		TEST(a_peer_that_breaks_off_is_down),
		TEST(a_silent_peer_is_down_in_time),
		TEST(a_connection_that_was_closed_is_opened_again),
		TEST(a_connection_that_is_reset_is_opened_again),
		TEST(nobody_there_is_down),
		TEST(many_threads_ask_at_once),
		TEST(more_than_the_cache_holds_is_no_fault),
		TEST(a_thousand_answers_are_kept_beside_each_other),
		TEST(a_path_too_long_for_a_socket_is_told),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
