/* The verbs that carry documents by the thousand: files of a data folder's form. */
#ifndef CINEMA_CLI_TRANSFER_H
#define CINEMA_CLI_TRANSFER_H

#include "verb.h"

enum exit_code transfer_export(struct command *command);
enum exit_code transfer_import(struct command *command);

#endif
