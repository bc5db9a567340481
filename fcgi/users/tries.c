/* Failed log-ins. See tries.h. */
#include "users/tries.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/trail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX       "tries/"
#define FREE_TRIES   5
#define LONGEST_WAIT 60               /* seconds */
#define FORGET_MS    (15 * 60 * 1000) /* a failure this long ago no longer counts */

void tries_name(tries_key key, const char *user, bool known)
{
	char hash[HASH_SIZE];
	hash_bytes(user, strlen(user), hash);
	if (known)
		snprintf(key, sizeof(tries_key), PREFIX "%s", user);
	else
		snprintf(key, sizeof(tries_key), PREFIX "?%.3s", hash);
}

/* How many failures count now, and when the last one was. */
static enum store_result read_tries(
    struct store *store, const char *key, int64_t *count, int64_t *at, uint64_t *version)
{
	struct json_object *tries = NULL;
	*count = *at = 0;
	*version = BATCH_ABSENT;
	enum store_result result = answer_read(store, key, &tries, version);
	if (result == STORE_OK) {
		*at = json_integer(tries, "at", 0);
		*count = *at + FORGET_MS > clock_now() ? json_integer(tries, "count", 0) : 0;
	}
	json_object_put(tries);
	return result == STORE_ABSENT ? STORE_OK : result;
}

int tries_wait(struct store *store, const tries_key key)
{
	int64_t count, at;
	uint64_t version;
	if (read_tries(store, key, &count, &at, &version) != STORE_OK || count < FREE_TRIES)
		return 0;
	int64_t seconds =
	    count - FREE_TRIES < 6 ? INT64_C(1) << (count - FREE_TRIES) : LONGEST_WAIT;
	int64_t left = at + seconds * 1000 - clock_now();
	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

enum store_result tries_failed(
    struct store *store, const struct request *request, const tries_key key)
{
	enum store_result result = STORE_CONFLICT;
	for (int attempt = 0; attempt < 5 && result == STORE_CONFLICT; attempt++) {
		struct batch batch;
		char document[64];
		int64_t count, at;
		uint64_t version;
		result = read_tries(store, key, &count, &at, &version);
		if (result != STORE_OK)
			return result;
		snprintf(document, sizeof document, "{\"count\":%" PRId64 ",\"at\":%" PRId64 "}",
		    count + 1, clock_now());
		batch_init(&batch, request->arena, 1 + TRAIL_OPS);
		batch_put(&batch, key, version, document);
		if (count + 1 == FREE_TRIES && key[strlen(PREFIX)] != '?')
			trail_note(&batch, request, "log-ins-fail", NULL, "/users/%s",
			    key + strlen(PREFIX));
		result = batch_commit(&batch, store, NULL, NULL);
	}
	return result;
}
