/* What the bookings service has beside its store: service->own. */
#ifndef CINEMA_BOOKINGS_OWN_H
#define CINEMA_BOOKINGS_OWN_H

#include "bookings/map.h"
#include "bookings/sweep.h"

struct own {
	struct map_cache *maps;
	struct sweeper *sweeper;
};

#endif
