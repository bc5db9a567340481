/* The client's small parsers: Link headers, text made safe for a terminal, ids, names in any case. */
#include "../../client/cli/text.h"
#include "../../client/cli/api.h"
#include "../../client/cli/find.h"
#include "../../client/cli/uri.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void read_link(const char *text)
{
	size_t length = 0;
	const char *next = uri_next(text, &length);
	if (next &&
	    (next <= text || next + length > text + strlen(text) || next[-1] != '<' ||
		next[length] != '>'))
		abort();
}

static void make_safe(const char *text)
{
	struct buffer safe;
	buffer_init(&safe, SIZE_MAX / 2);
	text_safe(&safe, text);
	const char *made = safe.data ? safe.data : "";
	if (!text_is_plain(made))
		abort();
	size_t width = text_width(made);
	for (size_t columns = 0; columns <= width + 1; columns++) {
		size_t bytes = text_fit(made, columns);
		if (bytes > strlen(made) || (columns >= width && bytes != strlen(made)))
			abort();
	}
	buffer_free(&safe);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	if (!text)
		return 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	read_link(text);
	make_safe(text);
	char *half = text + strcspn(text, "\n"), path[API_PATH_SIZE];
	if (*half)
		*half++ = '\0';
	if (text_same(text, half) != text_same(half, text) || !text_same(text, text))
		abort();
	api_path(path, "/x", (const char *[]){ text, half, NULL }, "?q");
	if (api_is_id(text) && strspn(path, "/xabcdefghijklmnopqrstuvwxyz") == 0)
		abort();
	struct api_movie movies[] = { { half, text, "d", "1" }, { "m", half, "d", "1" } };
	size_t found[2];
	if (find_movies(movies, 2, text, found) > 2)
		abort();
	free(text);
	return 0;
}
