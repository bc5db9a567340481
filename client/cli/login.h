/* Registering, logging in and out: what the verbs and the menu share. */
#ifndef CINEMA_CLI_LOGIN_H
#define CINEMA_CLI_LOGIN_H

#include "api.h"

/** POST /users, with a password or without (NULL). */
enum api_result login_register(
    struct api *api, const char *user, const char *name, const char *password);

/**
 * POST /users/{user}/tokens. API_OK: api's requests are the user's from now on, and whoever was
 * logged in before no longer is; to be kept, too, with session_write. Else all is as it was.
 */
enum api_result login_start(struct api *api, const char *user, const char *password);

/** Revokes the session's token and forgets it, here and on disk, whatever the result. */
enum api_result login_end(struct api *api);

/**
 * As find_user, but where the cinema wants to know who asks, asks for the password of the user that
 * text names, and logs in and keeps it.
 */
enum api_result login_find(struct api *api, const char *text, char id[API_ID_SIZE]);

#endif
