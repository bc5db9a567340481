/* Questions to the other services: HTTP over nginx's internal listener, kept connections, a deadline
 * on each call, and a small cache of answers with a short life.
 *
 * So that every wait ends, peer_get asks quick routes only, and peer_put only a waiting route that
 * itself waits for nothing but its store: a circle of services that wait for each other's waiting
 * lanes cannot come about. */
#ifndef CINEMA_HTTP_PEER_H
#define CINEMA_HTTP_PEER_H

#include "base/settings.h"
#include "http/request.h"

struct peers;

enum peer_result {
	PEER_OK,
	PEER_ABSENT, /* the peer answered 404 */
	PEER_WAIT,   /* request->may_wait is false and no cached answer is good */
	PEER_DOWN,   /* no answer in time, a 5xx, or rubbish; logged */
};

/** Where questions go and how long answers are good; NULL with a line in why. */
struct peers *peer_start(const struct settings *settings, char *why, size_t why_size);

/** Harmless on NULL. No question may be under way. */
void peer_stop(struct peers *peers);

enum peer_age {
	PEER_FRESH,  /* ask, whatever is cached */
	PEER_CACHED, /* an answer up to CINEMA_PEER_CACHE_MS old will do */
};

/**
 * GETs path (percent-encoded, query included) from the service whose first segment it starts with.
 * On PEER_OK *answer is the JSON, which the caller frees; answer may be NULL. Only 200 answers are
 * cached. The request's id goes along. A call takes no longer than CINEMA_PEER_TIMEOUT_MS. Safe from
 * any thread.
 */
enum peer_result peer_get(struct peers *peers, const struct request *request, enum peer_age age,
    const char *path, struct json_object **answer);

/**
 * PUTs a body, JSON text, that may be put twice: what broke off is sent again. Otherwise as peer_get
 * with PEER_FRESH. On PEER_DOWN the peer may have done it all the same.
 */
enum peer_result peer_put(struct peers *peers, const struct request *request, const char *path,
    const char *body, struct json_object **answer);

/**
 * The same, but *answer is shared with others, so that it need not be parsed again: it is only read,
 * no reference to any part of it is counted (json_object_get), and peer_release gives it back.
 */
enum peer_result peer_share(struct peers *peers, const struct request *request, enum peer_age age,
    const char *path, struct json_object **answer);

/** Gives back what peer_share gave; harmless on NULL. */
void peer_release(struct peers *peers, struct json_object *answer);

#endif
