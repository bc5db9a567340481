/* What fault.c can make fail, one call at a time and only in the thread that asked for it. */
#ifndef CINEMA_TESTS_FAULT_H
#define CINEMA_TESTS_FAULT_H

enum fault {
	FAULT_NONE,
	FAULT_MEMORY, /* malloc, calloc, realloc, and mmap of no file */
	FAULT_DISK,   /* open, read, write, sync, truncate, rename, unlink: EIO */
	FAULT_FULL,   /* the same: ENOSPC */
	FAULT_SHORT,  /* a write takes half of what it is given */
	FAULT_NET,    /* socket, connect, send, recv, poll */
	FAULT_CUT,    /* the other side is gone when something is received */
	FAULT_SHIM_COUNT,
	/* Those of tests/faults/wrap.c. */
	FAULT_STORE = FAULT_SHIM_COUNT, /* a call of the store fails */
	FAULT_NO_SPACE,                 /* a commit finds no space */
	FAULT_RACE,    /* a commit finds a conflict that is over when it tries again */
	FAULT_PEER,    /* a peer does not answer */
	FAULT_RUBBISH, /* a part of a peer's answer is something else */
	FAULT_COUNT,
};

/** From now on the nth call of a kind in this thread fails, counted from 1; 0: none does. */
void fault_arm(enum fault kind, long nth);

/** No more; returns how many calls of the kind there were. */
long fault_disarm(void);

/**
 * The clock stands at an instant in this thread, in seconds, and a day before it in all others, where
 * nothing is due then; chance begins anew in this thread. 0: the clock stands in the past here, too.
 */
void fault_still(long instant);

#endif
