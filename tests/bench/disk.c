/* What durable writes cost at the least, as a line of JSON: how often a second this disk takes 256
 * bytes and a fdatasync, or SQLite a commit of one row with the store's settings.
 *
 *   disk sync FOLDER SECONDS        by write, so the file grows
 *   disk overwrite FOLDER SECONDS   by pwrite, over and over a file of 4 MiB, as a WAL is written
 *   disk sqlite FOLDER SECONDS */
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

#define OVERWRITTEN (4 * 1024 * 1024)

static int fd = -1;
static off_t at;
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

static bool overwrite_open(const char *path)
{
	if (!sync_open(path))
		return false;
	for (size_t i = 0; i < OVERWRITTEN / sizeof bytes; i++)
		if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
			return false;
	return fsync(fd) == 0;
}

static bool overwrite_once(void)
{
	ssize_t written = pwrite(fd, bytes, sizeof bytes, at);
	at = (at + (off_t)sizeof bytes) % OVERWRITTEN;
	return written == (ssize_t)sizeof bytes && fdatasync(fd) == 0;
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

static const struct way {
	const char *name;
	bool (*open)(const char *path);
	bool (*once)(void);
} ways[] = {
	{ "sync", sync_open, sync_once },
	{ "overwrite", overwrite_open, overwrite_once },
	{ "sqlite", sqlite_open, sqlite_once },
};

static const struct way *find_way(const char *name)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	const struct way *way = argc == 4 ? find_way(argv[1]) : NULL;
	char path[1024], file[1040];
	unsigned long done = 0;
	if (!way) {
		fprintf(stderr, "usage: disk sync|overwrite|sqlite FOLDER SECONDS\n");
		return EXIT_FAILURE;
	}
	memset(bytes, 'x', sizeof bytes);
	snprintf(path, sizeof path, "%s/disk.%ld", argv[2], (long)getpid());
	bool good = way->open(path);
	double start = now(), seconds = strtod(argv[3], NULL);
	for (; good && now() - start < seconds; done++)
		good = way->once();
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
