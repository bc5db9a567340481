/* The life of a service's process. See service.h. */
#include "service/service.h"

#include "base/log.h"
#include "http/server.h"
#include "service/confine.h"
#include "service/describe.h"
#include "service/identity.h"
#include "service/import.h"
#include "service/table.h"
#include "store/file.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WHY_SIZE 768

static void print_help(const struct service_definition *definition)
{
	printf("%s - a service of Cinema, a FastCGI responder on the socket at descriptor 0\n\n"
	       "usage: spawn-fcgi -n -s SOCKET -- %s\n"
	       "       %s --check      whether settings and data files are good\n"
	       "       %s --settings   every setting, its default and what it is for\n"
	       "       %s --routes     what it answers to, with all fields, as JSON\n"
	       "       %s --help\n",
	    definition->name, definition->name, definition->name, definition->name,
	    definition->name, definition->name);
	if (definition->command)
		printf("       %s %-12s%s\n", definition->name, definition->command,
		    definition->command_help);
	printf("\nSettings are environment variables, CINEMA_…; see conf/cinema.conf.\n");
}

/* One line for a person at the terminal and for run.sh, which shows it. */
static int complain(const struct service_definition *definition, const char *why)
{
	fprintf(stderr, "%s: %s\n", definition->name, why);
	return EXIT_FAILURE;
}

/* Signals are for server_run's thread alone: a read cut short by one is an error to libfcgi. But
 * SIGSYS is for the thread that made a call that confine.h refuses. */
static void block_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static bool open_store(struct service *service, char *why, size_t why_size)
{
	service->store = store_open(settings_text(service->settings, SETTING_STORE),
	    identity_folder(), service->definition->name, why, why_size);
	return service->store != NULL;
}

/* The file that tells nginx of a full lane. It has a folder of its own, for nginx is to see no more. */
static void name_brim(char *brim, size_t size)
{
	char why[WHY_SIZE];
	snprintf(brim, size, "%s/brim", identity_folder());
	if (!file_make_folder(brim, why, sizeof why))
		log_write(LOG_WARNING, NULL, "%s", why);
	snprintf(brim, size, "%s/brim/full", identity_folder());
}

/* From here on the process can do no more than it needs for what it is. */
static bool confine(const struct service *service, char *why, size_t why_size)
{
	if (strcmp(settings_text(service->settings, SETTING_CONFINE), "on") == 0)
		return confine_self(identity_folder(), why, why_size);
	log_write(LOG_WARNING, NULL,
	    "CINEMA_CONFINE is off: the service may use any system call and file");
	return true;
}

/* Serves until a signal ends it. */
static bool serve(struct service *service, char *why, size_t why_size)
{
	const struct service_definition *definition = service->definition;
	size_t count;
	struct route *routes = table_new(definition, &count);
	char brim[64];
	bool started = false, good = false;

	if (!routes) {
		snprintf(why, why_size, "no memory");
		goto out;
	}
	service->peers = peer_start(service->settings, why, why_size);
	if (!service->peers)
		goto out;
	name_brim(brim, sizeof brim);
	if (!confine(service, why, why_size))
		goto out;
	malloc_trim(0); /* what a large import has left behind */
	started = !definition->start || definition->start(service, why, why_size);
	if (!started)
		goto out;
	good = server_run(&(struct server_config){ .routes = routes,
			      .route_count = count,
			      .service = service,
			      .settings = service->settings,
			      .brim = brim },
	    why, why_size);
	if (!good) {
		/* Threads may still be at work with what would be freed now. */
		log_write(LOG_ERROR, NULL, "%s", why);
		_Exit(EXIT_FAILURE);
	}
out:
	if (started && definition->stop)
		definition->stop(service);
	peer_stop(service->peers);
	free(routes);
	return good;
}

int service_main(int argc, char **argv, const struct service_definition *definition)
{
	static struct settings settings;
	struct service service = { .definition = definition, .settings = &settings };
	const char *argument = argc == 2 ? argv[1] : "";
	char why[WHY_SIZE];
	int code = EXIT_SUCCESS;

	if (strcmp(argument, "--help") == 0) {
		print_help(definition);
		return EXIT_SUCCESS;
	}
	if (strcmp(argument, "--settings") == 0) {
		settings_print(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argument, "--routes") == 0)
		return describe_routes(definition, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	bool command = definition->command && strcmp(argument, definition->command) == 0;
	bool check = strcmp(argument, "--check") == 0;
	if (argc > 1 && !command && !check) {
		snprintf(
		    why, sizeof why, "unknown argument %.100s; --help says what there is", argv[1]);
		return complain(definition, why);
	}
	if (!settings_read(&settings, why, sizeof why))
		return complain(definition, why);
	setenv("TZ", settings_text(&settings, SETTING_TZ), 1);
	tzset();
	import_open(&service);
	if (check)
		return import_run(&service, why, sizeof why) ? EXIT_SUCCESS
							     : complain(definition, why);
	block_signals();
	bool good = identity_enter(&settings, definition->name, why, sizeof why) &&
	    open_store(&service, why, sizeof why);
	if (good && command)
		code = definition->run_command(&service);
	else if (good)
		good = import_run(&service, why, sizeof why) && serve(&service, why, sizeof why);
	if (!good && command)
		code = complain(definition, why);
	else if (!good)
		log_write(LOG_ERROR, NULL, "%s", why);
	store_close(service.store);
	return good ? code : EXIT_FAILURE;
}
