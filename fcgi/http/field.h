/* Fields: what a JSON object, or a query, may hold, as a table. The same tables check the bodies of
 * requests and the documents of data files, so a field's rule stands in one place. */
#ifndef CINEMA_HTTP_FIELD_H
#define CINEMA_HTTP_FIELD_H

#include <json-c/json.h>
#include <stdbool.h>

enum field_type {
	FIELD_TEXT,    /* string of smallest to largest characters (code points), no controls */
	FIELD_ID,      /* an identifier */
	FIELD_IDS,     /* in a query: identifiers joined by commas, smallest to largest of them;
			* in an object: an array of them */
	FIELD_DATE,    /* YYYYMMDD, a real day */
	FIELD_TIME,    /* HH:MM */
	FIELD_INTEGER, /* whole number from smallest to largest */
	FIELD_NUMBER,  /* number from smallest to largest */
	FIELD_BOOLEAN,
	FIELD_CHOICE, /* one of the words in choices, which are joined by | */
	FIELD_ARRAY,  /* smallest to largest elements, looked at by the handler */
	FIELD_OBJECT, /* smallest to largest members, looked at by the handler */
	FIELD_ANY,    /* looked at by the handler */
};

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	bool required;
	double smallest, largest;
	const char *choices;
};

/**
 * Checks an object's members against a table: types, ranges, what is missing, what is unknown.
 * Returns true when all is well; else appends {"field","detail"} for every fault to errors, an
 * array; prefix stands before each field's name ("rows/2/" say, or ""). False too without memory.
 */
bool field_check_object(const struct field *fields, struct json_object *object, const char *prefix,
    struct json_object *errors);

/** Checks one value of a query, as text; otherwise as field_check_object. */
bool field_check_text(const struct field *field, const char *text, struct json_object *errors);

/** Appends one fault to errors. Always false, so that a check may end `return field_fault(…)`. */
bool field_fault(struct json_object *errors, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
