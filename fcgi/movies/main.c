/* The movies service: the catalogue. */
#include "movies/movies.h"

static const struct service_definition definition = {
	.name = "movies",
	.routes = movies_routes,
	.route_count = MOVIES_ROUTE_COUNT,
	.data = { { "movies.json", movies_import } },
};

int main(int argc, char **argv)
{
	return service_main(argc, argv, &definition);
}
