/* UTF-8 as RFC 3629 has it: no over-long forms, no surrogates, nothing beyond U+10FFFF. */
#ifndef CINEMA_BASE_UTF8_H
#define CINEMA_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes of the character that text begins with, 1 to 4; 0 when it is malformed. A NUL counts 1. */
size_t utf8_length(const char *text);

/** Whether all of text is UTF-8. */
bool utf8_is_valid(const char *text);

#endif
