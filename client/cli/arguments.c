/* Reading argv. Options are one table, verbs another (verb.h); the text of --help is made of both,
 * and the manual page and the completion are tested against it. See arguments.h. */
#include "arguments.h"

#include "verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT        10
#define TIMEOUT_MAX    3600
#define COUNT_MAX      1000
#define DESCRIPTOR_MAX 1048575

static const struct {
	const char *name, *value, *help;
	bool of_all; /* not only of verbs that name it */
} options[OPTIONS] = {
	[OPTION_SERVER] = { "--server", "URL", "the cinema's address", true },
	[OPTION_TIMEOUT] = { "--timeout", "SECONDS", "how long to wait for an answer (10)", true },
	[OPTION_VERBOSE] = { "-v", NULL, "show the requests on standard error", true },
	[OPTION_HELP] = { "--help", NULL, "show this", true },
	[OPTION_VERSION] = { "--version", NULL, "show the version", true },
	[OPTION_JSON] = { "--json", NULL, "print the server's answer", false },
	[OPTION_SHOWING] = { "--showing", "TIME-SCREEN", "which showing (the first with room)",
	    false },
	[OPTION_COUNT] = { "--count", "N", "how many of the best seats (1)", false },
	[OPTION_KEY] = { "--key", "KEY", "the same key again books nothing twice", false },
	[OPTION_PASSWORD_FD] = { "--password-fd", "N", "read the password from a descriptor",
	    false },
	[OPTION_TO] = { "--to", "FOLDER", "where the files go, or - to print one (.)", false },
	[OPTION_AS] = { "--as", "KIND", "what the file has, where its name does not say", false },
	[OPTION_REPLACE] = { "--replace", NULL, "put what comes in place of what is there", false },
};

static bool is_allowed(enum option option, const struct verb *verb)
{
	return options[option].of_all ||
	    (verb && (option == OPTION_JSON || verb->options & 1U << option));
}

static void print_options(const struct verb *verb)
{
	for (enum option option = 0; option < OPTIONS; option++) {
		char left[32];
		if (!is_allowed(option, verb))
			continue;
		snprintf(left, sizeof left, "%s %s", options[option].name,
		    options[option].value ? options[option].value : "");
		printf("  %-23s%s\n", left, options[option].help);
	}
}

void arguments_help(const struct verb *verb)
{
	if (verb) {
		printf("Usage: cinema %s%s%s [option]...\n%c%s.\n\n", verb->name,
		    *verb->operands ? " " : "", verb->operands, verb->help[0] - 'a' + 'A',
		    verb->help + 1);
		print_options(verb);
		return;
	}
	printf("Usage: cinema [option]...\n"
	       "       cinema VERB [operand]... [option]...\n"
	       "Without a verb, shows the menu of a cinema.\n\n");
	for (verb = verb_table; verb->name; verb++) {
		char left[48];
		snprintf(left, sizeof left, "%s %s", verb->name, verb->operands);
		printf("  %-33s%s\n", left, verb->help);
	}
	printf("\n");
	print_options(NULL);
	printf("\ncinema VERB --help tells more. Without --server the address is CINEMA_URL, else\n"
	       "that of CINEMA_LISTEN, else http://127.0.0.1:8080. It ends with 0: done, 1: the\n"
	       "server refused, 2: wrong arguments, 3: no server, 4: trouble there, 5: here.\n");
}

static bool fail(struct arguments *arguments, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(struct arguments *arguments, const char *format, ...)
{
	va_list values;
	va_start(values, format);
	vsnprintf(arguments->fault, sizeof arguments->fault, format, values);
	va_end(values);
	return false;
}

static bool read_number(const char *text, long least, long most, long *number)
{
	char *end;
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' && *number >= least && *number <= most;
}

/* Takes an option in. */
static bool take(struct arguments *arguments, enum option option, const char *value)
{
	long number = 0;
	switch (option) {
	case OPTION_SERVER: arguments->server = value; break;
	case OPTION_TIMEOUT:
		if (!read_number(value, 1, TIMEOUT_MAX, &number))
			return fail(arguments, "--timeout takes 1 to %d seconds, not %.100s",
			    TIMEOUT_MAX, value);
		arguments->timeout = (int)number;
		break;
	case OPTION_VERBOSE: arguments->verbose = true; break;
	case OPTION_HELP: arguments->help = true; break;
	case OPTION_VERSION: arguments->version = true; break;
	case OPTION_JSON: arguments->json = true; break;
	case OPTION_SHOWING: arguments->showing = value; break;
	case OPTION_COUNT:
		if (!read_number(value, 1, COUNT_MAX, &number))
			return fail(
			    arguments, "--count takes 1 to %d seats, not %.100s", COUNT_MAX, value);
		arguments->seats = (size_t)number;
		break;
	case OPTION_KEY:
		for (const char *at = value; *at; at++)
			if (*at < '!' || *at > '~')
				value = "";
		if (*value == '\0' || strlen(value) > 255)
			return fail(arguments, "--key takes 1 to 255 visible ASCII characters");
		arguments->key = value;
		break;
	case OPTION_PASSWORD_FD:
		if (!read_number(value, 0, DESCRIPTOR_MAX, &number))
			return fail(arguments,
			    "--password-fd takes the number of an open descriptor, not %.100s",
			    value);
		arguments->password_fd = (int)number;
		break;
	case OPTION_TO: arguments->to = value; break;
	case OPTION_AS: arguments->as = value; break;
	case OPTION_REPLACE: arguments->replace = true; break;
	case OPTIONS: break;
	}
	return true;
}

/* Reads the option at argv[*at], with its value from behind a = or from the next argument, to which
 * *at then moves. Notes in *given which it was. */
static bool read_option(char **argv, int *at, struct arguments *arguments, unsigned *given)
{
	const char *argument = argv[*at];
	size_t length = strcspn(argument, "=");
	enum option option = 0;
	while (option < OPTIONS &&
	    (strlen(options[option].name) != length ||
		strncmp(options[option].name, argument, length) != 0))
		option++;
	const char *value = argument[length] ? argument + length + 1 : NULL;
	if (option == OPTIONS || (value && !options[option].value))
		return fail(arguments, "unknown argument: %.100s", argument);
	if (!value && options[option].value) {
		value = argv[*at + 1];
		if (!value)
			return fail(arguments, "a value is missing after %s", argument);
		++*at;
	}
	*given |= 1U << option;
	return take(arguments, option, value);
}

/* Whether the options and the number of operands suit the verb. */
static bool check(struct arguments *arguments, unsigned given)
{
	const struct verb *verb = arguments->verb;
	for (enum option option = 0; option < OPTIONS; option++)
		if (given & 1U << option && !is_allowed(option, verb))
			return fail(arguments, "%s does not go with %s", options[option].name,
			    verb ? verb->name : "the menu");
	if (!verb || arguments->help || arguments->version)
		return true;
	if (arguments->count < verb->least)
		return fail(arguments, "cinema %s takes %s", verb->name, verb->operands);
	if (arguments->count > verb->most)
		return fail(arguments, "cinema %s takes %s: what is %.100s?", verb->name,
		    verb->most > 0 ? verb->operands : "nothing more",
		    arguments->operands[verb->most]);
	return true;
}

bool arguments_read(char **argv, struct arguments *arguments)
{
	bool options_end = false;
	unsigned given = 0;
	int kept = 1;

	*arguments = (struct arguments){ .timeout = TIMEOUT, .password_fd = -1 };
	for (int i = 1; argv[i]; i++) {
		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
			if (!read_option(argv, &i, arguments, &given))
				return false;
		} else if (!arguments->verb) {
			arguments->verb = verb_find(argv[i]);
			if (!arguments->verb)
				return fail(arguments, "unknown verb: %.100s", argv[i]);
		} else {
			argv[kept++] = argv[i];
		}
	}
	arguments->operands = argv + 1;
	arguments->count = (size_t)kept - 1;
	return check(arguments, given);
}
