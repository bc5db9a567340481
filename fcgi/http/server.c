/* The server core: libfcgi's connections, parked in epoll between requests. See server.h.
 *
 * Left to itself FCGX_Accept_r waits on one connection, so a thread is lost to each one that nginx
 * keeps open. Here the main thread accepts, epoll watches every idle connection, and FCGX_Accept_r
 * is called on one only when a request has arrived on it; it then returns at once. For that the
 * fields ipcFd and keepConnection of FCGX_Request are set from here, which fcgiapp.h asks not to
 * do: read and tried with libfcgi 2.4.2, which is what Debian 12 has. Accepting through it instead
 * is no way out, since it waits up to 2 s for a new connection's first byte. Each request names -1
 * as its listening socket, so FCGX_Accept_r fails, and does not accept, when its connection ends. */
#define _GNU_SOURCE /* accept4 */
#include "http/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"
#include "http/pool.h"
#include "http/record.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER        0    /* where spawn-fcgi leaves the listening socket */
#define IO_SECONDS      10   /* a peer that stops in the middle of a request is let go then */
#define PAUSE_MS        100  /* after an accept that failed for want of something */
#define STOP_MS         1800 /* server_run returns by then */
#define STOP_QUEUE_MS   1000 /* what still queues for the waiting lane then is refused */
#define MALLOC_ARENAS   2    /* one for each of 64 threads would cost megabytes */
#define ACCEPTS_AT_ONCE 64
#define TAKES_AT_ONCE   8 /* requests; more would be kept from a thread that is idle */

/* PARKED: watched by epoll; BUSY: in a thread's hands; STREAMING: the same, and the thread may wait for
 * the other side; ENDING: parked or streaming, and no more will come. */
enum state { PARKED, BUSY, STREAMING, ENDING };

struct connection {
	FCGX_Request fcgi;
	struct server *server;
	struct connection *previous, *next; /* under server->mutex */
	_Atomic enum state state;
	struct exchange *exchange; /* on its way through the waiting lane */
	size_t streamed;           /* bytes of its body that its handler has taken */
	bool streams, stream_ended, stream_broken;
};

struct server {
	const struct server_config *config;
	int epoll, signals,
	    end; /* end: an eventfd that stays readable once quick threads must go */
	struct pool *pool;
	pthread_t *threads;
	size_t thread_count;
	bool starved; /* accept has failed, which was logged, since none waited last */
	atomic_bool stopping,
	    ending; /* ending: what has not begun will not, what streams breaks off */
	pthread_mutex_t mutex;
	pthread_cond_t emptied;
	struct connection *connections, *oldest; /* the newest first */
	size_t connection_count;
};

/* Forgets a connection that libfcgi has closed. */
static void forget(struct connection *connection)
{
	struct server *server = connection->server;
	pthread_mutex_lock(&server->mutex);
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		server->connections = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	else
		server->oldest = connection->previous;
	if (--server->connection_count == 0)
		pthread_cond_signal(&server->emptied);
	pthread_mutex_unlock(&server->mutex);
	free(connection);
}

/* Takes a connection that epoll reports out of the main thread's reach. */
static void take(struct connection *connection)
{
	enum state parked = PARKED;
	if (atomic_compare_exchange_strong(&connection->state, &parked, BUSY))
		return;
	/* It is ENDING: the main thread may still be about to use its descriptor. */
	pthread_mutex_lock(&connection->server->mutex);
	pthread_mutex_unlock(&connection->server->mutex);
}

/* Gives an idle connection to epoll. Whoever epoll wakes owns it, at once: it is not touched here
 * any more unless that fails. */
static void park(struct connection *connection, int operation)
{
	struct server *server = connection->server;
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = connection };
	int fd = connection->fcgi.ipcFd;
	atomic_store(&connection->state, PARKED);
	/* The main thread may have looked for parked connections before this was one. */
	if (atomic_load(&server->stopping))
		shutdown(fd, SHUT_RD);
	if (epoll_ctl(server->epoll, operation, fd, &event) == 0)
		return;
	log_write(LOG_ERROR, NULL, "a connection cannot be watched: %s", strerror(errno));
	take(connection);
	FCGX_Free(&connection->fcgi, 1);
	forget(connection);
}

static void admit(struct server *server, int fd)
{
	const struct timeval patience = { .tv_sec = IO_SECONDS };
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	FCGX_InitRequest(&connection->fcgi, -1, 0);
	connection->fcgi.ipcFd = fd;
	connection->fcgi.keepConnection = 1; /* else FCGX_Accept_r begins by closing it */
	FCGX_Detach(&connection->fcgi);      /* close without waiting for the other side */
	connection->server = server;
	pthread_mutex_lock(&server->mutex);
	connection->next = server->connections;
	if (connection->next)
		connection->next->previous = connection;
	else
		server->oldest = connection;
	server->connections = connection;
	server->connection_count++;
	pthread_mutex_unlock(&server->mutex);
	park(connection, EPOLL_CTL_ADD);
}

/* Closes the connection in the middle of a request, and forgets it. */
static void break_off(struct connection *connection, struct exchange *exchange)
{
	FCGX_Free(&connection->fcgi, 1);
	exchange_reset(exchange);
	forget(connection);
}

/* After what may have waited for the other side. */
static void end_wait(struct connection *connection)
{
	enum state streaming = STREAMING;
	if (atomic_compare_exchange_strong(&connection->state, &streaming, BUSY))
		return;
	/* It is ENDING: as in take. */
	pthread_mutex_lock(&connection->server->mutex);
	pthread_mutex_unlock(&connection->server->mutex);
	atomic_store(&connection->state, BUSY);
}

/* Before what may wait for the other side for as long as that likes; false: it is too late for it. */
static bool begin_wait(struct connection *connection)
{
	atomic_store(&connection->state, STREAMING);
	if (!atomic_load(&connection->server->ending))
		return true;
	end_wait(connection);
	return false;
}

static bool put(FCGX_Request *fcgi, const struct buffer *bytes)
{
	return bytes->length == 0 ||
	    FCGX_PutStr(bytes->data, (int)bytes->length, fcgi->out) == (int)bytes->length;
}

/* Sends the head and piece after piece; false when the source or the client broke off. */
static bool send_pieces(struct connection *connection, struct exchange *exchange)
{
	bool good = !exchange->head.failed && put(&connection->fcgi, &exchange->head);
	while (good && exchange_next(exchange)) {
		good = begin_wait(connection);
		if (good) {
			good = put(&connection->fcgi, &exchange->response.body);
			end_wait(connection);
		}
	}
	return good && !exchange->response.body.failed;
}

/* Sends an answer in one go; false when that broke off. */
static bool send_whole(FCGX_Request *fcgi, const struct exchange *exchange)
{
	return !exchange->head.failed &&
	    record_send(fcgi->ipcFd, fcgi->requestId, &exchange->head,
		exchange->body_follows ? &exchange->response.body : NULL);
}

/* Sends the answer and parks the connection, or closes it. */
static void answer(struct connection *connection, struct exchange *exchange)
{
	FCGX_Request *fcgi = &connection->fcgi;
	exchange_finish(exchange);
	if (exchange->in_pieces ? !send_pieces(connection, exchange)
				: !send_whole(fcgi, exchange)) {
		break_off(connection, exchange);
		return;
	}
	if (atomic_load(&connection->server->stopping))
		fcgi->keepConnection = 0;
	if (exchange->in_pieces)
		FCGX_Finish_r(fcgi); /* which sends what is left */
	else
		FCGX_Free(fcgi, !fcgi->keepConnection || FCGX_GetError(fcgi->in));
	exchange_reset(exchange);
	if (fcgi->ipcFd < 0)
		forget(connection);
	else
		park(connection, EPOLL_CTL_MOD);
}

/* Reads and drops what is left of a body, but not much more than limit; returns how much. */
static size_t skip(FCGX_Stream *in, size_t limit)
{
	char waste[4096];
	size_t skipped = 0;
	int got;
	do {
		got = FCGX_GetStr(waste, sizeof waste, in);
		skipped += (size_t)got;
	} while (got == sizeof waste && skipped <= limit);
	return skipped;
}

/* Closes the connection after the answer. nginx may still be sending, and would take a closed
 * socket for a failure: so wait for it to see the answer and end its side. */
static void close_after(FCGX_Request *fcgi)
{
	fcgi->keepConnection = 0;
	FCGX_Attach(fcgi);
}

/* Reads the body to its end, as FCGX_Finish_r does not: what it leaves would be taken for the next
 * request on the connection. False when the connection broke. */
static bool take_body(struct connection *connection, struct exchange *exchange)
{
	FCGX_Request *fcgi = &connection->fcgi;
	size_t limit =
	    (size_t)settings_number(connection->server->config->settings, SETTING_BODY_LIMIT);
	size_t length = exchange->intake.body_length, got = 0;
	char *text = NULL;
	if (exchange->response.status == problem_status(PROBLEM_BODY_TOO_LARGE) ||
	    exchange->intake.unbuffered) {
		close_after(fcgi);
		return true;
	}
	if (exchange_wants_body(exchange)) {
		text = arena_alloc(&exchange->arena, length + 1);
		if (!text)
			response_problem(&exchange->response, PROBLEM_INTERNAL, "Memory ran out.");
		else
			got = (size_t)FCGX_GetStr(text, (int)length, fcgi->in);
	}
	size_t rest = skip(fcgi->in, limit);
	if (rest > limit)
		close_after(fcgi);
	if (text)
		text[got] = '\0';
	exchange_body(exchange, text ? text : "", got + (text ? rest : 0));
	return FCGX_GetError(fcgi->in) == 0;
}

/* Gives a handler the next bytes of the body, straight from the connection: see request_read. */
static ssize_t read_stream(void *from, char *bytes, size_t size)
{
	struct connection *connection = from;
	FCGX_Stream *in = connection->fcgi.in;
	const struct intake *intake = &connection->exchange->intake;
	if (connection->stream_ended && !connection->stream_broken)
		return 0;
	connection->stream_broken |= !begin_wait(connection);
	if (connection->stream_broken)
		return -1;
	int got = FCGX_GetStr(bytes, (int)size, in);
	end_wait(connection);
	connection->streamed += (size_t)got;
	connection->stream_ended = (size_t)got < size;
	if (!connection->stream_ended)
		return got;
	connection->stream_broken = FCGX_GetError(in) != 0 ||
	    (intake->body_length > 0 && intake->body_length != connection->streamed);
	return connection->stream_broken ? -1 : got;
}

/* Serves the request on a connection; returns the exchange to serve the next one with. */
static struct exchange *serve(struct connection *connection, struct exchange *exchange)
{
	struct server *server = connection->server;
	take(connection);
	if (FCGX_Accept_r(&connection->fcgi) != 0) {
		forget(connection);
		return exchange;
	}
	exchange_begin(exchange, connection->fcgi.envp);
	connection->streams = exchange_streams(exchange);
	if (connection->streams) {
		connection->streamed = 0;
		connection->stream_ended = connection->stream_broken = false;
		exchange->request.read = read_stream;
		exchange->request.read_from = connection;
	} else if (!take_body(connection, exchange)) {
		break_off(connection, exchange);
		return exchange;
	}
	if (!exchange_run(exchange, false)) {
		struct exchange *spare = exchange_new(server->config);
		connection->exchange = exchange;
		if (spare && pool_put(server->pool, connection))
			return spare;
		exchange_free(spare);
		response_problem(&exchange->response, PROBLEM_BUSY,
		    "Too many requests wait already; this one was not begun.");
		if (connection->streams)
			close_after(&connection->fcgi);
	}
	answer(connection, exchange);
	return exchange;
}

/* A job of the waiting lane. */
static void serve_waiting(void *job)
{
	struct connection *connection = job;
	struct server *server = connection->server;
	struct exchange *exchange = connection->exchange;
	int64_t waited = clock_steady() - exchange->started;
	if (waited > settings_number(server->config->settings, SETTING_WAITING_MS))
		response_problem(&exchange->response, PROBLEM_BUSY,
		    "Too many requests came before this one; it was not begun.");
	else if (atomic_load(&server->ending))
		response_problem(&exchange->response, PROBLEM_STOPPING,
		    "The service is stopping; this request was not begun.");
	exchange_run(exchange, true);
	if (connection->streams && !connection->stream_ended)
		close_after(&connection->fcgi);
	if (connection->streams && connection->stream_broken)
		break_off(connection, exchange);
	else
		answer(connection, exchange);
	exchange_free(exchange);
}

static void *run_quick(void *argument)
{
	struct server *server = argument;
	struct exchange *exchange = exchange_new(server->config);
	if (!exchange)
		log_write(LOG_ERROR, NULL, "no memory for a quick thread");
	bool ends = false;
	while (exchange && !ends) {
		struct epoll_event events[TAKES_AT_ONCE];
		int count = epoll_wait(server->epoll, events, TAKES_AT_ONCE, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				exchange = serve(events[i].data.ptr, exchange);
			else
				ends = true;
		}
	}
	exchange_free(exchange);
	return NULL;
}

/* Shuts connections that are in a state, most of them at most, the oldest first: the newest may be
 * about to bring a request. With the mutex held. */
static void end_those(struct server *server, enum state state, int how, size_t most)
{
	for (struct connection *c = server->oldest; c && most > 0; c = c->previous) {
		enum state expected = state;
		if (!atomic_compare_exchange_strong(&c->state, &expected, ENDING))
			continue;
		shutdown(c->fcgi.ipcFd, how);
		most--;
	}
}

/* Lets parked connections deliver what nginx has sent already, and nothing after it: once read to its
 * end a connection closes itself. Nothing that has arrived is cut, and no request is half taken. */
static void end_parked(struct server *server, size_t most)
{
	end_those(server, PARKED, SHUT_RD, most);
}

/* Nothing can be accepted. nginx keeps idle connections for a minute, and while they have all the
 * descriptors nobody else would be served: so some of them go. */
static void make_room(struct server *server)
{
	pthread_mutex_lock(&server->mutex);
	end_parked(server, 1 + server->connection_count / 4);
	pthread_mutex_unlock(&server->mutex);
}

/* Accepts what has arrived; false when something is lacking and a pause would help. */
static bool accept_some(struct server *server)
{
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(server, fd);
		} else if (errno == EAGAIN) {
			server->starved = false;
			return true;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			if (!server->starved)
				log_write(LOG_ERROR, NULL, "cannot accept, and go on trying: %s",
				    strerror(errno));
			server->starved = true;
			make_room(server);
			return false;
		}
	}
	return true;
}

static void accept_until_signal(struct server *server)
{
	struct pollfd fds[2] = { { server->signals, POLLIN, 0 }, { LISTENER, POLLIN, 0 } };
	bool accepting = true;
	while (!(fds[0].revents & POLLIN)) {
		int ready = accepting ? poll(fds, 2, -1) : poll(fds, 1, PAUSE_MS);
		if (ready >= 0)
			accepting = accept_some(server);
	}
}

/* Waits for the last connection to go. With the mutex held. */
static void wait_until_empty(struct server *server, int ms)
{
	struct timespec until;
	int error = 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	while (server->connection_count > 0 && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&server->emptied, &server->mutex, &until);
}

/* Waits for all connections to go, and after a while for none that streams; returns how many are left
 * when time is up. */
static size_t drain(struct server *server)
{
	atomic_store(&server->stopping, true);
	pthread_mutex_lock(&server->mutex);
	end_parked(server, SIZE_MAX);
	wait_until_empty(server, STOP_QUEUE_MS);
	atomic_store(&server->ending, true);
	end_those(server, STREAMING, SHUT_RDWR, SIZE_MAX);
	wait_until_empty(server, STOP_MS - STOP_QUEUE_MS);
	size_t left = server->connection_count;
	pthread_mutex_unlock(&server->mutex);
	return left;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Ends all threads and frees all. No connection may be left. */
static void finish(struct server *server)
{
	const uint64_t one = 1;
	if (server->end >= 0 && write(server->end, &one, sizeof one) != sizeof one)
		log_write(LOG_ERROR, NULL, "cannot end the threads: %s", strerror(errno));
	for (size_t i = 0; i < server->thread_count; i++)
		pthread_join(server->threads[i], NULL);
	pool_stop(server->pool);
	close_if_open(server->epoll);
	close_if_open(server->signals);
	close_if_open(server->end);
	pthread_cond_destroy(&server->emptied);
	pthread_mutex_destroy(&server->mutex);
	free(server->threads);
	free(server);
}

static bool check_listener(char *why, size_t why_size)
{
	int listening = 0, flags = fcntl(LISTENER, F_GETFL);
	socklen_t size = sizeof listening;
	if (getsockopt(LISTENER, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening &&
	    fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) == 0)
		return true;
	snprintf(why, why_size,
	    "descriptor 0 is no listening socket; start it with spawn-fcgi -s SOCKET -- PROGRAM");
	return false;
}

/* What the whole process needs: as many descriptors as it may have (nothing here uses select),
 * few heaps, and signals that only the signalfd sees. libfcgi's own handlers stay unused. */
static bool prepare_process(sigset_t *signals)
{
	struct rlimit files;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	mallopt(M_ARENA_MAX, MALLOC_ARENAS);
	if (FCGX_Init() != 0)
		return false;
	sigaction(SIGPIPE, &ignore, NULL); /* FCGX_Init has set a handler */
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGUSR1);
	return pthread_sigmask(SIG_BLOCK, signals, NULL) == 0;
}

static bool open_descriptors(struct server *server, const sigset_t *signals)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->signals = signalfd(-1, signals, SFD_CLOEXEC);
	server->end = eventfd(0, EFD_CLOEXEC);
	return server->epoll >= 0 && server->signals >= 0 && server->end >= 0 &&
	    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->end, &event) == 0;
}

static bool start_threads(struct server *server, char *why, size_t why_size)
{
	const struct settings *settings = server->config->settings;
	size_t quick = (size_t)settings_number(settings, SETTING_QUICK_THREADS);
	server->pool = pool_start((size_t)settings_number(settings, SETTING_WAITING_THREADS),
	    (size_t)settings_number(settings, SETTING_WAITING_QUEUE), server->config->brim,
	    serve_waiting, why, why_size);
	server->threads = calloc(quick, sizeof *server->threads);
	if (!server->pool)
		return false;
	int error = server->threads ? 0 : ENOMEM;
	while (!error && server->thread_count < quick) {
		error =
		    pthread_create(&server->threads[server->thread_count], NULL, run_quick, server);
		server->thread_count += !error;
	}
	if (error)
		snprintf(why, why_size, "cannot start %zu threads: %s", quick, strerror(error));
	return !error;
}

static struct server *start(const struct server_config *config, char *why, size_t why_size)
{
	sigset_t signals;
	pthread_condattr_t attributes;
	struct server *server = calloc(1, sizeof *server);
	if (!server || !prepare_process(&signals)) {
		snprintf(why, why_size, "no memory to start the server");
		free(server);
		return NULL;
	}
	server->config = config;
	pthread_mutex_init(&server->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&server->emptied, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!open_descriptors(server, &signals))
		snprintf(why, why_size, "cannot watch connections: %s", strerror(errno));
	else if (start_threads(server, why, why_size))
		return server;
	finish(server);
	return NULL;
}

bool server_run(const struct server_config *config, char *why, size_t why_size)
{
	if (!check_listener(why, why_size))
		return false;
	struct server *server = start(config, why, why_size);
	if (!server)
		return false;
	accept_until_signal(server);
	size_t left = drain(server);
	if (left == 0) {
		finish(server);
		return true;
	}
	/* Threads still work for them, so nothing they use may be freed. */
	snprintf(why, why_size, "%zu requests were still running %d ms after the signal to stop",
	    left, STOP_MS);
	return false;
}
