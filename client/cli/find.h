/* From what a person types to what they mean. */
#ifndef CINEMA_CLI_FIND_H
#define CINEMA_CLI_FIND_H

#include "api.h"
#include "booking.h"
#include "hall.h"

/**
 * The movies, of count, that text may mean: the one with that id; else those whose id starts with
 * it and those that have it as title, in any case. Puts their indices into found, which has room
 * for count, and returns how many there are.
 */
size_t find_movies(const struct api_movie *movies, size_t count, const char *text, size_t *found);

/**
 * The user with that id, or else the only one of that name, in any case; "-" is who is logged in.
 * API_ABSENT, with a line in api->why, when there is none or more than one.
 */
enum api_result find_user(struct api *api, const char *text, char id[API_ID_SIZE]);

/**
 * The movie on a date that text means, as find_movies finds it; reads all movies into *movies, to
 * be freed in any case. API_ABSENT, with a line in api->why, when there is none or more than one.
 */
enum api_result find_show(struct api *api, const char *date, const char *text,
    struct api_movies *movies, char id[API_ID_SIZE]);

/** The showing with that id, or the only one at that time; NULL, with a line in api->why. */
const struct hall_showing *find_showing(
    struct api *api, const struct hall_showings *showings, const char *text);

/** The booking of a user, in a list that was read, by its id or its code; NULL, with a line. */
const struct booking *find_booking(
    struct api *api, const struct booking_list *bookings, const char *user, const char *text);

#endif
