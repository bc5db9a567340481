/* What comes in: from the CGI variables that nginx sends to a request that a handler can trust, or
 * to a problem. Used by exchange.c alone. */
#ifndef CINEMA_HTTP_INTAKE_H
#define CINEMA_HTTP_INTAKE_H

#include "http/response.h"
#include "http/server.h"

struct intake {
	const char *method; /* as it came: HEAD is HEAD here */
	const char *uri;
	const char *body_type;
	const char *body_length_text;
	const char *request_id;
	const char *role;
	const char *unbuffered;    /* not NULL: the body comes as slowly as its client sends it */
	size_t body_length;        /* what Content-Length says; 0 when there is none */
	const struct route *route; /* NULL while the request is refused */
};

/**
 * Reads params ("NAME=value", NULL at the end, alive as long as the request) and checks everything
 * but the body. True when the request may go on; else response holds the answer: a problem, or an
 * OPTIONS's.
 */
bool intake_head(struct intake *intake, const struct server_config *config, char *const params[],
    struct request *request, struct response *response);

/**
 * Checks the body, whose length bytes end with a NUL, against the route; length differs from
 * intake->body_length when the sender broke off. Otherwise as intake_head.
 */
bool intake_body(const struct intake *intake, const char *text, size_t length,
    struct request *request, struct response *response);

#endif
