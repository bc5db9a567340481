/* Best available. See best.h for the rule. */
#include "bookings/best.h"

#include <float.h>
#include <string.h>

#define ROW_WIDTHS 2.0 /* a row's depth, in seats' widths */

struct choice {
	size_t first, count; /* a block: seats first … first + count - 1 */
	int orphans;         /* single free seats it would leave */
	double distance;
};

struct search {
	const struct hall *hall;
	bool *open; /* which seats are free and not picked yet */
	double best_row, best_column;
};

static double distance(const struct search *search, const struct hall_seat *seat)
{
	double rows = (seat->row - search->best_row) * ROW_WIDTHS;
	double columns = seat->column - search->best_column;
	return rows * rows + columns * columns;
}

/* Whether seats i and i + 1 are side by side. */
static bool side_by_side(const struct hall *hall, size_t i)
{
	const struct hall_seat *seat = &hall->seats[i];
	return i + 1 < hall->seat_count && seat[1].row == seat->row &&
	    seat[1].column == seat->column + 1;
}

/* Whether seat i is open, given that it is beside a seat in the hall. */
static bool open_after(const struct search *search, size_t i)
{
	return side_by_side(search->hall, i) && search->open[i + 1];
}

static bool open_before(const struct search *search, size_t i)
{
	return i > 0 && side_by_side(search->hall, i - 1) && search->open[i - 1];
}

/* How many open seats lie side by side from seat i on, up to limit. */
static size_t run_length(const struct search *search, size_t i, size_t limit)
{
	size_t length = search->open[i];
	while (length > 0 && length < limit && open_after(search, i + length - 1))
		length++;
	return length;
}

static struct choice look_at(const struct search *search, size_t first, size_t count)
{
	struct choice choice = { .first = first, .count = count };
	size_t last = first + count - 1;
	choice.orphans = (open_before(search, first) && !open_before(search, first - 1)) +
	    (open_after(search, last) && !open_after(search, last + 1));
	for (size_t i = first; i <= last; i++)
		choice.distance += distance(search, &search->hall->seats[i]);
	return choice;
}

static bool is_better(const struct choice *a, const struct choice *b)
{
	return a->orphans < b->orphans || (a->orphans == b->orphans && a->distance < b->distance);
}

/* The best block of count seats among seats from … to - 1; its count is 0 when there is none. */
static struct choice find_block(const struct search *search, size_t from, size_t to, size_t count)
{
	struct choice best = { .orphans = INT32_MAX, .distance = DBL_MAX };
	for (size_t i = from; i < to; i++) {
		if (run_length(search, i, count) < count)
			continue;
		struct choice choice = look_at(search, i, count);
		if (is_better(&choice, &best))
			best = choice;
	}
	return best;
}

/* Closes or opens a block's seats. */
static void mark(struct search *search, const struct choice *block, bool open)
{
	for (size_t i = 0; i < block->count; i++)
		search->open[block->first + i] = open;
}

/* Splits a party over the seats from … to - 1: blocks gets the parts, and the result says how many
 * there are, 0 when there is no room. Leaves the open seats as they were. */
static size_t split(struct search *search, size_t from, size_t to, size_t party,
    struct choice *blocks, struct choice *total)
{
	size_t parts = 0, left = party;
	*total = (struct choice){ 0 };
	while (left > 0) {
		size_t longest = 0;
		for (size_t i = from; i < to; i++) {
			size_t length = run_length(search, i, left);
			longest = length > longest ? length : longest;
		}
		if (longest == 0)
			break;
		if (left - longest == 1 && longest > 2)
			longest--; /* nobody sits alone for one seat more in the other part */
		blocks[parts] = find_block(search, from, to, longest);
		mark(search, &blocks[parts], false);
		total->orphans += blocks[parts].orphans;
		total->distance += blocks[parts].distance;
		left -= longest;
		parts++;
	}
	for (size_t i = 0; i < parts; i++)
		mark(search, &blocks[i], true);
	return left == 0 ? parts : 0;
}

/* Splits a party over the best group of the fewest neighbouring rows. */
static bool find_split(struct search *search, struct arena *arena, size_t party, bool *picked)
{
	const struct hall *hall = search->hall;
	struct choice *blocks = arena_alloc(arena, party * sizeof *blocks);
	struct choice total, best = { .orphans = INT32_MAX, .distance = DBL_MAX };
	bool found = false;

	for (size_t rows = 1; blocks && rows <= hall->row_count && !found; rows++) {
		for (size_t row = 0; row + rows <= hall->row_count; row++) {
			const struct hall_row *last = &hall->rows[row + rows - 1];
			size_t parts = split(search, hall->rows[row].first,
			    last->first + last->count, party, blocks, &total);
			if (parts == 0 || !is_better(&total, &best))
				continue;
			found = true;
			best = total;
			memset(picked, 0, hall->seat_count * sizeof *picked);
			for (size_t i = 0; i < parts; i++)
				for (size_t j = 0; j < blocks[i].count; j++)
					picked[blocks[i].first + j] = true;
		}
	}
	return found;
}

static struct search start_search(const struct hall *hall, bool *open, size_t *free_seats)
{
	size_t widest = 1;
	for (size_t i = 0; i < hall->row_count; i++)
		widest = hall->rows[i].width > widest ? hall->rows[i].width : widest;
	for (size_t i = 0; i < hall->seat_count; i++) {
		open[i] = hall->seats[i].state == HALL_FREE;
		*free_seats += open[i];
	}
	return (struct search){
		.hall = hall,
		.open = open,
		.best_row = (double)(hall->row_count - 1) * 2 / 3,
		.best_column = (double)(widest - 1) / 2,
	};
}

enum best_result best_pick(
    const struct hall *hall, struct arena *arena, size_t count, size_t *picks)
{
	bool *open = arena_alloc(arena, hall->seat_count * sizeof *open);
	bool *picked = arena_alloc(arena, hall->seat_count * sizeof *picked);
	size_t free_seats = 0;
	if (!open || !picked)
		return BEST_NO_MEMORY;
	struct search search = start_search(hall, open, &free_seats);
	if (free_seats < count)
		return BEST_FULL;
	struct choice block = find_block(&search, 0, hall->seat_count, count);
	if (block.count > 0) {
		for (size_t i = 0; i < count; i++)
			picks[i] = block.first + i;
		return BEST_TOGETHER;
	}
	if (!find_split(&search, arena, count, picked))
		return BEST_NO_MEMORY;
	for (size_t i = 0, used = 0; i < hall->seat_count; i++)
		if (picked[i])
			picks[used++] = i;
	return BEST_SPLIT;
}
