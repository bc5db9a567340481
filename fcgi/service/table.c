/* The table of all routes. See table.h. What all services share stands before their own routes: a
 * literal segment comes before a {name}. */
#include "service/table.h"

#include "service/bulk.h"
#include "service/health.h"
#include "service/trail.h"

#include <stdlib.h>
#include <string.h>

#define PATH_SIZE   48
#define BULK_ROUTES 2

struct table {
	struct route *routes;
	size_t count;
	char (*paths)[PATH_SIZE]; /* of routes whose path begins with the service's name */
	size_t path_count;
};

static void add(struct table *table, const struct route *routes, size_t count)
{
	memcpy(table->routes + table->count, routes, count * sizeof *routes);
	table->count += count;
}

/* Adds routes whose paths go on after a first part. */
static void add_below(
    struct table *table, const char *first, const struct route *routes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *path = table->paths[table->path_count++];
		snprintf(path, PATH_SIZE, "%s%s", first, routes[i].path);
		add(table, &routes[i], 1);
		table->routes[table->count - 1].path = path;
	}
}

/* Adds the ways in and out of one kind of document. */
static void add_bulk(struct table *table, const struct service_kind *data)
{
	const struct route routes[BULK_ROUTES] = {
		{ METHOD_GET, "/export", data->export ? data->export : bulk_export, LANE_WAITING,
		    ROLE_OWNER, NULL, NULL, NULL },
		{ METHOD_POST, "/import", bulk_import, LANE_STREAM, ROLE_OWNER, bulk_query, NULL,
		    NULL },
	};
	add_below(table, data->path, routes, BULK_ROUTES);
}

struct route *table_new(const struct service_definition *definition, size_t *count)
{
	const size_t below = TRAIL_ROUTE_COUNT + BULK_ROUTES * SERVICE_DATA_FILES;
	const size_t all = below + HEALTH_ROUTE_COUNT + definition->route_count;
	char name[PATH_SIZE];
	struct table table = { .routes =
				   calloc(1, all * sizeof(struct route) + below * PATH_SIZE) };
	if (!table.routes)
		return NULL;
	table.paths = (char(*)[PATH_SIZE])(table.routes + all);
	snprintf(name, sizeof name, "/%s", definition->name);
	add_below(&table, name, trail_routes, TRAIL_ROUTE_COUNT);
	for (size_t i = 0; i < SERVICE_DATA_FILES && definition->data[i].file; i++)
		add_bulk(&table, &definition->data[i]);
	add(&table, definition->routes, definition->route_count);
	add(&table, health_routes, HEALTH_ROUTE_COUNT);
	*count = table.count;
	return table.routes;
}
