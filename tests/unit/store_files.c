/* The store's files: who may have them, what is refused and how it is said, and that what is refused
 * stays as it is. */
#include "store/store.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
	const char *engine;
	char folder[64], file[96], other[96], why[1024];
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	world->engine = *state;
	snprintf(world->folder, sizeof world->folder, "/tmp/cinema-files.XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->file, sizeof world->file, "%s/test.%s", world->folder, world->engine);
	snprintf(world->other, sizeof world->other, "%s/other", world->folder);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	folder_remove(world->folder);
	free(world);
	return 0;
}

static struct store *open_in(struct world *world, const char *folder)
{
	world->why[0] = '\0';
	return store_open(world->engine, folder, "test", world->why, sizeof world->why);
}

static struct store *must_open(struct world *world)
{
	struct store *store = open_in(world, world->folder);
	if (!store)
		fail_msg("%s", world->why);
	return store;
}

/* Whether an open is refused with one line that has both words. */
static void expect_refusal(struct world *world, const char *file, const char *reason)
{
	assert_null(open_in(world, world->folder));
	if (!strstr(world->why, file) || !strstr(world->why, reason) || strchr(world->why, '\n'))
		fail_msg("expected %s and %s in: %s", file, reason, world->why);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

static char *read_file(const char *path, size_t *length)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	char *bytes = calloc(1, (size_t)status.st_size + 1);
	FILE *file = fopen(path, "r");
	*length = fread(bytes, 1, (size_t)status.st_size, file);
	fclose(file);
	return bytes;
}

/* The file that stands there now is refused, and is the same after. */
static void expect_untouched_refusal(struct world *world, const char *reason)
{
	size_t length, length_after;
	char *before = read_file(world->file, &length);
	expect_refusal(world, world->file, reason);
	char *after = read_file(world->file, &length_after);
	assert_int_equal(length, length_after);
	assert_memory_equal(before, after, length);
	free(before);
	free(after);
}

static enum store_result put(struct store *store, const char *key, const char *document)
{
	struct store_op op = { STORE_PUT, STORE_ANY, 0, key, document, strlen(document) };
	return store_commit(store, &op, 1, NULL);
}

static void expect_document(
    struct store *store, const char *key, const char *text, uint64_t *version)
{
	struct buffer document;
	buffer_init(&document, 1000);
	assert_int_equal(store_get(store, key, &document, version), STORE_OK);
	assert_string_equal(document.data, text);
	buffer_free(&document);
}

static mode_t mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

/* Any engine */

static void an_unknown_engine_is_refused(void **state)
{
	struct world *world = *state;
	world->engine = "paper";
	assert_null(open_in(world, world->folder));
	assert_non_null(strstr(world->why, "\"paper\""));
}

static void folders_are_made_and_private(void **state)
{
	struct world *world = *state;
	char deep[160], file[200];
	snprintf(deep, sizeof deep, "%s/b/c", world->other);
	mode_t mask = umask(0);
	struct store *store = open_in(world, deep);
	umask(mask);
	assert_non_null(store);
	assert_int_equal(put(store, "a", "1"), STORE_OK);
	assert_int_equal(mode_of(deep), 0700);
	snprintf(file, sizeof file, "%s/test.%s", deep, world->engine);
	assert_int_equal(mode_of(file), 0600);
	snprintf(file, sizeof file, "%s/test.lock", deep);
	assert_int_equal(mode_of(file), 0600);
	store_close(store);
}

static void a_folder_that_cannot_be_is_refused(void **state)
{
	struct world *world = *state;
	char inside[128], endless[5000];
	write_file(world->other, "", 0);
	assert_null(open_in(world, world->other));
	assert_non_null(strstr(world->why, world->other));
	snprintf(inside, sizeof inside, "%s/folder", world->other);
	assert_null(open_in(world, inside));
	assert_non_null(strstr(world->why, inside));
	memset(endless, 'a', sizeof endless);
	endless[sizeof endless - 1] = '\0';
	assert_null(open_in(world, endless));
	assert_non_null(strstr(world->why, "too long"));
	store_close(NULL);
}

/* A process that has the store open for some milliseconds; it says on a pipe when. */
static pid_t hold_elsewhere(struct world *world, long milliseconds)
{
	int ready[2];
	char said = 0;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct timespec length = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
		struct store *store = open_in(world, world->folder);
		said = store && put(store, "held", "1") == STORE_OK ? 'y' : 'n';
		if (write(ready[1], &said, 1) == 1)
			nanosleep(&length, NULL);
		store_close(store);
		_exit(0);
	}
	assert_true(child > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &said, 1), 1);
	close(ready[0]);
	assert_int_equal(said, 'y');
	return child;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void a_second_process_is_refused(void **state)
{
	struct world *world = *state;
	pid_t child = hold_elsewhere(world, 20000);
	double start = now();
	expect_refusal(world, "test.lock", "another process");
	assert_true(now() - start >= 0.9);
	kill(child, SIGKILL);
	/* The kernel takes the lock from the dead, so there is nothing to tidy. */
	struct store *store = must_open(world);
	expect_document(store, "held", "1", NULL);
	store_close(store);
	waitpid(child, NULL, 0);
}

static void the_next_process_waits_for_the_first_to_go(void **state)
{
	struct world *world = *state;
	pid_t child = hold_elsewhere(world, 200);
	struct store *store = must_open(world);
	expect_document(store, "held", "1", NULL);
	store_close(store);
	waitpid(child, NULL, 0);
}

static void one_process_opens_a_store_once(void **state)
{
	struct world *world = *state;
	struct store *store = must_open(world);
	expect_refusal(world, "test.lock", "another process");
	assert_int_equal(put(store, "a", "1"), STORE_OK);
	store_close(store);
}

static void another_thing_in_the_files_place_is_refused(void **state)
{
	struct world *world = *state;
	assert_int_equal(mkdir(world->file, 0700), 0);
	expect_refusal(world, world->file, "");
	rmdir(world->file);
	write_file(world->file, "", 0);
	expect_untouched_refusal(world, "");
	write_file(world->file, "not a store\nat all\n", 19);
	expect_untouched_refusal(world, "");
}

/* Where the engine writes what is to become its file. */
static void name_draft(const struct world *world, char draft[128])
{
	/* What sqlite makes first has a name of its own already. */
	snprintf(draft, 128, "%s.tmp%s", world->file,
	    strcmp(world->engine, "sqlite") == 0 ? ".tmp" : "");
}

static void what_a_crash_left_is_written_over(void **state)
{
	struct world *world = *state;
	char draft[128], rubbish[10000];
	name_draft(world, draft);
	memset(rubbish, 'x', sizeof rubbish);
	write_file(draft, rubbish, sizeof rubbish);
	struct store *store = must_open(world);
	assert_int_equal(put(store, "a", "1"), STORE_OK);
	store_close(store);
	store = must_open(world);
	expect_document(store, "a", "1", NULL);
	store_close(store);
}

/* Somebody who may write into the folder must not have another file written to. */
static void links_are_not_followed(void **state)
{
	struct world *world = *state;
	char lock[96], draft[128];
	size_t length;
	snprintf(lock, sizeof lock, "%s/test.lock", world->folder);
	name_draft(world, draft);
	assert_int_equal(symlink(world->other, lock), 0);
	expect_refusal(world, "test.lock", "");
	assert_int_equal(access(world->other, F_OK), -1);
	unlink(lock);
	write_file(world->other, "precious", 8);
	assert_int_equal(symlink(world->other, draft), 0);
	expect_refusal(world, world->file, "");
	char *bytes = read_file(world->other, &length);
	assert_string_equal(bytes, "precious");
	free(bytes);
}

/* Root reads everything, so it becomes somebody else for this. */
static void a_file_that_may_not_be_read_is_refused(void **state)
{
	struct world *world = *state;
	char lock[96];
	int status = 0;
	snprintf(lock, sizeof lock, "%s/test.lock", world->folder);
	store_close(must_open(world));
	assert_int_equal(chmod(world->file, 0), 0);
	pid_t child = fork();
	if (child == 0) {
		const uid_t nobody = 65534;
		if (geteuid() == 0 &&
		    (chown(world->folder, nobody, nobody) != 0 ||
			chown(lock, nobody, nobody) != 0 || setgid(nobody) != 0 ||
			setuid(nobody) != 0))
			_exit(2);
		_exit(open_in(world, world->folder) != NULL || !strstr(world->why, world->file));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* sqlite */

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void sqlite_of_another_program_is_refused(void **state)
{
	struct world *world = *state;
	run_sql(world->file, "CREATE TABLE documents (key, version, document)");
	expect_untouched_refusal(world, "not a store of Cinema");
	unlink(world->file);
	store_close(must_open(world));
	run_sql(world->file, "PRAGMA user_version = 99");
	expect_untouched_refusal(world, "another version");
	run_sql(world->file, "PRAGMA user_version = 1; ALTER TABLE documents RENAME TO papers");
	expect_untouched_refusal(world, "documents");
	run_sql(world->file,
	    "ALTER TABLE papers RENAME TO documents; DELETE FROM sequence; PRAGMA user_version = 1");
	expect_untouched_refusal(world, "sequence");
}

/* Makes a store of about a megabyte. */
static void fill(struct world *world)
{
	struct store *store = must_open(world);
	char text[600];
	memset(text, 'x', sizeof text);
	text[0] = text[sizeof text - 2] = '"';
	text[sizeof text - 1] = '\0';
	struct store_op ops[1500];
	char keys[1500][16];
	for (int i = 0; i < 1500; i++) {
		snprintf(keys[i], sizeof keys[i], "k%05d", i);
		ops[i] =
		    (struct store_op){ STORE_PUT, STORE_ANY, 0, keys[i], text, sizeof text - 1 };
	}
	assert_int_equal(store_commit(store, ops, 1500, NULL), STORE_OK);
	store_close(store);
}

static void damaged_sqlite_is_refused(void **state)
{
	struct world *world = *state;
	struct stat status;
	char zeros[8192] = { 0 };
	fill(world);
	assert_int_equal(stat(world->file, &status), 0);

	int fd = open(world->file, O_RDWR);
	assert_int_equal(pwrite(fd, zeros, sizeof zeros, status.st_size / 2 / 4096 * 4096), 8192);
	close(fd);
	expect_untouched_refusal(world, "");

	unlink(world->file);
	fill(world);
	assert_int_equal(truncate(world->file, status.st_size / 2), 0);
	expect_untouched_refusal(world, "malformed");
	assert_int_equal(truncate(world->file, 100), 0);
	expect_untouched_refusal(world, "");
}

static void a_wal_without_its_database_is_kept(void **state)
{
	struct world *world = *state;
	char wal[128];
	size_t length;
	snprintf(wal, sizeof wal, "%s-wal", world->file);
	write_file(wal, "committed", 9);
	expect_refusal(world, world->file, "-wal");
	char *bytes = read_file(wal, &length);
	assert_int_equal(length, 9);
	free(bytes);
}

static void a_closed_store_is_one_file(void **state)
{
	struct world *world = *state;
	char wal[128];
	fill(world);
	snprintf(wal, sizeof wal, "%s-wal", world->file);
	assert_int_equal(access(wal, F_OK), -1);
}

static void no_other_program_gets_in(void **state)
{
	struct world *world = *state;
	pid_t child = hold_elsewhere(world, 20000);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(world->file, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "SELECT * FROM documents", NULL, NULL, NULL), SQLITE_BUSY);
	sqlite3_close(db);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* json */

static void damaged_json_is_refused(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *text, *reason;
	} files[] = {
		{ "", "line 1, column 1" },
		{ "[]", "line 1, column 1" },
		{ "{", "line 1, column 2" },
		{ "{}", "\"documents\"" },
		{ "{\"documents\": []}", "line 1, column 15" },
		{ "{\"documents\": {}", "line 1, column 17" },
		{ "{\"documents\": {}} x", "line 1, column 19" },
		{ "{\"documents\": {},}", "line 1, column 18" },
		{ "{\"documents\": {}, \"documents\": {}}", "line 1, column 31" },
		{ "{\"sequence\": \"1\", \"documents\": {}}", "line 1, column 14" },
		{ "{\"sequence\": 1.5, \"documents\": {}}", "line 1, column 14" },
		{ "{\"sequence\": -1, \"documents\": {}}", "line 1, column 14" },
		{ "{\"sequence\": 9223372036854775807, \"documents\": {}}", "line 1, column 14" },
		{ "{\"sequenze\": 1, \"documents\": {}}", "\"sequence\"" },
		{ "{\"documents\": {\n\"a\": 1}}", "line 2, column 6" },
		{ "{\"documents\": {\n\"a\": {}}}", "there is no \"document\"" },
		{ "{\"documents\": {\n\"\": {\"document\": 1}}}", "line 2" },
		{ "{\"documents\": {\n\"a\": {\"document\": 1}\n\"b\": {}}}", "line 3, column 1" },
		{ "{\"documents\": {\n\"a\": {\"document\": 1},\n\"a\": {\"document\": 1}}}",
		    "line 3, column 5: the key is there twice" },
		{ "{\"documents\": {\n\"a\": {\"document\": 1, \"version\": 0}}}",
		    "line 2, column 33" },
		{ "{\"documents\": {\n\"a\": {\"document\": 1, \"document\": 1}}}", "line 2" },
		{ "{\"documents\": {\n\"a\": {\"document\": {\"b\": tru}}}}", "line 2, column 2" },
		{ "{\"documents\": {\n\"a\": {\"document\": {\n\"b\": 1,\n\"b\": 1}}}}",
		    "the same name twice" },
		{ "{\"documents\": {\n\"a\": {\"document\": \"\xff\"}}}", "line 2" },
		{ "{\"documents\": {\n\"a\": {\"document\": null}}}", "null" },
		{ "{\"documents\": {\n\"a\": {\"document\": \"x}}}", "line 2" },
		{ "{\"documents\": {\n\"a\": {\"document\": {\"x\\", "line 2" },
		{ "{\"documents\": {\n\"a", "line 2" },
		{ "{\"documents\": {\n\"a\"}}", "colon" },
		{ "{\"documents\": {\n\"a\": {\"document\": }}}", "line 2" },
		{ "{\"documents\": {1: 2}}", "name" },
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		write_file(world->file, files[i].text, strlen(files[i].text));
		expect_untouched_refusal(world, files[i].reason);
	}
	char text[400];
	snprintf(text, sizeof text, "{\"documents\": {\n\"%0256d\": {\"document\": 1}}}", 1);
	write_file(world->file, text, strlen(text));
	expect_untouched_refusal(world, "the key is empty or too long");
	write_file(world->file, "{\"documents\": {}}\0 ", 19);
	expect_untouched_refusal(world, "line 1, column 18");
}

static void every_cut_of_a_json_file_is_refused(void **state)
{
	struct world *world = *state;
	size_t length;
	struct store *store = must_open(world);
	assert_int_equal(put(store, "a", "{\"b\": [1, \"\\\"]}\"]}"), STORE_OK);
	assert_int_equal(put(store, "\xc3\xa9", "2"), STORE_OK);
	store_close(store);
	char *bytes = read_file(world->file, &length);
	for (size_t cut = 0; cut < length - 1; cut++) {
		write_file(world->file, bytes, cut);
		expect_untouched_refusal(world, "line ");
	}
	free(bytes);
}

static void json_written_by_hand_is_taken(void **state)
{
	struct world *world = *state;
	static const char text[] = "\n{ \"documents\" : {\r\n"
				   "  \"b\": { \"document\": {\n\t\"text\": \"a  {b}\" ,\n"
				   "\t\"more\": [ 1, 2 ]\n } },\n"
				   "  \"a\": {\"document\": 1, \"version\": 12}, \"\\u0063\":"
				   "{\"version\":5,\"document\":\"\"}\n}, \"sequence\" : 9 }\n\n";
	uint64_t version, given;
	size_t length;
	write_file(world->file, text, sizeof text - 1);
	struct store *store = must_open(world);
	expect_document(store, "a", "1", &version);
	assert_int_equal(version, 12);
	expect_document(store, "c", "\"\"", &version);
	assert_int_equal(version, 5);
	expect_document(store, "b", "{\"text\":\"a  {b}\",\"more\":[1,2]}", &given);
	assert_int_equal(given, 13);
	store_close(store);
	/* A version that was given is not forgotten, though nothing was committed. */
	store = must_open(world);
	expect_document(store, "b", "{\"text\":\"a  {b}\",\"more\":[1,2]}", &version);
	assert_int_equal(version, given);
	store_close(store);
	char *bytes = read_file(world->file, &length);
	assert_string_equal(bytes,
	    "{\"sequence\": 13,\n \"documents\": {\n"
	    "  \"a\": {\"version\": 12, \"document\": 1},\n"
	    "  \"b\": {\"version\": 13, \"document\": {\"text\":\"a  {b}\",\"more\":[1,2]}},\n"
	    "  \"c\": {\"version\": 5, \"document\": \"\"}\n }}\n");
	free(bytes);
}

/* One such document would make the whole file unreadable. */
static void json_takes_only_json(void **state)
{
	struct world *world = *state;
	static const char *const bad[] = { "{", "{} {}", "null", "\"\xff\"", "x" };
	struct store *store = must_open(world);
	int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
	dup2(nowhere, STDERR_FILENO);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(put(store, "a", bad[i]), STORE_FAILED);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(nowhere);
	assert_int_equal(put(store, "b", "1"), STORE_OK);
	store_close(store);
	store = must_open(world);
	expect_document(store, "b", "1", NULL);
	store_close(store);
}

#define TEST(engine, name)                                                                         \
	{                                                                                          \
		engine ": " #name, name, set_up, tear_down, (void *)(uintptr_t)engine              \
	}
#define BOTH(engine)                                                                               \
	TEST(engine, folders_are_made_and_private),                                                \
	    TEST(engine, a_folder_that_cannot_be_is_refused),                                      \
	    TEST(engine, a_second_process_is_refused),                                             \
	    TEST(engine, the_next_process_waits_for_the_first_to_go),                              \
	    TEST(engine, one_process_opens_a_store_once),                                          \
	    TEST(engine, another_thing_in_the_files_place_is_refused),                             \
	    TEST(engine, links_are_not_followed), TEST(engine, what_a_crash_left_is_written_over), \
	    TEST(engine, a_file_that_may_not_be_read_is_refused)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH("sqlite"),
		BOTH("json"),
		TEST("sqlite", an_unknown_engine_is_refused),
		TEST("sqlite", sqlite_of_another_program_is_refused),
		TEST("sqlite", damaged_sqlite_is_refused),
		TEST("sqlite", a_wal_without_its_database_is_kept),
		TEST("sqlite", a_closed_store_is_one_file),
		TEST("sqlite", no_other_program_gets_in),
		TEST("json", damaged_json_is_refused),
		TEST("json", json_takes_only_json),
		TEST("json", every_cut_of_a_json_file_is_refused),
		TEST("json", json_written_by_hand_is_taken),
	};
	return cmocka_run_group_tests_name("store_files", tests, NULL, NULL);
}
