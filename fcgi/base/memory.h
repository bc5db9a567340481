/* A note, one a thread, that memory ran out. Whoever fails for want of memory makes it, however deep
 * below; before a commit and before an answer it is looked at. So a part that is missing from a
 * document is never stored and never sent, though nobody in between looked. */
#ifndef CINEMA_BASE_MEMORY_H
#define CINEMA_BASE_MEMORY_H

#include <stdbool.h>

/** Notes it. */
void memory_note(void);

/** Whether it is noted. */
bool memory_noted(void);

/** The same, and forgets it. */
bool memory_take(void);

#endif
