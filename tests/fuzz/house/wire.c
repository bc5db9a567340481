/* The few functions of libcurl that the services and the client call on a handle. See wire.h. */
#include "wire.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

struct handle {
	char *url, *target; /* target: stands in place of the URL's path */
	const char *method, *body;
	curl_write_callback write;
	void *context;
	struct wire_answer answer;
	struct curl_header header;
};

CURL *__wrap_curl_easy_init(void);
void __wrap_curl_easy_cleanup(CURL *curl);
void __wrap_curl_easy_reset(CURL *curl);
CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...);
CURLcode __wrap_curl_easy_perform(CURL *curl);
CURLcode __wrap_curl_easy_getinfo(CURL *curl, CURLINFO info, ...);
CURLHcode __wrap_curl_easy_header(CURL *curl, const char *name, size_t index, unsigned origin,
    int request, struct curl_header **header);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

CURL *__wrap_curl_easy_init(void)
{
	return calloc(1, sizeof(struct handle));
}

void __wrap_curl_easy_cleanup(CURL *curl)
{
	struct handle *handle = curl;
	if (handle) {
		free(handle->url);
		free(handle->target);
	}
	free(handle);
}

void __wrap_curl_easy_reset(CURL *curl)
{
	struct handle *handle = curl;
	free(handle->url);
	free(handle->target);
	*handle = (struct handle){ 0 };
}

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	struct handle *handle = curl;
	va_list arguments;
	va_start(arguments, option);
	switch (option) {
	case CURLOPT_URL:
		free(handle->url);
		handle->url = strdup(va_arg(arguments, const char *));
		break;
	case CURLOPT_REQUEST_TARGET:
		free(handle->target);
		handle->target = strdup(va_arg(arguments, const char *));
		break;
	case CURLOPT_CUSTOMREQUEST: handle->method = va_arg(arguments, const char *); break;
	case CURLOPT_POSTFIELDS:
	case CURLOPT_COPYPOSTFIELDS: handle->body = va_arg(arguments, const char *); break;
	case CURLOPT_HTTPGET: handle->method = handle->body = NULL; break;
	case CURLOPT_WRITEFUNCTION: handle->write = va_arg(arguments, curl_write_callback); break;
	case CURLOPT_WRITEDATA: handle->context = va_arg(arguments, void *); break;
	default: break;
	}
	va_end(arguments);
	return CURLE_OK;
}

CURLcode __wrap_curl_easy_perform(CURL *curl)
{
	struct handle *handle = curl;
	struct wire_answer *answer = &handle->answer;
	const char *method = handle->method ? handle->method : handle->body ? "POST" : "GET";
	*answer = (struct wire_answer){ .code = CURLE_OK };
	wire_ask(method, handle->target ? handle->target : handle->url, handle->body, answer);
	/* In two pieces, as a network may bring it; the program may not write into them. */
	size_t first = answer->length / 2, piece[2] = { first, answer->length - first };
	const char *at = answer->body;
	for (int i = 0; i < 2; i++) {
		char *copy = piece[i] ? malloc(piece[i]) : NULL;
		if (!copy)
			continue;
		memcpy(copy, at, piece[i]);
		size_t taken = handle->write(copy, 1, piece[i], handle->context);
		free(copy);
		if (taken != piece[i])
			return CURLE_WRITE_ERROR;
		at += piece[i];
	}
	return answer->code;
}

CURLcode __wrap_curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	const struct handle *handle = curl;
	va_list arguments;
	va_start(arguments, info);
	if (info == CURLINFO_RESPONSE_CODE)
		*va_arg(arguments, long *) = handle->answer.status;
	else if (info == CURLINFO_RETRY_AFTER)
		*va_arg(arguments, curl_off_t *) = handle->answer.retry_after;
	va_end(arguments);
	return CURLE_OK;
}

CURLHcode __wrap_curl_easy_header(CURL *curl, const char *name, size_t index, unsigned origin,
    int request, struct curl_header **header)
{
	struct handle *handle = curl;
	(void)origin;
	(void)request;
	if (strcmp(name, "Link") != 0 || index > 0 || !handle->answer.link)
		return CURLHE_MISSING;
	handle->header = (struct curl_header){ .value = (char *)(size_t)handle->answer.link };
	*header = &handle->header;
	return CURLHE_OK;
}

/* Nobody waits here before a repeat. */
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)wanted;
	(void)left;
	return 0;
}
