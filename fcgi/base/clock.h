/* Time as the documents write it. Instants are milliseconds since 1970 UTC inside, RFC 3339 UTC
 * outside; a date is YYYYMMDD and a time HH:MM in the cinema's own time zone. */
#ifndef CINEMA_BASE_CLOCK_H
#define CINEMA_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 25 /* "2018-08-01T18:00:00.000Z" and its NUL */

/** The present instant, in milliseconds. */
int64_t clock_now(void);

/** Milliseconds of a clock that never jumps; only differences mean anything. */
int64_t clock_steady(void);

/** Writes an instant as RFC 3339 UTC with milliseconds. */
void clock_format(int64_t instant, char text[CLOCK_TEXT_SIZE]);

/** Reads what clock_format writes (the fraction may be missing); false when it is not that. */
bool clock_parse(const char *text, int64_t *instant);

/** Whether text is eight digits that name a real calendar day. */
bool clock_is_date(const char *text);

/** Whether text is HH:MM from 00:00 to 23:59. */
bool clock_is_time(const char *text);

/** The date it is now, in the process's time zone (TZ). */
void clock_today(char date[9]);

/** The date that lies `days` after (or, negative, before) a date. */
void clock_add_days(const char *date, int days, char result[9]);

#endif
