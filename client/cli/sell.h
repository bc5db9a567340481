/* The verbs that change something. Each prints the booking as it then is. */
#ifndef CINEMA_CLI_SELL_H
#define CINEMA_CLI_SELL_H

#include "verb.h"

enum exit_code sell_book(struct command *command);
enum exit_code sell_hold(struct command *command);
enum exit_code sell_confirm(struct command *command);
enum exit_code sell_cancel(struct command *command);

#endif
