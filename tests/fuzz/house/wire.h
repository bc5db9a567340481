/* libcurl without a network: what the program asks goes to a function of the fuzzer, which says what
 * comes back. Linked with --wrap, so the code under test is the whole of peer.c or http.c. */
#ifndef CINEMA_FUZZ_WIRE_H
#define CINEMA_FUZZ_WIRE_H

#include <curl/curl.h>
#include <stddef.h>

struct wire_answer {
	CURLcode code; /* CURLE_OK, or why there is no answer */
	long status;
	const char *link; /* value of the header Link, or NULL */
	curl_off_t retry_after;
	const char *body;
	size_t length;
};

/**
 * To be defined by the fuzzer. url is whole, or the path that is asked for; body may be NULL. Strings
 * live until the next call.
 */
void wire_ask(const char *method, const char *url, const char *body, struct wire_answer *answer);

#endif
