/* What all services share above the store: pages, batches, the trail, documents, imports by the
 * thousand. A service of its own with one kind of document stands in for the four. */
#include "base/json.h"
#include "base/memory.h"
#include "service/answer.h"
#include "service/bulk.h"
#include "service/document.h"
#include "service/health.h"
#include "service/import.h"
#include "service/trail.h"

#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct field thing_fields[] = {
	{ "id", FIELD_ID, true, 0, 0, NULL },
	{ "title", FIELD_TEXT, true, 1, 10, NULL },
	{ "note", FIELD_TEXT, false, 0, 10, NULL },
	{ 0 },
};

static void add_no_facts(struct json_object *document)
{
	(void)document;
}

/* Somebody else, who writes this, so often, while a document is written. */
static const char *other_key, *other_document;
static int others;
static void put(const char *key, const char *document);

static bool let_others_in(struct service *on, const struct request *asked, struct response *answer,
    struct json_object *old, struct json_object *fresh, struct batch *batch, enum outcome *outcome)
{
	(void)on, (void)asked, (void)answer, (void)old, (void)fresh, (void)batch, (void)outcome;
	if (others > 0) {
		others--;
		put(other_key, other_document);
	}
	return true;
}

static const struct document_kind thing = { "thing", "things/", "/things/", "thing", thing_fields,
	NULL, let_others_in, add_no_facts };

/* What is called odd is not to be taken. */
static void import_things(struct import *import, struct json_object *data)
{
	document_import(&thing, import, data);
	json_foreach(data, id, document)
	{
		const char *title = json_text(document, "title");
		if (title && strcmp(title, "odd") == 0)
			import_fault(import, id, "is odd");
	}
}

static const struct service_definition definition = {
	.name = "things",
	.data = { { .file = "things.json",
	    .import = import_things,
	    .path = "/things",
	    .prefix = "things/" } },
};

/* One request at a time, which a test fills in. */
static struct arena arena;
static struct request request;
static struct response response;
static struct service service;
static char folder[64];

static void begin(enum method method, const char *pattern)
{
	buffer_free(&response.body);
	request = (struct request){ .arena = &arena,
		.id = "r-1",
		.method = method,
		.target = pattern,
		.pattern = pattern,
		.role = ROLE_OWNER };
	response = (struct response){ .request = &request };
	buffer_init(&response.body, RESPONSE_MAX);
}

static void with_query(const char *name, const char *value)
{
	if (value)
		request.queries[request.query_count++] = (struct request_pair){ name, value };
}

static void with_body(const char *text)
{
	char why[128];
	json_object_put(request.body);
	request.body = json_read(text, strlen(text), why, sizeof why);
	assert_non_null(request.body);
}

static void end(int status)
{
	json_object_put(request.body);
	request.body = NULL;
	if (response.status != status)
		fail_msg("%d, and not %d: %s", response.status, status,
		    response.body.data ? response.body.data : "");
}

/* The member of the answer, as JSON text. */
static const char *member(const char *name)
{
	static char text[1000];
	char why[128];
	struct json_object *body =
	    json_read(response.body.data, response.body.length, why, sizeof why);
	if (!body)
		fail_msg("%s: %s", why, response.body.data);
	snprintf(text, sizeof text, "%s",
	    json_object_to_json_string_ext(
		json_object_object_get(body, name), JSON_C_TO_STRING_PLAIN));
	json_object_put(body);
	return text;
}

static int set_up(void **state)
{
	char why[256];
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/cinema-service.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	arena_init(&arena);
	service = (struct service){ .definition = &definition,
		.store = store_open("sqlite", folder, "things", why, sizeof why) };
	return service.store ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	store_close(service.store);
	buffer_free(&response.body);
	arena_free(&arena);
	return folder_remove(folder);
}

/* Puts documents under prefix and numbers of four digits, from 1 on. */
static void fill(const char *prefix, size_t count, const char *document)
{
	struct batch batch;
	batch_init(&batch, &arena, 1);
	for (size_t i = 1; i <= count; i++) {
		char key[STORE_KEY_MAX + 1];
		snprintf(key, sizeof key, "%s%04zu", prefix, i);
		batch_put(&batch, key, BATCH_ABSENT, document);
	}
	assert_int_equal(batch_commit(&batch, service.store, NULL, NULL), STORE_OK);
}

static void put(const char *key, const char *document)
{
	struct batch batch;
	batch_init(&batch, &arena, 1);
	batch_put(&batch, key, BATCH_ANY, document);
	assert_int_equal(batch_commit(&batch, service.store, NULL, NULL), STORE_OK);
}

/* Pages */

static void write_document(void *context, struct buffer *body, const struct store_record *record)
{
	(void)context;
	buffer_append(body, record->document, record->length);
}

static void expect_page(const char *limit, const char *after, const char *body, const char *next)
{
	begin(METHOD_GET, "/things");
	with_query("limit", limit);
	with_query("after", after);
	answer_page(&service, &request, &response, "d/", write_document, NULL);
	end(200);
	assert_string_equal(response.body.data, body);
	if (next)
		assert_string_equal(response.next, next);
	else
		assert_null(response.next);
}

static void a_page_ends_at_its_limit_and_says_where_the_next_begins(void **state)
{
	(void)state;
	put("c/z", "0");
	put("d0", "0");
	expect_page(NULL, NULL, "{}\n", NULL);
	fill("d/", 5, "1");
	expect_page("2", NULL, "{\"0001\":1,\n\"0002\":1}\n", "0002");
	expect_page("2", "0002", "{\"0003\":1,\n\"0004\":1}\n", "0004");
	expect_page("2", "0004", "{\"0005\":1}\n", NULL);
	expect_page("3", "0002", "{\"0003\":1,\n\"0004\":1,\n\"0005\":1}\n", NULL);
	expect_page("1", "0004", "{\"0005\":1}\n", NULL);
	expect_page("2", "00031", "{\"0004\":1,\n\"0005\":1}\n", NULL);
	expect_page(
	    "5", NULL, "{\"0001\":1,\n\"0002\":1,\n\"0003\":1,\n\"0004\":1,\n\"0005\":1}\n", NULL);
	expect_page("2", "0005", "{}\n", NULL);
	expect_page("2", "~", "{}\n", NULL);
}

static void a_page_has_a_thousand_when_nobody_says(void **state)
{
	(void)state;
	fill("d/", 1001, "1");
	begin(METHOD_GET, "/things");
	answer_page(&service, &request, &response, "d/", write_document, NULL);
	end(200);
	assert_string_equal(response.next, "1000");
	assert_string_equal(member("1000"), "1");
	assert_null(strstr(response.body.data, "1001"));
}

static void after_has_room_in_a_key(void **state)
{
	char after[STORE_KEY_MAX + 1];
	(void)state;
	snprintf(after, sizeof after, "%0*d", STORE_KEY_MAX - 2, 0);
	expect_page("2", after, "{}\n", NULL);
	snprintf(after, sizeof after, "%0*d", STORE_KEY_MAX - 1, 0);
	begin(METHOD_GET, "/things");
	with_query("after", after);
	answer_page(&service, &request, &response, "d/", write_document, NULL);
	end(400);
}

/* Batches */

static void a_batch_grows_and_keeps_its_order(void **state)
{
	struct batch batch;
	uint64_t version = 0;
	const char *failed = NULL;
	(void)state;
	batch_init(&batch, &arena, 1);
	for (size_t i = 0; i < 40; i++) {
		char key[16], text[16];
		snprintf(key, sizeof key, "k%02zu", i / 2);
		snprintf(text, sizeof text, "%zu", i);
		assert_int_equal(batch_put(&batch, key, i % 2 ? BATCH_ANY : BATCH_ABSENT, text), i);
	}
	assert_int_equal(batch_commit(&batch, service.store, &version, NULL), STORE_OK);
	struct json_object *last = NULL;
	uint64_t found = 0;
	assert_int_equal(answer_read(service.store, "k19", &last, &found), STORE_OK);
	assert_int_equal(json_object_get_int(last), 39);
	assert_int_equal(found, version);
	json_object_put(last);

	batch_init(&batch, &arena, 1);
	batch_check(&batch, "k00", version);
	batch_check(&batch, "k99", BATCH_ABSENT);
	batch_check(&batch, "k98", BATCH_ANY);
	batch_delete(&batch, "k01", version + 1);
	assert_int_equal(batch_commit(&batch, service.store, NULL, &failed), STORE_CONFLICT);
	assert_string_equal(failed, "k01");
	batch_init(&batch, &arena, 1);
	batch_put(&batch, "k02", BATCH_ABSENT, "1");
	assert_int_equal(batch_commit(&batch, service.store, NULL, &failed), STORE_CONFLICT);
	assert_string_equal(failed, "k02");
}

static void without_memory_nothing_is_committed(void **state)
{
	struct batch batch;
	(void)state;
	batch_init(&batch, &arena, 1);
	batch_put(&batch, "a", BATCH_ANY, "1");
	memory_note();
	assert_int_equal(batch_commit(&batch, service.store, NULL, NULL), STORE_FAILED);
	assert_true(memory_take());
	assert_int_equal(store_get(service.store, "a", NULL, NULL), STORE_ABSENT);
	batch_put_json(&batch, "b", BATCH_ANY, NULL);
	assert_int_equal(batch_commit(&batch, service.store, NULL, NULL), STORE_FAILED);
}

/* The trail */

static void note(const char *user, const char *what)
{
	struct batch batch;
	begin(METHOD_POST, "/things");
	request.user = user;
	batch_init(&batch, &arena, 1);
	trail_note(&batch, &request, "change", "a,b", "%s", what);
	assert_int_equal(batch.count, TRAIL_OPS);
	assert_int_equal(batch_commit(&batch, service.store, NULL, NULL), STORE_OK);
}

/* Lists the trail; how many entries it shows. */
static size_t list_trail(const char *by, const char *what, const char *limit, const char *after)
{
	char why[128];
	begin(METHOD_GET, "/things/trail");
	with_query("by", by);
	with_query("what", what);
	with_query("limit", limit);
	with_query("after", after);
	trail_routes[0].handler(&service, &request, &response);
	end(200);
	struct json_object *body =
	    json_read(response.body.data, response.body.length, why, sizeof why);
	size_t count = json_members(body);
	json_object_put(body);
	return count;
}

static void the_trail_is_found_by_whom_and_what(void **state)
{
	(void)state;
	note("ann", "/things/a");
	note("ann", "/things/ab");
	note(NULL, "/things/a/b");
	note("bob", "/things/a");
	note("anna", "/other");
	assert_int_equal(list_trail(NULL, NULL, NULL, NULL), 5);
	assert_int_equal(list_trail("ann", NULL, NULL, NULL), 2);
	assert_int_equal(list_trail("eve", NULL, NULL, NULL), 0);
	assert_int_equal(list_trail(NULL, "/things/a", NULL, NULL), 3);
	assert_int_equal(list_trail(NULL, "/things", NULL, NULL), 4);
	assert_int_equal(list_trail("ann", "/things/a", NULL, NULL), 1);
	assert_non_null(strstr(response.body.data,
	    "\"by\":\"ann\",\"role\":\"owner\",\"request\":\"r-1\",\"action\":\"change\",\"what\":"
	    "\"/things/a\",\"fields\":[\"a\",\"b\"]}"));
}

static void the_trail_is_paged_with_a_filter_and_without(void **state)
{
	char after[64] = "";
	size_t seen = 0, pages = 0;
	(void)state;
	for (int i = 0; i < 7; i++) {
		char key[32];
		snprintf(key, sizeof key, "trail/%d", i);
		put(key, i % 2 ? "{\"by\":\"bob\"}" : "{\"by\":\"ann\"}");
	}
	do {
		seen += list_trail(NULL, NULL, "3", *after ? after : NULL);
		pages++;
		snprintf(after, sizeof after, "%s", response.next ? response.next : "");
	} while (*after && pages < 10);
	assert_int_equal(seen, 7);
	assert_int_equal(pages, 3);
	assert_int_equal(list_trail("ann", NULL, "4", NULL), 4);
	assert_null(response.next);
	assert_int_equal(list_trail("bob", NULL, "2", NULL), 2);
	snprintf(after, sizeof after, "%s", response.next);
	assert_int_equal(list_trail("bob", NULL, "2", after), 1);
	assert_null(response.next);
}

static void a_filtered_page_looks_at_ten_thousand_entries(void **state)
{
	(void)state;
	for (int part = 0; part < 3; part++) {
		char prefix[32];
		snprintf(prefix, sizeof prefix, "trail/%d", part);
		fill(prefix, 4000, "{\"by\":\"ann\",\"what\":\"/x\"}");
	}
	assert_int_equal(list_trail("bob", NULL, NULL, NULL), 0);
	assert_string_equal(response.next, "22000");
	assert_int_equal(list_trail("bob", NULL, NULL, "22000"), 0);
	assert_null(response.next);
}

static void changed_members_are_named(void **state)
{
	static const struct {
		const char *before, *after, *names;
	} cases[] = {
		{ "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", "" },
		{ "{\"a\":1,\"b\":2}", "{\"b\":3,\"a\":1}", "b" },
		{ "{\"a\":1}", "{\"a\":1,\"c\":null,\"d\":0}", "d" },
		{ "{\"a\":1,\"b\":[1]}", "{\"b\":[1]}", "a" },
		{ "{\"a\":1,\"b\":[1]}", "{\"b\":[2],\"c\":1}", "b,c,a" },
	};
	char why[128];
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_object *before =
		    json_read(cases[i].before, strlen(cases[i].before), why, sizeof why);
		struct json_object *after =
		    json_read(cases[i].after, strlen(cases[i].after), why, sizeof why);
		assert_string_equal(trail_changed(&arena, before, after), cases[i].names);
		json_object_put(before);
		json_object_put(after);
	}
}

/* Documents */

static void create(const char *user, const char *key, const char *body, int status)
{
	begin(METHOD_POST, "/things");
	request.user = user;
	request.idempotency_key = key;
	with_body(body);
	document_create(&thing, &service, &request, &response);
	end(status);
}

static void change(enum method method, const char *id, const char *if_match,
    const char *if_none_match, const char *body, int status)
{
	begin(method, "/things/{thing}");
	request.params[request.param_count++] = (struct request_pair){ "thing", id };
	request.if_match = if_match;
	request.if_none_match = if_none_match;
	if (body)
		with_body(body);
	if (method == METHOD_DELETE)
		document_delete(&thing, &service, &request, &response);
	else
		document_change(&thing, &service, &request, &response);
	end(status);
}

static const char *tag_of(const char *id)
{
	static char tag[64];
	begin(METHOD_GET, "/things/{thing}");
	request.params[request.param_count++] = (struct request_pair){ "thing", id };
	document_get(&thing, &service, &request, &response);
	end(200);
	snprintf(tag, sizeof tag, "\"v%llu\"", (unsigned long long)response.version);
	return tag;
}

static void a_document_is_made_once(void **state)
{
	char id[80];
	(void)state;
	create(NULL, NULL, "{\"id\":\"a\",\"title\":\"A\"}", 201);
	assert_string_equal(response.location, "/things/a");
	create(NULL, NULL, "{\"id\":\"a\",\"title\":\"A\"}", 409);
	create(NULL, "key", "{\"id\":\"a\",\"title\":\"A\"}", 201);
	create(NULL, "key", "{\"id\":\"a\",\"title\":\"B\"}", 409);
	create("ann", "key", "{\"title\":\"C\"}", 201);
	snprintf(id, sizeof id, "%s", member("id"));
	create("ann", "key", "{\"title\":\"C\"}", 201);
	assert_string_equal(member("id"), id);
	create("ann", "key", "{\"title\":\"D\"}", 422);
	assert_non_null(strstr(member("detail"), "Idempotency-Key"));
	create("bob", "key", "{\"title\":\"C\"}", 201);
	assert_string_not_equal(member("id"), id);
	create("ann", "other", "{\"title\":\"C\"}", 201);
	assert_string_not_equal(member("id"), id);
	create(NULL, NULL, "{\"id\":\"export\",\"title\":\"A\"}", 422);
	create(NULL, NULL, "{\"id\":\"b\",\"title\":\"longer than ten\"}", 422);
}

static void a_document_is_changed_as_it_was_read(void **state)
{
	char old[64];
	(void)state;
	create(NULL, NULL, "{\"id\":\"a\",\"title\":\"A\",\"note\":\"n\"}", 201);
	snprintf(old, sizeof old, "%s", tag_of("a"));
	change(METHOD_PUT, "a", NULL, NULL, "{\"title\":\"B\"}", 428);
	change(METHOD_PUT, "a", "\"v0\"", NULL, "{\"title\":\"B\"}", 412);
	change(METHOD_PUT, "a", old, NULL, "{\"title\":\"B\"}", 200);
	assert_string_equal(response.body.data, "{\"id\":\"a\",\"title\":\"B\"}\n");
	assert_true(response.version > 0);
	assert_string_not_equal(tag_of("a"), old);
	change(METHOD_PUT, "a", old, NULL, "{\"title\":\"C\"}", 412);
	change(METHOD_DELETE, "a", old, NULL, NULL, 412);
	change(METHOD_DELETE, "a", NULL, NULL, NULL, 428);
	change(METHOD_PATCH, "a", tag_of("a"), NULL, "{\"note\":\"m\"}", 200);
	assert_string_equal(response.body.data, "{\"id\":\"a\",\"title\":\"B\",\"note\":\"m\"}\n");
	change(METHOD_PATCH, "a", "*", NULL, "{\"note\":null}", 200);
	assert_string_equal(response.body.data, "{\"id\":\"a\",\"title\":\"B\"}\n");
	change(METHOD_PATCH, "a", "*", NULL, "{\"title\":null}", 422);
	change(METHOD_PUT, "a", "*", NULL, "{\"id\":\"b\",\"title\":\"B\"}", 422);
	change(METHOD_PUT, "a", NULL, "*", "{\"title\":\"B\"}", 412);
	change(METHOD_PUT, "b", NULL, "*", "{\"title\":\"B\"}", 201);
	assert_string_equal(response.location, "/things/b");
	change(METHOD_PUT, "c", "*", NULL, "{\"title\":\"B\"}", 404);
	change(METHOD_PUT, "c", NULL, "\"x\"", "{\"title\":\"B\"}", 404);
	change(METHOD_PATCH, "c", NULL, "*", "{\"title\":\"B\"}", 404);
	change(METHOD_DELETE, "b", tag_of("b"), NULL, NULL, 204);
	change(METHOD_DELETE, "b", "*", NULL, NULL, 404);
	assert_int_equal(list_trail(NULL, "/things/b", NULL, NULL), 2);
	assert_int_equal(list_trail(NULL, "/things/a", NULL, NULL), 4);
	assert_non_null(strstr(response.body.data,
	    "\"action\":\"change\",\"what\":\"/things/a\","
	    "\"fields\":[\"title\",\"note\"]"));
	assert_non_null(strstr(response.body.data, "\"action\":\"create\""));
}

static void who_was_faster_is_not_written_over(void **state)
{
	(void)state;
	other_key = "things/a";
	other_document = "{\"id\":\"a\",\"title\":\"O\",\"note\":\"o\"}";
	others = 1;
	create(NULL, NULL, "{\"id\":\"a\",\"title\":\"A\"}", 409);
	others = 1;
	change(METHOD_PUT, "a", tag_of("a"), NULL, "{\"title\":\"B\"}", 412);
	others = 1;
	change(METHOD_DELETE, "a", tag_of("a"), NULL, NULL, 412);
	change(METHOD_PATCH, "a", "*", NULL, "{\"note\":null}", 200);
	others = 3;
	change(METHOD_PATCH, "a", "*", NULL, "{\"title\":\"P\"}", 200);
	assert_string_equal(response.body.data, "{\"id\":\"a\",\"title\":\"P\",\"note\":\"o\"}\n");
	others = 1000;
	change(METHOD_PATCH, "a", "*", NULL, "{\"title\":\"P\"}", 503);
	assert_true(others > 900);
	others = 0;
	other_key = "things/b";
	others = 1;
	change(METHOD_PUT, "b", NULL, "*", "{\"title\":\"B\"}", 412);
}

/* Imports and exports */

struct upload {
	const char *text;
	size_t length, at, piece;
};

static ssize_t read_upload(void *from, char *bytes, size_t size)
{
	struct upload *upload = from;
	size_t length = upload->length - upload->at;
	length = length > size ? size : length;
	length = length > upload->piece ? upload->piece : length;
	memcpy(bytes, upload->text + upload->at, length);
	upload->at += length;
	return (ssize_t)length;
}

static void import(const char *text, const char *replace, int status)
{
	struct upload upload = { text, strlen(text), 0, 1000 };
	begin(METHOD_POST, "/things/import");
	with_query("replace", replace);
	request.read = read_upload;
	request.read_from = &upload;
	bulk_import(&service, &request, &response);
	end(status);
}

static void expect_counts(int taken, int replaced, int unchanged, int refused)
{
	char expected[200];
	snprintf(expected, sizeof expected,
	    "{\"taken\":%d,\"replaced\":%d,\"unchanged\":%d,\"refused\":%d,", taken, replaced,
	    unchanged, refused);
	if (strncmp(response.body.data, expected, strlen(expected)) != 0)
		fail_msg("%s, and not %s", response.body.data, expected);
}

/* {"t0001":{…},…}, a line each; those that divide by bad have too long a title. */
static void write_things(struct buffer *text, size_t count, size_t bad, const char *title)
{
	buffer_clear(text);
	for (size_t i = 1; i <= count; i++)
		buffer_printf(text, "%s\"t%04zu\":{\"id\":\"t%04zu\",\"title\":\"%s\"}",
		    i > 1 ? ",\n" : "{", i, i, bad && i % bad == 0 ? "longer than ten" : title);
	buffer_text(text, "}");
}

static void documents_are_taken_group_by_group(void **state)
{
	struct buffer text;
	(void)state;
	buffer_init(&text, 1 << 20);
	write_things(&text, 450, 7, "T");
	import(text.data, NULL, 200);
	expect_counts(386, 0, 0, 64);
	assert_non_null(strstr(response.body.data,
	    "[{\"place\":\"t0007\",\"line\":7,\"detail\":\"title: must have 1 to 10 characters\"}"));
	assert_non_null(strstr(response.body.data, "{\"place\":\"t0448\",\"line\":448,"));
	assert_int_equal(list_trail(NULL, "/things", "1000", NULL), 386);
	import(text.data, NULL, 200);
	expect_counts(0, 0, 386, 64);
	assert_int_equal(list_trail(NULL, "/things", "1000", NULL), 386);
	write_things(&text, 450, 0, "U");
	import(text.data, NULL, 200);
	expect_counts(64, 0, 0, 386);
	import(text.data, "false", 200);
	expect_counts(0, 0, 64, 386);
	import(text.data, "true", 200);
	expect_counts(0, 386, 64, 0);
	list_trail(NULL, "/things/t0001", NULL, NULL);
	assert_non_null(strstr(response.body.data, "\"action\":\"import\""));
	assert_non_null(strstr(response.body.data, "\"action\":\"replace\""));
	buffer_free(&text);
}

static void a_hundred_faults_are_told(void **state)
{
	struct buffer text;
	(void)state;
	buffer_init(&text, 1 << 20);
	for (size_t count = 100; count <= 101; count++) {
		write_things(&text, count, 1, "T");
		import(text.data, NULL, 200);
		expect_counts(0, 0, 0, (int)count);
		assert_non_null(strstr(response.body.data, "\"t0100\""));
		assert_null(strstr(response.body.data, "\"t0101\""));
	}
	buffer_free(&text);
}

static void the_same_twice_in_a_group_is_the_same_as_one_after_the_other(void **state)
{
	(void)state;
	import("{\"a\":{\"id\":\"a\",\"title\":\"A\"},\"b\":{\"id\":\"b\",\"title\":\"B\"},"
	       "\"c\":{\"id\":\"c\",\"title\":\"\"},\n"
	       "\"a\":{\"id\":\"a\",\"title\":\"A\"},\"b\":{\"id\":\"b\",\"title\":\"C\"}}",
	    NULL, 200);
	expect_counts(2, 0, 1, 2);
	assert_string_equal(member("faults"),
	    "[{\"place\":\"c\",\"line\":1,\"detail\":\"title: must have 1 to 10 characters\"},"
	    "{\"place\":\"b\",\"line\":2,\"detail\":\"is there already, and is another; "
	    "?replace=true puts this in its place\"}]");
	assert_int_equal(list_trail(NULL, NULL, NULL, NULL), 2);
}

static void what_stood_before_a_fault_is_counted(void **state)
{
	(void)state;
	import("{\"a\":{\"id\":\"a\",\"title\":\"A\"},\"b\":{\"id\":\"b\",\"title\":\"B\"},x", NULL,
	    400);
	assert_string_equal(member("taken"), "2");
	import("{\"a\":{\"id\":\"a\",\"title\":\"A\"}", NULL, 400);
	assert_string_equal(member("unchanged"), "1");
	import("[]", NULL, 400);
	import("{}", NULL, 200);
	expect_counts(0, 0, 0, 0);
}

static void what_is_there_just_so_is_good(void **state)
{
	(void)state;
	import("{\"a\":{\"id\":\"a\",\"title\":\"odd\"}}", NULL, 200);
	expect_counts(0, 0, 0, 1);
	put("things/a", "{\"id\":\"a\",\"title\":\"odd\"}");
	import("{\"a\":{\"id\":\"a\",\"title\":\"odd\"}}", NULL, 200);
	expect_counts(0, 0, 1, 0);
	put("things/a", "{\"id\":\"a\",\"title\":\"even\"}");
	import("{\"a\":{\"id\":\"a\",\"title\":\"odd\"}}", "true", 200);
	expect_counts(0, 0, 0, 1);
}

static void four_imports_run_at_once(void **state)
{
	(void)state;
	atomic_store(&service.imports, BULK_IMPORTS_MAX - 1);
	import("{}", NULL, 200);
	assert_int_equal(atomic_load(&service.imports), BULK_IMPORTS_MAX - 1);
	atomic_store(&service.imports, BULK_IMPORTS_MAX);
	import("{}", NULL, 503);
	assert_int_equal(atomic_load(&service.imports), BULK_IMPORTS_MAX);
}

static void an_export_is_one_object_in_pieces(void **state)
{
	struct buffer text, all, piece;
	size_t pieces = 0;
	char why[128];
	(void)state;
	buffer_init(&all, 1 << 22);
	buffer_init(&piece, 1 << 20);
	buffer_init(&text, 1 << 20);
	for (int round = 0; round < 2; round++) {
		begin(METHOD_GET, "/things/export");
		bulk_export(&service, &request, &response);
		buffer_clear(&all);
		for (pieces = 0;
		     pieces < 100 && response.source.next(response.source.context, &piece);
		     pieces++) {
			assert_false(piece.failed);
			assert_true(piece.length < BULK_PIECE + 200);
			buffer_append(&all, piece.data, piece.length);
			buffer_clear(&piece);
		}
		struct json_object *object = json_read(all.data, all.length, why, sizeof why);
		if (!object)
			fail_msg("%s", why);
		assert_int_equal(json_members(object), round ? 3000 : 0);
		json_object_put(object);
		write_things(&text, 3000, 0, "T");
		import(text.data, NULL, 200);
		put("thing", "0");
		put("things0", "0");
	}
	assert_true(pieces >= 2);
	buffer_free(&piece);
	buffer_free(&all);
	buffer_free(&text);
}

static void all_that_a_store_has_counts_in_an_import(void **state)
{
	(void)state;
	fill("things/", 450, "{\"id\":\"x\",\"title\":\"T\"}");
	put("things0", "0");
	put("thing/1", "0");
	struct import *import = import_new(&service, 3);
	assert_int_equal(json_members(import_all(import, "things/")), 450);
	assert_int_equal(import_count(import), 3);
	import_free(import);
}

/* Whether what an import relied on, and puts, is still good after something was put. */
static enum store_result commit_after(struct import *import, const char *key)
{
	struct batch batch;
	if (key)
		put(key, "{\"changed\":true}");
	batch_init(&batch, &arena, 8);
	import_write(import, &batch);
	import_free(import);
	return batch_commit(&batch, service.store, NULL, NULL);
}

static void an_import_holds_for_what_it_has_seen(void **state)
{
	struct import *import;
	(void)state;
	for (int i = 0; i < 8; i++) {
		static const struct {
			const char *key;
			enum store_result result;
		} cases[] = { { NULL, STORE_OK }, { "unseen", STORE_OK },
			{ "found", STORE_CONFLICT }, { "absent", STORE_CONFLICT },
			{ "gone", STORE_CONFLICT }, { "got", STORE_CONFLICT },
			{ "put", STORE_CONFLICT }, { "set", STORE_OK } };
		struct batch batch;
		const char *place = NULL;
		put("found", "{}");
		put("got", "{}");
		batch_init(&batch, &arena, 4);
		batch_delete(&batch, "absent", BATCH_ANY);
		batch_delete(&batch, "gone", BATCH_ANY);
		batch_delete(&batch, "put", BATCH_ANY);
		assert_int_equal(batch_commit(&batch, service.store, NULL, NULL), STORE_OK);
		import = import_new(&service, 1);
		import_put(import, "p", "put", json_object_new_object());
		import_set(import, "set", json_object_new_object());
		assert_non_null(import_find(import, "found"));
		assert_null(import_find(import, "gone"));
		assert_non_null(import_get(import, "got"));
		import_absent(import, "p", "absent", "is there");
		assert_null(import_wrong(import, &place));
		assert_int_equal(commit_after(import, cases[i].key), cases[i].result);
	}
}

static void the_first_fault_of_an_import_is_told_in_one_line(void **state)
{
	const char *place = NULL;
	(void)state;
	struct import *import = import_new(&service, 1);
	struct json_object *errors = json_object_new_array();
	assert_true(import_faults(import, "p", errors));
	errors = json_object_new_array();
	field_fault(errors, "rows/2/name", "is wrong");
	field_fault(errors, "other", "is worse");
	assert_false(import_faults(import, "screens/1", errors));
	assert_string_equal(import_wrong(import, &place), "name: is wrong");
	assert_string_equal(place, "screens/1/rows/2");
	import_fault(import, "late", "too late");
	assert_string_equal(import_wrong(import, &place), "name: is wrong");
	import_free(import);
	import = import_new(&service, 1);
	import_fault(import, "a\nb", "c\x7f\x01 d");
	assert_string_equal(import_wrong(import, &place), "c?? d");
	assert_string_equal(place, "a?b");
	import_free(import);
	import = import_new(&service, 1);
	put("there", "{}");
	import_put(import, "p", "twice", json_object_new_object());
	import_put(import, "p", "twice", json_object_new_object());
	assert_non_null(strstr(import_wrong(import, &place), "twice"));
	import_free(import);
	import = import_new(&service, 1);
	import_absent(import, "p", "there", "is there");
	assert_string_equal(import_wrong(import, &place), "is there");
	import_free(import);
}

/* Health */

static void a_store_without_its_import_is_not_up(void **state)
{
	(void)state;
	begin(METHOD_GET, "/healthz");
	health_routes[0].handler(&service, &request, &response);
	end(503);
	put("imported", "{}");
	begin(METHOD_GET, "/healthz");
	health_routes[0].handler(&service, &request, &response);
	end(200);
	assert_string_equal(response.body.data, "{\"service\":\"things\",\"status\":\"up\"}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_ends_at_its_limit_and_says_where_the_next_begins),
		TEST(a_page_has_a_thousand_when_nobody_says),
		TEST(after_has_room_in_a_key),
		TEST(a_batch_grows_and_keeps_its_order),
		TEST(without_memory_nothing_is_committed),
		TEST(the_trail_is_found_by_whom_and_what),
		TEST(the_trail_is_paged_with_a_filter_and_without),
		TEST(a_filtered_page_looks_at_ten_thousand_entries),
		TEST(changed_members_are_named),
		TEST(a_document_is_made_once),
		TEST(a_document_is_changed_as_it_was_read),
		TEST(who_was_faster_is_not_written_over),
		TEST(documents_are_taken_group_by_group),
		TEST(a_hundred_faults_are_told),
		TEST(the_same_twice_in_a_group_is_the_same_as_one_after_the_other),
		TEST(what_stood_before_a_fault_is_counted),
		TEST(what_is_there_just_so_is_good),
		TEST(four_imports_run_at_once),
		TEST(an_export_is_one_object_in_pieces),
		TEST(all_that_a_store_has_counts_in_an_import),
		TEST(an_import_holds_for_what_it_has_seen),
		TEST(the_first_fault_of_an_import_is_told_in_one_line),
		TEST(a_store_without_its_import_is_not_up),
	};
	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
