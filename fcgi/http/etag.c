/* Entity tags. See etag.h. */
#include "http/etag.h"

#include "base/buffer.h"
#include "base/hash.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void etag_of_version(uint64_t version, char etag[ETAG_SIZE])
{
	char *end = etag + 2 + buffer_digits(version, etag + 2);
	etag[0] = '"';
	etag[1] = 'v';
	end[0] = '"';
	end[1] = '\0';
}

void etag_of_body(const char *body, size_t length, char etag[ETAG_SIZE])
{
	char hash[HASH_SIZE];
	hash_bytes(body, length, hash);
	snprintf(etag, ETAG_SIZE, "\"h%s\"", hash);
}

/* Finds the next tag of a list at *at: *tag with its quotes, without W/. Returns its length, 0 at
 * the end of the list; *at is then on the NUL, or on what is malformed. */
static size_t next_tag(const char **at, const char **tag)
{
	*at += strspn(*at, " \t,");
	const char *start = *at + (strncmp(*at, "W/", 2) == 0 ? 2 : 0);
	if (*start != '"')
		return 0;
	const char *end = start + 1;
	while (*end == '!' || (unsigned char)*end > '"')
		end++;
	const char *after = end + (*end == '"');
	after += strspn(after, " \t");
	if (*end != '"' || memchr(start, 0x7f, (size_t)(end - start)) ||
	    (*after != ',' && *after != '\0'))
		return 0;
	*at = after;
	*tag = start;
	return (size_t)(end - start) + 1;
}

static bool is_star(const char *text)
{
	text += strspn(text, " \t");
	return *text == '*' && text[1 + strspn(text + 1, " \t")] == '\0';
}

bool etag_is_list(const char *text)
{
	const char *tag;
	size_t count = 0;
	if (is_star(text))
		return true;
	while (next_tag(&text, &tag) > 0)
		count++;
	return count > 0 && *text == '\0';
}

bool etag_is_listed(const char *list, const char *etag)
{
	const char *tag;
	size_t length, wanted = strlen(etag);
	if (is_star(list))
		return true;
	while ((length = next_tag(&list, &tag)) > 0)
		if (length == wanted && memcmp(tag, etag, length) == 0)
			return true;
	return false;
}
