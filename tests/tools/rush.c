/* A rush on one hall: many clients that book, hold, confirm, cancel and repeat at random, each
 * writing down what it was told, and afterwards a comparison of what they were told with what the
 * cinema says. Finds a seat sold twice, a booking lost, kept in part, or made twice.
 *
 *   rush URL DATE MOVIE SHOWING CLIENTS REQUESTS MODE
 *
 * Clients book as users u0, u1, …; SHOWING is TIME-SCREEN. Each sends REQUESTS wishes for 1 to 4
 * seats side by side. MODE is race (bookings only), holds (holds too, which are then confirmed,
 * cut down, cancelled or left to expire) or keys (bookings, a third of them repeated: later, at the
 * same moment by another thread, or after the connection was cut). Requests are repeated with their
 * Idempotency-Key while a service is away. With RUSH_RECORD=FILE what each client was told is added to
 * that file, a line {path: booking} a client. Prints a line of counts; exits 1 when something is wrong
 * and says what. */
#include "base/buffer.h"
#include "base/json.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLIENTS_MAX  256
#define FAULTS_SHOWN 5
#define TRIES        400 /* of one request while a service is away, 25 ms apart */

enum mode { RACE, HOLDS, KEYS };

struct rush {
	const char *url, *date, *movie, *time, *screen;
	char showing[80];
	enum mode mode;
	int requests;
	struct json_object *rows; /* [[seat names]] */
};

struct client {
	const struct rush *rush;
	pthread_t thread;
	CURL *curl;
	unsigned seed;
	int number;
	struct json_object *told; /* {path: booking as last told} */
	int counts[4];            /* 2xx, 409, other refusals, given up */
	char fault[512];
};

enum count { GOOD, TAKEN, REFUSED, GIVEN_UP };

static void complain(struct client *client, const char *what, const char *path, const char *text)
{
	if (!client->fault[0])
		snprintf(client->fault, sizeof client->fault, "%s: %s: %.300s", what, path,
		    text ? text : "");
}

static size_t take(char *bytes, size_t size, size_t count, void *body)
{
	buffer_append(body, bytes, size * count);
	return size * count;
}

static int chance(struct client *client, int sides)
{
	return (int)((unsigned)rand_r(&client->seed) % (unsigned)sides);
}

static void nap(long milliseconds)
{
	nanosleep(&(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000 }, NULL);
}

/* One request; the status, or 0 when there was no answer. *answer is to be freed. */
static long send_once(struct client *client, const char *method, const char *path, const char *body,
    const char *key, long timeout_ms, struct json_object **answer)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct buffer text;
	char url[512], line[128], why[128];
	long status = 0;
	buffer_init(&text, 64 * 1024 * 1024);
	snprintf(url, sizeof url, "%s%s", client->rush->url, path);
	if (key) {
		snprintf(line, sizeof line, "Idempotency-Key: %s", key);
		headers = curl_slist_append(headers, line);
	}
	curl_easy_reset(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &text);
	const char *token = getenv("CINEMA_TOKEN"); /* in the mode that asks for it: lib.sh */
	if (token) {
		curl_easy_setopt(client->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(client->curl, CURLOPT_XOAUTH2_BEARER, token);
	}
	if (body)
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(client->curl) == CURLE_OK)
		curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	*answer = status && text.length ? json_read(text.data, text.length, why, sizeof why) : NULL;
	if (status && status < 500 && !*answer)
		complain(client, "no JSON", path, text.data);
	curl_slist_free_all(headers);
	buffer_free(&text);
	return status;
}

/* A request that is repeated until somebody answers it. */
static long request(struct client *client, const char *method, const char *path, const char *body,
    const char *key, struct json_object **answer)
{
	long status = 0;
	for (int i = 0; i < TRIES; i++) {
		status = send_once(client, method, path, body, key, 20000, answer);
		if (status != 0 && status != 429 && status < 500)
			return status;
		if (status == 500)
			complain(client, "500", path, json_object_to_json_string(*answer));
		json_object_put(*answer);
		*answer = NULL;
		nap(25);
	}
	client->counts[GIVEN_UP]++;
	return status;
}

/* Writes down a booking as the cinema told of it. */
static void note(struct client *client, struct json_object *booking)
{
	const char *uri = json_text(booking, "uri");
	if (uri)
		json_add(client->told, uri, json_object_get(booking));
	else
		complain(client, "a booking without uri", "", json_object_to_json_string(booking));
}

static void count(struct client *client, long status)
{
	client->counts[status < 300 ? GOOD : status == 409 ? TAKEN : REFUSED]++;
}

/* A wish for some seats side by side. */
static void write_wish(struct client *client, struct buffer *body, bool hold)
{
	const struct rush *rush = client->rush;
	struct json_object *row = json_object_array_get_idx(
	    rush->rows, (size_t)chance(client, (int)json_object_array_length(rush->rows)));
	int length = (int)json_object_array_length(row), wanted = 1 + chance(client, 4);
	int first = chance(client, length);
	buffer_printf(body,
	    "{\"user\":\"u%d\",\"date\":\"%s\",\"movie\":\"%s\",\"time\":\"%s\",\"screen\":\"%s\","
	    "\"seats\":[",
	    client->number, rush->date, rush->movie, rush->time, rush->screen);
	for (int i = first; i < length && i < first + wanted; i++)
		buffer_printf(body, "%s\"%s\"", i > first ? "," : "",
		    json_object_get_string(json_object_array_get_idx(row, (size_t)i)));
	buffer_printf(body, "]%s}", hold ? ",\"hold\":true" : "");
}

/* What one does with a hold. */
static void go_on(struct client *client, struct json_object *held)
{
	const char *uri = json_text(held, "uri");
	struct json_object *seats = json_object_object_get(held, "seats"), *answer = NULL;
	char path[256], body[128];
	long status;
	if (!uri)
		return;
	snprintf(path, sizeof path, "%s", uri);
	int way = chance(client, 5);
	if (way == 0)
		return; /* left to expire */
	if (way == 1)
		nap(900 + chance(client, 300)); /* about the moment it expires */
	if (way == 2) {
		status = request(client, "DELETE", path, NULL, NULL, &answer);
	} else {
		snprintf(body, sizeof body, "{\"status\":\"confirmed\"}");
		if (way == 3)
			snprintf(body, sizeof body, "{\"status\":\"confirmed\",\"seats\":[\"%s\"]}",
			    json_object_get_string(json_object_array_get_idx(seats, 0)));
		status = request(client, "PATCH", path, body, NULL, &answer);
	}
	count(client, status);
	if (status == 200)
		note(client, answer);
	else if (status != 409 && status < 500)
		complain(client, "a hold's change", path, json_object_to_json_string(answer));
	json_object_put(answer);
}

struct twin {
	struct client client;
	const char *body, *key;
	struct json_object *answer;
	long status;
};

static void *send_twin(void *argument)
{
	struct twin *twin = argument;
	twin->status =
	    request(&twin->client, "POST", "/bookings", twin->body, twin->key, &twin->answer);
	return NULL;
}

/* Repeats a booking, in one way or another, and expects the first answer. */
static void repeat(
    struct client *client, const char *body, const char *key, long first, struct json_object *told)
{
	struct json_object *answer = NULL;
	long status = request(client, "POST", "/bookings", body, key, &answer);
	const char *id = json_text(told, "id"), *again = json_text(answer, "id");
	if (status < 500 && (status != first || (id && (!again || strcmp(id, again) != 0))))
		complain(
		    client, "a repeat got another answer", key, json_object_to_json_string(answer));
	json_object_put(answer);
}

static void wish_for_seats(struct client *client, int number)
{
	bool hold = client->rush->mode == HOLDS && chance(client, 3) > 0;
	struct json_object *answer = NULL;
	struct buffer body;
	struct twin twin = { .client = { .rush = client->rush } };
	char key[64];
	buffer_init(&body, 4096);
	write_wish(client, &body, hold);
	snprintf(key, sizeof key, "u%d-%s-%d-%u", client->number, client->rush->date, number,
	    client->seed);
	int way = client->rush->mode == KEYS ? chance(client, 9) : 9;
	if (way == 0) { /* the connection is cut before the answer */
		send_once(
		    client, "POST", "/bookings", body.data, key, 1 + chance(client, 4), &answer);
		json_object_put(answer);
		answer = NULL;
	}
	if (way == 1) {
		twin.body = body.data;
		twin.key = key;
		twin.client.curl = curl_easy_init();
		if (pthread_create(&twin.client.thread, NULL, send_twin, &twin) != 0)
			way = 9;
	}
	long status = request(client, "POST", "/bookings", body.data, key, &answer);
	if (way == 1) {
		pthread_join(twin.client.thread, NULL);
		curl_easy_cleanup(twin.client.curl);
		const char *id = json_text(answer, "id"), *other = json_text(twin.answer, "id");
		if (twin.status != status || (id && (!other || strcmp(id, other) != 0)))
			complain(client, "twins got different answers", key,
			    json_object_to_json_string(twin.answer));
		json_object_put(twin.answer);
	}
	if (way == 2)
		repeat(client, body.data, key, status, answer);
	count(client, status);
	if (status == 201)
		note(client, answer);
	else if (status != 409 && status < 500)
		complain(client, "a wish", key, json_object_to_json_string(answer));
	if (status == 201 && hold)
		go_on(client, answer);
	json_object_put(answer);
	buffer_free(&body);
}

static void *run(void *argument)
{
	struct client *client = argument;
	for (int i = 0; i < client->rush->requests; i++)
		wish_for_seats(client, i);
	return NULL;
}

/* Whether a booking that somebody was told of is still so; a hold may have expired. */
static bool same(struct json_object *told, struct json_object *found)
{
	const char *was = json_text(told, "status"), *is = json_text(found, "status");
	bool expired = was && is && strcmp(was, "held") == 0 && strcmp(is, "expired") == 0;
	return was && is && (expired || strcmp(was, is) == 0) &&
	    json_object_equal(
		json_object_object_get(told, "seats"), json_object_object_get(found, "seats"));
}

/* Compares what a client was told with all the bookings that its user has, and adds the seats of
 * the live ones to owners, {seat: path}. */
static void compare(struct client *client, struct json_object *owners)
{
	struct json_object *all = NULL;
	char path[64];
	snprintf(path, sizeof path, "/bookings/u%d?view=full&limit=1000", client->number);
	if (request(client, "GET", path, NULL, NULL, &all) != 200) {
		complain(client, "cannot read", path, "");
		return;
	}
	json_object_object_foreach(client->told, uri, told)
	{
		struct json_object *found = json_object_object_get(all, json_text(told, "id"));
		if (!found || !same(told, found))
			complain(client, found ? "is otherwise" : "is lost", uri,
			    json_object_to_json_string(found));
	}
	json_object_object_foreach(all, id, booking)
	{
		const char *status = json_text(booking, "status"), *own = json_text(booking, "uri");
		struct json_object *seats = json_object_object_get(booking, "seats");
		(void)id;
		if (strcmp(json_text(booking, "date"), client->rush->date) != 0)
			continue; /* of another rush */
		/* Nobody gave up, so everything that was made was told of. */
		if (client->counts[GIVEN_UP] == 0 && !json_object_object_get(client->told, own))
			complain(client, "was made but never told", own, "");
		if (strcmp(status, "confirmed") != 0 && strcmp(status, "held") != 0)
			continue;
		for (size_t i = 0; i < json_object_array_length(seats); i++) {
			const char *seat =
			    json_object_get_string(json_object_array_get_idx(seats, i));
			struct json_object *other = json_object_object_get(owners, seat);
			if (other)
				complain(client, "SOLD TWICE", seat, json_object_get_string(other));
			json_add(owners, seat, json_object_new_string(own));
		}
	}
	json_object_put(all);
}

/* Reads the hall's seat names into rush->rows. */
static bool read_hall(struct client *client, struct rush *rush)
{
	struct json_object *map = NULL;
	char path[256];
	snprintf(
	    path, sizeof path, "/showtimes/%s/%s/%s/seats", rush->date, rush->movie, rush->showing);
	if (request(client, "GET", path, NULL, NULL, &map) != 200)
		return false;
	struct json_object *rows = json_object_object_get(map, "rows");
	rush->rows = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *seats =
		    json_object_object_get(json_object_array_get_idx(rows, i), "seats");
		struct json_object *names = json_object_new_array();
		for (size_t j = 0; j < json_object_array_length(seats); j++)
			json_append(names,
			    json_object_get(json_object_object_get(
				json_object_array_get_idx(seats, j), "name")));
		json_append(rush->rows, names);
	}
	json_object_put(map);
	return json_object_array_length(rush->rows) > 0;
}

/* The map must say of each seat what the bookings say; holds may expire in between. */
static size_t compare_map(
    struct client *client, const struct rush *rush, struct json_object *owners)
{
	struct json_object *map = NULL;
	size_t sold = 0;
	char path[256];
	snprintf(
	    path, sizeof path, "/showtimes/%s/%s/%s/seats", rush->date, rush->movie, rush->showing);
	if (request(client, "GET", path, NULL, NULL, &map) != 200)
		complain(client, "cannot read", path, "");
	struct json_object *rows = json_object_object_get(map, "rows");
	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *seats =
		    json_object_object_get(json_object_array_get_idx(rows, i), "seats");
		for (size_t j = 0; j < json_object_array_length(seats); j++) {
			struct json_object *seat = json_object_array_get_idx(seats, j);
			const char *state = json_text(seat, "state"),
				   *name = json_text(seat, "name");
			bool owned = json_object_object_get(owners, name) != NULL;
			sold += strcmp(state, "sold") == 0;
			if ((strcmp(state, "sold") == 0) && !owned)
				complain(client, "sold on the map, but nobody's", name, "");
			if (strcmp(state, "free") == 0 && owned && rush->mode != HOLDS)
				complain(client, "free on the map, but sold", name, "");
		}
	}
	json_object_put(map);
	return sold;
}

static void write_down(const struct client *clients, int count)
{
	const char *path = getenv("RUSH_RECORD");
	FILE *file = path ? fopen(path, "a") : NULL;
	for (int i = 0; file && i < count; i++)
		fprintf(file, "%s\n",
		    json_object_to_json_string_ext(clients[i].told, JSON_C_TO_STRING_PLAIN));
	if (path && (!file || fclose(file) != 0))
		printf("%s cannot be written\n", path);
}

static int conclude(struct client *clients, int count, const struct rush *rush)
{
	struct json_object *owners = json_object_new_object();
	int totals[4] = { 0 }, faults = 0;
	for (int i = 0; i < count; i++)
		compare(&clients[i], owners);
	write_down(clients, count);
	size_t sold = compare_map(&clients[0], rush, owners);
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < 4; j++)
			totals[j] += clients[i].counts[j];
		if (!clients[i].fault[0])
			continue;
		if (faults++ < FAULTS_SHOWN)
			printf("u%d: %s\n", clients[i].number, clients[i].fault);
	}
	printf(
	    "%d done, %d taken, %d refused, %d given up; %zu seats sold; %d clients with faults\n",
	    totals[GOOD], totals[TAKEN], totals[REFUSED], totals[GIVEN_UP], sold, faults);
	json_object_put(owners);
	return faults > 0;
}

int main(int argc, char **argv)
{
	static struct client clients[CLIENTS_MAX];
	if (argc != 8) {
		fprintf(stderr, "usage: rush URL DATE MOVIE SHOWING CLIENTS REQUESTS MODE\n");
		return 2;
	}
	struct rush rush = { .url = argv[1], .date = argv[2], .movie = argv[3] };
	char time[8], screen[72];
	int count = (int)strtol(argv[5], NULL, 10);
	rush.requests = (int)strtol(argv[6], NULL, 10);
	rush.mode = strcmp(argv[7], "race") == 0 ? RACE
	    : strcmp(argv[7], "holds") == 0      ? HOLDS
						 : KEYS;
	snprintf(rush.showing, sizeof rush.showing, "%s", argv[4]);
	snprintf(time, sizeof time, "%.5s", argv[4]);
	snprintf(screen, sizeof screen, "%.64s", strlen(argv[4]) > 6 ? argv[4] + 6 : "");
	rush.time = time;
	rush.screen = screen;
	if (count < 1 || count > CLIENTS_MAX || curl_global_init(CURL_GLOBAL_NOTHING) != 0)
		return 2;
	for (int i = 0; i < count; i++) {
		clients[i] = (struct client){ .rush = &rush, .number = i, .seed = (unsigned)i + 1 };
		clients[i].curl = curl_easy_init();
		clients[i].told = json_object_new_object();
	}
	if (!read_hall(&clients[0], &rush)) {
		fprintf(stderr, "rush: the hall cannot be read\n");
		return 2;
	}
	for (int i = 0; i < count; i++)
		if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
			return 2;
	for (int i = 0; i < count; i++)
		pthread_join(clients[i].thread, NULL);
	int code = conclude(clients, count, &rush);
	for (int i = 0; i < count; i++) {
		json_object_put(clients[i].told);
		curl_easy_cleanup(clients[i].curl);
	}
	json_object_put(rush.rows);
	curl_global_cleanup();
	return code;
}
