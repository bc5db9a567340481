/* Seats. See seat.h. A map of a full hall reads hundreds of these small documents, all written by
 * seat_take in one form, so they are read with two searches and no JSON tree. */
#include "bookings/seat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t seat_until(const char *document)
{
	static const char member[] = "\"until\":";
	const char *until = strstr(document, member);
	return until ? strtoll(until + sizeof member - 1, NULL, 10) : SEAT_SOLD_UNTIL;
}

void seat_owner(const char *document, char owner[SEAT_OWNER_SIZE])
{
	static const char member[] = "\"booking\":\"";
	const char *start = strstr(document, member);
	size_t length = start ? strcspn(start + sizeof member - 1, "\"") : 0;
	if (length >= SEAT_OWNER_SIZE)
		length = 0;
	if (length > 0)
		memcpy(owner, start + sizeof member - 1, length);
	owner[length] = '\0';
}

enum store_result seat_read(struct store *store, const char *key, struct seat *seat)
{
	struct buffer document;
	*seat = (struct seat){ 0 };
	buffer_init(&document, 1024);
	enum store_result result = store_get(store, key, &document, &seat->version);
	if (result == STORE_OK) {
		seat->until = seat_until(document.data);
		seat_owner(document.data, seat->owner);
	}
	buffer_free(&document);
	return result == STORE_ABSENT ? STORE_OK : result;
}

void seat_document(char *document, size_t size, const char *owner, int64_t until)
{
	if (until == SEAT_SOLD_UNTIL)
		snprintf(document, size, "{\"booking\":\"%s\"}", owner);
	else
		snprintf(
		    document, size, "{\"booking\":\"%s\",\"until\":%" PRId64 "}", owner, until);
}

void seat_take(
    struct batch *batch, const char *key, uint64_t version, const char *owner, int64_t until)
{
	char document[SEAT_OWNER_SIZE + 64];
	seat_document(document, sizeof document, owner, until);
	batch_put(batch, key, version, document);
}
