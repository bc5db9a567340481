/* Whose a service's process is, and where it stands: it lives in the state folder, as a user that
 * may do little else. */
#ifndef CINEMA_SERVICE_IDENTITY_H
#define CINEMA_SERVICE_IDENTITY_H

#include "base/settings.h"

/**
 * Makes the state folder the working directory, and settings' CINEMA_STATE ".". In it is, or is
 * made, the folder store/NAME for the service alone.
 *
 * When root started the process it is CINEMA_USER's from then on, for good, with no group but that
 * user's own; store/NAME and what is in it are given to that user. When CINEMA_USER is root, or
 * another user started it, it stays whose it is. False with a line in why. Call it once, before there are threads.
 */
bool identity_enter(struct settings *settings, const char *name, char *why, size_t why_size);

/** The service's own folder, seen from the working directory; after identity_enter. */
const char *identity_folder(void);

#endif
