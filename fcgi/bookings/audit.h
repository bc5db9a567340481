/* The audit: proof, on a store at rest, that seats and bookings agree. */
#ifndef CINEMA_BOOKINGS_AUDIT_H
#define CINEMA_BOOKINGS_AUDIT_H

#include "service/service.h"

/**
 * Reads every seat and every booking. Each seat that is sold or held must belong to one live
 * booking (confirmed, or held and not expired) that names it, and each live booking must own all
 * its seats. Prints what is wrong, a line each, and then one line of counts; 0 when all is well,
 * 1 when not, 2 when the store could not be read.
 */
int audit_run(struct service *service);

#endif
