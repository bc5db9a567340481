/* cinema: the client at the command line. Arguments are read here; the rest of the folder takes
 * values. */
#include "menu.h"
#include "terminal.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "0.1.0"

#define TIMEOUT     10
#define TIMEOUT_MAX 3600

enum exit_code { EXIT_DONE = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

enum option { OPTION_SERVER, OPTION_TIMEOUT, OPTION_HELP, OPTION_VERSION, OPTION_COUNT };

static const struct {
	const char *name, *value, *help;
} options[OPTION_COUNT] = {
	[OPTION_SERVER] = { "--server", "URL", "the cinema's address" },
	[OPTION_TIMEOUT] = { "--timeout", "SECONDS", "how long to wait for an answer (10)" },
	[OPTION_HELP] = { "--help", NULL, "show this" },
	[OPTION_VERSION] = { "--version", NULL, "show the version" },
};

static void print_help(void)
{
	printf("Usage: cinema [option]...\n"
	       "Shows the menu of a cinema: its movies, show times, users and bookings.\n\n");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		char left[32];
		snprintf(left, sizeof left, "%s %s", options[i].name,
		    options[i].value ? options[i].value : "");
		printf("  %-20s%s\n", left, options[i].help);
	}
	printf("\nWithout --server the address is CINEMA_URL, else that of CINEMA_LISTEN,\n"
	       "else http://127.0.0.1:8080.\n");
}

static int usage(const char *fault, const char *argument)
{
	fprintf(stderr,
	    "cinema: %s%s\n"
	    "Usage: cinema [option]...; cinema --help tells more\n",
	    fault, argument);
	return EXIT_USAGE;
}

/* Finds the option that argv[*at] is and its value, from behind a = or from the next argument, to
 * which *at then moves. Returns OPTION_COUNT with *fault set when there is none. */
static enum option read_option(char **argv, int *at, const char **value, const char **fault)
{
	const char *argument = argv[*at];
	size_t length = strcspn(argument, "=");
	enum option option = 0;
	while (option < OPTION_COUNT &&
	    (strlen(options[option].name) != length ||
		strncmp(options[option].name, argument, length) != 0))
		option++;
	*value = argument[length] ? argument + length + 1 : NULL;
	*fault = "unknown argument: ";
	if (option == OPTION_COUNT || (*value && !options[option].value))
		return OPTION_COUNT;
	if (!*value && options[option].value) {
		*fault = "a value is missing after ";
		if (!argv[*at + 1])
			return OPTION_COUNT;
		*value = argv[++*at];
	}
	return option;
}

static bool read_seconds(const char *text, int *seconds)
{
	char *end;
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < 1 || value > TIMEOUT_MAX)
		return false;
	*seconds = (int)value;
	return true;
}

/* The address that the environment gives; text is room for it. */
static const char *standard_server(char *text, size_t size)
{
	const char *url = getenv("CINEMA_URL"), *listen = getenv("CINEMA_LISTEN");
	if (url && *url)
		return url;
	if (!listen || !*listen)
		return "http://127.0.0.1:8080";
	/* nginx listens on every address there; one of them is this machine's own. */
	const char *port = strrchr(listen, ':');
	size_t host = port ? (size_t)(port - listen) : 0;
	if ((host == 1 && listen[0] == '*') || (host == 7 && strncmp(listen, "0.0.0.0", 7) == 0))
		snprintf(text, size, "http://127.0.0.1%s", port);
	else if (host == 4 && strncmp(listen, "[::]", 4) == 0)
		snprintf(text, size, "http://[::1]%s", port);
	else
		snprintf(text, size, "http://%s", listen);
	return text;
}

static int run(const char *server, int timeout)
{
	char why[512];
	struct api api = { .http = http_open(server, timeout, why, sizeof why) };
	if (!api.http)
		return usage(why, "");
	menu_run(&api);
	http_close(api.http);
	if (terminal_flush())
		return EXIT_DONE;
	fprintf(stderr, "cinema: cannot write to standard output\n");
	return EXIT_TROUBLE;
}

int main(int argc, char **argv)
{
	char text[512];
	const char *server = standard_server(text, sizeof text), *value, *fault;
	int timeout = TIMEOUT;

	setlocale(LC_CTYPE, "C.UTF-8"); /* for text_same */
	for (int i = 1; i < argc; i++) {
		const char *argument = argv[i];
		switch (read_option(argv, &i, &value, &fault)) {
		case OPTION_SERVER: server = value; break;
		case OPTION_TIMEOUT:
			if (!read_seconds(value, &timeout))
				return usage("--timeout takes 1 to 3600 seconds, not ", value);
			break;
		case OPTION_HELP: print_help(); return EXIT_DONE;
		case OPTION_VERSION: printf("cinema %s\n", VERSION); return EXIT_DONE;
		case OPTION_COUNT: return usage(fault, argument);
		}
	}
	return run(server, timeout);
}
