/* Closing sales. See sales.h. Every booking's commit expects the key closed/… to be as it was when
 * its sales were found to be open, so the store orders bookings and the closing: each booking is
 * before it, and listed, or fails. */
#include "bookings/sales.h"

#include "base/clock.h"
#include "base/json.h"
#include "bookings/seat.h"
#include "service/answer.h"
#include "service/batch.h"
#include "service/trail.h"

#include <inttypes.h>
#include <string.h>

#define ATTEMPTS 20

const struct field sales_fields[] = {
	{ "edition", FIELD_INTEGER, true, 1, 9007199254740991, NULL },
	{ 0 },
};

/* The edition up to which sales are closed, 0 where they never were, and its version in the store. */
static enum store_result read_closed(
    struct store *store, const char *key, int64_t *edition, uint64_t *version)
{
	struct json_object *closed = NULL;
	*edition = 0;
	*version = BATCH_ABSENT;
	enum store_result result = answer_read(store, key, &closed, version);
	if (result == STORE_OK)
		*edition = json_integer(closed, "edition", INT64_MAX);
	json_object_put(closed);
	return result == STORE_ABSENT ? STORE_OK : result;
}

/* Closes sales up to an edition, unless they are up to a later one. */
static enum store_result close_sales(struct service *service, const struct request *request,
    const char *key, const char *path, int64_t edition)
{
	enum store_result result = STORE_CONFLICT;
	for (int i = 0; i < ATTEMPTS && result == STORE_CONFLICT; i++) {
		char document[96];
		struct batch batch;
		int64_t closed;
		uint64_t version;
		result = read_closed(service->store, key, &closed, &version);
		if (result != STORE_OK || closed >= edition)
			return result;
		snprintf(document, sizeof document, "{\"edition\":%" PRId64 ",\"at\":%" PRId64 "}",
		    edition, clock_now());
		batch_init(&batch, request->arena, 1 + TRAIL_OPS);
		batch_put(&batch, key, version, document);
		trail_note(&batch, request, "close-sales", NULL, "%s", path);
		result = batch_commit(&batch, service->store, NULL, NULL);
	}
	return result;
}

struct owners {
	struct json_object *seen; /* {"{user}/{id}": true} */
	int64_t now;
};

static bool visit_seat(void *context, const struct store_record *record)
{
	struct owners *owners = context;
	char owner[SEAT_OWNER_SIZE];
	if (seat_until(record->document) <= owners->now)
		return true;
	seat_owner(record->document, owner);
	return json_add(owners->seen, owner, json_object_new_boolean(true));
}

enum outcome sales_put(
    struct service *service, const struct request *request, struct response *response)
{
	const char *date = request_param(request, "date"), *movie = request_param(request, "movie");
	const char *showing = request_param(request, "showing");
	int64_t edition = json_integer(request->body, "edition", 0);
	struct owners owners = { .now = clock_now() };
	struct buffer *body = &response->body;
	char path[STORE_KEY_MAX + 1];
	keys_text key;

	snprintf(key, sizeof key, "closed/%s/%s/%s", date, movie, showing);
	snprintf(path, sizeof path, "/showtimes/%s/%s/%s", date, movie, showing);
	enum store_result result = close_sales(service, request, key, path, edition);
	if (result != STORE_OK)
		return answer_store_problem(response, result);

	owners.seen = json_object_new_object();
	snprintf(key, sizeof key, "seats/%s/%s/%s/", date, movie, showing);
	result = store_scan(service->store, key, "", 0, visit_seat, &owners);
	buffer_printf(body, "{\"edition\":%" PRId64 ",\"bookings\":[", edition);
	const char *separator = "";
	json_foreach(owners.seen, owner, unused)
	{
		(void)unused;
		buffer_printf(body, "%s\"%s\"", separator, owner);
		separator = ",";
	}
	buffer_text(body, "]}");
	json_object_put(owners.seen);
	return result == STORE_OK ? response_body(response, 200)
				  : answer_store_problem(response, result);
}

enum sales sales_look(struct service *service, const struct request *request,
    struct response *response, const keys_text closed, uint64_t *version)
{
	struct json_object *answer = NULL;
	char path[STORE_KEY_MAX + 16];
	int64_t edition;
	enum store_result result = read_closed(service->store, closed, &edition, version);
	if (result != STORE_OK) {
		answer_store_problem(response, result);
		return SALES_ANSWERED;
	}
	if (edition == 0)
		return SALES_OPEN;
	snprintf(path, sizeof path, "/editions/%s", closed + strlen("closed/"));
	enum peer_result asked = peer_get(service->peers, request, PEER_FRESH, path, &answer);
	bool open = asked == PEER_OK && json_integer(answer, "edition", 0) > edition;
	json_object_put(answer);
	if (asked == PEER_OK || asked == PEER_ABSENT)
		return open ? SALES_OPEN : SALES_CLOSED;
	answer_peer_problem(response, asked, "showtimes");
	return SALES_ANSWERED;
}
