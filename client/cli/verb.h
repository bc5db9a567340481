/* The verbs of the command: one table for parsing, --help, the manual page and the completion. */
#ifndef CINEMA_CLI_VERB_H
#define CINEMA_CLI_VERB_H

#include "api.h"
#include "arguments.h"
#include "table.h"

/** How the command ends. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,     /* by the server: there is no such thing, or somebody else has it */
	EXIT_USAGE = 2,       /* the arguments are wrong */
	EXIT_UNREACHABLE = 3, /* no server there: nothing was done */
	EXIT_TROUBLE = 4,     /* the server's, or its answer is lost: what was done is not known */
	EXIT_LOCAL = 5,       /* of this machine: no memory, or the output cannot be written */
};

/** A verb at work. */
struct command {
	struct api api;
	const struct arguments *arguments;
};

#define VERB_MENDS (1U << OPTIONS) /* it runs also where what login has kept cannot be used */

struct verb {
	const char *name, *operands, *help;
	size_t least, most; /* operands */
	unsigned options;   /* 1 << OPTION_…, beside those of every verb; VERB_MENDS */
	enum exit_code (*run)(struct command *);
};

/** All of them, in the order of --help; the last has no name. */
extern const struct verb verb_table[];

/** NULL: there is none of that name. */
const struct verb *verb_find(const char *name);

/** Runs a verb with its arguments. */
enum exit_code verb_run(struct command *command);

/** Says what api->why says, and how the command ends after that result. */
enum exit_code verb_failed(const struct command *command, enum api_result result);

/** Prints a table of one row. */
enum exit_code verb_print(
    const struct table_column *columns, size_t count, const char *const cells[]);

/** Complains about an argument, "what why"; EXIT_USAGE. */
enum exit_code verb_misused(const struct command *command, const char *what, const char *why);

#endif
