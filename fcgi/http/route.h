/* Routes: one table a service, and everything about a request that can be refused before its
 * handler runs is refused by it: method, path, who asks, query, content type, body. */
#ifndef CINEMA_HTTP_ROUTE_H
#define CINEMA_HTTP_ROUTE_H

#include "http/field.h"
#include "http/request.h"

struct service;
struct response;

/**
 * What became of a handler's call. OUTCOME_WAIT, only where request->may_wait is false: the answer
 * needs a peer or a commit; the handler has changed nothing, and is called again from its start on
 * the waiting lane.
 */
enum outcome { OUTCOME_DONE, OUTCOME_WAIT };

typedef enum outcome (*route_handler)(
    struct service *service, const struct request *request, struct response *response);

/**
 * A quick route reads its own store and answers on the thread that took the request (it may turn
 * out to need to wait: OUTCOME_WAIT). A waiting route goes to the larger pool at once. So does a
 * stream: its handler takes the body itself, JSON of any size, by request_read.
 */
enum lane { LANE_QUICK, LANE_WAITING, LANE_STREAM };

struct route {
	enum method method;
	const char *path; /* "/movies/{id}"; {date} takes a date, {showing} TIME-SCREEN, any other
			   * name an identifier. A literal segment stands before a {name} in a table. */
	route_handler handler;
	enum lane lane;
	unsigned role;             /* least role that may; | ROLE_OWN */
	const struct field *query; /* what the query may hold; NULL: nothing */
	const struct field *body;  /* what the body must hold; NULL: no body is read */
	const char *absent; /* "{user} has no bookings.": the 404 that response_absent answers,
				    * and that is all a stranger gets; NULL: a stranger gets 403 */
};

/** Beside a role: also the user that {user} in the path names, or else the body's "user". */
#define ROLE_OWN         0x10U
#define ROLE_LEAST(mask) ((enum role)((mask)&0xfU))

/* The query of a list that is paged; page_read in service/page.h reads it. */
#define ROUTE_PAGE_QUERY                                                                           \
	{ "limit", FIELD_INTEGER, false, 1, 1000, NULL },                                          \
	{                                                                                          \
		"after", FIELD_TEXT, false, 1, 128, NULL                                           \
	}

/** What matching found. */
enum route_match { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD, ROUTE_BAD_PARAM };

/**
 * Finds the route for a method and a raw request path (still percent-encoded, without the query),
 * and fills request->params. ROUTE_NO_METHOD: *allow lists the path's methods as Allow wants them.
 * ROUTE_BAD_PARAM: *why says which part is not of its form. Strings come from request->arena.
 */
enum route_match route_find(const struct route *routes, size_t count, const char *method,
    const char *path, struct request *request, const struct route **found, const char **allow,
    const char **why);

/** Decodes %XX in length bytes; NULL when that is malformed, holds a NUL or is no UTF-8. */
char *route_decode(struct arena *arena, const char *text, size_t length);

#endif
