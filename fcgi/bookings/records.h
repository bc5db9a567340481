/* The bookings that a new cinema starts with: data/bookings.json. */
#ifndef CINEMA_BOOKINGS_RECORDS_H
#define CINEMA_BOOKINGS_RECORDS_H

#include "service/service.h"

/**
 * Imports bookings.json: {user: {date: [booking]}}. A booking is the long form, an object as in
 * booking.h (its user and date may be left out), or the short form, a movie's id: a confirmed
 * booking without a showing and seats. A seat that two live bookings have is a fault.
 */
void records_import(struct import *import, struct json_object *data);

#endif
