/* A service: what it is called, its routes, what it imports. service_main is the whole life of its
 * process; a service's own folder holds the tables and handlers that go in here. */
#ifndef CINEMA_SERVICE_SERVICE_H
#define CINEMA_SERVICE_SERVICE_H

#include "base/settings.h"
#include "http/peer.h"
#include "http/response.h"
#include "http/route.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdio.h>

#define SERVICE_DATA_FILES 2

struct import; /* import.h */

/** What a handler works with; built by service_main, the same for every request. */
struct service {
	const struct service_definition *definition;
	const struct settings *settings;
	struct store *store;
	struct peers *peers;
	void *own;           /* what definition->start made */
	atomic_uint imports; /* under way: service/bulk.h */
	struct service_data {
		FILE *file;         /* NULL: see error */
		int error;          /* an errno; 0: there is no such file */
	} data[SERVICE_DATA_FILES]; /* from import_open to import_run */
};

/** Turns one data file, parsed, into documents: import_put and import_fault in import.h. */
typedef void (*service_import)(struct import *import, struct json_object *data);

/** One kind of document: its data file, and the same over HTTP (service/bulk.h). */
struct service_kind {
	const char *file; /* in CINEMA_DATA; NULL ends the list */
	service_import import;
	const char *path;   /* "/movies": of path/export and path/import */
	const char *prefix; /* of its keys in the store, "movies/" */
	size_t depth;       /* of a document in the file; 0 stands for 1, the file's members */
	bool alone;         /* each is committed by itself, for it depends on the others */
	/* Appends one as it stands in the file; NULL: as it is in the store. */
	void (*write)(struct buffer *piece, const struct store_record *record);
	route_handler export; /* in place of the usual way to write them all, or NULL */
	bool fixed;           /* one that is there is never replaced */
	/* Gives fresh what no file tells of old, which is there; may be NULL. */
	void (*keep)(struct json_object *old, struct json_object *fresh);
	/* Whether fresh may take the place of old; false with the import's fault said. NULL: it may. */
	bool (*may_replace)(
	    struct import *import, struct json_object *old, struct json_object *fresh);
};

struct service_definition {
	const char *name; /* "movies": its socket, store, log and first path segment */
	const struct route *routes;
	size_t route_count;
	struct service_kind data[SERVICE_DATA_FILES + 1];
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
