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
};

/**
 * Serves the listening socket at descriptor 0 until SIGTERM, SIGINT or SIGUSR1; then stops
 * accepting, finishes what is running, closes idle connections and returns true within 2 s. False
 * with a line in why when it could not start. Call it once, from the main thread, before any other
 * thread is started: it blocks those signals for all of them.
 */
bool server_run(const struct server_config *config, char *why, size_t why_size);

#endif
