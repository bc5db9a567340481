/* UTF-8. See utf8.h. The bounds are those of the Unicode standard's table 3-7. */
#include "base/utf8.h"

size_t utf8_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned lowest = 0x80, highest = 0xbf; /* of the second byte */
	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	if (c[0] == 0xe0)
		lowest = 0xa0;
	if (c[0] == 0xed)
		highest = 0x9f;
	if (c[0] == 0xf0)
		lowest = 0x90;
	if (c[0] == 0xf4)
		highest = 0x8f;
	if (c[1] < lowest || c[1] > highest)
		return 0;
	size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
	for (size_t i = 2; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool utf8_is_valid(const char *text)
{
	for (;;) {
		while (*text > 0)
			text++; /* ASCII, as most is */
		if (*text == '\0')
			return true;
		size_t length = utf8_length(text);
		if (length == 0)
			return false;
		text += length;
	}
}
