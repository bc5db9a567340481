/* Idempotency. See repeat.h. */
#include "bookings/repeat.h"

#include "base/hash.h"
#include "base/json.h"
#include "service/answer.h"

#include <string.h>

#define KEEP_MS (24 * 60 * 60 * 1000)

static void give_again(
    const struct request *request, struct response *response, struct json_object *answer)
{
	const char *location = json_text(answer, "location");
	buffer_clear(&response->body);
	response->location =
	    location ? arena_copy(request->arena, location, strlen(location)) : NULL;
	json_write(&response->body, json_object_object_get(answer, "body"));
	response_body(response, (int)json_integer(answer, "status", 500));
	response->is_problem = response->status >= 400;
}

bool repeat_answered(struct repeat *repeat, struct service *service, const struct request *request,
    struct response *response, const char *user, int64_t now)
{
	struct json_object *answer = NULL;
	*repeat = (struct repeat){ 0 };
	if (!request->idempotency_key)
		return false;
	hash_bytes(request->idempotency_key, strlen(request->idempotency_key), repeat->name);
	hash_bytes(request->body_text, request->body_length, repeat->request);
	keys_answer(repeat->key, user, repeat->name);
	enum store_result result =
	    answer_read(service->store, repeat->key, &answer, &repeat->expected);
	if (result == STORE_ABSENT)
		return false;
	if (result != STORE_OK) {
		answer_store_problem(response, result);
		return true;
	}
	bool good = json_integer(answer, "at", 0) + KEEP_MS > now;
	const char *first = json_text(answer, "request");
	if (good && first && strcmp(first, repeat->request) == 0)
		give_again(request, response, answer);
	else if (good)
		response_problem(response, PROBLEM_KEY_REUSED,
		    "Idempotency-Key: this key came with another body before; take a new key for a "
		    "new request.");
	json_object_put(answer);
	return good;
}

void repeat_record(const struct repeat *repeat, struct batch *batch,
    const struct response *response, const char *user, int64_t now)
{
	char why[128];
	const struct buffer *body = &response->body;
	keys_text due;
	if (!repeat->key[0])
		return;
	struct json_object *answer = json_object_new_object();
	bool good = json_add(answer, "at", json_object_new_int64(now)) &&
	    json_add(answer, "request", json_object_new_string(repeat->request)) &&
	    json_add(answer, "status", json_object_new_int(response->status)) &&
	    (!response->location ||
		json_add(answer, "location", json_object_new_string(response->location))) &&
	    json_add(answer, "body",
		json_read(body->data ? body->data : "", body->length, why, sizeof why));
	if (!good)
		batch->failed = true;
	batch_put_json(batch, repeat->key, repeat->expected, answer);
	json_object_put(answer);
	keys_due(due, now + KEEP_MS, "answer", user, repeat->name);
	batch_put(batch, due, BATCH_ANY, "{}");
}

enum store_result repeat_forget(
    struct batch *batch, struct store *store, const char *user, const char *name, int64_t now)
{
	struct json_object *answer = NULL;
	uint64_t version;
	keys_text key;
	keys_answer(key, user, name);
	enum store_result result = answer_read(store, key, &answer, &version);
	if (result == STORE_OK && json_integer(answer, "at", 0) + KEEP_MS <= now)
		batch_delete(batch, key, version);
	json_object_put(answer);
	return result == STORE_ABSENT ? STORE_OK : result;
}
