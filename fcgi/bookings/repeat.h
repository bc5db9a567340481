/* Idempotency-Key: the same key, user and body gives the first answer again, for a day.
 *
 * The answer is committed in the same commit as what it tells of, on a key that must be absent. So
 * of two requests with one key that run at the same moment, one commits and the other finds that
 * it lost to its own twin and gives the twin's answer; and after a crash there are both, effect and
 * answer, or neither. */
#ifndef CINEMA_BOOKINGS_REPEAT_H
#define CINEMA_BOOKINGS_REPEAT_H

#include "bookings/keys.h"
#include "service/batch.h"
#include "service/service.h"

struct repeat {
	keys_text key;     /* "" when the request has no Idempotency-Key */
	char name[33];     /* the key's hash */
	char request[33];  /* the body's hash */
	uint64_t expected; /* of an answer that is too old to count; 0: none */
};

/**
 * Looks for the first answer. True: there was one (or the key came with another body, or the store
 * failed), and the response is filled.
 */
bool repeat_answered(struct repeat *repeat, struct service *service, const struct request *request,
    struct response *response, const char *user, int64_t now);

/** Adds to a batch that the response, filled by now, is the first answer. */
void repeat_record(const struct repeat *repeat, struct batch *batch,
    const struct response *response, const char *user, int64_t now);

/** Adds to a batch that an answer, named by its key's hash, is forgotten if its day is over. */
enum store_result repeat_forget(
    struct batch *batch, struct store *store, const char *user, const char *name, int64_t now);

#define REPEAT_OPS 2 /* operations that repeat_record may add */

#endif
