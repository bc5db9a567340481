/* The arguments of the command: options, and a verb with its operands. */
#ifndef CINEMA_CLI_ARGUMENTS_H
#define CINEMA_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct verb;

enum option {
	OPTION_SERVER,
	OPTION_TIMEOUT,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_JSON,
	OPTION_SHOWING,
	OPTION_COUNT,
	OPTION_KEY,
	OPTION_PASSWORD_FD,
	OPTION_TO,
	OPTION_AS,
	OPTION_REPLACE,
	OPTIONS
};

struct arguments {
	const struct verb *verb; /* NULL: the menu */
	char **operands;         /* in argv */
	size_t count;
	const char *server;                /* NULL: not given */
	int timeout;                       /* seconds */
	bool verbose, help, version, json; /* given */
	bool replace;                      /* given */
	const char *showing, *key, *to;    /* NULL: not given */
	const char *as;                    /* likewise */
	size_t seats;                      /* --count; 0: not given */
	int password_fd;                   /* -1: not given */
	char fault[256];                   /* what is wrong, after a failure */
};

/**
 * Reads argv, a NULL behind the last. Options may stand anywhere; -- ends them. Moves operands
 * within argv. False with a line in arguments->fault.
 */
bool arguments_read(char **argv, struct arguments *arguments);

/** Prints what --help shows, of the whole command (NULL) or of a verb. */
void arguments_help(const struct verb *verb);

#endif
