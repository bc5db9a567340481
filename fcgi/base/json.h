/* JSON in and out, over json-c, but stricter than it: what a service takes is exactly RFC 8259 with
 * no name twice in an object, no NUL in a string, valid UTF-8 and a bounded depth. */
#ifndef CINEMA_BASE_JSON_H
#define CINEMA_BASE_JSON_H

#include "base/buffer.h"

#include <json-c/json.h>

#define JSON_DEPTH 32

/**
 * Parses length bytes (text[length] must be NUL). Returns a value the caller frees with
 * json_object_put, or NULL with a sentence in why that says what is wrong and at which line and
 * column. The literal null is refused too: no document is null. A want of memory is noted, too.
 */
struct json_object *json_read(const char *text, size_t length, char *why, size_t why_size);

/** Appends value as compact JSON; NULL is null. */
void json_write(struct buffer *buffer, struct json_object *value);

/** Appends text as a JSON string, quotes and escapes included. */
void json_write_string(struct buffer *buffer, const char *text);

/** The string member `name` of object, or NULL when it is missing or no string. Borrowed. */
const char *json_text(struct json_object *object, const char *name);

/** The integer member `name` of object, or fallback when it is missing or no integer. */
int64_t json_integer(struct json_object *object, const char *name, int64_t fallback);

/** How many elements an array has; 0 for what is none. */
size_t json_length(struct json_object *array);

/** An element, or NULL: it is not there, or this is no array. Borrowed. */
struct json_object *json_at(struct json_object *array, size_t index);

/** The same of an element that is a string; "" if it is none. Borrowed. */
const char *json_text_at(struct json_object *array, size_t index);

/** Sorts an array by qsort, whose elements are struct json_object *; leaves alone what is none. */
void json_sort(struct json_object *array, int (*compare)(const void *, const void *));

/** How many members an object has; 0 for what is none. */
size_t json_members(struct json_object *object);

/** For json_foreach. */
struct lh_entry *json_first(struct json_object *object);

/** Declares name and member and goes through an object's members; what is no object has none. */
#define json_foreach(object, name, member)                                                         \
	const char *name = NULL;                                                                   \
	struct json_object *member = NULL;                                                         \
	for (struct lh_entry *entry_##name = json_first(object); entry_##name &&                   \
	     ((name = lh_entry_k(entry_##name)), (member = lh_entry_v(entry_##name)), true);       \
	     entry_##name = lh_entry_next(entry_##name))

/**
 * Adds a member and takes ownership of value; false, with value freed and a note in memory.h, when
 * value is NULL or memory ran out.
 */
bool json_add(struct json_object *object, const char *name, struct json_object *value);

/**
 * What a JSON merge patch (RFC 7396) makes of a document: a new value, whose parts are shared with
 * both. NULL when that is null, or without memory.
 */
struct json_object *json_merge(struct json_object *document, struct json_object *patch);

/** Adds a member that both objects then have; NULL is null. Otherwise as json_add. */
bool json_lend(struct json_object *object, const char *name, struct json_object *member);

/** Appends to an array; otherwise as json_add. */
bool json_append(struct json_object *array, struct json_object *value);

#endif
