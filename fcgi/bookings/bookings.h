/* Bookings: the routes. keys.h shows the store, booking.h a booking's document. */
#ifndef CINEMA_BOOKINGS_BOOKINGS_H
#define CINEMA_BOOKINGS_BOOKINGS_H

#include "service/service.h"

#define BOOKINGS_ROUTE_COUNT 8

extern const struct route bookings_routes[BOOKINGS_ROUTE_COUNT];

extern const struct service_definition bookings_service;

#endif
