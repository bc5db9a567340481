/* Seat maps. See map.h.
 *
 * A map is drawn from some hundred keys, and asked for far more often than it changes. So a drawn
 * map is kept, and sent again while the version of the showing's key maps/… (put by every commit
 * that changes a seat) is the one it was drawn at, and none of its holds has expired. The store
 * decides, so this is right also when another process writes. The plan and the prices are as old
 * as http/peer.h lets them be. */
#include "bookings/map.h"

#include "base/clock.h"
#include "base/json.h"
#include "bookings/ask.h"
#include "bookings/best.h"
#include "bookings/hall.h"
#include "bookings/keys.h"
#include "bookings/own.h"
#include "service/answer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 64

struct drawn {
	char name[STORE_KEY_MAX + 16]; /* the key maps/… and the view; "" when the slot is empty */
	uint64_t version;
	int64_t good_until;
	char *text;
	size_t length;
};

struct map_cache {
	pthread_mutex_t lock;
	struct drawn slots[SLOTS];
};

const struct field map_query[] = {
	{ "view", FIELD_CHOICE, false, 0, 0, "full|compact" },
	{ "best", FIELD_INTEGER, false, 1, 1000, NULL },
	{ 0 },
};

struct map_cache *map_cache_new(void)
{
	struct map_cache *cache = calloc(1, sizeof *cache);
	if (cache)
		pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void map_cache_free(struct map_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(cache->slots[i].text);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static struct drawn *find_slot(struct map_cache *cache, const char *name)
{
	size_t hash = 5381;
	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	return &cache->slots[hash % SLOTS];
}

/* Appends the map drawn at that version, if there is one that is still good. */
static bool cache_read(
    struct map_cache *cache, const char *name, uint64_t version, struct buffer *body)
{
	pthread_mutex_lock(&cache->lock);
	const struct drawn *drawn = find_slot(cache, name);
	bool good = strcmp(drawn->name, name) == 0 && drawn->version == version &&
	    drawn->good_until > clock_now();
	if (good)
		buffer_append(body, drawn->text, drawn->length);
	pthread_mutex_unlock(&cache->lock);
	return good;
}

/* Keeps a map; without memory it is just not kept. */
static void cache_write(struct map_cache *cache, const char *name, uint64_t version,
    int64_t good_until, const struct buffer *body)
{
	char *text = malloc(body->length);
	if (!text)
		return;
	memcpy(text, body->data, body->length);
	pthread_mutex_lock(&cache->lock);
	struct drawn *drawn = find_slot(cache, name);
	free(drawn->text);
	snprintf(drawn->name, sizeof drawn->name, "%s", name);
	drawn->version = version;
	drawn->good_until = good_until;
	drawn->text = text;
	drawn->length = body->length;
	pthread_mutex_unlock(&cache->lock);
}

static void write_head(struct buffer *body, const struct hall *hall)
{
	size_t counts[4] = { 0 };
	for (size_t i = 0; i < hall->seat_count; i++)
		counts[hall->seats[i].state]++;
	buffer_printf(body,
	    "{\"date\":\"%s\",\"movie\":\"%s\",\"time\":\"%s\",\"screen\":\"%s\",\"screen_name\":",
	    hall->date, hall->movie, hall->time, hall->screen);
	json_write_string(body, hall->screen_name);
	buffer_printf(body,
	    ",\"currency\":\"%s\",\"counts\":{\"free\":%zu,\"held\":%zu,\"sold\":%zu,"
	    "\"blocked\":%zu},\n",
	    hall->currency, counts[HALL_FREE], counts[HALL_HELD], counts[HALL_SOLD],
	    counts[HALL_BLOCKED]);
}

static void write_seats(struct buffer *body, const struct hall *hall, const struct hall_row *row)
{
	static const char *const states[] = { "free", "held", "sold", "blocked" };
	buffer_text(body, "[");
	for (size_t i = 0; i < row->count; i++) {
		const struct hall_seat *seat = &hall->seats[row->first + i];
		char name[HALL_NAME_SIZE];
		hall_name(hall, seat, name);
		buffer_printf(body,
		    "%s{\"name\":\"%s\",\"column\":%u,\"tier\":\"%s\",\"price\":%lld,\"state\":\"%s\"}",
		    i ? "," : "", name, seat->column + 1U, row->tier, (long long)row->price,
		    states[seat->state]);
	}
	buffer_text(body, "]");
}

static void write_compact(struct buffer *body, const struct hall *hall, const struct hall_row *row)
{
	static const char states[] = "fhsx";
	size_t column = 0;
	buffer_text(body, "\"");
	for (size_t i = 0; i < row->count; i++) {
		const struct hall_seat *seat = &hall->seats[row->first + i];
		for (; column < seat->column; column++)
			buffer_text(body, "_");
		buffer_append(body, &states[seat->state], 1);
		column++;
	}
	for (; column < row->width; column++)
		buffer_text(body, "_");
	buffer_text(body, "\"");
}

/* The seats that a booking of so many would get; none, where it would be refused. */
static bool write_best(
    struct buffer *body, const struct hall *hall, struct arena *arena, size_t count)
{
	size_t *picks = arena_alloc(arena, count * sizeof *picks);
	enum best_result result = picks ? best_pick(hall, arena, count, picks) : BEST_NO_MEMORY;
	if (result == BEST_FULL)
		count = 0;
	buffer_text(body, "\"best\":[");
	for (size_t i = 0; i < count && result != BEST_NO_MEMORY; i++) {
		char name[HALL_NAME_SIZE];
		hall_name(hall, &hall->seats[picks[i]], name);
		buffer_printf(body, "%s\"%s\"", i ? "," : "", name);
	}
	buffer_text(body, "],\n");
	return result != BEST_NO_MEMORY;
}

/* Writes the rows, behind the head. */
static void write_rows(struct buffer *body, const struct hall *hall, bool compact)
{
	buffer_text(body, "\"rows\":[");
	for (size_t i = 0; i < hall->row_count; i++) {
		const struct hall_row *row = &hall->rows[i];
		buffer_printf(body,
		    "%s{\"name\":\"%s\",\"tier\":\"%s\",\"price\":%lld,\"seats\":", i ? ",\n" : "",
		    row->name, row->tier, (long long)row->price);
		if (compact)
			write_compact(body, hall, row);
		else
			write_seats(body, hall, row);
		buffer_text(body, "}");
	}
	buffer_text(body, "]}\n");
}

/* Whether the showing that showtimes tells of is the one that the path names. */
static struct json_object *find_showing(struct json_object *showings, const char *id)
{
	for (size_t i = 0; i < json_length(showings); i++) {
		struct json_object *showing = json_at(showings, i);
		const char *other = json_text(showing, "id");
		if (other && strcmp(other, id) == 0)
			return showing;
	}
	return NULL;
}

/* Asks showtimes for the hall of the path's showing; false when the question is answered. A showing
 * that is not in the cached list may have been set since. */
static bool ask(struct service *service, const struct request *request, struct response *response,
    enum peer_age age, struct hall **hall, enum outcome *outcome)
{
	const char *date = request_param(request, "date"), *movie = request_param(request, "movie");
	const char *id = request_param(request, "showing");
	struct json_object *showings = NULL, *showing;
	char path[128];
	bool good = false;

	snprintf(path, sizeof path, "/showtimes/%s/%s", date, movie);
	enum peer_result asked = peer_share(service->peers, request, age, path, &showings);
	showing = asked == PEER_OK ? find_showing(showings, id) : NULL;
	if (asked != PEER_OK && asked != PEER_ABSENT)
		*outcome = answer_peer_problem(response, asked, "showtimes");
	else if (!showing && asked == PEER_OK && age == PEER_CACHED)
		good = ask(service, request, response, PEER_FRESH, hall, outcome);
	else if (!showing)
		*outcome = response_problem(response, PROBLEM_NOT_FOUND,
		    "The movie %s is not shown on %s at %s.", movie, date, id);
	else
		good = ask_hall(service, request, response, showing, hall, outcome);
	peer_release(service->peers, showings);
	return good;
}

enum outcome map_get(
    struct service *service, const struct request *request, struct response *response)
{
	const char *view = request_query(request, "view"), *id = request_param(request, "showing");
	bool compact = view && strcmp(view, "compact") == 0;
	struct map_cache *cache = ((struct own *)service->own)->maps;
	struct buffer *body = &response->body;
	struct hall *hall = NULL;
	enum outcome outcome;
	uint64_t version = 0;
	int64_t now = clock_now();
	keys_text key;
	char name[STORE_KEY_MAX + 16];

	snprintf(key, sizeof key, "maps/%s/%s/%s", request_param(request, "date"),
	    request_param(request, "movie"), id);
	snprintf(name, sizeof name, "%s %s", key, compact ? "compact" : "full");
	size_t best = (size_t)request_query_number(request, "best", 0);
	/* The version comes first: a seat that is sold after it makes the drawing look old. */
	enum store_result result = store_get(service->store, key, NULL, &version);
	if (result != STORE_OK && result != STORE_ABSENT)
		return answer_store_problem(response, result);
	if (best == 0 && cache_read(cache, name, version, body))
		return response_body(response, 200);
	if (!ask(service, request, response, PEER_CACHED, &hall, &outcome))
		return outcome;
	result = hall_load(hall, service->store, now);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	write_head(body, hall);
	if (best > 0 && !write_best(body, hall, request->arena, best))
		return response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	write_rows(body, hall, compact);
	int64_t good_until = now + settings_number(service->settings, SETTING_PEER_CACHE_MS);
	if (hall->next_expiry < good_until)
		good_until = hall->next_expiry;
	if (best == 0 && !body->failed)
		cache_write(cache, name, version, good_until, body);
	return response_body(response, 200);
}
