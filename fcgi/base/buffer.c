/* Growing, bounded bytes. See buffer.h. */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 256

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit };
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->limit);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
	if (buffer->data)
		buffer->data[0] = '\0';
}

bool buffer_reserve(struct buffer *buffer, size_t more)
{
	if (buffer->failed || more > buffer->limit - buffer->length) {
		buffer->failed = true;
		return false;
	}
	size_t needed = buffer->length + more + 1;
	if (needed <= buffer->capacity)
		return true;
	size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;
	while (capacity < needed)
		capacity *= 2;
	char *data = realloc(buffer->data, capacity);
	if (!data) {
		memory_note();
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void buffer_cut(struct buffer *buffer, size_t length)
{
	if (length >= buffer->length)
		return;
	buffer->length = length;
	buffer->data[length] = '\0';
}

void buffer_append(struct buffer *buffer, const char *bytes, size_t length)
{
	if (!buffer_reserve(buffer, length))
		return;
	if (length > 0)
		memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

size_t buffer_digits(uint64_t number, char digits[BUFFER_DIGITS_SIZE])
{
	size_t count = 1;
	for (uint64_t rest = number; rest > 9; rest /= 10)
		count++;
	digits[count] = '\0';
	for (size_t i = count; i > 0; number /= 10)
		digits[--i] = (char)('0' + number % 10);
	return count;
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
	char digits[BUFFER_DIGITS_SIZE];
	buffer_append(buffer, digits, buffer_digits(number, digits));
}

void buffer_join(struct buffer *buffer, ...)
{
	va_list texts;
	const char *text;
	va_start(texts, buffer);
	while ((text = va_arg(texts, const char *)))
		buffer_text(buffer, text);
	va_end(texts);
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	size_t room = buffer->data ? buffer->capacity - buffer->length : 0;
	int length =
	    vsnprintf(room ? buffer->data + buffer->length : NULL, room, format, arguments);
	if (length < 0) {
		buffer->failed = true;
	} else if (buffer_reserve(buffer, (size_t)length)) {
		if ((size_t)length >= room)
			vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	} else if (room) {
		buffer->data[buffer->length] = '\0';
	}
	va_end(again);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	buffer_vprintf(buffer, format, arguments);
	va_end(arguments);
}
