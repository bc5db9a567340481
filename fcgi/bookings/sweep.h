/* The sweeper: tidies what has expired. Nothing waits for it: an expired seat is free and an old
 * answer is forgotten whether or not it came by. */
#ifndef CINEMA_BOOKINGS_SWEEP_H
#define CINEMA_BOOKINGS_SWEEP_H

#include "service/service.h"

struct sweeper;

/** Starts a thread that sweeps every CINEMA_SWEEP_MS; NULL with a line in why. */
struct sweeper *sweep_start(struct service *service, char *why, size_t why_size);

/** Ends it; harmless on NULL. */
void sweep_stop(struct sweeper *sweeper);

/** Tidies everything that is due at an instant; false when the store failed. */
bool sweep_once(struct store *store, int64_t now);

#endif
