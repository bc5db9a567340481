/* Records what clients ask of a few seats and what they are told, for tools/linear to judge.
 *
 *   history URL DATE MOVIE SHOWING SEATS CLIENTS REQUESTS HOLD_SECONDS SEED >HISTORY
 *
 * Clients are the users u0, u1, …; SEATS are names joined by commas. Each hold, books, confirms,
 * cancels and reads at random. Connections are cut before the answer now and then; what was asked
 * with an Idempotency-Key is then repeated with it, or left, its outcome unknown; of the rest each
 * attempt is an operation of its own. A repeat that comes after the answer must get the same one:
 * else a line tells of it and the exit code is 1. The form of the history is in linear.c. */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLIENTS_MAX 64
#define SEATS_MAX   16
#define OWN_MAX     4   /* bookings that a client remembers */
#define TRIES       400 /* 25 ms apart, while a service is away */

static const char *url, *date, *movie, *showing;
static char seats[SEATS_MAX][8];
static int seat_count, requests;
static int64_t hold_us;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static atomic_int faults;

struct own {
	char path[160], id[32], seats[2][8];
	int count;
};

struct client {
	pthread_t thread;
	CURL *curl;
	unsigned seed;
	int number, made;
	struct own own[OWN_MAX];
	int owned;
};

/* One operation as it goes on. */
struct op {
	int64_t start;
	const char *what, *booking;
	int64_t until; /* of a hold */
};

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static int chance(struct client *client, int sides)
{
	return (int)((unsigned)rand_r(&client->seed) % (unsigned)sides);
}

/* Writes an operation on one seat down; end 0: the answer was lost. */
static void note(const struct op *op, int64_t end, const char *seat, const char *outcome)
{
	pthread_mutex_lock(&output);
	printf("%" PRId64 " ", op->start);
	if (end)
		printf("%" PRId64, end);
	else
		printf("-");
	printf(" %s %s %s %s", op->what, seat, op->booking, outcome);
	if (op->until)
		printf(" %" PRId64, op->until);
	printf("\n");
	pthread_mutex_unlock(&output);
}

static void complain(const char *what, const char *text)
{
	atomic_fetch_add(&faults, 1);
	fprintf(stderr, "history: %s: %.300s\n", what, text ? text : "");
}

static size_t take(char *bytes, size_t size, size_t count, void *body)
{
	buffer_append(body, bytes, size * count);
	return size * count;
}

/* One request; the status, or 0 when there was no answer. *answer is to be freed. */
static long send_once(struct client *client, const char *method, const char *path, const char *body,
    const char *key, struct json_object **answer)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct buffer text;
	char where[512], line[128], why[128];
	long status = 0;
	buffer_init(&text, 16 * 1024 * 1024);
	snprintf(where, sizeof where, "%s%s", url, path);
	if (key) {
		snprintf(line, sizeof line, "Idempotency-Key: %s", key);
		headers = curl_slist_append(headers, line);
	}
	curl_easy_reset(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_URL, where);
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(
	    client->curl, CURLOPT_TIMEOUT_MS, chance(client, 12) ? 20000L : 1L + chance(client, 5));
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &text);
	if (body)
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(client->curl) == CURLE_OK)
		curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	*answer = status && text.length ? json_read(text.data, text.length, why, sizeof why) : NULL;
	if (status == 500)
		complain("a 500", text.data);
	curl_slist_free_all(headers);
	buffer_free(&text);
	return status;
}

static bool is_answer(long status)
{
	return status != 0 && status != 429 && status < 500;
}

/* Whether an answer's "seats" names a seat. */
static bool names(struct json_object *answer, const char *seat)
{
	struct json_object *list = json_object_object_get(answer, "seats");
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), seat) == 0)
			return true;
	return false;
}

/* Keeps a booking in mind, in place of another. */
static void remember(
    struct client *client, struct json_object *booking, char chosen[][8], int count)
{
	int place = client->owned < OWN_MAX ? client->owned++ : chance(client, OWN_MAX);
	struct own *own = &client->own[place];
	snprintf(own->path, sizeof own->path, "%s", json_text(booking, "uri"));
	snprintf(own->id, sizeof own->id, "%s", json_text(booking, "id"));
	memcpy(own->seats, chosen, sizeof own->seats);
	own->count = count;
}

/* The booking again, with its key: nothing may happen, and the answer is the first one. */
static void ask_again(struct client *client, const char *body, const char *key, const char *id)
{
	for (int i = 0; i < TRIES; i++, nap(25)) {
		struct json_object *answer = NULL;
		long status = send_once(client, "POST", "/bookings", body, key, &answer);
		const char *again = json_text(answer, "id");
		bool good = status == 201 && again && strcmp(again, id) == 0;
		if (is_answer(status) && !good)
			complain("a repeat got another answer", json_object_to_json_string(answer));
		json_object_put(answer);
		if (is_answer(status))
			return;
	}
}

/* A hold, or a booking at once, of one or two seats. */
static void book(struct client *client, bool hold)
{
	char body[512], key[64], unknown[72], chosen[2][8];
	int count = 1 + (chance(client, 3) == 0 && seat_count > 1),
	    first = chance(client, seat_count);
	struct json_object *answer = NULL;
	struct op op = { .start = now_us(), .what = hold ? "hold" : "book", .booking = unknown };
	long status = 0;
	for (int i = 0; i < count; i++)
		snprintf(chosen[i], sizeof chosen[i], "%s", seats[(first + i) % seat_count]);
	snprintf(key, sizeof key, "u%d-%d-%" PRId64, client->number, ++client->made, op.start);
	snprintf(unknown, sizeof unknown, "?%s", key);
	snprintf(body, sizeof body,
	    "{\"user\":\"u%d\",\"date\":\"%s\",\"movie\":\"%s\",\"time\":\"%.5s\",\"screen\":\"%s\","
	    "\"seats\":[\"%s\"%s%s%s],\"hold\":%s}",
	    client->number, date, movie, showing, showing + 6, chosen[0], count > 1 ? ",\"" : "",
	    count > 1 ? chosen[1] : "", count > 1 ? "\"" : "", hold ? "true" : "false");
	for (int i = 0; i < TRIES && !is_answer(status); i++) {
		if (i > 0 && chance(client, 5) == 0)
			break; /* left: what became of it nobody knows */
		if (i > 0)
			nap(25);
		json_object_put(answer);
		answer = NULL;
		status = send_once(client, "POST", "/bookings", body, key, &answer);
	}
	int64_t end = now_us(), until = 0;
	const char *expires = json_text(answer, "expires"), *id = json_text(answer, "id");
	if (status == 201 && id && (!hold || (expires && clock_parse(expires, &until)))) {
		op.booking = id;
		op.until = until * 1000;
		for (int i = 0; i < count; i++)
			note(&op, end, chosen[i], "ok");
		remember(client, answer, chosen, count);
		if (chance(client, 6) == 0)
			ask_again(client, body, key, id);
	} else if (!is_answer(status)) {
		op.until = hold ? op.start + hold_us : 0;
		for (int i = 0; i < count; i++)
			note(&op, 0, chosen[i], "lost");
	} else if (status == 409) {
		for (int i = 0; i < count; i++)
			if (names(answer, chosen[i]))
				note(&op, end, chosen[i], "taken");
	} else {
		complain("a booking", json_object_to_json_string(answer));
	}
	json_object_put(answer);
}

/* Confirms or cancels; each attempt is an operation, because one that was cut may still come. */
static void change(struct client *client, bool cancel)
{
	struct own own = client->own[chance(client, client->owned)];
	for (int i = 0; i < TRIES; i++, nap(25)) {
		struct json_object *answer = NULL;
		struct op op = { now_us(), cancel ? "cancel" : "confirm", own.id, 0 };
		long status = send_once(client, cancel ? "DELETE" : "PATCH", own.path,
		    cancel ? NULL : "{\"status\":\"confirmed\"}", NULL, &answer);
		int64_t end = now_us();
		bool names_some = json_object_object_get(answer, "seats") != NULL;
		if (status != 200 && status != 409 && is_answer(status))
			complain(op.what, json_object_to_json_string(answer));
		for (int j = 0; j < own.count; j++) {
			if (!is_answer(status))
				note(&op, 0, own.seats[j], "lost");
			else if (status == 200)
				note(&op, end, own.seats[j], "ok");
			else if (!names_some)
				note(&op, end, own.seats[j], "cancelled");
			else if (names(answer, own.seats[j]))
				note(&op, end, own.seats[j], "taken");
		}
		json_object_put(answer);
		if (is_answer(status) || chance(client, 4) == 0)
			return;
	}
}

/* Reads a booking, what it says of itself. */
static void show(struct client *client)
{
	struct own *own = &client->own[chance(client, client->owned)];
	struct json_object *answer = NULL;
	struct op op = { now_us(), "show", own->id, 0 };
	long status = send_once(client, "GET", own->path, NULL, NULL, &answer);
	int64_t end = now_us();
	const char *is = json_text(answer, "status");
	if (status == 200 && is)
		for (int i = 0; i < own->count; i++)
			note(&op, end, own->seats[i], is);
	else if (is_answer(status))
		complain("a booking is lost", own->path);
	json_object_put(answer);
}

static void read_map(struct client *client)
{
	struct json_object *answer = NULL;
	struct op op = { now_us(), "map", "-", 0 };
	char path[256];
	snprintf(path, sizeof path, "/showtimes/%s/%s/%s/seats", date, movie, showing);
	long status = send_once(client, "GET", path, NULL, NULL, &answer);
	int64_t end = now_us();
	struct json_object *rows = json_object_object_get(answer, "rows");
	if (status != 200)
		rows = NULL;
	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *list =
		    json_object_object_get(json_object_array_get_idx(rows, i), "seats");
		for (size_t j = 0; j < json_object_array_length(list); j++) {
			struct json_object *seat = json_object_array_get_idx(list, j);
			for (int k = 0; k < seat_count; k++)
				if (strcmp(seats[k], json_text(seat, "name")) == 0)
					note(&op, end, seats[k], json_text(seat, "state"));
		}
	}
	json_object_put(answer);
}

static void *run(void *argument)
{
	struct client *client = argument;
	for (int i = 0; i < requests; i++) {
		int way = chance(client, 20);
		if (way < 8 || (way >= 12 && client->owned == 0))
			book(client, way > 1);
		else if (way < 12)
			read_map(client);
		else if (way < 15)
			show(client);
		else
			change(client, way >= 17);
		nap(chance(client, 6) ? chance(client, 30) : chance(client, 1200));
	}
	return NULL;
}

static void read_seats(char *text)
{
	for (char *rest = text, *name; (name = strsep(&rest, ",")) && seat_count < SEATS_MAX;)
		snprintf(seats[seat_count++], sizeof seats[0], "%.7s", name);
}

int main(int argc, char **argv)
{
	static struct client clients[CLIENTS_MAX];
	int count = argc == 10 ? (int)strtol(argv[6], NULL, 10) : 0;
	if (count < 1 || count > CLIENTS_MAX || strlen(argv[4]) < 7 ||
	    curl_global_init(CURL_GLOBAL_NOTHING) != 0) {
		fprintf(stderr,
		    "usage: history URL DATE MOVIE SHOWING SEATS CLIENTS REQUESTS "
		    "HOLD_SECONDS SEED\n");
		return 2;
	}
	url = argv[1];
	date = argv[2];
	movie = argv[3];
	showing = argv[4];
	read_seats(argv[5]);
	requests = (int)strtol(argv[7], NULL, 10);
	hold_us = strtoll(argv[8], NULL, 10) * 1000000;
	for (int i = 0; i < count; i++) {
		clients[i] = (struct client){ .number = i, .curl = curl_easy_init() };
		clients[i].seed = (unsigned)strtoul(argv[9], NULL, 10) * 1000 + (unsigned)i;
		if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
			return 2;
	}
	for (int i = 0; i < count; i++) {
		pthread_join(clients[i].thread, NULL);
		curl_easy_cleanup(clients[i].curl);
	}
	curl_global_cleanup();
	return atomic_load(&faults) > 0;
}
