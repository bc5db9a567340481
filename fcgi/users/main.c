/* The users service: who may book, what they have booked, and what they might like. */
#include "users/secret.h"
#include "users/users.h"

static bool start(struct service *service, char *why, size_t why_size)
{
	service->own = secret_start(service->settings, why, why_size);
	return service->own != NULL;
}

static void stop(struct service *service)
{
	secret_stop(service->own);
}

static const struct service_definition definition = {
	.name = "users",
	.routes = users_routes,
	.route_count = USERS_ROUTE_COUNT,
	.data = { { "users.json", users_import } },
	.start = start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	return service_main(argc, argv, &definition);
}
