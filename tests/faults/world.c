/* The cinema in one process. See world.h. */
#include "world.h"

#include "bookings/bookings.h"
#include "http/exchange.h"
#include "movies/movies.h"
#include "service/import.h"
#include "service/table.h"
#include "showtimes/showtimes.h"
#include "users/users.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_SIZE 65536

static const struct service_definition *const definitions[WORLD_SERVICES] = { &movies_service,
	&users_service, &showtimes_service, &bookings_service };
static struct settings settings;
static char folder[512];
static struct service services[WORLD_SERVICES];
static struct route *routes[WORLD_SERVICES];
static size_t route_counts[WORLD_SERVICES];
static struct server_config configs[WORLD_SERVICES];
static atomic_bool touched;
/* Held for reading while a question is answered, which may be long after who asked has given up. */
static pthread_rwlock_t in_use = PTHREAD_RWLOCK_INITIALIZER;

struct service *world_service(size_t index)
{
	return &services[index];
}

const struct route *world_routes(size_t index, size_t *count)
{
	*count = route_counts[index];
	return routes[index];
}

size_t world_owner(const char *path)
{
	static const struct {
		const char *start;
		size_t index;
	} owners[] = { { "/movies", 0 }, { "/users", 1 }, { "/who", 1 }, { "/showtimes", 2 },
		{ "/editions", 2 } };
	size_t length = strcspn(path, "?");
	if (length > 6 && strncmp(path + length - 6, "/seats", 6) == 0)
		return 3;
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
		if (strncmp(path, owners[i].start, strlen(owners[i].start)) == 0)
			return owners[i].index;
	for (size_t i = 0; i < WORLD_SERVICES; i++)
		if (strncmp(path, "/healthz/", 9) == 0 &&
		    strcmp(path + 9, definitions[i]->name) == 0)
			return i;
	return 3;
}

static bool say(const char *why)
{
	fprintf(stderr, "faults: %s\n", why);
	return false;
}

static bool open_service(size_t index, char *why, size_t size)
{
	char stores[600];
	struct service *service = &services[index];
	const struct service_definition *definition = definitions[index];
	snprintf(stores, sizeof stores, "%s/store", folder);
	*service = (struct service){ .definition = definition, .settings = &settings };
	import_open(service);
	service->store = store_open(
	    settings_text(&settings, SETTING_STORE), stores, definition->name, why, size);
	if (!service->store || !import_run(service, why, size))
		return false;
	service->peers = peer_start(&settings, why, size);
	configs[index] = (struct server_config){
		.routes = routes[index],
		.route_count = route_counts[index],
		.service = service,
		.settings = &settings,
	};
	return service->peers;
}

static void stop_service(size_t index)
{
	if (services[index].store && definitions[index]->stop)
		definitions[index]->stop(&services[index]);
}

static void close_service(size_t index)
{
	struct service *service = &services[index];
	if (!service->store)
		return;
	peer_stop(service->peers);
	store_close(service->store);
	*service = (struct service){ 0 };
}

bool world_reopen(size_t index)
{
	char why[1024];
	const struct service_definition *definition = definitions[index];
	stop_service(index);
	pthread_rwlock_wrlock(&in_use);
	close_service(index);
	bool good = open_service(index, why, sizeof why);
	pthread_rwlock_unlock(&in_use);
	/* It may ask others. */
	good = good && (!definition->start || definition->start(&services[index], why, sizeof why));
	return good || say(why);
}

void world_close(size_t index)
{
	stop_service(index);
	pthread_rwlock_wrlock(&in_use);
	close_service(index);
	pthread_rwlock_unlock(&in_use);
}

/* What a handler that takes the body itself gets of it. */
static ssize_t read_rest(void *from, char *bytes, size_t size)
{
	const char **rest = from;
	size_t length = *rest ? strlen(*rest) : 0;
	length = length < size ? length : size;
	if (length > 0)
		memcpy(bytes, *rest, length);
	*rest = *rest ? *rest + length : NULL;
	return (ssize_t)length;
}

/* One request's whole way through an exchange. */
static void run(char *const params[], const char *body, struct exchange *exchange)
{
	exchange_begin(exchange, params);
	if (exchange_streams(exchange)) {
		exchange->request.read = read_rest;
		exchange->request.read_from = &body;
	} else if (exchange_wants_body(exchange))
		exchange_body(exchange, body ? body : "", body ? strlen(body) : 0);
	else
		exchange_body(exchange, "", 0);
	if (!exchange_run(exchange, false))
		exchange_run(exchange, true);
	exchange_finish(exchange);
}

#define PARAMS 9
static void write_params(char texts[PARAMS][2048], char *params[PARAMS + 1], const char *method,
    const char *path, const char *body, const char *role, const char *more)
{
	size_t count = 0;
	snprintf(texts[count++], 2048, "REQUEST_METHOD=%s", method);
	snprintf(texts[count++], 2048, "REQUEST_URI=%s", path);
	snprintf(texts[count++], 2048, "REQUEST_ID=a-request");
	snprintf(texts[count++], 2048, "REMOTE_ROLE=%s", role);
	if (body) {
		snprintf(texts[count++], 2048, "CONTENT_TYPE=application/json");
		snprintf(texts[count++], 2048, "CONTENT_LENGTH=%zu", strlen(body));
	}
	if (more)
		snprintf(texts[count++], 2048, "%s", more);
	for (size_t i = 0; i < count; i++)
		params[i] = texts[i];
	params[count] = NULL;
}

void world_ask(const char *method, const char *path, const char *body, const char *more,
    struct world_answer *answer)
{
	char texts[PARAMS][2048], *params[PARAMS + 1];
	size_t index = world_owner(path);
	bool inside = strncmp(path, "/who", 4) == 0 || strncmp(path, "/sales", 6) == 0 ||
	    strncmp(path, "/editions", 9) == 0;
	write_params(texts, params, method, path, body, inside ? "service" : "owner", more);
	buffer_clear(&answer->text);
	struct exchange *exchange = exchange_new(&configs[index]);
	answer->broken = !exchange;
	answer->status = 500;
	if (!exchange)
		return;
	run(params, body, exchange);
	answer->status = exchange->response.status;
	answer->broken = exchange->head.failed;
	answer->head = exchange->head.length;
	buffer_append(&answer->text, exchange->head.data, exchange->head.length);
	while (exchange->in_pieces && exchange_next(exchange))
		buffer_append(
		    &answer->text, exchange->response.body.data, exchange->response.body.length);
	if (exchange->in_pieces)
		answer->broken |= exchange->response.body.failed;
	else if (exchange->body_follows)
		buffer_append(
		    &answer->text, exchange->response.body.data, exchange->response.body.length);
	exchange_free(exchange);
}

/* The listener */

static bool read_request(int fd, char text[REQUEST_SIZE], char **body)
{
	size_t length = 0;
	for (;;) {
		ssize_t got = recv(fd, text + length, REQUEST_SIZE - 1 - length, 0);
		if (got <= 0)
			return false;
		length += (size_t)got;
		text[length] = '\0';
		char *end = strstr(text, "\r\n\r\n"), *size = strstr(text, "Content-Length: ");
		size_t wanted = size && size < end ? strtoul(size + 16, NULL, 10) : 0;
		if (!end || length < (size_t)(end + 4 - text) + wanted)
			continue;
		*body = wanted ? end + 4 : NULL;
		return true;
	}
}

/* Answers the questions on one connection until it ends. */
static void *serve(void *context)
{
	int fd = (int)(intptr_t)context;
	char *text = malloc(REQUEST_SIZE), (*texts)[2048] = malloc(sizeof(char[PARAMS][2048]));
	char *params[PARAMS + 1], *body;
	while (text && texts && read_request(fd, text, &body)) {
		char method[16], path[1024], start[64];
		if (sscanf(text, "%15s %1023s", method, path) != 2)
			break;
		if (strcmp(method, "GET") != 0)
			atomic_store(&touched, true);
		size_t index = world_owner(path);
		if (strncmp(path, "/healthz/", 9) == 0)
			path[8] = '\0';
		write_params(texts, params, method, path, body, "service", NULL);
		pthread_rwlock_rdlock(&in_use);
		if (!services[index].store) {
			pthread_rwlock_unlock(&in_use);
			break;
		}
		struct exchange *exchange = exchange_new(&configs[index]);
		run(params, body, exchange);
		const struct buffer *head = &exchange->head, *answer = &exchange->response.body;
		snprintf(start, sizeof start, "HTTP/1.1 ");
		send(fd, start, strlen(start), MSG_NOSIGNAL);
		send(fd, head->data + 8, head->length - 8, MSG_NOSIGNAL);
		if (exchange->body_follows)
			send(fd, answer->data, answer->length, MSG_NOSIGNAL);
		exchange_free(exchange);
		pthread_rwlock_unlock(&in_use);
	}
	free(text);
	free(texts);
	close(fd);
	return NULL;
}

static void *listen_for_ever(void *context)
{
	for (int fd; (fd = accept((int)(intptr_t)context, NULL, NULL)) >= 0;) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
	return NULL;
}

static bool start_listener(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	pthread_t thread;
	snprintf(address.sun_path, sizeof address.sun_path, "%.90s/internal.sock", folder);
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		   listen(fd, 64) == 0 &&
		   pthread_create(&thread, NULL, listen_for_ever, (void *)(intptr_t)fd) == 0) ||
	    say("cannot listen for questions");
}

bool world_tables(void)
{
	bool good = true;
	for (size_t i = 0; i < WORLD_SERVICES; i++) {
		routes[i] = table_new(definitions[i], &route_counts[i]);
		good = good && routes[i];
	}
	return good || say("no memory");
}

bool world_open(const char *where)
{
	char why[1024];
	bool good;
	snprintf(folder, sizeof folder, "%s", where);
	setenv("CINEMA_STATE", folder, 1);
	if (!settings_read(&settings, why, sizeof why))
		return say(why);
	setenv("TZ", "UTC", 1);
	tzset();
	good = start_listener();
	for (size_t i = 0; good && i < WORLD_SERVICES; i++)
		good = world_reopen(i);
	return good;
}

bool world_touched(void)
{
	return atomic_exchange(&touched, false);
}

static bool add_line(void *context, const struct store_record *record)
{
	struct buffer *text = context;
	/* A mark that a showing is about to be removed, which may be left over. */
	if (strncmp(record->key, "removing/", 9) == 0)
		return true;
	buffer_text(text, record->key);
	buffer_text(text, "\t");
	buffer_append(text, record->document, record->length);
	buffer_text(text, "\n");
	return true;
}

void world_dump(struct store *store, struct buffer *text)
{
	buffer_clear(text);
	if (store_scan(store, "", "", 0, add_line, text) != STORE_OK)
		buffer_text(text, "it cannot be read\n");
}
