/* The verbs that read. What the server says is fetched first and shown second: with --json nothing
 * is printed here, and the calls that would only prettify are left out. See list.h. */
#include "list.h"

#include "base/clock.h"
#include "base/json.h"
#include "find.h"
#include "hall.h"
#include "show.h"
#include "table.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Prints a table that was filled, and frees it; NULL: there was no memory for it. */
static enum exit_code finish(struct table *table)
{
	bool good = table && table_print(table);
	if (!good)
		terminal_complain("cinema: memory ran out");
	table_free(table);
	return good ? EXIT_DONE : EXIT_LOCAL;
}

static enum exit_code wrong_date(const struct command *command, const char *date)
{
	return verb_misused(command, date, "is no date such as 20180805");
}

enum exit_code list_movies(struct command *command)
{
	static const struct table_column columns[] = { { "ID", TABLE_TEXT },
		{ "TITLE", TABLE_TEXT }, { "DIRECTOR", TABLE_TEXT }, { "RATING", TABLE_NUMBER } };
	struct api_movies movies;
	enum exit_code code = EXIT_DONE;
	enum api_result result = api_movies(&command->api, &movies);
	if (result != API_OK) {
		code = verb_failed(command, result);
	} else if (!command->arguments->json) {
		struct table *table = table_new(columns, COUNT(columns));
		for (size_t i = 0; table && i < movies.count; i++) {
			const struct api_movie *movie = &movies.list[i];
			table_add(table,
			    (const char *[]){
				movie->id, movie->title, movie->director, movie->rating });
		}
		code = finish(table);
	}
	api_movies_free(&movies);
	return code;
}

/* Movies on dates, with their titles. A user's column is empty, and so not shown, on the programme. */
static enum exit_code print_shows(struct command *command, const struct api_shows *shows)
{
	static const struct table_column columns[] = { { "USER", TABLE_TEXT },
		{ "DATE", TABLE_WHOLE }, { "ID", TABLE_TEXT }, { "TITLE", TABLE_TEXT } };
	struct api_movies movies;
	enum exit_code code;
	enum api_result result = api_movies(&command->api, &movies);
	if (result == API_OK) {
		bool users = shows->count > 0 && shows->list[0].user;
		struct table *table = table_new(columns + !users, COUNT(columns) - !users);
		for (size_t i = 0; table && i < shows->count; i++) {
			const struct api_show *show = &shows->list[i];
			const char *const cells[] = { show->user, show->date, show->movie,
				api_movie_of(&movies, show->movie).title };
			table_add(table, cells + !users);
		}
		code = finish(table);
	} else {
		code = verb_failed(command, result);
	}
	api_movies_free(&movies);
	return code;
}

/* The lowest price of a hall. */
static int64_t least_price(const struct hall *hall)
{
	int64_t least = hall->row_count > 0 ? hall->rows[0].price : 0;
	for (size_t i = 1; i < hall->row_count; i++)
		least = hall->rows[i].price < least ? hall->rows[i].price : least;
	return least;
}

static enum api_result add_showing(struct command *command, struct table *table, const char *date,
    const char *movie, const struct hall_showing *showing)
{
	char free_seats[24], seats[24], price[SHOW_MONEY_SIZE];
	struct hall hall;
	enum api_result result = hall_read(&command->api, date, movie, showing->id, 0, &hall);
	if (result == API_OK) {
		snprintf(free_seats, sizeof free_seats, "%zu", hall.free);
		snprintf(seats, sizeof seats, "%zu", hall.seats);
		show_money(least_price(&hall), hall.currency, price);
		table_add(table,
		    (const char *[]){ showing->id, showing->time, showing->screen_name, free_seats,
			seats, price });
	}
	hall_free(&hall);
	return result;
}

/* The showings of one movie on one date. */
static enum exit_code list_showings(struct command *command, const char *date, const char *text)
{
	static const struct table_column columns[] = { { "SHOWING", TABLE_WHOLE },
		{ "TIME", TABLE_WHOLE }, { "HALL", TABLE_TEXT }, { "FREE", TABLE_NUMBER },
		{ "SEATS", TABLE_NUMBER }, { "FROM", TABLE_NUMBER } };
	struct hall_showings showings = { .list = NULL };
	struct api_movies movies;
	struct table *table = NULL;
	char movie[API_ID_SIZE];
	enum exit_code code = EXIT_DONE;

	enum api_result result = find_show(&command->api, date, text, &movies, movie);
	if (result == API_OK)
		result = hall_showings(&command->api, date, movie, &showings);
	if (result == API_OK && command->arguments->json)
		goto out;
	if (result == API_OK)
		table = table_new(columns, COUNT(columns));
	for (size_t i = 0; table && i < showings.count && result == API_OK; i++)
		result = add_showing(command, table, date, movie, &showings.list[i]);
	if (result == API_OK) {
		code = finish(table);
	} else {
		table_free(table);
		code = verb_failed(command, result);
	}
out:
	hall_showings_free(&showings);
	api_movies_free(&movies);
	return code;
}

enum exit_code list_showtimes(struct command *command)
{
	const struct arguments *arguments = command->arguments;
	const char *date = arguments->count > 0 ? arguments->operands[0] : NULL;
	struct api_shows shows;
	enum exit_code code = EXIT_DONE;

	if (date && !clock_is_date(date))
		return wrong_date(command, date);
	if (arguments->count > 1)
		return list_showings(command, date, arguments->operands[1]);
	enum api_result result = date ? api_programme(&command->api, date, &shows)
				      : api_showtimes(&command->api, &shows);
	if (result != API_OK)
		code = verb_failed(command, result);
	else if (!arguments->json)
		code = print_shows(command, &shows);
	api_shows_free(&shows);
	return code;
}

/* Reads the hall that is asked for: of the showing that is named, else of the first with room, else
 * of the last. */
static enum api_result choose_hall(
    struct command *command, const char *date, const char *movie, struct hall *hall)
{
	const struct arguments *arguments = command->arguments;
	struct api *api = &command->api;
	struct hall_showings showings;
	size_t best = arguments->seats > 0 ? arguments->seats : terminal_width() > 0;
	enum api_result result = hall_showings(api, date, movie, &showings);
	if (result == API_OK && arguments->count > 2) {
		const struct hall_showing *showing =
		    find_showing(api, &showings, arguments->operands[2]);
		result =
		    showing ? hall_read(api, date, movie, showing->id, best, hall) : API_ABSENT;
	} else if (result == API_OK && showings.count == 0) {
		result = api_wrong_shape(api, "the list of showings");
	} else if (result == API_OK) {
		for (size_t i = 0; i < showings.count && result == API_OK && hall->free == 0; i++) {
			hall_free(hall);
			result = hall_read(api, date, movie, showings.list[i].id, best, hall);
		}
	}
	hall_showings_free(&showings);
	return result;
}

static void add_row(struct table *table, const struct hall *hall, const struct hall_row *row)
{
	char name[16], price[SHOW_MONEY_SIZE];
	int number = 0;
	show_money(row->price, hall->currency, price);
	for (const char *seat = row->seats; *seat; seat++) {
		const char *state = *seat == 'f' ? "free"
		    : *seat == 'h'               ? "held"
		    : *seat == 's'               ? "sold"
						 : "blocked";
		if (*seat == '_')
			continue;
		snprintf(name, sizeof name, "%.2s%d", row->name, ++number);
		table_add(table, (const char *[]){ name, state, price });
	}
}

/* A drawing on a terminal, else a line a seat. */
static enum exit_code print_hall(const struct hall *hall, const char *title)
{
	static const struct table_column columns[] = { { "SEAT", TABLE_WHOLE },
		{ "STATE", TABLE_WHOLE }, { "PRICE", TABLE_NUMBER } };
	if (terminal_width() > 0) {
		terminal_line("%s at %s, %s: %zu of %zu seats free", title, hall->time,
		    hall->screen_name, hall->free, hall->seats);
		hall_draw(hall);
		return EXIT_DONE;
	}
	struct table *table = table_new(columns, COUNT(columns));
	for (size_t i = 0; table && i < hall->row_count; i++)
		add_row(table, hall, &hall->rows[i]);
	return finish(table);
}

enum exit_code list_seats(struct command *command)
{
	const struct arguments *arguments = command->arguments;
	const char *date = arguments->operands[0];
	struct hall hall = { .rows = NULL };
	struct api_movies movies;
	char movie[API_ID_SIZE], path[API_PATH_SIZE], showing[API_PATH_SIZE], query[32];
	enum exit_code code = EXIT_DONE;

	if (!clock_is_date(date))
		return wrong_date(command, date);
	enum api_result result =
	    find_show(&command->api, date, arguments->operands[1], &movies, movie);
	if (result == API_OK)
		result = choose_hall(command, date, movie, &hall);
	if (result == API_OK && arguments->json) {
		struct json_object *map = NULL;
		snprintf(showing, sizeof showing, "%s-%s", hall.time, hall.screen);
		snprintf(query, sizeof query, "?best=%zu", arguments->seats);
		api_path(path, "/showtimes",
		    (const char *[]){ date, movie, showing, "seats", NULL },
		    arguments->seats > 0 ? query : NULL);
		result = api_get(&command->api, path, &map);
		json_object_put(map);
	}
	if (result != API_OK)
		code = verb_failed(command, result);
	else if (!arguments->json)
		code = print_hall(&hall, api_movie_of(&movies, movie).title);
	hall_free(&hall);
	api_movies_free(&movies);
	return code;
}

enum exit_code list_these(struct command *command, const struct booking *bookings, size_t count)
{
	static const struct table_column columns[] = { { "CODE", TABLE_WHOLE },
		{ "STATUS", TABLE_WHOLE }, { "DATE", TABLE_WHOLE }, { "TIME", TABLE_WHOLE },
		{ "SCREEN", TABLE_SPARE }, { "MOVIE", TABLE_TEXT }, { "SEATS", TABLE_TEXT },
		{ "PRICE", TABLE_NUMBER }, { "UNTIL", TABLE_WHOLE } };
	struct api_movies movies;
	/* The booking is made: without titles, ids will do. */
	(void)api_movies(&command->api, &movies);
	struct table *table = table_new(columns, COUNT(columns));
	for (size_t i = 0; table && i < count; i++) {
		const struct booking *booking = &bookings[i];
		char price[SHOW_MONEY_SIZE] = "", until[SHOW_CLOCK_SIZE] = "";
		if (booking->expires)
			show_clock(booking->expires, until);
		if (booking->currency)
			show_money(booking->total, booking->currency, price);
		table_add(table,
		    (const char *[]){ booking->code, booking->status, booking->date, booking->time,
			booking->screen, api_movie_of(&movies, booking->movie).title,
			booking->seats, price, until });
	}
	api_movies_free(&movies);
	return finish(table);
}

static enum exit_code list_bookings_of(struct command *command, const char *name)
{
	struct booking_list bookings;
	char user[API_ID_SIZE];
	enum exit_code code = EXIT_DONE;
	enum api_result result = find_user(&command->api, name, user);
	if (result != API_OK)
		return verb_failed(command, result);
	result = booking_list(&command->api, user, &bookings);
	if (result != API_OK)
		code = verb_failed(command, result);
	else if (!command->arguments->json)
		code = list_these(command, bookings.list, bookings.count);
	booking_list_free(&bookings);
	return code;
}

/* Everybody's; of those who may not see them, their own. */
static enum exit_code list_all_bookings(struct command *command)
{
	struct api_shows shows;
	enum exit_code code = EXIT_DONE;
	enum api_result result = api_bookings(&command->api, NULL, &shows);
	if (result == API_FORBIDDEN)
		code = list_bookings_of(command, "-");
	else if (result != API_OK)
		code = verb_failed(command, result);
	else if (!command->arguments->json)
		code = print_shows(command, &shows);
	api_shows_free(&shows);
	return code;
}

enum exit_code list_bookings(struct command *command)
{
	const struct arguments *arguments = command->arguments;
	return arguments->count > 0 ? list_bookings_of(command, arguments->operands[0])
				    : list_all_bookings(command);
}

/* The id that a movie's uri ends with. */
static const char *id_in(const char *uri)
{
	const char *slash = uri ? strrchr(uri, '/') : NULL;
	return slash ? slash + 1 : uri;
}

static enum exit_code print_suggested(struct json_object *list)
{
	static const struct table_column columns[] = { { "ID", TABLE_TEXT },
		{ "TITLE", TABLE_TEXT }, { "RATING", TABLE_NUMBER } };
	struct table *table = table_new(columns, COUNT(columns));
	for (size_t i = 0; table && i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct json_object *rating = json_object_object_get(one, "rating");
		table_add(table,
		    (const char *[]){ id_in(json_text(one, "uri")), json_text(one, "title"),
			rating ? json_object_get_string(rating) : NULL });
	}
	return finish(table);
}

enum exit_code list_suggested(struct command *command)
{
	struct api *api = &command->api;
	struct json_object *list = NULL;
	char user[API_ID_SIZE], path[API_PATH_SIZE];
	enum exit_code code = EXIT_DONE;

	const struct arguments *arguments = command->arguments;
	enum api_result result =
	    find_user(api, arguments->count > 0 ? arguments->operands[0] : "-", user);
	if (result != API_OK)
		return verb_failed(command, result);
	api_path(path, "/users", (const char *[]){ user, "suggested", NULL }, NULL);
	result = api_get(api, path, &list);
	if (result == API_OK && !json_object_is_type(list, json_type_array))
		result = api_wrong_shape(api, "the list of movies");
	if (result != API_OK)
		code = verb_failed(command, result);
	else if (!command->arguments->json)
		code = print_suggested(list);
	json_object_put(list);
	return code;
}

enum exit_code list_users(struct command *command)
{
	static const struct table_column columns[] = { { "ID", TABLE_TEXT }, { "NAME", TABLE_TEXT },
		{ "LAST ACTIVE", TABLE_WHOLE } };
	struct api_users users;
	enum exit_code code = EXIT_DONE;
	enum api_result result = api_users(&command->api, &users);
	if (result != API_OK) {
		code = verb_failed(command, result);
	} else if (!command->arguments->json) {
		struct table *table = table_new(columns, COUNT(columns));
		for (size_t i = 0; table && i < users.count; i++) {
			const struct api_user *user = &users.list[i];
			char instant[CLOCK_TEXT_SIZE] = "";
			if (user->last_active >= 0 && user->last_active <= 253402300799) /* 9999 */
				clock_format(user->last_active * 1000, instant);
			if (instant[0]) /* the document has whole seconds */
				snprintf(strchr(instant, '.'), 2, "Z");
			table_add(table, (const char *[]){ user->id, user->name, instant });
		}
		code = finish(table);
	}
	api_users_free(&users);
	return code;
}

enum exit_code list_status(struct command *command)
{
	static const struct table_column columns[] = { { "SERVICE", TABLE_WHOLE },
		{ "STATUS", TABLE_WHOLE } };
	struct json_object *health = NULL;
	enum exit_code code = EXIT_DONE;

	http_once(command->api.http);
	enum api_result result = api_get(&command->api, "/healthz", &health);
	struct json_object *services = json_object_object_get(health, "services");
	if (result == API_OK && !json_object_is_type(services, json_type_object))
		result = api_wrong_shape(&command->api, "the status");
	if (result != API_OK) {
		code = verb_failed(command, result);
	} else if (!command->arguments->json) {
		struct table *table = table_new(columns, COUNT(columns));
		json_object_object_foreach(services, name, state)
		{
			if (table)
				table_add(
				    table, (const char *[]){ name, json_object_get_string(state) });
		}
		code = finish(table);
	}
	json_object_put(health);
	return code;
}
