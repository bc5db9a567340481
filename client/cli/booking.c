/* Bookings. Every change of one goes out with a key, so that it can be repeated after a broken
 * connection. See booking.h. */
#include "booking.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* Joins an array of names with spaces; NULL when it is none, or memory ran out. */
static char *join(struct json_object *names)
{
	struct buffer line;
	if (!json_object_is_type(names, json_type_array))
		return NULL;
	buffer_init(&line, HTTP_ANSWER_MAX);
	buffer_text(&line, "");
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));
		buffer_printf(&line, "%s%s", i ? " " : "", name ? name : "");
	}
	if (line.failed)
		buffer_free(&line);
	return line.data;
}

/* Adds the names in text, parted by spaces, as an array. */
static bool add_seats(struct json_object *body, const char *text)
{
	struct json_object *names = json_object_new_array();
	bool good = names != NULL;
	while (good && *text) {
		size_t length = strcspn(text, " ");
		if (length > 0)
			good = json_append(names, json_object_new_string_len(text, (int)length));
		text += length + (text[length] == ' ');
	}
	if (!good) {
		json_object_put(names);
		return false;
	}
	return json_add(body, "seats", names);
}

static bool add_text(struct json_object *body, const char *name, const char *text)
{
	return !text || json_add(body, name, json_object_new_string(text));
}

static struct json_object *write_order(const struct booking_order *order)
{
	struct json_object *body = json_object_new_object();
	if (body && add_text(body, "user", order->user) && add_text(body, "date", order->date) &&
	    add_text(body, "movie", order->movie) && add_text(body, "time", order->time) &&
	    add_text(body, "screen", order->screen) &&
	    (!order->seats || add_seats(body, order->seats)) &&
	    (order->seats || order->count == 0 ||
		json_add(body, "count", json_object_new_int64((int64_t)order->count))) &&
	    (!order->hold || json_add(body, "hold", json_object_new_boolean(1))))
		return body;
	json_object_put(body);
	return NULL;
}

/* Reads a document, which stays the caller's. */
static enum api_result read_booking(
    struct api *api, struct json_object *document, struct booking *booking)
{
	booking->id = json_text(document, "id");
	booking->code = json_text(document, "code");
	booking->user = json_text(document, "user");
	booking->date = json_text(document, "date");
	booking->movie = json_text(document, "movie");
	booking->time = json_text(document, "time");
	booking->screen = json_text(document, "screen");
	booking->currency = json_text(document, "currency");
	booking->status = json_text(document, "status");
	booking->expires = json_text(document, "expires");
	booking->seats = join(json_object_object_get(document, "seats"));
	booking->total = json_integer(document, "total", 0);
	if (!json_object_is_type(document, json_type_object) || !booking->date || !booking->movie)
		return api_wrong_shape(api, "the booking");
	return API_OK;
}

/* Sends what makes or changes a booking. Takes body over. */
static enum api_result send(struct api *api, const char *method, const char *path,
    struct json_object *body, const char *key, struct booking *booking)
{
	*booking = (struct booking){ .id = NULL };
	enum api_result result = api_send(api, method, path, body, key, &booking->document);
	json_object_put(body);
	return result == API_OK ? read_booking(api, booking->document, booking) : result;
}

enum api_result booking_make(
    struct api *api, const struct booking_order *order, const char *key, struct booking *booking)
{
	struct json_object *body = write_order(order);
	if (body)
		return send(api, "POST", "/bookings", body, key, booking);
	*booking = (struct booking){ .id = NULL };
	return api_no_memory(api);
}

enum api_result booking_list(struct api *api, const char *user, struct booking_list *bookings)
{
	char path[API_PATH_SIZE];
	*bookings = (struct booking_list){ .list = NULL };
	api_path(path, "/bookings", (const char *[]){ user, NULL }, "?view=full");
	enum api_result result = api_list(api, path, &bookings->document);
	if (result != API_OK)
		return result;
	size_t count = (size_t)json_object_object_length(bookings->document);
	bookings->list = calloc(count + 1, sizeof *bookings->list);
	if (!bookings->list)
		return api_no_memory(api);
	json_object_object_foreach(bookings->document, id, document)
	{
		struct booking *booking = &bookings->list[bookings->count++];
		result = read_booking(api, document, booking);
		booking->id = id;
		if (result != API_OK)
			return result;
	}
	return API_OK;
}

/* A change may be repeated without harm, and the key says so to http_send. */
static enum api_result change(struct api *api, const char *method, const char *user, const char *id,
    struct json_object *body, struct booking *booking)
{
	char path[API_PATH_SIZE], key[HTTP_KEY_SIZE];
	api_path(path, "/bookings", (const char *[]){ user, id, NULL }, NULL);
	return send(api, method, path, body, http_make_key(key) ? key : NULL, booking);
}

enum api_result booking_change(struct api *api, const char *user, const char *id,
    const char *status, const char *seats, struct booking *booking)
{
	struct json_object *body = json_object_new_object();
	if (body && add_text(body, "status", status) && (!seats || add_seats(body, seats)))
		return change(api, "PATCH", user, id, body, booking);
	json_object_put(body);
	*booking = (struct booking){ .id = NULL };
	return api_no_memory(api);
}

enum api_result booking_cancel(
    struct api *api, const char *user, const char *id, struct booking *booking)
{
	return change(api, "DELETE", user, id, NULL, booking);
}

void booking_free(struct booking *booking)
{
	free(booking->seats);
	json_object_put(booking->document);
	*booking = (struct booking){ .id = NULL };
}

void booking_list_free(struct booking_list *bookings)
{
	for (size_t i = 0; i < bookings->count; i++)
		free(bookings->list[i].seats);
	free(bookings->list);
	json_object_put(bookings->document);
	*bookings = (struct booking_list){ .list = NULL };
}
