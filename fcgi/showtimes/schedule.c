/* The schedule's rules. See schedule.h. */
#include "showtimes/schedule.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT_MINUTES 180
#define DAY_MINUTES  (24 * 60)

static int minute_of_day(const char *time)
{
	return (int)strtol(time, NULL, 10) * 60 + (int)strtol(time + 3, NULL, 10);
}

bool schedule_instant(const char *date, const char *time, int64_t *instant)
{
	int day = (int)strtol(date, NULL, 10), minutes = minute_of_day(time);
	/* Where a time comes twice, the first is the one with daylight saving on. */
	for (int saving = 1; saving >= 0; saving--) {
		struct tm parts = {
			.tm_year = day / 10000 - 1900,
			.tm_mon = day / 100 % 100 - 1,
			.tm_mday = day % 100,
			.tm_hour = minutes / 60,
			.tm_min = minutes % 60,
			.tm_isdst = saving,
		};
		time_t seconds = mktime(&parts);
		if (parts.tm_isdst == saving && parts.tm_mday == day % 100 &&
		    parts.tm_hour * 60 + parts.tm_min == minutes) {
			*instant = (int64_t)seconds * 1000;
			return true;
		}
	}
	return false;
}

static bool interval(const char *date, struct json_object *showing, int64_t *start, int64_t *end)
{
	if (!schedule_instant(date, json_text(showing, "time"), start))
		return false;
	*end = *start + json_integer(showing, "minutes", 1) * 60000;
	return true;
}

struct json_object *schedule_clash(const char *date, struct json_object *showings,
    const char *other_date, struct json_object *other)
{
	int64_t start, end, other_start, other_end;
	if (!interval(other_date, other, &other_start, &other_end))
		return NULL;
	for (size_t i = 0; i < json_length(showings); i++) {
		struct json_object *showing = json_at(showings, i);
		if (showing &&
		    strcmp(json_text(showing, "screen"), json_text(other, "screen")) == 0 &&
		    interval(date, showing, &start, &end) && start < other_end && other_start < end)
			return showing;
	}
	return NULL;
}

bool schedule_slot(const char *default_time, int attempt, char time[6])
{
	int first = minute_of_day(default_time);
	int later = (DAY_MINUTES - 1 - first) / SLOT_MINUTES;
	int minutes = attempt <= later ? first + attempt * SLOT_MINUTES
				       : first - (attempt - later) * SLOT_MINUTES;
	if (minutes < 0)
		return false;
	snprintf(time, 6, "%02u:%02u", (unsigned)minutes / 60 % 24, (unsigned)minutes % 60);
	return true;
}
