/* What durable writes cost at the least, as a line of JSON: how often a second this disk takes 256
 * bytes by write and fdatasync, and a single-row commit by SQLite, set as the store sets it.
 *
 *   disk sync|sqlite FOLDER SECONDS */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* One way to make something durable: open, once, close. */
static int fd = -1;
static sqlite3 *db;
static sqlite3_stmt *insert;
static char bytes[256];

static bool sync_open(const char *path)
{
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd >= 0;
}

static bool sync_once(void)
{
	return write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes && fdatasync(fd) == 0;
}

static bool sqlite_open(const char *path)
{
	return sqlite3_open_v2(path, &db,
		   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		   "unix-excl") == SQLITE_OK &&
	    sqlite3_exec(db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"CREATE TABLE rows (bytes TEXT NOT NULL)",
		NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "INSERT INTO rows VALUES (?1)", -1, &insert, NULL) ==
	    SQLITE_OK &&
	    sqlite3_bind_text(insert, 1, bytes, sizeof bytes, SQLITE_STATIC) == SQLITE_OK;
}

static bool sqlite_once(void)
{
	return sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
}

int main(int argc, char **argv)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	bool with_sqlite = argc == 4 && strcmp(argv[1], "sqlite") == 0;
	char path[1024], file[1040];
	unsigned long done = 0;
	if (argc != 4) {
		fprintf(stderr, "usage: disk sync|sqlite FOLDER SECONDS\n");
		return EXIT_FAILURE;
	}
	memset(bytes, 'x', sizeof bytes);
	snprintf(path, sizeof path, "%s/disk.%ld", argv[2], (long)getpid());
	bool good = with_sqlite ? sqlite_open(path) : sync_open(path);
	double start = now(), seconds = strtod(argv[3], NULL);
	for (; good && now() - start < seconds; done++)
		good = with_sqlite ? sqlite_once() : sync_once();
	double took = now() - start;
	if (good)
		printf("{\"rate\":%.1f}\n", (double)done / took);
	else
		perror(path);
	sqlite3_finalize(insert);
	sqlite3_close(db);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(file, sizeof file, "%s%s", path, ends[i]);
		unlink(file);
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
