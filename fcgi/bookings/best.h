/* Best available: which seats to give somebody who only says how many.
 *
 * The rule. The best spot of a hall is two thirds of the way back, in the middle of its widest row.
 * A block is that many free seats side by side in one row, with no gap between them. A block is
 * better that leaves fewer single free seats beside it; among those, the one whose seats lie
 * nearest to the best spot (the sum of the squared distances, a row counting as two seats' width);
 * among those, the one nearer to the screen, then further left.
 *
 * Only when no row has such a block is the party split: over the fewest neighbouring rows that have
 * room, in blocks as large as they have (but rather three and two than four and one), each chosen
 * by the same rule; of several such groups of rows the one whose seats lie nearest. */
#ifndef CINEMA_BOOKINGS_BEST_H
#define CINEMA_BOOKINGS_BEST_H

#include "bookings/hall.h"

/** What best_pick found. */
enum best_result {
	BEST_TOGETHER, /* one block */
	BEST_SPLIT,    /* more than one */
	BEST_FULL,     /* fewer seats are free */
	BEST_NO_MEMORY,
};

/**
 * Picks count (1 or more) free seats; their indices in hall->seats, ascending, go to picks. Does
 * not change the hall; works in the arena.
 */
enum best_result best_pick(
    const struct hall *hall, struct arena *arena, size_t count, size_t *picks);

#endif
