/* Rows of text: aligned columns for people, tab-separated lines for programs. */
#ifndef CINEMA_CLI_TABLE_H
#define CINEMA_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table;

enum table_kind {
	TABLE_WHOLE,  /* cut only when nothing else is left to cut */
	TABLE_TEXT,   /* cut where the terminal is too narrow */
	TABLE_NUMBER, /* whole, and aligned at the right */
	TABLE_SPARE,  /* whole, or left out where the terminal is too narrow */
};

struct table_column {
	const char *name;
	enum table_kind kind;
};

/** A table of count columns; they must outlive it. NULL: no memory. */
struct table *table_new(const struct table_column *columns, size_t count);

/** Adds a row of as many cells as there are columns; NULL is an empty one. They are copied. */
void table_add(struct table *table, const char *const cells[]);

/** How many rows it has; NULL has none. */
size_t table_rows(const struct table *table);

/**
 * Prints the rows. On a terminal: with a head, without columns that are all empty, cut to the
 * width; a word when there are none. Else: each row a line, its cells parted by tabs. False when memory ran out on the way.
 */
bool table_print(const struct table *table);

/** Harmless on NULL. */
void table_free(struct table *table);

#endif
