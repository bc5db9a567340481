/* The file of the engine `json`. See jsonfile.h.
 *
 * The frame is read here and each document's text is cut out and checked by json_read: so a text
 * stays as it was put, no number is rounded, and a document may be as deep as anywhere else. */
#include "store/jsonfile.h"

#include "base/json.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
	const char *path;
	char *text;
	size_t length, at;
	struct map *map;
	bool unversioned; /* a document has no version */
	char *why;
	size_t why_size;
};

struct member {
	const char *key;
	struct map_record *record;
	int64_t version;
};

typedef bool (*read_member)(struct file *file, const char *name, void *context);

/* Says what is wrong at a place; false, to be returned. */
static bool fault(struct file *file, size_t at, const char *what)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at; i++) {
		column = file->text[i] == '\n' ? 1 : column + 1;
		line += file->text[i] == '\n';
	}
	snprintf(file->why, file->why_size, "%s: line %zu, column %zu: %s", file->path, line,
	    column, what);
	return false;
}

static void skip_space(struct file *file)
{
	file->at += strspn(file->text + file->at, " \t\r\n");
}

static bool skip(struct file *file, char c)
{
	skip_space(file);
	if (file->text[file->at] != c)
		return false;
	file->at++;
	return true;
}

/* Moves past a value, whose inside is not looked at but for strings and brackets. */
static void skip_value(struct file *file)
{
	size_t depth = 0;
	bool in_string = false;
	for (; file->at < file->length; file->at++) {
		char c = file->text[file->at];
		if (in_string) {
			if (c == '\\')
				file->at++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (depth == 0 && strchr(",:}] \t\r\n", c))
			return;
		if (c == '"')
			in_string = true;
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		if (depth == 0 && (c == '}' || c == ']'))
			break;
	}
	file->at = file->at < file->length ? file->at + 1 : file->length;
}

/* Says what json_read finds in the value that starts at a place, counted from the file's start: it
 * gets the text up to the value's end with everything before it made white. */
static bool explain(struct file *file, size_t start)
{
	char *copy = malloc(file->at + 1), why[200] = "no memory";
	if (copy) {
		for (size_t i = 0; i < start; i++)
			copy[i] = file->text[i] == '\n' ? '\n' : ' ';
		memcpy(copy + start, file->text + start, file->at - start);
		copy[file->at] = '\0';
		json_object_put(json_read(copy, file->at, why, sizeof why));
	}
	free(copy);
	snprintf(file->why, file->why_size, "%s: %s", file->path, why);
	return false;
}

/* Reads the next value, to be freed by the caller; NULL with a fault told. */
static struct json_object *read_value(struct file *file)
{
	char why[200];
	skip_space(file);
	size_t start = file->at;
	skip_value(file);
	if (file->at == start) {
		fault(file, start, "a value must stand here");
		return NULL;
	}
	char next = file->text[file->at];
	file->text[file->at] = '\0';
	struct json_object *value =
	    json_read(file->text + start, file->at - start, why, sizeof why);
	file->text[file->at] = next;
	if (!value)
		explain(file, start);
	return value;
}

static bool read_object(struct file *file, read_member read, void *context)
{
	if (!skip(file, '{'))
		return fault(file, file->at, "an object ({…}) must stand here");
	if (skip(file, '}'))
		return true;
	do {
		skip_space(file);
		size_t start = file->at;
		if (file->text[start] != '"')
			return fault(file, start, "a name (\"…\") must stand here");
		struct json_object *name = read_value(file);
		bool good = name &&
		    (json_object_is_type(name, json_type_string) ||
			fault(file, start, "a name (\"…\") must stand here")) &&
		    (skip(file, ':') || fault(file, file->at, "a colon must stand here")) &&
		    read(file, json_object_get_string(name), context);
		json_object_put(name);
		if (!good)
			return false;
	} while (skip(file, ','));
	return skip(file, '}') || fault(file, file->at, "a comma or } must stand here");
}

static bool read_number(struct file *file, int64_t smallest, int64_t *number)
{
	skip_space(file);
	size_t start = file->at;
	struct json_object *value = read_value(file);
	if (!value)
		return false;
	*number = json_object_get_int64(value);
	bool good =
	    json_object_is_type(value, json_type_int) && *number >= smallest && *number < INT64_MAX;
	json_object_put(value);
	return good || fault(file, start, "a whole number must stand here");
}

static bool read_record(struct file *file, const char *name, void *context)
{
	struct member *member = context;
	skip_space(file);
	size_t start = file->at;
	if (strcmp(name, "version") == 0 && member->version == 0)
		return read_number(file, 1, &member->version);
	if (strcmp(name, "document") != 0 || member->record)
		return fault(file, start, "here can only be one \"version\" and one \"document\"");
	struct json_object *value = read_value(file);
	if (!value)
		return false;
	json_object_put(value);
	if (file->at - start <= STORE_DOCUMENT_MAX)
		member->record = map_record(member->key, file->text + start, file->at - start, 0);
	return member->record ||
	    fault(file, start, "the document is too large, or there is no memory");
}

static bool read_document(struct file *file, const char *key, void *context)
{
	struct map *map = file->map;
	struct member member = { .key = key };
	size_t index, start = file->at;

	(void)context;
	if (!*key || strlen(key) > STORE_KEY_MAX)
		return fault(file, start, "the key is empty or too long");
	if (map_find(map, key, &index))
		return fault(file, start, "the key is there twice");
	if (!read_object(file, read_record, &member))
		goto bad;
	if (!member.record) {
		fault(file, start, "there is no \"document\"");
		goto bad;
	}
	if (!map_reserve(map, map->count < map->capacity ? 0 : 2 * map->capacity + 64)) {
		fault(file, start, "no memory");
		goto bad;
	}
	member.record->version = (uint64_t)member.version;
	if (member.record->version > map->sequence)
		map->sequence = member.record->version;
	if (member.version == 0)
		file->unversioned = true;
	map_insert(map, index, member.record);
	return true;
bad:
	free(member.record);
	return false;
}

static bool read_frame(struct file *file, const char *name, void *context)
{
	bool *documents = context;
	int64_t sequence;
	if (strcmp(name, "documents") == 0 && !*documents) {
		*documents = true;
		return read_object(file, read_document, NULL);
	}
	if (strcmp(name, "sequence") != 0)
		return fault(file, file->at, "here can only be \"sequence\" and one \"documents\"");
	if (!read_number(file, 0, &sequence))
		return false;
	if ((uint64_t)sequence > file->map->sequence)
		file->map->sequence = (uint64_t)sequence;
	return true;
}

bool jsonfile_read(const char *path, char *text, size_t length, struct map *map, bool *unversioned,
    char *why, size_t why_size)
{
	struct file file = { .path = path,
		.text = text,
		.length = length,
		.map = map,
		.why = why,
		.why_size = why_size };
	bool documents = false;
	if (!read_object(&file, read_frame, &documents))
		return false;
	skip_space(&file);
	if (file.at < length)
		return fault(&file, file.at, "nothing may stand here");
	if (!documents)
		return fault(&file, file.at, "there are no \"documents\"");
	*unversioned = file.unversioned;
	return true;
}

void jsonfile_write(struct buffer *text, const struct map *map)
{
	buffer_printf(
	    text, "{\"sequence\": %llu,\n \"documents\": {", (unsigned long long)map->sequence);
	for (size_t i = 0; i < map->count; i++) {
		const struct map_record *record = map->records[i];
		buffer_text(text, i ? ",\n  " : "\n  ");
		json_write_string(text, record->key);
		buffer_printf(text,
		    ": {\"version\": %llu, \"document\": ", (unsigned long long)record->version);
		buffer_append(text, record->document, record->length);
		buffer_text(text, "}");
	}
	buffer_text(text, "\n }}\n");
}
