/* Answers straight from the store, the same for all four services: a list in pages, a document's
 * preconditions, a store's or a peer's trouble. */
#ifndef CINEMA_SERVICE_ANSWER_H
#define CINEMA_SERVICE_ANSWER_H

#include "service/service.h"

#define ANSWER_PAGE_LIMIT 1000 /* entries of a page when none is asked for, and at most */

struct page {
	size_t limit;
	const char *after; /* the name of the last entry on the page before, or "" */
};

/** Reads limit and after; for routes that have ROUTE_PAGE_QUERY. */
struct page answer_page_asked(const struct request *request);

/** Appends one record's value to a list's body. */
typedef void (*answer_write)(void *context, struct buffer *body, const struct store_record *record);

/**
 * Answers 200 with one page of the documents below prefix: an object whose member names are the
 * keys without the prefix, in their order, and whose values write appends. Sets the Link when
 * there is more.
 */
enum outcome answer_page(struct service *service, const struct request *request,
    struct response *response, const char *prefix, answer_write write, void *context);

/** Reads and parses a document, to be freed by the caller; version may be NULL. */
enum store_result answer_read(
    struct store *store, const char *key, struct json_object **document, uint64_t *version);

/** Appends an object with the named members (the list ends with NULL) that document has. */
void answer_members(struct buffer *body, struct json_object *document, const char *const names[]);

/** Whether If-Match, when sent, names this version or is `*`. */
bool answer_matches(const struct request *request, uint64_t version);

/** The same for what If-Match must guard: false when 428 (it is missing) or 412 is answered. */
bool answer_guarded(const struct request *request, struct response *response, uint64_t version);

/** The same for a document without a version of its own, whose tag it has. */
bool answer_guarded_tag(const struct request *request, struct response *response, const char *tag);

/** Whether a PUT may make what is not there: If-None-Match: * */
bool answer_may_create(const struct request *request);

/** Answers with the problem that fits a store's result other than OK, ABSENT and CONFLICT. */
enum outcome answer_store_problem(struct response *response, enum store_result result);

/** Answers 503 that names the peer, or OUTCOME_WAIT for PEER_WAIT. */
enum outcome answer_peer_problem(
    struct response *response, enum peer_result result, const char *peer);

#endif
