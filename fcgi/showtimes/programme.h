/* The programme that a new cinema starts with: data/showtimes.json. */
#ifndef CINEMA_SHOWTIMES_PROGRAMME_H
#define CINEMA_SHOWTIMES_PROGRAMME_H

#include "service/service.h"

/**
 * Imports showtimes.json, after the screens: {date: [showing]}. A showing is the long form, an
 * object as in the store (price and currency may be left out: the screen's prices, the cinema's
 * currency), or the short form, a movie's id: that one starts at CINEMA_DEFAULT_TIME on the first
 * screen, in the order of screens.json, that is free then; if none is, at the next time that
 * schedule_slot names.
 */
void programme_import(struct import *import, struct json_object *data);

/** Appends a day as showtimes.json has it: its showings in the long form. */
void programme_write(struct buffer *piece, const struct store_record *record);

/** Whether a day still has all showings that it has now, whatever is new of them or beside them. */
bool programme_may_replace(
    struct import *import, struct json_object *old, struct json_object *fresh);

#endif
