/* The file of the store's engine `json`, which people may edit: what is read is written back the
 * same, what is refused is refused in one line. */
#include "store/jsonfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool read_copy(const char *text, size_t length, struct map *map, bool *unversioned)
{
	char why[512] = "", *copy = malloc(length + 1);
	if (!copy)
		abort();
	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	bool good = jsonfile_read("x.json", copy, length, map, unversioned, why, sizeof why);
	free(copy);
	if (!good && (strncmp(why, "x.json", 6) != 0 || strpbrk(why, "\n\r"))) {
		fprintf(stderr, "FOUND: refused in other words: %s\n", why);
		abort();
	}
	return good;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct map map = { 0 }, again = { 0 };
	const struct map none = { 0 };
	struct buffer first, second;
	bool unversioned = false;
	buffer_init(&first, SIZE_MAX / 2);
	buffer_init(&second, SIZE_MAX / 2);
	if (read_copy((const char *)data, size, &map, &unversioned)) {
		jsonfile_write(&first, &map);
		if (!unversioned) {
			if (!read_copy(first.data, first.length, &again, &unversioned))
				abort();
			jsonfile_write(&second, &again);
			if (unversioned || strcmp(first.data, second.data) != 0)
				abort();
		}
	}
	map_free(&again, &none);
	map_free(&map, &none);
	buffer_free(&first);
	buffer_free(&second);
	return 0;
}
