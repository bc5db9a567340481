/* Faults of the store's and the peers' calls. The linker puts these functions before the real ones
 * (--wrap in the Makefile), so what is tested is the very code that the services run. */
#define _GNU_SOURCE
#include "wrap.h"

#include "http/peer.h"
#include "store/store.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum store_result __real_store_get(struct store *, const char *, struct buffer *, uint64_t *);
enum store_result __real_store_scan(
    struct store *, const char *, const char *, size_t, store_visit, void *);
enum store_result __real_store_commit(
    struct store *, const struct store_op *, size_t, struct store_done *);
enum peer_result __real_peer_get(
    struct peers *, const struct request *, enum peer_age, const char *, struct json_object **);
enum peer_result __real_peer_put(
    struct peers *, const struct request *, const char *, const char *, struct json_object **);
enum peer_result __real_peer_share(
    struct peers *, const struct request *, enum peer_age, const char *, struct json_object **);
void __real_peer_release(struct peers *, struct json_object *);
enum peer_result __wrap_peer_put(
    struct peers *, const struct request *, const char *, const char *, struct json_object **);
enum peer_result __wrap_peer_share(
    struct peers *, const struct request *, enum peer_age, const char *, struct json_object **);
void __wrap_peer_release(struct peers *, struct json_object *);
enum store_result __wrap_store_get(struct store *, const char *, struct buffer *, uint64_t *);
enum store_result __wrap_store_scan(
    struct store *, const char *, const char *, size_t, store_visit, void *);
enum store_result __wrap_store_commit(
    struct store *, const struct store_op *, size_t, struct store_done *);
enum peer_result __wrap_peer_get(
    struct peers *, const struct request *, enum peer_age, const char *, struct json_object **);

static __typeof__(&fault_arm) arm;
static __typeof__(&fault_disarm) disarm;
static __typeof__(&fault_still) stand_still;
static __thread struct {
	enum fault kind;
	long nth, seen;
} armed;

bool wrap_start(void)
{
	*(void **)&arm = dlsym(RTLD_DEFAULT, "fault_arm");
	*(void **)&disarm = dlsym(RTLD_DEFAULT, "fault_disarm");
	*(void **)&stand_still = dlsym(RTLD_DEFAULT, "fault_still");
	return arm && disarm && stand_still;
}

void wrap_arm(enum fault kind, long nth)
{
	armed.seen = 0;
	armed.nth = nth;
	armed.kind = kind;
	arm(kind, nth);
}

long wrap_disarm(void)
{
	long seen = disarm();
	bool own = armed.kind >= FAULT_SHIM_COUNT;
	armed.kind = FAULT_NONE;
	return own ? armed.seen : seen;
}

void wrap_still(long instant)
{
	stand_still(instant);
}

static bool hits(enum fault kind)
{
	return armed.kind == kind && ++armed.seen == armed.nth;
}

enum store_result __wrap_store_get(
    struct store *store, const char *key, struct buffer *document, uint64_t *version)
{
	return hits(FAULT_STORE) ? STORE_FAILED : __real_store_get(store, key, document, version);
}

/* A scan that fails has shown something before. */
enum store_result __wrap_store_scan(struct store *store, const char *prefix, const char *after,
    size_t limit, store_visit visit, void *context)
{
	if (!hits(FAULT_STORE))
		return __real_store_scan(store, prefix, after, limit, visit, context);
	__real_store_scan(store, prefix, after, 1, visit, context);
	return STORE_FAILED;
}

enum store_result __wrap_store_commit(
    struct store *store, const struct store_op *ops, size_t count, struct store_done *done)
{
	if (hits(FAULT_STORE))
		return STORE_FAILED;
	if (hits(FAULT_NO_SPACE))
		return STORE_FULL;
	if (hits(FAULT_RACE)) {
		if (done)
			done->failed = 0;
		return STORE_CONFLICT;
	}
	return __real_store_commit(store, ops, count, done);
}

/* What a value may turn into. */
static struct json_object *other(int shape)
{
	static const char *const shapes[] = { "null", "-7", "\"?\"", "[\"?\"]", "{\"?\":\"?\"}" };
	return json_tokener_parse(shapes[shape]);
}

#define SHAPES 5

/* Whether this node, in one of its shapes, is the one that is replaced; then *shape is which. */
static bool replaces(int *shape)
{
	long first = armed.seen;
	armed.seen += SHAPES;
	if (armed.nth <= first || armed.nth > armed.seen)
		return false;
	*shape = (int)(armed.nth - first - 1);
	return true;
}

/* Replaces one of the values in an answer, which armed.nth names. */
static void spoil(struct json_object **value)
{
	int shape;
	if (replaces(&shape)) {
		json_object_put(*value);
		*value = other(shape);
		return;
	}
	if (json_object_is_type(*value, json_type_object)) {
		json_object_object_foreach(*value, name, member)
		{
			struct json_object *copy = json_object_get(member);
			spoil(&copy);
			if (copy != member)
				json_object_object_add(*value, name, copy);
			else
				json_object_put(copy);
		}
	} else if (json_object_is_type(*value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(*value); i++) {
			struct json_object *member = json_object_array_get_idx(*value, i);
			struct json_object *copy = json_object_get(member);
			spoil(&copy);
			if (copy != member)
				json_object_array_put_idx(*value, i, copy);
			else
				json_object_put(copy);
		}
	}
}

enum peer_result __wrap_peer_get(struct peers *peers, const struct request *request,
    enum peer_age age, const char *path, struct json_object **answer)
{
	if (hits(FAULT_PEER))
		return PEER_DOWN;
	enum peer_result result = __real_peer_get(peers, request, age, path, answer);
	if (armed.kind == FAULT_RUBBISH && result == PEER_OK && answer)
		spoil(answer);
	/* No document is null: json_read lets none through. */
	if (armed.kind == FAULT_RUBBISH && result == PEER_OK && answer && !*answer)
		*answer = json_object_new_array();
	return result;
}

enum peer_result __wrap_peer_put(struct peers *peers, const struct request *request,
    const char *path, const char *body, struct json_object **answer)
{
	if (hits(FAULT_PEER))
		return PEER_DOWN;
	enum peer_result result = __real_peer_put(peers, request, path, body, answer);
	if (armed.kind == FAULT_RUBBISH && result == PEER_OK && answer)
		spoil(answer);
	/* No document is null: json_read lets none through. */
	if (armed.kind == FAULT_RUBBISH && result == PEER_OK && answer && !*answer)
		*answer = json_object_new_array();
	return result;
}

/* What is shared must not be spoiled for others: a copy is. */
#define COPIES 16
static __thread struct json_object *copies[COPIES];

enum peer_result __wrap_peer_share(struct peers *peers, const struct request *request,
    enum peer_age age, const char *path, struct json_object **answer)
{
	struct json_object *copy = NULL;
	size_t i = 0;
	if (hits(FAULT_PEER))
		return PEER_DOWN;
	enum peer_result result = __real_peer_share(peers, request, age, path, answer);
	while (i < COPIES - 1 && copies[i])
		i++;
	if (armed.kind != FAULT_RUBBISH || result != PEER_OK || copies[i] ||
	    json_object_deep_copy(*answer, &copy, NULL) != 0)
		return result;
	__real_peer_release(peers, *answer);
	spoil(&copy);
	if (!copy)
		copy = json_object_new_array();
	*answer = copies[i] = copy;
	return result;
}

void __wrap_peer_release(struct peers *peers, struct json_object *answer)
{
	for (size_t i = 0; answer && i < COPIES; i++) {
		if (copies[i] != answer)
			continue;
		copies[i] = NULL;
		json_object_put(answer);
		return;
	}
	__real_peer_release(peers, answer);
}
