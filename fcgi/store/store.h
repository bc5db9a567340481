/* The store: an ordered map from key to JSON document, with atomic conditional commits. Everything
 * above it is written once and runs on every engine; every engine passes the same conformance
 * suite (tests/unit/store.c). Nothing above this line may assume that it is the only process on a
 * store. */
#ifndef CINEMA_STORE_STORE_H
#define CINEMA_STORE_STORE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_KEY_MAX      255               /* bytes, without the NUL */
#define STORE_DOCUMENT_MAX (8 * 1024 * 1024) /* bytes */

enum store_result {
	STORE_OK,
	STORE_ABSENT,   /* get: there is no such key */
	STORE_CONFLICT, /* commit: an expectation did not hold; nothing was applied */
	STORE_FULL,     /* commit: no space left; nothing was applied, and it may be tried again */
	STORE_FAILED,   /* the engine failed, and has logged why; a commit was not applied */
};

struct store;

/**
 * Opens, or makes, the store `name` in a folder (made too when missing).
 *
 * engine is "sqlite" or "json" (a setting's value). One process owns a store at a time: a second
 * one waits up to a second for the first to go, then is refused. A file that is damaged or
 * cannot be read is left as it is. Returns NULL with a line in why that names the file and the
 * reason; else a store that the caller closes.
 */
struct store *store_open(
    const char *engine, const char *folder, const char *name, char *why, size_t why_size);

/** Closes the store; harmless on NULL. No other call may be running. */
void store_close(struct store *store);

/**
 * Reads one document. STORE_OK: its text is appended to document and its version is in *version
 * (either may be NULL). Never waits for a commit's sync. Safe from any thread.
 */
enum store_result store_get(
    struct store *store, const char *key, struct buffer *document, uint64_t *version);

/** One record that a scan shows; all pointers are good until visit returns. */
struct store_record {
	const char *key;
	const char *document;
	size_t length; /* of document, which is NUL-terminated too */
	uint64_t version;
};

/** Returns true to go on, false to end the scan early. Must not call the store. */
typedef bool (*store_visit)(void *context, const struct store_record *record);

/**
 * Shows the records whose key starts with prefix and is greater than after ("" for all), in
 * ascending order of the keys' bytes, limit of them at most (0: no limit), as they stood at one
 * moment. STORE_OK also when there are none or visit ended it. Safe from any thread.
 */
enum store_result store_scan(struct store *store, const char *prefix, const char *after,
    size_t limit, store_visit visit, void *context);

enum store_action {
	STORE_PUT,    /* store document under key */
	STORE_DELETE, /* remove key; that it is not there is no fault unless expected */
	STORE_CHECK,  /* change nothing, only expect */
};

enum store_expect {
	STORE_ANY, /* whatever is there */
	STORE_EXPECT_ABSENT,
	STORE_EXPECT_VERSION, /* there, at exactly this version */
};

struct store_op {
	enum store_action action;
	enum store_expect expect;
	uint64_t version;     /* with STORE_EXPECT_VERSION */
	const char *key;      /* 1 to STORE_KEY_MAX bytes of UTF-8 */
	const char *document; /* of a STORE_PUT: JSON text */
	size_t length;        /* of document */
};

struct store_done {
	uint64_t version; /* STORE_OK: what every document put here now has as its version */
	size_t failed;    /* STORE_CONFLICT: index of the first operation that did not hold */
};

/**
 * Applies every operation, in order, or none.
 *
 * An expectation sees the store as the operations before it in the list left it. Durable when it
 * returns STORE_OK: the operations survive power loss. A version is never used twice in a store,
 * and a later commit has a greater one. Safe from any thread; commits that arrive together may
 * share one sync, and each one's conflict stays its own. done may be NULL.
 */
enum store_result store_commit(
    struct store *store, const struct store_op *ops, size_t count, struct store_done *done);

#endif
