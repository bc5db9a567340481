/* Documents in memory, by key. See map.h. */
#include "store/map.h"

#include <stdlib.h>
#include <string.h>

bool map_find(const struct map *map, const char *key, size_t *index)
{
	size_t low = 0, high = map->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(map->records[middle]->key, key);
		if (order == 0) {
			*index = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return false;
}

bool map_reserve(struct map *map, size_t capacity)
{
	if (capacity <= map->capacity)
		return true;
	struct map_record **records = realloc(map->records, capacity * sizeof(struct map_record *));
	if (!records)
		return false;
	map->records = records;
	map->capacity = capacity;
	return true;
}

void map_insert(struct map *map, size_t index, struct map_record *record)
{
	memmove(map->records + index + 1, map->records + index,
	    (map->count - index) * sizeof(struct map_record *));
	map->records[index] = record;
	map->count++;
}

void map_remove(struct map *map, size_t index)
{
	map->count--;
	memmove(map->records + index, map->records + index + 1,
	    (map->count - index) * sizeof(struct map_record *));
}

void map_free(struct map *map, const struct map *kept)
{
	for (size_t i = 0, j = 0; i < map->count; i++) {
		struct map_record *record = map->records[i];
		while (j < kept->count && strcmp(kept->records[j]->key, record->key) < 0)
			j++;
		if (j == kept->count || kept->records[j] != record)
			free(record);
	}
	free(map->records);
	*map = (struct map){ 0 };
}

/* Copies valid JSON without the white space between its tokens; returns its length. */
static size_t compact(char *to, const char *from, size_t length)
{
	size_t used = 0;
	bool in_string = false;
	for (size_t i = 0; i < length; i++) {
		char c = from[i];
		if (!in_string && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		to[used++] = c;
		if (c == '"')
			in_string = !in_string;
		else if (c == '\\' && i + 1 < length)
			to[used++] = from[++i];
	}
	to[used] = '\0';
	return used;
}

struct map_record *map_record(
    const char *key, const char *document, size_t length, uint64_t version)
{
	size_t key_size = strlen(key) + 1;
	struct map_record *record = malloc(sizeof *record + key_size + length + 1);
	if (!record)
		return NULL;
	memcpy(record->key, key, key_size);
	record->document = record->key + key_size;
	record->length = compact(record->document, document, length);
	record->version = version;
	return record;
}
