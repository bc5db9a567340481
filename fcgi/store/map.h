/* Documents in memory: an array of records sorted by key, which is copied to be changed. */
#ifndef CINEMA_STORE_MAP_H
#define CINEMA_STORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_record {
	uint64_t version;
	size_t length;  /* of document */
	char *document; /* behind the key */
	char key[];
};

struct map {
	struct map_record **records; /* by key */
	size_t count, capacity;
	uint64_t sequence; /* last version given */
};

/** Makes a record of valid JSON, without the white space between its tokens; NULL: no memory. */
struct map_record *map_record(
    const char *key, const char *document, size_t length, uint64_t version);

/** Whether key is there; *index is where it is or belongs. */
bool map_find(const struct map *map, const char *key, size_t *index);

/** Makes room for that many records in all; false when there is no memory. */
bool map_reserve(struct map *map, size_t capacity);

/** Puts a record in its place; there must be room. */
void map_insert(struct map *map, size_t index, struct map_record *record);

/** Takes a record out, and does not free it. */
void map_remove(struct map *map, size_t index);

/** Frees a map, but not the records that are in another one too. Leaves an empty map. */
void map_free(struct map *map, const struct map *kept);

#endif
