/* Lines and answers over stdio. Everything printed goes through one function that makes it safe, so
 * no caller can forget to; answers are checked here, so no caller meets a NUL or an escape sequence
 * in one. See terminal.h. */
#include "terminal.h"

#include "edit.h"
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

/* Takes the blanks at the end away, and judges. */
static enum line judge(char *answer, size_t length, bool odd)
{
	while (length > 0 && strchr(BLANKS, answer[length - 1]))
		length--;
	answer[length] = '\0';
	return odd || !text_is_plain(answer) ? LINE_ODD : LINE_GOOD;
}

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
	return judge(answer, length, odd);
}

/* The same where lines can be edited. Only the prompt's last line is the editor's. */
static enum line edit_answer(const char *prompt, char *answer, size_t size)
{
	const char *last = strrchr(prompt, '\n');
	last = last ? last + 1 : prompt;
	edit_ready();
	printf("%.*s", (int)(last - prompt), prompt);
	fflush(stdout);
	const char *line = edit_line(last);
	if (!line)
		return LINE_NONE;
	line += strspn(line, BLANKS);
	int length = snprintf(answer, size, "%s", line);
	bool odd = length >= (int)size;
	enum line judged = judge(answer, strlen(answer), odd);
	if (judged == LINE_GOOD && answer[0] && answer[1]) /* no choices of the menu */
		edit_remember(answer);
	return judged;
}

static enum line get_answer(const char *prompt, char answer[TERMINAL_ANSWER_SIZE])
{
	if (edit_is_on())
		return edit_answer(prompt, answer, TERMINAL_ANSWER_SIZE);
	fputs(prompt, stdout);
	fflush(stdout);
	return read_line(answer, TERMINAL_ANSWER_SIZE);
}

bool terminal_ask(const char *prompt, char answer[TERMINAL_ANSWER_SIZE])
{
	for (;;) {
		switch (get_answer(prompt, answer)) {
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

bool terminal_ask_secret(const char *prompt, char password[SECRET_SIZE], char *why, size_t why_size)
{
	size_t length = 0;
	int c;
	if (isatty(fileno(stdin))) {
		fflush(stdout);
		return secret_ask(prompt, password, why, why_size);
	}
	fputs(prompt, stdout);
	fflush(stdout);
	while ((c = getchar()) != EOF && c != '\n')
		if (length < SECRET_SIZE - 1)
			password[length++] = (char)(c ? c : '\x01'); /* no plain text either */
	password[length] = '\0';
	return secret_check(password, why, why_size);
}

size_t terminal_width(void)
{
	struct winsize size;
	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Whether a descriptor is a terminal that moves its cursor when told to. */
static bool obeys(int descriptor)
{
	const char *kind = getenv("TERM");
	return isatty(descriptor) && kind && strcmp(kind, "dumb") != 0;
}

bool terminal_has_colour(void)
{
	const char *no = getenv("NO_COLOR");
	return obeys(STDOUT_FILENO) && (!no || !*no);
}

void terminal_paint(const char *line, const char *looks)
{
	char look = TERMINAL_PLAIN;
	if (!terminal_has_colour() || strlen(looks) != strlen(line)) {
		terminal_line("%s", line);
		return;
	}
	for (; *line; line++, looks++) {
		if (*looks != look && *line != ' ') {
			look = *looks;
			fputs("\033[0m", stdout);
			fputs(look == TERMINAL_BRIGHT    ? "\033[1;32m"
				: look == TERMINAL_FAINT ? "\033[2m"
							 : "",
			    stdout);
		}
		putchar(*line);
	}
	puts(look == TERMINAL_PLAIN ? "" : "\033[0m");
}

bool terminal_shows_progress(void)
{
	return obeys(STDERR_FILENO);
}

void terminal_clear(void)
{
	if (obeys(STDOUT_FILENO))
		fputs("\033[H\033[2J\033[3J", stdout);
}

bool terminal_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}
