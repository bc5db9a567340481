/* The command line client against a server that answers anything. The first line is the command's
 * arguments, parted by blanks ("" is the menu); what is typed comes next, up to a line "--"; then the
 * answers, each "status retry-after link" on a line, a body, and a line "--". After the last one they
 * begin again. What is printed goes nowhere; it must be made of whole safe lines all the same. */
#define _GNU_SOURCE /* memmem */
#include "../../client/cli/arguments.h"
#include "../../client/cli/menu.h"
#include "../../client/cli/verb.h"
#include "house/wire.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 16
#define ANSWERS_MAX   16
#define ASKED_MAX     200 /* a server that sends one on for ever is left after so many answers */

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct piece {
	char *text;
	size_t length;
};

static struct piece answers[ANSWERS_MAX];
static size_t answer_count, asked;
static char *last_link;

/* What stands before the next border, and moves beyond it. */
static struct piece cut(char **at, const char *end)
{
	static const char border[] = "\n--\n";
	char *start = *at;
	char *stop = memmem(start, (size_t)(end - start), border, sizeof border - 1);
	size_t length = stop ? (size_t)(stop - start) : (size_t)(end - start);
	*at = start + length + (stop ? sizeof border - 1 : 0);
	start[length] = '\0'; /* at the end: the NUL there */
	return (struct piece){ start, length };
}

void wire_ask(const char *method, const char *url, const char *body, struct wire_answer *answer)
{
	(void)method;
	(void)body;
	if (strncmp(url, "http://", 7) != 0)
		abort();
	if (answer_count == 0 || asked == ASKED_MAX) {
		answer->code = CURLE_COULDNT_CONNECT;
		return;
	}
	struct piece piece = answers[asked++ % answer_count];
	char *line = memchr(piece.text, '\n', piece.length), *rest;
	size_t head = line ? (size_t)(line - piece.text) : piece.length;
	free(last_link);
	last_link = strndup(piece.text, head);
	answer->status = strtol(last_link, &rest, 10);
	if (answer->status < 100) /* no HTTP: curl's own number of what went wrong */
		answer->code = (CURLcode)answer->status;
	answer->retry_after = strtol(rest, &rest, 10);
	answer->link = *rest == ' ' ? rest + 1 : NULL;
	answer->body = line ? line + 1 : "";
	answer->length = line ? piece.length - head - 1 : 0;
}

/* Whether a verb works with files or asks on the terminal that this process has. */
static bool needs_more(const struct verb *verb)
{
	static const char *const names[] = { "register", "login", "export", "import" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(verb->name, names[i]) == 0)
			return true;
	return false;
}

/* Runs the command with the arguments in line. */
static void run(char *line)
{
	char name[] = "cinema", *argv[ARGUMENTS_MAX + 1] = { name }, why[512];
	struct arguments arguments;
	int count = 1;
	for (char *at = line; *at && count < ARGUMENTS_MAX;) {
		argv[count++] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	if (!arguments_read(argv, &arguments)) {
		if (!arguments.fault[0])
			abort();
		return;
	}
	if (arguments.verb && needs_more(arguments.verb))
		return;
	struct command command = { .arguments = &arguments };
	command.api.http = http_open(arguments.server ? arguments.server : "127.0.0.1:1",
	    arguments.timeout, why, sizeof why);
	if (!command.api.http)
		return;
	if (arguments.verb)
		verb_run(&command);
	else
		menu_run(&command.api);
	http_close(command.api.http);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static FILE *keyboard, *nowhere;
	char *text = malloc(size + 1), *at = text;
	if (!text)
		return 0;
	if (!nowhere) {
		setlocale(LC_CTYPE, "C.UTF-8");
		unsetenv("CINEMA_TOKEN");
		setenv("XDG_STATE_HOME", "/dev/null", 1); /* log-ins are not kept */
		nowhere = stdout = fopen("/dev/null", "w");
		stderr = nowhere;
	}
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	struct piece line = cut(&at, text + size), typed = { text + size, 0 };
	char *newline = strchr(line.text, '\n');
	if (newline) {
		*newline = '\0';
		typed =
		    (struct piece){ newline + 1, line.length - (size_t)(newline + 1 - line.text) };
	}
	asked = answer_count = 0;
	while (at < text + size && answer_count < ANSWERS_MAX)
		answers[answer_count++] = cut(&at, text + size);
	keyboard =
	    typed.length > 0 ? fmemopen(typed.text, typed.length, "r") : fopen("/dev/null", "r");
	FILE *usual = stdin;
	stdin = keyboard;
	if (keyboard)
		run(line.text);
	stdin = usual;
	if (keyboard)
		fclose(keyboard);
	free(last_link);
	last_link = NULL;
	free(text);
	return 0;
}
