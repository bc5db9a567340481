/* A load of HTTP/1.1 requests on kept connections, from one thread, and what became of it as a line
 * of JSON.
 *
 *   load [OPTION…] HOST:PORT FILE
 *
 * FILE has a request a line, METHOD PATH [BODY]; they are sent in turn, over and over.
 *   -c N      connections (64)
 *   -d S      seconds, after the warm-up (2)
 *   -w S      seconds of warm-up, which do not count (0.2)
 *   -r RATE   open loop: so many requests a second, whether answers come or not. A latency is then
 *             measured from the instant at which the request was due. Without it each connection
 *             sends its next request when it has its answer, and a stall hides what it delays
 *   -s        at the end nothing more is sent, not even what was due before
 *   -b        what is refused (429, 503) is sent again: by the same connection, when the seconds in
 *             Retry-After are over; in an open loop by another, at once
 *   -1        each request once; the run ends with the last one
 *   -n        requests say Cache-Control: no-cache
 *   -H LINE   one header more in each request
 *
 * Latencies are in milliseconds. `good` is how many a second were answered 2xx within the time, `untold`
 * how many were refused without a Retry-After. `took` is how many seconds `all` took, from the first request
 * to the last answer. `cpu` is how much of one core this program used itself. */
#define _GNU_SOURCE /* epoll_pwait2 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND      1000000000L /* times are in nanoseconds */
#define PATIENCE    (10 * SECOND)
#define HEAD_MAX    8192
#define SUB_BUCKETS 64 /* a power of two is cut into so many: 1.6 % of error */
#define BUCKETS     (SUB_BUCKETS * 48)

struct request {
	char *text;
	size_t length;
};

struct client {
	int fd;
	bool idle, closing, is_head;
	bool again;       /* its request was refused, and it has to send it once more */
	long retry_after; /* of the answer, in seconds; 0: none */
	int64_t rests_until;
	const struct request *request;
	size_t sent;
	int64_t started;
	char head[HEAD_MAX]; /* of the answer, until it is whole */
	size_t head_length;
	int64_t body_left; /* -1: the head is not whole */
	int status;
};

static struct {
	struct addrinfo *address;
	struct request *requests;
	size_t request_count, next; /* next may pass the count, unless once */
	bool once, stops, obeys;
	double rate;
	int64_t begin, count_from, end; /* end: nothing is sent from then on */
	uint64_t due; /* of an open loop: requests sent, so the next one's number */
	size_t connections, under_way;
	struct client *clients;
	struct client *
	    *resting; /* a ring: those that wait for what Retry-After said, first the first */
	size_t rest_first, rest_count;
	const struct request **refused; /* of an open loop, to be sent again */
	size_t refused_count;
	int epoll;
	/* what became of it */
	uint64_t all, counted, in_time, good, untold, errors, bytes, statuses[600];
	int64_t longest, last;
	uint64_t histogram[BUCKETS];
} load = { .connections = 64 };

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "unusable");
	exit(EXIT_FAILURE);
}

/* The histogram: exact up to 128 microseconds, then 64 buckets for every doubling. */

static size_t bucket_of(int64_t latency)
{
	uint64_t us = (uint64_t)latency / 1000;
	size_t shift = 0;
	while (us >> shift >= 2 * SUB_BUCKETS)
		shift++;
	size_t bucket = shift * SUB_BUCKETS + (us >> shift);
	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double bucket_value(size_t bucket)
{
	size_t shift = bucket < 2 * SUB_BUCKETS ? 0 : bucket / SUB_BUCKETS - 1;
	return (double)((uint64_t)(bucket - shift * SUB_BUCKETS) << shift) / 1000;
}

static double percentile(double part)
{
	uint64_t wanted = (uint64_t)(part * (double)load.counted), seen = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		seen += load.histogram[i];
		if (seen > wanted)
			return bucket_value(i);
	}
	return (double)load.longest / 1e6;
}

/* Connections */

static void watch(struct client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };
	if (epoll_ctl(load.epoll, operation, client->fd, &event) < 0)
		die("epoll_ctl");
}

static void open_connection(struct client *client)
{
	const struct addrinfo *address = load.address;
	int one = 1;
	client->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, address->ai_addr, address->ai_addrlen) < 0)
		die("connect");
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(client->fd, F_SETFL, O_NONBLOCK);
	watch(client, EPOLL_CTL_ADD, EPOLLIN);
}

static void reopen(struct client *client)
{
	close(client->fd);
	open_connection(client);
}

/* The next request and when it is due, or false: there is none, or not yet. */
static bool next_request(struct client *client, int64_t at)
{
	int64_t due = at;
	if (load.rate > 0)
		due = load.begin + (int64_t)((double)load.due / load.rate * (double)SECOND);
	if (due > at || due >= load.end || (load.stops && at >= load.end) ||
	    (!client->again && load.refused_count == 0 && load.once &&
		load.next == load.request_count))
		return false;
	load.due++;
	if (load.refused_count > 0)
		client->request = load.refused[--load.refused_count];
	else if (!client->again)
		client->request = &load.requests[load.next++ % load.request_count];
	client->again = false;
	client->is_head = strncmp(client->request->text, "HEAD ", 5) == 0;
	client->started = due;
	return true;
}

static void send_more(struct client *client)
{
	const struct request *request = client->request;
	ssize_t sent = send(
	    client->fd, request->text + client->sent, request->length - client->sent, MSG_NOSIGNAL);
	if (sent > 0)
		client->sent += (size_t)sent;
	if (client->sent < request->length)
		watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void start(struct client *client)
{
	client->idle = !next_request(client, now());
	if (client->idle)
		return;
	load.under_way++;
	client->sent = client->head_length = 0;
	client->retry_after = 0;
	client->body_left = -1;
	client->closing = false;
	send_more(client);
}

/* Answers */

/* What was refused is sent again later. True when the client is to wait for that. */
static bool is_refused(struct client *client, int64_t at)
{
	if (client->status != 429 && client->status != 503)
		return false;
	load.untold += client->retry_after == 0;
	if (!load.obeys)
		return false;
	if (load.rate > 0) {
		if (load.refused_count < load.request_count)
			load.refused[load.refused_count++] = client->request;
		return false;
	}
	client->again = client->idle = true;
	client->rests_until = at + client->retry_after * SECOND;
	load.resting[(load.rest_first + load.rest_count++) % load.connections] = client;
	return true;
}

/* Those whose time is over send again what was refused. */
static void wake(void)
{
	while (load.rest_count > 0 && load.resting[load.rest_first]->rests_until <= now()) {
		struct client *client = load.resting[load.rest_first];
		load.rest_first = (load.rest_first + 1) % load.connections;
		load.rest_count--;
		start(client);
	}
}

static void finish(struct client *client)
{
	int64_t at = now(), latency = at - client->started;
	load.under_way--;
	load.all++;
	load.last = at;
	load.good += client->status / 100 == 2 && at >= load.count_from && at <= load.end;
	if (client->started >= load.count_from) {
		load.counted++;
		load.in_time += at <= load.end;
		load.statuses[client->status]++;
		load.histogram[bucket_of(latency)]++;
		if (latency > load.longest)
			load.longest = latency;
	}
	if (client->closing)
		reopen(client);
	if (!is_refused(client, at))
		start(client);
}

static void break_off(struct client *client)
{
	/* A connection that is closed between two requests is no error: keepalive_timeout. */
	if (!client->idle) {
		load.errors++;
		load.under_way--;
	}
	reopen(client);
	if (!client->idle)
		start(client);
}

/* Reads the fields of a whole head. False when it is none that this program understands. */
static bool read_head(struct client *client)
{
	bool has_length = false;
	client->status = client->head_length > 12 ? (int)strtol(client->head + 9, NULL, 10) : 0;
	if (strncmp(client->head, "HTTP/1.1 ", 9) != 0 || client->status < 200 ||
	    client->status > 599)
		return false;
	client->body_left = 0;
	for (char *line = strstr(client->head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, "Content-Length:", 15) == 0) {
			client->body_left = strtoll(line + 15, NULL, 10);
			has_length = true;
		} else if (strncasecmp(line, "Retry-After:", 12) == 0) {
			client->retry_after = strtol(line + 12, NULL, 10);
		} else if (strncasecmp(line, "Connection: close", 17) == 0) {
			client->closing = true;
		}
	}
	if (client->is_head || client->status == 204 || client->status == 304)
		client->body_left = 0;
	else if (!has_length)
		return false;
	return true;
}

/* Takes bytes of an answer; false when it is malformed. */
static bool take(struct client *client, const char *bytes, size_t length)
{
	load.bytes += length;
	if (client->idle)
		return false;
	if (client->body_left < 0) {
		size_t before = client->head_length, room = HEAD_MAX - 1 - before;
		size_t part = length < room ? length : room;
		memcpy(client->head + before, bytes, part);
		client->head_length += part;
		client->head[client->head_length] = '\0';
		char *end = strstr(client->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
		if (!end)
			return part == length;
		size_t head = (size_t)(end - client->head) + 4;
		end[2] = '\0';
		if (!read_head(client))
			return false;
		length -= head - before;
	}
	client->body_left -= (int64_t)length;
	if (client->body_left == 0)
		finish(client);
	return client->body_left >= 0 || client->head_length == 0;
}

static void receive(struct client *client)
{
	static char bytes[256 * 1024];
	ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || !take(client, bytes, (size_t)got))
		break_off(client);
}

static void serve(const struct epoll_event *event)
{
	struct client *client = event->data.ptr;
	if (event->events & EPOLLOUT) {
		watch(client, EPOLL_CTL_MOD, EPOLLIN);
		send_more(client);
	}
	if (event->events & ~(uint32_t)EPOLLOUT)
		receive(client);
}

/* The run */

/* How long to wait for answers: until the next request of an open loop is due, or the end. */
static struct timespec time_left(int64_t until)
{
	int64_t at = now(), left;
	if (load.rate > 0 && load.under_way < load.connections) {
		int64_t due = load.begin + (int64_t)((double)load.due / load.rate * (double)SECOND);
		if (due < until && due < load.end)
			until = due;
	}
	if (load.rest_count > 0 && load.resting[load.rest_first]->rests_until < until)
		until = load.resting[load.rest_first]->rests_until;
	left = until > at ? until - at : 0;
	return (struct timespec){ left / SECOND, left % SECOND };
}

/* Gives the requests that are due to connections that have nothing to do. */
static void start_idle(void)
{
	static size_t from;
	for (size_t i = 0; i < load.connections; i++) {
		struct client *client = &load.clients[(from + i) % load.connections];
		if (!client->idle)
			continue;
		start(client);
		if (client->idle) {
			from = (from + i) % load.connections;
			return;
		}
	}
}

static void run(double warm_up, double seconds)
{
	struct epoll_event events[256];
	load.begin = now();
	load.count_from = load.begin + (int64_t)(warm_up * (double)SECOND);
	load.end = load.count_from + (int64_t)(seconds * (double)SECOND);
	start_idle();
	for (;;) {
		bool sending = now() < load.end && !(load.once && load.next == load.request_count);
		int64_t until = sending ? load.end : load.end + PATIENCE;
		if ((!sending && load.under_way == 0) || now() > load.end + PATIENCE)
			break;
		struct timespec left = time_left(until);
		int count = epoll_pwait2(load.epoll, events, 256, &left, NULL);
		for (int i = 0; i < count; i++)
			serve(&events[i]);
		if (load.rate > 0 && load.under_way < load.connections)
			start_idle();
		wake();
	}
	load.errors += load.under_way; /* never answered */
}

static void report(double cpu)
{
	const char *separator = "";
	int64_t end = load.once && load.last < load.end ? load.last : load.end;
	double seconds = (double)(end - load.count_from) / (double)SECOND;
	printf(
	    "{\"connections\":%zu,\"seconds\":%.3f,\"all\":%llu,\"took\":%.3f,\"requests\":%llu,\"rate\":%.1f,"
	    "\"good\":%.1f,\"untold\":%llu,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"longest\":%.3f,\"errors\":%llu,"
	    "\"megabytes\":%.1f,\"cpu\":%.3f,\"status\":{",
	    load.connections, seconds, (unsigned long long)load.all,
	    (double)(load.last - load.begin) / (double)SECOND, (unsigned long long)load.counted,
	    (double)load.in_time / seconds, (double)load.good / seconds,
	    (unsigned long long)load.untold, percentile(0.5), percentile(0.99), percentile(0.999),
	    (double)load.longest / 1e6, (unsigned long long)load.errors, (double)load.bytes / 1e6,
	    cpu);
	for (int i = 0; i < 600; i++) {
		if (load.statuses[i] == 0)
			continue;
		printf("%s\"%d\":%llu", separator, i, (unsigned long long)load.statuses[i]);
		separator = ",";
	}
	printf("}}\n");
}

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Setting up */

static struct request make_request(const char *line, const char *host, const char *headers)
{
	int method = (int)strcspn(line, " ");
	const char *path = line + method + strspn(line + method, " ");
	int path_length = (int)strcspn(path, " ");
	const char *body = path + path_length + strspn(path + path_length, " ");
	char type[80] = "", *text = NULL;
	if (*body)
		snprintf(type, sizeof type,
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
	int length = asprintf(&text, "%.*s %.*s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n%s", method, line,
	    path_length, path, host, headers, type, body);
	if (length < 0)
		die("memory");
	return (struct request){ text, (size_t)length };
}

static void read_requests(const char *path, const char *host, const char *headers)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, room = 0;
	ssize_t length;
	if (!file)
		die(path);
	while ((length = getline(&line, &size, file)) > 0) {
		if (load.request_count == room) {
			room = room ? 2 * room : 64;
			load.requests = realloc(load.requests, room * sizeof *load.requests);
			if (!load.requests)
				die("memory");
		}
		line[length - (line[length - 1] == '\n')] = '\0';
		load.requests[load.request_count++] = make_request(line, host, headers);
	}
	free(line);
	fclose(file);
	if (load.request_count == 0)
		die(path);
}

static void find_address(char *host)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char *colon = strrchr(host, ':');
	if (!colon)
		die(host);
	*colon = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &load.address) != 0)
		die(host);
	*colon = ':';
}

static void open_connections(void)
{
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	load.clients = calloc(load.connections, sizeof *load.clients);
	load.resting = calloc(load.connections, sizeof(struct client *));
	load.refused = calloc(load.request_count, sizeof(struct request *));
	if (load.epoll < 0 || !load.clients || !load.resting || !load.refused)
		die("memory");
	for (size_t i = 0; i < load.connections; i++) {
		load.clients[i].idle = true;
		open_connection(&load.clients[i]);
	}
}

int main(int argc, char **argv)
{
	double seconds = 2, warm_up = 0.2;
	const char *no_cache = "", *header = "", *end = "";
	char headers[4096];
	int option;
	while ((option = getopt(argc, argv, "c:d:w:r:sb1nH:")) != -1) {
		switch (option) {
		case 'c': load.connections = strtoul(optarg, NULL, 10); break;
		case 'd': seconds = strtod(optarg, NULL); break;
		case 'w': warm_up = strtod(optarg, NULL); break;
		case 'r': load.rate = strtod(optarg, NULL); break;
		case 's': load.stops = true; break;
		case 'b': load.obeys = true; break;
		case '1': load.once = true; break;
		case 'n': no_cache = "Cache-Control: no-cache\r\n"; break;
		case 'H':
			header = optarg;
			end = "\r\n";
			break;
		default: return EXIT_FAILURE;
		}
	}
	if (argc - optind != 2 || load.connections == 0 || seconds <= 0) {
		fprintf(stderr,
		    "usage: load [-c N] [-d S] [-w S] [-r RATE] [-s] [-b] [-1] [-n] [-H LINE] HOST:PORT FILE\n");
		return EXIT_FAILURE;
	}
	prctl(PR_SET_TIMERSLACK, 1UL);
	find_address(argv[optind]);
	snprintf(headers, sizeof headers, "%s%s%s", no_cache, header, end);
	read_requests(argv[optind + 1], argv[optind], headers);
	open_connections();
	double before = cpu_seconds();
	int64_t began = now();
	run(warm_up, seconds);
	report((cpu_seconds() - before) / ((double)(now() - began) / (double)SECOND));
	return EXIT_SUCCESS;
}
