/* The verbs that only read. Each prints a table, or with --json leaves the server's answer. */
#ifndef CINEMA_CLI_LIST_H
#define CINEMA_CLI_LIST_H

#include "booking.h"
#include "verb.h"

enum exit_code list_movies(struct command *command);
enum exit_code list_showtimes(struct command *command);
enum exit_code list_seats(struct command *command);
enum exit_code list_bookings(struct command *command);
enum exit_code list_suggested(struct command *command);
enum exit_code list_users(struct command *command);
enum exit_code list_status(struct command *command);

/** Prints some bookings as list_bookings prints them, after a change too. */
enum exit_code list_these(struct command *command, const struct booking *bookings, size_t count);

#endif
