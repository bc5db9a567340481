/* What the client sends again and what it does not, put to a small server that answers as it is told.
 * Its pauses are taken over here: they are noted, and pass at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../client/cli/http.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS_MAX 100

/* A letter an answer: "2" 200, "5" 503, "9" 429, "0" 502, "4" 404, "i" 500, "r" and "l" 503 with
 * Retry-After: 7 and 70, "x" none, "s" none as long as somebody waits. */
static struct {
	const char *script;
	int listener;
	atomic_int requests;
	char texts[REQUESTS_MAX][2048]; /* that came */
	pthread_t thread;
} server;

static int64_t pauses[REQUESTS_MAX]; /* milliseconds */
static int pause_count;

int nanosleep(const struct timespec *length, struct timespec *left)
{
	(void)left;
	if (pause_count < REQUESTS_MAX)
		pauses[pause_count++] = (int64_t)length->tv_sec * 1000 + length->tv_nsec / 1000000;
	return 0;
}

static const char *answer_of(char letter)
{
	switch (letter) {
	case '2': return "200 X";
	case '5': return "503 X";
	case '9': return "429 X";
	case '0': return "502 X";
	case '4': return "404 X";
	case 'i': return "500 X";
	case 'r': return "503 X\r\nRetry-After: 7";
	case 'l': return "503 X\r\nRetry-After: 70";
	default: return NULL;
	}
}

/* Reads a request with its body. */
static void read_request(int fd, char *text, size_t size)
{
	size_t length = 0;
	text[0] = '\0';
	while (length < size - 1) {
		ssize_t got = recv(fd, text + length, size - 1 - length, 0);
		if (got <= 0)
			return;
		length += (size_t)got;
		text[length] = '\0';
		const char *end = strstr(text, "\r\n\r\n"),
			   *body = strstr(text, "Content-Length: ");
		if (end && (!body || strlen(end + 4) >= strtoul(body + 16, NULL, 10)))
			return;
	}
}

static void *serve(void *unused)
{
	int fd;
	while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
		int number = atomic_load(&server.requests);
		size_t last = strlen(server.script) - 1;
		const char *answer =
		    answer_of(server.script[(size_t)number < last ? (size_t)number : last]);
		char text[200];
		read_request(fd, server.texts[number % REQUESTS_MAX], sizeof *server.texts);
		atomic_store(&server.requests, number + 1);
		if (server.script[0] == 's')
			recv(fd, text, 1, 0);
		if (answer) {
			snprintf(text, sizeof text,
			    "HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
			    answer);
			send(fd, text, strlen(text), MSG_NOSIGNAL);
		}
		close(fd);
	}
	return unused;
}

static void stop_server(void)
{
	if (server.listener < 0)
		return;
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
	server.listener = -1;
}

static int set_up(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	char name[64], why[256];
	pause_count = 0;
	atomic_store(&server.requests, 0);
	server.script = "2";
	server.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (server.listener < 0 ||
	    bind(server.listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(server.listener, 16) != 0 ||
	    getsockname(server.listener, (struct sockaddr *)&address, &size) != 0 ||
	    pthread_create(&server.thread, NULL, serve, NULL) != 0)
		return -1;
	snprintf(name, sizeof name, "127.0.0.1:%d", ntohs(address.sin_port));
	*state = http_open(name, 60, why, sizeof why);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	http_close(*state);
	stop_server();
	return 0;
}

/* Sends and returns how many requests the server got. */
static int send_to(struct http *http, const struct http_request *request, const char *script,
    enum http_result *result, struct http_answer *answer)
{
	server.script = script;
	atomic_store(&server.requests, 0);
	*result = http_send(http, request, answer);
	return atomic_load(&server.requests);
}

/* That a request goes out so often, and ends with that status, or 0 for a connection that broke. */
static void expect_sent(struct http *http, const char *method, const char *key, const char *script,
    int times, int status)
{
	bool reads = strcmp(method, "GET") == 0;
	struct http_answer answer;
	enum http_result result;
	int sent = send_to(http,
	    &(struct http_request){
		.method = method, .path = "/x", .key = key, .body = reads ? NULL : "{}" },
	    script, &result, &answer);
	if (sent != times || result != (status ? HTTP_ANSWERED : HTTP_CUT) ||
	    answer.status != status)
		fail_msg("%s %s, %s: sent %d times, and not %d, and ended with %d, %d", method,
		    key ? "with a key" : "without a key", script, sent, times, (int)result,
		    answer.status);
	http_answer_free(&answer);
}

static void what_changes_something_goes_out_once_without_a_key(void **state)
{
	static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE" };
	for (size_t i = 0; i < 4; i++) {
		expect_sent(*state, methods[i], NULL, "52", 1, 503);
		expect_sent(*state, methods[i], NULL, "92", 1, 429);
		expect_sent(*state, methods[i], NULL, "02", 1, 502);
		expect_sent(*state, methods[i], NULL, "r2", 1, 503);
		expect_sent(*state, methods[i], NULL, "x2", 1, 0);
	}
	assert_int_equal(pause_count, 0);
}

static void with_a_key_it_is_repeated_under_the_same_key(void **state)
{
	static const char *const scripts[] = { "52", "92", "02", "x2", "r2" };
	for (size_t i = 0; i < 5; i++) {
		expect_sent(*state, "POST", "the-key", scripts[i], 2, 200);
		for (int request = 0; request < 2; request++)
			assert_non_null(
			    strstr(server.texts[request], "\r\nIdempotency-Key: the-key\r\n"));
		assert_string_equal(server.texts[0], server.texts[1]);
	}
	expect_sent(*state, "PATCH", "k", "52", 2, 200);
	expect_sent(*state, "DELETE", "k", "x2", 2, 200);
}

static void reading_is_repeated(void **state)
{
	expect_sent(*state, "GET", NULL, "52", 2, 200);
	expect_sent(*state, "GET", NULL, "92", 2, 200);
	expect_sent(*state, "GET", NULL, "02", 2, 200);
	expect_sent(*state, "GET", NULL, "x2", 2, 200);
	assert_null(strstr(server.texts[0], "Idempotency-Key"));
}

static void other_answers_are_final(void **state)
{
	expect_sent(*state, "GET", NULL, "42", 1, 404);
	expect_sent(*state, "GET", NULL, "i2", 1, 500);
	expect_sent(*state, "POST", "k", "42", 1, 404);
	expect_sent(*state, "POST", "k", "i2", 1, 500);
	assert_int_equal(pause_count, 0);
}

static void there_are_three_repeats_with_growing_pauses(void **state)
{
	expect_sent(*state, "GET", NULL, "5", 4, 503);
	assert_int_equal(pause_count, 3);
	assert_int_equal(pauses[0], 500);
	assert_int_equal(pauses[1], 1000);
	assert_int_equal(pauses[2], 2000);
}

static void the_server_says_when(void **state)
{
	expect_sent(*state, "GET", NULL, "r2", 2, 200);
	assert_int_equal(pause_count, 1);
	assert_int_equal(pauses[0], 7000);
	/* Not before the deadline, so not at all. */
	expect_sent(*state, "GET", NULL, "l2", 1, 503);
	assert_int_equal(pause_count, 1);
}

static void once_is_once(void **state)
{
	http_once(*state);
	expect_sent(*state, "GET", NULL, "52", 1, 503);
	expect_sent(*state, "POST", "k", "x2", 1, 0);
}

static void what_may_have_been_done_is_told(void **state)
{
	const struct http_request request = {
		.method = "POST", .path = "/", .body = "{}", .key = "k"
	};
	static const struct {
		const char *script;
		bool doubt;
	} cases[] = { { "2", false }, { "52", false }, { "92", false }, { "02", true },
		{ "x2", true }, { "x4", true } };
	struct http_answer answer;
	enum http_result result;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		send_to(*state, &request, cases[i].script, &result, &answer);
		assert_int_equal(result, HTTP_ANSWERED);
		assert_int_equal(answer.was_repeated, cases[i].doubt);
		http_answer_free(&answer);
	}
	/* A refusal of the last attempt says nothing of the first. */
	assert_int_equal(send_to(*state, &request, "x5", &result, &answer), 4);
	assert_int_equal(result, HTTP_CUT);
	assert_int_equal(answer.status, 0);
	http_answer_free(&answer);
}

static void a_server_that_was_there_is_waited_for(void **state)
{
	const struct http_request request = { .method = "GET", .path = "/" };
	struct http_answer answer;
	char name[128], why[256];
	expect_sent(*state, "GET", NULL, "2", 1, 200);
	stop_server();
	assert_int_equal(http_send(*state, &request, &answer), HTTP_UNREACHABLE);
	http_answer_free(&answer);
	assert_true(pause_count > 20);
	/* One that never was is not. */
	snprintf(name, sizeof name, "%s", http_server(*state));
	struct http *http = http_open(name, 60, why, sizeof why);
	pause_count = 0;
	assert_int_equal(http_send(http, &request, &answer), HTTP_UNREACHABLE);
	assert_int_equal(pause_count, 0);
	http_answer_free(&answer);
	http_close(http);
}

static void a_file_is_sent_again_from_its_beginning(void **state)
{
	struct http_file from = { .file = tmpfile(), .total = 11 };
	struct http_answer answer;
	enum http_result result;
	fputs("{\"a\":[1,2]}", from.file);
	rewind(from.file);
	const struct http_request request = {
		.method = "POST", .path = "/import", .from = &from, .key = "k"
	};
	assert_int_equal(send_to(*state, &request, "52", &result, &answer), 2);
	assert_int_equal(answer.status, 200);
	for (int i = 0; i < 2; i++) {
		assert_non_null(strstr(server.texts[i], "\r\nContent-Length: 11\r\n"));
		assert_non_null(strstr(server.texts[i], "\r\n\r\n{\"a\":[1,2]}"));
	}
	assert_int_equal(from.done, 11);
	http_answer_free(&answer);
	fclose(from.file);
}

static void a_file_that_comes_has_the_good_answer_alone(void **state)
{
	struct http_file to = { .file = tmpfile() };
	struct http_answer answer;
	enum http_result result;
	char text[16] = "";
	const struct http_request request = { .method = "GET", .path = "/export", .to = &to };
	assert_int_equal(send_to(*state, &request, "52", &result, &answer), 2);
	assert_int_equal(answer.status, 200);
	http_answer_free(&answer);
	send_to(*state, &request, "4", &result, &answer);
	assert_int_equal(answer.status, 404);
	assert_string_equal(answer.body.data, "{}");
	http_answer_free(&answer);
	rewind(to.file);
	assert_int_equal(fread(text, 1, sizeof text, to.file), 0); /* what came before is gone */
	fclose(to.file);
}

static void a_token_goes_with_each_request_until_there_is_none(void **state)
{
	assert_true(http_token(*state, "abc"));
	expect_sent(*state, "GET", NULL, "52", 2, 200);
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(server.texts[i], "\r\nAuthorization: Bearer abc\r\n"));
	assert_true(http_token(*state, NULL));
	expect_sent(*state, "GET", NULL, "2", 1, 200);
	assert_null(strstr(server.texts[0], "Authorization"));
}

static void a_silent_server_is_given_up_at_the_deadline(void **state)
{
	const struct http_request request = { .method = "GET", .path = "/" };
	struct http_answer answer;
	enum http_result result;
	char why[256];
	struct http *http = http_open(http_server(*state), 1, why, sizeof why);
	int64_t start = clock_steady();
	send_to(http, &request, "s", &result, &answer);
	assert_int_equal(result, HTTP_SLOW);
	assert_int_equal(answer.status, 0);
	assert_in_range(
	    clock_steady() - start, 900, 9000); /* of ten seconds that are the standard */
	assert_int_equal(pause_count, 0);
	http_answer_free(&answer);
	http_close(http);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_changes_something_goes_out_once_without_a_key),
		TEST(with_a_key_it_is_repeated_under_the_same_key),
		TEST(reading_is_repeated),
		TEST(other_answers_are_final),
		TEST(there_are_three_repeats_with_growing_pauses),
		TEST(the_server_says_when),
		TEST(once_is_once),
		TEST(a_silent_server_is_given_up_at_the_deadline),
		TEST(what_may_have_been_done_is_told),
		TEST(a_server_that_was_there_is_waited_for),
		TEST(a_file_is_sent_again_from_its_beginning),
		TEST(a_file_that_comes_has_the_good_answer_alone),
		TEST(a_token_goes_with_each_request_until_there_is_none),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("repeat", tests, NULL, NULL);
}
