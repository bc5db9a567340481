/* The engine `sqlite`: one database file with one table of documents, in WAL mode.
 *
 * SQLite before 3.51.3 can lose commits when two connections write or checkpoint one WAL
 * (sqlite.org/wal.html). So one connection writes and checkpoints, a few more only read, and the
 * VFS "unix-excl" keeps every other process out, the sqlite3 shell too. That VFS also keeps the
 * WAL's index in memory: there is no -shm file that could not grow on a full disk, and a read costs
 * no system call for locks.
 *
 * A commit is visible to readers when it is synced and not before: SQLite syncs the WAL, then
 * publishes the new end of it. */
#include "base/log.h"
#include "store/engine.h"
#include "store/file.h"
#include "store/group.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID   1128877637 /* "CINE" */
#define SCHEMA           1
#define READERS_MAX      8
#define VFS              "unix-excl"
#define BUSY_MS          1000
#define CHECKPOINT_PAGES 1000  /* of the WAL, between two checkpoints */
#define WAL_PAGES_MAX    16000 /* from here on a checkpoint waits for readers to go */
#define FEW              16    /* operations: that their keys differ is quickly seen */
#define QUICK_CHECK_MAX  4096  /* pages of a database that is looked through when opened */

enum statement {
	GET,
	SCAN_FROM,
	SCAN_AFTER,
	READER_STATEMENTS,
	BEGIN = READER_STATEMENTS,
	COMMIT,
	SAVEPOINT,
	RELEASE,
	UNDO,
	VERSION,
	PUT,
	DELETE,
	SEQUENCE,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
	[GET] = "SELECT version, document FROM documents WHERE key = ?1",
	[SCAN_FROM] = "SELECT key, version, document FROM documents"
		      " WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
	[SCAN_AFTER] = "SELECT key, version, document FROM documents"
		       " WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[SAVEPOINT] = "SAVEPOINT one",
	[RELEASE] = "RELEASE one",
	[UNDO] = "ROLLBACK TO one",
	[VERSION] = "SELECT version FROM documents WHERE key = ?1",
	[PUT] = "INSERT INTO documents (key, version, document) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (key) DO UPDATE SET version = ?2, document = ?3",
	[DELETE] = "DELETE FROM documents WHERE key = ?1",
	[SEQUENCE] = "UPDATE sequence SET last = ?1",
};

#define STRING_(x) #x
#define STRING(x)  STRING_(x)

/* A table without rowid is one tree, so a read is one descent and a scan reads it in order. */
static const char schema[] =
    "PRAGMA synchronous = FULL;"
    "BEGIN;"
    "CREATE TABLE documents (key TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL,"
    " document TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE sequence (last INTEGER NOT NULL);"
    "INSERT INTO sequence VALUES (0);"
    "PRAGMA application_id = " STRING(APPLICATION_ID) ";"
						      "PRAGMA user_version = " STRING(
							  SCHEMA) ";"
								  "COMMIT;";

/* Temporary files would be on another disk, which may be full. */
static const char writer_settings[] = "PRAGMA synchronous = FULL;"
				      "PRAGMA cache_size = -2048;"
				      "PRAGMA journal_size_limit = 8388608;"
				      "PRAGMA secure_delete = OFF;"
				      "PRAGMA temp_store = MEMORY;";
static const char reader_settings[] = "PRAGMA query_only = ON;"
				      "PRAGMA cache_size = -512;"
				      "PRAGMA temp_store = MEMORY;";

struct connection {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	struct connection *next;
};

struct sqlite {
	char path[ENGINE_PATH_SIZE];
	struct group group;
	/* of the thread that leads the group */
	struct connection *writer;
	uint64_t sequence;           /* last version given, also by a commit that failed later */
	int wal_pages, checkpointed; /* pages in the WAL: now, and when last checkpointed */
	bool full;                   /* the last group found no space */
	/* of readers */
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct connection *idle;
	size_t readers;
};

/* Says why with the file's name; false, to be returned. */
static bool refuse(const char *path, const char *what, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s: %s", path, what);
	return false;
}

/* The errno of the last call on the WAL that failed, which SQLite itself does not hand out. */
static int wal_error(sqlite3 *db)
{
	sqlite3_file *wal = NULL;
	int error = 0;
	sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
	if (wal && wal->pMethods)
		wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

/* Turns an error into a result and logs it; of a disk that stays full only the first time. */
static enum store_result fail(struct sqlite *sqlite, sqlite3 *db, const char *doing)
{
	int code = sqlite3_extended_errcode(db);
	int error = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC ? wal_error(db) : 0;
	bool full = (code & 0xff) == SQLITE_FULL || engine_is_full(error);
	if (!full || !sqlite->full)
		log_write(LOG_ERROR, NULL, "%s: %s: %s (%d%s%s)", sqlite->path, doing,
		    sqlite3_errmsg(db), code, error ? ", " : "", error ? strerror(error) : "");
	sqlite->full = full;
	return full ? STORE_FULL : STORE_FAILED;
}

/* Connections */

static int keep_path(sqlite3_vfs *vfs, const char *path, int size, char *full)
{
	(void)vfs;
	return snprintf(full, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* Makes the VFS take paths as they are. SQLite's own would look at every folder from the root on,
 * and those above the state folder need not be for the service's user to enter. And SQLite need not
 * count the memory that it has, which takes a lock at each piece. */
static void prepare_library(void)
{
	static sqlite3_vfs vfs;
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_vfs *own = sqlite3_vfs_find(VFS);
	if (!own)
		return;
	vfs = *own;
	vfs.xFullPathname = keep_path;
	sqlite3_vfs_unregister(own);
	sqlite3_vfs_register(&vfs, 0);
}

static void disconnect(struct connection *connection)
{
	if (!connection)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(connection->statements[i]);
	sqlite3_close(connection->db);
	free(connection);
}

/* Opens a connection that leaves the file alone, also when it is closed. */
static struct connection *connect_to(const char *path, char *why, size_t why_size)
{
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection) {
		refuse(path, "no memory", why, why_size);
		return NULL;
	}
	int code = sqlite3_open_v2(
	    path, &connection->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, VFS);
	if (code == SQLITE_OK) {
		sqlite3_extended_result_codes(connection->db, 1);
		sqlite3_busy_timeout(connection->db, BUSY_MS);
		sqlite3_wal_autocheckpoint(connection->db, 0);
		sqlite3_db_config(connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return connection;
	}
	refuse(path, connection->db ? sqlite3_errmsg(connection->db) : sqlite3_errstr(code), why,
	    why_size);
	disconnect(connection);
	return NULL;
}

/* Makes a connection ready for some of the statements. */
static bool prepare(struct connection *connection, const char *settings, int first, int end)
{
	if (sqlite3_exec(connection->db, settings, NULL, NULL, NULL) != SQLITE_OK)
		return false;
	for (int i = first; i < end; i++)
		if (sqlite3_prepare_v3(connection->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			&connection->statements[i], NULL) != SQLITE_OK)
			return false;
	return true;
}

static struct connection *connect_reader(struct sqlite *sqlite, char *why, size_t why_size)
{
	struct connection *reader = connect_to(sqlite->path, why, why_size);
	if (!reader || prepare(reader, reader_settings, 0, READER_STATEMENTS))
		return reader;
	refuse(sqlite->path, sqlite3_errmsg(reader->db), why, why_size);
	disconnect(reader);
	return NULL;
}

/* Gives a reader that nobody else uses. There is always one to wait for. */
static struct connection *borrow(struct sqlite *sqlite)
{
	char why[ENGINE_PATH_SIZE + 128];
	struct connection *reader;

	pthread_mutex_lock(&sqlite->lock);
	if (!sqlite->idle && sqlite->readers < READERS_MAX) {
		sqlite->readers++;
		pthread_mutex_unlock(&sqlite->lock);
		reader = connect_reader(sqlite, why, sizeof why);
		if (reader)
			return reader;
		log_write(LOG_WARNING, NULL, "one reader fewer: %s", why);
		pthread_mutex_lock(&sqlite->lock);
		sqlite->readers--;
	}
	while (!sqlite->idle)
		pthread_cond_wait(&sqlite->returned, &sqlite->lock);
	reader = sqlite->idle;
	sqlite->idle = reader->next;
	pthread_mutex_unlock(&sqlite->lock);
	return reader;
}

static void give_back(struct sqlite *sqlite, struct connection *reader)
{
	pthread_mutex_lock(&sqlite->lock);
	reader->next = sqlite->idle;
	sqlite->idle = reader;
	pthread_cond_signal(&sqlite->returned);
	pthread_mutex_unlock(&sqlite->lock);
}

/* Runs a statement that answers nothing, its parameters bound. */
static int run(struct connection *connection, enum statement which)
{
	sqlite3_step(connection->statements[which]);
	return sqlite3_reset(connection->statements[which]);
}

/* Reading */

static enum store_result sqlite_get(
    void *state, const char *key, struct buffer *document, uint64_t *version)
{
	struct sqlite *sqlite = state;
	struct connection *reader = borrow(sqlite);
	sqlite3_stmt *get = reader->statements[GET];
	enum store_result result = STORE_OK;

	sqlite3_bind_text(get, 1, key, -1, SQLITE_STATIC);
	int code = sqlite3_step(get);
	if (code == SQLITE_ROW) {
		if (version)
			*version = (uint64_t)sqlite3_column_int64(get, 0);
		if (document) {
			const char *text = (const char *)sqlite3_column_text(get, 1);
			if (text)
				buffer_append(document, text, (size_t)sqlite3_column_bytes(get, 1));
			if (!text || document->failed)
				result = STORE_FAILED;
		}
	} else {
		result = code == SQLITE_DONE ? STORE_ABSENT : STORE_FAILED;
	}
	if (result == STORE_FAILED)
		log_write(LOG_ERROR, NULL, "%s: reading %s: %s", sqlite->path, key,
		    document && document->failed ? "there is no room for the document"
						 : sqlite3_errmsg(reader->db));
	sqlite3_reset(get);
	give_back(sqlite, reader);
	return result;
}

/* Writes the smallest text greater than all that start with prefix; false when there is none. */
static bool end_of(const char *prefix, char end[STORE_KEY_MAX + 1])
{
	size_t length = strlen(prefix);
	while (length > 0 && (unsigned char)prefix[length - 1] == 0xff)
		length--;
	if (length == 0)
		return false;
	memcpy(end, prefix, length);
	end[length - 1] = (char)((unsigned char)end[length - 1] + 1);
	end[length] = '\0';
	return true;
}

static enum store_result sqlite_scan(void *state, const char *prefix, const char *after,
    size_t limit, store_visit visit, void *context)
{
	struct sqlite *sqlite = state;
	char end[STORE_KEY_MAX + 1];
	bool go_on = true, from_prefix = strcmp(after, prefix) < 0 || !*after;
	struct connection *reader = borrow(sqlite);
	sqlite3_stmt *scan = reader->statements[from_prefix ? SCAN_FROM : SCAN_AFTER];

	sqlite3_bind_text(scan, 1, from_prefix ? prefix : after, -1, SQLITE_STATIC);
	if (end_of(prefix, end))
		sqlite3_bind_text(scan, 2, end, -1, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(scan, 2, 0); /* greater than any text */
	sqlite3_bind_int64(scan, 3, limit > 0 && limit < INT64_MAX ? (sqlite3_int64)limit : -1);
	int code = SQLITE_DONE;
	while (go_on && (code = sqlite3_step(scan)) == SQLITE_ROW) {
		struct store_record record = {
			.key = (const char *)sqlite3_column_text(scan, 0),
			.version = (uint64_t)sqlite3_column_int64(scan, 1),
			.document = (const char *)sqlite3_column_text(scan, 2),
			.length = (size_t)sqlite3_column_bytes(scan, 2),
		};
		if (!record.key || !record.document) {
			code = SQLITE_NOMEM;
			break;
		}
		go_on = visit(context, &record);
	}
	bool failed = code != SQLITE_DONE && code != SQLITE_ROW;
	if (failed)
		log_write(LOG_ERROR, NULL, "%s: reading on from %s: %s", sqlite->path, prefix,
		    sqlite3_errmsg(reader->db));
	sqlite3_reset(scan);
	give_back(sqlite, reader);
	return failed ? STORE_FAILED : STORE_OK;
}

/* Committing */

/* The version a key has now, 0 for none. */
static int find_version(struct connection *writer, const char *key, uint64_t *version)
{
	sqlite3_stmt *find = writer->statements[VERSION];
	sqlite3_bind_text(find, 1, key, -1, SQLITE_STATIC);
	*version = sqlite3_step(find) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(find, 0) : 0;
	return sqlite3_reset(find);
}

static int apply_op(struct connection *writer, const struct store_op *op, uint64_t version)
{
	sqlite3_stmt *put = writer->statements[PUT], *delete = writer->statements[DELETE];
	switch (op->action) {
	case STORE_PUT:
		sqlite3_bind_text(put, 1, op->key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(put, 2, (sqlite3_int64)version);
		sqlite3_bind_text(put, 3, op->document, (int)op->length, SQLITE_STATIC);
		return run(writer, PUT);
	case STORE_DELETE:
		sqlite3_bind_text(delete, 1, op->key, -1, SQLITE_STATIC);
		return run(writer, DELETE);
	case STORE_CHECK: break;
	}
	return SQLITE_OK;
}

/* Whether no operation could see another's effect. */
static bool keys_differ(const struct group_commit *commit)
{
	if (commit->count > FEW)
		return false;
	for (size_t i = 1; i < commit->count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(commit->ops[i].key, commit->ops[j].key) == 0)
				return false;
	return true;
}

/* Looks whether what one operation expects holds; if not, that is the commit's result. */
static int check_op(struct connection *writer, struct group_commit *commit, size_t i)
{
	const struct store_op *op = &commit->ops[i];
	uint64_t found = 0;
	int code = op->expect != STORE_ANY ? find_version(writer, op->key, &found) : SQLITE_OK;
	if (code == SQLITE_OK && !engine_holds(op, found)) {
		commit->result = STORE_CONFLICT;
		commit->done.failed = i;
	}
	return code;
}

/* Applies a commit whose operations may see each other's effects. Undoing one that conflicts needs a
 * savepoint, which costs a copy of each page that is written. */
static int apply_in_turn(struct connection *writer, struct group_commit *commit, uint64_t version)
{
	int code = run(writer, SAVEPOINT);
	for (size_t i = 0; i < commit->count && code == SQLITE_OK && commit->result == STORE_OK;
	     i++) {
		code = check_op(writer, commit, i);
		if (code == SQLITE_OK && commit->result == STORE_OK)
			code = apply_op(writer, &commit->ops[i], version);
	}
	if (code == SQLITE_OK && commit->result != STORE_OK)
		code = run(writer, UNDO);
	return code == SQLITE_OK ? run(writer, RELEASE) : code;
}

/* Applies one commit inside the group's transaction, or leaves that as it was: then the result is
 * STORE_CONFLICT. Anything but SQLITE_OK is the whole group's end. */
static int apply_commit(struct connection *writer, struct group_commit *commit, uint64_t version)
{
	int code = SQLITE_OK;
	commit->result = STORE_OK;
	commit->done.version = version;
	if (!keys_differ(commit))
		return apply_in_turn(writer, commit, version);
	for (size_t i = 0; i < commit->count && code == SQLITE_OK && commit->result == STORE_OK;
	     i++)
		code = check_op(writer, commit, i);
	for (size_t i = 0; i < commit->count && code == SQLITE_OK && commit->result == STORE_OK;
	     i++)
		code = apply_op(writer, &commit->ops[i], version);
	return code;
}

static int keep_sequence(struct sqlite *sqlite)
{
	sqlite3_stmt *keep = sqlite->writer->statements[SEQUENCE];
	sqlite3_bind_int64(keep, 1, (sqlite3_int64)sqlite->sequence);
	return run(sqlite->writer, SEQUENCE);
}

/* Undoes a group whose commit failed. When only its sync failed, the WAL's file has all of it, and
 * a crash would bring it back: so something harmless is written over it. */
static void undo_group(struct sqlite *sqlite, int code)
{
	struct connection *writer = sqlite->writer;
	if (!sqlite3_get_autocommit(writer->db))
		sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
	if (code == SQLITE_IOERR_FSYNC)
		keep_sequence(sqlite);
}

static void apply_group(void *context, struct group_commit *first)
{
	struct sqlite *sqlite = context;
	struct connection *writer = sqlite->writer;
	uint64_t before = sqlite->sequence;

	int code = run(writer, BEGIN);
	for (struct group_commit *commit = first; commit && code == SQLITE_OK;
	     commit = commit->next) {
		code = apply_commit(writer, commit, sqlite->sequence + 1);
		if (code == SQLITE_OK && commit->result == STORE_OK)
			sqlite->sequence++;
	}
	if (code == SQLITE_OK && sqlite->sequence != before)
		code = keep_sequence(sqlite);
	if (code == SQLITE_OK)
		code = run(writer, COMMIT);
	if (code == SQLITE_OK) {
		sqlite->full = false;
		return;
	}
	/* Also what conflicted did so with commits that are now undone. */
	enum store_result result = fail(sqlite, writer->db, "committing");
	undo_group(sqlite, code);
	for (struct group_commit *commit = first; commit; commit = commit->next)
		commit->result = result;
}

static enum store_result sqlite_commit(
    void *state, const struct store_op ops[], size_t count, struct store_done *done)
{
	struct sqlite *sqlite = state;
	return group_run(&sqlite->group, ops, count, done);
}

static int note_wal_pages(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite *sqlite = context;
	(void)db;
	(void)name;
	if (pages < sqlite->wal_pages)
		sqlite->checkpointed = 0; /* the WAL began anew */
	sqlite->wal_pages = pages;
	return SQLITE_OK;
}

/* Copies what the WAL has gathered into the database, so that SQLite begins the WAL anew. Readers
 * can keep it from that; a WAL that grew long nevertheless waits for them. */
static void checkpoint(void *context)
{
	struct sqlite *sqlite = context;
	if (sqlite->wal_pages - sqlite->checkpointed < CHECKPOINT_PAGES)
		return;
	int mode = sqlite->wal_pages < WAL_PAGES_MAX ? SQLITE_CHECKPOINT_PASSIVE
						     : SQLITE_CHECKPOINT_RESTART;
	sqlite->checkpointed = sqlite->wal_pages;
	int code = sqlite3_wal_checkpoint_v2(sqlite->writer->db, NULL, mode, NULL, NULL);
	if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
		fail(sqlite, sqlite->writer->db, "moving the WAL into the database");
}

/* Opening */

/* Reads one number, or a text as one line. */
static bool ask(sqlite3 *db, const char *question, int64_t *number, char *answer, size_t size)
{
	sqlite3_stmt *statement = NULL;
	bool found = sqlite3_prepare_v2(db, question, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW;
	if (found && number)
		*number = sqlite3_column_int64(statement, 0);
	if (found && answer) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);
		snprintf(answer, size, "%s", text ? text : "");
		for (char *end = answer; (end = strchr(end, '\n'));)
			*end = ' ';
	}
	return sqlite3_finalize(statement) == SQLITE_OK && found;
}

/* Looks whether the file is a sound store, without writing. A large one is not read through: that
 * would take longer than a start may. */
static bool examine(struct connection *connection, const char *path, char *why, size_t why_size)
{
	sqlite3 *db = connection->db;
	int64_t application = 0, version = 0, pages = 0, ends = 0, sequences = 0;
	char verdict[200] = "ok";

	if (!ask(db, "PRAGMA application_id", &application, NULL, 0) ||
	    !ask(db, "PRAGMA user_version", &version, NULL, 0))
		return refuse(path, sqlite3_errmsg(db), why, why_size);
	if (sqlite3_db_readonly(db, "main"))
		return refuse(path, "it cannot be written to", why, why_size);
	if (application != APPLICATION_ID)
		return refuse(path, "this database is not a store of Cinema", why, why_size);
	if (version != SCHEMA)
		return refuse(path, "another version of Cinema wrote this store", why, why_size);
	if (!ask(db, "SELECT count(*) FROM sequence", &sequences, NULL, 0) ||
	    !ask(db, "PRAGMA page_count", &pages, NULL, 0) ||
	    !ask(db,
		"SELECT total(length(document)) FROM documents WHERE key IN (SELECT min(key) FROM"
		" documents UNION ALL SELECT max(key) FROM documents)",
		&ends, NULL, 0) ||
	    (pages <= QUICK_CHECK_MAX &&
		!ask(db, "PRAGMA quick_check(1)", NULL, verdict, sizeof verdict)))
		return refuse(path, sqlite3_errmsg(db), why, why_size);
	if (sequences != 1)
		return refuse(path, "damaged: there is no sequence of versions", why, why_size);
	if (strcmp(verdict, "ok") != 0) {
		snprintf(why, why_size, "%s: damaged: %s", path, verdict);
		return false;
	}
	return true;
}

/* Makes an empty store under another name first: an empty file is never a store, so one that a
 * failing disk has emptied is not taken for new. */
static bool create(const char *folder, const char *path, char *why, size_t why_size)
{
	char draft[ENGINE_PATH_SIZE + 4], wal[ENGINE_PATH_SIZE + 4];
	snprintf(draft, sizeof draft, "%s.tmp", path);
	snprintf(wal, sizeof wal, "%s-wal", path);
	struct stat status;
	if (stat(wal, &status) == 0 && status.st_size > 0)
		return refuse(path, "the file is gone, but not its -wal", why, why_size);
	int error = file_replace(folder, draft, "", 0);
	if (error)
		return refuse(path, strerror(error), why, why_size);
	struct connection *connection = connect_to(draft, why, why_size);
	if (!connection)
		return false;
	bool good = sqlite3_exec(connection->db, schema, NULL, NULL, NULL) == SQLITE_OK ||
	    refuse(path, sqlite3_errmsg(connection->db), why, why_size);
	disconnect(connection);
	if (good && rename(draft, path) != 0)
		good = refuse(path, strerror(errno), why, why_size);
	error = good ? file_sync_folder(folder) : 0;
	return error ? refuse(path, strerror(error), why, why_size) : good;
}

/* Whether there is something that may be a store; makes one where there is nothing. */
static bool find_file(const char *folder, const char *path, char *why, size_t why_size)
{
	struct stat status;
	if (lstat(path, &status) != 0)
		return errno == ENOENT ? create(folder, path, why, why_size)
				       : refuse(path, strerror(errno), why, why_size);
	if (!S_ISREG(status.st_mode))
		return refuse(path, "this is not a file", why, why_size);
	if (status.st_size == 0)
		return refuse(path, "damaged: the file is empty", why, why_size);
	return true;
}

static bool open_writer(struct sqlite *sqlite, char *why, size_t why_size)
{
	struct connection *writer = connect_to(sqlite->path, why, why_size);
	char mode[16];
	int64_t last = 0;

	sqlite->writer = writer;
	if (!writer || !examine(writer, sqlite->path, why, why_size))
		return false;
	sqlite3 *db = writer->db;
	if (!ask(db, "PRAGMA journal_mode = WAL", NULL, mode, sizeof mode) ||
	    strcmp(mode, "wal") != 0 ||
	    !prepare(writer, writer_settings, READER_STATEMENTS, STATEMENTS) ||
	    !ask(db, "SELECT last FROM sequence", &last, NULL, 0))
		return refuse(sqlite->path, sqlite3_errmsg(db), why, why_size);
	sqlite->sequence = (uint64_t)last;
	sqlite3_wal_hook(db, note_wal_pages, sqlite);
	/* From here on the file is ours: the last connection closed leaves no WAL behind. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	sqlite3_db_release_memory(db); /* pages that were only looked through */
	return true;
}

static void sqlite_close(void *state)
{
	struct sqlite *sqlite = state;
	if (!sqlite)
		return;
	while (sqlite->idle) {
		struct connection *reader = sqlite->idle;
		sqlite->idle = reader->next;
		disconnect(reader);
	}
	disconnect(sqlite->writer);
	pthread_cond_destroy(&sqlite->returned);
	pthread_mutex_destroy(&sqlite->lock);
	group_free(&sqlite->group);
	free(sqlite);
}

static void *sqlite_open(const char *folder, const char *name, char *why, size_t why_size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite *sqlite = calloc(1, sizeof *sqlite);
	if (!sqlite) {
		refuse(folder, "no memory", why, why_size);
		return NULL;
	}
	pthread_once(&once, prepare_library);
	snprintf(sqlite->path, sizeof sqlite->path, "%s/%s.sqlite", folder, name);
	group_init(&sqlite->group, apply_group, checkpoint, sqlite);
	pthread_mutex_init(&sqlite->lock, NULL);
	pthread_cond_init(&sqlite->returned, NULL);
	if (find_file(folder, sqlite->path, why, why_size) && open_writer(sqlite, why, why_size))
		sqlite->idle = connect_reader(sqlite, why, why_size);
	sqlite->readers = sqlite->idle != NULL;
	if (sqlite->idle)
		return sqlite;
	sqlite_close(sqlite);
	return NULL;
}

const struct engine sqlite_engine = { "sqlite", sqlite_open, sqlite_close, sqlite_get, sqlite_scan,
	sqlite_commit };
