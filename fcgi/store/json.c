/* The engine `json`: one file that a person can read and edit (jsonfile.h), and all its documents in
 * memory too. A commit makes a changed copy of the map, writes the whole file anew, and shows the
 * copy to readers when the file is durable: exact, and slow when large. */
#define _GNU_SOURCE /* a lock that writers get too */
#include "base/json.h"

#include "base/log.h"
#include "store/engine.h"
#include "store/file.h"
#include "store/jsonfile.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 40)

struct json {
	char folder[ENGINE_PATH_SIZE], path[ENGINE_PATH_SIZE];
	pthread_mutex_t commits; /* one at a time */
	bool full;               /* the last commit found no space */
	pthread_rwlock_t lock;   /* over map, never held while a file is written */
	struct map map;
};

/* Replaces the file; 0 or an errno. */
static int save(struct json *json, const struct map *map)
{
	struct buffer text;
	buffer_init(&text, FILE_MAX);
	jsonfile_write(&text, map);
	int error =
	    text.failed ? ENOMEM : file_replace(json->folder, json->path, text.data, text.length);
	buffer_free(&text);
	return error;
}

/* Turns an errno into a result and logs it; of a disk that stays full only the first time. */
static enum store_result fail(struct json *json, int error)
{
	bool full = engine_is_full(error);
	if (!full || !json->full)
		log_write(
		    LOG_ERROR, NULL, "%s: cannot be written: %s", json->path, strerror(error));
	json->full = full;
	return full ? STORE_FULL : STORE_FAILED;
}

/* Committing */

/* A document that is no JSON would make the whole file unreadable. */
static bool is_json(const struct store_op *op)
{
	char why[200], *text = malloc(op->length + 1);
	struct json_object *value = NULL;
	if (text) {
		memcpy(text, op->document, op->length);
		text[op->length] = '\0';
		value = json_read(text, op->length, why, sizeof why);
		if (!value)
			log_write(LOG_ERROR, NULL, "store: the document of %s: %s", op->key, why);
	}
	free(text);
	json_object_put(value);
	return value != NULL;
}

/* Takes a record out of a map that is being changed; one that only this map has is freed. */
static void drop(struct map *map, size_t index, uint64_t version)
{
	if (map->records[index]->version == version)
		free(map->records[index]);
	map_remove(map, index);
}

/* Applies a list of operations to a copy with room for all of them. */
static enum store_result apply(
    struct map *map, const struct store_op ops[], size_t count, struct store_done *done)
{
	for (size_t i = 0; i < count; i++) {
		const struct store_op *op = &ops[i];
		size_t index;
		bool found = map_find(map, op->key, &index);
		if (!engine_holds(op, found ? map->records[index]->version : 0)) {
			done->failed = i;
			return STORE_CONFLICT;
		}
		struct map_record *record = NULL;
		if (op->action == STORE_PUT) {
			record = is_json(op)
			    ? map_record(op->key, op->document, op->length, done->version)
			    : NULL;
			if (!record)
				return STORE_FAILED;
		}
		if (op->action != STORE_CHECK && found)
			drop(map, index, done->version);
		if (record)
			map_insert(map, index, record);
	}
	return STORE_OK;
}

static enum store_result json_commit(
    void *state, const struct store_op ops[], size_t count, struct store_done *done)
{
	struct json *json = state;
	struct map copy = { 0 };
	enum store_result result = STORE_FAILED;
	int error = 0;

	pthread_mutex_lock(&json->commits);
	/* Only this thread changes the map now, so reading it needs no lock. */
	if (!map_reserve(&copy, json->map.count + count + 1)) {
		error = ENOMEM;
		goto out;
	}
	copy.count = json->map.count;
	if (copy.count > 0)
		memcpy(copy.records, json->map.records, copy.count * sizeof(struct map_record *));
	copy.sequence = done->version = json->map.sequence + 1;
	result = apply(&copy, ops, count, done);
	if (result != STORE_OK)
		goto out;
	error = save(json, &copy);
	json->map.sequence = copy.sequence; /* also of a commit that failed */
	if (error) {
		/* The new file may be in its place, and only its name not durable. */
		save(json, &json->map);
		goto out;
	}
	json->full = false;
	pthread_rwlock_wrlock(&json->lock);
	struct map old = json->map;
	json->map = copy;
	copy = old;
	pthread_rwlock_unlock(&json->lock);
out:
	if (error)
		result = fail(json, error);
	map_free(&copy, &json->map);
	pthread_mutex_unlock(&json->commits);
	return result;
}

/* Reading */

static enum store_result json_get(
    void *state, const char *key, struct buffer *document, uint64_t *version)
{
	struct json *json = state;
	enum store_result result = STORE_ABSENT;
	size_t index;

	pthread_rwlock_rdlock(&json->lock);
	if (map_find(&json->map, key, &index)) {
		const struct map_record *record = json->map.records[index];
		if (document)
			buffer_append(document, record->document, record->length);
		if (version)
			*version = record->version;
		result = document && document->failed ? STORE_FAILED : STORE_OK;
	}
	pthread_rwlock_unlock(&json->lock);
	if (result == STORE_FAILED)
		log_write(LOG_ERROR, NULL, "%s: reading %s: there is no room for the document",
		    json->path, key);
	return result;
}

static enum store_result json_scan(void *state, const char *prefix, const char *after, size_t limit,
    store_visit visit, void *context)
{
	struct json *json = state;
	size_t index, shown = 0, length = strlen(prefix);
	bool go_on = true;

	pthread_rwlock_rdlock(&json->lock);
	const struct map *map = &json->map;
	if (strcmp(after, prefix) < 0)
		map_find(map, prefix, &index);
	else if (map_find(map, after, &index))
		index++;
	for (; go_on && index < map->count && (limit == 0 || shown < limit); index++, shown++) {
		const struct map_record *record = map->records[index];
		if (strncmp(record->key, prefix, length) != 0)
			break;
		go_on = visit(context,
		    &(struct store_record){
			.key = record->key,
			.document = record->document,
			.length = record->length,
			.version = record->version,
		    });
	}
	pthread_rwlock_unlock(&json->lock);
	return STORE_OK;
}

/* Opening */

/* Writes the file for the first time, or again when documents came without a version: the one that
 * they get now must not be given twice. */
static bool save_first(struct json *json, char *why, size_t why_size)
{
	for (size_t i = 0; i < json->map.count; i++)
		if (json->map.records[i]->version == 0)
			json->map.records[i]->version = ++json->map.sequence;
	int error = save(json, &json->map);
	if (error)
		snprintf(why, why_size, "%s: cannot be written: %s", json->path, strerror(error));
	return error == 0;
}

static bool load(struct json *json, char *why, size_t why_size)
{
	bool unversioned = false;
	char *text;
	size_t length;
	int error = file_read(json->path, &text, &length);
	if (error == ENOENT)
		return save_first(json, why, why_size);
	if (error) {
		snprintf(why, why_size, "%s: cannot be read: %s", json->path, strerror(error));
		return false;
	}
	bool good =
	    jsonfile_read(json->path, text, length, &json->map, &unversioned, why, why_size);
	free(text);
	return good && (!unversioned || save_first(json, why, why_size));
}

static void json_close(void *state)
{
	struct json *json = state;
	if (!json)
		return;
	map_free(&json->map, &(struct map){ 0 });
	pthread_rwlock_destroy(&json->lock);
	pthread_mutex_destroy(&json->commits);
	free(json);
}

static void *json_open(const char *folder, const char *name, char *why, size_t why_size)
{
	struct json *json = calloc(1, sizeof *json);
	pthread_rwlockattr_t attributes;

	if (!json) {
		snprintf(why, why_size, "%s: no memory", folder);
		return NULL;
	}
	snprintf(json->folder, sizeof json->folder, "%s", folder);
	snprintf(json->path, sizeof json->path, "%s/%s.json", folder, name);
	pthread_mutex_init(&json->commits, NULL);
	/* Readers that follow each other closely must not keep a commit out for ever. */
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&json->lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	if (load(json, why, why_size))
		return json;
	json_close(json);
	return NULL;
}

const struct engine json_engine = { "json", json_open, json_close, json_get, json_scan,
	json_commit };
