/* HTTP with one server: a request with a deadline, repeated where repeating is right. */
#ifndef CINEMA_CLI_HTTP_H
#define CINEMA_CLI_HTTP_H

#include "base/buffer.h"

#define HTTP_ANSWER_MAX (16 * 1024 * 1024) /* bytes of an answer's body */
#define HTTP_KEY_SIZE   33                 /* 32 hexadecimal digits and a NUL */

struct http;

struct http_request {
	const char *method; /* "GET", "POST", … */
	const char *path;   /* from the server's root, encoded, with its query */
	const char *body;   /* JSON, or NULL */
	const char *key;    /* Idempotency-Key, or NULL */
};

enum http_result {
	HTTP_ANSWERED,
	HTTP_UNREACHABLE, /* no connection to it, or no such host: nothing was sent */
	HTTP_SLOW,        /* the deadline passed */
	HTTP_CUT,         /* the connection broke */
	HTTP_TOO_LARGE,   /* the answer has more than HTTP_ANSWER_MAX bytes */
	HTTP_FAILED,      /* not HTTP, a certificate that does not hold, no memory */
};

struct http_answer {
	int status;
	struct buffer body;
	char *next;      /* target of the Link rel="next" as sent, or NULL */
	int retry_after; /* seconds; 0: none */
};

/**
 * A client of one server. `server` is http://… or https://… (http:// may be left out); timeout is
 * the deadline of each request in seconds, repeats included. Certificates are trusted that hold
 * against the PEM file CINEMA_CA names, or else the system's. NULL with a line in why when the
 * address cannot be one. To be called once a process, before other threads.
 */
struct http *http_open(const char *server, int timeout, char *why, size_t why_size);

/** Harmless on NULL. */
void http_close(struct http *http);

/** The server's address, without a slash at its end. */
const char *http_server(const struct http *http);

int http_timeout(const struct http *http);

/** Calls trace with a line for each request sent and for what came of it. */
void http_trace(struct http *http, void (*trace)(const char *line));

/** From now on no request is repeated. */
void http_once(struct http *http);

/** What libcurl says about the last attempt. */
const char *http_reason(const struct http *http);

/**
 * Sends a request. HTTP_ANSWERED: *answer holds what came, of any status; else it is empty. Free it
 * with http_answer_free in any case.
 *
 * Answers of 429, 502 and 503 and broken connections are followed by a repeat, up to three, after
 * Retry-After (at most 5 s) and within the deadline; but what is neither a GET nor has a key goes
 * out once.
 */
enum http_result http_send(
    struct http *http, const struct http_request *request, struct http_answer *answer);

void http_answer_free(struct http_answer *answer);

/** Appends one part of a path, or a value of a query, percent-encoded. */
void http_part(struct buffer *path, const char *part);

/** A new Idempotency-Key; false when the kernel gives no random bytes. */
bool http_make_key(char key[HTTP_KEY_SIZE]);

/** The target of rel="next" in the value of a Link header and its length, or NULL. */
const char *http_link_next(const char *value, size_t *length);

#endif
