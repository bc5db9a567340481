/* Users' documents. See users.h. */
#include "users/users.h"

#include "base/json.h"
#include "service/answer.h"
#include "service/import.h"
#include "users/booked.h"

#include <string.h>

static const struct field user_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "name", FIELD_TEXT, true, 1, 200, NULL },
	{ "last_active", FIELD_INTEGER, true, 0, 253402300799, NULL },
	{ 0 },
};

static const struct field page_query[] = { ROUTE_PAGE_QUERY, { 0 } };

/* What others may see of a user. */
static const char *const public_members[] = { "id", "name", "last_active", NULL };

static void write_user(void *context, struct buffer *body, const struct store_record *record)
{
	(void)context;
	char why[128];
	struct json_object *user = json_read(record->document, record->length, why, sizeof why);
	answer_members(body, user, public_members);
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
	char key[STORE_KEY_MAX + 1];
	struct json_object *user = NULL;
	snprintf(key, sizeof key, "users/%s", id);
	enum store_result result = answer_read(service->store, key, &user, &response->version);
	if (result == STORE_ABSENT)
		return response_absent(response);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	answer_members(&response->body, user, public_members);
	json_object_put(user);
	return response_body(response, 200);
}

const struct route users_routes[USERS_ROUTE_COUNT] = {
	{ METHOD_GET, "/users", list_users, LANE_QUICK, ROLE_STAFF, page_query, NULL, NULL },
	{ METHOD_GET, "/users/{user}", get_user, LANE_QUICK, ROLE_STAFF | ROLE_OWN, NULL, NULL,
	    "There is no user {user}." },
	{ METHOD_GET, "/users/{user}/bookings", booked_list, LANE_WAITING, ROLE_STAFF | ROLE_OWN,
	    NULL, NULL, "{user} has no bookings." },
	{ METHOD_GET, "/users/{user}/suggested", booked_suggest, LANE_WAITING,
	    ROLE_STAFF | ROLE_OWN, NULL, NULL, "There is no user {user}." },
};

void users_import(struct import *import, struct json_object *data)
{
	json_object_object_foreach(data, id, user)
	{
		char key[STORE_KEY_MAX + 1];
		if (!import_check(import, id, user_fields, user))
			return;
		if (strcmp(json_text(user, "id"), id) != 0) {
			import_fault(import, id, "id: must be the name it stands under");
			return;
		}
		snprintf(key, sizeof key, "users/%s", id);
		import_put(import, id, key, json_object_get(user));
	}
}
