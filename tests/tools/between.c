/* Stands between the services and nginx's internal listener, and spoils some answers, for
 * tests/trouble.sh:
 *
 *   between LISTEN REAL PREFIX FILE
 *
 * Takes HTTP on the unix socket LISTEN and passes it on to the unix socket REAL, a connection a
 * request. Where the path begins with PREFIX it does what the word in FILE says:
 *
 *   pass      the same
 *   close     ends the connection without an answer
 *   slow      waits for 30 s before it passes the question on
 *   drip      sends the answer, a byte a second
 *   cut       sends the first half of the answer
 *   noise     answers with bytes that are no HTTP
 *   text      answers 200 with what is no JSON
 *   list      answers 200 with [], which is JSON but of another form
 *   fail      answers 500
 *   endless   answers 200 with a body that does not end
 */
#include <pthread.h>
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

#define SIZE (1 << 20)

static const char *real_path, *prefix, *mode_file;

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	return address;
}

static void read_mode(char mode[16])
{
	FILE *file = fopen(mode_file, "r");
	if (!file || fscanf(file, "%15s", mode) != 1)
		snprintf(mode, 16, "pass");
	if (file)
		fclose(file);
}

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

/* Reads a request with its body; its length, or 0. */
static size_t read_request(int fd, char *text)
{
	size_t length = 0;
	for (;;) {
		ssize_t got = recv(fd, text + length, SIZE - 1 - length, 0);
		if (got <= 0)
			return 0;
		length += (size_t)got;
		text[length] = '\0';
		const char *end = strstr(text, "\r\n\r\n"),
			   *size = strstr(text, "Content-Length: ");
		size_t body = size && end && size < end ? strtoul(size + 16, NULL, 10) : 0;
		if (end && length >= (size_t)(end + 4 - text) + body)
			return length;
	}
}

/* Asks the real one, on a connection of its own; the length of the answer. */
static size_t pass_on(const char *request, size_t length, char *answer)
{
	struct sockaddr_un address = address_of(real_path);
	const char *line = strstr(request, "\r\n"), close_it[] = "\r\nConnection: close";
	size_t got = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && line && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	    send_all(fd, request, (size_t)(line - request)) &&
	    send_all(fd, close_it, sizeof close_it - 1) &&
	    send_all(fd, line, length - (size_t)(line - request)))
		for (ssize_t part; (part = recv(fd, answer + got, SIZE - got, 0)) > 0;)
			got += (size_t)part;
	if (fd >= 0)
		close(fd);
	return got;
}

static void send_text(int fd, const char *status, const char *body)
{
	char text[512];
	int length = snprintf(text, sizeof text,
	    "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	    status, strlen(body), body);
	send_all(fd, text, (size_t)length);
}

static void drip(int fd, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && send_all(fd, bytes + i, 1); i++)
		nanosleep(&(struct timespec){ 1, 0 }, NULL);
}

static void answer(int fd, const char *mode, const char *request, size_t length, char *text)
{
	if (strcmp(mode, "slow") == 0)
		nanosleep(&(struct timespec){ 30, 0 }, NULL);
	if (strcmp(mode, "noise") == 0)
		send_all(fd, "\x16\x03\x01 what is this?\r\n\r\n", 20);
	else if (strcmp(mode, "text") == 0)
		send_text(fd, "200 OK", "<html>It works!</html>");
	else if (strcmp(mode, "list") == 0)
		send_text(fd, "200 OK", "[]");
	else if (strcmp(mode, "fail") == 0)
		send_text(fd, "500 Internal Server Error", "{}");
	else if (strcmp(mode, "endless") == 0) {
		send_all(fd, "HTTP/1.1 200 OK\r\n\r\n[0", 21);
		while (send_all(fd, ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0", 32))
			continue;
	} else if (strcmp(mode, "close") != 0) {
		size_t got = pass_on(request, length, text);
		if (strcmp(mode, "drip") == 0)
			drip(fd, text, got);
		else
			send_all(fd, text, strcmp(mode, "cut") == 0 ? got / 2 : got);
	}
}

static void *serve(void *context)
{
	int fd = (int)(intptr_t)context;
	char *request = malloc(SIZE), *text = malloc(SIZE), mode[16] = "pass";
	size_t length = request && text ? read_request(fd, request) : 0;
	const char *path = length ? strchr(request, ' ') : NULL;
	if (path && strncmp(path + 1, prefix, strlen(prefix)) == 0)
		read_mode(mode);
	if (length)
		answer(fd, mode, request, length, text);
	free(request);
	free(text);
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: between LISTEN REAL PREFIX FILE\n");
		return 2;
	}
	struct sockaddr_un address = address_of(argv[1]);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	real_path = argv[2];
	prefix = argv[3];
	mode_file = argv[4];
	signal(SIGPIPE, SIG_IGN);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(listener, 256) != 0) {
		perror("between");
		return 2;
	}
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
	return 0;
}
