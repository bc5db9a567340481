/* The parts of HTTP that are only text: paths, queries and Link headers (RFC 8288). See uri.h. */
#include "uri.h"

#include <string.h>
#include <strings.h>

void uri_part(struct buffer *path, const char *part)
{
	for (; *part; part++) {
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~",
			*part))
			buffer_append(path, part, 1);
		else
			buffer_printf(path, "%%%02X", (unsigned)(unsigned char)*part);
	}
}

/* Whether `word` is among the words, parted by spaces, of which text has length bytes. */
static bool has_word(const char *text, size_t length, const char *word)
{
	size_t word_length = strlen(word);
	while (length > 0) {
		size_t end = 0;
		while (end < length && text[end] != ' ')
			end++;
		if (end == word_length && strncasecmp(text, word, end) == 0)
			return true;
		end += end < length;
		text += end;
		length -= end;
	}
	return false;
}

/* Reads one `; name=value` at *at and moves past it; false when there is none. */
static bool link_parameter(const char **at, bool *is_next)
{
	const char *text = *at + strspn(*at, " \t");
	if (*text != ';')
		return false;
	const char *name = text + 1 + strspn(text + 1, " \t");
	size_t name_length = strcspn(name, " \t=;,");
	const char *value = name + name_length + strspn(name + name_length, " \t");
	size_t length = 0;
	if (*value == '=') {
		value += 1 + strspn(value + 1, " \t");
		const char *ends = *value == '"' ? "\"" : " \t;,";
		value += *value == '"';
		length = strcspn(value, ends);
		*is_next = *is_next ||
		    (name_length == 3 && strncasecmp(name, "rel", 3) == 0 &&
			has_word(value, length, "next"));
	}
	value += length;
	*at = value + (*value == '"');
	return true;
}

const char *uri_next(const char *value, size_t *length)
{
	for (;;) {
		value += strspn(value, " \t,");
		size_t target = *value == '<' ? strcspn(value + 1, ">") : 0;
		if (*value != '<' || value[1 + target] != '>')
			return NULL;
		bool is_next = false;
		const char *at = value + target + 2;
		while (link_parameter(&at, &is_next)) {
		}
		if (is_next) {
			*length = target;
			return value + 1;
		}
		value = at;
	}
}
