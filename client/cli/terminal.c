/* Lines and answers over stdio. Everything printed goes through one function that makes it safe, so
 * no caller can forget to; answers are checked here, so no caller meets a NUL or an escape sequence
 * in one. See terminal.h. */
#include "terminal.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LINE_MAX_BYTES (1024 * 1024)
#define BLANKS         " \t\r"

__attribute__((format(printf, 2, 0))) static void print_line(
    FILE *stream, const char *format, va_list arguments)
{
	struct buffer text, safe;
	buffer_init(&text, LINE_MAX_BYTES);
	buffer_init(&safe, 3 * LINE_MAX_BYTES); /* each byte may become U+FFFD */
	buffer_vprintf(&text, format, arguments);
	text_safe(&safe, text.data ? text.data : "(a line too long to show)");
	if (safe.data)
		fwrite(safe.data, 1, safe.length, stream);
	putc('\n', stream);
	buffer_free(&text);
	buffer_free(&safe);
}

void terminal_line(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	print_line(stdout, format, arguments);
	va_end(arguments);
}

void terminal_complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	print_line(stderr, format, arguments);
	va_end(arguments);
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

size_t terminal_width(void)
{
	struct winsize size;
	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static bool obeys(void)
{
	const char *kind = getenv("TERM");
	return isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

bool terminal_has_colour(void)
{
	const char *no = getenv("NO_COLOR");
	return obeys() && (!no || !*no);
}

void terminal_clear(void)
{
	if (obeys())
		fputs("\033[H\033[2J\033[3J", stdout);
}

bool terminal_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}
