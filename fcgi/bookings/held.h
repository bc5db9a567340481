/* What a user holds unconfirmed, in one document a user: two holds of one user that race meet on
 * its version, so the limit stands also then. */
#ifndef CINEMA_BOOKINGS_HELD_H
#define CINEMA_BOOKINGS_HELD_H

#include "service/batch.h"
#include "store/store.h"

/**
 * Adds to a batch that user holds `seats` seats by booking id until an instant; 0 seats: none any
 * more. *others is how many seats the user's other unexpired holds have. STORE_OK, or why it could
 * not be read.
 */
enum store_result held_change(struct batch *batch, struct store *store, const char *user,
    const char *id, int64_t seats, int64_t until, int64_t now, int64_t *others);

#endif
