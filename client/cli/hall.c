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

static bool read_best(struct hall *hall)
{
	struct json_object *names = json_object_object_get(hall->document, "best");
	struct buffer line;
	if (!json_object_is_type(names, json_type_array))
		return true;
	buffer_init(&line, 65536);
	buffer_text(&line, " ");
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));
		buffer_printf(&line, "%s ", name ? name : "");
	}
	if (line.failed)
		buffer_free(&line);
	hall->best = line.data;
	return hall->best != NULL;
}

static bool is_best(const struct hall *hall, const char *row, int number)
{
	char name[32];
	snprintf(name, sizeof name, " %.2s%d ", row, number);
	return hall->best && strstr(hall->best, name);
}

enum api_result hall_read(struct api *api, const char *date, const char *movie, const char *showing,
    size_t best, struct hall *hall)
{
	char path[API_PATH_SIZE], query[64] = "?view=compact";
	if (best > 0)
		snprintf(query, sizeof query, "?view=compact&best=%zu", best);
	*hall = (struct hall){ .rows = NULL };
	api_path(
	    path, "/showtimes", (const char *[]){ date, movie, showing, "seats", NULL }, query);
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
	return read_best(hall) ? API_OK : api_no_memory(api);
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

#define NAME_WIDTH  2  /* of a row */
#define LEAST       30 /* columns that a drawing takes, however narrow the terminal */
#define PRICE_SPACE 2  /* before a price */

/* Columns that there are for a drawing. */
static size_t columns_there(void)
{
	size_t columns = terminal_width();
	if (columns == 0 || columns > HALL_COLUMNS)
		return HALL_COLUMNS;
	return columns < LEAST ? LEAST : columns;
}

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
	size_t taken = NAME_WIDTH + 1 + PRICE_SPACE + drawing.prices;
	size_t room = columns_there() > taken ? columns_there() - taken : 1;
	if (drawing.width * drawing.cell > room + 1) /* a wide cell begins with a space */
		drawing.cell = 1;
	/* Parts of like width, where one is not enough. */
	size_t parts = (drawing.width * drawing.cell + room) / (room + 1);
	drawing.part = (drawing.width + parts - 1) / parts;
	return drawing;
}

/* A line, and how each character of it looks. */
struct canvas {
	struct buffer text, looks;
};

static void put(struct canvas *canvas, char look, const char *text)
{
	buffer_text(&canvas->text, text);
	for (; *text; text++)
		buffer_append(&canvas->looks, &look, 1);
}

static char look_of(char seat, bool best)
{
	if (best)
		return TERMINAL_BRIGHT;
	return seat == 'f' ? TERMINAL_PLAIN : TERMINAL_FAINT;
}

/* Appends what stands for one column. */
static void draw_seat(struct canvas *canvas, const struct drawing *drawing,
    const struct hall_row *row, size_t column, int number)
{
	bool wide = drawing->cell == 3;
	char seat = row->seats[column], text[16];
	const char *sign = seat == 'h' ? "h" : seat == 's' ? "#" : seat == 'x' ? "-" : " ";
	bool best = seat == 'f' && is_best(drawing->hall, row->name, number);
	if (best)
		snprintf(text, sizeof text,
		    wide && number < 10 ? " *%d"
			: wide          ? "*%d"
					: "*",
		    number);
	else if (seat != 'f')
		snprintf(text, sizeof text, wide ? "  %s" : "%s", sign);
	else
		snprintf(text, sizeof text, wide ? "%3d" : "%d", wide ? number : number % 10);
	put(canvas, look_of(seat, best), text);
}

static void draw_row(
    const struct drawing *drawing, const struct hall_row *row, size_t from, size_t to)
{
	char price[SHOW_MONEY_SIZE], text[2 * SHOW_MONEY_SIZE];
	struct canvas canvas;
	size_t column = 0;
	int number = 0;
	buffer_init(&canvas.text, 1024);
	buffer_init(&canvas.looks, 1024);
	snprintf(text, sizeof text, "%*s%s", NAME_WIDTH, row->name, drawing->cell == 1 ? " " : "");
	put(&canvas, TERMINAL_PLAIN, text);
	for (; row->seats[column] && column < to; column++) {
		number += row->seats[column] != '_';
		if (column >= from)
			draw_seat(&canvas, drawing, row, column, number);
	}
	for (column = column > from ? column : from; column < to; column++)
		put(&canvas, TERMINAL_PLAIN, drawing->cell == 3 ? "   " : " ");
	show_amount(row->price, drawing->hall->currency, price);
	snprintf(text, sizeof text, "%*s%*s", PRICE_SPACE, "", (int)drawing->prices, price);
	put(&canvas, TERMINAL_PLAIN, text);
	terminal_paint(
	    canvas.text.data ? canvas.text.data : "", canvas.looks.data ? canvas.looks.data : "");
	buffer_free(&canvas.text);
	buffer_free(&canvas.looks);
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
	const char *best = hall->best && hall->best[1] ? "* best, " : "";
	const char *by = drawing.cell == 1 ? "last digit" : "number";
	if (columns_there() == HALL_COLUMNS) {
		terminal_line("Free seats by %s; %s# sold, h held, - out of use; prices in %.16s",
		    by, best, hall->currency);
		return;
	}
	terminal_line("Free seats by %s", by);
	terminal_line("%s# sold, h held, - out of use", best);
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
	free(hall->best);
	json_object_put(hall->document);
	*hall = (struct hall){ .rows = NULL };
}
