/* Faults that are made in this program and not in its shim: of the store's and the peers' calls. */
#ifndef CINEMA_TESTS_WRAP_H
#define CINEMA_TESTS_WRAP_H

#include "../shims/fault.h"

#include <stdbool.h>

/** Finds the shim; false when it is not preloaded. */
bool wrap_start(void);

/** As fault_arm, fault_disarm and fault_still, of all kinds. */
void wrap_arm(enum fault kind, long nth);
long wrap_disarm(void);
void wrap_still(long instant);

#endif
