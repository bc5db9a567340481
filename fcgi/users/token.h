/* Logging in: tokens that stand for a user for some time.
 *
 * Store: tokens/{fingerprint} → {"user","id","expires": ms}
 *        sessions/{user}/{id} → {"id","label","created","expires","mark": fingerprint} */
#ifndef CINEMA_USERS_TOKEN_H
#define CINEMA_USERS_TOKEN_H

#include "http/route.h"
#include "service/batch.h"
#include "service/service.h"

extern const struct field token_fields[];

/** POST /users/{user}/tokens: a password for a token; the same answer for an unknown user as for a
 * wrong password, after the same time. */
enum outcome token_create(
    struct service *service, const struct request *request, struct response *response);

/** GET /users/{user}/tokens: what they are called and how long they are good, never themselves. */
enum outcome token_list(
    struct service *service, const struct request *request, struct response *response);

/** DELETE /users/{user}/tokens/{token}: revokes one. */
enum outcome token_revoke(
    struct service *service, const struct request *request, struct response *response);

/** DELETE /users/{user}/tokens: revokes all. */
enum outcome token_revoke_all(
    struct service *service, const struct request *request, struct response *response);

/** GET /who, which nginx asks: 204 with X-User and X-Role, or 401. */
enum outcome token_who(
    struct service *service, const struct request *request, struct response *response);

/** GET /users/self: who asks: {"user","name","role","auth"}. */
enum outcome token_self(
    struct service *service, const struct request *request, struct response *response);

/** A user has at most so many tokens. */
#define TOKENS_MAX 50

/** Adds what revokes all of a user's tokens: up to 2 * TOKENS_MAX operations. */
enum store_result token_forget(struct store *store, const char *user, struct batch *batch);

#endif
