/* Picking seats, answer by answer. See pick.h. */
#include "pick.h"

#include "find.h"
#include "show.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pick_free(struct pick *pick)
{
	for (size_t i = 0; pick->halls && i < pick->showings.count; i++)
		hall_free(&pick->halls[i]);
	free(pick->halls);
	pick->halls = NULL;
	hall_showings_free(&pick->showings);
}

enum api_result pick_read(struct api *api, struct pick *pick)
{
	struct hall_showings *showings = &pick->showings;
	size_t best = terminal_width() > 0 ? 1 : 0; /* through a pipe all is as ever */
	pick_free(pick);
	enum api_result result = hall_showings(api, pick->date, pick->movie, showings);
	if (result == API_ABSENT)
		return API_OK;
	if (result != API_OK)
		return result;
	pick->halls = calloc(showings->count + 1, sizeof *pick->halls);
	if (!pick->halls)
		return api_no_memory(api);
	for (size_t i = 0; i < showings->count && result == API_OK; i++)
		result = hall_read(
		    api, pick->date, pick->movie, showings->list[i].id, best, &pick->halls[i]);
	for (pick->showing = 0; pick->showing < showings->count; pick->showing++)
		if (pick->halls[pick->showing].free > 0)
			break;
	return result;
}

const struct hall *pick_hall(const struct pick *pick)
{
	return pick->showings.count > 0 ? &pick->halls[pick->showing] : NULL;
}

bool pick_is_worth_asking(const struct pick *pick)
{
	size_t free_seats = 0;
	for (size_t i = 0; i < pick->showings.count; i++)
		free_seats += pick->halls[i].free;
	return free_seats > 1;
}

static void list_showings(const struct pick *pick)
{
	for (size_t i = 0; i < pick->showings.count; i++) {
		const struct hall *hall = &pick->halls[i];
		terminal_line("%s %s, screen %s, %s: %zu of %zu seats free",
		    i == pick->showing ? "*" : " ", hall->time, hall->screen, hall->screen_name,
		    hall->free, hall->seats);
	}
}

void pick_clear(struct pick *pick)
{
	pick->seats[0] = '\0';
	pick->count = 0;
}

/* Says what Enter will take, and what else there is. */
static void tell_choice(const struct pick *pick)
{
	const struct hall *hall = pick_hall(pick);
	char money[SHOW_MONEY_SIZE];
	show_money(hall_price(hall, pick->seats), hall->currency, money);
	if (pick->seats[0])
		terminal_line("Enter takes %s at %s for %s.", pick->seats, hall->time, money);
	else if (pick->count > 1)
		terminal_line("Enter takes the best %zu seats at %s.", pick->count, hall->time);
	else
		terminal_line("Enter takes the best seat at %s.", hall->time);
	if (pick->showings.count > 1)
		terminal_line("Or type seats (F7 F8), how many (3), another time (%s), or back.",
		    pick->showings.list[pick->showings.count - 1].time);
	else
		terminal_line("Or type seats (F7 F8), how many (3), or back.");
}

void pick_draw(const struct pick *pick)
{
	if (pick->showings.count > 1)
		list_showings(pick);
	const struct hall *hall = pick_hall(pick);
	terminal_line("%s at %s, %s: %zu of %zu seats free", pick->title, hall->time,
	    hall->screen_name, hall->free, hall->seats);
	hall_draw(hall);
	tell_choice(pick);
}

/* Turns to the showing at a time, or with an id. */
static void turn_to(struct api *api, struct pick *pick, const char *answer)
{
	const struct hall_showings *showings = &pick->showings;
	const struct hall_showing *showing = find_showing(api, showings, answer);
	if (!showing) {
		terminal_line("%s", api->why);
	} else if (pick->halls[showing - showings->list].free == 0) {
		terminal_line("The showing at %s is sold out.", answer);
	} else {
		pick->showing = (size_t)(showing - showings->list);
		pick_clear(pick);
		pick_draw(pick);
		return;
	}
	tell_choice(pick);
}

/* Takes a number of seats. */
static void take_count(struct pick *pick, const char *answer)
{
	size_t free_seats = pick_hall(pick)->free;
	unsigned long count = strlen(answer) < 6 ? strtoul(answer, NULL, 10) : ULONG_MAX;
	if (count == 0) {
		terminal_line("At least one seat must be taken.");
	} else if (count > free_seats) {
		terminal_line("Only %zu seats are free.", free_seats);
	} else {
		pick_clear(pick);
		pick->count = count;
	}
	tell_choice(pick);
}

/* Adds one seat to those named, unless it is there; false, with a line, when it cannot be had. */
static bool add_seat(const struct hall *hall, struct buffer *seats, const char *name)
{
	const struct hall_row *row;
	char state = hall_seat(hall, name, &row), with_blanks[TERMINAL_ANSWER_SIZE + 2];
	switch (state) {
	case 'f': break;
	case 'h':
	case 's': terminal_line("%s is taken.", name); return false;
	case 'x': terminal_line("%s is out of use.", name); return false;
	default: terminal_line("There is no seat %s.", name); return false;
	}
	snprintf(with_blanks, sizeof with_blanks, " %s ", name);
	if (!seats->data || !strstr(seats->data, with_blanks))
		buffer_printf(seats, "%s%s", seats->data ? "" : " ", with_blanks + 1);
	return true;
}

/* Takes the seats that are named, in any case, parted by blanks or commas. */
static void take_seats(struct pick *pick, const char *answer)
{
	struct buffer seats;
	bool good = true;
	buffer_init(&seats, sizeof pick->seats);
	while (*(answer += strspn(answer, " ,\t")) != '\0') {
		char name[TERMINAL_ANSWER_SIZE];
		size_t length = strcspn(answer, " ,\t");
		for (size_t i = 0; i < length; i++)
			name[i] = (char)toupper((unsigned char)answer[i]);
		name[length] = '\0';
		good = add_seat(pick_hall(pick), &seats, name) && good;
		answer += length;
	}
	if (good && seats.data && !seats.failed) {
		pick_clear(pick);
		snprintf(
		    pick->seats, sizeof pick->seats, "%.*s", (int)seats.length - 2, seats.data + 1);
	}
	buffer_free(&seats);
	tell_choice(pick);
}

void pick_answer(struct api *api, struct pick *pick, const char *answer)
{
	if (strchr(answer, ':'))
		turn_to(api, pick, answer);
	else if (strspn(answer, "0123456789") == strlen(answer))
		take_count(pick, answer);
	else
		take_seats(pick, answer);
}
