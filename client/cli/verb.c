/* Verbs. See verb.h. */
#include "verb.h"

#include "account.h"
#include "base/buffer.h"
#include "list.h"
#include "sell.h"
#include "terminal.h"
#include "transfer.h"

#include <stdio.h>
#include <string.h>

#define ANY_SEATS  1000
#define ANSWER_MAX (300 * 1024 * 1024) /* more than api.c lets a list have */
#define ACCOUNT    (1U << OPTION_PASSWORD_FD | VERB_MENDS)
#define ORDER      (1U << OPTION_SHOWING | 1U << OPTION_COUNT | 1U << OPTION_KEY)

const struct verb verb_table[] = {
	{ "movies", "", "list the movies", 0, 0, 0, list_movies },
	{ "showtimes", "[DATE [MOVIE]]", "list what is on, on a date, and when", 0, 2, 0,
	    list_showtimes },
	{ "seats", "DATE MOVIE [TIME-SCREEN]", "show the hall of a showing", 2, 3,
	    1U << OPTION_COUNT, list_seats },
	{ "book", "USER DATE MOVIE [SEAT]...", "book seats, or the best ones", 3, ANY_SEATS, ORDER,
	    sell_book },
	{ "hold", "USER DATE MOVIE [SEAT]...", "keep seats for a while, to be confirmed", 3,
	    ANY_SEATS, ORDER, sell_hold },
	{ "confirm", "USER BOOKING", "book what is held", 2, 2, 0, sell_confirm },
	{ "cancel", "USER BOOKING [SEAT]...", "give back a booking, or some seats", 2, ANY_SEATS, 0,
	    sell_cancel },
	{ "bookings", "[USER]", "list the bookings of one, or of all", 0, 1, 0, list_bookings },
	{ "suggest", "[USER]", "list the best movies not booked yet", 0, 1, 0, list_suggested },
	{ "users", "", "list the users", 0, 0, 0, list_users },
	{ "register", "USER [NAME]", "become a user, and log in", 1, 2, ACCOUNT, account_register },
	{ "login", "USER", "log in, where the cinema asks for it", 1, 1, ACCOUNT, account_login },
	{ "logout", "", "log out", 0, 0, VERB_MENDS, account_logout },
	{ "whoami", "", "show who is logged in", 0, 0, 0, account_whoami },
	{ "export", "[KIND]...", "write all documents to files, as in data/", 0, 5, 1U << OPTION_TO,
	    transfer_export },
	{ "import", "FILE|FOLDER", "take documents in from such files", 1, 1,
	    1U << OPTION_AS | 1U << OPTION_REPLACE, transfer_import },
	{ "status", "", "show whether the cinema is up", 0, 0, 0, list_status },
	{ 0 },
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *verb = verb_table; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

enum exit_code verb_run(struct command *command)
{
	struct buffer answer;
	buffer_init(&answer, ANSWER_MAX);
	command->api.answer = command->arguments->json ? &answer : NULL;
	enum exit_code code = command->arguments->verb->run(command);
	if (command->arguments->json && answer.failed) {
		terminal_complain("cinema: memory ran out for the answer");
		code = EXIT_LOCAL;
	} else if (command->arguments->json && code == EXIT_DONE && answer.length > 0) {
		fwrite(answer.data, 1, answer.length, stdout);
		if (answer.data[answer.length - 1] != '\n')
			putchar('\n');
	}
	buffer_free(&answer);
	return code;
}

enum exit_code verb_failed(const struct command *command, enum api_result result)
{
	static const enum exit_code codes[] = {
		[API_OK] = EXIT_DONE,
		[API_ABSENT] = EXIT_REFUSED,
		[API_LOGIN] = EXIT_REFUSED,
		[API_FORBIDDEN] = EXIT_REFUSED,
		[API_REFUSED] = EXIT_REFUSED,
		[API_BUSY] = EXIT_TROUBLE,
		[API_UNREACHABLE] = EXIT_UNREACHABLE,
		[API_FAILED] = EXIT_TROUBLE,
	};
	terminal_complain("cinema: %s", command->api.why);
	return codes[result];
}

enum exit_code verb_print(
    const struct table_column *columns, size_t count, const char *const cells[])
{
	struct table *table = table_new(columns, count);
	if (table)
		table_add(table, cells);
	bool good = table && table_print(table);
	if (!good)
		terminal_complain("cinema: memory ran out");
	table_free(table);
	return good ? EXIT_DONE : EXIT_LOCAL;
}

enum exit_code verb_misused(const struct command *command, const char *what, const char *why)
{
	terminal_complain("cinema: %s %s; cinema %s --help tells more", what, why,
	    command->arguments->verb->name);
	return EXIT_USAGE;
}
