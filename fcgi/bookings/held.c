/* Held seats a user. See held.h. */
#include "bookings/held.h"

#include "base/json.h"
#include "bookings/keys.h"
#include "service/answer.h"

#include <string.h>

enum store_result held_change(struct batch *batch, struct store *store, const char *user,
    const char *id, int64_t seats, int64_t until, int64_t now, int64_t *others)
{
	keys_text key;
	uint64_t version = 0;
	struct json_object *old = NULL;
	keys_held(key, user);
	enum store_result result = answer_read(store, key, &old, &version);
	if (result != STORE_OK && result != STORE_ABSENT)
		return result;

	/* Expired holds, and the one that changes, are left behind. */
	struct json_object *held = json_object_new_object(), *holds = json_object_new_object();
	json_add(held, "holds", holds);
	*others = 0;
	if (old) {
		json_foreach(json_object_object_get(old, "holds"), other, hold)
		{
			if (json_integer(hold, "until", 0) <= now || strcmp(other, id) == 0)
				continue;
			*others += json_integer(hold, "seats", 0);
			json_add(holds, other, json_object_get(hold));
		}
	}
	if (seats > 0) {
		struct json_object *hold = json_object_new_object();
		json_add(hold, "seats", json_object_new_int64(seats));
		json_add(hold, "until", json_object_new_int64(until));
		json_add(holds, id, hold);
	}
	if (json_members(holds) > 0)
		batch_put_json(batch, key, version, held);
	else if (old)
		batch_delete(batch, key, version);
	json_object_put(old);
	json_object_put(held);
	return STORE_OK;
}
