/* Growing, bounded bytes. See buffer.h. */
#include "base/buffer.h"

#include <stdarg.h>
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

/* Makes room for `more` bytes and a NUL. */
static bool reserve(struct buffer *buffer, size_t more)
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
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void buffer_append(struct buffer *buffer, const char *bytes, size_t length)
{
	if (!reserve(buffer, length))
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

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !reserve(buffer, (size_t)length)) {
		buffer->failed = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
}
