/* Documents that come from outside as they stand in data files: what a new store starts with, and what
 * the owner sends later (service/bulk.h). A service's functions turn either into documents, by the
 * same checks. */
#ifndef CINEMA_SERVICE_IMPORT_H
#define CINEMA_SERVICE_IMPORT_H

#include "service/batch.h"
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

/** The same for a document that says nothing about itself: whatever is there, it takes its place. */
void import_set(struct import *import, const char *key, struct json_object *document);

/**
 * The document put under key in this import so far, else the one in a store that is in use, or NULL.
 * Borrowed. Whoever changes it says so to import_get, and with import_find relies on it only: in a
 * store in use the import counts for nothing if it is another by then.
 */
struct json_object *import_get(struct import *import, const char *key);
struct json_object *import_find(struct import *import, const char *key);

/** Relies on there being nothing under key in a store in use; else that is the fault at place. */
void import_absent(struct import *import, const char *place, const char *key, const char *fault);

/**
 * Documents by key, in the order in which they came, and among them all whose key starts with prefix
 * that import_find would find. Borrowed.
 */
struct json_object *import_all(struct import *import, const char *prefix);

/** How many entries this import has had so far. */
size_t import_count(const struct import *import);

/** Checks an object against a table, naming place in the fault; false when it does not fit. */
bool import_check(struct import *import, const char *place, const struct field *fields,
    struct json_object *object);

/**
 * Says the first of a list of faults, as http/field.h makes it, and frees the list; a field "rows/2/name"
 * is told as "name" at place/rows/2. True when there is none.
 */
bool import_faults(struct import *import, const char *place, struct json_object *errors);

/** Says what is wrong at a place (NULL: the whole); the import then fails. The first fault is told. */
void import_fault(struct import *import, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What service/bulk.c does with one document, or entry, of what was sent. */

/** Begins with a store in use; count is for import_count. NULL without memory. */
struct import *import_new(struct service *service, size_t count);
void import_free(struct import *import);

/** What is wrong and where, or NULL: nothing. The place may be NULL. */
const char *import_wrong(const struct import *import, const char **place);

/** Why the store could not be read, if so. */
enum store_result import_trouble(const struct import *import);

/** The document put first, which is what the import is about, and its key. Borrowed. */
struct json_object *import_own(const struct import *import, const char **key);

/** Lets a document that was put take the place of the one that is there at that version. */
void import_replace(struct import *import, const char *key, uint64_t version);

/** Adds what was put, and what was relied on, to a batch. */
void import_write(const struct import *import, struct batch *batch);

#endif
