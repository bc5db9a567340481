/* A whole cinema in one process, without nginx: the four services with their stores in a folder, and
 * what stands for nginx's internal listener between them. Requests are asked of their exchanges. */
#ifndef CINEMA_TESTS_WORLD_H
#define CINEMA_TESTS_WORLD_H

#include "base/buffer.h"
#include "service/service.h"

#define WORLD_SERVICES 4

/** The services, in the order in which they are imported; each has its path's first part. */
struct service *world_service(size_t index);

/** Which service a path is of. */
size_t world_owner(const char *path);

/** Makes the tables of routes, which all that follows needs. */
bool world_tables(void);

/** All routes of a service. */
const struct route *world_routes(size_t index, size_t *count);

/**
 * Reads the settings, listens for the services' questions, and opens every store in folder/store
 * (made anew when it is not there). False when it has said why not.
 */
bool world_open(const char *folder);

/** Opens one service's store again as it is now in its folder; its caches are empty. */
bool world_reopen(size_t index);
void world_close(size_t index);

/** Whether a question from service to service has changed something since it was last asked. */
bool world_touched(void);

struct world_answer {
	int status;
	struct buffer text; /* the header block and the body */
	size_t head;        /* bytes of text before the body */
	bool broken;        /* there was no memory to say anything */
};

/** Asks; more is a variable beside the usual ones, or NULL. The answer's text must have room. */
void world_ask(const char *method, const char *path, const char *body, const char *more,
    struct world_answer *answer);

/** All that a store has, a line a document, without versions. */
void world_dump(struct store *store, struct buffer *text);

#endif
