/* Setting, changing and deleting showings. See change.h. */
#include "showtimes/change.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "service/answer.h"
#include "service/batch.h"
#include "service/trail.h"
#include "showtimes/screens.h"
#include "showtimes/showing.h"
#include "showtimes/uses.h"

#include <inttypes.h>
#include <string.h>

#define ATTEMPTS 20
#define OPS      (6 + TRAIL_OPS)

/* What a showing may be given, and what may be sent back as it was read. */
#define TERMS                                                                                      \
	{ "price", FIELD_OBJECT, false, 1, 20, NULL },                                             \
	    { "currency", FIELD_TEXT, false, 3, 3, NULL },                                         \
	{                                                                                          \
		"minutes", FIELD_INTEGER, false, 1, 1000, NULL                                     \
	}
#define FACTS                                                                                      \
	{ "id", FIELD_TEXT, false, 1, 80, NULL }, { "date", FIELD_DATE, false, 0, 0, NULL },       \
	    { "starts", FIELD_TEXT, false, 0, 24, NULL },                                          \
	    { "screen_name", FIELD_TEXT, false, 1, 100, NULL },                                    \
	    { "capacity", FIELD_INTEGER, false, 0, SCREENS_SEATS_MAX, NULL },                      \
	{                                                                                          \
		"uri", FIELD_TEXT, false, 1, 200, NULL                                             \
	}

const struct field change_body[] = {
	{ "movie", FIELD_ID, true, 0, 0, NULL },
	{ "time", FIELD_TIME, true, 0, 0, NULL },
	{ "screen", FIELD_ID, true, 0, 0, NULL },
	TERMS,
	FACTS,
	{ 0 },
};

const struct field change_put_body[] = {
	{ "movie", FIELD_ID, false, 0, 0, NULL },
	{ "time", FIELD_TIME, false, 0, 0, NULL },
	{ "screen", FIELD_ID, false, 0, 0, NULL },
	TERMS,
	FACTS,
	{ 0 },
};

/* A merge patch: null gives the screen's prices and the cinema's currency, and takes minutes away. */
const struct field change_patch[] = {
	{ "movie", FIELD_ID, false, 0, 0, NULL },
	{ "time", FIELD_TIME, false, 0, 0, NULL },
	{ "screen", FIELD_ID, false, 0, 0, NULL },
	{ "price", FIELD_ANY, false, 0, 0, NULL },
	{ "currency", FIELD_ANY, false, 0, 0, NULL },
	{ "minutes", FIELD_ANY, false, 0, 0, NULL },
	FACTS,
	{ 0 },
};

/* A day as it was read. */
struct day {
	char date[9], key[16];
	uint64_t version; /* 0: there is none */
	struct json_object *document;
};

/* One write, while it is thought over. */
struct change {
	struct service *service;
	const struct request *request;
	struct response *response;
	const char *date, *movie, *id; /* of the path; movie and id are NULL for POST */
	struct json_object *film;      /* what movies tells of it; NULL: not asked */
	enum outcome outcome;

	/* Read anew at each attempt. */
	struct day days[3]; /* the day before, the day, the day after */
	int at;             /* the showing's place in the day; -1: not there */
	struct json_object *screen, *fresh;
	const char *changed; /* members, for the trail; NULL: it is new */
	uint64_t screen_version;
	struct batch batch;
};

enum step { STEP_ANSWERED, STEP_LOST, STEP_ON };

static enum step refuse(struct change *change, enum store_result result)
{
	answer_store_problem(change->response, result);
	return STEP_ANSWERED;
}

static struct json_object *showings_of(const struct day *day)
{
	return json_object_object_get(day->document, "showings");
}

/* The showing as it is, borrowed, or NULL. */
static struct json_object *old_showing(const struct change *change)
{
	if (change->at < 0)
		return NULL;
	return json_at(showings_of(&change->days[1]), (size_t)change->at);
}

static enum step read_days(struct change *change)
{
	for (int i = 0; i < 3; i++) {
		struct day *day = &change->days[i];
		char date[sizeof day->date];
		clock_add_days(change->date, i - 1, date);
		snprintf(day->date, sizeof day->date, "%s", date);
		snprintf(day->key, sizeof day->key, "dates/%s", date);
		enum store_result result =
		    answer_read(change->service->store, day->key, &day->document, &day->version);
		if (result != STORE_OK && result != STORE_ABSENT)
			return refuse(change, result);
	}
	return STEP_ON;
}

static struct json_object *give_day(void *context, const char *date)
{
	struct change *change = context;
	for (int i = 0; i < 3; i++)
		if (strcmp(change->days[i].date, date) == 0)
			return change->days[i].document;
	return NULL;
}

static void forget(struct change *change)
{
	for (int i = 0; i < 3; i++) {
		json_object_put(change->days[i].document);
		change->days[i] = (struct day){ 0 };
	}
	json_object_put(change->screen);
	json_object_put(change->fresh);
	change->screen = change->fresh = NULL;
	change->screen_version = 0;
}

/* Asks movies for the movie, once. */
static enum step ask_movie(struct change *change)
{
	const char *movie =
	    change->movie ? change->movie : json_text(change->request->body, "movie");
	char path[128];
	if (change->film)
		return STEP_ON;
	snprintf(path, sizeof path, "/movies/%s", movie);
	enum peer_result asked =
	    peer_get(change->service->peers, change->request, PEER_FRESH, path, &change->film);
	if (asked == PEER_OK)
		return STEP_ON;
	change->outcome = asked == PEER_ABSENT
	    ? response_field(change->response, "movie", "there is no movie %s", movie)
	    : answer_peer_problem(change->response, asked, "movies");
	return STEP_ANSWERED;
}

/* Copies the members of a showing's document that source has. */
static struct json_object *take_members(struct json_object *source)
{
	struct json_object *showing = json_object_new_object();
	for (const struct field *field = showing_fields; field->name; field++) {
		struct json_object *member;
		if (json_object_object_get_ex(source, field->name, &member))
			json_lend(showing, field->name, member);
	}
	return showing;
}

/* The showing that the request asks for: what the body says, for PATCH on top of what there is. */
static struct json_object *build(const struct change *change)
{
	struct json_object *given = change->request->body, *merged = NULL;
	if (change->request->method == METHOD_PATCH)
		given = merged = json_merge(old_showing(change), given);
	struct json_object *showing = take_members(given);
	json_object_put(merged);
	if (change->id) {
		char time[6];
		snprintf(time, sizeof time, "%.5s", change->id);
		json_add(showing, "movie", json_object_new_string(change->movie));
		json_add(showing, "time", json_object_new_string(time));
		json_add(showing, "screen", json_object_new_string(change->id + 6));
	}
	struct json_object *minutes = json_object_object_get(change->film, "minutes");
	if (minutes && !json_object_object_get(showing, "minutes"))
		json_add(showing, "minutes", json_object_get(minutes));
	return showing;
}

/* Where and when a showing is cannot be changed, and its day must be the path's. */
static void check_place(const struct change *change, struct json_object *errors)
{
	static const char *const members[] = { "movie", "time", "screen" };
	struct json_object *body = change->request->body;
	const char *date = json_text(body, "date"), *id = json_text(body, "id");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *given = json_text(body, members[i]);
		const char *own = json_text(change->fresh, members[i]);
		if (given && (!own || strcmp(given, own) != 0))
			field_fault(errors, members[i],
			    "cannot be changed: delete the showing and set another");
	}
	if (date && strcmp(date, change->date) != 0)
		field_fault(errors, "date", "must be the one in the path");
	if (id && change->id && strcmp(id, change->id) != 0)
		field_fault(errors, "id", "must be the one in the path");
}

/* Builds the showing and checks it, but for the others on its screen. */
static enum step build_good(struct change *change)
{
	if (change->request->method != METHOD_PATCH && ask_movie(change) != STEP_ON)
		return STEP_ANSWERED;
	struct json_object *errors = json_object_new_array();
	change->fresh = build(change);
	if (memory_noted()) {
		json_object_put(errors);
		return refuse(change, STORE_FAILED);
	}
	const char *screen = json_text(change->fresh, "screen");
	enum store_result result =
	    screens_read(change->service->store, screen, &change->screen, &change->screen_version);
	if (result != STORE_OK && result != STORE_ABSENT) {
		json_object_put(errors);
		return refuse(change, result);
	}
	check_place(change, errors);
	showing_complete(
	    change->service->settings, change->date, change->fresh, change->screen, errors);
	if (errors && json_length(errors) == 0) {
		json_object_put(errors);
		return STEP_ON;
	}
	response_fields(change->response, PROBLEM_WRONG_FIELD, errors);
	return STEP_ANSWERED;
}

/* Answers 409 when the screen shows another movie then. */
static enum step check_clash(struct change *change)
{
	char date[9], uri[SHOWING_URI_SIZE];
	struct json_object *clash =
	    showing_clash(give_day, change, change->date, change->fresh, date);
	if (!clash)
		return STEP_ON;
	struct json_object *extra = json_object_new_object();
	showing_uri(date, clash, uri);
	json_add(extra, "showing", json_object_new_string(uri));
	response_problem_with(change->response, PROBLEM_TAKEN, extra,
	    "Screen %s shows %s then, from %s on %s.", json_text(clash, "screen"),
	    json_text(clash, "movie"), json_text(clash, "time"), date);
	return STEP_ANSWERED;
}

/* Answers with the showing, as GET does. */
static enum step answer_showing(struct change *change, int status)
{
	struct response *response = change->response;
	char uri[SHOWING_URI_SIZE];
	buffer_clear(&response->body);
	enum store_result result =
	    showing_write(change->service->store, &response->body, change->date, change->fresh);
	if (result != STORE_OK)
		return refuse(change, result);
	response_body(response, status);
	showing_uri(change->date, change->fresh, uri);
	if (status == 201)
		response->location = arena_copy(change->request->arena, uri, strlen(uri));
	response->as_read = true;
	return STEP_ANSWERED;
}

/* Begins the batch with what every write of a showing relies on. */
static void begin_batch(struct change *change)
{
	batch_init(&change->batch, change->request->arena, OPS);
	batch_check(&change->batch, change->days[0].key, change->days[0].version);
	batch_check(&change->batch, change->days[2].key, change->days[2].version);
	if (change->screen) {
		char key[STORE_KEY_MAX + 1];
		snprintf(key, sizeof key, "screens/%s", json_text(change->screen, "id"));
		batch_check(&change->batch, key, change->screen_version);
	}
}

/* Answers with the new showing, and commits the batch with its note in the trail. */
static enum step commit(struct change *change, int status)
{
	char uri[SHOWING_URI_SIZE];
	showing_uri(change->date, change->fresh, uri);
	trail_note(&change->batch, change->request, status == 201 ? "create" : "change",
	    change->changed, "%s", uri);
	answer_showing(change, status);
	if (change->response->is_problem)
		return STEP_ANSWERED;
	enum store_result result = batch_commit(&change->batch, change->service->store, NULL, NULL);
	if (result == STORE_CONFLICT)
		return STEP_LOST;
	return result == STORE_OK ? STEP_ANSWERED : refuse(change, result);
}

/* The showing is there already. */
static enum step answer_there(struct change *change)
{
	char uri[SHOWING_URI_SIZE];
	if (change->request->idempotency_key &&
	    json_object_equal(old_showing(change), change->fresh))
		return answer_showing(change, 201);
	struct json_object *extra = json_object_new_object();
	showing_uri(change->date, change->fresh, uri);
	json_add(extra, "showing", json_object_new_string(uri));
	response_problem_with(
	    change->response, PROBLEM_TAKEN, extra, "There is this showing already.");
	return STEP_ANSWERED;
}

/* Adds the showing to the day. */
static enum step add(struct change *change)
{
	struct day *day = &change->days[1];
	if (!day->document) {
		day->document = json_object_new_object();
		json_add(day->document, "date", json_object_new_string(change->date));
		json_add(day->document, "showings", json_object_new_array());
	}
	json_append(showings_of(day), json_object_get(change->fresh));
	begin_batch(change);
	batch_put_json(&change->batch, day->key, day->version, day->document);
	batch_put(&change->batch, USES_KEY, BATCH_ANY, "{}");
	return commit(change, 201);
}

static enum step try_create(struct change *change)
{
	char id[80];
	if (build_good(change) != STEP_ON)
		return STEP_ANSWERED;
	snprintf(id, sizeof id, "%s-%s", json_text(change->fresh, "time"),
	    json_text(change->fresh, "screen"));
	change->at = showing_find(change->days[1].document, json_text(change->fresh, "movie"), id);
	if (change->at >= 0)
		return answer_there(change);
	return check_clash(change) == STEP_ON ? add(change) : STEP_ANSWERED;
}

/* Finds the path's showing and holds the request's conditions against it. */
static enum step find_guarded(struct change *change)
{
	change->at = showing_find(change->days[1].document, change->movie, change->id);
	if (change->at >= 0)
		return showing_guarded(change->service, change->request, change->response,
			   change->date, old_showing(change))
		    ? STEP_ON
		    : STEP_ANSWERED;
	response_problem(change->response, PROBLEM_NOT_FOUND,
	    "The movie %s is not shown on %s at %s.", change->movie, change->date, change->id);
	return STEP_ANSWERED;
}

static enum step try_change(struct change *change)
{
	struct day *day = &change->days[1];
	if (answer_may_create(change->request) &&
	    showing_find(day->document, change->movie, change->id) < 0)
		return try_create(change);
	if (find_guarded(change) != STEP_ON || build_good(change) != STEP_ON)
		return STEP_ANSWERED;
	change->changed = trail_changed(change->request->arena, old_showing(change), change->fresh);
	/* In its own place it clashes with nothing. */
	json_object_array_put_idx(showings_of(day), (size_t)change->at, NULL);
	if (check_clash(change) != STEP_ON)
		return STEP_ANSWERED;
	json_object_array_put_idx(
	    showings_of(day), (size_t)change->at, json_object_get(change->fresh));
	begin_batch(change);
	batch_put_json(&change->batch, day->key, day->version, day->document);
	return commit(change, 200);
}

static enum outcome run(struct change *change, enum step (*attempt)(struct change *))
{
	for (int i = 0; i < ATTEMPTS; i++) {
		enum step step = read_days(change);
		if (step == STEP_ON)
			step = attempt(change);
		forget(change);
		if (step == STEP_ANSWERED)
			return change->outcome;
	}
	return response_problem(change->response, PROBLEM_BUSY,
	    "Too many change the showings of %s at the same moment.", change->date);
}

static enum outcome begin(struct service *service, const struct request *request,
    struct response *response, enum step (*attempt)(struct change *))
{
	struct change change = {
		.service = service,
		.request = request,
		.response = response,
		.date = request_param(request, "date"),
		.movie = request_param(request, "movie"),
		.id = request_param(request, "showing"),
		.outcome = OUTCOME_DONE,
	};
	enum outcome outcome = run(&change, attempt);
	json_object_put(change.film);
	return outcome;
}

enum outcome change_create(
    struct service *service, const struct request *request, struct response *response)
{
	return begin(service, request, response, try_create);
}

enum outcome change_showing(
    struct service *service, const struct request *request, struct response *response)
{
	return begin(service, request, response, try_change);
}
