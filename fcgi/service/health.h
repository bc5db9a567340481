/* Is this service well, is the whole system: two routes that every service has beside its own. */
#ifndef CINEMA_SERVICE_HEALTH_H
#define CINEMA_SERVICE_HEALTH_H

#include "http/route.h"

#define HEALTH_ROUTE_COUNT 2

/** GET /healthz (its own store answers) and GET /healthz/system (it asks all four). */
extern const struct route health_routes[HEALTH_ROUTE_COUNT];

#endif
