/* What is shown in more than one place looks the same in each. See show.h. */
#include "show.h"

#include "base/clock.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Decimal places of a currency (ISO 4217), where there are not two. */
static int places_of(const char *currency)
{
	static const char *const odd[] = {
		[0] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		[3] = "BHD IQD JOD KWD LYD OMR TND",
		[4] = "CLF UYW",
	};
	for (int places = 0; places < (int)(sizeof odd / sizeof odd[0]); places++)
		if (strlen(currency) == 3 && odd[places] && strstr(odd[places], currency))
			return places;
	return 2;
}

void show_amount(int64_t minor, const char *currency, char text[SHOW_MONEY_SIZE])
{
	int places = places_of(currency);
	int64_t unit = 1;
	for (int i = 0; i < places; i++)
		unit *= 10;
	if (places == 0)
		snprintf(text, SHOW_MONEY_SIZE, "%" PRId64, minor);
	else
		snprintf(text, SHOW_MONEY_SIZE, "%" PRId64 ".%0*" PRId64, minor / unit, places,
		    minor % unit);
}

void show_money(int64_t minor, const char *currency, char text[SHOW_MONEY_SIZE])
{
	char amount[SHOW_MONEY_SIZE];
	show_amount(minor, currency, amount);
	snprintf(text, SHOW_MONEY_SIZE, "%.40s %.16s", amount, currency);
}

void show_clock(const char *instant, char text[SHOW_CLOCK_SIZE])
{
	int64_t ms;
	struct tm parts;
	snprintf(text, SHOW_CLOCK_SIZE, "%s", instant);
	if (terminal_width() == 0 || !clock_parse(instant, &ms))
		return;
	time_t seconds = (time_t)(ms / 1000);
	int64_t ahead = ms - clock_now();
	if (ahead < 86400000 && ahead > -86400000 && localtime_r(&seconds, &parts))
		strftime(text, SHOW_CLOCK_SIZE, "%H:%M", &parts);
}

void show_movie(const struct api_movie *movie)
{
	terminal_line("ID: %s", movie->id);
	terminal_line("Title: %s", movie->title);
	terminal_line("Director: %s", movie->director);
	terminal_line("Rating: %s", movie->rating);
	terminal_gap();
}

void show_ticket(const struct booking *booking, const char *screen_name)
{
	char money[SHOW_MONEY_SIZE];
	if (booking->time)
		terminal_line("Showing: %s %s, %s", booking->date, booking->time,
		    screen_name ? screen_name : booking->screen);
	if (booking->seats)
		terminal_line("Seats: %s", booking->seats);
	if (booking->currency) {
		show_money(booking->total, booking->currency, money);
		terminal_line("Price: %s", money);
	}
	if (booking->code)
		terminal_line("Code: %s", booking->code);
}
