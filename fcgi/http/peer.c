/* Questions to the other services, over libcurl. See peer.h.
 *
 * Handles keep their connection, so a question normally costs one round trip over nginx's unix
 * socket. The cache holds text, of which a caller parses its own tree, and the trees that are
 * shared: json-c counts references without atomics, so theirs are counted under the mutex. */
#include "http/peer.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define ANSWER_MAX  (8 * 1024 * 1024)
#define IDLE_MAX    64 /* handles kept, each with a connection */
#define SLOTS       4096
#define WAYS        4                 /* places that a path may have */
#define ENTRY_MAX   (256 * 1024)      /* a longer answer is not cached */
#define CACHE_MAX   (4 * 1024 * 1024) /* bytes of all cached answers */
#define TREE_COST   8                 /* bytes that a tree takes, a byte of its text */
#define HEADER_SIZE 96

struct entry {
	char *path; /* NULL: empty */
	char *text;
	size_t length;
	struct json_object *tree; /* the shared one, or NULL */
	int64_t expires;          /* by clock_steady; 0: empty */
};

struct peers {
	char socket[sizeof((struct sockaddr_un *)0)->sun_path];
	long timeout;       /* milliseconds */
	int64_t cache_time; /* milliseconds; 0: no cache */
	pthread_mutex_t mutex;
	CURL *idle[IDLE_MAX];
	size_t idle_count;
	struct entry slots[SLOTS]; /* a path's WAYS places stand where its hash says */
	size_t cached;             /* bytes in slots */
};

struct peers *peer_start(const struct settings *settings, char *why, size_t why_size)
{
	struct peers *peers = calloc(1, sizeof *peers);
	const char *state = settings_text(settings, SETTING_STATE);
	if (!peers || curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
		snprintf(why, why_size, "no memory for questions to other services");
		free(peers);
		return NULL;
	}
	pthread_mutex_init(&peers->mutex, NULL);
	peers->timeout = (long)settings_number(settings, SETTING_PEER_TIMEOUT_MS);
	peers->cache_time = settings_number(settings, SETTING_PEER_CACHE_MS);
	int length = snprintf(peers->socket, sizeof peers->socket, "%s/internal.sock", state);
	if (length > 0 && (size_t)length < sizeof peers->socket)
		return peers;
	snprintf(why, why_size,
	    "CINEMA_STATE is too long a path: %.300s/internal.sock has more than %zu bytes", state,
	    sizeof peers->socket - 1);
	peer_stop(peers);
	return NULL;
}

static size_t cost(const struct entry *entry)
{
	return entry->length * (entry->tree ? 1 + TREE_COST : 1);
}

static void free_entry(struct entry *entry)
{
	free(entry->path);
	free(entry->text);
	json_object_put(entry->tree);
	*entry = (struct entry){ 0 };
}

static void clear_entry(struct peers *peers, struct entry *entry)
{
	peers->cached -= cost(entry);
	free_entry(entry);
}

void peer_stop(struct peers *peers)
{
	if (!peers)
		return;
	for (size_t i = 0; i < peers->idle_count; i++)
		curl_easy_cleanup(peers->idle[i]);
	for (size_t i = 0; i < SLOTS; i++)
		clear_entry(peers, &peers->slots[i]);
	pthread_mutex_destroy(&peers->mutex);
	curl_global_cleanup();
	free(peers);
}

/* The first of a path's places. */
static struct entry *find_places(struct peers *peers, const char *path)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (const char *c = path; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	return &peers->slots[(hash ^ hash >> 32) % (SLOTS / WAYS) * WAYS];
}

/* The place for an answer: that of the path's last one, else one that is empty or soonest will be. */
static struct entry *choose_place(struct peers *peers, const char *path)
{
	struct entry *places = find_places(peers, path), *best = places;
	for (size_t i = 0; i < WAYS; i++) {
		if (places[i].path && strcmp(places[i].path, path) == 0)
			return &places[i];
		if (places[i].expires < best->expires)
			best = &places[i];
	}
	return best;
}

/* The entry that is good for path, or NULL; with the mutex held. */
static struct entry *find_good(struct peers *peers, const char *path)
{
	struct entry *places = find_places(peers, path);
	int64_t now = clock_steady();
	for (size_t i = 0; i < WAYS; i++)
		if (places[i].path && places[i].expires > now && strcmp(places[i].path, path) == 0)
			return &places[i];
	return NULL;
}

/* Gives the cached answer for path a tree to share, unless it has one. */
static void share_tree(struct peers *peers, const char *path, struct json_object *tree)
{
	pthread_mutex_lock(&peers->mutex);
	struct entry *entry = find_good(peers, path);
	if (entry && !entry->tree && peers->cached + TREE_COST * entry->length <= CACHE_MAX) {
		entry->tree = json_object_get(tree);
		peers->cached += TREE_COST * entry->length;
	}
	pthread_mutex_unlock(&peers->mutex);
}

/* Answers from the cache, if it can. */
static bool read_cache(
    struct peers *peers, const char *path, bool shared, struct json_object **answer)
{
	char why[256], *copy = NULL;
	size_t length = 0;
	pthread_mutex_lock(&peers->mutex);
	struct entry *entry = find_good(peers, path);
	bool found = entry && (!answer || (shared && entry->tree));
	if (found && answer) {
		*answer = json_object_get(entry->tree);
	} else if (entry && !found && (copy = malloc(entry->length + 1))) {
		memcpy(copy, entry->text, entry->length + 1);
		length = entry->length;
	}
	pthread_mutex_unlock(&peers->mutex);
	if (!copy)
		return found;
	*answer = json_read(copy, length, why, sizeof why);
	free(copy);
	if (*answer && shared)
		share_tree(peers, path, *answer);
	return *answer;
}

static void drop_expired(struct peers *peers, int64_t now)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (peers->slots[i].path && peers->slots[i].expires <= now)
			clear_entry(peers, &peers->slots[i]);
}

/* Keeps a copy of an answer where there is room for it; asked is when the question went out. */
static void keep(struct peers *peers, const char *path, const struct buffer *text, int64_t asked)
{
	if (peers->cache_time == 0 || text->length > ENTRY_MAX)
		return;
	struct entry fresh = {
		.path = strdup(path),
		.text = malloc(text->length + 1),
		.length = text->length,
		.expires = asked + peers->cache_time,
	};
	if (!fresh.path || !fresh.text) {
		free_entry(&fresh);
		return;
	}
	memcpy(fresh.text, text->data, text->length + 1);
	pthread_mutex_lock(&peers->mutex);
	struct entry *place = choose_place(peers, path);
	clear_entry(peers, place);
	if (peers->cached + cost(&fresh) > CACHE_MAX)
		drop_expired(peers, clock_steady());
	bool room = peers->cached + cost(&fresh) <= CACHE_MAX;
	if (room) {
		*place = fresh;
		peers->cached += cost(&fresh);
	}
	pthread_mutex_unlock(&peers->mutex);
	if (!room)
		free_entry(&fresh);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *buffer)
{
	struct buffer *answer = buffer;
	buffer_append(answer, bytes, size * count);
	return answer->failed ? 0 : size * count;
}

static CURL *make_handle(const struct peers *peers)
{
	CURL *handle = curl_easy_init();
	if (!handle ||
	    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, peers->socket) != CURLE_OK ||
	    curl_easy_setopt(handle, CURLOPT_URL, "http://internal/") != CURLE_OK ||
	    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http") != CURLE_OK ||
	    curl_easy_setopt(handle, CURLOPT_PROXY, "") != CURLE_OK) {
		curl_easy_cleanup(handle);
		return NULL;
	}
	curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, 1L);
	curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_bytes);
	return handle;
}

static CURL *take_handle(struct peers *peers)
{
	CURL *handle = NULL;
	pthread_mutex_lock(&peers->mutex);
	if (peers->idle_count > 0)
		handle = peers->idle[--peers->idle_count];
	pthread_mutex_unlock(&peers->mutex);
	return handle ? handle : make_handle(peers);
}

static void give_handle(struct peers *peers, CURL *handle)
{
	pthread_mutex_lock(&peers->mutex);
	if (handle && peers->idle_count < IDLE_MAX) {
		peers->idle[peers->idle_count++] = handle;
		handle = NULL;
	}
	pthread_mutex_unlock(&peers->mutex);
	curl_easy_cleanup(handle);
}

/* Whether a question failed as it does when it meets a kept connection that is being closed. */
static bool broke_off(CURLcode code, long status)
{
	return status == 0 &&
	    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING);
}

/* Asks, and once more when the connection broke off; both within one deadline. curl asks again by
 * itself only when it sees an orderly end, not a reset. */
static CURLcode perform(const struct peers *peers, CURL *handle, long *status)
{
	int64_t deadline = clock_steady() + peers->timeout;
	CURLcode code = CURLE_OPERATION_TIMEDOUT;
	for (int attempt = 0; attempt < 2; attempt++) {
		long left = (long)(deadline - clock_steady());
		if (left <= 0)
			return CURLE_OPERATION_TIMEDOUT;
		curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, left);
		code = curl_easy_perform(handle);
		curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
		if (!broke_off(code, *status))
			break;
	}
	return code;
}

/* A handle's next question is a GET, or a PUT of body. */
static bool set_method(CURL *handle, const char *body)
{
	return curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, body ? "PUT" : NULL) == CURLE_OK &&
	    (!body || curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body) == CURLE_OK);
}

/* Asks, with body by PUT; *status is the answer's. NULL when there was one, else why not. */
static const char *ask(const struct peers *peers, CURL *handle, const struct request *request,
    const char *path, const char *body, struct buffer *answer, long *status)
{
	char id[HEADER_SIZE];
	snprintf(id, sizeof id, "X-Request-Id: %s", request->id);
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	const char *fault = "no memory";
	/* As a part of the URL, libcurl could lose the query when memory runs out. */
	if (!handle || !headers || !curl_slist_append(headers, id) ||
	    (body && !curl_slist_append(headers, "Content-Type: application/json")) ||
	    !set_method(handle, body) ||
	    curl_easy_setopt(handle, CURLOPT_REQUEST_TARGET, path) != CURLE_OK)
		goto out;
	curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
	CURLcode code = perform(peers, handle, status);
	curl_easy_setopt(handle, CURLOPT_HTTPHEADER, NULL);
	fault = code == CURLE_OK ? NULL
	    : answer->failed     ? "the answer is too large"
				 : curl_easy_strerror(code);
out:
	curl_slist_free_all(headers);
	return fault;
}

/* What an answer means; on PEER_OK *json is its document. */
static enum peer_result judge(
    const struct buffer *answer, long status, struct json_object **json, char *why, size_t why_size)
{
	if (status == 404)
		return PEER_ABSENT;
	if (status != 200) {
		snprintf(why, why_size, "it answered %ld", status);
		return PEER_DOWN;
	}
	*json = json_read(answer->data ? answer->data : "", answer->length, why, why_size);
	return *json ? PEER_OK : PEER_DOWN;
}

/* Asks over a kept connection if there is one; the answer's bytes go to text. */
static enum peer_result question(struct peers *peers, const struct request *request,
    const char *path, const char *body, struct buffer *text, struct json_object **answer)
{
	char why[256] = "";
	long status = 0;
	CURL *handle = take_handle(peers);
	const char *fault = ask(peers, handle, request, path, body, text, &status);
	enum peer_result result = PEER_DOWN;
	if (fault)
		snprintf(why, sizeof why, "%s", fault);
	else
		result = judge(text, status, answer, why, sizeof why);
	if (result == PEER_DOWN)
		log_write(LOG_ERROR, request->id, "no good answer to %s %s: %s",
		    body ? "PUT" : "GET", path, why);
	give_handle(peers, handle);
	return result;
}

/* Asks the peer and keeps what it answers. */
static enum peer_result ask_peer(struct peers *peers, const struct request *request,
    const char *path, struct json_object **answer)
{
	struct buffer text;
	int64_t asked = clock_steady();
	buffer_init(&text, ANSWER_MAX);
	enum peer_result result = question(peers, request, path, NULL, &text, answer);
	if (result == PEER_OK)
		keep(peers, path, &text, asked);
	buffer_free(&text);
	return result;
}

enum peer_result peer_put(struct peers *peers, const struct request *request, const char *path,
    const char *body, struct json_object **answer)
{
	struct buffer text;
	if (!request->may_wait)
		return PEER_WAIT;
	buffer_init(&text, ANSWER_MAX);
	enum peer_result result = question(peers, request, path, body, &text, answer);
	buffer_free(&text);
	return result;
}

enum peer_result peer_get(struct peers *peers, const struct request *request, enum peer_age age,
    const char *path, struct json_object **answer)
{
	struct json_object *unwanted = NULL;
	if (age == PEER_CACHED && read_cache(peers, path, false, answer))
		return PEER_OK;
	if (!request->may_wait)
		return PEER_WAIT;
	enum peer_result result = ask_peer(peers, request, path, answer ? answer : &unwanted);
	json_object_put(unwanted);
	return result;
}

enum peer_result peer_share(struct peers *peers, const struct request *request, enum peer_age age,
    const char *path, struct json_object **answer)
{
	if (age == PEER_CACHED && read_cache(peers, path, true, answer))
		return PEER_OK;
	if (!request->may_wait)
		return PEER_WAIT;
	enum peer_result result = ask_peer(peers, request, path, answer);
	if (result == PEER_OK)
		share_tree(peers, path, *answer);
	return result;
}

void peer_release(struct peers *peers, struct json_object *answer)
{
	pthread_mutex_lock(&peers->mutex);
	json_object_put(answer);
	pthread_mutex_unlock(&peers->mutex);
}
