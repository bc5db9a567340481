/* The classic menu: its words are fixed, people and scripts know them. Trouble of any kind is one
 * line, and the menu goes on. See menu.h. */
#include "menu.h"

#include "dialogue.h"
#include "edit.h"
#include "login.h"
#include "show.h"
#include "terminal.h"

#include <string.h>

/* Options return whether the menu goes on: false at the end of input, or when the person leaves. */

static bool tell(const struct api *api)
{
	terminal_line("%s", api->why);
	return true;
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

static bool list_movies(struct api *api)
{
	struct api_movies movies;
	if (api_movies(api, &movies) != API_OK)
		tell(api);
	else if (movies.count == 0)
		terminal_line("There are no movies.");
	else
		for (size_t i = 0; i < movies.count; i++)
			show_movie(&movies.list[i]);
	api_movies_free(&movies);
	return true;
}

static bool list_showtimes(struct api *api)
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
	return true;
}

/* user may be NULL: everybody's. */
static bool list_bookings_of(struct api *api, const char *user)
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
	return true;
}

static bool list_bookings(struct api *api)
{
	char answer[TERMINAL_ANSWER_SIZE], user[API_ID_SIZE];
	if (!terminal_ask(">Please enter username : ", answer))
		return false;
	if (answer[0] == '\0')
		return list_bookings_of(api, NULL);
	if (login_find(api, answer, user) != API_OK)
		return tell(api);
	return list_bookings_of(api, user);
}

static bool list_users(struct api *api)
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
	return true;
}

static bool clear_screen(struct api *api)
{
	(void)api;
	terminal_clear();
	return true;
}

static bool leave(struct api *api)
{
	(void)api;
	return false;
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
	static bool (*const options[])(struct api *) = { list_movies, list_showtimes, list_bookings,
		list_users, dialogue_book, clear_screen, leave };
	char answer[TERMINAL_ANSWER_SIZE];
	bool goes_on = true;

	edit_start();
	while (goes_on && terminal_ask(menu, answer)) {
		if (answer[0] >= '1' && answer[0] <= '7' && answer[1] == '\0')
			goes_on = options[answer[0] - '1'](api);
		else
			terminal_line("Please choose an option from 1 to 7.");
	}
	edit_stop();
}
