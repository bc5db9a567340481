/* The trail. See trail.h. */
#include "service/trail.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "service/answer.h"

#include <string.h>

#define PREFIX    "trail/"
#define ENTRY_MAX (16 * 1024)
#define LOOK_MAX  10000 /* entries that one filtered page looks at */

/* Appends "a,b" as ["a","b"]. */
static void write_fields(struct buffer *entry, const char *fields)
{
	buffer_text(entry, ",\"fields\":[");
	for (const char *name = fields; *name;) {
		size_t length = strcspn(name, ",");
		buffer_printf(entry, "%s\"%.*s\"", name == fields ? "" : ",", (int)length, name);
		name += length + (name[length] == ',');
	}
	buffer_text(entry, "]");
}

static void write_text(struct buffer *entry, const char *name, const char *text)
{
	buffer_printf(entry, ",\"%s\":", name);
	if (text)
		json_write_string(entry, text);
	else
		buffer_text(entry, "null");
}

const char *trail_changed(
    struct arena *arena, struct json_object *before, struct json_object *after)
{
	const char *list = "";
	json_foreach(after, name, value)
	{
		if (list && !json_object_equal(value, json_object_object_get(before, name)))
			list = arena_printf(arena, "%s%s%s", list, *list ? "," : "", name);
	}
	json_foreach(before, gone, old)
	{
		(void)old;
		if (list && !json_object_object_get_ex(after, gone, NULL))
			list = arena_printf(arena, "%s%s%s", list, *list ? "," : "", gone);
	}
	return list ? list : "";
}

void trail_note(struct batch *batch, const struct request *request, const char *action,
    const char *fields, const char *what, ...)
{
	char key[sizeof PREFIX + ID_BOOKING_SIZE] = PREFIX, at[CLOCK_TEXT_SIZE], path[512];
	int64_t now = clock_now();
	struct buffer entry;
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(path, sizeof path, what, arguments);
	va_end(arguments);
	clock_format(now, at);
	buffer_init(&entry, ENTRY_MAX);
	buffer_printf(&entry, "{\"at\":\"%s\"", at);
	write_text(&entry, "by", request ? request->user : NULL);
	write_text(&entry, "role", request_role_name(request ? request->role : ROLE_SERVICE));
	write_text(&entry, "request", request ? request->id : NULL);
	write_text(&entry, "action", action);
	write_text(&entry, "what", path);
	if (fields)
		write_fields(&entry, fields);
	buffer_text(&entry, "}");
	if (entry.failed || !id_make_booking(now, key + strlen(PREFIX)))
		batch->failed = true;
	else
		batch_put(batch, key, BATCH_ABSENT, entry.data);
	buffer_free(&entry);
}

struct look {
	const char *by, *what; /* what is looked for, NULL: any */
	struct buffer *body;
	size_t limit, count, looked;
	char last[ID_BOOKING_SIZE]; /* looked at */
	bool more;
};

/* Whether an entry is of what is asked for: that, or something below it. */
static bool is_wanted(const struct look *look, const struct store_record *record)
{
	char why[128];
	if (!look->by && !look->what)
		return true;
	struct json_object *entry = json_read(record->document, record->length, why, sizeof why);
	const char *by = json_text(entry, "by"), *what = json_text(entry, "what");
	size_t length = look->what ? strlen(look->what) : 0;
	bool wanted = (!look->by || (by && strcmp(by, look->by) == 0)) &&
	    (!look->what ||
		(what && strncmp(what, look->what, length) == 0 &&
		    (what[length] == '\0' || what[length] == '/')));
	json_object_put(entry);
	return wanted;
}

static bool visit(void *context, const struct store_record *record)
{
	struct look *look = context;
	const char *id = record->key + strlen(PREFIX);
	if (look->count == look->limit || look->looked == LOOK_MAX) {
		look->more = true;
		return false;
	}
	look->looked++;
	snprintf(look->last, sizeof look->last, "%s", id);
	if (!is_wanted(look, record))
		return true;
	buffer_text(look->body, look->count++ ? ",\n" : "{");
	json_write_string(look->body, id);
	buffer_text(look->body, ":");
	buffer_append(look->body, record->document, record->length);
	return !look->body->failed;
}

static enum outcome list_trail(
    struct service *service, const struct request *request, struct response *response)
{
	struct page page = answer_page_asked(request);
	struct look look = {
		.by = request_query(request, "by"),
		.what = request_query(request, "what"),
		.body = &response->body,
		.limit = page.limit,
	};
	char after[STORE_KEY_MAX + 1] = "";
	if (*page.after && snprintf(after, sizeof after, PREFIX "%s", page.after) > STORE_KEY_MAX)
		return response_problem(response, PROBLEM_BAD_QUERY, "after: is too long");
	enum store_result result = store_scan(service->store, PREFIX, after, 0, visit, &look);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	buffer_text(&response->body, look.count ? "}" : "{}");
	if (look.more)
		response->next = arena_copy(request->arena, look.last, strlen(look.last));
	return response_body(response, 200);
}

static const struct field trail_query[] = {
	ROUTE_PAGE_QUERY,
	{ "by", FIELD_ID, false, 0, 0, NULL },
	{ "what", FIELD_TEXT, false, 1, 200, NULL },
	{ 0 },
};

const struct route trail_routes[TRAIL_ROUTE_COUNT] = {
	{ METHOD_GET, "/trail", list_trail, LANE_QUICK, ROLE_OWNER, trail_query, NULL, NULL },
};
