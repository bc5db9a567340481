/* What goes out: a filled response as the status and header lines of CGI. Used by exchange.c alone. */
#ifndef CINEMA_HTTP_HEAD_H
#define CINEMA_HTTP_HEAD_H

#include "http/response.h"

/**
 * Appends the header block, with its empty line, to head. A conditional GET whose document the
 * client has becomes a 304, and an answer for which memory ran out a 500. True when response->body
 * follows; else head is all there is to send. method is as it came (HEAD has no body).
 */
bool head_write(struct response *response, const char *method, struct buffer *head);

#endif
