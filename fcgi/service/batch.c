/* Lists of store operations. See batch.h. */
#include "service/batch.h"

#include "base/json.h"
#include "base/memory.h"

#include <string.h>

void batch_init(struct batch *batch, struct arena *arena, size_t capacity)
{
	*batch = (struct batch){ .arena = arena, .capacity = capacity };
	batch->ops = arena_alloc(arena, capacity * sizeof *batch->ops);
	batch->failed = batch->ops == NULL;
}

static bool grow(struct batch *batch)
{
	size_t capacity = 2 * batch->capacity + 8;
	struct store_op *ops = arena_alloc(batch->arena, capacity * sizeof *ops);
	if (!ops)
		return false;
	memcpy(ops, batch->ops, batch->count * sizeof *ops);
	batch->ops = ops;
	batch->capacity = capacity;
	return true;
}

static size_t add(struct batch *batch, enum store_action action, const char *key, uint64_t expected,
    const char *document)
{
	if (batch->failed || (batch->count == batch->capacity && !grow(batch))) {
		batch->failed = true;
		return 0;
	}
	struct store_op op = { .action = action, .version = expected };
	if (expected == BATCH_ANY)
		op.expect = STORE_ANY;
	else
		op.expect = expected == BATCH_ABSENT ? STORE_EXPECT_ABSENT : STORE_EXPECT_VERSION;
	op.key = arena_copy(batch->arena, key, strlen(key));
	if (document) {
		op.length = strlen(document);
		op.document = arena_copy(batch->arena, document, op.length);
	}
	batch->failed = !op.key || (document && !op.document);
	batch->ops[batch->count] = op;
	return batch->count++;
}

size_t batch_put(struct batch *batch, const char *key, uint64_t expected, const char *document)
{
	return add(batch, STORE_PUT, key, expected, document);
}

size_t batch_put_json(
    struct batch *batch, const char *key, uint64_t expected, struct json_object *document)
{
	struct buffer text;
	size_t index = 0;
	buffer_init(&text, STORE_DOCUMENT_MAX);
	if (document)
		json_write(&text, document);
	if (text.data && !text.failed)
		index = add(batch, STORE_PUT, key, expected, text.data);
	else
		batch->failed = true;
	buffer_free(&text);
	return index;
}

size_t batch_delete(struct batch *batch, const char *key, uint64_t expected)
{
	return add(batch, STORE_DELETE, key, expected, NULL);
}

size_t batch_check(struct batch *batch, const char *key, uint64_t expected)
{
	return add(batch, STORE_CHECK, key, expected, NULL);
}

enum store_result batch_commit(
    struct batch *batch, struct store *store, uint64_t *version, const char **failed_key)
{
	struct store_done done;
	if (batch->failed || memory_noted())
		return STORE_FAILED;
	enum store_result result = store_commit(store, batch->ops, batch->count, &done);
	if (result == STORE_OK && version)
		*version = done.version;
	if (result == STORE_CONFLICT && failed_key)
		*failed_key = batch->ops[done.failed].key;
	return result;
}
