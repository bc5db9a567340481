/* An exchange: one request and its answer, from the variables that came in to the bytes that go
 * out, without FastCGI. server.c moves the bytes and chooses the thread. */
#ifndef CINEMA_HTTP_EXCHANGE_H
#define CINEMA_HTTP_EXCHANGE_H

#include "http/intake.h"

struct exchange {
	const struct server_config *config;
	struct arena arena;
	struct request request;
	struct response response;
	struct intake intake;
	struct buffer head; /* exchange_finish: the header block to send */
	bool body_follows;  /* and response.body after it */
	bool in_pieces;     /* and what exchange_next gives */
	bool starved;       /* memory ran out, whatever the response says */
	int64_t started;
};

/** An idle exchange, which serves one request after the other; NULL without memory. */
struct exchange *exchange_new(const struct server_config *config);

/** Harmless on NULL. */
void exchange_free(struct exchange *exchange);

/**
 * Takes the request that params describe ("NAME=value", NULL at the end, alive until
 * exchange_reset). Once it returns, response.status says whether the request is answered (refused)
 * already; if not, exchange_body comes next.
 */
void exchange_begin(struct exchange *exchange, char *const params[]);

/** Whether the request's body is wanted; if not it is skipped and exchange_body gets nothing. */
bool exchange_wants_body(const struct exchange *exchange);

/** Takes the body: length bytes and a NUL, alive until exchange_reset. May answer the request. */
void exchange_body(struct exchange *exchange, const char *text, size_t length);

/**
 * Runs the handler unless the request is answered already. False when it must be run again with
 * may_wait, on a thread of the waiting lane; always true with may_wait.
 */
bool exchange_run(struct exchange *exchange, bool may_wait);

/** Makes head and body ready to send, and logs a slow request. */
void exchange_finish(struct exchange *exchange);

/**
 * Whether the handler takes the body itself, from request.read, which is then to be set before
 * exchange_run; exchange_body is not called.
 */
bool exchange_streams(const struct exchange *exchange);

/**
 * Puts the next piece of an answer that has a source into response.body, to be sent after the head.
 * False when there is none; response.body.failed then says whether it broke off.
 */
bool exchange_next(struct exchange *exchange);

/** Forgets the request; what is large is given back. */
void exchange_reset(struct exchange *exchange);

#endif
