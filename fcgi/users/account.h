/* Accounts: who registers, changes and leaves, and what they may. */
#ifndef CINEMA_USERS_ACCOUNT_H
#define CINEMA_USERS_ACCOUNT_H

#include "http/route.h"

extern const struct field account_fields[], account_put_fields[], account_patch_fields[],
    account_role_fields[];

/** POST /users: 201, or 409 when there is one of that id. */
enum outcome account_create(
    struct service *service, const struct request *request, struct response *response);

/** PUT and PATCH /users/{user}: name and password. A changed password revokes all tokens. */
enum outcome account_change(
    struct service *service, const struct request *request, struct response *response);

/** DELETE /users/{user}: 409 with the bookings that are still to come. */
enum outcome account_delete(
    struct service *service, const struct request *request, struct response *response);

/** GET and PUT /users/{user}/role: {"user","role"}. */
enum outcome account_role(
    struct service *service, const struct request *request, struct response *response);
enum outcome account_set_role(
    struct service *service, const struct request *request, struct response *response);

#endif
