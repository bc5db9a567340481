/* Values of JSON. See json.h; they are read in json_read.c and written in json_write.c. */
#include "base/json.h"

#include "base/memory.h"

const char *json_text(struct json_object *object, const char *name)
{
	struct json_object *member = json_object_object_get(object, name);
	return json_object_is_type(member, json_type_string) ? json_object_get_string(member)
							     : NULL;
}

int64_t json_integer(struct json_object *object, const char *name, int64_t fallback)
{
	struct json_object *member = json_object_object_get(object, name);
	return json_object_is_type(member, json_type_int) ? json_object_get_int64(member)
							  : fallback;
}

size_t json_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

void json_sort(struct json_object *array, int (*compare)(const void *, const void *))
{
	if (json_object_is_type(array, json_type_array))
		json_object_array_sort(array, compare);
}

size_t json_members(struct json_object *object)
{
	return json_object_is_type(object, json_type_object)
	    ? (size_t)json_object_object_length(object)
	    : 0;
}

const char *json_text_at(struct json_object *array, size_t index)
{
	struct json_object *element = json_at(array, index);
	return json_object_is_type(element, json_type_string) ? json_object_get_string(element)
							      : "";
}

struct json_object *json_at(struct json_object *array, size_t index)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_get_idx(array, index)
							   : NULL;
}

struct lh_entry *json_first(struct json_object *object)
{
	return json_object_is_type(object, json_type_object)
	    ? lh_table_head(json_object_get_object(object))
	    : NULL;
}

bool json_add(struct json_object *object, const char *name, struct json_object *value)
{
	if (value && json_object_is_type(object, json_type_object) &&
	    json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	memory_note();
	return false;
}

bool json_lend(struct json_object *object, const char *name, struct json_object *member)
{
	json_object_get(member);
	if (json_object_is_type(object, json_type_object) &&
	    json_object_object_add(object, name, member) == 0)
		return true;
	json_object_put(member);
	memory_note();
	return false;
}

bool json_append(struct json_object *array, struct json_object *value)
{
	if (value && json_object_is_type(array, json_type_array) &&
	    json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	memory_note();
	return false;
}

struct json_object *json_merge(struct json_object *document, struct json_object *patch)
{
	if (!json_object_is_type(patch, json_type_object))
		return json_object_get(patch);
	struct json_object *merged = json_object_new_object();
	/* What there was stays in its place. */
	if (json_object_is_type(document, json_type_object)) {
		json_foreach(document, name, value)
		{
			struct json_object *change;
			if (!json_object_object_get_ex(patch, name, &change))
				json_lend(merged, name, value);
			else if (change)
				json_add(merged, name, json_merge(value, change));
		}
	}
	json_foreach(patch, added, value)
	{
		if (value && !json_object_object_get_ex(merged, added, NULL))
			json_add(merged, added, json_merge(NULL, value));
	}
	return merged;
}
