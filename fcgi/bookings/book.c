/* Booking. See book.h.
 *
 * A booking is one commit: a key a seat, which must be absent (or an expired hold, at the version
 * that was read), beside the booking's own document. What was read before only chooses and
 * explains; whether it still holds is decided by the commit, and a commit that lost is thought over
 * from the start. */
#include "bookings/book.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "bookings/ask.h"
#include "bookings/best.h"
#include "bookings/booking.h"
#include "bookings/held.h"
#include "bookings/repeat.h"
#include "bookings/sales.h"
#include "bookings/seat.h"
#include "service/answer.h"
#include "service/trail.h"

#include <string.h>

/* A lost race means that another one was won, so a hall of 1,000 seats cannot turn anybody away
 * more often than this. */
#define ATTEMPTS 1000

#define OPS_BESIDE_SEATS (REPEAT_OPS + 6 + TRAIL_OPS)

const struct field book_fields[] = {
	{ "user", FIELD_ID, true, 0, 0, NULL },
	{ "date", FIELD_DATE, true, 0, 0, NULL },
	{ "movie", FIELD_ID, true, 0, 0, NULL },
	{ "time", FIELD_TIME, false, 0, 0, NULL },
	{ "screen", FIELD_ID, false, 0, 0, NULL },
	{ "seats", FIELD_ARRAY, false, 1, 1000, NULL },
	{ "count", FIELD_INTEGER, false, 1, 1000, NULL },
	{ "hold", FIELD_BOOLEAN, false, 0, 0, NULL },
	{ 0 },
};

/* What the body asks for, and what is found on the way. */
struct wish {
	struct service *service;
	const struct request *request;
	struct response *response;
	const char *user, *date, *movie, *time, *screen;
	struct json_object *seats; /* names, or NULL */
	size_t count;
	bool hold;
	struct repeat repeat;
	struct hall *hall; /* of the showing that is tried now */
	size_t *picks;     /* seats of it, as many as count */
	int64_t now;
};

/* What became of one try at a showing, or of a step of it. */
enum attempt {
	ATTEMPT_ANSWERED,
	ATTEMPT_NO_ROOM, /* answered too, but another showing may have room */
	ATTEMPT_LOST,    /* somebody was faster: again */
	ATTEMPT_CHOSEN,  /* the seats are chosen: commit */
};

static bool read_wish(struct wish *wish)
{
	struct json_object *body = wish->request->body;
	int64_t most = settings_number(wish->service->settings, SETTING_MAX_SEATS);
	wish->user = json_text(body, "user");
	wish->date = json_text(body, "date");
	wish->movie = json_text(body, "movie");
	wish->time = json_text(body, "time");
	wish->screen = json_text(body, "screen");
	wish->seats = json_object_object_get(body, "seats");
	wish->hold = json_object_get_boolean(json_object_object_get(body, "hold"));
	wish->count =
	    wish->seats ? json_length(wish->seats) : (size_t)json_integer(body, "count", 1);
	if (wish->seats && json_object_object_get(body, "count")) {
		response_field(wish->response, "count", "stands alone, without seats");
		return false;
	}
	if (wish->count > (size_t)most) {
		response_field(wish->response, wish->seats ? "seats" : "count",
		    "a booking takes %lld seats at most", (long long)most);
		return false;
	}
	for (size_t i = 0; wish->seats && i < wish->count; i++) {
		struct json_object *seat = json_at(wish->seats, i);
		bool twice = false;
		for (size_t j = 0; j < i; j++)
			twice |= json_object_equal(seat, json_at(wish->seats, j));
		if (!json_object_is_type(seat, json_type_string) || twice) {
			response_field(wish->response, "seats",
			    "must be names of seats, such as F7, each once");
			return false;
		}
	}
	wish->picks = arena_alloc(wish->request->arena, wish->count * sizeof *wish->picks);
	if (!wish->picks)
		response_problem(wish->response, PROBLEM_INTERNAL, "Memory ran out.");
	return wish->picks != NULL;
}

/* Whether the body's time and screen, where it gives them, are those of a showing. */
static bool fits(const struct wish *wish, struct json_object *showing)
{
	const char *time = json_text(showing, "time"), *screen = json_text(showing, "screen");
	return (!wish->time || (time && strcmp(time, wish->time) == 0)) &&
	    (!wish->screen || (screen && strcmp(screen, wish->screen) == 0));
}

/* Finds the seats that were named; answers 422 when some do not exist in this hall. */
static bool find_named(struct wish *wish)
{
	struct json_object *unknown = json_object_new_array(), *errors = json_object_new_array();
	size_t missing = 0;
	for (size_t i = 0; i < wish->count; i++) {
		struct json_object *name = json_at(wish->seats, i);
		struct hall_seat *seat = hall_find(wish->hall, json_object_get_string(name));
		if (seat && seat->state != HALL_BLOCKED) {
			wish->picks[i] = (size_t)(seat - wish->hall->seats);
			continue;
		}
		missing++;
		json_append(unknown, json_object_get(name));
		field_fault(errors, "seats", "%.16s %s", json_object_get_string(name),
		    seat ? "is out of use" : "does not exist");
	}
	if (missing == 0) {
		json_object_put(unknown);
		json_object_put(errors);
		return true;
	}
	struct json_object *extra = json_object_new_object();
	json_add(extra, "errors", errors);
	json_add(extra, "seats", unknown);
	response_problem_with(wish->response, PROBLEM_WRONG_FIELD, extra,
	    "seats: some do not exist on screen %s; \"seats\" names them.", wish->hall->screen);
	return false;
}

/* Answers 409 when seats that were named are taken. */
static bool all_free(struct wish *wish)
{
	struct json_object *taken = json_object_new_array();
	bool free_all = true;
	for (size_t i = 0; i < wish->count; i++) {
		const struct hall_seat *seat = &wish->hall->seats[wish->picks[i]];
		char name[HALL_NAME_SIZE];
		hall_name(wish->hall, seat, name);
		if (seat->state == HALL_FREE)
			continue;
		free_all = false;
		json_append(taken, json_object_new_string(name));
	}
	if (free_all) {
		json_object_put(taken);
		return true;
	}
	struct json_object *extra = json_object_new_object();
	json_add(extra, "seats", taken);
	response_problem_with(wish->response, PROBLEM_TAKEN, extra,
	    "Somebody has these seats already; \"seats\" names them.");
	return false;
}

static enum attempt no_memory(struct wish *wish)
{
	response_problem(wish->response, PROBLEM_INTERNAL, "Memory ran out.");
	return ATTEMPT_ANSWERED;
}

static enum attempt store_trouble(struct wish *wish, enum store_result result)
{
	answer_store_problem(wish->response, result);
	return ATTEMPT_ANSWERED;
}

/* Chooses the seats that were named. */
static enum attempt choose_named(struct wish *wish)
{
	if (!find_named(wish))
		return ATTEMPT_ANSWERED;
	for (size_t i = 0; i < wish->count; i++) {
		enum store_result result = hall_load_seat(wish->hall,
		    &wish->hall->seats[wish->picks[i]], wish->service->store, wish->now);
		if (result != STORE_OK)
			return store_trouble(wish, result);
	}
	return all_free(wish) ? ATTEMPT_CHOSEN : ATTEMPT_NO_ROOM;
}

/* Chooses the best seats. */
static enum attempt choose_best(struct wish *wish)
{
	enum store_result result = hall_load(wish->hall, wish->service->store, wish->now);
	if (result != STORE_OK)
		return store_trouble(wish, result);
	switch (best_pick(wish->hall, wish->request->arena, wish->count, wish->picks)) {
	case BEST_TOGETHER:
	case BEST_SPLIT: return ATTEMPT_CHOSEN;
	case BEST_NO_MEMORY: return no_memory(wish);
	case BEST_FULL: break;
	}
	response_problem(wish->response, PROBLEM_TAKEN, "There are no %zu seats left on %s.",
	    wish->count, wish->date);
	return ATTEMPT_NO_ROOM;
}

/* Adds to the batch what a hold needs; false when the response is filled. */
static bool add_hold(struct wish *wish, struct batch *batch, const char *id, int64_t expires)
{
	int64_t most = settings_number(wish->service->settings, SETTING_MAX_HELD), others = 0;
	keys_text key;
	enum store_result result = held_change(batch, wish->service->store, wish->user, id,
	    (int64_t)wish->count, expires, wish->now, &others);
	if (result != STORE_OK) {
		answer_store_problem(wish->response, result);
		return false;
	}
	if (others + (int64_t)wish->count > most) {
		struct json_object *extra = json_object_new_object();
		json_add(extra, "limit", json_object_new_int64(most));
		json_add(extra, "held", json_object_new_int64(others));
		response_problem_with(wish->response, PROBLEM_LIMIT, extra,
		    "One user holds %lld seats at most, and %s holds %lld already: confirm or "
		    "cancel some.",
		    (long long)most, wish->user, (long long)others);
		return false;
	}
	keys_due(key, expires, "hold", wish->user, id);
	batch_put(batch, key, BATCH_ANY, "{}");
	return true;
}

/* Adds the seats, and what says that the showing's map has changed. */
static void add_seats(struct wish *wish, struct batch *batch, const char *id, int64_t expires)
{
	const struct hall *hall = wish->hall;
	char owner[SEAT_OWNER_SIZE], name[HALL_NAME_SIZE];
	keys_text key;
	snprintf(owner, sizeof owner, "%s/%s", wish->user, id);
	for (size_t i = 0; i < wish->count; i++) {
		const struct hall_seat *seat = &hall->seats[wish->picks[i]];
		hall_name(hall, seat, name);
		keys_seat(key, hall->date, hall->movie, hall->time, hall->screen, name);
		seat_take(batch, key, seat->version, owner, expires ? expires : SEAT_SOLD_UNTIL);
	}
	keys_showing(key, "maps", hall->date, hall->movie, hall->time, hall->screen);
	batch_put(batch, key, BATCH_ANY, "{}");
}

static enum attempt sales_closed(struct wish *wish)
{
	response_problem(wish->response, PROBLEM_TAKEN,
	    "Sales for the showing at %s on %s are closed.", wish->hall->time, wish->hall->date);
	return ATTEMPT_NO_ROOM;
}

/* Writes down the whole booking and commits it. */
static enum attempt commit(struct wish *wish)
{
	const struct hall *hall = wish->hall;
	char id[ID_BOOKING_SIZE], code[ID_CODE_SIZE];
	keys_text closed, key;
	struct batch batch;
	uint64_t version, open;
	int64_t expires = 0;

	keys_showing(closed, "closed", hall->date, hall->movie, hall->time, hall->screen);
	switch (sales_look(wish->service, wish->request, wish->response, closed, &open)) {
	case SALES_OPEN: break;
	case SALES_CLOSED: return sales_closed(wish);
	case SALES_ANSWERED: return ATTEMPT_ANSWERED;
	}
	if (wish->hold)
		expires = wish->now +
		    1000 * settings_number(wish->service->settings, SETTING_HOLD_SECONDS);
	if (!id_make_booking(wish->now, id) || !id_make_code(code))
		return no_memory(wish);
	struct json_object *booking =
	    booking_new(id, code, wish->user, hall, wish->picks, wish->count, wish->now, expires);
	if (!booking)
		return no_memory(wish);
	batch_init(&batch, wish->request->arena, wish->count + OPS_BESIDE_SEATS);
	keys_booking(key, wish->user, id);
	batch_put_json(&batch, key, BATCH_ABSENT, booking);
	booking_answer(wish->response, 201, booking, 0, wish->now);
	json_object_put(booking);
	repeat_record(&wish->repeat, &batch, wish->response, wish->user, wish->now);
	batch_check(&batch, closed, open);
	keys_code(key, code);
	batch_put(&batch, key, BATCH_ABSENT, "{}");
	add_seats(wish, &batch, id, expires);
	trail_note(&batch, wish->request, wish->hold ? "hold" : "book", NULL, "/bookings/%s/%s",
	    wish->user, id);
	if (wish->hold && !add_hold(wish, &batch, id, expires))
		return ATTEMPT_ANSWERED;

	enum store_result result = batch_commit(&batch, wish->service->store, &version, NULL);
	if (result == STORE_OK) {
		wish->response->version = version;
		return ATTEMPT_ANSWERED;
	}
	return result == STORE_CONFLICT ? ATTEMPT_LOST : store_trouble(wish, result);
}

/* One try at the showing in wish->hall. */
static enum attempt try_showing(struct wish *wish)
{
	wish->now = clock_now();
	buffer_clear(&wish->response->body);
	if (repeat_answered(
		&wish->repeat, wish->service, wish->request, wish->response, wish->user, wish->now))
		return ATTEMPT_ANSWERED;
	enum attempt became = wish->seats ? choose_named(wish) : choose_best(wish);
	return became == ATTEMPT_CHOSEN ? commit(wish) : became;
}

/* Tries the showings that fit, in the order of their time, until one has room; *tried is false when
 * none fits, and nothing is answered. */
static enum outcome try_showings(struct wish *wish, struct json_object *showings, bool *tried)
{
	enum outcome outcome = OUTCOME_DONE;
	for (size_t i = 0; i < json_length(showings); i++) {
		struct json_object *showing = json_at(showings, i);
		if (!fits(wish, showing))
			continue;
		*tried = true;
		if (!ask_hall(wish->service, wish->request, wish->response, showing, &wish->hall,
			&outcome))
			return outcome;
		enum attempt became = ATTEMPT_LOST;
		for (int j = 0; j < ATTEMPTS && became == ATTEMPT_LOST; j++)
			became = try_showing(wish);
		if (became == ATTEMPT_ANSWERED)
			return OUTCOME_DONE;
		if (became == ATTEMPT_LOST)
			return response_problem(wish->response, PROBLEM_BUSY,
			    "Too many book this showing at the same moment.");
	}
	return OUTCOME_DONE; /* the problem of the last showing stands */
}

/* Remembers a refusal, so that a repeat gets the same answer; a twin that was faster wins. */
static enum outcome remember(struct wish *wish)
{
	struct batch batch;
	if (!wish->repeat.key[0] || wish->response->status != problem_status(PROBLEM_TAKEN))
		return OUTCOME_DONE;
	batch_init(&batch, wish->request->arena, REPEAT_OPS);
	repeat_record(&wish->repeat, &batch, wish->response, wish->user, wish->now);
	enum store_result result = batch_commit(&batch, wish->service->store, NULL, NULL);
	if (result == STORE_CONFLICT) {
		repeat_answered(&wish->repeat, wish->service, wish->request, wish->response,
		    wish->user, wish->now);
	} else if (result != STORE_OK) {
		answer_store_problem(wish->response, result);
	}
	return OUTCOME_DONE;
}

enum outcome book_seats(
    struct service *service, const struct request *request, struct response *response)
{
	struct wish wish = { .service = service, .request = request, .response = response };
	enum outcome outcome = OUTCOME_DONE;

	if (!read_wish(&wish))
		return OUTCOME_DONE;
	if (repeat_answered(&wish.repeat, service, request, response, wish.user, clock_now()))
		return OUTCOME_DONE;
	if (!ask_user(service, request, response, wish.user, &outcome))
		return outcome;
	/* A showing that is not in the cached list may have been set since. */
	bool tried = false;
	for (enum peer_age age = PEER_CACHED; !tried; age = PEER_FRESH) {
		struct json_object *showings = NULL;
		if (!ask_showings(service, request, response, age, wish.date, wish.movie, &showings,
			&outcome))
			return outcome;
		outcome = try_showings(&wish, showings, &tried);
		peer_release(service->peers, showings);
		if (!tried && age == PEER_FRESH)
			return response_field(response, wish.time ? "time" : "screen",
			    "the movie %s is not shown then and there on %s", wish.movie,
			    wish.date);
	}
	return outcome == OUTCOME_DONE ? remember(&wish) : outcome;
}
