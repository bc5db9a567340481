/* Importing data files. See import.h. The documents gather in one JSON object, key by key, and are
 * committed together with the mark `imported`, so that a store has had its import whole or not at
 * all. */
#include "service/import.h"

#include "base/json.h"
#include "base/memory.h"
#include "service/trail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMPORT_MARK "imported"

struct import {
	const struct service *service;
	char path[2 * SETTING_TEXT_SIZE]; /* of the file that is read now */
	struct json_object *documents;
	char fault[640];
};

const struct settings *import_settings(const struct import *import)
{
	return import->service->settings;
}

struct json_object *import_documents(const struct import *import)
{
	return import->documents;
}

struct json_object *import_get(const struct import *import, const char *key)
{
	return json_object_object_get(import->documents, key);
}

void import_fault(struct import *import, const char *place, const char *format, ...)
{
	if (import->fault[0])
		return;
	char reason[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(reason, sizeof reason, format, arguments);
	va_end(arguments);
	snprintf(import->fault, sizeof import->fault, "%.200s: %.96s%s%s", import->path,
	    place ? place : "", place ? ": " : "", reason);
}

void import_put(
    struct import *import, const char *place, const char *key, struct json_object *document)
{
	if (import_get(import, key) || strlen(key) > STORE_KEY_MAX) {
		import_fault(import, place, "%s is there twice or too long", key);
		json_object_put(document);
	} else if (!json_add(import->documents, key, document)) {
		import_fault(import, place, "no memory");
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
	for (size_t i = 0; service->definition->data[i].file && !import.fault[0]; i++) {
		struct json_object *data =
		    read_file(&import, service->definition->data[i].file, &service->data[i]);
		if (!import.fault[0])
			service->definition->data[i].import(&import, data);
		json_object_put(data);
	}
	if (import.fault[0])
		snprintf(why, why_size, "%s", import.fault);
	else
		good = !service->store || commit(&import, why, why_size);
out:
	json_object_put(import.documents);
	close_data(service);
	return good;
}
