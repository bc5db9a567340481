/* Booking a show. The questions are those that people and scripts have always known; seats and
 * showings joined them without adding one: they are answers to the last question, and a plain Enter
 * there takes what it always took, one best seat. See dialogue.h. */
#include "dialogue.h"

#include "base/clock.h"
#include "booking.h"
#include "find.h"
#include "hall.h"
#include "show.h"
#include "terminal.h"
#include "text.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What comes after a question. */
enum step {
	STEP_ON,    /* the next question */
	STEP_BACK,  /* back to the menu */
	STEP_LEAVE, /* the input has ended */
};

/* The show being booked, question by question. */
struct choice {
	char user[API_ID_SIZE];
	char date[9];
	struct api_shows shows;    /* of the date */
	struct api_movies movies;  /* all of them */
	struct api_movie *offered; /* the movies of the date, shows.count of them */
	const struct api_movie *movie;
	struct hall_showings showings;    /* of the movie; none, where the server knows none */
	struct hall *halls;               /* of each showing */
	size_t showing;                   /* the one being booked */
	char seats[TERMINAL_ANSWER_SIZE]; /* parted by spaces; "": none are named */
	size_t count;                     /* how many of the best; 0: not said */
};

static enum step tell(const struct api *api)
{
	terminal_line("%s", api->why);
	return STEP_BACK;
}

static enum step choose_user(struct api *api, struct choice *choice)
{
	char answer[TERMINAL_ANSWER_SIZE];
	for (;;) {
		if (!terminal_ask(">Please enter username for the booking : ", answer))
			return STEP_LEAVE;
		if (answer[0] == '\0')
			return STEP_BACK;
		enum api_result result = find_user(api, answer, choice->user);
		if (result == API_OK)
			return STEP_ON;
		tell(api);
		if (result != API_ABSENT)
			return STEP_BACK;
	}
}

static enum step choose_date(struct api *api, struct choice *choice)
{
	char answer[TERMINAL_ANSWER_SIZE];
	for (;;) {
		if (!terminal_ask(">Please enter the date for the booking : ", answer))
			return STEP_LEAVE;
		if (answer[0] == '\0')
			return STEP_BACK;
		if (!clock_is_date(answer)) {
			terminal_line("%s is no date: write it as in 20180805.", answer);
			continue;
		}
		memcpy(choice->date, answer, sizeof choice->date);
		api_shows_free(&choice->shows);
		enum api_result result = api_programme(api, choice->date, &choice->shows);
		if (result == API_OK && choice->shows.count > 0)
			return STEP_ON;
		if (result != API_OK && result != API_ABSENT)
			return tell(api);
		terminal_line("There are no shows on %s.", choice->date);
	}
}

static enum step offer_movies(struct api *api, struct choice *choice)
{
	size_t count = choice->shows.count;
	if (api_movies(api, &choice->movies) != API_OK)
		return tell(api);
	choice->offered = calloc(count, sizeof *choice->offered);
	if (!choice->offered)
		return STEP_BACK;
	for (size_t i = 0; i < count; i++) {
		choice->offered[i] = api_movie_of(&choice->movies, choice->shows.list[i].movie);
		show_movie(&choice->offered[i]);
	}
	return STEP_ON;
}

/* Finds the movie that an answer means, or says why none. */
static void pick_movie(struct choice *choice, const char *answer)
{
	const struct api_movie *offered = choice->offered;
	size_t *found = calloc(choice->shows.count, sizeof *found);
	if (!found)
		return;
	size_t count = find_movies(offered, choice->shows.count, answer, found);
	if (count == 1)
		choice->movie = &offered[found[0]];
	else if (count == 0)
		terminal_line("There is no movie %s on %s.", answer, choice->date);
	else
		terminal_line("%s may be each of these:", answer);
	for (size_t i = 0; count > 1 && i < count; i++)
		terminal_line("ID: %s MOVIE: %s", offered[found[i]].id, offered[found[i]].title);
	free(found);
}

static void forget_halls(struct choice *choice)
{
	for (size_t i = 0; choice->halls && i < choice->showings.count; i++)
		hall_free(&choice->halls[i]);
	free(choice->halls);
	choice->halls = NULL;
	hall_showings_free(&choice->showings);
}

/* Reads the movie's showings and their halls; turns to the first with room, if any has. A server
 * without showings is one of the old kind, and leaves none. */
static enum api_result read_halls(struct api *api, struct choice *choice)
{
	struct hall_showings *showings = &choice->showings;
	forget_halls(choice);
	enum api_result result = hall_showings(api, choice->date, choice->movie->id, showings);
	if (result == API_ABSENT)
		return API_OK;
	if (result != API_OK)
		return result;
	choice->halls = calloc(showings->count + 1, sizeof *choice->halls);
	if (!choice->halls)
		return api_no_memory(api);
	for (size_t i = 0; i < showings->count && result == API_OK; i++)
		result = hall_read(
		    api, choice->date, choice->movie->id, showings->list[i].id, &choice->halls[i]);
	for (choice->showing = 0; choice->showing < showings->count; choice->showing++)
		if (choice->halls[choice->showing].free > 0)
			break;
	return result;
}

static enum step choose_movie(struct api *api, struct choice *choice)
{
	char answer[TERMINAL_ANSWER_SIZE];
	for (;;) {
		choice->movie = NULL;
		if (!terminal_ask(">Enter the id for the booking : ", answer))
			return STEP_LEAVE;
		if (answer[0] == '\0')
			return STEP_BACK;
		pick_movie(choice, answer);
		if (!choice->movie)
			continue;
		if (read_halls(api, choice) != API_OK)
			return tell(api);
		if (choice->showings.count == 0 || choice->showing < choice->showings.count)
			return STEP_ON;
		terminal_line("%s is sold out on %s.", choice->movie->title, choice->date);
	}
}

static struct hall *hall_of(const struct choice *choice)
{
	return choice->showings.count > 0 ? &choice->halls[choice->showing] : NULL;
}

/* Whether there is more than one thing to take. */
static bool is_worth_asking(const struct choice *choice)
{
	size_t free_seats = 0;
	for (size_t i = 0; i < choice->showings.count; i++)
		free_seats += choice->halls[i].free;
	return free_seats > 1;
}

static void list_showings(const struct choice *choice)
{
	for (size_t i = 0; i < choice->showings.count; i++) {
		const struct hall *hall = &choice->halls[i];
		terminal_line("%s %s, screen %s, %s: %zu of %zu seats free",
		    i == choice->showing ? "*" : " ", hall->time, hall->screen, hall->screen_name,
		    hall->free, hall->seats);
	}
}

/* Forgets which seats were meant. */
static void clear_seats(struct choice *choice)
{
	choice->seats[0] = '\0';
	choice->count = 0;
}

/* Says what Enter will take, and what else there is. */
static void tell_choice(const struct choice *choice)
{
	const struct hall *hall = hall_of(choice);
	char money[SHOW_MONEY_SIZE];
	show_money(hall_price(hall, choice->seats), hall->currency, money);
	if (choice->seats[0])
		terminal_line("Enter takes %s at %s for %s.", choice->seats, hall->time, money);
	else if (choice->count > 1)
		terminal_line("Enter takes the best %zu seats at %s.", choice->count, hall->time);
	else
		terminal_line("Enter takes the best seat at %s.", hall->time);
	if (choice->showings.count > 1)
		terminal_line("Or type seats (F7 F8), how many (3), another time (%s), or back.",
		    choice->showings.list[choice->showings.count - 1].time);
	else
		terminal_line("Or type seats (F7 F8), how many (3), or back.");
}

static void draw(const struct choice *choice)
{
	if (choice->showings.count > 1)
		list_showings(choice);
	const struct hall *hall = hall_of(choice);
	terminal_line("%s at %s, %s: %zu of %zu seats free", choice->movie->title, hall->time,
	    hall->screen_name, hall->free, hall->seats);
	hall_draw(hall);
	tell_choice(choice);
}

static enum step announce(struct api *api, struct choice *choice)
{
	(void)api;
	if (is_worth_asking(choice))
		draw(choice);
	terminal_line("Booking the show for the following movie on date %s", choice->date);
	show_movie(choice->movie);
	return STEP_ON;
}

/* Turns to the showing at a time, or with an id. */
static void turn_to(struct api *api, struct choice *choice, const char *answer)
{
	const struct hall_showings *showings = &choice->showings;
	const struct hall_showing *showing = find_showing(api, showings, answer);
	if (!showing) {
		tell(api);
	} else if (choice->halls[showing - showings->list].free == 0) {
		terminal_line("The showing at %s is sold out.", answer);
	} else {
		choice->showing = (size_t)(showing - showings->list);
		clear_seats(choice);
		draw(choice);
		return;
	}
	tell_choice(choice);
}

/* Takes a number of seats. */
static void take_count(struct choice *choice, const char *answer)
{
	size_t free_seats = hall_of(choice)->free;
	unsigned long count = strlen(answer) < 6 ? strtoul(answer, NULL, 10) : ULONG_MAX;
	if (count == 0) {
		terminal_line("At least one seat must be taken.");
	} else if (count > free_seats) {
		terminal_line("Only %zu seats are free.", free_seats);
	} else {
		clear_seats(choice);
		choice->count = count;
	}
	tell_choice(choice);
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
static void take_seats(struct choice *choice, const char *answer)
{
	struct buffer seats;
	bool good = true;
	buffer_init(&seats, sizeof choice->seats);
	while (*(answer += strspn(answer, " ,\t")) != '\0') {
		char name[TERMINAL_ANSWER_SIZE];
		size_t length = strcspn(answer, " ,\t");
		for (size_t i = 0; i < length; i++)
			name[i] = (char)toupper((unsigned char)answer[i]);
		name[length] = '\0';
		good = add_seat(hall_of(choice), &seats, name) && good;
		answer += length;
	}
	if (good && seats.data && !seats.failed) {
		clear_seats(choice);
		snprintf(choice->seats, sizeof choice->seats, "%.*s", (int)seats.length - 2,
		    seats.data + 1);
	}
	buffer_free(&seats);
	tell_choice(choice);
}

static void understand(struct api *api, struct choice *choice, const char *answer)
{
	if (strchr(answer, ':'))
		turn_to(api, choice, answer);
	else if (strspn(answer, "0123456789") == strlen(answer))
		take_count(choice, answer);
	else
		take_seats(choice, answer);
}

/* After a refusal: whoever chose may choose again, from the hall as it is now. */
static enum step ask_again(struct api *api, struct choice *choice)
{
	bool had_chosen = choice->seats[0] || choice->count > 0;
	size_t showing = choice->showing;
	clear_seats(choice);
	if (!had_chosen)
		return STEP_BACK;
	if (read_halls(api, choice) != API_OK)
		return tell(api);
	if (choice->showing >= choice->showings.count) {
		terminal_line("%s is sold out on %s.", choice->movie->title, choice->date);
		return STEP_BACK;
	}
	if (showing < choice->showings.count && choice->halls[showing].free > 0)
		choice->showing = showing;
	draw(choice);
	return STEP_ON;
}

static enum step book(struct api *api, struct choice *choice)
{
	const struct hall *hall = hall_of(choice);
	const struct booking_order order = {
		.user = choice->user,
		.date = choice->date,
		.movie = choice->movie->id,
		.time = hall ? hall->time : NULL,
		.screen = hall ? hall->screen : NULL,
		.seats = choice->seats[0] ? choice->seats : NULL,
		.count = choice->count,
	};
	char key[HTTP_KEY_SIZE];
	struct booking booking;
	if (!http_make_key(key)) {
		terminal_line("Nothing was booked: the system gives no random numbers.");
		return STEP_BACK;
	}
	enum api_result result = booking_make(api, &order, key, &booking);
	if (result == API_OK) {
		terminal_line("BOOKING DONE!! Thank you for using Cinema app");
		show_ticket(&booking, hall ? hall->screen_name : NULL);
	} else if (result == API_FAILED) {
		terminal_line("%s (option 3 tells whether it was booked)", api->why);
	} else {
		terminal_line("Not booked: %s", api->why);
	}
	booking_free(&booking);
	return result == API_REFUSED ? STEP_ON : STEP_BACK;
}

static enum step choose_seats(struct api *api, struct choice *choice)
{
	char answer[TERMINAL_ANSWER_SIZE];
	for (;;) {
		enum step step = STEP_ON;
		if (!terminal_ask("Press enter to continue\n", answer))
			return STEP_LEAVE;
		if (text_same(answer, "back"))
			return STEP_BACK;
		if (answer[0] != '\0' && is_worth_asking(choice)) {
			understand(api, choice, answer);
			continue;
		}
		step = book(api, choice);
		if (step == STEP_ON)
			step = ask_again(api, choice);
		if (step != STEP_ON)
			return step;
	}
}

bool dialogue_book(struct api *api)
{
	static enum step (*const steps[])(struct api *, struct choice *) = {
		choose_user,
		choose_date,
		offer_movies,
		choose_movie,
		announce,
		choose_seats,
	};
	struct choice choice = { .offered = NULL };
	enum step step = STEP_ON;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && step == STEP_ON; i++)
		step = steps[i](api, &choice);
	forget_halls(&choice);
	api_shows_free(&choice.shows);
	api_movies_free(&choice.movies);
	free(choice.offered);
	return step != STEP_LEAVE;
}
