/* How money, a movie and a booking look on the screen. */
#ifndef CINEMA_CLI_SHOW_H
#define CINEMA_CLI_SHOW_H

#include "api.h"
#include "booking.h"

#define SHOW_MONEY_SIZE 64

/** Writes minor units as "22.00 EUR" would be read: in the currency's own places, without it. */
void show_amount(int64_t minor, const char *currency, char text[SHOW_MONEY_SIZE]);

/** The same with the currency. */
void show_money(int64_t minor, const char *currency, char text[SHOW_MONEY_SIZE]);

#define SHOW_CLOCK_SIZE 64

/** Writes an instant as a person's clock has it when it is soon and they look, else as it is. */
void show_clock(const char *instant, char text[SHOW_CLOCK_SIZE]);

/** Prints a movie's four lines and an empty one. */
void show_movie(const struct api_movie *movie);

/** Prints what a person needs at the door, as far as the booking has it. */
void show_ticket(const struct booking *booking, const char *screen_name);

#endif
