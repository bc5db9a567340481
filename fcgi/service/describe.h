/* What a service answers to, for programs to read: the tables of its routes and their fields. */
#ifndef CINEMA_SERVICE_DESCRIBE_H
#define CINEMA_SERVICE_DESCRIBE_H

#include "service/service.h"

#include <stdio.h>

/**
 * Prints [{"method","path","role","own","query","body"}], a line a route; query and body are null or lists of
 * {"name","type","required"[,"smallest","largest"][,"choices"]}. A {name} in a path takes an
 * identifier, {date} YYYYMMDD, {showing} TIME-SCREEN. False when it could not be written.
 */
bool describe_routes(const struct service_definition *definition, FILE *out);

#endif
