/* The classic menu: its words are fixed, people and scripts know them. Trouble of any kind is one
 * line, and the menu goes on. See menu.h. */
#include "menu.h"

#include "base/clock.h"
#include "find.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

/* What comes after a question, or an option. */
enum step {
	STEP_ON,    /* the next question; the menu after an option */
	STEP_BACK,  /* back to the menu */
	STEP_LEAVE, /* the input has ended, or the person leaves */
};

static enum step tell(const struct api *api)
{
	terminal_line("%s", api->why);
	return STEP_BACK;
}

static void print_movie(const struct api_movie *movie)
{
	terminal_line("ID: %s", movie->id);
	terminal_line("Title: %s", movie->title);
	terminal_line("Director: %s", movie->director);
	terminal_line("Rating: %s", movie->rating);
	terminal_gap();
}

static void print_shows(const struct api_shows *shows, const struct api_movies *movies)
{
	const char *user = "", *date = "";
	for (size_t i = 0; i < shows->count; i++) {
		const struct api_show *show = &shows->list[i];
		if (show->user && strcmp(show->user, user) != 0) {
			terminal_line("User: %s", show->user);
			user = show->user;
			date = "";
		}
		if (strcmp(show->date, date) != 0)
			terminal_line("On date: %s", show->date);
		date = show->date;
		terminal_line(
		    "ID: %s MOVIE: %s", show->movie, api_movie_of(movies, show->movie).title);
	}
}

static enum step list_movies(struct api *api)
{
	struct api_movies movies;
	if (api_movies(api, &movies) != API_OK)
		tell(api);
	else if (movies.count == 0)
		terminal_line("There are no movies.");
	else
		for (size_t i = 0; i < movies.count; i++)
			print_movie(&movies.list[i]);
	api_movies_free(&movies);
	return STEP_ON;
}

static enum step list_showtimes(struct api *api)
{
	struct api_movies movies = { .list = NULL };
	struct api_shows shows;
	if (api_showtimes(api, &shows) != API_OK || api_movies(api, &movies) != API_OK)
		tell(api);
	else if (shows.count == 0)
		terminal_line("There are no shows.");
	else
		print_shows(&shows, &movies);
	api_shows_free(&shows);
	api_movies_free(&movies);
	return STEP_ON;
}

/* user may be NULL: everybody's. */
static enum step list_bookings_of(struct api *api, const char *user)
{
	struct api_movies movies = { .list = NULL };
	struct api_shows shows;
	enum api_result result = api_bookings(api, user, &shows);
	if (result == API_OK)
		result = api_movies(api, &movies);
	else if (result == API_ABSENT && user)
		result = API_OK;
	if (result != API_OK)
		tell(api);
	else if (shows.count > 0)
		print_shows(&shows, &movies);
	else if (user)
		terminal_line("%s has no bookings.", user);
	else
		terminal_line("There are no bookings.");
	api_shows_free(&shows);
	api_movies_free(&movies);
	return STEP_ON;
}

static enum step list_bookings(struct api *api)
{
	char answer[TERMINAL_ANSWER_SIZE], user[API_ID_SIZE];
	if (!terminal_ask(">Please enter username : ", answer))
		return STEP_LEAVE;
	if (answer[0] == '\0')
		return list_bookings_of(api, NULL);
	if (find_user(api, answer, user) != API_OK)
		return tell(api);
	return list_bookings_of(api, user);
}

static enum step list_users(struct api *api)
{
	struct api_users users;
	if (api_users(api, &users) != API_OK)
		tell(api);
	else if (users.count == 0)
		terminal_line("There are no users.");
	else
		for (size_t i = 0; i < users.count; i++)
			terminal_line("%s", users.list[i].name);
	api_users_free(&users);
	return STEP_ON;
}

/* The show being booked, question by question. */
struct choice {
	char user[API_ID_SIZE];
	char date[9];
	struct api_shows shows;    /* of the date */
	struct api_movies movies;  /* all of them */
	struct api_movie *offered; /* the movies of the date, shows.count of them */
	const struct api_movie *movie;
};

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
		print_movie(&choice->offered[i]);
	}
	return STEP_ON;
}

/* Names the movies that an answer may mean. */
static void list_candidates(const struct api_movie *movies, const size_t *found, size_t count)
{
	for (size_t i = 0; i < count; i++)
		terminal_line("ID: %s MOVIE: %s", movies[found[i]].id, movies[found[i]].title);
}

static enum step choose_movie(struct api *api, struct choice *choice)
{
	char answer[TERMINAL_ANSWER_SIZE];
	const struct api_movie *offered = choice->offered;
	size_t *found = calloc(choice->shows.count, sizeof *found);
	enum step step = STEP_BACK;

	(void)api;
	while (found && !choice->movie) {
		if (!terminal_ask(">Enter the id for the booking : ", answer)) {
			step = STEP_LEAVE;
			break;
		}
		if (answer[0] == '\0')
			break;
		size_t count = find_movies(offered, choice->shows.count, answer, found);
		if (count == 1) {
			choice->movie = &offered[found[0]];
			step = STEP_ON;
		} else if (count == 0) {
			terminal_line("There is no movie %s on %s.", answer, choice->date);
		} else {
			terminal_line("%s may be each of these:", answer);
			list_candidates(offered, found, count);
		}
	}
	free(found);
	return step;
}

static enum step confirm(struct api *api, struct choice *choice)
{
	char answer[TERMINAL_ANSWER_SIZE];
	(void)api;
	terminal_line("Booking the show for the following movie on date %s", choice->date);
	print_movie(choice->movie);
	return terminal_ask("Press enter to continue\n", answer) ? STEP_ON : STEP_LEAVE;
}

static enum step book(struct api *api, struct choice *choice)
{
	char key[HTTP_KEY_SIZE];
	if (!http_make_key(key)) {
		terminal_line("Nothing was booked: the system gives no random numbers.");
		return STEP_BACK;
	}
	enum api_result result = api_book(api, choice->user, choice->date, choice->movie->id, key);
	if (result == API_OK) {
		terminal_line("BOOKING DONE!! Thank you for using Cinema app");
		return STEP_ON;
	}
	if (result == API_FAILED)
		terminal_line("%s (option 3 tells whether it was booked)", api->why);
	else
		terminal_line("Not booked: %s", api->why);
	return STEP_BACK;
}

static enum step book_show(struct api *api)
{
	static enum step (*const steps[])(struct api *, struct choice *) = {
		choose_user,
		choose_date,
		offer_movies,
		choose_movie,
		confirm,
		book,
	};
	struct choice choice = { .offered = NULL };
	enum step step = STEP_ON;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && step == STEP_ON; i++)
		step = steps[i](api, &choice);
	api_shows_free(&choice.shows);
	api_movies_free(&choice.movies);
	free(choice.offered);
	return step;
}

static enum step clear_screen(struct api *api)
{
	(void)api;
	terminal_clear();
	return STEP_ON;
}

static enum step leave(struct api *api)
{
	(void)api;
	return STEP_LEAVE;
}

void menu_run(struct api *api)
{
	static const char menu[] = "Welcome to cinema app\n"
				   "1.Get Movie list\n"
				   "2.Get Show Times\n"
				   "3.Get Bookings Info\n"
				   "4.Get User list\n"
				   "5.Book a show\n"
				   "6.Clearscreen\n"
				   "7.Exit\n"
				   "Select an option\n";
	static enum step (*const options[])(struct api *) = { list_movies, list_showtimes,
		list_bookings, list_users, book_show, clear_screen, leave };
	char answer[TERMINAL_ANSWER_SIZE];
	enum step step = STEP_ON;

	while (step != STEP_LEAVE && terminal_ask(menu, answer)) {
		if (answer[0] >= '1' && answer[0] <= '7' && answer[1] == '\0')
			step = options[answer[0] - '1'](api);
		else
			terminal_line("Please choose an option from 1 to 7.");
	}
}
