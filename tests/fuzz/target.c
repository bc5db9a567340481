/* Paths, queries and headers: a method, a target and what stands in the headers that are looked at,
 * each on a line of its own, without a body. */
#include "house/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const names[] = { "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IDEMPOTENCY_KEY",
	"CONTENT_TYPE", "CONTENT_LENGTH", "REQUEST_ID", "HTTP_AUTHORIZATION", "REMOTE_ROLE" };
#define NAMES (sizeof names / sizeof *names)

/* The next line, or "" at the end; the text is cut up. */
static char *next_line(char **at)
{
	char *line = *at, *stop = strchr(line, '\n');
	*at = stop ? stop + 1 : line + strlen(line);
	if (stop)
		*stop = '\0';
	return line;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static bool begun;
	char *params[NAMES + 1] = { NULL };
	size_t count = 0;
	char *text = strndup((const char *)data, size);
	if (!text)
		return 0;
	if (!begun)
		house_open();
	begun = true;
	char *at = text, *method = next_line(&at), *uri = next_line(&at);
	for (size_t i = 0; i < NAMES; i++) {
		const char *value = next_line(&at);
		size_t room = strlen(names[i]) + strlen(value) + 2;
		if (*value && (params[count] = malloc(room)))
			snprintf(params[count++], room, "%s=%s", names[i], value);
	}
	house_ask(
	    &(struct house_request){
		.method = method, .uri = uri, .params = (const char *const *)params },
	    NULL);
	for (size_t i = 0; i < count; i++)
		free(params[i]);
	free(text);
	house_tidy();
	return 0;
}
