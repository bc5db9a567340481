/* Documents by the thousand, for the owner. What goes out is what a data file of the kind looks like,
 * piece by piece; what comes in looks the same, and is taken document by document by the checks of
 * service/import.h. Either way memory stays flat. */
#ifndef CINEMA_SERVICE_BULK_H
#define CINEMA_SERVICE_BULK_H

#include "service/service.h"

/**
 * GET …/export: all documents of a kind. Each is whole; one that is written meanwhile may be there or
 * not. Where the store fails in the middle the answer is cut off.
 */
enum outcome bulk_export(
    struct service *service, const struct request *request, struct response *response);

extern const struct field bulk_query[];

/**
 * POST …/import: 200 with how many documents were taken, replaced, unchanged (there already, just
 * so) and refused, and the faults of the first BULK_FAULTS_MAX that were refused. Each is taken
 * whole or not at all, with its entry in the trail. A document that is there and is another is
 * refused unless ?replace=true. 400 where the JSON ends; what stood before it was taken, and the
 * same counts tell.
 */
enum outcome bulk_import(
    struct service *service, const struct request *request, struct response *response);

#define BULK_FAULTS_MAX 100

/** So many imports may run at once; the next is told 503, that those who send slowly leave room. */
#define BULK_IMPORTS_MAX 4

/** The kind whose path is followed by last ("/export") in the path of the request's route. */
const struct service_kind *bulk_kind(
    const struct service *service, const struct request *request, const char *last);

/** A piece of an export is complete when it has so many bytes. */
#define BULK_PIECE 65536

/** Begins an export's answer: a file of that kind. */
enum outcome bulk_answer(struct response *response, const struct service_kind *data,
    const struct response_source *source);

#endif
