/* Sends the requests that tools/hostile made, fast, over kept connections, and looks at every answer.
 *
 *   volley ADDRESS PORT THREADS <REQUESTS
 *
 * No answer may be a 5xx; one of 4xx must be what the request expects, a whole problem, and name the
 * field that is wrong; a 405 says what is allowed. Requests that break the frame have a connection of
 * their own. Prints the first faults and a line of counts; exits 1 when there was a fault. */
#define _GNU_SOURCE /* memmem */
#include "base/buffer.h"
#include "base/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS_MAX 64
#define SHOWN       20
#define ANSWER_MAX  (16 * 1024 * 1024)
#define PATIENCE_S  30 /* for one answer */

struct shot {
	char *bytes;
	size_t length;
	char expected[8], field[80], what[256];
};

struct gun {
	pthread_t thread;
	int fd; /* the kept connection; -1: none */
	struct buffer answer;
	size_t head;    /* bytes of the answer's head, with the empty line */
	int status;     /* 0: no answer */
	bool closing;   /* the connection is not to be used again */
	long counts[6]; /* by the first digit of the status; 0: no answer */
	long connections;
};

static struct sockaddr_in place;
static struct shot *shots;
static size_t shot_count;
static atomic_size_t next_shot;
static atomic_long faults;

static void complain(const struct shot *shot, const struct gun *gun, const char *why)
{
	if (atomic_fetch_add(&faults, 1) >= SHOWN)
		return;
	size_t shown = shot->length < 1500 ? shot->length : 1500;
	printf("%s: %s\nsent: %.*s\nexpected %s, field %s; the answer: %.1500s\n\n", shot->what,
	    why, (int)shown, shot->bytes, shot->expected, shot->field,
	    gun->answer.data ? gun->answer.data : "none");
}

static int open_connection(struct gun *gun)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	gun->connections++;
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
	    connect(fd, (struct sockaddr *)&place, sizeof place) == 0)
		return fd;
	fprintf(stderr, "volley: cannot connect: %s\n", strerror(errno));
	exit(2);
}

/* False when the other end does not take it all, as it may when it has refused already. */
static bool send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

/* Reads some more of the answer; false at its end. */
static bool read_more(struct gun *gun, int fd)
{
	char bytes[16384];
	ssize_t got = recv(fd, bytes, sizeof bytes, 0);
	if (got > 0)
		buffer_append(&gun->answer, bytes, (size_t)got);
	return got > 0 && !gun->answer.failed;
}

/* The value of a header in the answer's head, up to the line's end, or NULL. */
static const char *header(const struct gun *gun, const char *name)
{
	const char *line = gun->answer.data;
	size_t length = strlen(name);
	while (line && line < gun->answer.data + gun->head) {
		line = strstr(line, "\r\n");
		if (!line)
			return NULL;
		line += 2;
		if (strncasecmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " ");
	}
	return NULL;
}

static bool says(const struct gun *gun, const char *name, const char *value)
{
	const char *text = header(gun, name);
	return text && strncasecmp(text, value, strlen(value)) == 0;
}

/* Takes the chunks of a body apart, in place; reads until the last one. */
static void read_chunks(struct gun *gun, int fd)
{
	size_t at = gun->head, kept = gun->head;
	for (;;) {
		const char *line = gun->answer.data + at;
		const char *end = memmem(line, gun->answer.length - at, "\r\n", 2);
		size_t size = end ? strtoul(line, NULL, 16) : 0;
		size_t start = end ? (size_t)(end + 2 - gun->answer.data) : 0;
		if (!end || start + size + 2 > gun->answer.length) {
			if (!read_more(gun, fd))
				break;
			continue;
		}
		if (size == 0)
			break;
		memmove(gun->answer.data + kept, gun->answer.data + start, size);
		kept += size;
		at = start + size + 2;
	}
	gun->answer.length = kept;
	gun->answer.data[kept] = '\0';
}

/* Reads a whole answer; its status is 0 when there is none. */
static void read_answer(struct gun *gun, int fd, bool is_head)
{
	const char *end = NULL;
	buffer_clear(&gun->answer);
	gun->status = 0;
	gun->head = 0;
	gun->closing = true;
	do {
		if (!read_more(gun, fd))
			return;
		end = memmem(gun->answer.data, gun->answer.length, "\r\n\r\n", 4);
	} while (!end && strncmp(gun->answer.data, "HTTP", 4) == 0);
	if (!end || strncmp(gun->answer.data, "HTTP/1.1 ", 9) != 0)
		return;
	gun->head = (size_t)(end - gun->answer.data) + 4;
	gun->status = (int)strtol(gun->answer.data + 9, NULL, 10);
	gun->closing = says(gun, "Connection", "close");
	const char *length = header(gun, "Content-Length");
	if (is_head || gun->status == 204 || gun->status == 304)
		return;
	if (says(gun, "Transfer-Encoding", "chunked")) {
		read_chunks(gun, fd);
	} else if (length) {
		size_t whole = gun->head + strtoul(length, NULL, 10);
		while (gun->answer.length < whole && read_more(gun, fd))
			continue;
		gun->closing |= gun->answer.length != whole;
		if (gun->answer.length >
		    whole) { /* of what was sent after it, taken for a request */
			gun->answer.length = whole;
			gun->answer.data[whole] = '\0';
		}
	} else {
		while (read_more(gun, fd))
			continue;
		gun->closing = true;
	}
}

/* Whether a problem's errors name the field, or a place within it; or its detail does, in quotes. */
static bool names(struct json_object *problem, const char *field)
{
	struct json_object *errors = json_object_object_get(problem, "errors");
	size_t length = strlen(field);
	char quoted[96];
	snprintf(quoted, sizeof quoted, "\"%s\"", field);
	if (strstr(json_text(problem, "detail"), quoted))
		return true;
	for (size_t i = 0; errors && i < json_object_array_length(errors); i++) {
		const char *named = json_text(json_object_array_get_idx(errors, i), "field");
		if (named && strncmp(named, field, length) == 0 &&
		    (named[length] == '\0' || named[length] == '/'))
			return true;
	}
	return false;
}

/* What is wrong with an answer of 400 and more, or NULL. */
static const char *judge_problem(const struct gun *gun, const struct shot *shot, bool is_head)
{
	char why[256];
	const char *fault = NULL;
	if (!says(gun, "Content-Type", "application/problem+json"))
		return "it is no application/problem+json";
	if (gun->status == 405 && !header(gun, "Allow"))
		return "it does not say what is allowed";
	if (is_head)
		return NULL;
	struct json_object *problem = json_read(
	    gun->answer.data + gun->head, gun->answer.length - gun->head, why, sizeof why);
	const char *type = json_text(problem, "type"), *title = json_text(problem, "title");
	const char *detail = json_text(problem, "detail"),
		   *instance = json_text(problem, "instance");
	if (!problem || !type || strncmp(type, "/problems#", 10) != 0 || !title || !*title ||
	    !detail || !*detail || !instance || json_integer(problem, "status", 0) != gun->status)
		fault = "it is not a whole problem";
	else if (strcmp(shot->field, "-") != 0 && !names(problem, shot->field))
		fault = "it does not name the field";
	json_object_put(problem);
	return fault;
}

static void judge(const struct gun *gun, const struct shot *shot, bool is_head)
{
	const char *expected = shot->expected + (shot->expected[0] == '!'), *fault = NULL;
	bool may_be_none = shot->expected[0] == '!';
	if (gun->status == 0) {
		if (!may_be_none)
			complain(shot, gun, "there is no answer");
		return;
	}
	if (gun->status >= 500)
		fault = "a 5xx";
	else if (strcmp(expected, "4xx") == 0 && gun->status < 400)
		fault = "it is no 4xx";
	else if (expected[0] != '<' && strcmp(expected, "4xx") != 0 &&
	    gun->status != (int)strtol(expected, NULL, 10))
		fault = "another status";
	else if (gun->status >= 400)
		fault = judge_problem(gun, shot, is_head);
	if (fault)
		complain(shot, gun, fault);
}

/* Sends one on a connection of its own, and nothing after it. */
static void fire_alone(struct gun *gun, const struct shot *shot, bool is_head)
{
	int fd = open_connection(gun);
	send_all(fd, shot->bytes, shot->length);
	shutdown(fd, SHUT_WR);
	read_answer(gun, fd, is_head);
	close(fd);
}

/* On the kept connection; once more on a new one where that was closed in between. */
static void fire(struct gun *gun, const struct shot *shot, bool is_head)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		bool fresh = gun->fd < 0;
		if (fresh)
			gun->fd = open_connection(gun);
		send_all(gun->fd, shot->bytes, shot->length);
		read_answer(gun, gun->fd, is_head);
		if (gun->closing) {
			close(gun->fd);
			gun->fd = -1;
		}
		if (gun->status != 0 || fresh)
			return;
	}
}

static void *run(void *argument)
{
	struct gun *gun = argument;
	size_t at;
	while ((at = atomic_fetch_add(&next_shot, 1)) < shot_count) {
		const struct shot *shot = &shots[at];
		bool is_head = strncmp(shot->bytes, "HEAD ", 5) == 0;
		if (shot->expected[0] == '!')
			fire_alone(gun, shot, is_head);
		else
			fire(gun, shot, is_head);
		judge(gun, shot, is_head);
		gun->counts[gun->status / 100 % 6]++;
	}
	if (gun->fd >= 0)
		close(gun->fd);
	buffer_free(&gun->answer);
	return NULL;
}

/* Reads what hostile wrote; false when that is broken off. */
static bool read_shots(FILE *in)
{
	size_t capacity = 0;
	char line[512];
	while (fgets(line, sizeof line, in)) {
		int end = 0;
		if (shot_count == capacity) {
			capacity = capacity ? 2 * capacity : 1024;
			shots = realloc(shots, capacity * sizeof *shots);
			if (!shots)
				return false;
		}
		struct shot *shot = &shots[shot_count];
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%zu %7s %79s %n", &shot->length, shot->expected, shot->field,
			&end) != 3)
			return false;
		snprintf(shot->what, sizeof shot->what, "%.255s", line + end);
		shot->bytes = calloc(1, shot->length + 1);
		if (!shot->bytes || fread(shot->bytes, 1, shot->length, in) != shot->length ||
		    getc(in) != '\n')
			return false;
		shot_count++;
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct gun guns[THREADS_MAX];
	struct gun sum = { 0 };
	int count = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
	if (count < 1 || count > THREADS_MAX || !read_shots(stdin) || shot_count == 0 ||
	    inet_pton(AF_INET, argv[1], &place.sin_addr) != 1) {
		fprintf(stderr, "usage: volley ADDRESS PORT THREADS <REQUESTS\n");
		return 2;
	}
	place.sin_family = AF_INET;
	place.sin_port = htons((uint16_t)strtol(argv[2], NULL, 10));
	for (int i = 0; i < count; i++) {
		guns[i].fd = -1;
		buffer_init(&guns[i].answer, ANSWER_MAX);
		if (pthread_create(&guns[i].thread, NULL, run, &guns[i]) != 0)
			return 2;
	}
	for (int i = 0; i < count; i++) {
		pthread_join(guns[i].thread, NULL);
		sum.connections += guns[i].connections;
		for (int j = 0; j < 6; j++)
			sum.counts[j] += guns[i].counts[j];
	}
	printf("%zu requests over %ld connections: %ld of 4xx, %ld of 5xx, %ld of 2xx and 3xx, %ld "
	       "without an answer; %ld faults\n",
	    shot_count, sum.connections, sum.counts[4], sum.counts[5],
	    sum.counts[2] + sum.counts[3], sum.counts[0], atomic_load(&faults));
	for (size_t i = 0; i < shot_count; i++)
		free(shots[i].bytes);
	free(shots);
	return atomic_load(&faults) > 0;
}
