/* Importing data files. See import.h. The documents gather in one JSON object, key by key, and are
 * committed together with the mark `imported`, so that a store has had its import whole or not at
 * all. */
#include "service/import.h"

#include "base/json.h"
#include "base/memory.h"
#include "service/answer.h"
#include "service/trail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMPORT_MARK "imported"
#define WHATEVER    (-1) /* instead of a version: what is there does not matter */

struct import {
	const struct service *service;
	bool in_use;                      /* the store has documents, which count too */
	char path[2 * SETTING_TEXT_SIZE]; /* of the file that is read now */
	size_t count;
	struct json_object *documents; /* that were put, by key */
	struct json_object *found;     /* that were read in the store, by key; null: absent */
	struct json_object *versions;  /* by key, of what was read or is to be there; 0: absent */
	enum store_result trouble;
	char place[256], reason[256];
};

const struct settings *import_settings(const struct import *import)
{
	return import->service->settings;
}

size_t import_count(const struct import *import)
{
	return import->in_use ? import->count : json_members(import->documents);
}

/* Names in the data may have what would make a line of a log two. */
static void keep_in_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void import_fault(struct import *import, const char *place, const char *format, ...)
{
	if (import->reason[0])
		return;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(import->reason, sizeof import->reason, format, arguments);
	va_end(arguments);
	snprintf(import->place, sizeof import->place, "%s", place ? place : "");
	keep_in_line(import->reason);
	keep_in_line(import->place);
}

/* Notes the version at which a key was read, or is to be put. */
static void set_version(struct import *import, const char *key, int64_t version)
{
	if (!json_add(import->versions, key, json_object_new_int64(version)))
		import_fault(import, NULL, "no memory");
}

/* Reads a document of a store in use once; NULL when it is not there. */
static struct json_object *read_stored(struct import *import, const char *key)
{
	struct json_object *document = NULL;
	uint64_t version = 0;
	if (!import->in_use || json_object_object_get_ex(import->found, key, &document))
		return document;
	enum store_result result = answer_read(import->service->store, key, &document, &version);
	if (result != STORE_OK && result != STORE_ABSENT) {
		import->trouble = result;
		import_fault(import, NULL, "the store cannot be read");
	}
	if (json_object_object_add(import->found, key, document) != 0) {
		json_object_put(document);
		memory_note();
		import_fault(import, NULL, "no memory");
		return NULL;
	}
	set_version(import, key, (int64_t)version);
	return document;
}

struct json_object *import_find(struct import *import, const char *key)
{
	struct json_object *document = json_object_object_get(import->documents, key);
	return document ? document : read_stored(import, key);
}

struct json_object *import_get(struct import *import, const char *key)
{
	struct json_object *document = import_find(import, key);
	if (document && !json_object_object_get(import->documents, key) &&
	    !json_add(import->documents, key, json_object_get(document)))
		import_fault(import, NULL, "no memory");
	return document;
}

void import_absent(struct import *import, const char *place, const char *key, const char *fault)
{
	if (read_stored(import, key))
		import_fault(import, place, "%s", fault);
}

struct visit_all {
	struct import *import;
	char keys[200][STORE_KEY_MAX + 1]; /* a visit may not call the store */
	size_t count;
};

static bool collect_key(void *context, const struct store_record *record)
{
	struct visit_all *all = context;
	snprintf(all->keys[all->count++], STORE_KEY_MAX + 1, "%s", record->key);
	return true;
}

struct json_object *import_all(struct import *import, const char *prefix)
{
	const size_t most = sizeof((struct visit_all *)0)->keys / (STORE_KEY_MAX + 1);
	if (!import->in_use)
		return import->documents;
	struct visit_all *all = malloc(sizeof *all);
	char after[STORE_KEY_MAX + 1] = "";
	do {
		if (!all) {
			memory_note();
			break;
		}
		all->count = 0;
		enum store_result result =
		    store_scan(import->service->store, prefix, after, most, collect_key, all);
		if (result != STORE_OK)
			import->trouble = result;
		for (size_t i = 0; i < all->count; i++)
			read_stored(import, all->keys[i]);
		if (all->count > 0)
			snprintf(after, sizeof after, "%s", all->keys[all->count - 1]);
	} while (all->count == most);
	if (!all || import->trouble != STORE_OK)
		import_fault(import, NULL, "the store cannot be read");
	free(all);
	return import->found;
}

void import_put(
    struct import *import, const char *place, const char *key, struct json_object *document)
{
	if (json_object_object_get(import->documents, key) || strlen(key) > STORE_KEY_MAX) {
		import_fault(import, place, "%s is there twice or too long", key);
		json_object_put(document);
	} else if (!json_add(import->documents, key, document)) {
		import_fault(import, place, "no memory");
	} else if (import->in_use) {
		set_version(import, key, 0);
	}
}

void import_set(struct import *import, const char *key, struct json_object *document)
{
	if (!json_add(import->documents, key, document))
		import_fault(import, NULL, "no memory");
	else if (import->in_use)
		set_version(import, key, WHATEVER);
}

struct import *import_new(struct service *service, size_t count)
{
	struct import *import = malloc(sizeof *import);
	if (!import) {
		memory_note();
		return NULL;
	}
	*import = (struct import){
		.service = service,
		.in_use = true,
		.count = count,
		.documents = json_object_new_object(),
		.found = json_object_new_object(),
		.versions = json_object_new_object(),
	};
	if (import->documents && import->found && import->versions)
		return import;
	memory_note();
	import_free(import);
	return NULL;
}

void import_free(struct import *import)
{
	if (!import)
		return;
	json_object_put(import->documents);
	json_object_put(import->found);
	json_object_put(import->versions);
	free(import);
}

const char *import_wrong(const struct import *import, const char **place)
{
	*place = import->place[0] ? import->place : NULL;
	return import->reason[0] ? import->reason : NULL;
}

enum store_result import_trouble(const struct import *import)
{
	return import->trouble;
}

struct json_object *import_own(const struct import *import, const char **key)
{
	json_foreach(import->documents, first, document)
	{
		*key = first;
		return document;
	}
	return NULL;
}

void import_replace(struct import *import, const char *key, uint64_t version)
{
	set_version(import, key, (int64_t)version);
}

void import_write(const struct import *import, struct batch *batch)
{
	json_foreach(import->versions, key, number)
	{
		int64_t version = json_object_get_int64(number);
		uint64_t expected = version == WHATEVER ? BATCH_ANY : (uint64_t)version;
		struct json_object *document = json_object_object_get(import->documents, key);
		if (document)
			batch_put_json(batch, key, expected, document);
		else
			batch_check(batch, key, expected);
	}
}

bool import_faults(struct import *import, const char *place, struct json_object *errors)
{
	struct json_object *first = errors ? json_at(errors, 0) : NULL;
	const char *field = json_text(first, "field"), *detail = json_text(first, "detail");
	if (errors && !first) {
		json_object_put(errors);
		return true;
	}
	if (!field || !detail)
		memory_note();
	field = field ? field : "?";
	const char *slash = strrchr(field, '/');
	char full[256];
	snprintf(full, sizeof full, "%s%s%.*s", place, slash ? "/" : "",
	    slash ? (int)(slash - field) : 0, field);
	field = slash ? slash + 1 : field;
	import_fault(import, full, "%s%s%s", field, *field ? ": " : "", detail ? detail : "?");
	json_object_put(errors);
	return false;
}

bool import_check(struct import *import, const char *place, const struct field *fields,
    struct json_object *object)
{
	if (!json_object_is_type(object, json_type_object)) {
		import_fault(import, place, "must be an object");
		return false;
	}
	struct json_object *errors = json_object_new_array();
	if (errors)
		field_check_object(fields, object, "", errors);
	return import_faults(import, place, errors);
}

void import_open(struct service *service)
{
	char path[2 * SETTING_TEXT_SIZE];
	const char *folder = settings_text(service->settings, SETTING_DATA);
	for (size_t i = 0; service->definition->data[i].file; i++) {
		struct service_data *data = &service->data[i];
		snprintf(path, sizeof path, "%s/%s", folder, service->definition->data[i].file);
		data->file = fopen(path, "re");
		data->error = data->file ? 0 : errno;
		if (data->error == ENOENT && access(folder, X_OK) == 0)
			data->error = 0;
	}
}

static void close_data(struct service *service)
{
	for (size_t i = 0; i < SERVICE_DATA_FILES; i++) {
		if (service->data[i].file)
			fclose(service->data[i].file);
		service->data[i].file = NULL;
	}
}

/* Reads one of the data files; one that is not there reads as an empty object. */
static struct json_object *read_file(
    struct import *import, const char *name, const struct service_data *source)
{
	char why[192], chunk[16384];
	struct json_object *data = NULL;
	struct buffer text;
	size_t count;

	snprintf(import->path, sizeof import->path, "%s/%s",
	    settings_text(import_settings(import), SETTING_DATA), name);
	if (!source->file && !source->error)
		return json_object_new_object();
	buffer_init(&text, INT32_MAX - 1);
	if (!source->file) {
		import_fault(import, NULL, "%s", strerror(source->error));
		goto out;
	}
	while ((count = fread(chunk, 1, sizeof chunk, source->file)) > 0)
		buffer_append(&text, chunk, count);
	if (ferror(source->file) || text.failed) {
		import_fault(import, NULL, "it cannot be read: %s", strerror(errno));
		goto out;
	}
	data = json_read(text.data ? text.data : "", text.length, why, sizeof why);
	if (!data)
		import_fault(import, NULL, "%s", why);
	else if (!json_object_is_type(data, json_type_object))
		import_fault(import, NULL, "must be one object");
out:
	buffer_free(&text);
	return data;
}

/* One commit of everything gathered, with the mark. */
static bool commit(struct import *import, char *why, size_t why_size)
{
	static const char mark[] = "{}";
	size_t count = json_members(import->documents) + 1 + TRAIL_OPS;
	size_t used = 0;
	struct store_op *ops = calloc(count, sizeof *ops);
	enum store_result result = STORE_FAILED;
	struct arena arena;
	struct batch trail;
	struct buffer text;

	arena_init(&arena);
	buffer_init(&text, STORE_DOCUMENT_MAX);
	batch_init(&trail, &arena, TRAIL_OPS);
	trail_note(&trail, NULL, "import", NULL, "/%s", import->service->definition->name);
	if (!ops || trail.failed)
		goto out;
	ops[used++] = trail.ops[0];
	ops[used++] = (struct store_op){ STORE_PUT, STORE_EXPECT_ABSENT, 0, IMPORT_MARK, mark,
		sizeof mark - 1 };
	json_foreach(import->documents, key, document)
	{
		buffer_clear(&text);
		json_write(&text, document);
		const char *copy = text.failed ? NULL : arena_copy(&arena, text.data, text.length);
		ops[used++] =
		    (struct store_op){ STORE_PUT, STORE_EXPECT_ABSENT, 0, key, copy, text.length };
	}
	/* Also what went missing while the files were read. */
	if (!memory_noted())
		result = store_commit(import->service->store, ops, used, NULL);
out:
	buffer_free(&text);
	free(ops);
	arena_free(&arena);
	if (result != STORE_OK)
		snprintf(why, why_size, "the store does not take the documents of %s: %s",
		    settings_text(import_settings(import), SETTING_DATA),
		    result == STORE_FULL ? "no space left"
			: memory_noted() ? "memory ran out"
					 : "see the log");
	return result == STORE_OK;
}

/* Whether this store has had its import; *failed when it cannot be read. */
static bool has_been(const struct service *service, bool *failed)
{
	*failed = false;
	if (!service->store)
		return false;
	enum store_result result = store_get(service->store, IMPORT_MARK, NULL, NULL);
	*failed = result != STORE_OK && result != STORE_ABSENT;
	return result == STORE_OK;
}

bool import_run(struct service *service, char *why, size_t why_size)
{
	struct import import = { .service = service };
	bool failed, good = has_been(service, &failed);
	if (failed)
		snprintf(why, why_size, "the store cannot be read: see the log");
	if (failed || good)
		goto out;
	import.documents = json_object_new_object();
	if (!import.documents)
		import_fault(&import, NULL, "no memory");
	for (size_t i = 0; service->definition->data[i].file && !import.reason[0]; i++) {
		struct json_object *data =
		    read_file(&import, service->definition->data[i].file, &service->data[i]);
		if (!import.reason[0])
			service->definition->data[i].import(&import, data);
		json_object_put(data);
	}
	if (import.reason[0])
		snprintf(why, why_size, "%.200s: %.96s%s%s", import.path, import.place,
		    import.place[0] ? ": " : "", import.reason);
	else
		good = !service->store || commit(&import, why, why_size);
out:
	json_object_put(import.documents);
	close_data(service);
	return good;
}
