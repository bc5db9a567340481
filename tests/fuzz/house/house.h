/* The four services in one process, for fuzzers: their own tables, handlers, imports and peers, over
 * stores of the engine `json` whose files are in memory. What they ask of each other is answered by
 * each other. Every answer is held against what holds for all answers, and one that is wrong, or
 * a 5xx, ends the process: for libFuzzer that is a find. FUZZ_SHOW=1 prints each with its request. */
#ifndef CINEMA_FUZZ_HOUSE_H
#define CINEMA_FUZZ_HOUSE_H

#include "http/exchange.h"

/** Opens the house with the documents of CINEMA_DATA (./data), once. */
void house_open(void);

struct house_request {
	const char *method, *uri;
	const char *const *params; /* more variables, "NAME=value", NULL at the end; may be NULL */
	const char *body;
	size_t length;
};

/**
 * Sends one request to the service that nginx would choose, and returns the status. *place, when
 * not NULL, is where a 201's document is, to be freed by the caller, else NULL.
 */
int house_ask(const struct house_request *request, char **place);

/** Puts back what requests have changed, after looking whether it holds together. */
void house_tidy(void);

/** All routes of the four services and of their health, in a fixed order; NULL after the last. */
const struct route *house_route(size_t index);

/**
 * Opens what imports a data file anew, on the data files in a folder, of which only that one may be
 * other than those of house_open; and so what was opened by the last call. False with why when they
 * are refused; then only house_reopen may be called.
 */
bool house_reopen(const char *folder, const char *file, char *why, size_t why_size);

/** A path that fits a route's pattern, with names that are there; in a buffer of its own. */
const char *house_path(const char *pattern);

/** Ends the process: this is a find. */
void house_fault(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
