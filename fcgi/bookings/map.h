/* The seat map of a showing. */
#ifndef CINEMA_BOOKINGS_MAP_H
#define CINEMA_BOOKINGS_MAP_H

#include "http/route.h"

#include <stdbool.h>
#include <stddef.h>

/** Maps drawn lately, kept to be sent again. NULL: no memory. */
struct map_cache *map_cache_new(void);
void map_cache_free(struct map_cache *cache);

/** The query of a map. */
extern const struct field map_query[];

/**
 * GET /showtimes/{date}/{movie}/{showing}/seats: counts, and rows from the front with each seat's
 * name, column (from 1, gaps counted), tier, price and state: free, held, sold or blocked. With
 * view=compact a row is one string: `f`, `h`, `s`, `x` for those states and `_` for a gap. With
 * best=N it names the seats that a booking of so many would get. The tag changes exactly when the map
 * does. Never says who sits where.
 */
enum outcome map_get(
    struct service *service, const struct request *request, struct response *response);

#endif
