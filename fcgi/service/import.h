/* The documents a new store starts with: data files in, one commit out, all or nothing. */
#ifndef CINEMA_SERVICE_IMPORT_H
#define CINEMA_SERVICE_IMPORT_H

#include "service/service.h"

/**
 * Opens the definition's data files for import_run, which closes them: so that they can be where only
 * root may read, which the service is no more when it reads them.
 */
void import_open(struct service *service);

/**
 * Imports the definition's data files unless this store has had its import; a missing file counts
 * as an empty one. False with a line in why that names file, place and reason; then nothing is in
 * the store. With service->store NULL it reads and checks, and commits nothing.
 */
bool import_run(struct service *service, char *why, size_t why_size);

/** The settings an import is made under. */
const struct settings *import_settings(const struct import *import);

/** Adds a document under key; takes ownership of it. A key twice is a fault at place. */
void import_put(
    struct import *import, const char *place, const char *key, struct json_object *document);

/** The document put under key in this import so far, or NULL. Borrowed, and may be changed. */
struct json_object *import_get(const struct import *import, const char *key);

/** The documents put so far, by key in the order they came. Borrowed. */
struct json_object *import_documents(const struct import *import);

/** Checks an object against a table, naming place in the fault; false when it does not fit. */
bool import_check(struct import *import, const char *place, const struct field *fields,
    struct json_object *object);

/**
 * Says the first of a list of faults, as http/field.h makes it, and frees the list; a field "rows/2/name"
 * is told as "name" at place/rows/2. True when there is none.
 */
bool import_faults(struct import *import, const char *place, struct json_object *errors);

/** Says what is wrong at a place (NULL: the file as a whole); the import then fails as a whole. The first fault is told. */
void import_fault(struct import *import, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
