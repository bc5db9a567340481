/* The keys of the bookings store, and what stands under them:
 *
 *   bookings/{user}/{id}                        a booking; ids descend in time, so newest first
 *   seats/{date}/{movie}/{time}-{screen}/{seat} {"booking":"{user}/{id}"[,"until":ms]}: who owns a
 *                                               seat. It is put only where it was absent, or over
 *                                               an expired hold at the version that was read:
 *                                               that is the rule that a seat is sold once
 *   maps/{date}/{movie}/{time}-{screen}         {}: put with each change of a seat of that showing,
 *                                               so that its version tells whether a map is old
 *   closed/{date}/{movie}/{time}-{screen}       {"edition","at":ms}: sales are closed, see sales.h;
 *                                               every booking expects it as it was found
 *   codes/{code}                                {"booking"}: makes a booking's code unique
 *   held/{user}                                 {"holds":{id:{"seats":n,"until":ms}}}: what the user
 *                                               holds, for the limit
 *   answers/{user}/{hash of Idempotency-Key}    the first answer, to be given again
 *   due/{ms}/…                                  what the sweeper may tidy from that instant on
 */
#ifndef CINEMA_BOOKINGS_KEYS_H
#define CINEMA_BOOKINGS_KEYS_H

#include "store/store.h"

typedef char keys_text[STORE_KEY_MAX + 1];

void keys_booking(keys_text key, const char *user, const char *id);
void keys_held(keys_text key, const char *user);
void keys_code(keys_text key, const char *code);

/** With seat "" the prefix of all seats of the showing. */
void keys_seat(keys_text key, const char *date, const char *movie, const char *time,
    const char *screen, const char *seat);

/** kind is "maps" or "closed". */
void keys_showing(keys_text key, const char *kind, const char *date, const char *movie,
    const char *time, const char *screen);

/** hash as base/hash.h makes it. */
void keys_answer(keys_text key, const char *user, const char *hash);

/** kind is "hold" or "answer"; name a booking's id, or an answer's hash. */
void keys_due(keys_text key, int64_t at, const char *kind, const char *user, const char *name);

#endif
