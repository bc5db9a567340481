/* The person at the other end: lines out, answers in, whether on a terminal or through a pipe. */
#ifndef CINEMA_CLI_TERMINAL_H
#define CINEMA_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#define TERMINAL_ANSWER_SIZE 1024 /* with its NUL */

/** Prints exactly one line, made safe as a whole by text_safe. */
void terminal_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Prints exactly one line on standard error, made safe likewise. */
void terminal_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Prints an empty line. */
void terminal_gap(void);

/**
 * Prints prompt as it is and reads a line: without blanks at its ends, valid UTF-8, no control
 * characters. What is not so, or too long, gets a line that says it and the prompt again. False at
 * the end of input.
 */
bool terminal_ask(const char *prompt, char answer[TERMINAL_ANSWER_SIZE]);

/** Columns of the terminal that standard output is; 0: it is none. */
size_t terminal_width(void);

/** Whether colour and the like are welcome there: NO_COLOR and TERM have their say. */
bool terminal_has_colour(void);

/** Clears the screen; does nothing unless standard output is a terminal that can. */
void terminal_clear(void);

/** Writes out what is still buffered; false when standard output could not take everything. */
bool terminal_flush(void);

#endif
