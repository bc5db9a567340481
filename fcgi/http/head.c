/* What goes out. See head.h. */
#include "http/head.h"

#include "base/log.h"
#include "http/etag.h"

#include <string.h>

/* The words of HTTP/1.1's status line, which nginx passes on as they stand. */
static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 201: return "Created";
	case 202: return "Accepted";
	case 204: return "No Content";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 409: return "Conflict";
	case 412: return "Precondition Failed";
	case 413: return "Content Too Large";
	case 415: return "Unsupported Media Type";
	case 422: return "Unprocessable Content";
	case 428: return "Precondition Required";
	case 429: return "Too Many Requests";
	case 500: return "Internal Server Error";
	case 503: return "Service Unavailable";
	default: return "Unknown";
	}
}

/* A header whose value a handler made: it must not break the block. */
static void write_header(
    struct buffer *head, const struct request *request, const char *name, const char *value)
{
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c >= 0x20 && *c != 0x7f)
			continue;
		log_write(LOG_ERROR, request->id, "%s left out: control character", name);
		return;
	}
	buffer_join(head, name, ": ", value, "\r\n", NULL);
}

static void write_encoded(struct buffer *head, const char *text)
{
	for (const char *c = text; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9') || strchr("-._~,:", *c);
		if (plain)
			buffer_append(head, c, 1);
		else
			buffer_printf(head, "%%%02X", (unsigned)(unsigned char)*c);
	}
}

/* Link: </path?the same query, but after>; rel="next" */
static void write_next(struct buffer *head, const struct request *request, const char *next)
{
	buffer_text(head, "Link: <");
	buffer_append(head, request->target, strcspn(request->target, "?"));
	buffer_text(head, "?");
	for (size_t i = 0; i < request->query_count; i++) {
		if (strcmp(request->queries[i].name, "after") == 0)
			continue;
		buffer_printf(head, "%s=", request->queries[i].name);
		write_encoded(head, request->queries[i].value);
		buffer_text(head, "&");
	}
	buffer_text(head, "after=");
	write_encoded(head, next);
	buffer_text(head, ">; rel=\"next\"\r\n");
}

/* The tag of a document. */
static void make_tag(const struct response *response, char etag[ETAG_SIZE])
{
	if (response->version)
		etag_of_version(response->version, etag);
	else
		etag_of_body(response->body.data, response->body.length, etag);
}

/* Holds the conditions of a good GET against its tag: a client that has the document already gets
 * 304 for it, one that asked for another gets 412. */
static void check_conditions(struct response *response, const char *etag)
{
	const struct request *request = response->request;
	if (request->if_match && !etag_is_listed(request->if_match, etag))
		response_problem(response, PROBLEM_STALE,
		    "The document is at %s, not at what If-Match names.", etag);
	else if (request->if_none_match && etag_is_listed(request->if_none_match, etag))
		response->status = 304;
}

/* Whether there is anything wrong with what the handler left; then it is a 500 now. */
static void check_answer(struct response *response)
{
	if (response->status == 0) {
		log_write(LOG_ERROR, response->request->id, "the handler did not answer");
		response_problem(response, PROBLEM_INTERNAL, "The service gave no answer.");
	} else if (response->body.failed && !response->is_problem) {
		response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	}
	if (response->body.failed)
		buffer_clear(&response->body); /* a problem that cannot even be told */
}

bool head_write(struct response *response, const char *method, struct buffer *head)
{
	char etag[ETAG_SIZE] = "";
	bool is_head = strcmp(method, "HEAD") == 0, is_read = is_head || strcmp(method, "GET") == 0;
	check_answer(response);
	bool in_pieces = response->source.next != NULL && !response->is_problem;
	if (response->status == 200 && is_read && !in_pieces) {
		make_tag(response, etag);
		check_conditions(response, etag);
	} else if (!is_read && !response->is_problem && (response->version || response->as_read)) {
		make_tag(response, etag);
	}
	bool has_body = response->status != 204 && response->status != 304;

	buffer_text(head, "Status: ");
	buffer_number(head, (uint64_t)response->status);
	buffer_join(head, " ", reason(response->status), "\r\n", NULL);
	if (has_body)
		buffer_join(head, "Content-Type: application/",
		    response->is_problem ? "problem+" : "", "json\r\n", NULL);
	if (has_body && !in_pieces) {
		buffer_text(head, "Content-Length: ");
		buffer_number(head, response->body.length);
		buffer_text(head, "\r\n");
	}
	if (*etag && !response->is_problem)
		buffer_join(head, "ETag: ", etag, "\r\n", NULL);
	if (*etag && !response->is_problem && is_read)
		/* For nginx's micro-cache, where it has one; clients are told no-cache. */
		buffer_join(head, "Cache-Control: ",
		    response->request->for_anyone ? "max-age=1, stale-while-revalidate=1"
						  : "no-store",
		    "\r\n", NULL);
	if (response->location)
		write_header(head, response->request, "Location", response->location);
	if (response->allow)
		write_header(head, response->request, "Allow", response->allow);
	if (response->next)
		write_next(head, response->request, response->next);
	if (response->status == 401)
		buffer_text(head, "WWW-Authenticate: Bearer realm=\"cinema\"\r\n");
	for (size_t i = 0; i < response->header_count; i++)
		write_header(
		    head, response->request, response->headers[i].name, response->headers[i].value);
	if (response->retry_after)
		buffer_printf(head, "Retry-After: %d\r\n", response->retry_after);
	buffer_text(head, "\r\n");
	return has_body && !is_head;
}
