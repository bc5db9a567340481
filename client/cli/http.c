/* The one file that knows libcurl. One handle keeps its connection between requests; every answer
 * is bounded in size and every request in time, repeats included, so that no server can make the
 * client hang or grow. See http.h. */
#include "http.h"

#include "base/clock.h"
#include "uri.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 3000
#define REPEATS            3
#define AWAY_REPEATS       60           /* where a server is being started again */
#define PAUSE_MS           INT64_C(500) /* before a repeat, where the server names no time; then more */

struct http {
	CURL *curl;
	char *server;
	bool is_local;       /* not to be asked through a proxy */
	bool was_there;      /* it has answered before, so it is likely to be back in a moment */
	char *token;         /* "Authorization: Bearer …", or NULL */
	const char *trusted; /* PEM file, or NULL */
	int timeout;
	int repeats;
	CURLcode code; /* of the last attempt */
	void (*trace)(const char *line);
};

/* Takes an address apart. True when it is http or https with a host and nothing behind the path. */
static bool read_address(struct http *http, char *why, size_t why_size)
{
	char *scheme = NULL, *host = NULL, *query = NULL, *fragment = NULL, *user = NULL;
	CURLU *url = curl_url();
	bool good = false;

	if (!url ||
	    curl_url_set(url, CURLUPART_URL, http->server, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		goto out;
	curl_url_get(url, CURLUPART_QUERY, &query, 0);
	curl_url_get(url, CURLUPART_FRAGMENT, &fragment, 0);
	curl_url_get(url, CURLUPART_USER, &user, 0);
	good = !query && !fragment && !user && host[0] != '\0' &&
	    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
	http->is_local = strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	    strcmp(host, "[::1]") == 0;
out:
	if (!good)
		snprintf(why, why_size,
		    "%s is no address of a cinema: it should look like http://127.0.0.1:8080",
		    http->server);
	curl_free(scheme);
	curl_free(host);
	curl_free(query);
	curl_free(fragment);
	curl_free(user);
	curl_url_cleanup(url);
	return good;
}

struct http *http_open(const char *server, int timeout, char *why, size_t why_size)
{
	size_t length = strlen(server);
	const char *scheme = strstr(server, "://") ? "" : "http://";
	struct http *http = calloc(1, sizeof *http);

	snprintf(why, why_size, "no memory, or libcurl does not start");
	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return NULL;
	}
	while (length > 0 && server[length - 1] == '/')
		length--;
	size_t size = strlen(scheme) + length + 1;
	http->timeout = timeout;
	http->trusted = getenv("CINEMA_CA");
	http->repeats = REPEATS;
	http->curl = curl_easy_init();
	http->server = malloc(size);
	if (!http->curl || !http->server)
		goto failed;
	snprintf(http->server, size, "%s%.*s", scheme, (int)length, server);
	if (!read_address(http, why, why_size))
		goto failed;
	return http;
failed:
	http_close(http);
	return NULL;
}

static void forget_token(struct http *http)
{
	if (http->token)
		explicit_bzero(http->token, strlen(http->token));
	free(http->token);
	http->token = NULL;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	forget_token(http);
	free(http->server);
	free(http);
}

bool http_token(struct http *http, const char *token)
{
	static const char name[] = "Authorization: Bearer ";
	forget_token(http);
	if (!token)
		return true;
	size_t size = sizeof name + strlen(token);
	http->token = malloc(size);
	if (http->token)
		snprintf(http->token, size, "%s%s", name, token);
	return http->token != NULL;
}

bool http_has_token(const struct http *http)
{
	return http->token != NULL;
}

const char *http_server(const struct http *http)
{
	return http->server;
}

int http_timeout(const struct http *http)
{
	return http->timeout;
}

void http_trace(struct http *http, void (*trace)(const char *line))
{
	http->trace = trace;
}

void http_once(struct http *http)
{
	http->repeats = 0;
}

const char *http_reason(const struct http *http)
{
	return curl_easy_strerror(http->code);
}

/* What libcurl's callbacks work on. */
struct exchange {
	CURL *curl;
	struct buffer *body;
	struct http_file *from, *to;
};

static void move_on(struct http_file *file, size_t bytes)
{
	file->done += (int64_t)bytes;
	if (file->progress)
		file->progress(file);
}

static size_t take_body(char *bytes, size_t one, size_t count, void *context)
{
	struct exchange *exchange = context;
	size_t length = one * count;
	long status = 0;
	curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	if (!exchange->to || status < 200 || status > 299) {
		buffer_append(exchange->body, bytes, length);
		return exchange->body->failed ? CURL_WRITEFUNC_ERROR : length;
	}
	exchange->to->failed = fwrite(bytes, 1, length, exchange->to->file) != length;
	move_on(exchange->to, length);
	return exchange->to->failed ? CURL_WRITEFUNC_ERROR : length;
}

static size_t give_body(char *bytes, size_t one, size_t count, void *context)
{
	struct exchange *exchange = context;
	size_t length = fread(bytes, 1, one * count, exchange->from->file);
	exchange->from->failed = ferror(exchange->from->file) != 0;
	move_on(exchange->from, length);
	return exchange->from->failed ? CURL_READFUNC_ABORT : length;
}

/* Back to the beginning; false where that cannot be. */
static bool restart(struct http_file *file, bool empty)
{
	if (!file || file->done == 0)
		return true;
	bool good = fflush(file->file) == 0 && fseeko(file->file, 0, SEEK_SET) == 0 &&
	    (!empty || ftruncate(fileno(file->file), 0) == 0);
	file->done = good ? 0 : file->done;
	return good;
}

static struct curl_slist *make_headers(const struct http *http, const struct http_request *request)
{
	char key[sizeof "Idempotency-Key: " + HTTP_KEY_MAX];
	struct curl_slist *headers = NULL, *longer;
	const char *lines[5] = { "Accept: application/json", "Expect:" };
	size_t count = 2;

	if (request->body || request->from)
		lines[count++] = "Content-Type: application/json";
	if (request->key) {
		snprintf(key, sizeof key, "Idempotency-Key: %s", request->key);
		lines[count++] = key;
	}
	if (http->token)
		lines[count++] = http->token;
	for (size_t i = 0; i < count; i++) {
		longer = curl_slist_append(headers, lines[i]);
		if (!longer) {
			curl_slist_free_all(headers);
			return NULL;
		}
		headers = longer;
	}
	return headers;
}

static void set_options(struct http *http, const struct http_request *request, const char *url,
    struct curl_slist *headers, int64_t timeout_ms, struct exchange *exchange)
{
	CURL *curl = http->curl;
	curl_easy_reset(curl); /* keeps the connection */
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "cinema");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	if (exchange->from || exchange->to) {
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)http->timeout);
	} else {
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	}
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
	if (http->trusted && *http->trusted)
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->trusted);
	if (http->is_local)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (request->from) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(
		    curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->from->total);
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(curl, CURLOPT_READDATA, exchange);
	} else if (request->body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	}
	if (strcmp(request->method, request->body || request->from ? "POST" : "GET") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static enum http_result judge(
    CURLcode code, const struct buffer *body, const struct http_request *request)
{
	if ((request->from && request->from->failed) || (request->to && request->to->failed))
		return HTTP_FILE;
	switch (code) {
	case CURLE_OK: return HTTP_ANSWERED;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY: return HTTP_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT: return HTTP_SLOW;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR: return HTTP_UNTRUSTED;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE: return HTTP_CUT;
	case CURLE_WRITE_ERROR: return body->failed ? HTTP_TOO_LARGE : HTTP_FAILED;
	default: return HTTP_FAILED;
	}
}

/* False without memory for it. */
static bool read_headers(CURL *curl, struct http_answer *answer)
{
	struct curl_header *link;
	curl_off_t seconds = 0;
	long status = 0;
	size_t length;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
	answer->status = (int)status;
	answer->retry_after = seconds < 0 || seconds > 86400 ? 86400 : (int)seconds;
	for (size_t i = 0; !answer->next; i++) {
		if (curl_easy_header(curl, "Link", i, CURLH_HEADER, -1, &link) != CURLHE_OK)
			return true;
		const char *next = uri_next(link->value, &length);
		if (!next)
			continue;
		answer->next = strndup(next, length);
		if (!answer->next)
			return false;
	}
	return true;
}

/* Tells the trace what was sent, or, with an answer, what came of it. */
static void tell_trace(struct http *http, const struct http_request *request,
    enum http_result result, const struct http_answer *answer, int64_t ms)
{
	struct buffer line;
	if (!http->trace)
		return;
	buffer_init(&line, 8192);
	if (!answer)
		buffer_printf(&line, "> %s %s%s%s%s", request->method, http->server, request->path,
		    request->key ? " Idempotency-Key: " : "", request->key ? request->key : "");
	else if (result == HTTP_ANSWERED)
		buffer_printf(&line, "< %d, %zu bytes, %lld ms", answer->status,
		    answer->body.length, (long long)ms);
	else
		buffer_printf(&line, "< nothing, %lld ms: %s", (long long)ms, http_reason(http));
	if (line.data)
		http->trace(line.data);
	buffer_free(&line);
}

static enum http_result send_once(struct http *http, const struct http_request *request,
    int64_t timeout_ms, struct http_answer *answer)
{
	struct exchange exchange = {
		.curl = http->curl, .body = &answer->body, .from = request->from, .to = request->to
	};
	enum http_result result = HTTP_FAILED;
	struct curl_slist *headers = make_headers(http, request);
	size_t size = strlen(http->server) + strlen(request->path) + 1;
	char *url = malloc(size);

	http_answer_free(answer);
	if (!headers || !url)
		goto out;
	snprintf(url, size, "%s%s", http->server, request->path);
	set_options(http, request, url, headers, timeout_ms, &exchange);
	int64_t start = clock_steady();
	tell_trace(http, request, result, NULL, 0);
	http->code = curl_easy_perform(http->curl);
	result = judge(http->code, &answer->body, request);
	if (result == HTTP_ANSWERED && !read_headers(http->curl, answer))
		result = HTTP_FAILED;
	if (result != HTTP_ANSWERED)
		http_answer_free(answer);
	tell_trace(http, request, result, answer, clock_steady() - start);
	curl_easy_reset(http->curl); /* forgets pointers into what is freed now */
out:
	curl_slist_free_all(headers);
	free(url);
	return result;
}

static bool turned_away(enum http_result result, const struct http_answer *answer)
{
	return result == HTTP_ANSWERED && (answer->status == 429 || answer->status == 503);
}

/* Whether the request may have been carried out though its answer is lost: the connection broke,
 * before nginx or behind it. */
static bool in_doubt(enum http_result result, const struct http_answer *answer)
{
	return result == HTTP_CUT || (result == HTTP_ANSWERED && answer->status == 502);
}

/* Milliseconds until a repeat, or -1 where there should be none. A server that is being started again
 * is waited for as long as there is time. */
static int64_t pause_before(const struct http *http, const struct http_request *request,
    enum http_result result, const struct http_answer *answer, int repeat)
{
	bool is_away = result == HTTP_UNREACHABLE && http->was_there;
	if (!request->key && strcmp(request->method, "GET") != 0)
		return -1;
	if (!turned_away(result, answer) && !in_doubt(result, answer) && !is_away)
		return -1;
	if (repeat >= (is_away && http->repeats > 0 ? AWAY_REPEATS : http->repeats))
		return -1;
	if (answer->retry_after > 0)
		return (int64_t)answer->retry_after * 1000;
	return PAUSE_MS << (repeat < 2 ? repeat : 2);
}

enum http_result http_send(
    struct http *http, const struct http_request *request, struct http_answer *answer)
{
	int64_t deadline = clock_steady() + (int64_t)http->timeout * 1000;
	bool streams = request->from || request->to, doubt = false;
	enum http_result result;

	*answer = (struct http_answer){ .status = 0 };
	buffer_init(&answer->body, HTTP_ANSWER_MAX);
	if (!restart(request->from, false) || !restart(request->to, true))
		return HTTP_FILE;
	for (int repeat = 0;; repeat++) {
		int64_t left = deadline - clock_steady();
		result = send_once(http, request, left > 0 ? left : 1, answer);
		http->was_there = http->was_there || result != HTTP_UNREACHABLE;
		int64_t pause = pause_before(http, request, result, answer, repeat);
		bool is_late = !streams && clock_steady() + pause >= deadline;
		if (pause < 0 || is_late || !restart(request->from, false) ||
		    !restart(request->to, true))
			break;
		doubt = doubt || in_doubt(result, answer);
		nanosleep(&(struct timespec){ pause / 1000, (long)(pause % 1000) * 1000000 }, NULL);
	}
	answer->was_repeated = doubt;
	/* What the last attempt met does not tell what became of an earlier one. */
	if (doubt && (result == HTTP_UNREACHABLE || turned_away(result, answer))) {
		http_answer_free(answer);
		result = HTTP_CUT;
	}
	return result;
}

void http_answer_free(struct http_answer *answer)
{
	buffer_free(&answer->body);
	free(answer->next);
	answer->next = NULL;
	answer->status = 0;
	answer->retry_after = 0;
}

bool http_make_key(char key[HTTP_KEY_SIZE])
{
	unsigned char bytes[(HTTP_KEY_SIZE - 1) / 2];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return false;
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(key + 2 * i, 3, "%02x", bytes[i]);
	return true;
}
