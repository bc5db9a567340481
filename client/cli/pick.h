/* Which seats of which showing somebody wants, while they say so answer by answer. */
#ifndef CINEMA_CLI_PICK_H
#define CINEMA_CLI_PICK_H

#include "hall.h"
#include "terminal.h"

/** All zero, but for the first line, until pick_read. */
struct pick {
	const char *date, *movie, *title;
	struct hall_showings showings;    /* of the movie; none, where the server knows none */
	struct hall *halls;               /* of each showing */
	size_t showing;                   /* the one meant; showings.count: all are sold out */
	char seats[TERMINAL_ANSWER_SIZE]; /* parted by spaces; "": none are named */
	size_t count;                     /* how many of the best; 0: not said */
};

/**
 * Reads the movie's showings and their halls anew, and turns to the first with room. A server
 * without showings is one of the old kind, and leaves none.
 */
enum api_result pick_read(struct api *api, struct pick *pick);

/** The hall of the showing that is meant, or NULL where there are none. */
const struct hall *pick_hall(const struct pick *pick);

/** Whether there is more than one thing to take. */
bool pick_is_worth_asking(const struct pick *pick);

/** Shows the hall, what Enter will take, and what else there is. */
void pick_draw(const struct pick *pick);

/** Takes an answer for seats, for how many, or for another time, and says what Enter takes then. */
void pick_answer(struct api *api, struct pick *pick, const char *answer);

/** Forgets which seats were meant. */
void pick_clear(struct pick *pick);

/** Frees what pick_read has read. */
void pick_free(struct pick *pick);

#endif
