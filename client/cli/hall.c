/* Halls. A seat is named by its row and its number there, from the left and without gaps; so the
 * drawing shows the number of each free seat, and only its last digit where the hall is wide. See
 * hall.h. */
#include "hall.h"

#include "base/json.h"
#include "show.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX  1000
#define WIDTH_MAX 1000 /* of a row */

static const char *text_or(struct json_object *object, const char *name, const char *other)
{
	const char *text = json_text(object, name);
	return text ? text : other;
}

enum api_result hall_showings(
    struct api *api, const char *date, const char *movie, struct hall_showings *showings)
{
	char path[API_PATH_SIZE];
	*showings = (struct hall_showings){ .list = NULL };
	api_path(path, "/showtimes", (const char *[]){ date, movie, NULL }, NULL);
	enum api_result result = api_get(api, path, &showings->document);
	if (result != API_OK)
		return result;
	if (!json_object_is_type(showings->document, json_type_array))
		return api_wrong_shape(api, "the list of showings");
	size_t count = json_object_array_length(showings->document);
	showings->list = calloc(count + 1, sizeof *showings->list);
	if (!showings->list)
		return api_no_memory(api);
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(showings->document, i);
		struct hall_showing *showing = &showings->list[showings->count++];
		showing->id = json_text(one, "id");
		showing->time = json_text(one, "time");
		showing->screen = json_text(one, "screen");
		showing->screen_name = text_or(one, "screen_name", showing->screen);
		showing->currency = text_or(one, "currency", "");
		if (!showing->id || !showing->time || !showing->screen)
			return api_wrong_shape(api, "a showing");
	}
	return API_OK;
}

static bool read_row(struct hall *hall, struct json_object *object)
{
	struct hall_row *row = &hall->rows[hall->row_count++];
	row->name = json_text(object, "name");
	row->seats = json_text(object, "seats");
	row->price = json_integer(object, "price", -1);
	if (!row->name || !row->seats || row->price < 0)
		return false;
	size_t letters = strspn(row->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (letters < 1 || letters > 2 || row->name[letters] != '\0' ||
	    strlen(row->seats) > WIDTH_MAX || row->seats[strspn(row->seats, "fhsx_")] != '\0')
		return false;
	for (const char *seat = row->seats; *seat; seat++) {
		hall->free += *seat == 'f';
		hall->seats += *seat != '_';
	}
	return true;
}

enum api_result hall_read(
    struct api *api, const char *date, const char *movie, const char *showing, struct hall *hall)
{
	char path[API_PATH_SIZE];
	*hall = (struct hall){ .rows = NULL };
	api_path(path, "/showtimes", (const char *[]){ date, movie, showing, "seats", NULL },
	    "?view=compact");
	enum api_result result = api_get(api, path, &hall->document);
	if (result != API_OK)
		return result;
	struct json_object *rows = json_object_object_get(hall->document, "rows");
	hall->time = json_text(hall->document, "time");
	hall->screen = json_text(hall->document, "screen");
	hall->currency = json_text(hall->document, "currency");
	hall->screen_name = text_or(hall->document, "screen_name", hall->screen);
	if (!hall->time || !hall->screen || !hall->currency ||
	    !json_object_is_type(rows, json_type_array) ||
	    json_object_array_length(rows) > ROWS_MAX)
		return api_wrong_shape(api, "the hall");
	hall->rows = calloc(json_object_array_length(rows) + 1, sizeof *hall->rows);
	if (!hall->rows)
		return api_no_memory(api);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		if (!read_row(hall, json_object_array_get_idx(rows, i)))
			return api_wrong_shape(api, "the hall");
	}
	return API_OK;
}

char hall_seat(const struct hall *hall, const char *name, const struct hall_row **row)
{
	size_t letters = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	char *end;
	unsigned long number = strtoul(name + letters, &end, 10);
	if (name[letters] < '1' || name[letters] > '9' || *end != '\0')
		return '\0';
	for (size_t i = 0; i < hall->row_count; i++) {
		*row = &hall->rows[i];
		if (strlen((*row)->name) != letters || memcmp((*row)->name, name, letters) != 0)
			continue;
		for (const char *seat = (*row)->seats; *seat; seat++)
			if (*seat != '_' && --number == 0)
				return *seat;
	}
	return '\0';
}

int64_t hall_price(const struct hall *hall, const char *names)
{
	int64_t total = 0;
	while (*(names += strspn(names, " ")) != '\0') {
		const struct hall_row *row;
		char name[16];
		size_t length = strcspn(names, " ");
		snprintf(name, sizeof name, "%.*s", (int)length, names);
		if (hall_seat(hall, name, &row))
			total += row->price;
		names += length;
	}
	return total;
}

/* How a hall is drawn. */
struct drawing {
	const struct hall *hall;
	size_t cell;        /* characters a seat: 3, or 1 */
	size_t part, width; /* columns drawn side by side, and columns in all */
	size_t prices;      /* characters of the longest price */
};

#define NAME_WIDTH  2 /* of a row */
#define PRICE_SPACE 2 /* before a price */

static struct drawing measure(const struct hall *hall)
{
	struct drawing drawing = { .hall = hall, .cell = 3, .width = 1 };
	for (size_t i = 0; i < hall->row_count; i++) {
		char price[SHOW_MONEY_SIZE];
		size_t width = strlen(hall->rows[i].seats);
		show_amount(hall->rows[i].price, hall->currency, price);
		if (width > drawing.width)
			drawing.width = width;
		if (strlen(price) > drawing.prices)
			drawing.prices = strlen(price);
	}
	size_t room = HALL_COLUMNS - NAME_WIDTH - 1 - PRICE_SPACE - drawing.prices;
	if (drawing.width * drawing.cell > room + 1) /* a wide cell begins with a space */
		drawing.cell = 1;
	/* Parts of like width, where one is not enough. */
	size_t parts = (drawing.width * drawing.cell + room) / (room + 1);
	drawing.part = (drawing.width + parts - 1) / parts;
	return drawing;
}

/* Appends what stands for one column. */
static void draw_seat(struct buffer *line, const struct drawing *drawing, char seat, int number)
{
	bool wide = drawing->cell == 3;
	const char *sign = seat == 'h' ? "h" : seat == 's' ? "#" : seat == 'x' ? "-" : " ";
	if (seat != 'f')
		buffer_printf(line, wide ? "  %s" : "%s", sign);
	else if (wide)
		buffer_printf(line, "%3d", number);
	else
		buffer_printf(line, "%d", number % 10);
}

static void draw_row(
    const struct drawing *drawing, const struct hall_row *row, size_t from, size_t to)
{
	char price[SHOW_MONEY_SIZE];
	struct buffer line;
	size_t column = 0;
	int number = 0;
	buffer_init(&line, 1024);
	buffer_printf(&line, "%*s%s", NAME_WIDTH, row->name, drawing->cell == 1 ? " " : "");
	for (; row->seats[column] && column < to; column++) {
		number += row->seats[column] != '_';
		if (column >= from)
			draw_seat(&line, drawing, row->seats[column], number);
	}
	for (column = column > from ? column : from; column < to; column++)
		draw_seat(&line, drawing, '_', 0);
	show_amount(row->price, drawing->hall->currency, price);
	buffer_printf(&line, "%*s%*s", PRICE_SPACE, "", (int)drawing->prices, price);
	terminal_line("%s", line.data ? line.data : "");
	buffer_free(&line);
}

static void draw_screen(const struct drawing *drawing)
{
	static const char word[] = " screen ";
	size_t width = drawing->part * drawing->cell, side = 0;
	char rule[HALL_COLUMNS];
	memset(rule, '=', sizeof rule);
	if (width > sizeof word + 1)
		side = (width - sizeof word + 1) / 2;
	terminal_line("%*s%.*s%s%.*s", NAME_WIDTH + 1, "", (int)side, rule, word, (int)side, rule);
}

void hall_draw(const struct hall *hall)
{
	struct drawing drawing = measure(hall);
	for (size_t from = 0; from < drawing.width; from += drawing.part) {
		size_t to = from + drawing.part;
		if (drawing.part < drawing.width)
			terminal_line("From the left, places %zu to %zu:", from + 1,
			    to < drawing.width ? to : drawing.width);
		draw_screen(&drawing);
		for (size_t i = 0; i < hall->row_count; i++)
			draw_row(&drawing, &hall->rows[i], from,
			    to < drawing.width ? to : drawing.width);
	}
	terminal_line("Free seats by %s; # sold, h held, - out of use; prices in %.16s",
	    drawing.cell == 1 ? "last digit" : "number", hall->currency);
}

void hall_showings_free(struct hall_showings *showings)
{
	free(showings->list);
	json_object_put(showings->document);
	*showings = (struct hall_showings){ .list = NULL };
}

void hall_free(struct hall *hall)
{
	free(hall->rows);
	json_object_put(hall->document);
	*hall = (struct hall){ .rows = NULL };
}
