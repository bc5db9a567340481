/* The verbs that change something. Names and titles are looked up first; what changes something
 * goes out once, under one key, and is repeated by http.c where that is right. See sell.h. */
#include "sell.h"

#include "base/clock.h"
#include "booking.h"
#include "find.h"
#include "hall.h"
#include "list.h"
#include "terminal.h"
#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The operands from one on, joined with spaces and in capitals, as seats are named; NULL: none. */
static char *join_seats(const struct arguments *arguments, size_t from)
{
	struct buffer line;
	buffer_init(&line, 65536);
	for (size_t i = from; i < arguments->count; i++)
		buffer_printf(&line, "%s%s", i > from ? " " : "", arguments->operands[i]);
	for (size_t i = 0; i < line.length; i++)
		line.data[i] = (char)toupper((unsigned char)line.data[i]);
	return line.data;
}

/* Prints what a booking has become, or why it has not. */
static enum exit_code finish(
    struct command *command, enum api_result result, const struct booking *booking)
{
	if (result != API_OK)
		return verb_failed(command, result);
	if (command->arguments->json)
		return EXIT_DONE;
	return list_these(command, booking, 1);
}

/* Finds time and screen of the showing that the option names. Without the option the server takes
 * the first with room; but seats that are named must be those of one showing. */
static enum api_result read_showing(
    struct command *command, struct booking_order *order, struct hall_showings *showings)
{
	const char *text = command->arguments->showing;
	struct api *api = &command->api;
	if (!text && !order->seats)
		return API_OK;
	enum api_result result = hall_showings(api, order->date, order->movie, showings);
	if (result != API_OK)
		return result;
	if (!text && showings->count == 0)
		return api_wrong_shape(api, "the list of showings");
	if (!text && showings->count > 1) {
		snprintf(api->why, sizeof api->why,
		    "There are %zu showings: say whose seats you mean, as in --showing %s",
		    showings->count, showings->list[0].id);
		return API_REFUSED;
	}
	const struct hall_showing *showing =
	    text ? find_showing(api, showings, text) : showings->list;
	if (!showing)
		return API_ABSENT;
	order->time = showing->time;
	order->screen = showing->screen;
	return API_OK;
}

static enum exit_code make(struct command *command, bool hold)
{
	const struct arguments *arguments = command->arguments;
	const char *date = arguments->operands[1];
	char user[API_ID_SIZE], movie[API_ID_SIZE], own_key[HTTP_KEY_SIZE];
	char *seats = join_seats(arguments, 3);
	struct hall_showings showings = { .list = NULL };
	struct api_movies movies = { .list = NULL };
	struct booking booking = { .id = NULL };
	struct booking_order order = { .user = user, .date = date, .movie = movie };
	enum exit_code code;

	order.seats = seats;
	order.count = arguments->seats;
	order.hold = hold;
	if (!clock_is_date(date) && clock_is_date(arguments->operands[0])) {
		code = verb_misused(command, arguments->operands[0],
		    "stands where USER belongs; - is who is logged in");
		goto out;
	}
	if (!clock_is_date(date)) {
		code = verb_misused(command, date, "is no date such as 20180805");
		goto out;
	}
	if (seats && arguments->seats > 0) {
		code = verb_misused(command, "--count", "goes without seats that are named");
		goto out;
	}
	if (!arguments->key && !http_make_key(own_key)) {
		terminal_complain("cinema: the system gives no random numbers");
		code = EXIT_LOCAL;
		goto out;
	}
	enum api_result result = find_user(&command->api, arguments->operands[0], user);
	if (result == API_OK)
		result = find_show(&command->api, date, arguments->operands[2], &movies, movie);
	if (result == API_OK)
		result = read_showing(command, &order, &showings);
	if (result == API_OK)
		result = booking_make(
		    &command->api, &order, arguments->key ? arguments->key : own_key, &booking);
	code = finish(command, result, &booking);
out:
	booking_free(&booking);
	hall_showings_free(&showings);
	api_movies_free(&movies);
	free(seats);
	return code;
}

enum exit_code sell_book(struct command *command)
{
	return make(command, false);
}

enum exit_code sell_hold(struct command *command)
{
	return make(command, true);
}

/* Reads the bookings of the user that the operands name, and finds the one they name. */
static enum api_result find_it(struct command *command, char user[API_ID_SIZE],
    struct booking_list *bookings, const struct booking **booking)
{
	char **operands = command->arguments->operands;
	*bookings = (struct booking_list){ .list = NULL };
	enum api_result result = find_user(&command->api, operands[0], user);
	if (result == API_OK)
		result = booking_list(&command->api, user, bookings);
	if (result != API_OK)
		return result;
	*booking = find_booking(&command->api, bookings, user, operands[1]);
	return *booking ? API_OK : API_ABSENT;
}

enum exit_code sell_confirm(struct command *command)
{
	struct booking_list bookings;
	const struct booking *old = NULL;
	struct booking booking = { .id = NULL };
	char user[API_ID_SIZE];
	enum api_result result = find_it(command, user, &bookings, &old);
	if (result == API_OK)
		result = booking_change(&command->api, user, old->id, "confirmed", NULL, &booking);
	enum exit_code code = finish(command, result, &booking);
	booking_free(&booking);
	booking_list_free(&bookings);
	return code;
}

/* Whether a seat is among names parted by spaces. */
static bool has_seat(const char *names, const char *seat, size_t length)
{
	while (*(names += strspn(names, " ")) != '\0') {
		size_t own = strcspn(names, " ");
		if (own == length && memcmp(names, seat, length) == 0)
			return true;
		names += own;
	}
	return false;
}

/* Appends the seats of all that are not among given; false, with a line, when one of those given is
 * not among all. */
static bool keep_others(struct api *api, const char *all, const char *given, struct buffer *kept)
{
	for (const char *at = given; *(at += strspn(at, " ")) != '\0'; at += strcspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (has_seat(all, at, length))
			continue;
		snprintf(api->why, sizeof api->why, "The booking has no seat %.*s; it has %s.",
		    (int)length, at, *all ? all : "none");
		return false;
	}
	for (const char *at = all; *(at += strspn(at, " ")) != '\0'; at += strcspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (has_seat(given, at, length))
			continue;
		buffer_text(kept, kept->length > 0 ? " " : "");
		buffer_append(kept, at, length);
	}
	return true;
}

enum exit_code sell_cancel(struct command *command)
{
	char *seats = join_seats(command->arguments, 2), user[API_ID_SIZE];
	struct booking_list bookings;
	const struct booking *old = NULL;
	struct booking booking = { .id = NULL };
	struct buffer kept;

	buffer_init(&kept, 65536);
	enum api_result result = find_it(command, user, &bookings, &old);
	if (result == API_OK && seats &&
	    !keep_others(&command->api, old->seats ? old->seats : "", seats, &kept))
		result = API_ABSENT;
	if (result == API_OK && kept.length > 0)
		result = booking_change(&command->api, user, old->id, NULL, kept.data, &booking);
	else if (result == API_OK)
		result = booking_cancel(&command->api, user, old->id, &booking);
	enum exit_code code = finish(command, result, &booking);
	booking_free(&booking);
	booking_list_free(&bookings);
	buffer_free(&kept);
	free(seats);
	return code;
}
