/* Changes of a booking. See change.h. Like a new booking, each is one commit, thought over from the
 * start when it lost a race. */
#include "bookings/change.h"

#include "base/clock.h"
#include "base/json.h"
#include "bookings/booking.h"
#include "bookings/held.h"
#include "bookings/sales.h"
#include "bookings/seat.h"
#include "service/answer.h"
#include "service/trail.h"

#include <string.h>

#define ATTEMPTS         100
#define OPS_BESIDE_SEATS (4 + TRAIL_OPS)

const struct field change_fields[] = {
	{ "status", FIELD_CHOICE, false, 0, 0, "confirmed" },
	{ "seats", FIELD_ARRAY, false, 1, 1000, NULL },
	{ 0 },
};

struct change {
	struct service *service;
	const struct request *request;
	struct response *response;
	bool cancel, confirm;
	struct json_object *keep; /* seats' names; NULL: those it has */

	/* Read anew at each attempt. */
	struct json_object *booking;
	uint64_t version;
	enum booking_state state;
	int64_t now;
	struct batch batch;
	struct json_object *kept, *lost; /* arrays of seats' names */
};

/* What became of an attempt, or of a step of it. */
enum step { STEP_ANSWERED, STEP_LOST, STEP_ON };

static enum step refuse(struct change *change, enum store_result result)
{
	answer_store_problem(change->response, result);
	return STEP_ANSWERED;
}

static bool contains(struct json_object *array, const char *name)
{
	for (size_t i = 0; i < json_length(array); i++)
		if (strcmp(json_text_at(array, i), name) == 0)
			return true;
	return false;
}

static struct json_object *seats_of(const struct change *change)
{
	return json_object_object_get(change->booking, "seats");
}

static bool stays(const struct change *change, const char *seat)
{
	return !change->cancel && (!change->keep || contains(change->keep, seat));
}

static enum step read_booking(struct change *change)
{
	const char *user = request_param(change->request, "user");
	const char *id = request_param(change->request, "id");
	keys_text key;
	change->now = clock_now();
	keys_booking(key, user, id);
	enum store_result result =
	    answer_read(change->service->store, key, &change->booking, &change->version);
	if (result == STORE_ABSENT) {
		response_absent(change->response);
		return STEP_ANSWERED;
	}
	if (result != STORE_OK)
		return refuse(change, result);
	change->state = booking_state(change->booking, change->now);
	if (!booking_matches(change->request, change->booking, change->version, change->now)) {
		response_problem(change->response, PROBLEM_STALE,
		    "If-Match: the booking has changed since; read it again.");
		return STEP_ANSWERED;
	}
	return STEP_ON;
}

/* Whether the change asks for nothing that is not so already, or cannot be any more. */
static enum step check_change(struct change *change)
{
	struct json_object *seats = seats_of(change);
	size_t count = json_length(seats);
	bool all = !change->keep || json_length(change->keep) == count;
	for (size_t i = 0; change->keep && i < json_length(change->keep); i++) {
		struct json_object *name = json_at(change->keep, i);
		bool twice = false;
		for (size_t j = 0; j < i; j++)
			twice |= json_object_equal(name, json_at(change->keep, j));
		if (!twice && json_object_is_type(name, json_type_string) &&
		    contains(seats, json_object_get_string(name)))
			continue;
		response_field(change->response, "seats",
		    "this booking has no seat %.16s, or it stands there twice",
		    json_object_get_string(name));
		return STEP_ANSWERED;
	}
	if (change->cancel ? change->state == BOOKING_CANCELLED
			   : all && change->state == BOOKING_CONFIRMED) {
		booking_answer(
		    change->response, 200, change->booking, change->version, change->now);
		return STEP_ANSWERED;
	}
	if (change->state == BOOKING_CANCELLED) {
		response_problem(
		    change->response, PROBLEM_TAKEN, "The booking is cancelled; book anew.");
		return STEP_ANSWERED;
	}
	if (change->state == BOOKING_EXPIRED && !change->cancel && !change->confirm) {
		response_problem(change->response, PROBLEM_TAKEN,
		    "The hold has expired; confirm it if its seats are still free, or book anew.");
		return STEP_ANSWERED;
	}
	return STEP_ON;
}

/* Adds one seat to the batch: kept, confirmed or given back. */
static enum step change_seat(struct change *change, struct json_object *name)
{
	const char *text = json_object_get_string(name);
	char owner[SEAT_OWNER_SIZE];
	keys_text key;
	struct seat seat;
	booking_seat_key(change->booking, text, key);
	booking_owner(change->booking, owner);
	enum store_result result = seat_read(change->service->store, key, &seat);
	if (result != STORE_OK)
		return refuse(change, result);
	bool own = strcmp(seat.owner, owner) == 0;
	if (!stays(change, text)) {
		if (own)
			batch_delete(&change->batch, key, seat.version);
		return STEP_ON;
	}
	json_append(change->kept, json_object_get(name));
	if (!own && seat.until > change->now)
		json_append(change->lost, json_object_get(name));
	else if (change->confirm && change->state != BOOKING_CONFIRMED)
		seat_take(&change->batch, key, seat.version, owner, SEAT_SOLD_UNTIL);
	return STEP_ON;
}

static enum step change_seats(struct change *change)
{
	struct json_object *seats = seats_of(change);
	size_t count = json_length(seats);
	batch_init(&change->batch, change->request->arena, count + OPS_BESIDE_SEATS);
	for (size_t i = 0; i < count; i++)
		if (change_seat(change, json_at(seats, i)) != STEP_ON)
			return STEP_ANSWERED;
	if (json_length(change->lost) == 0)
		return STEP_ON;
	struct json_object *extra = json_object_new_object();
	json_add(extra, "seats", json_object_get(change->lost));
	response_problem_with(change->response, PROBLEM_TAKEN, extra,
	    "The hold expired and others took these seats; \"seats\" names them.");
	return STEP_ANSWERED;
}

/* Adds that the showing's sales are open. */
static enum step check_sales(struct change *change)
{
	uint64_t version = 0;
	keys_text key;
	booking_showing_key(change->booking, "closed", key);
	switch (sales_look(change->service, change->request, change->response, key, &version)) {
	case SALES_OPEN: batch_check(&change->batch, key, version); return STEP_ON;
	case SALES_CLOSED:
		response_problem(change->response, PROBLEM_TAKEN,
		    "Sales for this showing are closed; a hold cannot be confirmed any more.");
		break;
	case SALES_ANSWERED: break;
	}
	return STEP_ANSWERED;
}

/* Adds what goes with the seats: the limit of holds, closed sales, the map, the document. */
static enum step change_rest(struct change *change)
{
	struct batch *batch = &change->batch;
	struct json_object *booking = change->booking;
	const char *user = json_text(booking, "user"), *id = json_text(booking, "id");
	bool held = change->state == BOOKING_HELD && !change->confirm && !change->cancel;
	bool stays_confirmed = change->state == BOOKING_CONFIRMED && !change->cancel;
	size_t count = json_length(change->kept);
	int64_t others;
	keys_text key, booking_key;

	if (change->state == BOOKING_HELD) {
		enum store_result result = held_change(batch, change->service->store, user, id,
		    held ? (int64_t)count : 0, booking_expires(booking), change->now, &others);
		if (result != STORE_OK)
			return refuse(change, result);
	}
	if (json_text(booking, "time")) {
		if (change->confirm && !stays_confirmed && check_sales(change) != STEP_ON)
			return STEP_ANSWERED;
		booking_showing_key(booking, "maps", key);
		batch_put(batch, key, BATCH_ANY, "{}");
	}
	keys_booking(booking_key, user, id);
	const char *status = change->cancel      ? "cancelled"
	    : change->confirm || stays_confirmed ? "confirmed"
						 : "held";
	/* A cancelled booking keeps its seats' names; they are nobody's now. */
	struct json_object *seats = change->cancel ? NULL : json_object_get(change->kept);
	if (!booking_change(booking, status, seats, change->now))
		return refuse(change, STORE_FAILED);
	batch_put_json(batch, booking_key, change->version, booking);
	const char *action = change->cancel       ? "cancel"
	    : change->confirm && !stays_confirmed ? "confirm"
						  : "give-back";
	trail_note(batch, change->request, action, NULL, "/bookings/%s/%s", user, id);
	return STEP_ON;
}

static enum step commit(struct change *change)
{
	uint64_t version = 0;
	buffer_clear(&change->response->body);
	booking_answer(change->response, 200, change->booking, change->version, change->now);
	enum store_result result =
	    batch_commit(&change->batch, change->service->store, &version, NULL);
	if (result == STORE_CONFLICT)
		return STEP_LOST;
	if (result != STORE_OK)
		return refuse(change, result);
	change->response->version = version;
	return STEP_ANSWERED;
}

static enum step attempt(struct change *change)
{
	change->booking = NULL;
	change->kept = json_object_new_array();
	change->lost = json_object_new_array();
	enum step step = read_booking(change);
	if (step == STEP_ON)
		step = check_change(change);
	if (step == STEP_ON)
		step = change_seats(change);
	if (step == STEP_ON)
		step = change_rest(change);
	if (step == STEP_ON)
		step = commit(change);
	json_object_put(change->booking);
	json_object_put(change->kept);
	json_object_put(change->lost);
	return step;
}

static enum outcome run(struct change *change)
{
	for (int i = 0; i < ATTEMPTS; i++)
		if (attempt(change) == STEP_ANSWERED)
			return OUTCOME_DONE;
	return response_problem(
	    change->response, PROBLEM_BUSY, "Too many change this booking at the same moment.");
}

enum outcome change_booking(
    struct service *service, const struct request *request, struct response *response)
{
	struct change change = { .service = service, .request = request, .response = response };
	change.confirm = json_text(request->body, "status") != NULL;
	change.keep = json_object_object_get(request->body, "seats");
	if (!change.confirm && !change.keep)
		return response_field(
		    response, "status", "say \"confirmed\", or give the seats to keep, or both");
	return run(&change);
}

enum outcome change_cancel(
    struct service *service, const struct request *request, struct response *response)
{
	struct change change = {
		.service = service, .request = request, .response = response, .cancel = true
	};
	return run(&change);
}
