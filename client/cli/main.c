/* cinema: the client at the command line. */
#include "arguments.h"
#include "menu.h"
#include "terminal.h"
#include "verb.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "0.1.0"

static enum exit_code usage(const char *fault)
{
	terminal_complain("cinema: %s; cinema --help tells more", fault);
	return EXIT_USAGE;
}

/* The address that the environment gives; text is room for it. */
static const char *standard_server(char *text, size_t size)
{
	const char *url = getenv("CINEMA_URL"), *listen = getenv("CINEMA_LISTEN");
	const char *certificate = getenv("CINEMA_TLS_CERTIFICATE");
	const char *scheme = certificate && *certificate ? "https" : "http";
	if (url && *url)
		return url;
	if (!listen || !*listen)
		return "http://127.0.0.1:8080";
	/* nginx listens on every address there; one of them is this machine's own. */
	const char *port = strrchr(listen, ':');
	size_t host = port ? (size_t)(port - listen) : 0;
	if ((host == 1 && listen[0] == '*') || (host == 7 && strncmp(listen, "0.0.0.0", 7) == 0))
		snprintf(text, size, "%s://127.0.0.1%s", scheme, port);
	else if (host == 4 && strncmp(listen, "[::]", 4) == 0)
		snprintf(text, size, "%s://[::1]%s", scheme, port);
	else
		snprintf(text, size, "%s://%s", scheme, listen);
	return text;
}

static void show_request(const char *line)
{
	terminal_complain("%s", line);
}

/* Who is logged in: a token of the environment, or what login has kept. */
static bool read_session(struct api *api, char *why, size_t why_size)
{
	const char *token = getenv("CINEMA_TOKEN");
	struct session *session = &api->session;
	if (token && *token) {
		if (!session_is_token(token)) {
			snprintf(why, why_size, "CINEMA_TOKEN is no token");
			return false;
		}
		snprintf(session->token, sizeof session->token, "%s", token);
	} else if (!session_read(session, http_server(api->http), why, why_size)) {
		return false;
	}
	if (!session->token[0] || http_token(api->http, session->token))
		return true;
	snprintf(why, why_size, "memory ran out");
	return false;
}

static enum exit_code run(const struct arguments *arguments)
{
	char why[2048], text[512];
	const char *server =
	    arguments->server ? arguments->server : standard_server(text, sizeof text);
	struct command command = { .arguments = arguments };
	enum exit_code code = EXIT_DONE;

	command.api.http = http_open(server, arguments->timeout, why, sizeof why);
	if (!command.api.http)
		return usage(why);
	if (arguments->verbose)
		http_trace(command.api.http, show_request);
	if (!read_session(&command.api, why, sizeof why) &&
	    !(arguments->verb && (arguments->verb->options & VERB_MENDS))) {
		terminal_complain("cinema: %s", why);
		code = EXIT_LOCAL;
	} else if (arguments->verb)
		code = verb_run(&command);
	else
		menu_run(&command.api);
	http_close(command.api.http);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	enum exit_code code = EXIT_DONE;

	if (argc < 1)
		return EXIT_USAGE;
	setlocale(LC_CTYPE, "C.UTF-8"); /* for text_same and text_width */
	if (!arguments_read(argv, &arguments))
		return (int)usage(arguments.fault);
	if (arguments.help)
		arguments_help(arguments.verb);
	else if (arguments.version)
		printf("cinema %s\n", VERSION);
	else
		code = run(&arguments);
	if (terminal_flush())
		return (int)code;
	terminal_complain("cinema: cannot write to standard output");
	return EXIT_LOCAL;
}
