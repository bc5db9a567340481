/* A response as a handler fills it: one document or one problem, and a few facts about it. Status
 * lines, headers and error bodies are written from it by the core alone. */
#ifndef CINEMA_HTTP_RESPONSE_H
#define CINEMA_HTTP_RESPONSE_H

#include "http/problem.h"
#include "http/request.h"
#include "http/route.h"

#define RESPONSE_HEADERS_MAX 3

/** What makes an answer that goes out in pieces, however large it is. */
struct response_source {
	/* Appends the next piece to an empty buffer; false when there is none. One that cannot go
	 * on sets piece->failed: the answer is then cut off, for the client to notice. */
	bool (*next)(void *context, struct buffer *piece);
	void (*end)(void *context); /* called once, whatever happens; may be NULL */
	void *context;
};

struct response {
	const struct request *request;
	int status; /* 0 until a handler has answered */
	bool is_problem;
	int retry_after;      /* seconds; 0: none */
	struct buffer body;   /* grows to RESPONSE_MAX */
	uint64_t version;     /* of the document, for its ETag; 0: the ETag is made from the body */
	bool as_read;         /* of a write: the body is what GET gives, and so is its ETag */
	const char *location; /* of a 201; in the request's arena */
	const char *next;     /* where the next page of a list starts, or NULL; in the arena */
	const char *allow;    /* methods, with a 405 or an OPTIONS */
	struct request_pair headers[RESPONSE_HEADERS_MAX]; /* more of them; in the arena */
	size_t header_count;
	struct response_source source; /* next is NULL: the body is all there is */
};

#define RESPONSE_MAX (64 * 1024 * 1024)

/* Each of these answers the request and returns OUTCOME_DONE, so a handler ends
 * `return response_…(…)`. What was in the body before is replaced. */

/** Answers with a JSON value; takes ownership of it. NULL (no memory) becomes a 500. */
enum outcome response_json(struct response *response, int status, struct json_object *value);

/** Answers with what the handler wrote into response->body itself. */
enum outcome response_body(struct response *response, int status);

/** Answers 200 with what a source makes, on the waiting lane only; it has no ETag. */
enum outcome response_pieces(struct response *response, const struct response_source *source);

/** Answers 204, no document. */
enum outcome response_nothing(struct response *response);

/** Answers with a problem. */
enum outcome response_problem(struct response *response, enum problem problem, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/** The same with members of its own; takes ownership of extra (may be NULL). */
enum outcome response_problem_with(struct response *response, enum problem problem,
    struct json_object *extra, const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Answers 404 with the route's text for what is not there. */
enum outcome response_absent(struct response *response);

/** Adds a header to the answer; value lives in the request's arena. */
void response_header(struct response *response, const char *name, const char *value);

/**
 * Answers with a problem of fields and the list of their faults, as http/field.h makes it; takes it
 * over. The detail tells the first.
 */
enum outcome response_fields(
    struct response *response, enum problem problem, struct json_object *errors);

/** Answers 422 for one field that is well formed but refers to nothing, or breaks a rule. */
enum outcome response_field(struct response *response, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
