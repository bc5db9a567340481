/* An answer's records: whole at whatever length, in one call as long as they fit, and honest when the
 * other side is gone or does not read. */
#include "http/record.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUEST 0x102
#define MUCH    (3 * 1024 * 1024 + 17)

static struct buffer head, body;

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	buffer_init(&head, SIZE_MAX / 2);
	buffer_init(&body, SIZE_MAX / 2);
	buffer_text(&head, "Status: 200 OK\r\n\r\n");
	for (int i = 0; body.length < MUCH; i++)
		buffer_append(&body, (const char[]){ (char)('a' + i % 23) }, 1);
	return body.failed;
}

static int tear_down(void **state)
{
	(void)state;
	buffer_free(&head);
	buffer_free(&body);
	return 0;
}

struct reader {
	int fd;
	pthread_t interrupted; /* by each read, where interrupts */
	bool interrupts;
	unsigned char *bytes;
	size_t length;
};

static void *read_all(void *argument)
{
	struct reader *reader = argument;
	ssize_t got;
	while ((got = read(reader->fd, reader->bytes + reader->length, 4096)) > 0) {
		reader->length += (size_t)got;
		if (reader->interrupts)
			pthread_kill(reader->interrupted, SIGUSR1);
	}
	return NULL;
}

static void ignore(int signal)
{
	(void)signal;
}

/* Looks at the records one by one; what they hold goes into text. */
static size_t unpack(const unsigned char *record, const unsigned char *end, char *text)
{
	size_t length, sum = 0;
	do {
		assert_true(end - record >= 8);
		assert_int_equal(record[0], 1);
		assert_int_equal(record[1], 6);
		assert_int_equal(record[2] << 8 | record[3], REQUEST);
		assert_int_equal(record[6], 0);
		length = (size_t)(record[4] << 8 | record[5]);
		assert_true((size_t)(end - record) >= 8 + length);
		memcpy(text + sum, record + 8, length);
		sum += length;
		record += 8 + length;
	} while (length > 0);
	static const unsigned char over[] = { 1, 3, REQUEST >> 8, REQUEST & 255, 0, 8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0 };
	assert_int_equal(end - record, sizeof over);
	assert_memory_equal(record, over, sizeof over);
	return sum;
}

static void arrives(size_t length, bool interrupts)
{
	int fds[2];
	pthread_t thread;
	struct buffer part = body;
	struct reader reader = {
		.bytes = malloc(2 * MUCH), .interrupted = pthread_self(), .interrupts = interrupts
	};
	char *text = malloc(2 * MUCH);
	part.length = length;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	reader.fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, read_all, &reader), 0);
	bool good = record_send(fds[0], REQUEST, &head, length ? &part : NULL);
	close(fds[0]);
	pthread_join(thread, NULL);
	close(fds[1]);
	assert_true(good);
	assert_int_equal(
	    unpack(reader.bytes, reader.bytes + reader.length, text), head.length + length);
	assert_memory_equal(text, head.data, head.length);
	assert_memory_equal(text + head.length, body.data, length);
	free(reader.bytes);
	free(text);
}

static void answers_arrive_whole(void **state)
{
	static const size_t lengths[] = { 0, 1, 8192, 65527, 65528, 65529, 131056, 15 * 65528,
		15 * 65528 + 1, 16 * 65528 + 1, MUCH };
	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		arrives(lengths[i], false);
}

/* A signal ends a call that waits for the other side, with less than all sent or with nothing. */
static void answers_arrive_whole_though_interrupted(void **state)
{
	const struct sigaction action = { .sa_handler = ignore };
	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	for (int i = 0; i < 5; i++)
		arrives(MUCH, true);
}

/* Of a socket that keeps what is sent together apart from the rest. */
static void an_answer_is_sent_in_one_go(void **state)
{
	static unsigned char bytes[2 * 100000];
	static char text[2 * 100000];
	int fds[2];
	struct buffer part = body;
	(void)state;
	part.length = 100000;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_true(record_send(fds[0], REQUEST, &head, &part));
	ssize_t got = read(fds[1], bytes, sizeof bytes);
	assert_true(got > 0);
	assert_int_equal(unpack(bytes, bytes + got, text), head.length + part.length);
	close(fds[0]);
	close(fds[1]);
}

static void a_broken_connection_is_told(void **state)
{
	int fds[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	assert_false(record_send(fds[0], REQUEST, &head, &body));
	assert_false(record_send(fds[0], REQUEST, &head, NULL));
	close(fds[0]);
}

static void who_does_not_read_is_given_up(void **state)
{
	const struct timeval patience = { .tv_usec = 20000 };
	int fds[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
	assert_false(record_send(fds[0], REQUEST, &head, &body));
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_arrive_whole),
		cmocka_unit_test(answers_arrive_whole_though_interrupted),
		cmocka_unit_test(an_answer_is_sent_in_one_go),
		cmocka_unit_test(a_broken_connection_is_told),
		cmocka_unit_test(who_does_not_read_is_given_up),
	};
	return cmocka_run_group_tests_name("record", tests, set_up, tear_down);
}
