/* The server core: FastCGI connections from nginx on descriptor 0, parked in epoll between requests
 * and served by a few threads; a quick and a waiting lane; a clean end. */
#ifndef CINEMA_HTTP_SERVER_H
#define CINEMA_HTTP_SERVER_H

#include "base/settings.h"
#include "http/route.h"

struct server_config {
	const struct route *routes;
	size_t route_count;
	struct service *service; /* handed to every handler; the core does not look inside */
	const struct settings *settings;
	const char
	    *brim; /* the file that is there while the waiting lane is full (brim.h), or NULL */
};

/**
 * Serves the listening socket at descriptor 0 until SIGTERM, SIGINT or SIGUSR1; then stops
 * accepting, finishes what is running or has arrived, closes idle connections and returns true
 * within 2 s. False with a line in why when it could not start, or when requests still ran after
 * that time: threads may then still use what config names, so the process must end without freeing
 * it. Call it once, from the main thread. Those signals are blocked in it from then on, and must be
 * in any thread that was started before.
 */
bool server_run(const struct server_config *config, char *why, size_t why_size);

#endif
