/* One seat's key in the store: whose it is, until when, and the one way to take it. */
#ifndef CINEMA_BOOKINGS_SEAT_H
#define CINEMA_BOOKINGS_SEAT_H

#include "service/batch.h"
#include "store/store.h"

#define SEAT_SOLD_UNTIL INT64_MAX
#define SEAT_OWNER_SIZE 132 /* "{user}/{id}" and a NUL, with room */

struct seat {
	uint64_t version; /* 0: nobody's */
	int64_t until;    /* SEAT_SOLD_UNTIL: sold; else the hold's end, in ms; 0: nobody's */
	char owner[SEAT_OWNER_SIZE]; /* "{user}/{id}" or "" */
};

/** The instant until which a seat's document keeps it. */
int64_t seat_until(const char *document);

/** Writes the owner, "{user}/{id}", that a seat's document names. */
void seat_owner(const char *document, char owner[SEAT_OWNER_SIZE]);

/** Writes the document of a seat that owner has until an instant. */
void seat_document(char *document, size_t size, const char *owner, int64_t until);

/** Reads a seat by its key. STORE_OK also when it is nobody's. */
enum store_result seat_read(struct store *store, const char *key, struct seat *seat);

/**
 * Adds to batch that owner takes the seat until an instant (SEAT_SOLD_UNTIL: for good), which the
 * store lets happen only if the seat still is as version says (0: nobody's). Call it only for a
 * seat that is free, an expired hold, or the owner's own.
 */
void seat_take(
    struct batch *batch, const char *key, uint64_t version, const char *owner, int64_t until);

#endif
