/* From what a person types to what they mean. */
#ifndef CINEMA_CLI_FIND_H
#define CINEMA_CLI_FIND_H

#include "api.h"

/**
 * The movies, of count, that text may mean: the one with that id; else those whose id starts with
 * it and those that have it as title, in any case. Puts their indices into found, which has room
 * for count, and returns how many there are.
 */
size_t find_movies(const struct api_movie *movies, size_t count, const char *text, size_t *found);

/**
 * The user with that id, or else the only one of that name, in any case. API_ABSENT, with a line in
 * api->why, when there is none or more than one.
 */
enum api_result find_user(struct api *api, const char *text, char id[API_ID_SIZE]);

#endif
