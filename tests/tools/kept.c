/* A FastCGI client that speaks raw records to a service's socket, for tests/kept.sh:
 *
 *   kept SOCKET many COUNT ROUNDS SECONDS PATH   a GET on each of COUNT kept connections, ROUNDS
 *                                                times; prints a line at each answer other than
 *                                                200, then how many were answered with 200 in time,
 *                                                and fails unless all were
 *   kept SOCKET hold COUNT PATH                  the same once, prints "held", and keeps them open
 *                                                until its standard input ends; at each line of it
 *                                                it asks again, and prints "sent" when it has
 *   kept SOCKET repeat COUNT METHOD PATH [BODY]  the same request COUNT times on one connection, and
 *                                                fails when that is closed before the last answer
 *   kept SOCKET ask METHOD PATH [BODY [NAME=VALUE…]]   one request; prints the answer as it came
 *   kept SOCKET rubbish ROUNDS                   what is no FastCGI, or breaks off in the middle
 *
 * A BODY that begins with @ is the name of a file that has it. repeat sends the body, or the mark
 * that there is none, a moment after the rest, as nginx may.
 */
#include <errno.h>
#include <fastcgi.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX (4 * 1024 * 1024)

struct message {
	unsigned char *bytes;
	size_t length;
	size_t head; /* what comes before the body */
};

/* An answer as it arrives: records are cut out of the stream, byte by byte. */
struct answer {
	int fd;
	bool sent, ended, good;
	unsigned char header[8];
	size_t header_length, left; /* of the record's content and padding */
	char start[16];             /* of what came on stdout */
	size_t start_length;
	bool print;
};

static void die(const char *what)
{
	fprintf(stderr, "kept: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int try_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		die("connect");
	return fd;
}

static void add(struct message *message, const void *bytes, size_t length)
{
	if (message->length + length > REQUEST_MAX) {
		errno = EMSGSIZE;
		die("request");
	}
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

static void add_record(struct message *message, int type, const void *content, size_t length)
{
	const unsigned char header[8] = { 1, (unsigned char)type, 0, 1,
		(unsigned char)(length >> 8), (unsigned char)length };
	add(message, header, sizeof header);
	add(message, content, length);
}

/* Content longer than a record is cut; an empty record ends the stream. */
static void add_stream(struct message *message, int type, const char *content, size_t length)
{
	while (length > 0) {
		size_t piece = length > 65528 ? 65528 : length;
		add_record(message, type, content, piece);
		content += piece;
		length -= piece;
	}
	add_record(message, type, "", 0);
}

static void add_param(struct message *params, const char *name, const char *value)
{
	size_t lengths[2] = { strlen(name), strlen(value) };
	for (int i = 0; i < 2; i++) {
		const unsigned char length[4] = { (unsigned char)(lengths[i] >> 24 | 0x80),
			(unsigned char)(lengths[i] >> 16), (unsigned char)(lengths[i] >> 8),
			(unsigned char)lengths[i] };
		add(params, length, sizeof length);
	}
	add(params, name, lengths[0]);
	add(params, value, lengths[1]);
}

/* A whole request on a kept connection; more are NAME=VALUE, NULL at the end. */
static struct message make_request(
    const char *method, const char *path, const char *body, char **more)
{
	static unsigned char request_bytes[REQUEST_MAX], param_bytes[REQUEST_MAX];
	struct message request = { .bytes = request_bytes }, params = { .bytes = param_bytes };
	const unsigned char begin[8] = { 0, FCGI_RESPONDER, FCGI_KEEP_CONN };
	add_param(&params, "REQUEST_METHOD", method);
	add_param(&params, "REQUEST_URI", path);
	if (*body) {
		char length[24];
		snprintf(length, sizeof length, "%zu", strlen(body));
		add_param(&params, "CONTENT_TYPE", "application/json");
		add_param(&params, "CONTENT_LENGTH", length);
	}
	for (; more && *more; more++) {
		char *value = strchr(*more, '=');
		if (!value)
			continue;
		*value = '\0';
		add_param(&params, *more, value + 1);
		*value = '=';
	}
	add_record(&request, FCGI_BEGIN_REQUEST, begin, sizeof begin);
	add_stream(&request, FCGI_PARAMS, (const char *)params.bytes, params.length);
	request.head = request.length;
	add_stream(&request, FCGI_STDIN, body, strlen(body));
	return request;
}

static bool send_all(int fd, struct message message)
{
	while (message.length > 0) {
		ssize_t sent = send(fd, message.bytes, message.length, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		message.bytes += sent;
		message.length -= (size_t)sent;
	}
	return true;
}

static bool send_in_two(int fd, struct message message)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct message head = { .bytes = message.bytes, .length = message.head };
	if (!send_all(fd, head))
		return false;
	nanosleep(&moment, NULL);
	message.bytes += message.head;
	message.length -= message.head;
	return send_all(fd, message);
}

/* A body as it stands on the command line: the text itself, @FILE, or NULL for none. */
static const char *read_body(const char *argument)
{
	static char body[REQUEST_MAX];
	if (!argument || argument[0] != '@')
		return argument ? argument : "";
	FILE *file = fopen(argument + 1, "r");
	if (!file)
		die(argument);
	body[fread(body, 1, sizeof body - 1, file)] = '\0';
	fclose(file);
	return body;
}

static void take_content(struct answer *answer, unsigned char byte)
{
	size_t content = (size_t)answer->header[4] << 8 | answer->header[5];
	bool padding = answer->left <= answer->header[6] && content > 0;
	if (answer->header[1] != FCGI_STDOUT || padding)
		return;
	if (answer->print)
		putchar(byte);
	if (answer->start_length < sizeof answer->start)
		answer->start[answer->start_length++] = (char)byte;
}

static void take_byte(struct answer *answer, unsigned char byte)
{
	if (answer->left > 0) {
		take_content(answer, byte);
		answer->left--;
	} else {
		answer->header[answer->header_length++] = byte;
		if (answer->header_length < sizeof answer->header)
			return;
		answer->header_length = 0;
		answer->left =
		    ((size_t)answer->header[4] << 8 | answer->header[5]) + answer->header[6];
	}
	if (answer->left == 0 && answer->header[1] == FCGI_END_REQUEST) {
		answer->ended = true;
		answer->good = memcmp(answer->start, "Status: 200", 11) == 0;
	}
}

/* Reads what there is; false when the connection has ended. */
static bool receive(struct answer *answer)
{
	unsigned char bytes[4096];
	ssize_t got = recv(answer->fd, bytes, sizeof bytes, 0);
	for (ssize_t i = 0; i < got; i++)
		take_byte(answer, bytes[i]);
	return got > 0;
}

/* Sends request on every connection and waits for the answers; returns how many were good. */
static size_t ask_all(struct answer *answers, size_t count, struct message request, double seconds,
    const char *when_sent)
{
	struct pollfd *fds = calloc(count, sizeof *fds);
	double until = now() + seconds;
	size_t good = 0, open = count;
	for (size_t i = 0; i < count; i++) {
		answers[i] = (struct answer){ .fd = answers[i].fd };
		fds[i] = (struct pollfd){ answers[i].fd, POLLIN, 0 };
		if (!send_all(answers[i].fd, request))
			die("send");
	}
	fputs(when_sent, stdout);
	fflush(stdout);
	while (open > 0 && now() < until) {
		if (poll(fds, count, (int)((until - now()) * 1000) + 1) < 1)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			bool alive = receive(&answers[i]);
			if (alive && !answers[i].ended)
				continue;
			good += answers[i].ended && answers[i].good;
			if (answers[i].ended && !answers[i].good) {
				printf("refused: %.11s\n", answers[i].start);
				fflush(stdout);
			}
			fds[i].fd = -1;
			open--;
		}
	}
	free(fds);
	return good;
}

static struct answer *connect_many(const char *socket, size_t count)
{
	struct answer *answers = calloc(count, sizeof *answers);
	if (!answers)
		die("memory");
	for (size_t i = 0; i < count; i++)
		answers[i].fd = try_connect(socket);
	return answers;
}

static int many(const char *socket, size_t count, size_t rounds, double seconds, const char *path)
{
	struct answer *answers = connect_many(socket, count);
	bool all = true;
	for (size_t round = 1; round <= rounds; round++) {
		double start = now();
		size_t good =
		    ask_all(answers, count, make_request("GET", path, "", NULL), seconds, "");
		printf("round %zu: %zu of %zu answered in %.3f s\n", round, good, count,
		    now() - start);
		all = all && good == count;
	}
	free(answers);
	return all ? 0 : 1;
}

static int hold(const char *socket, size_t count, const char *path)
{
	struct answer *answers = connect_many(socket, count);
	struct message request = make_request("GET", path, "", NULL);
	size_t good = ask_all(answers, count, request, 30, "");
	puts(good == count ? "held" : "failed");
	fflush(stdout);
	for (int c; good == count && (c = getchar()) != EOF;)
		if (c == '\n')
			good = ask_all(answers, count, request, 10, "sent\n");
	printf("%zu of %zu\n", good, count);
	free(answers);
	return good == count ? 0 : 1;
}

static int repeat(const char *socket, size_t count, char **arguments)
{
	struct message request =
	    make_request(arguments[0], arguments[1], read_body(arguments[2]), NULL);
	struct answer answer = { .fd = try_connect(socket) };
	size_t answered = 0;
	while (answered < count) {
		answer = (struct answer){ .fd = answer.fd };
		if (!send_in_two(answer.fd, request))
			break;
		while (!answer.ended && receive(&answer))
			continue;
		if (!answer.ended)
			break;
		answered++;
	}
	printf("%zu of %zu answered\n", answered, count);
	return answered == count ? 0 : 1;
}

static int ask(const char *socket, char **arguments)
{
	const char *body = read_body(arguments[2]);
	struct answer answer = { .fd = try_connect(socket), .print = true };
	const struct timeval patience = { .tv_sec = 20 };
	setsockopt(answer.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (!send_all(answer.fd,
		make_request(
		    arguments[0], arguments[1], body, arguments[2] ? arguments + 3 : NULL)))
		die("send");
	while (!answer.ended && receive(&answer))
		continue;
	close(answer.fd);
	return answer.ended ? 0 : 1;
}

/* One connection of rubbish a kind; the service may only close it. */
static int rubbish(const char *socket, unsigned rounds)
{
	static unsigned char noise[3000];
	for (unsigned round = 0; round < rounds; round++) {
		struct message request = make_request("GET", "/quick", "", NULL);
		int fd = try_connect(socket);
		srand(round);
		for (size_t i = 0; i < sizeof noise; i++)
			noise[i] = (unsigned char)rand();
		switch (round % 6) {
		case 0: request = (struct message){ noise, sizeof noise, 0 }; break;
		case 1: request.length = (size_t)rand() % request.length; break;
		case 2:
			request.bytes[(size_t)rand() % 24] ^= (unsigned char)(1 + rand() % 255);
			break;
		case 3: request.bytes[0] = 9; break;
		case 4: request.bytes[1] = FCGI_ABORT_REQUEST; break;
		case 5: request.length = 0; break;
		}
		send_all(fd, request);
		shutdown(fd, SHUT_WR);
		while (recv(fd, noise, sizeof noise, 0) > 0)
			continue;
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *socket = argc > 2 ? argv[1] : "", *mode = argc > 2 ? argv[2] : "";
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(mode, "many") == 0 && argc == 7)
		return many(socket, strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
		    strtod(argv[5], NULL), argv[6]);
	if (strcmp(mode, "hold") == 0 && argc == 5)
		return hold(socket, strtoul(argv[3], NULL, 10), argv[4]);
	if (strcmp(mode, "repeat") == 0 && argc >= 6)
		return repeat(socket, strtoul(argv[3], NULL, 10), argv + 4);
	if (strcmp(mode, "ask") == 0 && argc >= 5)
		return ask(socket, argv + 3);
	if (strcmp(mode, "rubbish") == 0 && argc == 4)
		return rubbish(socket, (unsigned)strtoul(argv[3], NULL, 10));
	fprintf(stderr, "usage: kept SOCKET many|hold|repeat|ask|rubbish …\n");
	return 2;
}
