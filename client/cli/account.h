/* The verbs about who one is. */
#ifndef CINEMA_CLI_ACCOUNT_H
#define CINEMA_CLI_ACCOUNT_H

#include "verb.h"

enum exit_code account_register(struct command *command);
enum exit_code account_login(struct command *command);
enum exit_code account_logout(struct command *command);
enum exit_code account_whoami(struct command *command);

#endif
