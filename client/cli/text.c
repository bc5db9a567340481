/* A movie's title is written by somebody else, and a terminal obeys what it is sent: every line the
 * client prints passes through text_safe. See text.h. */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "text.h"

#include "base/utf8.h"

#include <wchar.h>
#include <wctype.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

int32_t text_next(const char **at)
{
	static const int32_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *bytes = (const unsigned char *)*at;
	size_t length = utf8_length(*at);

	if (bytes[0] == 0)
		return 0;
	*at += length ? length : 1;
	int32_t point = length ? bytes[0] & first_bits[length] : -1;
	for (size_t i = 1; i < length; i++)
		point = point << 6 | (bytes[i] & 0x3f);
	return point;
}

static bool is_control(int32_t point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
	    (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

bool text_is_plain(const char *text)
{
	int32_t point;
	while ((point = text_next(&text)) != 0) {
		if (is_control(point)) /* -1 too */
			return false;
	}
	return true;
}

void text_safe(struct buffer *out, const char *text)
{
	for (;;) {
		const char *from = text;
		int32_t point = text_next(&text);
		if (point == 0)
			return;
		if (is_control(point))
			buffer_text(out, REPLACEMENT);
		else
			buffer_append(out, from, (size_t)(text - from));
	}
}

static size_t width_of(int32_t point)
{
	int width = point < 0 ? 1 : wcwidth((wchar_t)point);
	return width < 0 ? 1 : (size_t)width;
}

size_t text_width(const char *text)
{
	size_t width = 0;
	int32_t point;
	while ((point = text_next(&text)) != 0)
		width += width_of(point);
	return width;
}

size_t text_fit(const char *text, size_t columns)
{
	const char *at = text;
	for (size_t width = 0;;) {
		const char *before = at;
		int32_t point = text_next(&at);
		if (point == 0)
			return (size_t)(before - text);
		width += width_of(point);
		if (width > columns)
			return (size_t)(before - text);
	}
}

/* A byte that is no UTF-8 equals no letter. */
static wint_t folded(int32_t point)
{
	return point < 0 ? WEOF : towlower((wint_t)point);
}

bool text_same(const char *a, const char *b)
{
	for (;;) {
		int32_t in_a = text_next(&a), in_b = text_next(&b);
		if (folded(in_a) != folded(in_b))
			return false;
		if (in_a == 0)
			return true;
	}
}
