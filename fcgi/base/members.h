/* The values of a JSON document of any size, one after the other, in flat memory: its bytes go in as
 * they come, and a function sees each value that lies at one depth, or higher where there is nothing
 * below. With depth 1 these are the members of the document, which must be an object. */
#ifndef CINEMA_BASE_MEMBERS_H
#define CINEMA_BASE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#define MEMBERS_DEPTH 4

struct members;

/** One step on the way to a value. */
struct members_step {
	char *name;   /* in an object; NULL in an array */
	size_t index; /* in an array, from 0 */
};

struct members_value {
	const struct members_step *steps; /* from the outermost */
	size_t depth;                     /* how many */
	const char *text;                 /* NUL-terminated, not yet checked; NULL: too long */
	size_t length;
	size_t line; /* where it begins, from 1 */
};

/** Sees one value, which is good until it returns; false ends it all. */
typedef bool (*members_visit)(void *context, const struct members_value *value);

/** Begins a document; a value may have largest bytes. NULL without memory. */
struct members *members_new(size_t depth, size_t largest, members_visit visit, void *context);

/** Harmless on NULL. */
void members_free(struct members *members);

/** Takes the next bytes. False when they are wrong (members_why), or visit returned false. */
bool members_feed(struct members *members, const char *bytes, size_t length);

/** Says that the document is over; false when it is not, in itself. */
bool members_end(struct members *members);

/** What is wrong, with the line; "" while nothing is. */
const char *members_why(const struct members *members);

#endif
