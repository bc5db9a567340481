/* Four services without sockets, disks or threads of a server. See house.h. */
#include "house.h"

#include "base/id.h"
#include "base/json.h"
#include "bookings/bookings.h"
#include "movies/movies.h"
#include "service/import.h"
#include "service/table.h"
#include "showtimes/showtimes.h"
#include "users/users.h"
#include "wire.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARTS      4
#define NESTED_MAX 8 /* questions within questions */
#define PARAMS_MAX 24
#define ALL_MAX    (64 * 1024 * 1024) /* of an answer in pieces */

struct part {
	const struct service_definition *definition;
	struct service service;
	struct server_config config;
	char file[64], *kept; /* the store's file; its text after the import */
	bool open;
	bool odd; /* opened on other data files than those of house_open */
};

static struct settings settings;
static struct part parts[PARTS] = {
	{ .definition = &users_service },
	{ .definition = &movies_service },
	{ .definition = &showtimes_service },
	{ .definition = &bookings_service },
};
static char known_user[65], known_date[9], known_movie[65], known_screen[65];

void house_fault(const char *format, ...)
{
	va_list arguments;
	fputs("FOUND: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

static struct part *part_named(const char *name, size_t length)
{
	for (size_t i = 0; i < PARTS; i++)
		if (strlen(parts[i].definition->name) == length &&
		    memcmp(parts[i].definition->name, name, length) == 0)
			return &parts[i];
	return NULL;
}

/*
 * Opening
 */

static void part_close(struct part *part)
{
	if (!part->open)
		return;
	if (part->definition->stop)
		part->definition->stop(&part->service);
	peer_stop(part->service.peers);
	store_close(part->service.store);
	part->open = false;
}

static bool part_open(struct part *part, char *why, size_t why_size)
{
	struct service *service = &part->service;
	*service = (struct service){ .definition = part->definition, .settings = &settings };
	service->store = store_open("json", "/store", part->definition->name, why, why_size);
	if (!service->store)
		house_fault("%s: %s", part->definition->name, why);
	import_open(service);
	if (!import_run(service, why, why_size)) {
		store_close(service->store);
		return false;
	}
	service->peers = peer_start(&settings, why, why_size);
	if (!service->peers ||
	    (part->definition->start && !part->definition->start(service, why, why_size)))
		house_fault("%s: %s", part->definition->name, why);
	part->open = true;
	return true;
}

static void part_define(struct part *part)
{
	size_t count;
	struct route *routes = table_new(part->definition, &count);
	if (!routes)
		abort();
	snprintf(part->file, sizeof part->file, "%s.json", part->definition->name);
	part->config = (struct server_config){ .routes = routes,
		.route_count = count,
		.service = &part->service,
		.settings = &settings };
}

static void set_up(const char *folder)
{
	char why[512];
	setenv("CINEMA_DATA", folder, 1);
	if (!settings_read(&settings, why, sizeof why))
		house_fault("%s", why);
}

static bool imports(const struct part *part, const char *file)
{
	for (size_t i = 0; part->definition->data[i].file; i++)
		if (strcmp(part->definition->data[i].file, file) == 0)
			return true;
	return false;
}

bool house_reopen(const char *folder, const char *file, char *why, size_t why_size)
{
	bool good = true;
	set_up(folder);
	for (size_t i = 0; i < PARTS; i++) {
		struct part *part = &parts[i];
		bool odd = imports(part, file);
		if (part->open && !part->odd && !odd)
			continue;
		part_close(part);
		part->odd = odd;
		world_put(part->file, NULL);
		free(part->kept);
		part->kept = NULL;
		good = good && part_open(part, why, why_size);
		if (!good)
			continue;
		part->kept = copy_text(world_text(part->file));
		world_put(part->file, part->kept);
	}
	return good;
}

/* The first name in a data file; 64 bytes and a NUL. */
static struct json_object *first_of(const char *folder, const char *file, char name[65])
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, file);
	struct json_object *data = json_object_from_file(path);
	if (!data || json_object_object_length(data) == 0)
		house_fault("%s: cannot be read; run me where data/ is", path);
	struct json_object_iterator first = json_object_iter_begin(data);
	snprintf(name, 65, "%s", json_object_iter_peek_name(&first));
	return data;
}

/* Names that are there, for paths that lead somewhere. */
static void learn_names(const char *folder)
{
	char date[65];
	json_object_put(first_of(folder, "users.json", known_user));
	json_object_put(first_of(folder, "screens.json", known_screen));
	struct json_object *showtimes = first_of(folder, "showtimes.json", date);
	struct json_object *first =
	    json_object_array_get_idx(json_object_object_get(showtimes, date), 0);
	snprintf(known_date, sizeof known_date, "%.8s", date);
	snprintf(known_movie, sizeof known_movie, "%s",
	    json_text(first, "movie") ? json_text(first, "movie") : json_object_get_string(first));
	json_object_put(showtimes);
}

/* An empty house would find nothing. */
static void expect_known(void)
{
	static const char *const patterns[] = { "/users/{user}", "/movies/{movie}",
		"/showtimes/{date}/{movie}", "/showtimes/screens/{screen}" };
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct house_request request = { .method = "GET", .uri = house_path(patterns[i]) };
		if (house_ask(&request, NULL) != 200)
			house_fault("GET %s: it is not there", request.uri);
	}
}

void house_open(void)
{
	static const char *const cheap[][2] = { { "CINEMA_PASSWORD_KIB", "8" },
		{ "CINEMA_PASSWORD_PASSES", "1" }, { "CINEMA_PEER_CACHE_MS", "0" },
		{ "CINEMA_SWEEP_MS", "3600000" }, { "CINEMA_SLOW_MS", "60000" },
		{ "CINEMA_STATE", "/state" } };
	const char *folder = getenv("CINEMA_DATA");
	char why[1024];
	for (size_t i = 0; i < sizeof cheap / sizeof *cheap; i++)
		setenv(cheap[i][0], cheap[i][1], 1);
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < PARTS; i++)
		part_define(&parts[i]);
	learn_names(folder ? folder : "data");
	if (!house_reopen(folder ? folder : "data", "", why, sizeof why))
		house_fault("%s", why);
	expect_known();
}

const struct route *house_route(size_t index)
{
	for (size_t i = 0; i < PARTS; i++) {
		if (index < parts[i].config.route_count)
			return &parts[i].config.routes[index];
		index -= parts[i].config.route_count;
	}
	return NULL;
}

const char *house_path(const char *pattern)
{
	static char path[512];
	bool booking = strncmp(pattern, "/bookings/", 10) == 0;
	size_t length = 0;
	while (*pattern) {
		const char *value = NULL;
		size_t name = strcspn(pattern, "}");
		if (*pattern != '{') {
			path[length++] = *pattern++;
			continue;
		}
		if (strncmp(pattern, "{user}", name) == 0)
			value = known_user;
		else if (strncmp(pattern, "{date}", name) == 0)
			value = known_date;
		else if (strncmp(pattern, "{showing}", name) == 0)
			value = "18:00-1";
		else if (strncmp(pattern, "{screen}", name) == 0)
			value = known_screen;
		else
			value = booking ? "ZYBQT66XAFY8563CZC6S" : known_movie;
		length += (size_t)snprintf(path + length, sizeof path - length, "%s", value);
		pattern += name + 1;
	}
	path[length] = '\0';
	return path;
}

/*
 * Asking
 */

/* The service that nginx chooses: conf/nginx.conf.in. */
static struct part *part_for(const char *uri)
{
	const char *first = uri + (*uri == '/');
	size_t path = strcspn(uri, "?"), segments = 0;
	for (size_t i = 0; i < path; i++)
		segments += uri[i] == '/';
	struct part *part = part_named(first, strcspn(first, "/?"));
	if (part && strcmp(part->definition->name, "showtimes") == 0 && segments == 5 && path > 6 &&
	    memcmp(uri + path - 6, "/seats", 6) == 0)
		part = NULL;
	if (!part && strncmp(uri, "/who", 4) == 0)
		part = &parts[0];
	return part ? part : &parts[3];
}

static const char *number_text(size_t number)
{
	static char text[64];
	snprintf(text, sizeof text, "CONTENT_LENGTH=%zu", number);
	return text;
}

/* Copies, each of its own size: who reads beyond an end is seen to. */
static void fill_params(const struct house_request *request, char *params[PARAMS_MAX])
{
	size_t count = 0;
	char text[64];
	const char *name = "REQUEST_METHOD=", *uri = "REQUEST_URI=";
	params[count] = malloc(strlen(name) + strlen(request->method) + 1);
	sprintf(params[count++], "%s%s", name, request->method);
	params[count] = malloc(strlen(uri) + strlen(request->uri) + 1);
	sprintf(params[count++], "%s%s", uri, request->uri);
	params[count++] = copy_text("REMOTE_ROLE=owner");
	snprintf(text, sizeof text, "%s", number_text(request->length));
	if (request->body)
		params[count++] = copy_text(text);
	/* Of a name that comes twice the last one counts. */
	for (size_t i = 0; request->params && request->params[i] && count < PARAMS_MAX - 1; i++)
		params[count++] = copy_text(request->params[i]);
	params[count] = NULL;
}

static void hand_over_body(struct exchange *exchange, const struct house_request *request)
{
	size_t length = request->length, wanted = exchange->intake.body_length;
	/* The server reads as much as Content-Length says. */
	if (length > wanted)
		length = wanted;
	char *body = malloc(length + 1);
	if (!body)
		abort();
	if (length > 0)
		memcpy(body, request->body, length);
	body[length] = '\0';
	exchange_body(exchange, body, length);
	exchange_run(exchange, false) || exchange_run(exchange, true);
	exchange_finish(exchange);
	/* What the exchange keeps of it is not looked at any more. */
	json_object_put(exchange->request.body);
	exchange->request.body = NULL;
	free(body);
}

static void check_head(const struct exchange *exchange, const struct house_request *request)
{
	const char *line = exchange->head.data ? exchange->head.data : "";
	if (exchange->head.failed || strncmp(line, "Status: ", 8) != 0)
		house_fault(
		    "%s %s: the head is not whole: %s", request->method, request->uri, line);
	while (strcmp(line, "\r\n") != 0) {
		size_t length = strcspn(line, "\r\n"), name = strcspn(line, ":\r\n");
		if (length == 0 || line[name] != ':' || strncmp(line + length, "\r\n", 2) != 0)
			house_fault("%s %s: the head is broken: %s", request->method, request->uri,
			    exchange->head.data);
		line += length + 2;
	}
}

/* What a handler that takes the body itself gets of it. */
static ssize_t read_body(void *from, char *bytes, size_t size)
{
	struct house_request *rest = from;
	size_t length = rest->length < size ? rest->length : size;
	if (length == 0)
		return 0; /* there may be no body at all */
	memcpy(bytes, rest->body, length);
	rest->body += length;
	rest->length -= length;
	return (ssize_t)length;
}

/* All of an answer that is sent in pieces, in one. */
static void join_pieces(struct exchange *exchange, const struct house_request *request)
{
	struct buffer all;
	buffer_init(&all, ALL_MAX);
	while (exchange_next(exchange))
		buffer_append(&all, exchange->response.body.data, exchange->response.body.length);
	if (all.failed || exchange->response.body.failed)
		house_fault("%s %s: the answer broke off", request->method, request->uri);
	buffer_free(&exchange->response.body);
	exchange->response.body = all;
}

static void check_body(struct exchange *exchange, const struct house_request *request)
{
	const struct response *response = &exchange->response;
	const struct buffer *body = &response->body;
	char why[256], type[64];
	if (!exchange->body_follows || !strstr(exchange->head.data, "json"))
		return;
	if (exchange->in_pieces)
		join_pieces(exchange, request);
	struct json_object *value =
	    json_read(body->data ? body->data : "", body->length, why, sizeof why);
	if (!value)
		house_fault("%s %s: the answer is not JSON: %s: %s", request->method, request->uri,
		    why, body->data);
	const char *detail = json_text(value, "detail"), *title = json_text(value, "title");
	const char *kind = json_text(value, "type");
	snprintf(type, sizeof type, "%s", kind ? kind : "");
	if (response->status >= 400 &&
	    (!response->is_problem || !detail || !*detail || !title || !*title ||
		strncmp(type, "/problems#", 10) != 0 ||
		json_integer(value, "status", 0) != response->status))
		house_fault(
		    "%s %s: not a whole problem: %s", request->method, request->uri, body->data);
	json_object_put(value);
}

/* Runs a request to its end, in an exchange of its own, which is then to be freed. */
static struct exchange *run(struct part *part, const struct house_request *request)
{
	char *params[PARAMS_MAX];
	struct exchange *exchange = exchange_new(&part->config);
	if (!exchange)
		abort();
	fill_params(request, params);
	exchange_begin(exchange, params);
	struct house_request rest = *request;
	if (exchange_streams(exchange)) {
		exchange->request.read = read_body;
		exchange->request.read_from = &rest;
	}
	if (!exchange_streams(exchange) && exchange_wants_body(exchange)) {
		hand_over_body(exchange, request);
	} else {
		exchange_run(exchange, false) || exchange_run(exchange, true);
		exchange_finish(exchange);
	}
	int status = exchange->response.status;
	if (getenv("FUZZ_SHOW"))
		fprintf(stderr, "%s %s: %d %s", request->method, request->uri, status,
		    exchange->response.body.data ? exchange->response.body.data : "\n");
	if (status < 200 || status >= 500)
		house_fault("%s %s: %d: %s", request->method, request->uri, status,
		    exchange->response.body.data ? exchange->response.body.data : "");
	check_head(exchange, request);
	check_body(exchange, request);
	for (size_t i = 0; params[i]; i++)
		free(params[i]);
	return exchange;
}

int house_ask(const struct house_request *request, char **place)
{
	struct exchange *exchange = run(part_for(request->uri), request);
	int status = exchange->response.status;
	const char *location = exchange->response.location;
	if (place)
		*place = status == 201 && location ? copy_text(location) : NULL;
	exchange_free(exchange);
	return status;
}

/* The answer to a peer's question. */
void wire_ask(const char *method, const char *url, const char *body, struct wire_answer *answer)
{
	static struct exchange *answers[NESTED_MAX];
	static size_t depth, next;
	static const char *const peer[] = { "REMOTE_ROLE=service", "CONTENT_TYPE=application/json",
		NULL };
	const char *path = *url == '/' ? url : strchr(url + strlen("http://"), '/');
	struct part *part = part_for(path);
	if (strncmp(path, "/healthz/", 9) == 0) {
		part = part_named(path + 9, strcspn(path + 9, "/?"));
		path = "/healthz";
	}
	if (!part || depth == NESTED_MAX)
		house_fault("a peer asks %s %s, %zu deep", method, url, depth);
	depth++;
	struct exchange *exchange = run(part,
	    &(struct house_request){ .method = method,
		.uri = path,
		.params = peer,
		.body = body,
		.length = body ? strlen(body) : 0 });
	depth--;
	exchange_free(answers[next]);
	answers[next] = exchange;
	next = (next + 1) % NESTED_MAX;
	answer->status = exchange->response.status;
	answer->body = exchange->response.body.data;
	answer->length = exchange->body_follows ? exchange->response.body.length : 0;
}

/* The service's own look at its store: bookings' audit. */
static void audit(struct part *part)
{
	const struct service_definition *definition = part->definition;
	if (definition->run_command && definition->run_command(&part->service) != 0)
		house_fault("%s %s finds faults", definition->name, definition->command);
}

void house_tidy(void)
{
	char why[512];
	for (size_t i = 0; i < PARTS; i++) {
		struct part *part = &parts[i];
		if (!world_changed(part->file))
			continue;
		audit(part);
		part_close(part);
		world_put(part->file, part->kept);
		if (!part_open(part, why, sizeof why))
			house_fault("%s: %s", part->definition->name, why);
	}
}
