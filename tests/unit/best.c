/* Best available, on drawn halls with the expected seats beside. A hall is drawn row by row from
 * the front: `.` is a free seat, `s` one that is not, `_` a gap; in what is expected `*` is a seat
 * that was picked. */
#include "bookings/best.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROWS  8
#define SEATS 200

struct drawing {
	struct hall hall;
	struct hall_row rows[ROWS];
	struct hall_seat seats[SEATS];
};

static void draw(struct drawing *drawing, const char *const *lines)
{
	struct hall *hall = &drawing->hall;
	memset(drawing, 0, sizeof *drawing);
	hall->rows = drawing->rows;
	hall->seats = drawing->seats;
	for (; lines[hall->row_count]; hall->row_count++) {
		const char *line = lines[hall->row_count];
		struct hall_row *row = &drawing->rows[hall->row_count];
		row->first = hall->seat_count;
		row->width = strlen(line);
		for (size_t column = 0; line[column]; column++) {
			if (line[column] == '_')
				continue;
			drawing->seats[hall->seat_count++] = (struct hall_seat){
				.state = line[column] == 's' ? HALL_SOLD : HALL_FREE,
				.row = (unsigned short)hall->row_count,
				.column = (unsigned short)column,
				.number = (unsigned short)++row->count,
			};
		}
	}
}

/* Picks count seats in the hall of lines and compares with what is expected. */
static void check(
    size_t count, enum best_result result, const char *const *lines, const char *const *expected)
{
	struct drawing drawing;
	struct arena arena;
	size_t picks[SEATS];
	char drawn[ROWS][64] = { "" };
	arena_init(&arena);
	draw(&drawing, lines);
	assert_int_equal(best_pick(&drawing.hall, &arena, count, picks), result);
	for (size_t i = 0; lines[i]; i++)
		memcpy(drawn[i], lines[i], strlen(lines[i]) + 1);
	for (size_t i = 0; result != BEST_FULL && i < count; i++) {
		const struct hall_seat *seat = &drawing.seats[picks[i]];
		assert_true(i == 0 || picks[i] > picks[i - 1]);
		drawn[seat->row][seat->column] = '*';
	}
	for (size_t i = 0; lines[i]; i++)
		assert_string_equal(drawn[i], expected[i]);
	arena_free(&arena);
}

#define HALL(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void test_one_seat_two_thirds_back_in_the_middle(void **state)
{
	(void)state;
	check(1, BEST_TOGETHER, HALL(".......", ".......", ".......", "......."),
	    HALL(".......", ".......", "...*...", "......."));
}

static void test_a_pair_sits_in_the_middle(void **state)
{
	(void)state;
	check(2, BEST_TOGETHER, HALL("......", "......", "......", "......"),
	    HALL("......", "......", "..**..", "......"));
}

static void test_taken_seats_are_left_alone(void **state)
{
	(void)state;
	check(2, BEST_TOGETHER, HALL("......", "......", "..ss..", "......"),
	    HALL("......", "..**..", "..ss..", "......"));
}

static void test_no_single_seat_is_left_where_that_can_be_avoided(void **state)
{
	(void)state;
	/* The two in the middle would leave one seat free on the right. */
	check(2, BEST_TOGETHER, HALL("s.....s"), HALL("s**...s"));
	check(2, BEST_TOGETHER, HALL("s...s...."), HALL("s...s**.."));
	/* Here it cannot be avoided. */
	check(2, BEST_TOGETHER, HALL("s...s"), HALL("s**.s"));
}

static void test_an_aisle_is_not_together(void **state)
{
	(void)state;
	check(3, BEST_TOGETHER, HALL("..._...", ".._.._."), HALL("***_...", ".._.._."));
}

static void test_a_worse_row_with_room_beats_a_split(void **state)
{
	(void)state;
	check(4, BEST_TOGETHER, HALL("....", "s..s", "s..s", "..ss"),
	    HALL("****", "s..s", "s..s", "..ss"));
}

static void test_a_split_stays_in_one_row_if_it_can(void **state)
{
	(void)state;
	check(4, BEST_SPLIT, HALL("s..s", "..s..", "s..s"), HALL("s..s", "**s**", "s..s"));
}

static void test_a_split_takes_neighbouring_rows(void **state)
{
	(void)state;
	check(4, BEST_SPLIT, HALL("..ssss", "ssssss", "ss..ss", "ss..ss"),
	    HALL("..ssss", "ssssss", "ss**ss", "ss**ss"));
}

static void test_a_split_leaves_nobody_alone(void **state)
{
	(void)state;
	/* Three and two, not four and one. */
	check(5, BEST_SPLIT, HALL("....ss", "..ssss"), HALL(".***ss", "**ssss"));
	check(4, BEST_SPLIT, HALL("...sss", "..ssss"), HALL(".**sss", "**ssss"));
	/* But of two one may sit apart. */
	check(3, BEST_SPLIT, HALL("..ssss", "..ssss"), HALL(".*ssss", "**ssss"));
}

static void test_the_last_seats_of_a_hall_are_found(void **state)
{
	(void)state;
	check(3, BEST_SPLIT, HALL(".sss", "ssss", "sss.", "s.ss"),
	    HALL("*sss", "ssss", "sss*", "s*ss"));
	check(3, BEST_FULL, HALL(".sss", "sss."), HALL(".sss", "sss."));
}

static void test_rows_of_different_width_share_one_middle(void **state)
{
	(void)state;
	check(2, BEST_TOGETHER, HALL("____....____", "__........__", "............"),
	    HALL("____....____", "__...**...__", "............"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_seat_two_thirds_back_in_the_middle),
		cmocka_unit_test(test_a_pair_sits_in_the_middle),
		cmocka_unit_test(test_taken_seats_are_left_alone),
		cmocka_unit_test(test_no_single_seat_is_left_where_that_can_be_avoided),
		cmocka_unit_test(test_an_aisle_is_not_together),
		cmocka_unit_test(test_a_worse_row_with_room_beats_a_split),
		cmocka_unit_test(test_a_split_stays_in_one_row_if_it_can),
		cmocka_unit_test(test_a_split_takes_neighbouring_rows),
		cmocka_unit_test(test_a_split_leaves_nobody_alone),
		cmocka_unit_test(test_the_last_seats_of_a_hall_are_found),
		cmocka_unit_test(test_rows_of_different_width_share_one_middle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
