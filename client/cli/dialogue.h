/* Booking a show, question by question. */
#ifndef CINEMA_CLI_DIALOGUE_H
#define CINEMA_CLI_DIALOGUE_H

#include "api.h"

/** Asks what to book, and books it. False at the end of input. */
bool dialogue_book(struct api *api);

#endif
