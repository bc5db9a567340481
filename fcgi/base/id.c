/* Identifiers. The alphabet is Crockford's base 32 (crockford.com/base32.html), which leaves out
 * letters that look or sound alike and keeps the order of the numbers it writes. */
#include "base/id.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const bool id_characters[256] = {
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
	['_'] = true,
	['-'] = true,
};

bool id_is_valid(const char *text)
{
	size_t length = 0;
	while (length <= ID_MAX && id_characters[(unsigned char)text[length]])
		length++;
	return length >= 1 && length <= ID_MAX && text[length] == '\0';
}

bool id_is_word(const char *id)
{
	static const char *const words[] = { "self", "trail", "export", "import" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(id, words[i]) == 0)
			return true;
	return false;
}

/* Writes `count` characters, the most significant first, and a NUL. */
static void write_base32(uint64_t value, char *text, size_t count)
{
	text[count] = '\0';
	while (count-- > 0) {
		text[count] = alphabet[value & 31];
		value >>= 5;
	}
}

static bool random_bits(uint64_t *bits)
{
	return getrandom(bits, sizeof *bits, 0) == (ssize_t)sizeof *bits;
}

bool id_make_booking(int64_t now, char id[ID_BOOKING_SIZE])
{
	uint64_t chance;
	if (!random_bits(&chance))
		return false;
	write_base32((UINT64_C(1) << 50) - 1 - (uint64_t)now, id, 10);
	write_base32(chance, id + 10, 10);
	return true;
}

bool id_make_code(char code[ID_CODE_SIZE])
{
	uint64_t chance;
	if (!random_bits(&chance))
		return false;
	write_base32(chance, code, ID_CODE_SIZE - 1);
	return true;
}

bool id_make_uuid(char id[ID_UUID_SIZE])
{
	char hash[33];
	uint64_t high, low;
	if (!random_bits(&high) || !random_bits(&low))
		return false;
	snprintf(hash, sizeof hash, "%016" PRIx64 "%016" PRIx64, high, low);
	id_from_hash(hash, id);
	return true;
}

void id_from_hash(const char hash[33], char id[ID_UUID_SIZE])
{
	static const char shape[] = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
	memcpy(id, shape, sizeof shape);
	for (char *place = id; *place; place++)
		if (*place == 'x')
			*place = *hash++;
}
