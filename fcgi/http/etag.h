/* Entity tags (RFC 9110, 8.8.3): made from a document's version or an answer's bytes, and looked up
 * in If-Match and If-None-Match. */
#ifndef CINEMA_HTTP_ETAG_H
#define CINEMA_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETAG_SIZE 40 /* bytes with quotes and NUL */

/** "v12", with its quotes: the tag of a document at a store version. */
void etag_of_version(uint64_t version, char etag[ETAG_SIZE]);

/** The tag of an answer that has no version of its own. */
void etag_of_body(const char *body, size_t length, char etag[ETAG_SIZE]);

/** Whether text is what If-Match and If-None-Match may hold: * or a list of entity tags. */
bool etag_is_list(const char *text);

/**
 * Whether list names etag, or is *. W/ is looked through also for If-Match: no tag made here is
 * weak, but nginx weakens one when it compresses an answer.
 */
bool etag_is_listed(const char *list, const char *etag);

#endif
