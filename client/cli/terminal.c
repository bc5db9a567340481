/* Lines and answers over stdio. Everything printed goes through one function that makes it safe, so
 * no caller can forget to; answers are checked here, so no caller meets a NUL or an escape sequence
 * in one. See terminal.h. */
#include "terminal.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES (1024 * 1024)
#define BLANKS         " \t\r"

void terminal_line(const char *format, ...)
{
	struct buffer text, safe;
	va_list arguments;
	buffer_init(&text, LINE_MAX_BYTES);
	buffer_init(&safe, 3 * LINE_MAX_BYTES); /* each byte may become U+FFFD */
	va_start(arguments, format);
	buffer_vprintf(&text, format, arguments);
	va_end(arguments);
	text_safe(&safe, text.data ? text.data : "(a line too long to show)");
	if (safe.data)
		fwrite(safe.data, 1, safe.length, stdout);
	putchar('\n');
	buffer_free(&text);
	buffer_free(&safe);
}

void terminal_gap(void)
{
	putchar('\n');
}

enum line { LINE_GOOD, LINE_ODD, LINE_NONE };

/* Reads to the end of the line, whatever its length, and keeps it without blanks at its ends. */
static enum line read_line(char *answer, size_t size)
{
	size_t length = 0;
	bool odd = false;
	int c = getchar();
	if (c == EOF)
		return LINE_NONE;
	for (; c != EOF && c != '\n'; c = getchar()) {
		bool leading = length == 0 && (c == ' ' || c == '\t');
		if (c == '\0' || length == size - 1)
			odd = true;
		else if (!leading)
			answer[length++] = (char)c;
	}
	while (length > 0 && strchr(BLANKS, answer[length - 1]))
		length--;
	answer[length] = '\0';
	return odd || !text_is_plain(answer) ? LINE_ODD : LINE_GOOD;
}

bool terminal_ask(const char *prompt, char answer[TERMINAL_ANSWER_SIZE])
{
	for (;;) {
		fputs(prompt, stdout);
		fflush(stdout);
		switch (read_line(answer, TERMINAL_ANSWER_SIZE)) {
		case LINE_GOOD: return true;
		case LINE_ODD:
			terminal_line("Please answer in plain text of at most %d bytes.",
			    TERMINAL_ANSWER_SIZE - 1);
			break;
		case LINE_NONE:
			/* The shell's own prompt shall not stand behind an open question. */
			if (prompt[0] && prompt[strlen(prompt) - 1] != '\n')
				putchar('\n');
			return false;
		}
	}
}

void terminal_clear(void)
{
	const char *kind = getenv("TERM");
	if (isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0)
		fputs("\033[H\033[2J\033[3J", stdout);
}

bool terminal_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}
