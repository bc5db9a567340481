/* Whether a recorded history is one that a cinema can have: for each seat, is there an order of the
 * operations, each at some moment between its question and its answer, in which every answer is right?
 * (Linearizability, searched as Wing and Gong, and Lowe, do it: try what may come next, and never
 * twice the same set of operations with the same state.)
 *
 *   linear <HISTORY
 *
 * A line is an operation on one seat: START END WHAT SEAT BOOKING OUTCOME [UNTIL]. Times are
 * microseconds of one clock; END is - where the answer was lost: then it may take effect at any later
 * time, or never. BOOKING is - where it does not matter.
 *
 *   hold, book   ok: the seat is the booking's (a hold UNTIL then); taken: it was somebody's; lost
 *   confirm      ok; taken: the seat was somebody else's; cancelled: the booking was; lost
 *   cancel       ok; lost
 *   map          free, held or sold: what the seat map said
 *   show         held, expired, confirmed or cancelled: what the booking itself said
 *
 * A hold ends by itself: an operation that was there before UNTIL may see it, one that was there
 * after UNTIL may find the seat free; who has seen it over, nobody sees it held after. Expired, it
 * can still be confirmed while nobody else has the seat.
 *
 * Prints a line; exits 1 with what does not fit where there is no such order, 3 where the search was
 * given up. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPS_MAX   4096 /* on one seat */
#define SEATS_MAX 64
#define WORDS     (OPS_MAX / 64)
#define TRIED_MAX (1 << 20) /* states looked at, before it is given up */
#define NEVER     INT64_MAX

enum what { HOLD, BOOK, CONFIRM, CANCEL, MAP, SHOW, WHATS };
enum outcome { OK, TAKEN, CANCELLED, LOST, FREE, HELD, SOLD, EXPIRED, CONFIRMED, OUTCOMES };

static const char *const whats[] = { "hold", "book", "confirm", "cancel", "map", "show" };
static const char *const outcomes[] = { "ok", "taken", "cancelled", "lost", "free", "held", "sold",
	"expired", "confirmed" };

struct op {
	int64_t start, end, until;
	enum what what;
	enum outcome outcome;
	char seat[16], booking[80];
	int line;
};

/* A seat between two operations. Lapsed: a hold that somebody has seen over. */
struct state {
	enum { NOBODYS, IS_HELD, LAPSED, IS_SOLD } is;
	int owner; /* index of the operation by which the booking came to be; -1: none */
};

struct search {
	struct op *ops;   /* in the order of their starts */
	int count, least; /* operations that have to find a place */
	uint64_t done[WORDS];
	struct entry {
		uint64_t hash;
		uint64_t *done;
		struct state state;
	} * tried;
	int tried_count;
	int best; /* most operations that found a place so far */
	uint64_t best_done[WORDS];
	struct state best_state;
	bool given_up;
};

static bool is_done(const struct search *search, int i)
{
	return search->done[i / 64] >> (i % 64) & 1;
}

static void flip(struct search *search, int i)
{
	search->done[i / 64] ^= UINT64_C(1) << (i % 64);
}

static bool same_booking(const struct search *search, int owner, const struct op *op)
{
	return owner >= 0 && strcmp(search->ops[owner].booking, op->booking) == 0;
}

/* Whether the booking's cancelling has found its place already. */
static bool is_cancelled(const struct search *search, const struct op *op)
{
	for (int i = 0; i < search->count; i++)
		if (search->ops[i].what == CANCEL && is_done(search, i) &&
		    strcmp(search->ops[i].booking, op->booking) == 0)
			return true;
	return false;
}

/* Until when the booking of op was held; it may be longer where the answer was lost. */
static int64_t until_of(const struct search *search, const struct op *op)
{
	for (int i = 0; i < search->count; i++)
		if (search->ops[i].what == HOLD && strcmp(search->ops[i].booking, op->booking) == 0)
			return search->ops[i].until;
	return 0;
}

static bool take(struct state *state, int i, bool for_good)
{
	if (state->is != NOBODYS && state->is != LAPSED)
		return false;
	*state = (struct state){ for_good ? IS_SOLD : IS_HELD, i };
	return true;
}

static bool confirm(const struct search *search, struct state *state, int i)
{
	const struct op *op = &search->ops[i];
	bool own = same_booking(search, state->owner, op);
	bool others = (state->is == IS_HELD || state->is == IS_SOLD) && !own;
	bool cancelled = is_cancelled(search, op);
	if (op->outcome == TAKEN)
		return others;
	if (op->outcome == CANCELLED)
		return cancelled && (!own || state->is == LAPSED);
	if (others || cancelled)
		return false;
	if (state->is != IS_SOLD)
		*state = (struct state){ IS_SOLD, i };
	return true;
}

static bool show(const struct search *search, const struct state *state, const struct op *op)
{
	bool own = same_booking(search, state->owner, op);
	switch (op->outcome) {
	case HELD: return own && state->is == IS_HELD;
	case CONFIRMED: return own && state->is == IS_SOLD;
	case CANCELLED: return is_cancelled(search, op) && !(own && state->is != LAPSED);
	case EXPIRED:
		return !is_cancelled(search, op) && !(own && state->is != LAPSED) &&
		    until_of(search, op) <= op->end;
	default: return false;
	}
}

/* Whether op i is right in a state; the state is then the one after it. */
static bool apply(const struct search *search, struct state *state, int i)
{
	const struct op *op = &search->ops[i];
	bool somebodys = state->is == IS_HELD || state->is == IS_SOLD;
	switch (op->what) {
	case HOLD:
	case BOOK: return op->outcome == TAKEN ? somebodys : take(state, i, op->what == BOOK);
	case CONFIRM: return confirm(search, state, i);
	case CANCEL:
		if (same_booking(search, state->owner, op))
			*state = (struct state){ NOBODYS, -1 };
		return true;
	case MAP:
		return op->outcome == SOLD ? state->is == IS_SOLD
		    : op->outcome == HELD  ? state->is == IS_HELD
					   : !somebodys;
	case SHOW: return show(search, state, op);
	default: return false;
	}
}

/* What op i may find the seat to be: as it is, or its hold over. Returns how many of the two. */
static int views(const struct search *search, struct state state, int i, struct state view[2])
{
	const struct op *op = &search->ops[i];
	int count = 0;
	if (state.is != IS_HELD) {
		view[count++] = state;
		return count;
	}
	/* A hold whose answer was lost may have begun later than its question, and so end later. */
	const struct op *hold = &search->ops[state.owner];
	if (op->start < hold->until || hold->outcome == LOST)
		view[count++] = state;
	state.is = LAPSED;
	if (op->end >= hold->until)
		view[count++] = state;
	return count;
}

static uint64_t hash_of(const struct search *search, struct state state)
{
	uint64_t hash = (uint64_t)state.is * 31 + (uint64_t)(state.owner + 1);
	for (int i = 0; i <= (search->count - 1) / 64; i++)
		hash = (hash ^ search->done[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
	return hash | 1;
}

/* Whether this was looked at before; notes it. */
static bool was_tried(struct search *search, struct state state)
{
	size_t words = (size_t)(search->count - 1) / 64 + 1;
	uint64_t hash = hash_of(search, state);
	struct entry *entry = &search->tried[hash % (2 * TRIED_MAX)];
	for (; entry->hash;
	     entry = entry + 1 < search->tried + 2 * TRIED_MAX ? entry + 1 : search->tried)
		if (entry->hash == hash && entry->state.is == state.is &&
		    entry->state.owner == state.owner &&
		    memcmp(entry->done, search->done, words * sizeof *entry->done) == 0)
			return true;
	*entry = (struct entry){ hash, malloc(words * sizeof *entry->done), state };
	if (++search->tried_count == TRIED_MAX || !entry->done) {
		search->given_up = true;
		return true;
	}
	memcpy(entry->done, search->done, words * sizeof *entry->done);
	return false;
}

/* The first moment by which some operation without a place had its answer: what began after it has
 * to come later. */
static int64_t horizon(const struct search *search)
{
	int64_t first = NEVER;
	for (int i = 0; i < search->count && search->ops[i].start <= first; i++)
		if (!is_done(search, i) && search->ops[i].end < first)
			first = search->ops[i].end;
	return first;
}

/* Gives a place to what is right as things stand and changes nothing: it cannot do harm. Returns how
 * many; they are in list. */
static int place_readers(struct search *search, struct state state, int list[])
{
	int count = 0;
	bool more = true;
	while (more) {
		int64_t until = horizon(search);
		more = false;
		for (int i = 0; i < search->count && search->ops[i].start <= until; i++) {
			struct state view[2];
			if (is_done(search, i) || search->ops[i].what == CANCEL ||
			    search->ops[i].outcome == LOST || views(search, state, i, view) == 0 ||
			    view[0].is != state.is)
				continue;
			if (!apply(search, &view[0], i) || view[0].is != state.is ||
			    view[0].owner != state.owner)
				continue;
			flip(search, i);
			list[count++] = i;
			more = true;
		}
	}
	return count;
}

static int placed(const struct search *search)
{
	int count = 0;
	for (int i = 0; i < search->count; i++)
		count += is_done(search, i) && search->ops[i].end != NEVER;
	return count;
}

static bool find_order(struct search *search, struct state state)
{
	int *readers = malloc((size_t)search->count * sizeof *readers);
	bool found = false;
	if (!readers)
		return false;
	int count = place_readers(search, state, readers), now = placed(search);
	if (now > search->best) {
		search->best = now;
		memcpy(search->best_done, search->done, sizeof search->done);
		search->best_state = state;
	}
	found = now == search->least;
	int64_t until = horizon(search);
	bool dead = found || was_tried(search, state);
	for (int i = 0; !dead && !found && i < search->count && search->ops[i].start <= until;
	     i++) {
		struct state view[2];
		int choices = is_done(search, i) ? 0 : views(search, state, i, view);
		for (int j = 0; j < choices && !found && !search->given_up; j++) {
			if (!apply(search, &view[j], i))
				continue;
			flip(search, i);
			found = find_order(search, view[j]);
			flip(search, i);
		}
	}
	while (count > 0)
		flip(search, readers[--count]);
	free(readers);
	return found;
}

static void print_op(const struct op *op)
{
	printf("  line %d: %" PRId64 " ", op->line, op->start);
	if (op->end == NEVER)
		printf("-");
	else
		printf("%" PRId64, op->end);
	printf(" %s %s %s %s", whats[op->what], op->seat, op->booking, outcomes[op->outcome]);
	if (op->until)
		printf(" %" PRId64, op->until);
	putchar('\n');
}

/* Where the longest order ends: what the seat is then, and what cannot come next. */
static void explain(struct search *search)
{
	static const char *const names[] = { "nobody's", "held", "a hold that is over", "sold" };
	const struct state *state = &search->best_state;
	memcpy(search->done, search->best_done, sizeof search->done);
	printf(
	    "seat %s: no order fits. After %d of %d operations it is %s%s%s, and next would be:\n",
	    search->ops[0].seat, search->best, search->least, names[state->is],
	    state->owner >= 0 ? " by " : "",
	    state->owner >= 0 ? search->ops[state->owner].booking : "");
	int64_t until = horizon(search);
	for (int i = 0; i < search->count && search->ops[i].start <= until; i++)
		if (!is_done(search, i))
			print_op(&search->ops[i]);
}

/* 0, 1 or 3 as the program. */
static int check_seat(struct op *ops, int count)
{
	static struct search search;
	search = (struct search){ .ops = ops, .count = count, .best = -1 };
	for (int i = 0; i < count; i++)
		search.least += ops[i].end != NEVER;
	search.tried = calloc(2 * TRIED_MAX, sizeof *search.tried);
	if (!search.tried)
		return 3;
	bool found = find_order(&search, (struct state){ NOBODYS, -1 });
	if (!found && search.given_up)
		printf("seat %s: given up after %d states\n", ops[0].seat, search.tried_count);
	else if (!found)
		explain(&search);
	for (int i = 0; i < 2 * TRIED_MAX; i++)
		free(search.tried[i].done);
	free(search.tried);
	return found ? 0 : search.given_up ? 3 : 1;
}

static int word_in(const char *word, const char *const words[], int count)
{
	int i = 0;
	while (i < count && strcmp(words[i], word) != 0)
		i++;
	return i;
}

static bool read_op(const char *line, int number, struct op *op)
{
	char end[24], what[16], outcome[16];
	*op = (struct op){ .line = number };
	int got = sscanf(line, "%" SCNd64 " %23s %15s %15s %79s %15s %" SCNd64, &op->start, end,
	    what, op->seat, op->booking, outcome, &op->until);
	op->what = (enum what)word_in(what, whats, WHATS);
	op->outcome = (enum outcome)word_in(outcome, outcomes, OUTCOMES);
	op->end = strcmp(end, "-") == 0 ? NEVER : strtoll(end, NULL, 10);
	return got >= 6 && op->what != WHATS && op->outcome != OUTCOMES && op->end >= op->start &&
	    (op->outcome == LOST) == (op->end == NEVER) &&
	    (got == 7 || op->what != HOLD || op->outcome == TAKEN);
}

static int compare(const void *a, const void *b)
{
	const struct op *left = a, *right = b;
	int order = strcmp(left->seat, right->seat);
	if (order != 0)
		return order;
	return (left->start > right->start) - (left->start < right->start);
}

int main(void)
{
	static struct op ops[OPS_MAX * 4];
	char line[512];
	int count = 0, seats = 0, number = 0, code = 0;
	while (fgets(line, sizeof line, stdin)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (count == OPS_MAX * 4 || !read_op(line, number, &ops[count++])) {
			fprintf(stderr, "linear: line %d is no operation, or one too many: %s",
			    number, line);
			return 2;
		}
	}
	qsort(ops, (size_t)count, sizeof *ops, compare);
	for (int from = 0, to; from < count; from = to, seats++) {
		for (to = from; to < count && strcmp(ops[to].seat, ops[from].seat) == 0; to++)
			continue;
		int became = to - from > OPS_MAX ? 2 : check_seat(ops + from, to - from);
		code = became > code ? became : code;
	}
	printf("%d operations on %d seats: %s\n", count, seats,
	    code == 0 ? "there is an order in which every answer is right" : "see above");
	return code;
}
