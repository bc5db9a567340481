/* Users' documents. See users.h. */
#include "users/users.h"

#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/import.h"
#include "users/account.h"
#include "users/booked.h"
#include "users/secret.h"
#include "users/token.h"

#include <string.h>

static const struct field user_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "name", FIELD_TEXT, true, 1, 200, NULL },
	{ "last_active", FIELD_INTEGER, true, 0, 253402300799, NULL },
	{ 0 },
};

static const struct field page_query[] = { ROUTE_PAGE_QUERY, { 0 } };

void users_key(char key[STORE_KEY_MAX + 1], const char *id)
{
	snprintf(key, STORE_KEY_MAX + 1, "users/%s", id);
}

enum store_result users_read(
    struct store *store, const char *id, struct json_object **user, uint64_t *version)
{
	char key[STORE_KEY_MAX + 1];
	users_key(key, id);
	return answer_read(store, key, user, version);
}

void users_write(struct buffer *body, struct json_object *user)
{
	static const char *const members[] = { "id", "name", "last_active", NULL };
	answer_members(body, user, members);
}

static void write_user(void *context, struct buffer *body, const struct store_record *record)
{
	(void)context;
	char why[128];
	struct json_object *user = json_read(record->document, record->length, why, sizeof why);
	users_write(body, user);
	json_object_put(user);
}

static enum outcome list_users(
    struct service *service, const struct request *request, struct response *response)
{
	return answer_page(service, request, response, "users/", write_user, NULL);
}

static enum outcome get_user(
    struct service *service, const struct request *request, struct response *response)
{
	const char *id = request_param(request, "user");
	struct json_object *user = NULL;
	enum store_result result = users_read(service->store, id, &user, &response->version);
	if (result == STORE_ABSENT)
		return response_absent(response);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	users_write(&response->body, user);
	json_object_put(user);
	return response_body(response, 200);
}

static const char no_user[] = "There is no user {user}.";
static const char no_token[] = "{user} has no token {token}.";

const struct route users_routes[USERS_ROUTE_COUNT] = {
	{ METHOD_GET, "/users", list_users, LANE_QUICK, ROLE_STAFF, page_query, NULL, NULL },
	{ METHOD_POST, "/users", account_create, LANE_WAITING, ROLE_ANYONE, NULL, account_fields,
	    NULL },
	{ METHOD_GET, "/users/self", token_self, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/users/{user}", get_user, LANE_QUICK, ROLE_STAFF | ROLE_OWN, NULL, NULL,
	    no_user },
	{ METHOD_PUT, "/users/{user}", account_change, LANE_WAITING, ROLE_OWNER | ROLE_OWN, NULL,
	    account_put_fields, no_user },
	{ METHOD_PATCH, "/users/{user}", account_change, LANE_WAITING, ROLE_OWNER | ROLE_OWN, NULL,
	    account_patch_fields, no_user },
	{ METHOD_DELETE, "/users/{user}", account_delete, LANE_WAITING, ROLE_OWNER | ROLE_OWN, NULL,
	    NULL, no_user },
	{ METHOD_GET, "/users/{user}/role", account_role, LANE_QUICK, ROLE_OWNER | ROLE_OWN, NULL,
	    NULL, no_user },
	{ METHOD_PUT, "/users/{user}/role", account_set_role, LANE_WAITING, ROLE_OWNER, NULL,
	    account_role_fields, no_user },
	{ METHOD_POST, "/users/{user}/tokens", token_create, LANE_WAITING, ROLE_ANYONE, NULL,
	    token_fields, NULL },
	{ METHOD_GET, "/users/{user}/tokens", token_list, LANE_QUICK, ROLE_OWNER | ROLE_OWN,
	    page_query, NULL, no_user },
	{ METHOD_DELETE, "/users/{user}/tokens", token_revoke_all, LANE_WAITING,
	    ROLE_OWNER | ROLE_OWN, NULL, NULL, no_user },
	{ METHOD_DELETE, "/users/{user}/tokens/{token}", token_revoke, LANE_WAITING,
	    ROLE_OWNER | ROLE_OWN, NULL, NULL, no_token },
	{ METHOD_GET, "/users/{user}/bookings", booked_list, LANE_WAITING, ROLE_STAFF | ROLE_OWN,
	    NULL, NULL, "{user} has no bookings." },
	{ METHOD_GET, "/users/{user}/suggested", booked_suggest, LANE_WAITING,
	    ROLE_STAFF | ROLE_OWN, NULL, NULL, no_user },
	/* Reachable only by nginx itself. */
	{ METHOD_GET, "/who", token_who, LANE_QUICK, ROLE_SERVICE, NULL, NULL, NULL },
};

void users_import(struct import *import, struct json_object *data)
{
	json_foreach(data, id, user)
	{
		char key[STORE_KEY_MAX + 1];
		if (!import_check(import, id, user_fields, user))
			return;
		if (strcmp(json_text(user, "id"), id) != 0) {
			import_fault(import, id, "id: must be the name it stands under");
			return;
		}
		if (id_is_word(id)) {
			import_fault(import, id, "id: is a word of the paths, not a user");
			return;
		}
		snprintf(key, sizeof key, "users/%s", id);
		import_put(import, id, key, json_object_get(user));
	}
}

/* Passwords and roles stand in no file: none goes out, and what there is stays. */
static void write_public(struct buffer *piece, const struct store_record *record)
{
	write_user(NULL, piece, record);
}

static void keep_private(struct json_object *old, struct json_object *fresh)
{
	json_foreach(old, name, value)
	{
		if (!json_object_object_get(fresh, name))
			json_add(fresh, name, json_object_get(value));
	}
}

static bool start(struct service *service, char *why, size_t why_size)
{
	service->own = secret_start(service->settings, why, why_size);
	return service->own != NULL;
}

static void stop(struct service *service)
{
	secret_stop(service->own);
}

const struct service_definition users_service = {
	.name = "users",
	.routes = users_routes,
	.route_count = USERS_ROUTE_COUNT,
	.data = { { .file = "users.json",
	    .import = users_import,
	    .path = "/users",
	    .prefix = "users/",
	    .write = write_public,
	    .keep = keep_private } },
	.start = start,
	.stop = stop,
};
