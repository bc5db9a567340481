/* The store's front: finds the engine, keeps a second process out, and checks arguments once for
 * all engines. See store.h and engine.h. */
#include "store/store.h"

#include "base/log.h"
#include "base/utf8.h"
#include "store/engine.h"
#include "store/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct engine *const engines[] = { &sqlite_engine, &json_engine };

struct store {
	const struct engine *engine;
	void *state;
	int lock;
};

static const struct engine *find_engine(const char *name)
{
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}

struct store *store_open(
    const char *engine, const char *folder, const char *name, char *why, size_t why_size)
{
	char path[ENGINE_PATH_SIZE];
	const struct engine *found = find_engine(engine);
	if (!found) {
		snprintf(why, why_size, "there is no store engine \"%.50s\"", engine);
		return NULL;
	}
	/* Room for the longest suffix that an engine adds. */
	if ((size_t)snprintf(path, sizeof path, "%s/%s.lock", folder, name) > sizeof path - 32) {
		snprintf(why, why_size, "%.100s…: the path is too long", folder);
		return NULL;
	}
	struct store *store = calloc(1, sizeof *store);
	if (!store) {
		snprintf(why, why_size, "%s: no memory", path);
		return NULL;
	}
	store->engine = found;
	store->lock = -1;
	if (file_make_folder(folder, why, why_size))
		store->lock = file_lock(path, why, why_size);
	if (store->lock >= 0)
		store->state = found->open(folder, name, why, why_size);
	if (store->state)
		return store;
	store_close(store);
	return NULL;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store->engine->close(store->state);
	if (store->lock >= 0)
		close(store->lock);
	free(store);
}

static bool is_key(const char *key)
{
	size_t length = strnlen(key, STORE_KEY_MAX + 1);
	return length >= 1 && length <= STORE_KEY_MAX && utf8_is_valid(key);
}

enum store_result store_get(
    struct store *store, const char *key, struct buffer *document, uint64_t *version)
{
	if (!is_key(key))
		return STORE_ABSENT;
	return store->engine->get(store->state, key, document, version);
}

enum store_result store_scan(struct store *store, const char *prefix, const char *after,
    size_t limit, store_visit visit, void *context)
{
	if (strlen(prefix) > STORE_KEY_MAX)
		return STORE_OK;
	return store->engine->scan(store->state, prefix, after, limit, visit, context);
}

static bool is_op(const struct store_op *op)
{
	return is_key(op->key) &&
	    (op->action != STORE_PUT ||
		(op->document && op->length > 0 && op->length <= STORE_DOCUMENT_MAX));
}

enum store_result store_commit(
    struct store *store, const struct store_op *ops, size_t count, struct store_done *done)
{
	struct store_done unwanted;
	for (size_t i = 0; i < count; i++)
		if (!is_op(&ops[i])) {
			log_write(LOG_ERROR, NULL,
			    "store: operation %zu of a commit has a key or a document that no store takes: "
			    "\"%.*s\", %zu bytes",
			    i, STORE_KEY_MAX, ops[i].key, ops[i].length);
			return STORE_FAILED;
		}
	return store->engine->commit(store->state, ops, count, done ? done : &unwanted);
}
