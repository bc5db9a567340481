/* Lines typed on a terminal, with editing and a history that outlasts the process. A process has one
 * terminal, and so this has one state. */
#ifndef CINEMA_CLI_EDIT_H
#define CINEMA_CLI_EDIT_H

#include <stdbool.h>

/** Begins, where both standard streams are a terminal that can; else edit_is_on stays false. */
void edit_start(void);

/** Gives the terminal back and keeps the history. Harmless without a start. */
void edit_stop(void);

bool edit_is_on(void);

/** From now on keys are the editor's: to be called before anything is shown that asks for them. */
void edit_ready(void);

/**
 * Shows the prompt, one line or part of one, and reads a line; without its end, good until the next
 * call. NULL at the end of input.
 */
const char *edit_line(const char *prompt);

/** Adds a line to the history, from where the arrow keys fetch it. */
void edit_remember(const char *line);

#endif
