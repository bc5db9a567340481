/* Instants, dates and times. See clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t which)
{
	struct timespec now;
	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_steady(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_format(int64_t instant, char text[CLOCK_TEXT_SIZE])
{
	struct tm parts;
	time_t seconds = (time_t)(instant / 1000);
	char whole[32] = "";
	if (gmtime_r(&seconds, &parts))
		strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text, CLOCK_TEXT_SIZE, "%.19s.%03uZ", whole, (unsigned)(instant % 1000) % 1000);
}

/* The value of `count` digits at text, or -1. */
static int digits(const char *text, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static bool is_day(int year, int month, int day)
{
	return year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
	    day <= days_in_month(year, month);
}

bool clock_parse(const char *text, int64_t *instant)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	size_t length = strlen(text);
	if (length != 20 && length != 24)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
			return false;
	struct tm parts = {
		.tm_year = digits(text, 4) - 1900,
		.tm_mon = digits(text + 5, 2) - 1,
		.tm_mday = digits(text + 8, 2),
		.tm_hour = digits(text + 11, 2),
		.tm_min = digits(text + 14, 2),
		.tm_sec = digits(text + 17, 2),
	};
	int milliseconds = 0;
	if (length == 24) {
		milliseconds = digits(text + 20, 3);
		if (text[19] != '.' || milliseconds < 0)
			return false;
	}
	if (text[length - 1] != 'Z' || parts.tm_hour > 23 || parts.tm_min > 59 ||
	    parts.tm_sec > 59 || !is_day(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday))
		return false;
	*instant = (int64_t)timegm(&parts) * 1000 + milliseconds;
	return true;
}

bool clock_is_date(const char *text)
{
	return strlen(text) == 8 && digits(text, 8) >= 0 &&
	    is_day(digits(text, 4), digits(text + 4, 2), digits(text + 6, 2));
}

bool clock_is_time(const char *text)
{
	if (strlen(text) != 5 || text[2] != ':')
		return false;
	int hour = digits(text, 2), minute = digits(text + 3, 2);
	return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

void clock_today(char date[9])
{
	time_t now = (time_t)(clock_now() / 1000);
	struct tm parts;
	localtime_r(&now, &parts);
	strftime(date, 9, "%Y%m%d", &parts);
}

void clock_add_days(const char *date, int days, char result[9])
{
	struct tm parts = {
		.tm_year = digits(date, 4) - 1900,
		.tm_mon = digits(date + 4, 2) - 1,
		.tm_mday = digits(date + 6, 2) + days,
	};
	time_t seconds = timegm(&parts);
	gmtime_r(&seconds, &parts);
	strftime(result, 9, "%Y%m%d", &parts);
}
