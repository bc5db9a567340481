/* A showing: its document, what it must be, and how it is shown. Documents as in showtimes.h. */
#ifndef CINEMA_SHOWTIMES_SHOWING_H
#define CINEMA_SHOWTIMES_SHOWING_H

#include "http/response.h"
#include "service/service.h"

/* "/showtimes/{date}/{movie}/{time}-{screen}" and a NUL, with room */
#define SHOWING_URI_SIZE 192

/** The members of its document. */
extern const struct field showing_fields[];

/**
 * Fills in what a showing may leave out, and adds to errors what is wrong with it: table, screen (NULL:
 * there is none of that id), prices, a time that clocks skip.
 */
void showing_complete(const struct settings *settings, const char *date,
    struct json_object *showing, struct json_object *screen, struct json_object *errors);

/** Gives a day's document, borrowed, or NULL when there is none. */
typedef struct json_object *(*showing_day)(void *context, const char *date);

/**
 * The showing that is on the same screen at the same moment as one on date, that day or on the days
 * beside it; *clash_date is where it stands. NULL: there is none.
 */
struct json_object *showing_clash(showing_day days, void *context, const char *date,
    struct json_object *showing, char clash_date[9]);

/** The place in a day's showings of the one with that movie and id, TIME-SCREEN; -1: not there. */
int showing_find(struct json_object *day, const char *movie, const char *id);

/** Writes the address of a showing on a date. */
void showing_uri(const char *date, struct json_object *showing, char uri[SHOWING_URI_SIZE]);

/**
 * Holds If-Match against the tag that GET gives the showing; false when 428, 412 or a store's
 * trouble is answered.
 */
bool showing_guarded(struct service *service, const struct request *request,
    struct response *response, const char *date, struct json_object *showing);

/** Appends a showing as answers show it: with its id, its instant, its hall and its address. */
enum store_result showing_write(
    struct store *store, struct buffer *body, const char *date, struct json_object *showing);

#endif
