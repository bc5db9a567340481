/* What a power cut and a failing disk would show. The calls that write and sync are taken over from
 * the C library here, for SQLite too: so a test sees what is not yet on the disk, and can make any
 * single call fail. */
#define _GNU_SOURCE
#include "store/store.h"

#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define FDS     256
#define PARENTS 16

/* The disk. Only files in the store's folder count. */
static struct {
	const char *folder;
	bool unsynced[FDS]; /* written and not synced since */
	bool names_unsynced, closed_unsynced;
	ino_t unsynced_parents[PARENTS]; /* folders in which one was made, 0 when synced since */
	int parents;
	int calls;          /* writes and syncs so far */
	int fail_at;        /* this one fails; 0: none */
	int error;          /* with this */
	bool fail_on;       /* and all that follow */
	const char *broken; /* into the file that ends so nothing is written */
	size_t
	    bite; /* bytes that a write takes at most, and every other one is interrupted; 0: all */
	int bitten;
	void (*on_sync)(void *context);
	void *context;
} disk;

/* The path of what is open, which is "" if it does not count. */
static const char *path_of(int fd, char path[512])
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = disk.folder ? readlink(link, path, 511) : -1;
	path[length > 0 ? length : 0] = '\0';
	if (fd >= FDS || !disk.folder || strncmp(path, disk.folder, strlen(disk.folder)) != 0)
		path[0] = '\0';
	return path;
}

static bool is_ours(int fd)
{
	char path[512];
	return path_of(fd, path)[0] != '\0';
}

static bool is_broken(int fd)
{
	char path[512];
	if (!disk.broken)
		return false;
	size_t length = strlen(path_of(fd, path)), end = strlen(disk.broken);
	return length > end && strcmp(path + length - end, disk.broken) == 0;
}

/* Counts a call; true when it is the one to fail. */
static bool fails(void)
{
	disk.calls++;
	bool failing = disk.fail_at != 0 &&
	    (disk.calls == disk.fail_at || (disk.fail_on && disk.calls > disk.fail_at));
	if (failing)
		errno = disk.error;
	return failing;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	if (is_ours(fd)) {
		if (fails())
			return -1;
		disk.unsynced[fd] = true;
		if (disk.bite > 0 && ++disk.bitten % 2 == 0) {
			errno = EINTR;
			return -1;
		}
		if (disk.bite > 0 && length > disk.bite)
			length = disk.bite;
	}
	return syscall(SYS_write, fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	if (is_broken(fd)) {
		errno = EIO;
		return -1;
	}
	if (is_ours(fd)) {
		if (fails())
			return -1;
		disk.unsynced[fd] = true;
	}
	return syscall(SYS_pwrite64, fd, bytes, length, at);
}

static int synced(int fd, long call)
{
	struct stat status;
	if (is_ours(fd)) {
		if (disk.on_sync)
			disk.on_sync(disk.context);
		if (fails())
			return -1;
		disk.unsynced[fd] = false;
		if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
			disk.names_unsynced = false;
	}
	if (fstat(fd, &status) == 0)
		for (int i = 0; i < disk.parents; i++)
			if (disk.unsynced_parents[i] == status.st_ino)
				disk.unsynced_parents[i] = 0;
	return (int)syscall(call, fd);
}

int fsync(int fd)
{
	return synced(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return synced(fd, SYS_fdatasync);
}

int rename(const char *from, const char *to)
{
	disk.names_unsynced = true;
	return (int)syscall(SYS_rename, from, to);
}

int mkdir(const char *path, mode_t mode)
{
	char parent[512];
	struct stat status;
	snprintf(parent, sizeof parent, "%s", path);
	int made = (int)syscall(SYS_mkdir, path, mode);
	char *slash = strrchr(parent, '/');
	if (made == 0 && slash && disk.parents < PARENTS) {
		*slash = '\0';
		if (stat(parent, &status) == 0)
			disk.unsynced_parents[disk.parents++] = status.st_ino;
	}
	return made;
}

int close(int fd)
{
	if (fd >= 0 && fd < FDS) {
		disk.closed_unsynced = disk.closed_unsynced || disk.unsynced[fd];
		disk.unsynced[fd] = false;
	}
	return (int)syscall(SYS_close, fd);
}

static bool all_synced(void)
{
	for (int fd = 0; fd < FDS; fd++)
		if (disk.unsynced[fd])
			return false;
	for (int i = 0; i < disk.parents; i++)
		if (disk.unsynced_parents[i])
			return false;
	return !disk.names_unsynced && !disk.closed_unsynced;
}

struct world {
	const char *engine;
	char folder[64];
	struct store *store;
	char seen[32];
};

static void open_store(struct world *world)
{
	char why[512] = "";
	world->store = store_open(world->engine, world->folder, "test", why, sizeof why);
	if (!world->store)
		fail_msg("%s", why);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	world->engine = *state;
	snprintf(world->folder, sizeof world->folder, "/tmp/cinema-sync.XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	memset(&disk, 0, sizeof disk);
	disk.folder = world->folder;
	open_store(world);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	memset(&disk, 0, sizeof disk);
	store_close(world->store);
	folder_remove(world->folder);
	free(world);
	return 0;
}

/* What fails on purpose says so in the log, which is in this file until the next time. */
static FILE *said;

static int hush(void)
{
	int kept = dup(STDERR_FILENO);
	if (said)
		fclose(said);
	said = tmpfile();
	dup2(fileno(said), STDERR_FILENO);
	return kept;
}

static void speak(int kept)
{
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static int lines_said(void)
{
	int lines = 0, c;
	rewind(said);
	while ((c = getc(said)) != EOF)
		lines += c == '\n';
	return lines;
}

/* Puts the same text under two keys. */
static enum store_result put_two(struct world *world, const char *text)
{
	struct store_op ops[] = {
		{ STORE_PUT, STORE_ANY, 0, "a", text, strlen(text) },
		{ STORE_PUT, STORE_ANY, 0, "b", text, strlen(text) },
	};
	return store_commit(world->store, ops, 2, NULL);
}

/* Reads one of them. */
static const char *look(struct world *world, const char *key)
{
	struct buffer text;
	buffer_init(&text, sizeof world->seen - 1);
	if (store_get(world->store, key, &text, NULL) == STORE_OK)
		snprintf(world->seen, sizeof world->seen, "%s", text.data);
	else
		snprintf(world->seen, sizeof world->seen, "nothing");
	buffer_free(&text);
	return world->seen;
}

static void an_answered_commit_is_on_the_disk(void **state)
{
	struct world *world = *state;
	char key[32], text[4000];
	assert_true(all_synced());
	memset(text, 'x', sizeof text);
	text[0] = text[sizeof text - 1] = '"';
	/* Enough for SQLite to begin its WAL anew, twice. */
	int count = strcmp(world->engine, "sqlite") == 0 ? 2000 : 50;
	for (int i = 0; i < count; i++) {
		snprintf(key, sizeof key, "%d", i);
		struct store_op op = { STORE_PUT, STORE_EXPECT_ABSENT, 0, key, text, sizeof text };
		assert_int_equal(store_commit(world->store, &op, 1, NULL), STORE_OK);
		assert_true(all_synced());
	}
}

static void folders_that_are_made_are_on_the_disk(void **state)
{
	struct world *world = *state;
	struct world deep = { .engine = world->engine };
	snprintf(deep.folder, sizeof deep.folder, "%.40s/a/b/c", world->folder);
	open_store(&deep);
	assert_true(disk.parents >= 3);
	assert_true(all_synced());
	store_close(deep.store);
}

static void a_disk_that_takes_a_little_at_a_time_gets_all(void **state)
{
	struct world *world = *state;
	disk.bite = 7;
	assert_int_equal(put_two(world, "\"longer than seven\""), STORE_OK);
	disk.bite = 0;
	assert_true(strcmp(world->engine, "json") != 0 || disk.bitten > 2);
	store_close(world->store);
	open_store(world);
	assert_string_equal(look(world, "b"), "\"longer than seven\"");
}

static void the_wal_stays_short(void **state)
{
	struct world *world = *state;
	char path[96], text[4000];
	struct stat status;
	memset(text, 'x', sizeof text);
	text[0] = text[sizeof text - 1] = '"';
	snprintf(path, sizeof path, "%s/test.sqlite-wal", world->folder);
	off_t largest = 0;
	for (int i = 0; i < 3000; i++) {
		char key[32];
		snprintf(key, sizeof key, "%d", i * 7919 % 3000);
		struct store_op op = { STORE_PUT, STORE_ANY, 0, key, text, sizeof text };
		assert_int_equal(store_commit(world->store, &op, 1, NULL), STORE_OK);
		assert_int_equal(stat(path, &status), 0);
		if (status.st_size > largest)
			largest = status.st_size;
	}
	assert_in_range(largest, 1, 5 << 20);
}

/* The database takes nothing for a while, and the WAL all. */
static void what_is_not_moved_into_the_database_is_told_and_stays(void **state)
{
	struct world *world = *state;
	char text[4000];
	memset(text, 'x', sizeof text);
	text[0] = text[sizeof text - 1] = '"';
	disk.broken = "/test.sqlite";
	int kept = hush();
	for (int i = 0; i < 300; i++) {
		char key[32];
		snprintf(key, sizeof key, "%d", i);
		struct store_op op = { STORE_PUT, STORE_ANY, 0, key, text, sizeof text };
		assert_int_equal(store_commit(world->store, &op, 1, NULL), STORE_OK);
	}
	speak(kept);
	assert_in_range(lines_said(), 1, 3);
	disk.broken = NULL;
	store_close(world->store);
	open_store(world);
	assert_int_equal(store_get(world->store, "0", NULL, NULL), STORE_OK);
	assert_int_equal(store_get(world->store, "299", NULL, NULL), STORE_OK);
}

static void see(void *context)
{
	look(context, "b");
}

static void nobody_sees_a_commit_before_it_is_synced(void **state)
{
	struct world *world = *state;
	assert_int_equal(put_two(world, "1"), STORE_OK);
	disk.on_sync = see;
	disk.context = world;
	assert_int_equal(put_two(world, "2"), STORE_OK);
	disk.on_sync = NULL;
	/* So a read does not wait for a sync either. */
	assert_string_equal(world->seen, "1");
	assert_string_equal(look(world, "b"), "2");
}

static void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	size_t length;
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	while (in && out && (length = fread(bytes, 1, sizeof bytes, in)) > 0)
		fwrite(bytes, 1, length, out);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
}

/* What a process would find that starts after this one were killed now. */
static void expect_after_crash(struct world *world, const char *text)
{
	static const char *const files[] = { "sqlite", "sqlite-wal", "json" };
	struct world other = { .engine = world->engine };
	char from[96], to[96];
	snprintf(other.folder, sizeof other.folder, "%.40s/crash", world->folder);
	assert_int_equal(mkdir(other.folder, 0700), 0);
	for (int i = 0; i < 3; i++) {
		snprintf(from, sizeof from, "%s/test.%s", world->folder, files[i]);
		snprintf(to, sizeof to, "%s/test.%s", other.folder, files[i]);
		if (access(from, F_OK) == 0)
			copy_file(from, to);
	}
	open_store(&other);
	assert_string_equal(look(&other, "a"), text);
	assert_string_equal(look(&other, "b"), text);
	store_close(other.store);
	folder_remove(other.folder);
}

/* Lets each write and sync of a commit fail in turn. */
static void fail_each_call(struct world *world, int error, bool fail_on, enum store_result want)
{
	char old[32] = "\"old\"", new[16];
	int failures = 0;
	assert_int_equal(put_two(world, old), STORE_OK);
	for (int call = 1;; call++) {
		snprintf(new, sizeof new, "%d", call);
		disk.error = error;
		disk.fail_on = fail_on;
		disk.fail_at = disk.calls + call;
		int kept = hush();
		enum store_result result = put_two(world, new);
		bool reached = disk.calls >= disk.fail_at;
		disk.fail_at = 0;
		speak(kept);
		if (!reached) {
			assert_int_equal(result, STORE_OK);
			break;
		}
		failures++;
		assert_int_equal(result, want);
		assert_string_equal(look(world, "a"), old);
		assert_string_equal(look(world, "b"), old);
		if (!fail_on)
			expect_after_crash(world, old);
		/* The next one succeeds, and is there after a restart. */
		snprintf(old, sizeof old, "\"old %d\"", call);
		assert_int_equal(put_two(world, old), STORE_OK);
		if (call % 2) {
			store_close(world->store);
			open_store(world);
		}
		assert_string_equal(look(world, "a"), old);
		assert_string_equal(look(world, "b"), old);
	}
	assert_true(failures >= 2);
}

static void a_disk_that_is_full_for_a_moment_fails_one_commit(void **state)
{
	fail_each_call(*state, ENOSPC, false, STORE_FULL);
}

static void a_disk_that_is_full_fails_commits_until_it_is_not(void **state)
{
	fail_each_call(*state, EDQUOT, true, STORE_FULL);
}

static void a_disk_that_fails_a_call_fails_one_commit(void **state)
{
	fail_each_call(*state, EIO, false, STORE_FAILED);
}

static void a_failed_commit_leaves_its_version_unused(void **state)
{
	struct world *world = *state;
	struct store_op op = { STORE_PUT, STORE_ANY, 0, "a", "1", 1 };
	struct store_done before, after;
	assert_int_equal(store_commit(world->store, &op, 1, &before), STORE_OK);
	disk.error = ENOSPC;
	disk.fail_on = true;
	disk.fail_at = disk.calls + 1;
	int kept = hush();
	for (int i = 0; i < 3; i++)
		assert_int_equal(store_commit(world->store, &op, 1, NULL), STORE_FULL);
	disk.fail_at = 0;
	speak(kept);
	assert_int_equal(store_commit(world->store, &op, 1, &after), STORE_OK);
	assert_true(after.version > before.version + 3);
}

/* Fails a call of a commit, or it and all that follow: nothing stays behind. */
static void a_failed_commit_leaves_no_file(void **state)
{
	static const char *const files[] = { "sqlite", "sqlite-wal", "json", "lock" };
	struct world *world = *state;
	for (int call = 2; call <= 9; call++) {
		disk.error = EIO;
		disk.fail_on = call % 2;
		disk.fail_at = disk.calls + call / 2;
		int kept = hush();
		put_two(world, "1");
		speak(kept);
		disk.fail_at = 0;
		DIR *folder = opendir(world->folder);
		for (struct dirent *entry; (entry = readdir(folder));) {
			bool known = entry->d_name[0] == '.';
			for (int i = 0; i < 4; i++)
				known =
				    known || strcmp(entry->d_name + strlen("test."), files[i]) == 0;
			if (!known)
				fail_msg("%s is left", entry->d_name);
		}
		closedir(folder);
	}
}

/* Commits with a full disk, or one that fails, and counts what the log says. */
static int lines_about(struct world *world, int error, int commits)
{
	disk.error = error;
	disk.fail_on = true;
	disk.fail_at = disk.calls + 1;
	int kept = hush();
	for (int i = 0; i < commits; i++)
		assert_int_not_equal(put_two(world, "1"), STORE_OK);
	disk.fail_at = 0;
	speak(kept);
	return lines_said();
}

static void a_disk_that_stays_full_is_told_once(void **state)
{
	struct world *world = *state;
	assert_int_equal(lines_about(world, ENOSPC, 5), 1);
	assert_int_equal(lines_about(world, ENOSPC, 5), 0);
	assert_int_equal(put_two(world, "2"), STORE_OK);
	assert_int_equal(lines_about(world, ENOSPC, 5), 1);
	assert_int_equal(lines_about(world, EIO, 3), 3);
	assert_int_equal(lines_about(world, ENOSPC, 2), 1);
	assert_int_equal(put_two(world, "3"), STORE_OK);
}

#define TEST(engine, name)                                                                         \
	{                                                                                          \
		engine ": " #name, name, set_up, tear_down, (void *)(uintptr_t)engine              \
	}
#define TESTS(engine)                                                                              \
	TEST(engine, an_answered_commit_is_on_the_disk),                                           \
	    TEST(engine, nobody_sees_a_commit_before_it_is_synced),                                \
	    TEST(engine, a_disk_that_is_full_for_a_moment_fails_one_commit),                       \
	    TEST(engine, a_disk_that_is_full_fails_commits_until_it_is_not),                       \
	    TEST(engine, a_disk_that_fails_a_call_fails_one_commit),                               \
	    TEST(engine, a_failed_commit_leaves_its_version_unused),                               \
	    TEST(engine, a_failed_commit_leaves_no_file),                                          \
	    TEST(engine, a_disk_that_stays_full_is_told_once),                                     \
	    TEST(engine, folders_that_are_made_are_on_the_disk),                                   \
	    TEST(engine, a_disk_that_takes_a_little_at_a_time_gets_all)

int main(void)
{
	const struct CMUnitTest tests[] = { TESTS("sqlite"), TESTS("json"),
		TEST("sqlite", the_wal_stays_short),
		TEST("sqlite", what_is_not_moved_into_the_database_is_told_and_stays) };
	return cmocka_run_group_tests_name("store_sync", tests, NULL, NULL);
}
