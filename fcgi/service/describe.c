/* Routes as JSON. See describe.h. The same tables that check requests are printed, so that what is
 * made from this (documentation, requests that try every limit) cannot be out of date. */
#include "service/describe.h"

#include "base/json.h"
#include "service/table.h"

#include <stdlib.h>

static const char *const method_names[] = {
	[METHOD_GET] = "GET",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
};

/* ranged: smallest and largest mean something. */
static const struct {
	const char *name;
	bool ranged;
} types[] = {
	[FIELD_TEXT] = { "text", true },
	[FIELD_ID] = { "id", false },
	[FIELD_IDS] = { "ids", true },
	[FIELD_DATE] = { "date", false },
	[FIELD_TIME] = { "time", false },
	[FIELD_INTEGER] = { "integer", true },
	[FIELD_NUMBER] = { "number", true },
	[FIELD_BOOLEAN] = { "boolean", false },
	[FIELD_CHOICE] = { "choice", false },
	[FIELD_ARRAY] = { "array", true },
	[FIELD_OBJECT] = { "object", true },
	[FIELD_ANY] = { "any", false },
};

static void print_fields(struct buffer *text, const struct field *fields)
{
	if (!fields) {
		buffer_text(text, "null");
		return;
	}
	buffer_text(text, "[");
	for (const struct field *field = fields; field->name; field++) {
		buffer_printf(text, "%s{\"name\":\"%s\",\"type\":\"%s\",\"required\":%s",
		    field == fields ? "" : ",", field->name, types[field->type].name,
		    field->required ? "true" : "false");
		if (types[field->type].ranged)
			buffer_printf(text, ",\"smallest\":%.15g,\"largest\":%.15g",
			    field->smallest, field->largest);
		if (field->type == FIELD_CHOICE) {
			buffer_text(text, ",\"choices\":");
			json_write_string(text, field->choices);
		}
		buffer_text(text, "}");
	}
	buffer_text(text, "]");
}

static void print_routes(struct buffer *text, const struct route *routes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_printf(text,
		    "%s{\"method\":\"%s\",\"path\":\"%s\",\"role\":\"%s\",\"own\":%s,\"query\":",
		    text->length ? ",\n" : "[", method_names[routes[i].method], routes[i].path,
		    request_role_name(ROLE_LEAST(routes[i].role)),
		    routes[i].role & ROLE_OWN ? "true" : "false");
		print_fields(text, routes[i].query);
		buffer_text(text, ",\"body\":");
		print_fields(text, routes[i].body);
		buffer_text(text, "}");
	}
}

bool describe_routes(const struct service_definition *definition, FILE *out)
{
	struct buffer text;
	size_t count = 0;
	struct route *routes = table_new(definition, &count);
	buffer_init(&text, 1024 * 1024);
	print_routes(&text, routes, count);
	buffer_text(&text, "]\n");
	bool good = routes && !text.failed &&
	    fwrite(text.data, 1, text.length, out) == text.length && fflush(out) == 0;
	buffer_free(&text);
	free(routes);
	return good;
}
