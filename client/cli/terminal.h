/* The person at the other end: lines out, answers in, whether on a terminal or through a pipe. */
#ifndef CINEMA_CLI_TERMINAL_H
#define CINEMA_CLI_TERMINAL_H

#include "secret.h"

#include <stdbool.h>
#include <stddef.h>

#define TERMINAL_ANSWER_SIZE 1024 /* with its NUL */

/** Prints exactly one line, made safe as a whole by text_safe. */
void terminal_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Prints exactly one line on standard error, made safe likewise. */
void terminal_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How a character looks, where colour is welcome. */
#define TERMINAL_PLAIN  ' '
#define TERMINAL_BRIGHT 'b'
#define TERMINAL_FAINT  'f'

/** Prints exactly one line of ASCII, each character with the look that stands at its place. */
void terminal_paint(const char *line, const char *looks);

/** Prints an empty line. */
void terminal_gap(void);

/**
 * Prints prompt as it is and reads a line: without blanks at its ends, valid UTF-8, no control
 * characters. What is not so, or too long, gets a line that says it and the prompt again. False at
 * the end of input.
 */
bool terminal_ask(const char *prompt, char answer[TERMINAL_ANSWER_SIZE]);

/**
 * The same for a password: without echo where standard input is a terminal, else its next line as it
 * is. False with a line in why.
 */
bool terminal_ask_secret(
    const char *prompt, char password[SECRET_SIZE], char *why, size_t why_size);

/** Columns of the terminal that standard output is; 0: it is none. */
size_t terminal_width(void);

/** Whether colour and the like are welcome there: NO_COLOR and TERM have their say. */
bool terminal_has_colour(void);

/** Whether standard error is a terminal that can show a line which changes. */
bool terminal_shows_progress(void);

/** Clears the screen; does nothing unless standard output is a terminal that can. */
void terminal_clear(void);

/** Writes out what is still buffered; false when standard output could not take everything. */
bool terminal_flush(void);

#endif
