/* Tables. Cells are made safe when they are added, so neither a tab nor an escape sequence in a
 * title can break a row. See table.h. */
#include "table.h"

#include "terminal.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 65536
#define GAP      2 /* columns of the terminal between two columns of the table */
#define LEAST    4 /* a column is not cut below this width */
#define ELLIPSIS "\xe2\x80\xa6"
#define HEAD_ON  "\033[1m"
#define HEAD_OFF "\033[0m"

struct table {
	const struct table_column *columns;
	size_t count;
	char **cells; /* row by row */
	size_t used, capacity;
	bool failed;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof *table);
	if (!table)
		return NULL;
	table->columns = columns;
	table->count = count;
	return table;
}

static bool make_room(struct table *table)
{
	if (table->used + table->count <= table->capacity)
		return true;
	size_t capacity = table->capacity ? 2 * table->capacity : 64 * table->count;
	char **cells = realloc(table->cells, capacity * sizeof *cells);
	if (!cells)
		return false;
	table->cells = cells;
	table->capacity = capacity;
	return true;
}

void table_add(struct table *table, const char *const cells[])
{
	if (!make_room(table)) {
		table->failed = true;
		return;
	}
	for (size_t i = 0; i < table->count; i++) {
		struct buffer safe;
		buffer_init(&safe, CELL_MAX);
		buffer_text(&safe, "");
		text_safe(&safe, cells[i] ? cells[i] : "");
		table->failed = table->failed || !safe.data;
		table->cells[table->used++] = safe.data;
	}
}

/* Each column's width, 0 for one without content; the width of all. */
static size_t measure(const struct table *table, size_t *widths)
{
	size_t total = 0;
	for (size_t column = 0; column < table->count; column++) {
		widths[column] = 0;
		for (size_t i = column; i < table->used; i += table->count) {
			size_t width = text_width(table->cells[i]);
			widths[column] = width > widths[column] ? width : widths[column];
		}
		if (widths[column] == 0)
			continue;
		size_t head = strlen(table->columns[column].name);
		widths[column] = head > widths[column] ? head : widths[column];
		total += widths[column] + (total > 0 ? GAP : 0);
	}
	return total;
}

/* What could not be less wide: columns of text in their least width, and all others. */
static size_t least_total(const struct table *table, const size_t *widths)
{
	size_t total = 0;
	for (size_t column = 0; column < table->count; column++) {
		size_t width = widths[column];
		if (table->columns[column].kind == TABLE_TEXT && width > LEAST)
			width = LEAST;
		total += width + (width > 0 && total > 0 ? GAP : 0);
	}
	return total;
}

/* Cuts columns so that all fit into `room`. */
static void cut(const struct table *table, size_t room, size_t *widths, size_t total)
{
	for (size_t column = table->count; column-- > 0 && least_total(table, widths) > room;) {
		if (table->columns[column].kind != TABLE_SPARE || widths[column] == 0)
			continue;
		total -= widths[column] + GAP;
		widths[column] = 0;
	}
	while (total > room) {
		size_t *widest = NULL;
		for (size_t column = 0; column < table->count; column++)
			if (table->columns[column].kind == TABLE_TEXT && widths[column] > LEAST &&
			    (!widest || widths[column] > *widest))
				widest = &widths[column];
		if (!widest)
			return;
		--*widest;
		total--;
	}
}

/* Appends one cell in its width. */
static void align(struct buffer *line, const char *text, size_t width, bool right)
{
	size_t own = text_width(text), length = strlen(text);
	bool cut = own > width;
	if (cut) {
		length = text_fit(text, width - 1);
		buffer_append(line, text, length);
		buffer_text(line, ELLIPSIS);
		return;
	}
	int blanks = (int)(width - own);
	buffer_printf(line, "%*s", right ? blanks : 0, "");
	buffer_append(line, text, length);
	buffer_printf(line, "%*s", right ? 0 : blanks, "");
}

/* Prints the cells, or the head when they are NULL, cut to the terminal as a whole. */
static bool print_row(
    const struct table *table, char *const *cells, const size_t *widths, size_t room)
{
	struct buffer line;
	bool head = !cells && terminal_has_colour();
	buffer_init(&line, CELL_MAX);
	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = &table->columns[i];
		if (widths[i] == 0)
			continue;
		buffer_printf(&line, "%*s", line.length > 0 ? GAP : 0, "");
		align(&line, cells ? cells[i] : column->name, widths[i],
		    column->kind == TABLE_NUMBER);
	}
	while (line.length > 0 && line.data[line.length - 1] == ' ')
		line.data[--line.length] = '\0';
	bool good = line.data && !line.failed;
	if (good)
		printf("%s%.*s%s\n", head ? HEAD_ON : "", (int)text_fit(line.data, room), line.data,
		    head ? HEAD_OFF : "");
	buffer_free(&line);
	return good;
}

static bool print_aligned(const struct table *table, size_t room)
{
	size_t *widths = calloc(table->count, sizeof *widths);
	bool good = widths != NULL;
	if (table->used == 0) {
		puts("(none)");
	} else if (good) {
		cut(table, room, widths, measure(table, widths));
		good = print_row(table, NULL, widths, room);
	}
	for (size_t i = 0; i < table->used && good; i += table->count)
		good = print_row(table, table->cells + i, widths, room);
	free(widths);
	return good;
}

size_t table_rows(const struct table *table)
{
	return table ? table->used / table->count : 0;
}

bool table_print(const struct table *table)
{
	size_t room = terminal_width();
	if (table->failed)
		return false;
	if (room > 0)
		return print_aligned(table, room);
	for (size_t i = 0; i < table->used; i++) {
		fputs(table->cells[i], stdout);
		putchar((i + 1) % table->count ? '\t' : '\n');
	}
	return true;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->used; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}
