/* HTTP with one server: a request with a deadline, repeated where repeating is right. */
#ifndef CINEMA_CLI_HTTP_H
#define CINEMA_CLI_HTTP_H

#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h>

#define HTTP_ANSWER_MAX (16 * 1024 * 1024) /* bytes of an answer's body */
#define HTTP_KEY_SIZE   33                 /* of one that is made: 32 hexadecimal digits, a NUL */
#define HTTP_KEY_MAX    255                /* bytes of any */

struct http;

/** A body that is a file, from its beginning on. Of an answer that is no success nothing goes there. */
struct http_file {
	FILE *file;
	int64_t done, total;                            /* bytes; total 0: not known */
	bool failed;                                    /* it could not be read or written */
	void (*progress)(const struct http_file *file); /* called now and then; or NULL */
};

struct http_request {
	const char *method;     /* "GET", "POST", … */
	const char *path;       /* from the server's root, encoded, with its query */
	const char *body;       /* JSON, or NULL */
	const char *key;        /* Idempotency-Key, or NULL */
	struct http_file *from; /* sent instead of a body, or NULL */
	struct http_file *to;   /* takes the body of the answer, or NULL */
};

enum http_result {
	HTTP_ANSWERED,
	HTTP_UNREACHABLE, /* no connection to it, or no such host: nothing was sent */
	HTTP_SLOW,        /* the deadline passed */
	HTTP_CUT,         /* the connection broke */
	HTTP_TOO_LARGE,   /* the answer has more than HTTP_ANSWER_MAX bytes */
	HTTP_FILE,        /* http_file.failed */
	HTTP_UNTRUSTED,   /* its certificate does not hold: nothing was sent */
	HTTP_FAILED,      /* not HTTP, no memory */
};

struct http_answer {
	int status;
	struct buffer body;
	char *next;        /* target of the Link rel="next" as sent, or NULL */
	int retry_after;   /* seconds; 0: none */
	bool was_repeated; /* an earlier attempt may have been carried out */
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

/** Sends a token with each request from now on, or none (NULL). False without memory for it. */
bool http_token(struct http *http, const char *token);
bool http_has_token(const struct http *http);

/** Calls trace with a line for each request sent and for what came of it, without token or body. */
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
 * Retry-After and within the deadline, or not at all; a server that was there before and cannot be
 * reached is waited for until then. But what is neither a GET nor has a key goes out once.
 *
 * Where a file is a body the deadline is for each pause without a byte, and not for the whole; a
 * file that cannot go back to its beginning (a pipe) is not repeated once something has passed.
 */
enum http_result http_send(
    struct http *http, const struct http_request *request, struct http_answer *answer);

void http_answer_free(struct http_answer *answer);

/** A new Idempotency-Key; false when the kernel gives no random bytes. */
bool http_make_key(char key[HTTP_KEY_SIZE]);

#endif
