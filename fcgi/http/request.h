/* A request as a handler sees it: parsed, checked against its route, and read-only. Everything here
 * lives as long as the request. */
#ifndef CINEMA_HTTP_REQUEST_H
#define CINEMA_HTTP_REQUEST_H

#include "base/arena.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

/** Who asks, as nginx tells it; each may do what those before it may. */
enum role {
	ROLE_ANYONE,
	ROLE_USER,    /* somebody who has logged in */
	ROLE_STAFF,   /* reads all bookings, and may cancel them */
	ROLE_OWNER,   /* of the cinema: everything. In the open mode everybody is */
	ROLE_SERVICE, /* another service, on nginx's internal listener */
};

#define ROLE_COUNT (ROLE_SERVICE + 1)

#define REQUEST_PARAMS_MAX  4
#define REQUEST_QUERIES_MAX 8

struct request_pair {
	const char *name, *value;
};

struct request {
	struct arena *arena; /* for a handler's own strings */
	const char *id;      /* request id, well formed */
	enum method method;  /* HEAD is METHOD_GET here; OPTIONS never reaches a handler */
	const char *target;  /* path and query as they came */
	const char *pattern; /* the route's path, "/movies/{id}" */
	struct request_pair params[REQUEST_PARAMS_MAX]; /* {name} in the route's path, decoded */
	size_t param_count;
	struct request_pair queries[REQUEST_QUERIES_MAX]; /* decoded */
	size_t query_count;
	struct json_object *body; /* an object that fits the route's fields; NULL if it has none */
	const char *body_text;    /* the body's bytes, NUL-terminated */
	size_t body_length;
	const char *if_match; /* headers, NULL when not sent */
	const char *if_none_match;
	const char *idempotency_key; /* 1 to 255 visible characters */
	const char *credential;      /* what it came with, for users to look at; NULL elsewhere */
	const char *user;            /* who asks; NULL: nobody who has logged in */
	enum role role;
	const char *absent; /* the route's words for what is not there, NULL: it has none */
	bool for_anyone;    /* the route is: what it answers may be cached for all */
	bool may_wait;      /* false on the quick lane: see OUTCOME_WAIT in route.h */
	/* Of a LANE_STREAM route: what request_read calls. */
	ssize_t (*read)(void *from, char *bytes, size_t size);
	void *read_from;
};

/**
 * Takes the next bytes of the body of a LANE_STREAM route, size of them unless it ends there: 0 at its
 * end, -1 when it broke off or the service stops. After that there is nobody to answer, or no time.
 */
ssize_t request_read(const struct request *request, char *bytes, size_t size);

/** "anyone", "user", "staff", "owner" or "service". */
const char *request_role_name(enum role role);

/** Reads such a word; false, and ROLE_ANYONE, for another. */
bool request_role_read(const char *name, enum role *role);

/** The value of {name} in the route's path; the core has checked its form. */
const char *request_param(const struct request *request, const char *name);

/** The value of a query parameter, or NULL when it was not given. */
const char *request_query(const struct request *request, const char *name);

/** The same as a number; the core has checked that it is one. */
int64_t request_query_number(const struct request *request, const char *name, int64_t fallback);

#endif
