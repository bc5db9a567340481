/* Problems: every error a client can see, one line each in problem.c's table with its status, type
 * and title, and written as application/problem+json (RFC 9457) by the core alone. */
#ifndef CINEMA_HTTP_PROBLEM_H
#define CINEMA_HTTP_PROBLEM_H

#include "base/buffer.h"

#include <json-c/json.h>

enum problem {
	PROBLEM_BAD_JSON,       /* 400 the body is not JSON */
	PROBLEM_BAD_PATH,       /* 400 a part of the path is not of its form */
	PROBLEM_BAD_QUERY,      /* 400 a query parameter is unknown or not of its form */
	PROBLEM_BAD_HEADER,     /* 400 a header is not of its form */
	PROBLEM_LOGIN,          /* 401 nobody has logged in, or with what is not good */
	PROBLEM_FORBIDDEN,      /* 403 who has logged in may not */
	PROBLEM_NOT_FOUND,      /* 404 */
	PROBLEM_METHOD,         /* 405, with Allow */
	PROBLEM_TAKEN,          /* 409 somebody else has it, or it is there already */
	PROBLEM_LIMIT,          /* 409 a limit is reached; "limit" says it */
	PROBLEM_STALE,          /* 412 a precondition does not hold */
	PROBLEM_BODY_TOO_LARGE, /* 413 */
	PROBLEM_MEDIA_TYPE,     /* 415 */
	PROBLEM_WRONG_FIELD,    /* 422 a field is wrong or refers to nothing; "errors" lists them */
	PROBLEM_KEY_REUSED,     /* 422 an Idempotency-Key came back with another body */
	PROBLEM_CONDITION,      /* 428 If-Match is missing */
	PROBLEM_TOO_MANY,       /* 429 with Retry-After */
	PROBLEM_INTERNAL,       /* 500 */
	PROBLEM_PEER_DOWN,      /* 503 with Retry-After; "peer" names it */
	PROBLEM_BUSY,           /* 503 with Retry-After: the waiting lane's queue is full */
	PROBLEM_STORE_FULL,     /* 503 with Retry-After */
	PROBLEM_STORE_FAILED,   /* 503 with Retry-After */
	PROBLEM_STOPPING,       /* 503 with Retry-After */
	PROBLEM_COUNT
};

/** The HTTP status of a problem. */
int problem_status(enum problem problem);

/** Seconds for Retry-After, or 0 where trying again would not help. */
int problem_retry_after(enum problem problem);

/**
 * Appends the problem's document: type, title, status, detail, instance (a request id; left out
 * when NULL) and the members of extra (may be NULL; not freed).
 */
void problem_write(struct buffer *body, enum problem problem, const char *detail,
    const char *request_id, struct json_object *extra);

#endif
