/* Bulk export and import. See bulk.h.
 *
 * Documents that come in are committed in groups, so that one sync does for many; where a group meets
 * a conflict, each of its documents is thought over again and committed by itself. */
#include "service/bulk.h"

#include "base/json.h"
#include "base/members.h"
#include "base/memory.h"
#include "service/answer.h"
#include "service/import.h"
#include "service/trail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK       65536
#define GROUP_MAX   200
#define GROUP_BYTES (512 * 1024)
#define PLACE_SIZE  224
#define REPORT_ROOM 512 /* of an answer, but for the faults */
#define ATTEMPTS    20  /* of one document that others change at the same moment */

const struct service_kind *bulk_kind(
    const struct service *service, const struct request *request, const char *last)
{
	const struct service_kind *data = service->definition->data;
	for (size_t i = 0; i < SERVICE_DATA_FILES && data[i].file; i++) {
		size_t length = strlen(data[i].path);
		if (strncmp(request->pattern, data[i].path, length) == 0 &&
		    strcmp(request->pattern + length, last) == 0)
			return &data[i];
	}
	return NULL;
}

enum outcome bulk_answer(struct response *response, const struct service_kind *data,
    const struct response_source *source)
{
	response_header(response, "Content-Disposition",
	    arena_printf(response->request->arena, "attachment; filename=\"%s\"", data->file));
	return response_pieces(response, source);
}

/* An export that is under way. */
struct out {
	struct store *store;
	const struct service_kind *data;
	struct buffer *piece;
	char after[STORE_KEY_MAX + 1];
	bool begun, more, done;
};

static bool write_one(void *context, const struct store_record *record)
{
	struct out *out = context;
	out->more = out->piece->length >= BULK_PIECE;
	if (out->more || out->piece->failed)
		return false;
	buffer_text(out->piece, out->begun ? ",\n" : "{\n");
	out->begun = true;
	json_write_string(out->piece, record->key + strlen(out->data->prefix));
	buffer_text(out->piece, ":");
	if (out->data->write)
		out->data->write(out->piece, record);
	else
		buffer_append(out->piece, record->document, record->length);
	snprintf(out->after, sizeof out->after, "%s", record->key);
	return true;
}

static bool write_piece(void *context, struct buffer *piece)
{
	struct out *out = context;
	if (out->done)
		return false;
	out->piece = piece;
	out->more = false;
	piece->failed |=
	    store_scan(out->store, out->data->prefix, out->after, 0, write_one, out) != STORE_OK;
	out->done = !out->more;
	if (out->done)
		buffer_text(piece, out->begun ? "\n}\n" : "{}\n");
	return true;
}

enum outcome bulk_export(
    struct service *service, const struct request *request, struct response *response)
{
	const struct service_kind *data = bulk_kind(service, request, "/export");
	struct out *out = arena_alloc(request->arena, sizeof *out);
	if (!out || !data)
		return response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	*out = (struct out){
		.store = service->store,
		.data = data,
	};
	const struct response_source source = { .next = write_piece, .context = out };
	return bulk_answer(response, data, &source);
}

const struct field bulk_query[] = {
	{ "replace", FIELD_BOOLEAN, false, 0, 0, NULL },
	{ 0 },
};

/* A document that came, not yet committed. */
struct one {
	char place[PLACE_SIZE];
	size_t line;
	struct buffer text; /* of the file that has it alone */
};

enum verdict { TAKEN, REPLACED, UNCHANGED, REFUSED, VERDICTS };

static const char *const verdict_names[VERDICTS] = { "taken", "replaced", "unchanged", "refused" };

/* An import that is under way. */
struct in {
	struct service *service;
	const struct request *request;
	struct response *response;
	const struct service_kind *data;
	bool replace;
	struct one group[GROUP_MAX];
	size_t count, bytes; /* in the group */
	size_t total;        /* of all documents so far */
	int64_t counts[VERDICTS];
	struct buffer faults; /* told so far, as JSON joined by commas */
	size_t fault_count;
	struct arena arena; /* of a commit */
	enum store_result trouble;
};

/* Notes a fault, and room for it in the answer: after a commit it is too late to lack memory. */
static void refuse(struct in *in, const char *place, size_t line, const char *reason)
{
	in->counts[REFUSED]++;
	if (in->fault_count == BULK_FAULTS_MAX)
		return;
	buffer_text(&in->faults, in->fault_count++ ? ",\n{\"place\":" : "{\"place\":");
	json_write_string(&in->faults, place);
	buffer_printf(&in->faults, ",\"line\":%zu,\"detail\":", line);
	json_write_string(&in->faults, reason);
	buffer_text(&in->faults, "}");
	buffer_reserve(&in->response->body, in->faults.length + REPORT_ROOM);
}

/* Holds a document against what the store has. TAKEN: nothing is there; UNCHANGED: just this is;
 * REPLACED: it may take the place of what is; REFUSED, with *wrong: it may not. */
static enum verdict compare(struct in *in, struct import *import, const char **wrong)
{
	struct json_object *old = NULL;
	const char *key = "", *place;
	uint64_t version;
	enum verdict verdict = REFUSED;
	struct json_object *fresh = import_own(import, &key);
	enum store_result result = answer_read(in->service->store, key, &old, &version);
	if (result != STORE_OK) {
		in->trouble = result == STORE_ABSENT ? STORE_OK : result;
		return TAKEN;
	}
	if (in->data->keep)
		in->data->keep(old, fresh);
	if (json_object_equal(old, fresh))
		verdict = UNCHANGED;
	else if (in->data->fixed)
		*wrong = "is there already, and is another";
	else if (!in->replace)
		*wrong = "is there already, and is another; ?replace=true puts this in its place";
	else if (in->data->may_replace && !in->data->may_replace(import, old, fresh))
		*wrong = import_wrong(import, &place);
	else
		verdict = REPLACED;
	import_replace(import, key, version);
	json_object_put(old);
	return verdict;
}

/* Turns what came into a document; *wrong says what is wrong with it. */
static enum verdict judge(struct in *in, struct import *import, struct json_object *data,
    const char **place, const char **wrong)
{
	const char *key;
	in->data->import(import, data);
	*wrong = import_wrong(import, place);
	if (!import_own(import, &key)) {
		*wrong = *wrong ? *wrong : "is nothing that can be taken";
		return REFUSED;
	}
	enum verdict verdict = compare(in, import, wrong);
	if (import_trouble(import) != STORE_OK)
		in->trouble = import_trouble(import);
	/* What is there just so is good, whatever else is there by now. */
	return *wrong && verdict != UNCHANGED ? REFUSED : verdict;
}

/* Finds out what becomes of a document, and adds what that takes to the batch. */
static enum verdict think(struct in *in, const struct one *one, struct batch *batch, size_t number)
{
	const char *place = NULL, *wrong = NULL, *key;
	char why[256];
	struct json_object *data = json_read(one->text.data, one->text.length, why, sizeof why);
	struct import *import = import_new(in->service, number);
	enum verdict verdict = REFUSED;
	if (!data || !import)
		wrong = data ? "memory ran out" : why;
	else
		verdict = judge(in, import, data, &place, &wrong);
	if (verdict == REFUSED) {
		/* Where the import sees one entry alone, what it says of the place is not true. */
		refuse(in, place && in->data->depth < 2 ? place : one->place, one->line, wrong);
	} else if (verdict != UNCHANGED) {
		import_write(import, batch);
		import_own(import, &key);
		trail_note(batch, in->request, verdict == TAKEN ? "import" : "replace", NULL,
		    "%s/%s", in->data->path, key + strlen(in->data->prefix));
	}
	json_object_put(data);
	import_free(import);
	return verdict;
}

/* Commits one document by itself. */
static void commit_alone(struct in *in, const struct one *one, size_t number)
{
	enum store_result result = STORE_CONFLICT;
	enum verdict verdict = REFUSED;
	for (int i = 0; i < ATTEMPTS && result == STORE_CONFLICT; i++) {
		struct batch batch;
		arena_reset(&in->arena);
		batch_init(&batch, &in->arena, 16);
		verdict = think(in, one, &batch, number);
		if (in->trouble != STORE_OK || verdict == REFUSED)
			return;
		result = STORE_OK;
		if (verdict != UNCHANGED)
			result = batch_commit(&batch, in->service->store, NULL, NULL);
	}
	if (result == STORE_OK)
		in->counts[verdict]++;
	else if (result == STORE_CONFLICT)
		refuse(in, one->place, one->line, "others change it at the same moment");
	else
		in->trouble = result;
}

/* Commits all of the group together; STORE_CONFLICT when that cannot be, and nothing is counted. */
static enum store_result commit_together(struct in *in)
{
	size_t told = in->faults.length, fault_count = in->fault_count;
	int64_t before[VERDICTS];
	struct batch batch;
	memcpy(before, in->counts, sizeof before);
	arena_reset(&in->arena);
	batch_init(&batch, &in->arena, 4 * GROUP_MAX);
	for (size_t i = 0; i < in->count && in->trouble == STORE_OK; i++) {
		enum verdict verdict = think(in, &in->group[i], &batch, in->total - in->count + i);
		in->counts[verdict] += verdict != REFUSED; /* refuse has counted it */
	}
	enum store_result result = in->trouble;
	if (result == STORE_OK && batch.count > 0)
		result = batch_commit(&batch, in->service->store, NULL, NULL);
	if (result == STORE_OK)
		return STORE_OK;
	memcpy(in->counts, before, sizeof before);
	buffer_cut(&in->faults, told);
	in->fault_count = fault_count;
	return result;
}

/* Commits the group; false when the store cannot. */
static bool commit_group(struct in *in)
{
	enum store_result result = STORE_CONFLICT;
	if (in->count > 1)
		result = commit_together(in);
	if (result == STORE_CONFLICT)
		for (size_t i = 0; i < in->count && in->trouble == STORE_OK; i++)
			commit_alone(in, &in->group[i], in->total - in->count + i);
	else
		in->trouble = result;
	for (size_t i = 0; i < in->count; i++)
		buffer_free(&in->group[i].text);
	in->count = in->bytes = 0;
	return in->trouble == STORE_OK;
}

/* Writes the value as if the file had it alone: {"user":{"date":[…]}}. */
static void wrap(struct buffer *text, const struct members_value *value)
{
	for (size_t i = 0; i < value->depth; i++) {
		buffer_text(text, value->steps[i].name ? "{" : "[");
		if (value->steps[i].name) {
			json_write_string(text, value->steps[i].name);
			buffer_text(text, ":");
		}
	}
	buffer_append(text, value->text, value->length);
	for (size_t i = value->depth; i > 0; i--)
		buffer_text(text, value->steps[i - 1].name ? "}" : "]");
}

static void name_place(char place[PLACE_SIZE], const struct members_value *value)
{
	size_t used = 0;
	for (size_t i = 0; i < value->depth && used < PLACE_SIZE; i++) {
		const struct members_step *step = &value->steps[i];
		char number[24];
		snprintf(number, sizeof number, "%zu", step->index);
		int wrote = snprintf(place + used, PLACE_SIZE - used, "%s%.64s", i ? "/" : "",
		    step->name ? step->name : number);
		used += wrote > 0 ? (size_t)wrote : 0;
	}
}

static bool take(void *context, const struct members_value *value)
{
	struct in *in = context;
	struct one *one = &in->group[in->count];
	name_place(one->place, value);
	one->line = value->line;
	buffer_init(&one->text, 2 * STORE_DOCUMENT_MAX);
	if (value->text)
		wrap(&one->text, value);
	in->total++;
	if (!value->text || one->text.failed) {
		refuse(in, one->place, one->line, "is too large, or memory ran out");
		buffer_free(&one->text);
		return true;
	}
	in->bytes += one->text.length;
	in->count++;
	return in->count < GROUP_MAX && in->bytes < GROUP_BYTES && !in->data->alone
	    ? true
	    : commit_group(in);
}

/* {"taken","replaced","unchanged","refused","faults"} */
static void write_report(const struct in *in, struct buffer *body)
{
	for (size_t i = 0; i < VERDICTS; i++)
		buffer_printf(
		    body, "%s\"%s\":%" PRId64, i ? "," : "{", verdict_names[i], in->counts[i]);
	buffer_text(body, ",\"faults\":[");
	buffer_append(body, in->faults.data ? in->faults.data : "", in->faults.length);
	buffer_text(body, "]}");
}

/* The same, to go with a problem. */
static struct json_object *report(const struct in *in)
{
	struct buffer text;
	char why[128];
	buffer_init(&text, RESPONSE_MAX);
	write_report(in, &text);
	struct json_object *report =
	    text.failed ? NULL : json_read(text.data, text.length, why, sizeof why);
	buffer_free(&text);
	return report;
}

/* Takes the body to its end, or as far as it is good; false when it broke off. */
static bool take_all(struct in *in, struct members *members, bool *good)
{
	char *chunk = malloc(CHUNK);
	ssize_t got = chunk ? 0 : -1;
	*good = true;
	if (!chunk)
		memory_note();
	while (*good && chunk && (got = request_read(in->request, chunk, CHUNK)) > 0)
		*good = members_feed(members, chunk, (size_t)got);
	free(chunk);
	if (*good && got == 0)
		*good = members_end(members);
	/* What came before a fault is taken all the same. */
	if (got >= 0 && in->trouble == STORE_OK)
		commit_group(in);
	return got >= 0;
}

static enum outcome answer_import(
    const struct in *in, struct response *response, const struct members *members, bool good)
{
	if (in->trouble != STORE_OK)
		return response_problem_with(response,
		    in->trouble == STORE_FULL ? PROBLEM_STORE_FULL : PROBLEM_STORE_FAILED,
		    report(in), "The store takes no more; what was counted before is in it.");
	if (!good)
		return response_problem_with(response, PROBLEM_BAD_JSON, report(in),
		    "The body is not JSON: %s. What stood before that was looked at.",
		    members_why(members));
	buffer_clear(&response->body);
	write_report(in, &response->body);
	return response_body(response, 200);
}

static enum outcome run_import(
    struct service *service, const struct request *request, struct response *response)
{
	const struct service_kind *data = bulk_kind(service, request, "/import");
	struct in *in = calloc(1, sizeof *in);
	struct members *members = NULL;
	const char *replace = request_query(request, "replace");
	enum outcome outcome = OUTCOME_DONE;
	bool good;
	if (!in || !data) {
		free(in);
		return response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	}
	in->service = service;
	in->request = request;
	in->data = data;
	in->replace = replace && strcmp(replace, "true") == 0;
	in->response = response;
	buffer_init(&in->faults, RESPONSE_MAX);
	arena_init(&in->arena);
	members = members_new(data->depth ? data->depth : 1, STORE_DOCUMENT_MAX, take, in);
	if (!members || !buffer_reserve(&response->body, REPORT_ROOM))
		response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	else if (take_all(in, members, &good))
		outcome = answer_import(in, response, members, good);
	for (size_t i = 0; i < in->count; i++)
		buffer_free(&in->group[i].text);
	members_free(members);
	arena_free(&in->arena);
	buffer_free(&in->faults);
	free(in);
	return outcome;
}

enum outcome bulk_import(
    struct service *service, const struct request *request, struct response *response)
{
	enum outcome outcome = OUTCOME_DONE;
	if (atomic_fetch_add(&service->imports, 1) < BULK_IMPORTS_MAX)
		outcome = run_import(service, request, response);
	else
		response_problem(response, PROBLEM_BUSY,
		    "%d imports are under way already; this one was not begun.", BULK_IMPORTS_MAX);
	atomic_fetch_sub(&service->imports, 1);
	return outcome;
}
