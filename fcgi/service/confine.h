/* What a service gives up once it has started: every system call that it does not use (seccomp), and
 * every file outside its own folder (Landlock). */
#ifndef CINEMA_SERVICE_CONFINE_H
#define CINEMA_SERVICE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Confines the process, for good: it can open files in folder alone, and neither execute a program,
 * become two processes, listen, speak anything but unix sockets, nor look into other processes. Who
 * tries is ended by SIGSYS, after a line in the log that has the call's number; so SIGSYS must not
 * be blocked. What is open already stays open.
 *
 * A kernel without Landlock is noted in the log, and guards files by their permissions alone. False
 * with a line in why when the system calls cannot be filtered. Call it once, before there are other
 * threads.
 */
bool confine_self(const char *folder, char *why, size_t why_size);

#endif
