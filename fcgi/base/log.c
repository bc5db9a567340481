/* JSON lines on standard error. See log.h. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define MESSAGE_SIZE 1024

/* Copies text as the inside of a JSON string; what does not fit is cut at a whole character. */
static void escape(const char *text, char *out, size_t size)
{
	size_t used = 0;
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		char piece[8];
		int length = *c == '"' || *c == '\\' ? snprintf(piece, sizeof piece, "\\%c", *c)
		    : *c < 0x20 || *c >= 0x7f        ? snprintf(piece, sizeof piece, "\\u%04x", *c)
						     : snprintf(piece, sizeof piece, "%c", *c);
		if (used + (size_t)length >= size)
			break;
		for (int i = 0; i < length; i++)
			out[used++] = piece[i];
	}
	out[used] = '\0';
}

void log_write(enum log_level level, const char *request_id, const char *format, ...)
{
	static const char *const levels[] = { "info", "warning", "error" };
	int error_kept = errno;
	char message[MESSAGE_SIZE], safe[2 * MESSAGE_SIZE], id[80] = "", time[CLOCK_TEXT_SIZE];
	char line[sizeof safe + 256];

	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	escape(message, safe, sizeof safe);
	if (request_id)
		escape(request_id, id, sizeof id);
	clock_format(clock_now(), time);
	int length = snprintf(line, sizeof line,
	    "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\",\"request\":\"%s\",\"message\":\"%s\"}\n",
	    time, levels[level], program_invocation_short_name, id, safe);
	ssize_t written = write(STDERR_FILENO, line, (size_t)length);
	(void)written; /* there is nobody left to tell */
	errno = error_kept;
}
