/* Passwords: asked for on the terminal without showing them, or read from a descriptor; never an
 * argument, which everybody on the machine can read. */
#ifndef CINEMA_CLI_SECRET_H
#define CINEMA_CLI_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_SIZE 1024 /* with its NUL */

/**
 * Asks on the terminal of this process, whatever its standard streams are. What ends the process
 * meanwhile, Ctrl-C above all, leaves the terminal as it was. False with a line in why.
 */
bool secret_ask(const char *prompt, char password[SECRET_SIZE], char *why, size_t why_size);

/** Reads a line, or all there is, from a descriptor. False with a line in why. */
bool secret_read(int descriptor, char password[SECRET_SIZE], char *why, size_t why_size);

/** Whether it can be a password; false with a line in why. */
bool secret_check(const char *password, char *why, size_t why_size);

/** Leaves nothing of it in memory. */
void secret_wipe(char password[SECRET_SIZE]);

#endif
