/* What an engine is to store.c: one table of functions, and a state that only it looks into. A new
 * engine is one file with one of these, and one line in store.c. Arguments are checked and the
 * store is locked when an engine sees them; otherwise each function keeps store.h's contract. */
#ifndef CINEMA_STORE_ENGINE_H
#define CINEMA_STORE_ENGINE_H

#include "store/store.h"

#include <errno.h>

#define ENGINE_PATH_SIZE 4096

struct engine {
	const char *name;
	void *(*open)(const char *folder, const char *name, char *why, size_t why_size);
	void (*close)(void *state); /* harmless on NULL */
	enum store_result (*get)(
	    void *state, const char *key, struct buffer *document, uint64_t *version);
	enum store_result (*scan)(void *state, const char *prefix, const char *after, size_t limit,
	    store_visit visit, void *context);
	enum store_result (*commit)(
	    void *state, const struct store_op ops[], size_t count, struct store_done *done);
};

extern const struct engine json_engine, sqlite_engine;

/** Whether an operation's expectation holds, where a key has this version; 0: it is not there. */
static inline bool engine_holds(const struct store_op *op, uint64_t version)
{
	return op->expect == STORE_ANY || (op->expect == STORE_EXPECT_ABSENT && version == 0) ||
	    (op->expect == STORE_EXPECT_VERSION && version == op->version && version != 0);
}

/** Whether an errno says that there is no space, which may pass. */
static inline bool engine_is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

#endif
