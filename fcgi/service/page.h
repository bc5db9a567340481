/* Answers straight from the store: one document, a list in pages, a store's trouble. */
#ifndef CINEMA_SERVICE_PAGE_H
#define CINEMA_SERVICE_PAGE_H

#include "service/service.h"

#define PAGE_LIMIT 1000 /* entries of a page when none is asked for, and at most */

struct page {
	size_t limit;
	const char *after; /* the name of the last entry on the page before, or "" */
};

/** Reads limit and after; for routes that have ROUTE_PAGE_QUERY. */
struct page page_read(const struct request *request);

/** Appends one record's value to a list's body. */
typedef void (*page_write)(void *context, struct buffer *body, const struct store_record *record);

/**
 * Answers 200 with one page of the documents below prefix: an object whose member names are the
 * keys without the prefix, in their order, and whose values write appends. Sets the Link when
 * there is more.
 */
enum outcome page_answer(struct service *service, const struct request *request,
    struct response *response, const char *prefix, page_write write, void *context);

/** Answers with the problem that fits a store's result other than OK, ABSENT and CONFLICT. */
enum outcome page_store_problem(struct response *response, enum store_result result);

#endif
