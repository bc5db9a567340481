/* The schedule's rules: when a showing starts and ends, and that a screen shows one movie at a
 * time. A showing is {"movie","time","screen",…[,"minutes"]}; a day's showings are an array of
 * them, in which places may still be empty (null). */
#ifndef CINEMA_SHOWTIMES_SCHEDULE_H
#define CINEMA_SHOWTIMES_SCHEDULE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * The instant, in milliseconds, of a local date and time in the process's time zone (TZ). A time
 * that comes twice (clocks go back) is its first occurrence; false for one that does not come at
 * all (clocks go forward).
 */
bool schedule_instant(const char *date, const char *time, int64_t *instant);

/**
 * The showing in a day's showings that would be on the same screen at the same moment as another,
 * or NULL. A showing without minutes lasts one. Times that do not exist clash with nothing.
 */
struct json_object *schedule_clash(const char *date, struct json_object *showings,
    const char *other_date, struct json_object *other);

/**
 * The try'th start (from 0) for a showing that was given none: the default time, then every three
 * hours later up to midnight, then every three hours before the default. False when the day is
 * over.
 */
bool schedule_slot(const char *default_time, int attempt, char time[6]);

#endif
