/* Accounts. See account.h. */
#include "users/account.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/batch.h"
#include "service/trail.h"
#include "users/secret.h"
#include "users/token.h"
#include "users/tries.h"
#include "users/users.h"

#include <string.h>

#define PASSWORD                                                                                   \
	{                                                                                          \
		"password", FIELD_TEXT, false, 8, 200, NULL                                        \
	}
#define CURRENT                                                                                    \
	{                                                                                          \
		"current", FIELD_TEXT, false, 1, 200, NULL                                         \
	}

const struct field account_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "name", FIELD_TEXT, true, 1, 200, NULL },
	PASSWORD,
	{ 0 },
};

/* id and last_active may be sent back as they were read. */
const struct field account_put_fields[] = {
	{ "id", FIELD_ID, false, 0, 0, NULL },
	{ "name", FIELD_TEXT, true, 1, 200, NULL },
	{ "last_active", FIELD_INTEGER, false, 0, 253402300799, NULL },
	PASSWORD,
	CURRENT,
	{ 0 },
};

const struct field account_patch_fields[] = {
	{ "name", FIELD_TEXT, false, 1, 200, NULL },
	PASSWORD,
	CURRENT,
	{ 0 },
};

const struct field account_role_fields[] = {
	{ "role", FIELD_CHOICE, true, 0, 0, "user|staff|owner" },
	{ 0 },
};

/* Hashes the body's password into user; false when it is answered. */
static bool set_password(struct service *service, const struct request *request,
    struct response *response, struct json_object *user)
{
	const char *password = json_text(request->body, "password");
	char hash[SECRET_HASH_SIZE];
	if (!password)
		return true;
	switch (secret_hash(service->own, password, hash)) {
	case SECRET_OK:
		if (json_add(user, "password", json_object_new_string(hash)))
			return true;
		break;
	case SECRET_BUSY:
		response_problem(response, PROBLEM_TOO_MANY,
		    "Too many log in at this moment; try again in a second.");
		return false;
	case SECRET_WRONG:
	case SECRET_FAILED: break;
	}
	response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	return false;
}

/* The answer to a change, which is written before its commit. */
static void answer_user(struct response *response, int status, struct json_object *user)
{
	users_write(&response->body, user);
	response_body(response, status);
}

enum outcome account_create(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = json_text(request->body, "id");
	char key[STORE_KEY_MAX + 1];
	struct batch batch;
	uint64_t version;
	if (id_is_word(id))
		return response_field(response, "id", "%s is a word of the paths, not a user", id);
	if (!json_text(request->body, "password") && request->role < ROLE_OWNER)
		return response_field(response, "password", "is missing");
	struct json_object *user = json_object_new_object();
	json_add(user, "id", json_object_new_string(id));
	json_add(user, "name", json_object_new_string(json_text(request->body, "name")));
	json_add(user, "last_active", json_object_new_int64(clock_now() / 1000));
	if (!set_password(service, request, response, user)) {
		json_object_put(user);
		return OUTCOME_DONE;
	}
	users_key(key, id);
	batch_init(&batch, request->arena, 1 + TRAIL_OPS);
	batch_put_json(&batch, key, BATCH_ABSENT, user);
	trail_note(&batch, request, "create", NULL, "/users/%s", id);
	answer_user(response, 201, user);
	response->location = arena_printf(request->arena, "/users/%s", id);
	enum store_result result = batch_commit(&batch, service->store, &version, NULL);
	if (result == STORE_OK) {
		response->version = version;
	} else if (result == STORE_CONFLICT) {
		response_problem(response, PROBLEM_TAKEN, "There is a user %s already.", id);
	} else {
		answer_store_problem(response, result);
	}
	json_object_put(user);
	return OUTCOME_DONE;
}

/* Reads the path's user and holds If-Match against it; false when it is answered. */
static bool read_for_change(struct service *service, const struct request *request,
    struct response *response, struct json_object **user, uint64_t *version)
{
	enum store_result result =
	    users_read(service->store, request_param(request, "user"), user, version);
	if (result == STORE_ABSENT)
		response_absent(response);
	else if (result != STORE_OK)
		answer_store_problem(response, result);
	return result == STORE_OK && answer_guarded(request, response, *version);
}

/* Whoever changes their own password shows that they know it. */
static bool check_current(struct service *service, const struct request *request,
    struct response *response, struct json_object *user)
{
	const char *current = json_text(request->body, "current");
	tries_key key;
	if (!json_text(request->body, "password") || request->role >= ROLE_OWNER)
		return true;
	if (!current) {
		response_field(response, "current", "is missing: the password as it is now");
		return false;
	}
	tries_name(key, request_param(request, "user"), true);
	int seconds = tries_wait(service->store, key);
	enum secret_result checked = SECRET_BUSY;
	if (seconds == 0)
		checked = secret_check(service->own, current, json_text(user, "password"));
	if (checked == SECRET_OK)
		return true;
	if (checked == SECRET_WRONG) {
		tries_failed(service->store, request, key);
		response_field(response, "current", "is not the password");
	} else {
		response_problem(response, PROBLEM_TOO_MANY, "Too many tries; wait a little.");
		response->retry_after = seconds > 0 ? seconds : 1;
	}
	return false;
}

/* What may be sent back must be as it was. */
static bool check_unchanged(
    const struct request *request, struct response *response, struct json_object *user)
{
	static const char *const members[] = { "id", "last_active" };
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		struct json_object *given = json_object_object_get(request->body, members[i]);
		if (given && !json_object_equal(given, json_object_object_get(user, members[i]))) {
			response_field(response, members[i], "cannot be changed");
			return false;
		}
	}
	return true;
}

/* What the body changes, for the trail. */
static const char *changed_fields(const struct request *request)
{
	if (!json_text(request->body, "password"))
		return json_text(request->body, "name") ? "name" : "";
	return json_text(request->body, "name") ? "name,password" : "password";
}

enum outcome account_change(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "user"), *name = json_text(request->body, "name");
	struct json_object *user = NULL;
	struct batch batch;
	char key[STORE_KEY_MAX + 1];
	uint64_t version = 0;
	if (!read_for_change(service, request, response, &user, &version) ||
	    !check_unchanged(request, response, user) ||
	    !check_current(service, request, response, user) ||
	    !set_password(service, request, response, user))
		goto out;
	if (name)
		json_add(user, "name", json_object_new_string(name));
	batch_init(&batch, request->arena, 2 * TOKENS_MAX + 4 + TRAIL_OPS);
	users_key(key, id);
	batch_put_json(&batch, key, version, user);
	trail_note(&batch, request, "change", changed_fields(request), "/users/%s", id);
	enum store_result result = STORE_OK;
	if (json_text(request->body, "password"))
		result = token_forget(service->store, id, &batch);
	answer_user(response, 200, user);
	if (result == STORE_OK)
		result = batch_commit(&batch, service->store, &version, NULL);
	if (result == STORE_OK)
		response->version = version;
	else if (result == STORE_CONFLICT)
		response_problem(response, PROBLEM_STALE,
		    "If-Match: the user has changed since; read it again.");
	else
		answer_store_problem(response, result);
out:
	json_object_put(user);
	return OUTCOME_DONE;
}

/* The bookings that are neither over nor given back, as URIs; NULL when this is no list of bookings. */
static struct json_object *still_to_come(struct json_object *bookings)
{
	struct json_object *list =
	    json_object_is_type(bookings, json_type_object) ? json_object_new_array() : NULL;
	char today[9];
	clock_today(today);
	json_foreach(bookings, id, booking)
	{
		(void)id;
		const char *status = json_text(booking, "status"),
			   *date = json_text(booking, "date");
		const char *uri = json_text(booking, "uri");
		if (!status || !date || !uri) {
			json_object_put(list);
			return NULL;
		}
		bool stands = strcmp(status, "confirmed") == 0 || strcmp(status, "held") == 0;
		if (stands && strcmp(date, today) >= 0)
			json_append(list, json_object_new_string(uri));
	}
	return list;
}

/* Whether an owner asks for themself. It is refused, so that there is always an owner left. */
static bool is_owner_themself(const struct request *request, const char *id)
{
	return request->role == ROLE_OWNER && request->user && strcmp(request->user, id) == 0;
}

enum outcome account_delete(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "user");
	struct json_object *user = NULL, *bookings = NULL, *in_the_way = NULL;
	enum outcome outcome = OUTCOME_DONE;
	struct batch batch;
	char key[STORE_KEY_MAX + 1], path[STORE_KEY_MAX + 1];
	uint64_t version = 0;
	if (!read_for_change(service, request, response, &user, &version))
		goto out;
	if (is_owner_themself(request, id)) {
		outcome = response_problem(
		    response, PROBLEM_TAKEN, "%s is an owner, whom another owner deletes.", id);
		goto out;
	}
	snprintf(path, sizeof path, "/bookings/%s?view=full&limit=1000", id);
	enum peer_result asked = peer_get(service->peers, request, PEER_FRESH, path, &bookings);
	if (asked == PEER_OK)
		in_the_way = still_to_come(bookings);
	if (asked != PEER_ABSENT && !in_the_way) {
		outcome = answer_peer_problem(response, PEER_DOWN, "bookings");
		goto out;
	}
	if (json_length(in_the_way) > 0) {
		struct json_object *extra = json_object_new_object();
		json_add(extra, "bookings", json_object_get(in_the_way));
		outcome = response_problem_with(response, PROBLEM_TAKEN, extra,
		    "%s has bookings that are still to come; cancel them first.", id);
		goto out;
	}
	batch_init(&batch, request->arena, 2 * TOKENS_MAX + 4 + TRAIL_OPS);
	users_key(key, id);
	batch_delete(&batch, key, version);
	trail_note(&batch, request, "delete", NULL, "/users/%s", id);
	enum store_result result = token_forget(service->store, id, &batch);
	if (result == STORE_OK)
		result = batch_commit(&batch, service->store, NULL, NULL);
	if (result == STORE_OK)
		outcome = response_nothing(response);
	else if (result == STORE_CONFLICT)
		outcome = response_problem(response, PROBLEM_STALE,
		    "If-Match: the user has changed since; read it again.");
	else
		outcome = answer_store_problem(response, result);
out:
	json_object_put(user);
	json_object_put(bookings);
	json_object_put(in_the_way);
	return outcome;
}

static enum outcome answer_role(struct response *response, const char *id, struct json_object *user)
{
	const char *role = json_text(user, "role");
	struct json_object *answer = json_object_new_object();
	json_add(answer, "user", json_object_new_string(id));
	json_add(answer, "role", json_object_new_string(role ? role : "user"));
	return response_json(response, 200, answer);
}

enum outcome account_role(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "user");
	struct json_object *user = NULL;
	enum store_result result = users_read(service->store, id, &user, NULL);
	if (result == STORE_ABSENT)
		return response_absent(response);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	answer_role(response, id, user);
	json_object_put(user);
	return OUTCOME_DONE;
}

enum outcome account_set_role(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "user");
	const char *role = json_text(request->body, "role");
	const char *action = arena_printf(request->arena, "make-%s", role);
	enum store_result result = STORE_CONFLICT;
	if (is_owner_themself(request, id))
		return response_field(response, "role", "is for another owner to change");
	for (int attempt = 0; attempt < 5 && result == STORE_CONFLICT; attempt++) {
		struct json_object *user = NULL;
		struct batch batch;
		char key[STORE_KEY_MAX + 1];
		uint64_t version = 0;
		result = users_read(service->store, id, &user, &version);
		if (result == STORE_OK) {
			json_add(user, "role", json_object_new_string(role));
			batch_init(&batch, request->arena, 1 + TRAIL_OPS);
			users_key(key, id);
			batch_put_json(&batch, key, version, user);
			trail_note(&batch, request, action, NULL, "/users/%s/role", id);
			answer_role(response, id, user);
			result = batch_commit(&batch, service->store, NULL, NULL);
		}
		json_object_put(user);
	}
	if (result == STORE_ABSENT)
		return response_absent(response);
	return result == STORE_OK ? OUTCOME_DONE : answer_store_problem(response, result);
}
