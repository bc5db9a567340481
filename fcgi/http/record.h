/* The records of an answer (FastCGI specification, sections 3.3, 5.3 and 5.5), all of them at once.
 *
 * libfcgi sends an answer in pieces of 8 KiB. When a service is killed between two of them the client
 * has the first one already, so that nginx cannot ask again. */
#ifndef CINEMA_HTTP_RECORD_H
#define CINEMA_HTTP_RECORD_H

#include "base/buffer.h"

/**
 * Sends head and body, which may be NULL, as the whole answer to a request of a connection, and its end.
 * One system call does it for what fits into the socket (some 200 KiB) and has at most a MiB. Waits as
 * long as the descriptor does; false when the connection broke, or time ran out: close it then.
 */
bool record_send(int fd, int request, const struct buffer *head, const struct buffer *body);

#endif
