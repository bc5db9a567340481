/* The bookings service: who has which seat of which showing. */
#include "bookings/audit.h"
#include "bookings/bookings.h"
#include "bookings/own.h"
#include "bookings/records.h"

#include <stdio.h>

static bool start(struct service *service, char *why, size_t why_size)
{
	static struct own own;
	service->own = &own;
	own.maps = map_cache_new();
	if (!own.maps) {
		snprintf(why, why_size, "no memory");
		return false;
	}
	own.sweeper = sweep_start(service, why, why_size);
	if (!own.sweeper)
		map_cache_free(own.maps);
	return own.sweeper != NULL;
}

static void stop(struct service *service)
{
	struct own *own = service->own;
	sweep_stop(own->sweeper);
	map_cache_free(own->maps);
}

static const struct service_definition definition = {
	.name = "bookings",
	.routes = bookings_routes,
	.route_count = BOOKINGS_ROUTE_COUNT,
	.data = { { "bookings.json", records_import } },
	.start = start,
	.stop = stop,
	.command = "--audit",
	.command_help = "whether every seat has one booking and every booking its seats",
	.run_command = audit_run,
};

int main(int argc, char **argv)
{
	return service_main(argc, argv, &definition);
}
