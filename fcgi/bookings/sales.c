/* Closing sales. See sales.h. Every booking's commit expects the key closed/… to be absent, so the
 * store orders bookings and the closing: each booking is before it, and listed, or fails. */
#include "bookings/sales.h"

#include "base/clock.h"
#include "base/json.h"
#include "bookings/keys.h"
#include "bookings/seat.h"
#include "service/answer.h"
#include "service/batch.h"
#include "service/trail.h"

#include <inttypes.h>
#include <string.h>

const struct field sales_fields[] = {
	{ "status", FIELD_CHOICE, true, 0, 0, "closed|open" },
	{ 0 },
};

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
	const char *status = json_text(request->body, "status");
	struct owners owners = { .now = clock_now() };
	struct buffer *body = &response->body;
	char document[48];
	struct batch batch;
	keys_text key;

	snprintf(key, sizeof key, "closed/%s/%s/%s", date, movie, showing);
	snprintf(document, sizeof document, "{\"at\":%" PRId64 "}", owners.now);
	batch_init(&batch, request->arena, 1 + TRAIL_OPS);
	if (strcmp(status, "closed") == 0)
		batch_put(&batch, key, BATCH_ANY, document);
	else
		batch_delete(&batch, key, BATCH_ANY);
	trail_note(&batch, request, strcmp(status, "closed") == 0 ? "close-sales" : "open-sales",
	    NULL, "/showtimes/%s/%s/%s", date, movie, showing);
	enum store_result result = batch_commit(&batch, service->store, NULL, NULL);
	if (result != STORE_OK)
		return answer_store_problem(response, result);

	owners.seen = json_object_new_object();
	snprintf(key, sizeof key, "seats/%s/%s/%s/", date, movie, showing);
	result = store_scan(service->store, key, "", 0, visit_seat, &owners);
	buffer_printf(body, "{\"status\":\"%s\",\"bookings\":[", status);
	const char *separator = "";
	json_object_object_foreach(owners.seen, owner, unused)
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
