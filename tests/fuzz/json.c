/* JSON: what is taken is UTF-8 without a NUL, and means the same when it is written and read again;
 * what is refused gets a line that says where. */
#include "base/json.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void found(const char *what, const char *text)
{
	fprintf(stderr, "FOUND: %s: %s\n", what, text);
	abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char why[128] = "", *text = malloc(size + 1);
	struct buffer written;
	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	struct json_object *value = json_read(text, size, why, sizeof why), *again = NULL;
	buffer_init(&written, SIZE_MAX / 2);
	if (value) {
		json_write(&written, value);
		if (strlen(text) != size || !utf8_is_valid(text))
			found("taken, though it is no text", text);
		again = json_read(written.data, written.length, why, sizeof why);
		if (!again)
			found(why, written.data);
		if (!json_object_equal(value, again))
			found("otherwise when read again", written.data);
	} else if (strncmp(why, "line ", 5) != 0 || strchr(why, '\n')) {
		found("refused in other words", why);
	}
	json_object_put(value);
	json_object_put(again);
	buffer_free(&written);
	free(text);
	return 0;
}
