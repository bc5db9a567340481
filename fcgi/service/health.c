/* Health. See health.h. nginx maps the public /healthz to one service's /healthz/system, and on the
 * internal listener /healthz/NAME to the /healthz of service NAME. */
#include "service/health.h"

#include "base/json.h"
#include "service/answer.h"

static enum outcome get_health(
    struct service *service, const struct request *request, struct response *response)
{
	(void)request;
	enum store_result result = store_get(service->store, "imported", NULL, NULL);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	struct json_object *health = json_object_new_object();
	json_add(health, "service", json_object_new_string(service->definition->name));
	json_add(health, "status", json_object_new_string("up"));
	return response_json(response, 200, health);
}

static enum outcome get_system_health(
    struct service *service, const struct request *request, struct response *response)
{
	static const char *const names[] = { "users", "movies", "showtimes", "bookings" };
	struct json_object *states = json_object_new_object();
	const char *down = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct json_object *answer = NULL;
		const char *path = arena_printf(request->arena, "/healthz/%s", names[i]);
		bool up =
		    path && peer_get(service->peers, request, PEER_FRESH, path, &answer) == PEER_OK;
		json_object_put(answer);
		json_add(states, names[i], json_object_new_string(up ? "up" : "down"));
		if (!up && !down)
			down = names[i];
	}
	struct json_object *health = json_object_new_object();
	if (!down)
		json_add(health, "status", json_object_new_string("up"));
	json_add(health, "services", states);
	if (!down)
		return response_json(response, 200, health);
	return response_problem_with(
	    response, PROBLEM_PEER_DOWN, health, "The %s service does not answer.", down);
}

const struct route health_routes[HEALTH_ROUTE_COUNT] = {
	{ METHOD_GET, "/healthz", get_health, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_GET, "/healthz/system", get_system_health, LANE_WAITING, ROLE_ANYONE, NULL, NULL,
	    NULL },
};
