/* The menu of seven lines. */
#ifndef CINEMA_CLI_MENU_H
#define CINEMA_CLI_MENU_H

#include "api.h"

/** Shows the menu and does what is chosen, until 7 or the end of input. */
void menu_run(struct api *api);

#endif
