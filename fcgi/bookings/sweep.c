/* Sweeping. See sweep.h. Every key under due/ names one thing to look at from some instant on; what
 * is found there is deleted only at the version that was read, so the sweeper never undoes what
 * somebody does at the same moment. */
#include "bookings/sweep.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "bookings/booking.h"
#include "bookings/held.h"
#include "bookings/repeat.h"
#include "bookings/seat.h"
#include "service/answer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define AT_A_TIME 100
#define SEATS_MAX 1000

struct sweeper {
	struct service *service;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

struct due {
	keys_text keys[AT_A_TIME];
	size_t count;
	int64_t now;
};

/* Keys under due/ are in order of their instants. */
static bool collect(void *context, const struct store_record *record)
{
	struct due *due = context;
	if (strtoll(record->key + strlen("due/"), NULL, 10) > due->now)
		return false;
	memcpy(due->keys[due->count++], record->key, strlen(record->key) + 1);
	return true;
}

/* Adds to the batch that an expired hold's seats are nobody's and count no more. */
static enum store_result add_hold(
    struct batch *batch, struct store *store, const char *user, const char *id, int64_t now)
{
	struct json_object *booking = NULL;
	uint64_t version;
	int64_t others;
	keys_text key;
	keys_booking(key, user, id);
	enum store_result result = answer_read(store, key, &booking, &version);
	if (result == STORE_ABSENT)
		return STORE_OK;
	if (result != STORE_OK || booking_state(booking, now) != BOOKING_EXPIRED)
		goto out;
	batch_check(batch, key, version);
	char owner[SEAT_OWNER_SIZE];
	booking_owner(booking, owner);
	struct json_object *seats = json_object_object_get(booking, "seats");
	for (size_t i = 0; i < json_length(seats) && result == STORE_OK; i++) {
		struct seat seat;
		booking_seat_key(booking, json_text_at(seats, i), key);
		result = seat_read(store, key, &seat);
		if (result == STORE_OK && strcmp(seat.owner, owner) == 0)
			batch_delete(batch, key, seat.version);
	}
	if (result == STORE_OK)
		result = held_change(batch, store, user, id, 0, 0, now, &others);
out:
	json_object_put(booking);
	return result;
}

/* Does one thing that is due: due/{ms}/{kind}/{user}/{name}. */
static enum store_result tidy(
    struct store *store, struct arena *arena, const char *due, int64_t now)
{
	char kind[8], user[72], name[72];
	struct batch batch;
	enum store_result result = STORE_OK;
	batch_init(&batch, arena, SEATS_MAX + 4);
	batch_delete(&batch, due, BATCH_ANY);
	if (sscanf(due, "due/%*[0-9]/%7[a-z]/%71[^/]/%71[^/]", kind, user, name) == 3) {
		result = strcmp(kind, "hold") == 0 ? add_hold(&batch, store, user, name, now)
						   : repeat_forget(&batch, store, user, name, now);
	}
	if (result == STORE_OK)
		result = batch_commit(&batch, store, NULL, NULL);
	return result == STORE_CONFLICT ? STORE_OK : result; /* it changed: next time */
}

bool sweep_once(struct store *store, int64_t now)
{
	struct due *due = malloc(sizeof *due);
	enum store_result result = due ? STORE_OK : STORE_FAILED;
	char after[sizeof(keys_text)] = "";
	struct arena arena;

	arena_init(&arena);
	memory_take();
	while (result == STORE_OK) {
		due->count = 0;
		due->now = now;
		result = store_scan(store, "due/", after, AT_A_TIME, collect, due);
		for (size_t i = 0; i < due->count && result == STORE_OK; i++) {
			result = tidy(store, &arena, due->keys[i], now);
			arena_reset(&arena);
		}
		if (due->count < AT_A_TIME)
			break;
		memcpy(after, due->keys[due->count - 1], sizeof after);
	}
	arena_free(&arena);
	free(due);
	return result == STORE_OK;
}

static void *run(void *context)
{
	struct sweeper *sweeper = context;
	int64_t pause = settings_number(sweeper->service->settings, SETTING_SWEEP_MS);
	bool failing = false;
	pthread_mutex_lock(&sweeper->lock);
	while (!sweeper->stop) {
		pthread_mutex_unlock(&sweeper->lock);
		bool good = sweep_once(sweeper->service->store, clock_now());
		if (!good && !failing)
			log_write(LOG_WARNING, NULL, "sweeping failed; it goes on trying");
		failing = !good;
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += pause / 1000;
		until.tv_nsec += pause % 1000 * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_mutex_lock(&sweeper->lock);
		if (!sweeper->stop)
			pthread_cond_timedwait(&sweeper->wake, &sweeper->lock, &until);
	}
	pthread_mutex_unlock(&sweeper->lock);
	return NULL;
}

struct sweeper *sweep_start(struct service *service, char *why, size_t why_size)
{
	struct sweeper *sweeper = calloc(1, sizeof *sweeper);
	pthread_condattr_t steady;
	if (!sweeper) {
		snprintf(why, why_size, "no memory for the sweeper");
		return NULL;
	}
	sweeper->service = service;
	pthread_mutex_init(&sweeper->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&sweeper->wake, &steady);
	pthread_condattr_destroy(&steady);
	int error = pthread_create(&sweeper->thread, NULL, run, sweeper);
	if (error == 0)
		return sweeper;
	snprintf(why, why_size, "the sweeper's thread cannot start: %s", strerror(error));
	free(sweeper);
	return NULL;
}

void sweep_stop(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	pthread_mutex_lock(&sweeper->lock);
	sweeper->stop = true;
	pthread_cond_signal(&sweeper->wake);
	pthread_mutex_unlock(&sweeper->lock);
	pthread_join(sweeper->thread, NULL);
	pthread_cond_destroy(&sweeper->wake);
	pthread_mutex_destroy(&sweeper->lock);
	free(sweeper);
}
