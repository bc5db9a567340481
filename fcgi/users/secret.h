/* Secrets: passwords, hashed by Argon2id (RFC 9106), and tokens, of which only a fingerprint is ever
 * stored. Hashing takes memory and time on purpose, so only a few are hashed at once. */
#ifndef CINEMA_USERS_SECRET_H
#define CINEMA_USERS_SECRET_H

#include "base/settings.h"

#define SECRET_HASH_SIZE  128 /* a password's hash with its NUL, "$argon2id$…" */
#define SECRET_TOKEN_SIZE 44  /* 32 random bytes in base64url, and a NUL */
#define SECRET_MARK_SIZE  65  /* a token's fingerprint in hexadecimal, and a NUL */

struct secrets;

enum secret_result {
	SECRET_OK,
	SECRET_WRONG,
	SECRET_BUSY,   /* too many wait already; nothing was done */
	SECRET_FAILED, /* no memory */
};

/** Takes cost and bound from the settings; NULL with a line in why. */
struct secrets *secret_start(const struct settings *settings, char *why, size_t why_size);

/** Harmless on NULL. */
void secret_stop(struct secrets *secrets);

/** Hashes a password: SECRET_OK, BUSY or FAILED. May wait for others. */
enum secret_result secret_hash(
    struct secrets *secrets, const char *password, char hash[SECRET_HASH_SIZE]);

/** Whether hash is of the password. Without a hash (NULL) it takes as long, and is SECRET_WRONG. */
enum secret_result secret_check(struct secrets *secrets, const char *password, const char *hash);

/** Whether a hash was made at another cost than the settings now ask for. */
bool secret_is_old(const struct secrets *secrets, const char *hash);

/** Makes a token that nobody can guess. */
void secret_token(char token[SECRET_TOKEN_SIZE]);

/** The fingerprint of a token (BLAKE2b, 256 bits): the same each time, and no way back. */
void secret_mark(const char *token, char mark[SECRET_MARK_SIZE]);

#endif
