/* Bookings' routes, and reading them. The short lists, user → date → [movie id], tell of confirmed
 * bookings, each movie once, in the order in which they were made. */
#include "bookings/bookings.h"

#include "base/clock.h"
#include "base/json.h"
#include "bookings/audit.h"
#include "bookings/book.h"
#include "bookings/booking.h"
#include "bookings/change.h"
#include "bookings/dump.h"
#include "bookings/map.h"
#include "bookings/own.h"
#include "bookings/records.h"
#include "bookings/sales.h"
#include "service/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USERS_A_PAGE 100 /* of GET /bookings, unless asked for more */

static const struct field page_query[] = { ROUTE_PAGE_QUERY, { 0 } };
static const struct field user_query[] = {
	ROUTE_PAGE_QUERY,
	{ "view", FIELD_CHOICE, false, 0, 0, "short|full" },
	{ 0 },
};

/* One user's confirmed bookings, collected newest first, as the store shows them. */
struct entry {
	char date[9];
	char movie[68];
	size_t rank; /* when it was made: the greater, the earlier */
};

struct entries {
	struct entry *list;
	size_t count, capacity;
	bool failed;
};

static void collect(struct entries *entries, const struct store_record *record)
{
	char why[128];
	if (entries->count == entries->capacity) {
		size_t capacity = entries->capacity ? 2 * entries->capacity : 16;
		struct entry *list = realloc(entries->list, capacity * sizeof *list);
		entries->failed |= list == NULL;
		if (!list)
			return;
		entries->list = list;
		entries->capacity = capacity;
	}
	struct json_object *booking = json_read(record->document, record->length, why, sizeof why);
	const char *date = json_text(booking, "date"), *movie = json_text(booking, "movie");
	struct entry *entry = &entries->list[entries->count];
	if (date && movie && booking_state(booking, 0) == BOOKING_CONFIRMED) {
		snprintf(entry->date, sizeof entry->date, "%s", date);
		snprintf(entry->movie, sizeof entry->movie, "%s", movie);
		entry->rank = entries->count++;
	}
	entries->failed |= booking == NULL;
	json_object_put(booking);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->date, right->date);
	return order ? order : left->rank < right->rank ? 1 : -1;
}

/* Whether the movie stands before entry i under the same date. */
static bool seen(const struct entries *entries, size_t i)
{
	const struct entry *list = entries->list;
	for (size_t j = i; j > 0 && strcmp(list[j - 1].date, list[i].date) == 0; j--)
		if (strcmp(list[j - 1].movie, list[i].movie) == 0)
			return true;
	return false;
}

/* Appends {date: [movie id]} of the dates after one, limit of them at most; the last date written
 * goes to *last when there are more. */
static void write_dates(
    struct buffer *body, struct entries *entries, const struct page *page, const char **last)
{
	const char *date = "";
	size_t dates = 0;
	if (entries->count > 0)
		qsort(entries->list, entries->count, sizeof *entries->list, compare_entries);
	buffer_text(body, "{");
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->list[i];
		if (strcmp(entry->date, page->after) <= 0)
			continue;
		bool new_date = strcmp(entry->date, date) != 0;
		if (new_date && dates == page->limit) {
			*last = date;
			break;
		}
		if (new_date)
			buffer_printf(body, "%s\"%s\":[\"%s\"", dates++ ? "]," : "", entry->date,
			    entry->movie);
		else if (!seen(entries, i))
			buffer_printf(body, ",\"%s\"", entry->movie);
		date = entry->date;
	}
	buffer_text(body, dates ? "]}" : "}");
}

/* The scan of all bookings, which come user by user. */
struct list_scan {
	struct response *response;
	const struct request *request;
	struct page page;
	struct entries entries; /* of `user` */
	char user[68];
	size_t users; /* written */
};

/* Writes the user whose bookings are collected, if any is confirmed. */
static void end_user(struct list_scan *scan)
{
	struct buffer *body = &scan->response->body;
	const struct page all = { .limit = SIZE_MAX, .after = "" };
	const char *last;
	if (scan->entries.count == 0)
		return;
	buffer_printf(body, "%s\"%s\":", scan->users++ ? ",\n" : "{", scan->user);
	write_dates(body, &scan->entries, &all, &last);
	scan->entries.count = 0;
}

static bool visit_booking(void *context, const struct store_record *record)
{
	struct list_scan *scan = context;
	const char *user = record->key + strlen("bookings/");
	size_t length = strcspn(user, "/");
	if (strlen(scan->user) != length || memcmp(scan->user, user, length) != 0) {
		end_user(scan);
		if (scan->users == scan->page.limit) {
			scan->response->next =
			    arena_copy(scan->request->arena, scan->user, strlen(scan->user));
			return false;
		}
		snprintf(scan->user, sizeof scan->user, "%.*s", (int)length, user);
	}
	collect(&scan->entries, record);
	return !scan->entries.failed;
}

static enum outcome list_bookings(
    struct service *service, const struct request *request, struct response *response)
{
	struct list_scan scan = { .response = response, .request = request };
	char after[STORE_KEY_MAX + 1] = "";
	scan.page = answer_page_asked(request);
	scan.page.limit = (size_t)request_query_number(request, "limit", USERS_A_PAGE);
	/* "0" is the character after "/", so this is past all bookings of that user. */
	if (*scan.page.after)
		snprintf(after, sizeof after, "bookings/%.128s0", scan.page.after);
	enum store_result result =
	    store_scan(service->store, "bookings/", after, 0, visit_booking, &scan);
	if (result == STORE_OK && !response->next)
		end_user(&scan);
	response->body.failed |= scan.entries.failed;
	free(scan.entries.list);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	buffer_text(&response->body, scan.users ? "}" : "{}");
	return response_body(response, 200);
}

static bool visit_own(void *context, const struct store_record *record)
{
	struct entries *entries = context;
	collect(entries, record);
	return !entries->failed;
}

static void write_full(void *context, struct buffer *body, const struct store_record *record)
{
	char why[128];
	struct json_object *booking = json_read(record->document, record->length, why, sizeof why);
	booking_write(body, booking, *(const int64_t *)context);
	json_object_put(booking);
}

static enum outcome list_of_user(
    struct service *service, const struct request *request, struct response *response)
{
	const char *user = request_param(request, "user"), *view = request_query(request, "view");
	struct page page = answer_page_asked(request);
	struct entries entries = { 0 };
	char prefix[STORE_KEY_MAX + 1];
	int64_t now = clock_now();
	const char *last = NULL;

	snprintf(prefix, sizeof prefix, "bookings/%s/", user);
	if (view && strcmp(view, "full") == 0)
		return answer_page(service, request, response, prefix, write_full, &now);
	enum store_result result = store_scan(service->store, prefix, "", 0, visit_own, &entries);
	size_t count = entries.count;
	write_dates(&response->body, &entries, &page, &last);
	response->next = last ? arena_copy(request->arena, last, strlen(last)) : NULL;
	response->body.failed |= entries.failed;
	free(entries.list);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	if (count == 0 && !entries.failed)
		return response_absent(response);
	return response_body(response, 200);
}

static enum outcome get_booking(
    struct service *service, const struct request *request, struct response *response)
{
	const char *user = request_param(request, "user"), *id = request_param(request, "id");
	struct json_object *booking = NULL;
	uint64_t version = 0;
	keys_text key;
	keys_booking(key, user, id);
	enum store_result result = answer_read(service->store, key, &booking, &version);
	if (result == STORE_ABSENT)
		return response_absent(response);
	if (result != STORE_OK)
		return answer_store_problem(response, result);
	enum outcome outcome = booking_answer(response, 200, booking, version, clock_now());
	json_object_put(booking);
	return outcome;
}

static const char no_booking[] = "{user} has no booking {id}.";

const struct route bookings_routes[BOOKINGS_ROUTE_COUNT] = {
	{ METHOD_GET, "/bookings", list_bookings, LANE_QUICK, ROLE_STAFF, page_query, NULL, NULL },
	{ METHOD_POST, "/bookings", book_seats, LANE_WAITING, ROLE_OWNER | ROLE_OWN, NULL,
	    book_fields, NULL },
	{ METHOD_GET, "/bookings/{user}", list_of_user, LANE_QUICK, ROLE_STAFF | ROLE_OWN,
	    user_query, NULL, "{user} has no bookings." },
	{ METHOD_GET, "/bookings/{user}/{id}", get_booking, LANE_QUICK, ROLE_STAFF | ROLE_OWN, NULL,
	    NULL, no_booking },
	{ METHOD_PATCH, "/bookings/{user}/{id}", change_booking, LANE_WAITING,
	    ROLE_STAFF | ROLE_OWN, NULL, change_fields, no_booking },
	{ METHOD_DELETE, "/bookings/{user}/{id}", change_cancel, LANE_WAITING,
	    ROLE_STAFF | ROLE_OWN, NULL, NULL, no_booking },
	/* nginx sends this part of /showtimes here: the seats' state is bookings'. */
	{ METHOD_GET, "/showtimes/{date}/{movie}/{showing}/seats", map_get, LANE_QUICK, ROLE_ANYONE,
	    map_query, NULL, NULL },
	/* Reachable only on nginx's internal listener. */
	{ METHOD_PUT, "/sales/{date}/{movie}/{showing}", sales_put, LANE_WAITING, ROLE_SERVICE,
	    NULL, sales_fields, NULL },
};

static bool start(struct service *service, char *why, size_t why_size)
{
	static struct own own;
	service->own = &own;
	own.maps = map_cache_new();
	if (!own.maps) {
		snprintf(why, why_size, "no memory");
		return false;
	}
	own.sweeper = sweep_start(service, why, why_size);
	if (!own.sweeper)
		map_cache_free(own.maps);
	return own.sweeper != NULL;
}

static void stop(struct service *service)
{
	struct own *own = service->own;
	sweep_stop(own->sweeper);
	map_cache_free(own->maps);
}

const struct service_definition bookings_service = {
	.name = "bookings",
	.routes = bookings_routes,
	.route_count = BOOKINGS_ROUTE_COUNT,
	.data = { { .file = "bookings.json",
	    .import = records_import,
	    .path = "/bookings",
	    .prefix = "bookings/",
	    .depth = 3,
	    .fixed = true,
	    .export = dump_bookings } },
	.start = start,
	.stop = stop,
	.command = "--audit",
	.command_help = "whether every seat has one booking and every booking its seats",
	.run_command = audit_run,
};
