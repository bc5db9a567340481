/* Bodies: the first byte chooses a route that takes one, the second what its path leads to and how
 * the body is declared; the rest is the body. */
#include "house/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct route *with_body[256];
static size_t count;

static void begin(void)
{
	const struct route *route;
	house_open();
	for (size_t i = 0; (route = house_route(i)); i++)
		if (route->body && count < 256)
			with_body[count++] = route;
}

static const char *const method_names[] = {
	[METHOD_GET] = "GET",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
};

/* A booking to be changed; its path, to be freed. */
static char *book(const char *path)
{
	char body[256], user[65], date[16], movie[65];
	char *place = NULL;
	snprintf(user, sizeof user, "%s", house_path("{user}"));
	snprintf(date, sizeof date, "%s", house_path("{date}"));
	snprintf(movie, sizeof movie, "%s", house_path("{movie}"));
	int length = snprintf(body, sizeof body,
	    "{\"user\":\"%s\",\"date\":\"%s\",\"movie\":\"%s\",\"count\":4,\"hold\":true}", user,
	    date, movie);
	if (strncmp(path, "/bookings/", 10) == 0)
		house_ask(
		    &(struct house_request){ .method = "POST",
			.uri = "/bookings",
			.params = (const char *const[]){ "CONTENT_TYPE=application/json", NULL },
			.body = body,
			.length = (size_t)length },
		    &place);
	return place;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	if (count == 0)
		begin();
	if (size < 2)
		return 0;
	const struct route *route = with_body[data[0] % count];
	const char *type = data[1] & 1 && route->method == METHOD_PATCH
	    ? "CONTENT_TYPE=application/merge-patch+json"
	    : "CONTENT_TYPE=application/json";
	const char *const params[] = { type, "HTTP_IF_MATCH=*",
		data[1] & 2 ? "HTTP_IDEMPOTENCY_KEY=k" : NULL, NULL };
	const char *path = house_path(route->path);
	char *place = book(path);
	struct house_request request = { .method = method_names[route->method],
		.uri = place ? place : house_path(route->path),
		.params = params,
		.body = (const char *)data + 2,
		.length = size - 2 };
	house_ask(&request, NULL);
	if (data[1] & 2)
		house_ask(&request, NULL);
	free(place);
	house_tidy();
	return 0;
}
