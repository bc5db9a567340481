/* Tells nginx that the waiting lane is about to be full: while the file is there nginx refuses writes
 * itself, for a fraction of what it costs when the service does (conf/nginx.conf.in). */
#ifndef CINEMA_HTTP_BRIM_H
#define CINEMA_HTTP_BRIM_H

#include <stdbool.h>

/** Makes the file, or removes it; harmless when it is so already. Nothing is done on a NULL path. What
 * fails is logged, and the service then refuses for itself. */
void brim_tell(const char *path, bool full);

#endif
