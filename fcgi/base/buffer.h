/* A growing, bounded run of bytes. It never fails in the middle: once memory or its limit runs out
 * it stays short and says so in `failed`, so a caller appends freely and looks once at the end. A want
 * of memory is noted in memory.h, too. */
#ifndef CINEMA_BASE_BUFFER_H
#define CINEMA_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;      /* always NUL-terminated once something was appended, else NULL */
	size_t length;   /* without the NUL */
	size_t capacity; /* bytes allocated */
	size_t limit;    /* largest length allowed */
	bool failed;     /* something did not fit or could not be allocated; sticky until cleared */
};

#define BUFFER_DIGITS_SIZE 21

/** Writes number in decimal digits, and a NUL; returns how many. */
size_t buffer_digits(uint64_t number, char digits[BUFFER_DIGITS_SIZE]);

/** A buffer that may grow to limit bytes. Allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);

/** Frees the bytes; the buffer can be used again as after buffer_init. Harmless when empty. */
void buffer_free(struct buffer *buffer);

/** Empties the buffer and clears `failed`, keeping the memory for reuse. */
void buffer_clear(struct buffer *buffer);

/** Cuts the content to a length that it had before; `failed` stays as it is. */
void buffer_cut(struct buffer *buffer, size_t length);

/** Makes room for `more` bytes, so that appending as many cannot fail; false, and failed, if not. */
bool buffer_reserve(struct buffer *buffer, size_t more);

/** Appends; after a failure the content is incomplete and `failed` is set. */
void buffer_append(struct buffer *buffer, const char *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_number(struct buffer *buffer, uint64_t number);
/** Appends each text of a list that ends with NULL; many times faster than buffer_printf. */
void buffer_join(struct buffer *buffer, ...) __attribute__((sentinel));

void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#endif
