/* The showtimes service: the screens with their seat plans, and what is shown on them when. */
#include "showtimes/programme.h"
#include "showtimes/screens.h"
#include "showtimes/showtimes.h"

static const struct service_definition definition = {
	.name = "showtimes",
	.routes = showtimes_routes,
	.route_count = SHOWTIMES_ROUTE_COUNT,
	.data = { { "screens.json", screens_import }, { "showtimes.json", programme_import } },
};

int main(int argc, char **argv)
{
	return service_main(argc, argv, &definition);
}
