/* Deleting showings. See remove.h.
 *
 * Store, beside the days: removing/{date}/{movie}/{showing} → {}, from before sales close until the
 * deletion is done or given up; what is found there at a start was left by a process that died. */
#include "showtimes/remove.h"

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "service/answer.h"
#include "service/batch.h"
#include "service/trail.h"
#include "showtimes/showing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS  20
#define PREFIX    "removing/"
#define MARKS_MAX 16

struct removal {
	struct service *service;
	const struct request *request;
	struct response *response;
	const char *date, *movie, *id;
	char day_key[STORE_KEY_MAX + 1], mark[STORE_KEY_MAX + 1];
	enum outcome outcome;

	/* Read anew at each attempt. */
	struct json_object *day;
	uint64_t edition; /* 0: there is no such day */
	uint64_t marked;  /* version of the mark */
	int at;           /* the showing's place in the day; -1: it is not there */
};

enum step { STEP_ANSWERED, STEP_LOST, STEP_ON };

static enum step refuse(struct removal *removal, enum store_result result)
{
	answer_store_problem(removal->response, result);
	return STEP_ANSWERED;
}

static enum store_result read_day(struct removal *removal)
{
	json_object_put(removal->day);
	removal->day = NULL;
	removal->at = -1;
	removal->edition = 0;
	enum store_result result = answer_read(
	    removal->service->store, removal->day_key, &removal->day, &removal->edition);
	if (result == STORE_OK)
		removal->at = showing_find(removal->day, removal->movie, removal->id);
	return result == STORE_ABSENT ? STORE_OK : result;
}

static enum step find(struct removal *removal)
{
	enum store_result result = read_day(removal);
	if (result != STORE_OK)
		return refuse(removal, result);
	if (removal->at >= 0)
		return STEP_ON;
	response_problem(removal->response, PROBLEM_NOT_FOUND,
	    "The movie %s is not shown on %s at %s.", removal->movie, removal->date, removal->id);
	return STEP_ANSWERED;
}

static enum step check_guard(struct removal *removal)
{
	struct json_object *showings = json_object_object_get(removal->day, "showings");
	return showing_guarded(removal->service, removal->request, removal->response, removal->date,
		   json_at(showings, (size_t)removal->at))
	    ? STEP_ON
	    : STEP_ANSWERED;
}

static enum step put_mark(struct removal *removal)
{
	struct batch batch;
	batch_init(&batch, removal->request->arena, 1);
	batch_put(&batch, removal->mark, BATCH_ANY, "{}");
	enum store_result result =
	    batch_commit(&batch, removal->service->store, &removal->marked, NULL);
	return result == STORE_OK ? STEP_ON : refuse(removal, result);
}

/* Writes a day as it is, so that it has a new edition, for which sales are open. STORE_OK also when
 * somebody was faster. */
static enum store_result renew(
    struct store *store, struct arena *arena, const char *day_key, const char *mark)
{
	struct json_object *day = NULL;
	struct batch batch;
	uint64_t edition = 0;
	enum store_result result = answer_read(store, day_key, &day, &edition);
	batch_init(&batch, arena, 2);
	if (result == STORE_OK)
		batch_put_json(&batch, day_key, edition, day);
	batch_delete(&batch, mark, BATCH_ANY);
	if (result == STORE_OK || result == STORE_ABSENT)
		result = batch_commit(&batch, store, NULL, NULL);
	json_object_put(day);
	return result == STORE_CONFLICT ? STORE_OK : result;
}

/* Lets the showing sell again after an attempt that has closed its sales in vain. Where the day has
 * been written since they are open already. */
static void reopen(struct removal *removal)
{
	struct store *store = removal->service->store;
	uint64_t closed = removal->edition;
	struct batch batch;
	bool starved = memory_take(); /* what the deletion lacked memory for is not lacked here */
	enum store_result result = read_day(removal);
	if (result == STORE_OK && removal->day && removal->edition == closed) {
		result = renew(store, removal->request->arena, removal->day_key, removal->mark);
	} else if (result == STORE_OK) {
		/* A newer mark is another's, who sees to it. */
		batch_init(&batch, removal->request->arena, 1);
		batch_delete(&batch, removal->mark, removal->marked);
		result = batch_commit(&batch, store, NULL, NULL);
	}
	if (result != STORE_OK && result != STORE_CONFLICT)
		log_write(LOG_ERROR, removal->request->id,
		    "sales of %s stay closed until its day is written or the service starts",
		    removal->mark + strlen(PREFIX));
	if (starved)
		memory_note();
}

/* Answers 409 with the bookings' addresses. */
static void answer_bookings(struct removal *removal, struct json_object *bookings)
{
	struct json_object *extra = json_object_new_object(), *list = json_object_new_array();
	for (size_t i = 0; i < json_length(bookings); i++) {
		const char *owner = json_text_at(bookings, i);
		const char *uri = arena_printf(removal->request->arena, "/bookings/%s", owner);
		json_append(list, uri ? json_object_new_string(uri) : NULL);
	}
	json_add(extra, "bookings", list);
	response_problem_with(removal->response, PROBLEM_TAKEN, extra,
	    "There are bookings for this showing, which \"bookings\" names; cancel them first.");
}

/* Closes sales; STEP_ON when no booking stands in the way. */
static enum step close_sales(struct removal *removal)
{
	char path[STORE_KEY_MAX + 1], body[48];
	struct json_object *answer = NULL, *bookings;
	snprintf(path, sizeof path, "/sales/%s/%s/%s", removal->date, removal->movie, removal->id);
	snprintf(body, sizeof body, "{\"edition\":%" PRIu64 "}", removal->edition);
	enum peer_result asked =
	    peer_put(removal->service->peers, removal->request, path, body, &answer);
	bookings = json_object_object_get(answer, "bookings");
	enum step step = STEP_ANSWERED;
	if (asked != PEER_OK || !json_object_is_type(bookings, json_type_array))
		removal->outcome = answer_peer_problem(
		    removal->response, asked == PEER_WAIT ? PEER_WAIT : PEER_DOWN, "bookings");
	else if (json_length(bookings) > 0)
		answer_bookings(removal, bookings);
	else
		step = STEP_ON;
	json_object_put(answer);
	return step;
}

/* Takes the showing out of its day, and the day away with its last one. */
static enum step commit(struct removal *removal)
{
	struct json_object *showings = json_object_object_get(removal->day, "showings");
	struct batch batch;
	batch_init(&batch, removal->request->arena, 2 + TRAIL_OPS);
	if (json_length(showings) == 1) {
		batch_delete(&batch, removal->day_key, removal->edition);
	} else {
		json_object_array_del_idx(showings, (size_t)removal->at, 1);
		batch_put_json(&batch, removal->day_key, removal->edition, removal->day);
	}
	batch_delete(&batch, removal->mark, BATCH_ANY);
	trail_note(&batch, removal->request, "delete", NULL, "/showtimes/%s/%s/%s", removal->date,
	    removal->movie, removal->id);
	enum store_result result = batch_commit(&batch, removal->service->store, NULL, NULL);
	if (result == STORE_CONFLICT)
		return STEP_LOST;
	if (result != STORE_OK)
		return refuse(removal, result);
	response_nothing(removal->response);
	return STEP_ON;
}

/* One attempt; what it closed and did not delete it opens again. */
static enum step attempt(struct removal *removal)
{
	enum step step = find(removal);
	if (step == STEP_ON)
		step = check_guard(removal);
	if (step == STEP_ON)
		step = put_mark(removal);
	if (step != STEP_ON)
		return step;
	step = close_sales(removal);
	if (step == STEP_ON)
		step = commit(removal);
	if (step == STEP_ON)
		return STEP_ANSWERED;
	reopen(removal);
	return step;
}

enum outcome remove_showing(
    struct service *service, const struct request *request, struct response *response)
{
	struct removal removal = {
		.service = service,
		.request = request,
		.response = response,
		.date = request_param(request, "date"),
		.movie = request_param(request, "movie"),
		.id = request_param(request, "showing"),
		.outcome = OUTCOME_DONE,
	};
	enum step step = STEP_LOST;
	snprintf(removal.day_key, sizeof removal.day_key, "dates/%s", removal.date);
	snprintf(removal.mark, sizeof removal.mark, PREFIX "%s/%s/%s", removal.date, removal.movie,
	    removal.id);
	for (int i = 0; i < ATTEMPTS && step == STEP_LOST; i++)
		step = attempt(&removal);
	json_object_put(removal.day);
	if (step == STEP_LOST)
		return response_problem(response, PROBLEM_BUSY,
		    "Too many change the showings of %s at the same moment.", removal.date);
	return removal.outcome;
}

enum outcome remove_edition(
    struct service *service, const struct request *request, struct response *response)
{
	struct removal removal = {
		.service = service,
		.request = request,
		.response = response,
		.date = request_param(request, "date"),
		.movie = request_param(request, "movie"),
		.id = request_param(request, "showing"),
	};
	snprintf(removal.day_key, sizeof removal.day_key, "dates/%s", removal.date);
	enum step step = find(&removal);
	json_object_put(removal.day);
	if (step != STEP_ON)
		return OUTCOME_DONE;
	buffer_printf(&response->body, "{\"edition\":%" PRIu64 "}", removal.edition);
	return response_body(response, 200);
}

struct marks {
	char keys[MARKS_MAX][STORE_KEY_MAX + 1];
	size_t count;
};

static bool collect(void *context, const struct store_record *record)
{
	struct marks *marks = context;
	memcpy(marks->keys[marks->count++], record->key, strlen(record->key) + 1);
	return true;
}

bool remove_recover(struct service *service, char *why, size_t why_size)
{
	struct marks *marks = malloc(sizeof *marks);
	enum store_result result = marks ? STORE_OK : STORE_FAILED;
	struct arena arena;
	arena_init(&arena);
	do {
		if (marks)
			marks->count = 0;
		if (result == STORE_OK)
			result = store_scan(service->store, PREFIX, "", MARKS_MAX, collect, marks);
		for (size_t i = 0; result == STORE_OK && i < marks->count; i++) {
			char day_key[32];
			snprintf(
			    day_key, sizeof day_key, "dates/%.8s", marks->keys[i] + strlen(PREFIX));
			result = renew(service->store, &arena, day_key, marks->keys[i]);
			log_write(LOG_WARNING, NULL, "%s was not finished: it sells again",
			    marks->keys[i]);
		}
	} while (result == STORE_OK && marks->count == MARKS_MAX);
	arena_free(&arena);
	free(marks);
	if (result != STORE_OK)
		snprintf(why, why_size, "the store cannot be read or written: see the log");
	return result == STORE_OK;
}
