/* The users service: who may book, what they have booked, and what they might like. */
#include "users/users.h"

static const struct service_definition definition = {
	.name = "users",
	.routes = users_routes,
	.route_count = USERS_ROUTE_COUNT,
	.data = { { "users.json", users_import } },
};

int main(int argc, char **argv)
{
	return service_main(argc, argv, &definition);
}
