/* A service's whole table of routes: what every service answers to, and what it alone does. */
#ifndef CINEMA_SERVICE_TABLE_H
#define CINEMA_SERVICE_TABLE_H

#include "service/service.h"

/** The routes of a service, count of them, for the caller to free; NULL without memory. */
struct route *table_new(const struct service_definition *definition, size_t *count);

#endif
