/* Documents that the owner writes. See document.h. */
#include "service/document.h"

#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/import.h"
#include "service/trail.h"

#include <string.h>

#define ATTEMPTS 20

/* One write, while it is thought over. */
struct write {
	const struct document_kind *kind;
	struct service *service;
	const struct request *request;
	struct response *response;
	const char *id;
	char key[STORE_KEY_MAX + 1];
	struct json_object *old, *fresh;
	uint64_t version; /* of old; 0: there is none */
	enum outcome outcome;
};

/* What became of an attempt. */
enum attempt { ATTEMPT_ANSWERED, ATTEMPT_LOST };

void document_key(const struct document_kind *kind, const char *id, char key[STORE_KEY_MAX + 1])
{
	snprintf(key, STORE_KEY_MAX + 1, "%s%s", kind->prefix, id);
}

void document_faults(const struct document_kind *kind, const char *id, struct json_object *document,
    struct json_object *errors)
{
	const char *own = json_text(document, "id");
	if (!field_check_object(kind->fields, document, "", errors))
		return;
	if (strcmp(own, id) != 0)
		field_fault(errors, "id", "must be the name it stands under");
	if (id_is_word(id))
		field_fault(errors, "id", "%s is a word of the paths, not a %s", id, kind->name);
	if (kind->check)
		kind->check(document, errors);
}

void document_import(
    const struct document_kind *kind, struct import *import, struct json_object *data)
{
	json_foreach(data, id, document)
	{
		char key[STORE_KEY_MAX + 1];
		struct json_object *errors = json_object_new_array();
		if (!json_object_is_type(document, json_type_object))
			field_fault(errors, "", "must be an object");
		else
			document_faults(kind, id, document, errors);
		if (!import_faults(import, id, errors))
			return;
		document_key(kind, id, key);
		import_put(import, id, key, json_object_get(document));
	}
}

enum outcome document_answer(const struct document_kind *kind, struct response *response,
    int status, struct json_object *document, uint64_t version)
{
	const char *id = json_text(document, "id");
	const char *location = arena_printf(response->request->arena, "%s%s", kind->path, id);
	kind->add_facts(document);
	response_json(response, status, document);
	if (!response->is_problem) {
		response->version = version;
		response->location = status == 201 ? location : NULL;
	}
	return OUTCOME_DONE;
}

static enum outcome absent(
    const struct document_kind *kind, struct response *response, const char *id)
{
	return response_problem(response, PROBLEM_NOT_FOUND, "There is no %s %s.", kind->name, id);
}

enum outcome document_get(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response)
{
	const char *id = request_param(request, kind->param);
	struct json_object *document = NULL;
	char key[STORE_KEY_MAX + 1];
	uint64_t version = 0;
	document_key(kind, id, key);
	enum store_result result = answer_read(service->store, key, &document, &version);
	if (result == STORE_ABSENT)
		return absent(kind, response, id);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	return document_answer(kind, response, 200, document, version);
}

/* The document that the request asks for: what the body says, for PATCH on top of what there is. */
static struct json_object *build(const struct write *write)
{
	struct json_object *given = write->request->body, *merged = NULL;
	struct json_object *fresh = json_object_new_object();
	if (write->request->method == METHOD_PATCH)
		given = merged = json_merge(write->old, given);
	for (const struct field *field = write->kind->fields; field->name; field++) {
		struct json_object *member = json_object_object_get(given, field->name);
		if (!member && strcmp(field->name, "id") == 0)
			json_add(fresh, "id", json_object_new_string(write->id));
		else if (json_object_object_get_ex(given, field->name, NULL))
			json_lend(fresh, field->name, member);
	}
	json_object_put(merged);
	return fresh;
}

/* Builds the document and checks it; false when the request is answered. */
static bool build_good(struct write *write)
{
	struct json_object *errors = json_object_new_array();
	write->fresh = build(write);
	document_faults(write->kind, write->id, write->fresh, errors);
	if (errors && json_length(errors) == 0) {
		json_object_put(errors);
		return true;
	}
	response_fields(write->response, PROBLEM_WRONG_FIELD, errors);
	return false;
}

static enum attempt answered(struct write *write, enum store_result result)
{
	answer_store_problem(write->response, result);
	return ATTEMPT_ANSWERED;
}

/* Reads what there is; false when the store fails and the request is answered. */
static bool read_old(struct write *write)
{
	write->version = 0;
	enum store_result result =
	    answer_read(write->service->store, write->key, &write->old, &write->version);
	if (result == STORE_OK || result == STORE_ABSENT)
		return true;
	answered(write, result);
	return false;
}

/* Asks the kind, and commits fresh (or a deletion) at the version that was read. */
static enum attempt commit(struct write *write)
{
	const struct document_kind *kind = write->kind;
	struct batch batch;
	uint64_t version = 0;
	batch_init(&batch, write->request->arena, DOCUMENT_CHECKS + 1 + TRAIL_OPS);
	if (kind->allow &&
	    !kind->allow(write->service, write->request, write->response, write->old, write->fresh,
		&batch, &write->outcome))
		return ATTEMPT_ANSWERED;
	if (write->fresh)
		batch_put_json(&batch, write->key, write->version, write->fresh);
	else
		batch_delete(&batch, write->key, write->version);
	trail_note(&batch, write->request,
	    !write->old        ? "create"
		: write->fresh ? "change"
			       : "delete",
	    write->old && write->fresh
		? trail_changed(write->request->arena, write->old, write->fresh)
		: NULL,
	    "%s%s", kind->path, write->id);
	if (write->fresh)
		document_answer(kind, write->response, write->old ? 200 : 201,
		    json_object_get(write->fresh), 0);
	else
		response_nothing(write->response);
	enum store_result result = batch_commit(&batch, write->service->store, &version, NULL);
	if (result == STORE_CONFLICT)
		return ATTEMPT_LOST;
	if (result != STORE_OK)
		return answered(write, result);
	write->response->version = write->fresh ? version : 0;
	return ATTEMPT_ANSWERED;
}

/* What is to be made is there already. */
static enum attempt answer_there(struct write *write)
{
	const struct request *request = write->request;
	if (request->idempotency_key && json_object_equal(write->old, write->fresh))
		document_answer(
		    write->kind, write->response, 201, json_object_get(write->old), write->version);
	else if (request->idempotency_key && !json_object_object_get(request->body, "id"))
		response_problem(write->response, PROBLEM_KEY_REUSED,
		    "This Idempotency-Key came with another body before.");
	else
		response_problem(write->response, PROBLEM_TAKEN, "There is a %s %s already.",
		    write->kind->name, write->id);
	return ATTEMPT_ANSWERED;
}

static enum attempt try_create(struct write *write)
{
	if (!read_old(write) || !build_good(write))
		return ATTEMPT_ANSWERED;
	return write->old ? answer_there(write) : commit(write);
}

static enum attempt try_change(struct write *write)
{
	if (!read_old(write))
		return ATTEMPT_ANSWERED;
	if (!write->old && !answer_may_create(write->request)) {
		absent(write->kind, write->response, write->id);
		return ATTEMPT_ANSWERED;
	}
	if (write->old && !answer_guarded(write->request, write->response, write->version))
		return ATTEMPT_ANSWERED;
	if (write->request->method != METHOD_DELETE && !build_good(write))
		return ATTEMPT_ANSWERED;
	return commit(write);
}

/* Thinks it over from the start when somebody was faster, who then has made If-Match stale. */
static enum outcome run(struct write *write, enum attempt (*attempt)(struct write *))
{
	document_key(write->kind, write->id, write->key);
	for (int i = 0; i < ATTEMPTS; i++) {
		enum attempt became = attempt(write);
		json_object_put(write->old);
		json_object_put(write->fresh);
		write->old = write->fresh = NULL;
		if (became == ATTEMPT_ANSWERED)
			return write->outcome;
	}
	return response_problem(write->response, PROBLEM_BUSY,
	    "Too many change the %ss at the same moment.", write->kind->name);
}

/* An id for what was given none, the same for the same user and Idempotency-Key. */
static const char *make_id(const struct request *request)
{
	char *id = arena_alloc(request->arena, ID_UUID_SIZE), hash[HASH_SIZE];
	const char *key = request->idempotency_key;
	if (!key)
		return id && id_make_uuid(id) ? id : NULL;
	const char *seed =
	    arena_printf(request->arena, "%s\n%s", request->user ? request->user : "", key);
	if (!id || !seed)
		return NULL;
	hash_bytes(seed, strlen(seed), hash);
	id_from_hash(hash, id);
	return id;
}

enum outcome document_create(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response)
{
	struct write write = { kind, service, request, response, .outcome = OUTCOME_DONE };
	write.id = json_text(request->body, "id");
	if (!write.id)
		write.id = make_id(request);
	if (!write.id)
		return response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	return run(&write, try_create);
}

enum outcome document_change(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response)
{
	struct write write = { kind, service, request, response, .outcome = OUTCOME_DONE };
	write.id = request_param(request, kind->param);
	return run(&write, try_change);
}

enum outcome document_delete(const struct document_kind *kind, struct service *service,
    const struct request *request, struct response *response)
{
	return document_change(kind, service, request, response);
}
