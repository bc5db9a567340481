/* Keys. See keys.h. Users, movies and screens have identifiers of at most 64 characters, so every
 * key fits. */
#include "bookings/keys.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY_SIZE sizeof(keys_text)

void keys_booking(keys_text key, const char *user, const char *id)
{
	snprintf(key, KEY_SIZE, "bookings/%s/%s", user, id);
}

void keys_held(keys_text key, const char *user)
{
	snprintf(key, KEY_SIZE, "held/%s", user);
}

void keys_code(keys_text key, const char *code)
{
	snprintf(key, KEY_SIZE, "codes/%s", code);
}

void keys_seat(keys_text key, const char *date, const char *movie, const char *time,
    const char *screen, const char *seat)
{
	snprintf(key, KEY_SIZE, "seats/%s/%s/%s-%s/%s", date, movie, time, screen, seat);
}

void keys_showing(keys_text key, const char *kind, const char *date, const char *movie,
    const char *time, const char *screen)
{
	snprintf(key, KEY_SIZE, "%s/%s/%s/%s-%s", kind, date, movie, time, screen);
}

void keys_answer(keys_text key, const char *user, const char *hash)
{
	snprintf(key, KEY_SIZE, "answers/%s/%s", user, hash);
}

void keys_due(keys_text key, int64_t at, const char *kind, const char *user, const char *name)
{
	snprintf(key, KEY_SIZE, "due/%013" PRId64 "/%s/%s/%s", at, kind, user, name);
}
