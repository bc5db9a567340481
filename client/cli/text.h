/* Text from elsewhere: UTF-8 that may be broken, hostile, or written in another case. */
#ifndef CINEMA_CLI_TEXT_H
#define CINEMA_CLI_TEXT_H

#include "base/buffer.h"

#include <stdint.h>

/**
 * The code point at *at, which moves past it; 0, without moving, at the end; -1 for a byte that is
 * no UTF-8.
 */
int32_t text_next(const char **at);

/** Whether text is valid UTF-8 without control characters. */
bool text_is_plain(const char *text);

/**
 * Appends text so that printing it does nothing but print: U+FFFD stands in for control characters,
 * for those that break lines or turn the direction of writing, and for bytes that are no UTF-8.
 */
void text_safe(struct buffer *out, const char *text);

/** How many columns of a terminal text takes, which text_safe made. */
size_t text_width(const char *text);

/** How many bytes of such a text fit into so many columns. */
size_t text_fit(const char *text, size_t columns);

/** Whether two texts are the same but for upper and lower case, as LC_CTYPE tells them apart. */
bool text_same(const char *a, const char *b);

#endif
