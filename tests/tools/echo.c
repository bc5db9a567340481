/* A service of nothing but the server core, for tests/kept.sh: a quick route, one that waits for as
 * long as it is told, one that starts on the quick lane and asks to wait, and one that takes a body.
 * Listens on descriptor 0, settings from the environment. */
#include "http/response.h"
#include "http/server.h"

#include <stdio.h>
#include <time.h>

static enum outcome quick(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	(void)request;
	buffer_text(&response->body, "{\"lane\":\"quick\"}");
	return response_body(response, 200);
}

static enum outcome wait(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	if (!request->may_wait)
		return OUTCOME_WAIT;
	int64_t ms = request_query_number(request, "ms", 0);
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	fputs("waiting\n", stderr); /* the log of a test tells that the request is in hand */
	nanosleep(&time, NULL);
	buffer_text(&response->body, "{\"lane\":\"waiting\"}");
	return response_body(response, 200);
}

static enum outcome take(
    struct service *service, const struct request *request, struct response *response)
{
	(void)service;
	return response_json(response, 201, json_object_get(request->body));
}

static const struct field wait_query[] = { { "ms", FIELD_INTEGER, false, 0, 10000, NULL }, { 0 } };
static const struct field body_fields[] = { { "text", FIELD_TEXT, true, 0, 1e6, NULL }, { 0 } };

static const struct route routes[] = {
	{ METHOD_GET, "/quick", quick, LANE_QUICK, ROLE_ANYONE, NULL, NULL, NULL },
	{ METHOD_POST, "/quick", take, LANE_QUICK, ROLE_ANYONE, NULL, body_fields, NULL },
	{ METHOD_GET, "/wait", wait, LANE_WAITING, ROLE_ANYONE, wait_query, NULL, NULL },
	{ METHOD_GET, "/ask", wait, LANE_QUICK, ROLE_ANYONE, wait_query, NULL, NULL },
	{ METHOD_POST, "/wait", take, LANE_WAITING, ROLE_ANYONE, NULL, body_fields, NULL },
};

int main(void)
{
	static struct settings settings;
	char why[256];
	const struct server_config config = {
		.routes = routes,
		.route_count = sizeof routes / sizeof routes[0],
		.settings = &settings,
	};
	if (settings_read(&settings, why, sizeof why) && server_run(&config, why, sizeof why))
		return 0;
	fprintf(stderr, "echo: %s\n", why);
	return 1;
}
