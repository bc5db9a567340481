/* Exporting bookings. See dump.h. The store has a user's bookings newest first, whatever their dates;
 * so they are listed user by user, put in order, and then read one by one. */
#include "bookings/dump.h"

#include "base/id.h"
#include "base/json.h"
#include "bookings/keys.h"
#include "service/answer.h"
#include "service/bulk.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	char date[9];
	char id[ID_MAX + 1];
};

struct dump {
	struct store *store;
	char user[ID_MAX + 1]; /* whose bookings are listed, or were last */
	struct entry *list;
	size_t count, capacity;
	size_t at; /* the entry to be written next */
	char date[9];
	bool begun, done, failed;
};

static bool make_room(struct dump *dump)
{
	if (dump->count < dump->capacity)
		return true;
	size_t capacity = dump->capacity ? 2 * dump->capacity : 64;
	struct entry *list = realloc(dump->list, capacity * sizeof *list);
	if (!list)
		return false;
	dump->list = list;
	dump->capacity = capacity;
	return true;
}

/* Lists a booking of the first user that comes; ends at the next user. */
static bool list_booking(void *context, const struct store_record *record)
{
	struct dump *dump = context;
	const char *user = record->key + strlen("bookings/");
	size_t length = strcspn(user, "/");
	char why[128];
	if (dump->count == 0)
		snprintf(dump->user, sizeof dump->user, "%.*s", (int)length, user);
	else if (strlen(dump->user) != length || memcmp(dump->user, user, length) != 0)
		return false;
	struct json_object *booking = json_read(record->document, record->length, why, sizeof why);
	const char *date = json_text(booking, "date");
	dump->failed = !date || !user[length] || !make_room(dump);
	if (!dump->failed) {
		struct entry *entry = &dump->list[dump->count++];
		snprintf(entry->date, sizeof entry->date, "%s", date);
		snprintf(entry->id, sizeof entry->id, "%s", user + length + 1);
	}
	json_object_put(booking);
	return !dump->failed;
}

/* By date; an older booking has the greater id. */
static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->date, right->date);
	return order ? order : strcmp(right->id, left->id);
}

/* Lists the bookings of the user after the one that was last. */
static bool list_next_user(struct dump *dump)
{
	keys_text after = "";
	/* "0" is the character after "/", so this is past all bookings of that user. */
	if (dump->user[0])
		snprintf(after, sizeof after, "bookings/%s0", dump->user);
	dump->count = dump->at = 0;
	dump->date[0] = '\0';
	if (store_scan(dump->store, "bookings/", after, 0, list_booking, dump) != STORE_OK)
		dump->failed = true;
	if (dump->count > 0)
		qsort(dump->list, dump->count, sizeof *dump->list, compare_entries);
	return dump->count > 0 && !dump->failed;
}

/* Writes what stands before an entry: the end of what came before, its user, its date. */
static void write_way(struct dump *dump, struct buffer *piece, const struct entry *entry)
{
	bool new_user = dump->at == 0, new_date = strcmp(entry->date, dump->date) != 0;
	if (new_user)
		buffer_printf(piece, "%s\"%s\":{", dump->begun ? "]},\n" : "{\n", dump->user);
	if (new_date)
		buffer_printf(piece, "%s\"%s\":[", new_user ? "" : "],", entry->date);
	else
		buffer_text(piece, ",\n");
	snprintf(dump->date, sizeof dump->date, "%s", entry->date);
	dump->begun = true;
}

static bool write_entry(struct dump *dump, struct buffer *piece)
{
	const struct entry *entry = &dump->list[dump->at];
	keys_text key;
	write_way(dump, piece, entry);
	keys_booking(key, dump->user, entry->id);
	dump->at++;
	return store_get(dump->store, key, piece, NULL) == STORE_OK;
}

static bool write_piece(void *context, struct buffer *piece)
{
	struct dump *dump = context;
	if (dump->done)
		return false;
	while (piece->length < BULK_PIECE && !dump->failed) {
		if (dump->at == dump->count && !list_next_user(dump)) {
			dump->done = true;
			buffer_text(piece, dump->begun ? "]}\n}\n" : "{}\n");
			break;
		}
		dump->failed = !write_entry(dump, piece);
	}
	piece->failed |= dump->failed;
	return true;
}

static void end(void *context)
{
	struct dump *dump = context;
	free(dump->list);
}

enum outcome dump_bookings(
    struct service *service, const struct request *request, struct response *response)
{
	const struct service_kind *kind = bulk_kind(service, request, "/export");
	struct dump *dump = arena_alloc(request->arena, sizeof *dump);
	if (!dump || !kind)
		return response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	*dump = (struct dump){ .store = service->store };
	const struct response_source source = { .next = write_piece, .end = end, .context = dump };
	return bulk_answer(response, kind, &source);
}
