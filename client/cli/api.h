/* The cinema's API as typed calls. What comes back has the right shape: an answer that has not is a
 * failure like a server that is down. */
#ifndef CINEMA_CLI_API_H
#define CINEMA_CLI_API_H

#include "http.h"
#include "session.h"

#include <json-c/json.h>

#define API_ID_SIZE   SESSION_ID_SIZE
#define API_PATH_SIZE 1024 /* a request's target and a NUL */

struct api {
	struct http *http;
	struct buffer
	    *answer; /* NULL, or takes the bytes of the last answer, all pages of a list */
	struct session session; /* who is logged in */
	bool has_run_out;       /* the session's token was refused, and no longer sent */
	bool logs_in;           /* a password is being sent for a token */
	bool was_repeated; /* the last request may have been carried out by an earlier attempt */
	char why[1024];    /* after any result but API_OK: one line for the person */
};

enum api_result {
	API_OK,
	API_ABSENT,      /* 404 */
	API_LOGIN,       /* 401: for who has logged in */
	API_FORBIDDEN,   /* 403: for others */
	API_REFUSED,     /* another 4xx: the request is at fault */
	API_BUSY,        /* 429, 503: nothing was done, and later it may be */
	API_UNREACHABLE, /* no connection: nothing was sent */
	API_FAILED,      /* no answer in time, or none that a cinema would give */
};

/* Each list below is whole, whatever the size of the server's pages. Its strings live as long as
 * the list; free it in any case, also after a failure. */

struct api_movie {
	const char *id, *title, *director, *rating;
};

struct api_movies {
	struct api_movie *list;
	size_t count;
	struct json_object *document; /* {id: movie} */
};

struct api_user {
	const char *id, *name;
	int64_t last_active; /* seconds since 1970; -1: not known */
};

struct api_users {
	struct api_user *list;
	size_t count;
	struct json_object *document;
};

/** A movie on a date: on the programme, or booked by a user. */
struct api_show {
	const char *user; /* NULL on the programme */
	const char *date;
	const char *movie; /* its id */
	size_t place;      /* among the movies of that date, from 0 */
};

/** Ordered by user, date and place. */
struct api_shows {
	struct api_show *list;
	size_t count, capacity;
	struct json_object *document;
};

/** GET /movies */
enum api_result api_movies(struct api *api, struct api_movies *movies);

/** GET /users */
enum api_result api_users(struct api *api, struct api_users *users);

/** Who asks, and whether the cinema wants to know. */
struct api_self {
	const char *user, *name; /* NULL: nobody is logged in */
	const char *role;
	bool asks; /* CINEMA_AUTH=required */
	struct json_object *document;
};

/** GET /users/self; free it in any case. */
enum api_result api_self(struct api *api, struct api_self *self);

/** GET /users/{id}: is there such a user? */
enum api_result api_user(struct api *api, const char *id);

/** GET /showtimes */
enum api_result api_showtimes(struct api *api, struct api_shows *shows);

/** GET /showtimes/{date}; API_ABSENT when nothing is on. `date` must outlive shows. */
enum api_result api_programme(struct api *api, const char *date, struct api_shows *shows);

/** GET /bookings, or /bookings/{user}; API_ABSENT when that user, maybe unknown, has none. */
enum api_result api_bookings(struct api *api, const char *user, struct api_shows *shows);

/** The movie with an id; a movie that is gone has its id as title. id must outlive the result. */
struct api_movie api_movie_of(const struct api_movies *movies, const char *id);

/** Whether text can be an identifier. */
bool api_is_id(const char *text);

void api_self_free(struct api_self *self);
void api_movies_free(struct api_movies *movies);
void api_users_free(struct api_users *users);
void api_shows_free(struct api_shows *shows);

/* What the calls above, and those for other documents, are made of. */

/** Writes a target: the prefix, the parts (NULL after the last) encoded, the query (or NULL). */
void api_path(
    char path[API_PATH_SIZE], const char *prefix, const char *const *parts, const char *query);

/** Gets one document, of any form, to be freed by the caller. */
enum api_result api_get(struct api *api, const char *path, struct json_object **document);

/** Gets an object from all its pages. Free it in any case. */
enum api_result api_list(struct api *api, const char *path, struct json_object **all);

/** Sends a body (or NULL) under a key (or NULL); *document is the answer, to be freed, or NULL when
 * there is nothing to say. */
enum api_result api_send(struct api *api, const char *method, const char *path,
    struct json_object *body, const char *key, struct json_object **document);

/**
 * Sends a request of which a file is a part. *document is the answer's, also of one that is no success;
 * NULL when it has none, or went to the file. To be freed.
 */
enum api_result api_stream(
    struct api *api, const struct http_request *request, struct json_object **document);

/** Say in api->why that a document is not of its form, that memory ran out; API_FAILED. */
enum api_result api_wrong_shape(struct api *api, const char *what);
enum api_result api_no_memory(struct api *api);

#endif
