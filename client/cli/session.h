/* Who is logged in at a server, kept between two runs in a file of its own that only its owner can
 * read: cinema/logins/SERVER in the state folder. */
#ifndef CINEMA_CLI_SESSION_H
#define CINEMA_CLI_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#define SESSION_ID_SIZE    65  /* the longest identifier and a NUL */
#define SESSION_TOKEN_SIZE 257 /* the longest token and a NUL */

struct session {
	char user[SESSION_ID_SIZE];     /* "": not known, as of a token from the environment */
	char id[SESSION_ID_SIZE];       /* of the token, to revoke it; "" likewise */
	char token[SESSION_TOKEN_SIZE]; /* "": nobody is logged in */
};

/**
 * Reads who is logged in at a server; nobody is a success. False with a line in why when the file is
 * open to others, or cannot be read.
 */
bool session_read(struct session *session, const char *server, char *why, size_t why_size);

/** Keeps it, in place of what was kept. False with a line in why. */
bool session_write(const struct session *session, const char *server, char *why, size_t why_size);

/** Forgets it; nothing to forget is a success. */
bool session_forget(const char *server, char *why, size_t why_size);

/** Whether text can be a token. */
bool session_is_token(const char *text);

#endif
