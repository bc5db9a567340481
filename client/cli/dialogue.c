/* Booking a show. The questions are those that people and scripts have always known; seats and
 * showings joined them without adding one: they are answers to the last question, and a plain Enter
 * there takes what it always took, one best seat. See dialogue.h. */
#include "dialogue.h"

#include "base/clock.h"
#include "booking.h"
#include "find.h"
#include "login.h"
#include "pick.h"
#include "show.h"
#include "terminal.h"
#include "text.h"

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
	struct pick pick; /* of its seats */
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
		enum api_result result = login_find(api, answer, choice->user);
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

static bool is_sold_out(const struct pick *pick)
{
	return pick->showings.count > 0 && pick->showing == pick->showings.count;
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
		choice->pick.date = choice->date;
		choice->pick.movie = choice->movie->id;
		choice->pick.title = choice->movie->title;
		if (pick_read(api, &choice->pick) != API_OK)
			return tell(api);
		if (!is_sold_out(&choice->pick))
			return STEP_ON;
		terminal_line("%s is sold out on %s.", choice->pick.title, choice->date);
	}
}

static enum step announce(struct api *api, struct choice *choice)
{
	(void)api;
	if (pick_is_worth_asking(&choice->pick))
		pick_draw(&choice->pick);
	terminal_line("Booking the show for the following movie on date %s", choice->date);
	show_movie(choice->movie);
	return STEP_ON;
}

/* After a refusal: whoever chose may choose again, from the hall as it is now. */
static enum step ask_again(struct api *api, struct choice *choice)
{
	struct pick *pick = &choice->pick;
	bool had_chosen = pick->seats[0] || pick->count > 0;
	size_t showing = pick->showing;
	pick_clear(pick);
	if (!had_chosen)
		return STEP_BACK;
	if (pick_read(api, pick) != API_OK)
		return tell(api);
	if (is_sold_out(pick)) {
		terminal_line("%s is sold out on %s.", pick->title, choice->date);
		return STEP_BACK;
	}
	if (showing < pick->showings.count && pick->halls[showing].free > 0)
		pick->showing = showing;
	pick_draw(pick);
	return STEP_ON;
}

static enum step book(struct api *api, struct choice *choice)
{
	const struct hall *hall = pick_hall(&choice->pick);
	const struct booking_order order = {
		.user = choice->user,
		.date = choice->date,
		.movie = choice->movie->id,
		.time = hall ? hall->time : NULL,
		.screen = hall ? hall->screen : NULL,
		.seats = choice->pick.seats[0] ? choice->pick.seats : NULL,
		.count = choice->pick.count,
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
		if (answer[0] != '\0' && pick_is_worth_asking(&choice->pick)) {
			pick_answer(api, &choice->pick, answer);
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
	pick_free(&choice.pick);
	api_shows_free(&choice.shows);
	api_movies_free(&choice.movies);
	free(choice.offered);
	return step != STEP_LEAVE;
}
