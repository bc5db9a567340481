/* What every engine of the store must do: the same tests against each of them. */
#include "store/store.h"

#include "folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define ABSENT UINT64_MAX /* for put, drop and check: the key must not be there */
#define ANY    0          /* and: whatever is there */

struct world {
	const char *engine;
	char folder[64];
	struct store *store;
};

static void open_store(struct world *world)
{
	char why[512] = "";
	world->store = store_open(world->engine, world->folder, "test", why, sizeof why);
	if (!world->store)
		fail_msg("%s", why);
}

static void reopen(struct world *world)
{
	store_close(world->store);
	open_store(world);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	world->engine = *state;
	snprintf(world->folder, sizeof world->folder, "/tmp/cinema-store.XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	open_store(world);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	store_close(world->store);
	folder_remove(world->folder);
	free(world);
	return 0;
}

static struct store_op op(
    enum store_action action, const char *key, uint64_t expected, const char *document)
{
	return (struct store_op){ .action = action,
		.expect = expected == ANY ? STORE_ANY
		    : expected == ABSENT  ? STORE_EXPECT_ABSENT
					  : STORE_EXPECT_VERSION,
		.version = expected,
		.key = key,
		.document = document,
		.length = document ? strlen(document) : 0 };
}

static struct store_op put(const char *key, uint64_t expected, const char *document)
{
	return op(STORE_PUT, key, expected, document);
}

static struct store_op drop(const char *key, uint64_t expected)
{
	return op(STORE_DELETE, key, expected, NULL);
}

static struct store_op check(const char *key, uint64_t expected)
{
	return op(STORE_CHECK, key, expected, NULL);
}

/* Commits what must succeed; returns the version. */
static uint64_t commit_all(struct world *world, const struct store_op *ops, size_t count)
{
	struct store_done done = { 0 };
	assert_int_equal(store_commit(world->store, ops, count, &done), STORE_OK);
	return done.version;
}
#define COMMIT(world, ...)                                                                         \
	commit_all(world, (struct store_op[]){ __VA_ARGS__ },                                      \
	    sizeof((struct store_op[]){ __VA_ARGS__ }) / sizeof(struct store_op))

/* Commits what must conflict at the operation of that index. */
static void conflict_at(
    struct world *world, size_t failed, const struct store_op *ops, size_t count)
{
	struct store_done done = { .failed = 99 };
	assert_int_equal(store_commit(world->store, ops, count, &done), STORE_CONFLICT);
	assert_int_equal(done.failed, failed);
	assert_int_equal(store_commit(world->store, ops, count, NULL), STORE_CONFLICT);
}
#define CONFLICT(world, failed, ...)                                                               \
	conflict_at(world, failed, (struct store_op[]){ __VA_ARGS__ },                             \
	    sizeof((struct store_op[]){ __VA_ARGS__ }) / sizeof(struct store_op))

/* What is expected to fail says so in the log, which is nobody's concern here. */
static int hush(void)
{
	int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
	return kept;
}

static void speak(int kept)
{
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void commit_fails(struct world *world, const struct store_op *ops, size_t count)
{
	int kept = hush();
	enum store_result result = store_commit(world->store, ops, count, NULL);
	speak(kept);
	assert_int_equal(result, STORE_FAILED);
}

static void expect_document(struct world *world, const char *key, const char *text)
{
	struct buffer document;
	buffer_init(&document, STORE_DOCUMENT_MAX);
	if (text) {
		assert_int_equal(store_get(world->store, key, &document, NULL), STORE_OK);
		assert_string_equal(document.data, text);
	} else {
		assert_int_equal(store_get(world->store, key, &document, NULL), STORE_ABSENT);
		assert_int_equal(document.length, 0);
	}
	buffer_free(&document);
}

static uint64_t version_of(struct world *world, const char *key)
{
	uint64_t version = 0;
	assert_int_equal(store_get(world->store, key, NULL, &version), STORE_OK);
	assert_int_not_equal(version, 0);
	return version;
}

static bool list_key(void *context, const struct store_record *record)
{
	buffer_printf(context, "%s ", record->key);
	return true;
}

static void expect_scan(
    struct world *world, const char *prefix, const char *after, size_t limit, const char *keys)
{
	struct buffer found;
	buffer_init(&found, 1 << 20);
	buffer_text(&found, "");
	assert_int_equal(
	    store_scan(world->store, prefix, after, limit, list_key, &found), STORE_OK);
	assert_string_equal(found.data, keys);
	buffer_free(&found);
}

/* Documents and versions */

static void what_is_put_is_there(void **state)
{
	struct world *world = *state;
	expect_document(world, "a", NULL);
	uint64_t first = COMMIT(world, put("a", ANY, "{\"n\":1}"), put("b", ANY, "[]"));
	expect_document(world, "a", "{\"n\":1}");
	expect_document(world, "b", "[]");
	expect_document(world, "c", NULL);
	assert_int_equal(version_of(world, "a"), first);
	assert_int_equal(version_of(world, "b"), first);
	assert_int_equal(store_get(world->store, "a", NULL, NULL), STORE_OK);
}

static void get_appends_to_what_is_in_the_buffer(void **state)
{
	struct world *world = *state;
	struct buffer text;
	buffer_init(&text, 100);
	COMMIT(world, put("a", ANY, "{}"));
	buffer_text(&text, "<");
	assert_int_equal(store_get(world->store, "a", &text, NULL), STORE_OK);
	assert_string_equal(text.data, "<{}");
	buffer_free(&text);
}

static void get_fails_when_the_document_does_not_fit(void **state)
{
	struct world *world = *state;
	struct buffer text;
	buffer_init(&text, 10);
	COMMIT(world, put("a", ANY, "\"longer than ten bytes\""));
	int kept = hush();
	enum store_result result = store_get(world->store, "a", &text, NULL);
	speak(kept);
	assert_int_equal(result, STORE_FAILED);
	buffer_free(&text);
}

static void each_commit_has_a_greater_version(void **state)
{
	struct world *world = *state;
	uint64_t last = COMMIT(world, put("a", ANY, "1"));
	for (int i = 0; i < 20; i++) {
		uint64_t version = COMMIT(world, put(i % 2 ? "a" : "b", ANY, "2"));
		assert_true(version > last);
		assert_int_equal(version_of(world, i % 2 ? "a" : "b"), version);
		last = version;
	}
}

static void a_version_is_never_used_twice(void **state)
{
	struct world *world = *state;
	uint64_t last = COMMIT(world, put("a", ANY, "1"));
	for (int i = 0; i < 6; i++) {
		COMMIT(world, drop("a", last));
		CONFLICT(world, 0, check("a", last));
		reopen(world);
		expect_document(world, "a", NULL);
		uint64_t version = COMMIT(world, put("a", ABSENT, "1"));
		assert_true(version > last);
		last = version;
		if (i % 2)
			reopen(world);
	}
}

static void reopening_finds_everything(void **state)
{
	struct world *world = *state;
	char key[32], text[32];
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof key, "k/%d", i);
		snprintf(text, sizeof text, "{\"n\":%d}", i);
		COMMIT(world, put(key, ABSENT, text));
	}
	COMMIT(world, drop("k/7", ANY));
	uint64_t version = version_of(world, "k/49");
	reopen(world);
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof key, "k/%d", i);
		snprintf(text, sizeof text, "{\"n\":%d}", i);
		expect_document(world, key, i == 7 ? NULL : text);
	}
	assert_int_equal(version_of(world, "k/49"), version);
}

static void any_json_comes_back_as_it_was(void **state)
{
	struct world *world = *state;
	static const char *const texts[] = {
		"{}",
		"[]",
		"0",
		"true",
		"\"\"",
		"{\"a\":[1,2,{\"b\":null}]}",
		"[-0,1e400,123456789012345678901234567890,0.10,1E-7,1.0]",
		"\"\\u00e9\\n\\t\\\\\\\"\\/ {}[]: , \xc3\xa9 \xf0\x9f\x8e\xac\"",
		"{\"version\":1,\"document\":{\"sequence\":2}}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	};
	enum { COUNT = sizeof texts / sizeof *texts };
	char key[COUNT][16];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < COUNT; i++) {
			snprintf(key[i], sizeof key[i], "%d", i);
			if (round == 0)
				COMMIT(world, put(key[i], ANY, texts[i]));
			expect_document(world, key[i], texts[i]);
		}
		reopen(world);
	}
}

static void large_documents_are_kept(void **state)
{
	struct world *world = *state;
	char *text = malloc(STORE_DOCUMENT_MAX + 2);
	memset(text, 'x', STORE_DOCUMENT_MAX + 1);
	text[0] = text[STORE_DOCUMENT_MAX] = '"';
	text[STORE_DOCUMENT_MAX + 1] = '\0';
	struct store_op too_large = put("large", ANY, text);
	commit_fails(world, &too_large, 1);
	expect_document(world, "large", NULL);
	text[STORE_DOCUMENT_MAX - 1] = '"';
	text[STORE_DOCUMENT_MAX] = '\0';
	COMMIT(world, put("large", ANY, text), put("small", ANY, "1"));
	expect_document(world, "large", text);
	reopen(world);
	expect_document(world, "large", text);
	expect_document(world, "small", "1");
	free(text);
}

static void keys_have_limits(void **state)
{
	struct world *world = *state;
	char longest[STORE_KEY_MAX + 1], too_long[STORE_KEY_MAX + 2], listed[STORE_KEY_MAX + 2];
	snprintf(longest, sizeof longest, "%0*d", STORE_KEY_MAX, 0);
	snprintf(too_long, sizeof too_long, "%s0", longest);
	snprintf(listed, sizeof listed, "%s ", longest);
	COMMIT(world, put(longest, ABSENT, "1"));
	expect_document(world, longest, "1");
	expect_scan(world, longest, "0", 0, listed);

	const char *const bad[] = { "", too_long, "\xff", "a\xc3", "\xed\xa0\x80" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct store_op ops[] = { put("good", ANY, "1"), put(bad[i], ANY, "1") };
		commit_fails(world, ops, 2);
		expect_document(world, bad[i], NULL);
		expect_document(world, "good", NULL);
	}
	struct store_op empty = put("good", ANY, "");
	commit_fails(world, &empty, 1);
	expect_document(world, "good", NULL);
	COMMIT(world, put("\x01 \"\\\x7f\n\xc3\xa9", ABSENT, "2"));
	reopen(world);
	expect_document(world, "\x01 \"\\\x7f\n\xc3\xa9", "2");
}

/* Conditions */

static void an_expectation_holds_or_conflicts(void **state)
{
	struct world *world = *state;
	for (int action = STORE_PUT; action <= STORE_CHECK; action++) {
		enum store_action a = (enum store_action)action;
		COMMIT(world, drop("gone", ANY));
		uint64_t version = COMMIT(world, put("there", ANY, "1"));
		CONFLICT(world, 0, op(a, "there", ABSENT, "2"));
		CONFLICT(world, 0, op(a, "there", version + 1, "2"));
		CONFLICT(world, 0, op(a, "there", version - 1, "2"));
		CONFLICT(world, 0, op(a, "gone", version, "2"));
		expect_document(world, "there", "1");
		expect_document(world, "gone", NULL);
		assert_int_equal(version_of(world, "there"), version);

		COMMIT(world, op(a, "there", version, "2"));
		expect_document(world, "there",
		    a == STORE_PUT         ? "2"
			: a == STORE_CHECK ? "1"
					   : NULL);
		COMMIT(world, op(a, "gone", ABSENT, "2"));
		expect_document(world, "gone", a == STORE_PUT ? "2" : NULL);
		COMMIT(world, op(a, "there", ANY, "3"));
		COMMIT(world, op(a, "other", ANY, "3"));
		COMMIT(world, drop("other", ANY));
	}
	struct store_op zero = { STORE_CHECK, STORE_EXPECT_VERSION, 0, "other", NULL, 0 };
	CONFLICT(world, 0, zero); /* no document has version 0, nor has an absent one */
}

static void an_expectation_sees_the_operations_before_it(void **state)
{
	struct world *world = *state;
	uint64_t version = COMMIT(world, put("a", ANY, "1"), put("x", ANY, "1"));
	CONFLICT(world, 1, put("b", ABSENT, "1"), put("b", ABSENT, "2"));
	CONFLICT(world, 1, put("a", version, "2"), check("a", version));
	CONFLICT(world, 1, drop("a", version), check("a", version));
	CONFLICT(world, 2, drop("a", version), put("a", ABSENT, "2"), check("a", ABSENT));
	expect_document(world, "a", "1");
	expect_document(world, "b", NULL);

	COMMIT(world, drop("a", version), check("a", ABSENT), put("a", ABSENT, "3"),
	    put("b", ABSENT, "4"), put("b", ANY, "5"), put("c", ABSENT, "6"), drop("c", ANY),
	    check("c", ABSENT), check("x", version));
	expect_scan(world, "", "", 0, "a b x ");
	expect_document(world, "a", "3");
	expect_document(world, "b", "5");
}

static void a_conflict_applies_nothing_and_names_the_first(void **state)
{
	struct world *world = *state;
	uint64_t version = COMMIT(world, put("a", ANY, "1"), put("b", ANY, "1"));
	CONFLICT(world, 3, put("a", version, "2"), put("new", ABSENT, "2"), drop("b", version),
	    check("nowhere", version), put("a", ABSENT, "3"));
	expect_scan(world, "", "", 0, "a b ");
	expect_document(world, "a", "1");
	assert_int_equal(version_of(world, "a"), version);
	assert_int_equal(version_of(world, "b"), version);
	reopen(world);
	expect_scan(world, "", "", 0, "a b ");
}

static void an_empty_commit_is_no_fault(void **state)
{
	struct world *world = *state;
	assert_int_equal(store_commit(world->store, NULL, 0, NULL), STORE_OK);
	COMMIT(world, drop("nothing", ANY));
	COMMIT(world, check("nothing", ABSENT));
	expect_scan(world, "", "", 0, "");
}

static void thousands_of_operations_are_one(void **state)
{
	struct world *world = *state;
	enum { COUNT = 5000 };
	static char keys[COUNT][16];
	struct store_op *ops = calloc(COUNT + 1, sizeof *ops);
	for (int i = 0; i < COUNT; i++) {
		snprintf(keys[i], sizeof keys[i], "k%05d", (i * 7919) % COUNT);
		ops[i] = put(keys[i], ABSENT, "{\"text\":\"some text\"}");
	}
	ops[COUNT] = check("k00000", ABSENT);
	conflict_at(world, COUNT, ops, COUNT + 1);
	expect_scan(world, "", "", 0, "");
	uint64_t version = commit_all(world, ops, COUNT);
	free(ops);
	reopen(world);
	assert_int_equal(version_of(world, "k00000"), version);
	assert_int_equal(version_of(world, "k04999"), version);
	expect_scan(world, "", "k04997", 0, "k04998 k04999 ");
}

/* Scans */

static void scans_go_by_bytes(void **state)
{
	struct world *world = *state;
	COMMIT(world, put("b", ANY, "1"), put("a0", ANY, "1"), put("\xc3\xa9", ANY, "1"),
	    put("a/b", ANY, "1"), put("B", ANY, "1"), put("a", ANY, "1"), put("a/", ANY, "1"),
	    put("a/b/c", ANY, "1"), put("\xf4\x8f\xbf\xbf", ANY, "1"), put("\x01", ANY, "1"));
	for (int round = 0; round < 2; round++) {
		expect_scan(
		    world, "", "", 0, "\x01 B a a/ a/b a/b/c a0 b \xc3\xa9 \xf4\x8f\xbf\xbf ");
		reopen(world);
	}
}

static void scans_keep_to_prefix_after_and_limit(void **state)
{
	struct world *world = *state;
	COMMIT(world, put("a", ANY, "1"), put("a/1", ANY, "1"), put("a/2", ANY, "1"),
	    put("a/3", ANY, "1"), put("a0", ANY, "1"), put("b/1", ANY, "1"),
	    put("\xc3\xa9", ANY, "1"), put("\xc3\xa9x", ANY, "1"), put("\xc4\x80", ANY, "1"));
	expect_scan(world, "a/", "", 0, "a/1 a/2 a/3 ");
	expect_scan(world, "a", "", 0, "a a/1 a/2 a/3 a0 ");
	expect_scan(world, "a", "a", 0, "a/1 a/2 a/3 a0 ");
	expect_scan(world, "a/", "a/1", 0, "a/2 a/3 ");
	expect_scan(world, "a/", "a/1x", 0, "a/2 a/3 ");
	expect_scan(world, "a/", "a/3", 0, "");
	expect_scan(world, "a/", "A", 0, "a/1 a/2 a/3 ");
	expect_scan(world, "a/", "b", 0, "");
	expect_scan(world, "a/", "", 2, "a/1 a/2 ");
	expect_scan(world, "a/", "a/1", 1, "a/2 ");
	expect_scan(world, "a/", "", SIZE_MAX, "a/1 a/2 a/3 ");
	expect_scan(world, "", "a0", 0, "b/1 \xc3\xa9 \xc3\xa9x \xc4\x80 ");
	expect_scan(world, "c", "", 0, "");
	expect_scan(world, "\xc3", "", 0, "\xc3\xa9 \xc3\xa9x ");
	expect_scan(world, "\xc3\xa9", "", 0, "\xc3\xa9 \xc3\xa9x ");
	expect_scan(world, "\xc3\xff", "", 0, "");
	expect_scan(world, "\xff", "", 0, "");
	expect_scan(world, "", "\xff", 0, "");
	char long_prefix[400];
	memset(long_prefix, 'a', sizeof long_prefix);
	long_prefix[399] = '\0';
	expect_scan(world, long_prefix, "", 0, "");
	expect_scan(world, "a/", long_prefix, 0, "");
	expect_scan(world, "b", long_prefix, 0, "b/1 ");
}

static void a_tilde_ends_no_scan(void **state)
{
	struct world *world = *state;
	COMMIT(world, put("a/z", ANY, "1"), put("a/~", ANY, "1"), put("a/~/1", ANY, "1"),
	    put("a/~~", ANY, "1"), put("a/\x7f", ANY, "1"), put("a/\xc3\xa9", ANY, "1"),
	    put("a/\xf4\x8f\xbf\xbf", ANY, "1"), put("a~", ANY, "1"), put("b", ANY, "1"),
	    put("~", ANY, "1"), put("~a", ANY, "1"), put("\xc3\xa9", ANY, "1"));
	expect_scan(world, "a/", "", 0, "a/z a/~ a/~/1 a/~~ a/\x7f a/\xc3\xa9 a/\xf4\x8f\xbf\xbf ");
	expect_scan(world, "a/", "a/~", 0, "a/~/1 a/~~ a/\x7f a/\xc3\xa9 a/\xf4\x8f\xbf\xbf ");
	expect_scan(world, "a/", "a/~~", 2, "a/\x7f a/\xc3\xa9 ");
	expect_scan(world, "a/~", "", 0, "a/~ a/~/1 a/~~ ");
	expect_scan(world, "a/~", "a/~", 0, "a/~/1 a/~~ ");
	expect_scan(world, "a~", "", 0, "a~ ");
	expect_scan(world, "~", "", 0, "~ ~a ");
	expect_scan(world, "", "a~", 0, "b ~ ~a \xc3\xa9 ");
	expect_document(world, "a/~", "1");
}

static bool take_two(void *context, const struct store_record *record)
{
	int *seen = context;
	assert_int_equal(record->length, strlen(record->document));
	assert_string_equal(record->document, *seen == 0 ? "{\"n\":1}" : "{\"n\":22}");
	assert_true(record->version > 0);
	return ++*seen < 2;
}

static void a_scan_shows_whole_records_and_ends_early(void **state)
{
	struct world *world = *state;
	int seen = 0;
	COMMIT(world, put("a", ANY, "{\"n\":1}"), put("b", ANY, "{\"n\":22}"), put("c", ANY, "3"));
	assert_int_equal(store_scan(world->store, "", "", 0, take_two, &seen), STORE_OK);
	assert_int_equal(seen, 2);
}

/* Many threads. Their asserts cannot end a test, so faults are counted. */

struct crowd {
	struct world *world;
	atomic_int faults, next, wins[64];
	atomic_bool stop;
};

#define THREADS 8

static void run_threads(struct crowd *crowd, void *(*work)(void *))
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, crowd), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&crowd->faults), 0);
}

#define EACH 40

static void *put_own_keys(void *context)
{
	struct crowd *crowd = context;
	int thread = atomic_fetch_add(&crowd->next, 1);
	uint64_t last = 0;
	for (int i = 0; i < EACH; i++) {
		char key[32];
		struct store_done done;
		uint64_t version;
		snprintf(key, sizeof key, "%d/%03d", thread, i);
		struct store_op ops[] = { put(key, ABSENT, "{}"), check("conflict", ABSENT) };
		if (i % 5 == 4)
			ops[1] = check("conflict", 77);
		enum store_result result = store_commit(crowd->world->store, ops, 2, &done);
		if (i % 5 == 4)
			crowd->faults += result != STORE_CONFLICT || done.failed != 1;
		else
			crowd->faults += result != STORE_OK || done.version <= last ||
			    store_get(crowd->world->store, key, NULL, &version) != STORE_OK ||
			    version != done.version;
		last = result == STORE_OK ? done.version : last;
	}
	return NULL;
}

static bool note_version(void *context, const struct store_record *record)
{
	char *seen = context;
	assert_true(record->version <= 2 * THREADS * EACH);
	assert_int_equal(seen[record->version], 0);
	seen[record->version] = 1;
	return true;
}

static void threads_commit_beside_each_other(void **state)
{
	struct crowd crowd = { .world = *state };
	run_threads(&crowd, put_own_keys);
	for (int round = 0; round < 2; round++) {
		char seen[2 * THREADS * EACH + 1] = { 0 };
		int count = 0;
		assert_int_equal(
		    store_scan(crowd.world->store, "", "", 0, note_version, seen), STORE_OK);
		for (size_t i = 1; i < sizeof seen; i++)
			count += seen[i];
		assert_int_equal(count, THREADS * EACH * 4 / 5);
		reopen(crowd.world);
	}
}

static void *race_for_keys(void *context)
{
	struct crowd *crowd = context;
	for (int i = 0; i < 64; i++) {
		char key[32];
		snprintf(key, sizeof key, "seat/%d", i);
		struct store_op op = put(key, ABSENT, "{}");
		enum store_result result = store_commit(crowd->world->store, &op, 1, NULL);
		if (result == STORE_OK)
			crowd->wins[i]++;
		else
			crowd->faults += result != STORE_CONFLICT;
	}
	return NULL;
}

static void of_many_who_want_an_absent_key_one_gets_it(void **state)
{
	struct crowd crowd = { .world = *state };
	run_threads(&crowd, race_for_keys);
	for (int i = 0; i < 64; i++)
		assert_int_equal(atomic_load(&crowd.wins[i]), 1);
}

static void *count_up(void *context)
{
	struct crowd *crowd = context;
	struct buffer text;
	buffer_init(&text, 100);
	for (int i = 0; i < EACH;) {
		uint64_t version;
		char next[32];
		buffer_clear(&text);
		if (store_get(crowd->world->store, "count", &text, &version) != STORE_OK) {
			crowd->faults++;
			break;
		}
		snprintf(next, sizeof next, "%ld", strtol(text.data, NULL, 10) + 1);
		struct store_op op = put("count", version, next);
		enum store_result result = store_commit(crowd->world->store, &op, 1, NULL);
		i += result == STORE_OK;
		crowd->faults += result != STORE_OK && result != STORE_CONFLICT;
	}
	buffer_free(&text);
	return NULL;
}

static void no_update_is_lost(void **state)
{
	struct crowd crowd = { .world = *state };
	char all[16];
	COMMIT(crowd.world, put("count", ABSENT, "0"));
	run_threads(&crowd, count_up);
	snprintf(all, sizeof all, "%d", THREADS * EACH);
	expect_document(crowd.world, "count", all);
}

#define KEYS 12

/* Puts the same number under all keys, and every other time deletes half of them. */
static void *change_together(void *context)
{
	struct crowd *crowd = context;
	char keys[KEYS][16], text[16];
	struct store_op ops[KEYS];
	for (int i = 0; i < KEYS; i++)
		snprintf(keys[i], sizeof keys[i], "k%02d", i);
	for (int n = 0; !atomic_load(&crowd->stop); n++) {
		snprintf(text, sizeof text, "%d", n);
		for (int i = 0; i < KEYS; i++)
			ops[i] = n % 2 && i % 2 ? drop(keys[i], ANY) : put(keys[i], ANY, text);
		crowd->faults += store_commit(crowd->world->store, ops, KEYS, NULL) != STORE_OK;
	}
	return NULL;
}

struct view {
	int records, different;
	char first[16];
};

static bool compare_record(void *context, const struct store_record *record)
{
	struct view *view = context;
	if (view->records++ == 0)
		snprintf(view->first, sizeof view->first, "%s", record->document);
	view->different += strcmp(view->first, record->document) != 0;
	return true;
}

static void a_scan_shows_one_moment(void **state)
{
	struct crowd crowd = { .world = *state };
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, change_together, &crowd), 0);
	int scans = 0, torn = 0;
	char last[16] = "";
	for (int changes = 0; changes < 100 && scans < 1000000; scans++) {
		struct view view = { 0 };
		store_scan(crowd.world->store, "", "", 0, compare_record, &view);
		if (view.records == 0)
			continue;
		bool odd = view.first[strlen(view.first) - 1] % 2;
		torn += view.different || view.records != (odd ? KEYS / 2 : KEYS);
		changes += strcmp(last, view.first) != 0;
		snprintf(last, sizeof last, "%s", view.first);
	}
	atomic_store(&crowd.stop, true);
	pthread_join(writer, NULL);
	assert_int_equal(torn, 0);
	assert_int_equal(atomic_load(&crowd.faults), 0);
}

/* More than an engine has connections read at the same time: each waits for its turn. */

#define AT_ONCE 12

struct queue {
	struct world *world;
	atomic_int inside, done;
	atomic_bool go;
	pid_t ids[AT_ONCE];
	atomic_int next;
};

static bool stay(void *context, const struct store_record *record)
{
	struct queue *queue = context;
	(void)record;
	queue->inside++;
	while (!atomic_load(&queue->go))
		sched_yield();
	return true;
}

static void *read_once(void *context)
{
	struct queue *queue = context;
	queue->ids[queue->next++] = (pid_t)syscall(SYS_gettid);
	store_scan(queue->world->store, "", "", 0, stay, queue);
	queue->done++;
	return NULL;
}

/* Whether a thread of this process sleeps. */
static bool sleeps(pid_t id)
{
	char path[64], state = '?';
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)id);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	if (file)
		fclose(file);
	return state == 'S';
}

static void every_reader_has_its_turn(void **state)
{
	struct queue queue = { .world = *state };
	pthread_t threads[AT_ONCE];
	COMMIT(queue.world, put("a", ANY, "1"));
	for (int i = 0; i < AT_ONCE; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_once, &queue), 0);
	alarm(60); /* a reader that is never woken */
	for (int waiting = 0; queue.inside + queue.done + waiting < AT_ONCE;) {
		waiting = 0;
		for (int i = 0; i < atomic_load(&queue.next); i++)
			waiting += sleeps(queue.ids[i]);
		sched_yield();
	}
	atomic_store(&queue.go, true);
	for (int i = 0; i < AT_ONCE; i++)
		pthread_join(threads[i], NULL);
	alarm(0);
	assert_int_equal(atomic_load(&queue.inside), AT_ONCE);
}

#define STABLE 100

/* Comes and goes between the keys that stay. */
static void *come_and_go(void *context)
{
	struct crowd *crowd = context;
	for (unsigned n = 1; !atomic_load(&crowd->stop); n = n * 5 + 3) {
		char key[16];
		snprintf(key, sizeof key, "p/%03u-x", n % STABLE);
		struct store_op ops[] = { n % 3 ? put(key, ANY, "1") : drop(key, ANY) };
		crowd->faults += store_commit(crowd->world->store, ops, 1, NULL) != STORE_OK;
	}
	return NULL;
}

struct page {
	int stable, wrong;
	char last[32];
};

static bool turn_page(void *context, const struct store_record *record)
{
	struct page *page = context;
	page->wrong += strcmp(record->key, page->last) <= 0;
	page->stable += strlen(record->key) == 5;
	snprintf(page->last, sizeof page->last, "%s", record->key);
	return true;
}

static void pages_show_each_key_once_under_writes(void **state)
{
	struct crowd crowd = { .world = *state };
	struct store_op ops[STABLE];
	char keys[STABLE][16];
	pthread_t writer;
	for (int i = 0; i < STABLE; i++) {
		snprintf(keys[i], sizeof keys[i], "p/%03d", i);
		ops[i] = put(keys[i], ABSENT, "{}");
	}
	commit_all(crowd.world, ops, STABLE);
	assert_int_equal(pthread_create(&writer, NULL, come_and_go, &crowd), 0);
	int bad = 0;
	for (int round = 0; round < 30; round++) {
		struct page page = { 0 };
		char after[32];
		do {
			snprintf(after, sizeof after, "%s", page.last);
			store_scan(crowd.world->store, "p/", after, 7, turn_page, &page);
			struct store_op op = put("other", ANY, "1");
			bad += store_commit(crowd.world->store, &op, 1, NULL) != STORE_OK;
		} while (strcmp(after, page.last) != 0);
		bad += page.wrong + (page.stable != STABLE);
	}
	atomic_store(&crowd.stop, true);
	pthread_join(writer, NULL);
	assert_int_equal(bad, 0);
	assert_int_equal(atomic_load(&crowd.faults), 0);
}

#define TEST(engine, name)                                                                         \
	{                                                                                          \
		engine ": " #name, name, set_up, tear_down, (void *)(uintptr_t)engine              \
	}
#define TESTS(engine)                                                                              \
	TEST(engine, what_is_put_is_there), TEST(engine, get_appends_to_what_is_in_the_buffer),    \
	    TEST(engine, get_fails_when_the_document_does_not_fit),                                \
	    TEST(engine, each_commit_has_a_greater_version),                                       \
	    TEST(engine, a_version_is_never_used_twice), TEST(engine, reopening_finds_everything), \
	    TEST(engine, any_json_comes_back_as_it_was), TEST(engine, large_documents_are_kept),   \
	    TEST(engine, keys_have_limits), TEST(engine, an_expectation_holds_or_conflicts),       \
	    TEST(engine, an_expectation_sees_the_operations_before_it),                            \
	    TEST(engine, a_conflict_applies_nothing_and_names_the_first),                          \
	    TEST(engine, an_empty_commit_is_no_fault),                                             \
	    TEST(engine, thousands_of_operations_are_one), TEST(engine, scans_go_by_bytes),        \
	    TEST(engine, scans_keep_to_prefix_after_and_limit),                                    \
	    TEST(engine, a_tilde_ends_no_scan), TEST(engine, every_reader_has_its_turn),           \
	    TEST(engine, a_scan_shows_whole_records_and_ends_early),                               \
	    TEST(engine, threads_commit_beside_each_other),                                        \
	    TEST(engine, of_many_who_want_an_absent_key_one_gets_it),                              \
	    TEST(engine, no_update_is_lost), TEST(engine, a_scan_shows_one_moment),                \
	    TEST(engine, pages_show_each_key_once_under_writes)

int main(void)
{
	const struct CMUnitTest tests[] = { TESTS("sqlite"), TESTS("json") };
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
