/* A list of store operations as a handler builds it, in the request's arena. */
#ifndef CINEMA_SERVICE_BATCH_H
#define CINEMA_SERVICE_BATCH_H

#include "base/arena.h"
#include "store/store.h"

#include <json-c/json.h>

struct batch {
	struct arena *arena;
	struct store_op *ops;
	size_t count, capacity;
	bool failed; /* no memory; batch_commit then answers STORE_FAILED */
};

/** An empty list with room for capacity operations, which grows when more are added. */
void batch_init(struct batch *batch, struct arena *arena, size_t capacity);

/** Expectations for batch_put, batch_delete and batch_check; a real version is never one of these. */
#define BATCH_ANY    UINT64_MAX
#define BATCH_ABSENT UINT64_C(0)

/** Adds an operation; key and document are copied. Returns its index, for batch_commit's failed. */
size_t batch_put(struct batch *batch, const char *key, uint64_t expected, const char *document);
size_t batch_put_json(
    struct batch *batch, const char *key, uint64_t expected, struct json_object *document);
size_t batch_delete(struct batch *batch, const char *key, uint64_t expected);
size_t batch_check(struct batch *batch, const char *key, uint64_t expected);

/**
 * store_commit on the list; *failed_key is the key of the first expectation that did not hold. Where
 * memory ran out on the way (memory.h) nothing is committed, and the result is STORE_FAILED. What is
 * answered is best written before: afterwards it is too late to lack memory for it.
 */
enum store_result batch_commit(
    struct batch *batch, struct store *store, uint64_t *version, const char **failed_key);

#endif
