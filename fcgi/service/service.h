/* A service: what it is called, its routes, what it imports. service_main is the whole life of its
 * process; a service's own folder holds the tables and handlers that go in here. */
#ifndef CINEMA_SERVICE_SERVICE_H
#define CINEMA_SERVICE_SERVICE_H

#include "base/settings.h"
#include "http/peer.h"
#include "http/response.h"
#include "http/route.h"
#include "store/store.h"

#include <stdio.h>

#define SERVICE_DATA_FILES 2

struct import; /* import.h */

/** What a handler works with; built by service_main, the same for every request. */
struct service {
	const struct service_definition *definition;
	const struct settings *settings;
	struct store *store;
	struct peers *peers;
	void *own; /* what definition->start made */
	struct service_data {
		FILE *file;         /* NULL: see error */
		int error;          /* an errno; 0: there is no such file */
	} data[SERVICE_DATA_FILES]; /* from import_open to import_run */
};

/** Turns one data file, parsed, into documents: import_put and import_fault in import.h. */
typedef void (*service_import)(struct import *import, struct json_object *data);

struct service_definition {
	const char *name; /* "movies": its socket, store, log and first path segment */
	const struct route *routes;
	size_t route_count;
	struct {
		const char *file; /* in CINEMA_DATA; NULL ends the list */
		service_import import;
	} data[SERVICE_DATA_FILES + 1];
	/* Called once before the first request, and after the last; either may be NULL. start returns
	 * false with a line in why; stop is called only after a start that returned true. */
	bool (*start)(struct service *service, char *why, size_t why_size);
	void (*stop)(struct service *service);
	/* A command of the service's own on a store at rest, or NULL: `--audit`, say. Its result is
	 * the exit code. */
	const char *command, *command_help;
	int (*run_command)(struct service *service);
};

/**
 * Runs a service on the listening socket at descriptor 0 until SIGTERM; returns main's exit code.
 * Arguments: none, or one of --check (settings and data files are good), --settings (all of them,
 * as conf/cinema.conf), --routes (as service/describe.h has it), --help, and the definition's
 * command.
 */
int service_main(int argc, char **argv, const struct service_definition *definition);

#endif
