/* What all services answer alike. See answer.h. */
#include "service/answer.h"

#include "base/json.h"
#include "http/etag.h"

#include <string.h>

struct page answer_page_asked(const struct request *request)
{
	const char *after = request_query(request, "after");
	return (struct page){
		.limit = (size_t)request_query_number(request, "limit", ANSWER_PAGE_LIMIT),
		.after = after ? after : "",
	};
}

struct page_scan {
	const struct request *request;
	struct response *response;
	const char *prefix;
	answer_write write;
	void *context;
	size_t limit, count;
	const char *last; /* the name written last, in the arena */
	bool more;
};

static bool write_entry(void *context, const struct store_record *record)
{
	struct page_scan *scan = context;
	struct buffer *body = &scan->response->body;
	const char *name = record->key + strlen(scan->prefix);
	if (scan->count == scan->limit) {
		scan->more = true;
		return false;
	}
	buffer_text(body, scan->count++ ? ",\n" : "{");
	json_write_string(body, name);
	buffer_text(body, ":");
	scan->write(scan->context, body, record);
	if (scan->count == scan->limit)
		scan->last = arena_copy(scan->request->arena, name, strlen(name));
	return !body->failed;
}

enum outcome answer_page(struct service *service, const struct request *request,
    struct response *response, const char *prefix, answer_write write, void *context)
{
	struct page page = answer_page_asked(request);
	struct page_scan scan = {
		.request = request,
		.response = response,
		.prefix = prefix,
		.write = write,
		.context = context,
		.limit = page.limit,
	};
	const char *after = arena_printf(request->arena, "%s%s", prefix, page.after);
	if (!after || strlen(after) > STORE_KEY_MAX)
		return response_problem(response, PROBLEM_BAD_QUERY, "after: is too long");
	/* One more than the page holds tells whether there is a next one. */
	enum store_result result = store_scan(
	    service->store, prefix, *page.after ? after : "", page.limit + 1, write_entry, &scan);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	buffer_text(&response->body, scan.count ? "}" : "{}");
	if (scan.more)
		response->next = scan.last;
	return response_body(response, 200);
}

enum store_result answer_read(
    struct store *store, const char *key, struct json_object **document, uint64_t *version)
{
	struct buffer text;
	char why[128];
	buffer_init(&text, STORE_DOCUMENT_MAX);
	enum store_result result = store_get(store, key, &text, version);
	if (result == STORE_OK) {
		*document = json_read(text.data, text.length, why, sizeof why);
		if (!*document)
			result = STORE_FAILED;
	}
	buffer_free(&text);
	return result;
}

void answer_members(struct buffer *body, struct json_object *document, const char *const names[])
{
	const char *separator = "{";
	for (size_t i = 0; names[i]; i++) {
		struct json_object *member;
		if (!json_object_object_get_ex(document, names[i], &member))
			continue;
		buffer_printf(body, "%s\"%s\":", separator, names[i]);
		json_write(body, member);
		separator = ",";
	}
	buffer_text(body, "}");
}

bool answer_matches(const struct request *request, uint64_t version)
{
	char tag[ETAG_SIZE];
	etag_of_version(version, tag);
	/* A version names the document, not its bytes, so a tag that gzip made weak is as good. */
	return !request->if_match || etag_is_listed(request->if_match, tag);
}

bool answer_guarded_tag(const struct request *request, struct response *response, const char *tag)
{
	if (answer_may_create(request))
		response_problem(
		    response, PROBLEM_STALE, "If-None-Match: it is there already; read it first.");
	else if (!request->if_match)
		response_problem(response, PROBLEM_CONDITION,
		    "If-Match is missing: send the ETag of what you have read.");
	else if (!etag_is_listed(request->if_match, tag))
		response_problem(
		    response, PROBLEM_STALE, "If-Match: it has changed since; read it again.");
	else
		return true;
	return false;
}

bool answer_guarded(const struct request *request, struct response *response, uint64_t version)
{
	char tag[ETAG_SIZE];
	etag_of_version(version, tag);
	return answer_guarded_tag(request, response, tag);
}

bool answer_may_create(const struct request *request)
{
	return request->method == METHOD_PUT && request->if_none_match &&
	    strcmp(request->if_none_match, "*") == 0;
}

enum outcome answer_store_problem(struct response *response, enum store_result result)
{
	if (result == STORE_FULL)
		return response_problem(response, PROBLEM_STORE_FULL,
		    "The disk has no space left; nothing was changed.");
	return response_problem(response, PROBLEM_STORE_FAILED,
	    "The store could not do it; nothing was changed, and the log says why.");
}

enum outcome answer_peer_problem(
    struct response *response, enum peer_result result, const char *peer)
{
	if (result == PEER_WAIT)
		return OUTCOME_WAIT;
	struct json_object *extra = json_object_new_object();
	json_add(extra, "peer", json_object_new_string(peer));
	return response_problem_with(
	    response, PROBLEM_PEER_DOWN, extra, "The %s service does not answer.", peer);
}
