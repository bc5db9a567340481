/* Documents that the owner writes, each under an identifier of its own: made by POST, or by PUT with
 * If-None-Match: *, changed by PUT and PATCH, deleted. What a kind of document may be stands once,
 * in its kind, for requests and for data files. Every write is one commit. */
#ifndef CINEMA_SERVICE_DOCUMENT_H
#define CINEMA_SERVICE_DOCUMENT_H

#include "service/batch.h"
#include "service/service.h"

struct document_kind {
	const char *name;           /* "movie", for people */
	const char *prefix;         /* of its key in the store, before the id: "movies/" */
	const char *path;           /* of its address, before the id: "/movies/" */
	const char *param;          /* what the id is called in a route's path */
	const struct field *fields; /* its members, in the order in which they are kept */
	/* Adds to errors what the table cannot say; for a document that fits it. May be NULL. */
	void (*check)(struct json_object *document, struct json_object *errors);
	/* Whether the document old (NULL: none yet) may become fresh (NULL: be deleted): false when
	 * the request is answered and *outcome is the handler's. What it relied on it adds to batch,
	 * DOCUMENT_CHECKS operations at most; it is called again when that has changed. May be
	 * NULL. */
	bool (*allow)(struct service *service, const struct request *request,
	    struct response *response, struct json_object *old, struct json_object *fresh,
	    struct batch *batch, enum outcome *outcome);
	/* Adds what answers show and the store does not keep; those members, sent along with what
	 * else was read, are left aside. */
	void (*add_facts)(struct json_object *document);
};

#define DOCUMENT_CHECKS 2

/** The key of a document. */
void document_key(const struct document_kind *kind, const char *id, char key[STORE_KEY_MAX + 1]);

/** Adds the faults of what is to stand under id to errors: table, id and check. */
void document_faults(const struct document_kind *kind, const char *id, struct json_object *document,
    struct json_object *errors);

/** Imports a data file: {id: document}. */
void document_import(
    const struct document_kind *kind, struct import *import, struct json_object *data);

/** Answers with a document, which it takes over, and its facts; with a 201 goes its Location. */
enum outcome document_answer(const struct document_kind *kind, struct response *response,
    int status, struct json_object *document, uint64_t version);

/** GET: 200 or 404. */
enum outcome document_get(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response);

/**
 * POST: 201, or 409 when it is there. A body without an id gets one; with an Idempotency-Key the
 * same one again, and what is there as the request would have made it is answered as if just made.
 */
enum outcome document_create(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response);

/** PUT and PATCH (merge patch): 200, 404, 412, 428; a PUT with If-None-Match: * makes it, 201. */
enum outcome document_change(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response);

/** DELETE: 204, 404, 412, 428. */
enum outcome document_delete(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response);

#endif
