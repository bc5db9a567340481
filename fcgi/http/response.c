/* What a handler answers with. See response.h. */
#include "http/response.h"

#include "base/json.h"

#include <string.h>

static void end_line(struct buffer *body)
{
	if (body->length == 0 || body->data[body->length - 1] != '\n')
		buffer_text(body, "\n");
}

enum outcome response_body(struct response *response, int status)
{
	end_line(&response->body);
	if (response->body.failed)
		return response_problem(
		    response, PROBLEM_INTERNAL, "The answer is too large, or memory ran out.");
	response->status = status;
	response->is_problem = false;
	return OUTCOME_DONE;
}

enum outcome response_json(struct response *response, int status, struct json_object *value)
{
	buffer_clear(&response->body);
	if (value)
		json_write(&response->body, value);
	else
		response->body.failed = true;
	json_object_put(value);
	return response_body(response, status);
}

enum outcome response_pieces(struct response *response, const struct response_source *source)
{
	buffer_clear(&response->body);
	response->source = *source;
	response->status = 200;
	response->is_problem = false;
	return OUTCOME_DONE;
}

enum outcome response_nothing(struct response *response)
{
	buffer_clear(&response->body);
	response->status = 204;
	response->is_problem = false;
	return OUTCOME_DONE;
}

__attribute__((format(printf, 4, 0))) static void answer_problem(struct response *response,
    enum problem problem, struct json_object *extra, const char *format, va_list arguments)
{
	struct buffer detail;
	buffer_init(&detail, RESPONSE_MAX);
	buffer_vprintf(&detail, format, arguments);
	buffer_clear(&response->body);
	problem_write(
	    &response->body, problem, detail.data ? detail.data : "", response->request->id, extra);
	buffer_free(&detail);
	json_object_put(extra);
	response->status = problem_status(problem);
	response->is_problem = true;
	response->retry_after = problem_retry_after(problem);
	response->version = 0;
	response->as_read = false;
	response->location = NULL;
	response->next = NULL;
	response->allow = NULL;
	response->header_count = 0;
}

enum outcome response_problem(
    struct response *response, enum problem problem, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	answer_problem(response, problem, NULL, format, arguments);
	va_end(arguments);
	return OUTCOME_DONE;
}

/* "{user} has no bookings." with the path's user in it. */
static const char *fill_in(const struct request *request, const char *text)
{
	const char *filled = "";
	while (*text && filled) {
		size_t plain = strcspn(text, "{");
		const char *value = "";
		filled = arena_printf(request->arena, "%s%.*s", filled, (int)plain, text);
		text += plain;
		if (*text) {
			size_t length = strcspn(text, "}");
			const char *name = arena_copy(request->arena, text + 1, length - 1);
			value = name ? request_param(request, name) : NULL;
			text += length + 1;
		}
		if (filled && value)
			filled = arena_printf(request->arena, "%s%s", filled, value);
	}
	return filled ? filled : "It is not there.";
}

enum outcome response_absent(struct response *response)
{
	const char *text = response->request->absent;
	return response_problem(response, PROBLEM_NOT_FOUND, "%s",
	    text ? fill_in(response->request, text) : "It is not there.");
}

void response_header(struct response *response, const char *name, const char *value)
{
	if (response->header_count < RESPONSE_HEADERS_MAX && value)
		response->headers[response->header_count++] = (struct request_pair){ name, value };
}

enum outcome response_problem_with(struct response *response, enum problem problem,
    struct json_object *extra, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	answer_problem(response, problem, extra, format, arguments);
	va_end(arguments);
	return OUTCOME_DONE;
}

/* {"errors":[…]} of one fault; NULL without memory. */
static struct json_object *list_one(const char *field, const char *detail)
{
	struct json_object *extra = json_object_new_object();
	struct json_object *errors = json_object_new_array();
	if (errors)
		field_fault(errors, field, "%s", detail);
	if (json_add(extra, "errors", errors))
		return extra;
	json_object_put(extra);
	return NULL;
}

enum outcome response_field(struct response *response, const char *field, const char *format, ...)
{
	struct buffer detail;
	va_list arguments;
	buffer_init(&detail, RESPONSE_MAX);
	va_start(arguments, format);
	buffer_vprintf(&detail, format, arguments);
	va_end(arguments);
	const char *text = detail.data ? detail.data : "is wrong";
	response_problem_with(
	    response, PROBLEM_WRONG_FIELD, list_one(field, text), "%s: %s", field, text);
	buffer_free(&detail);
	return OUTCOME_DONE;
}

enum outcome response_fields(
    struct response *response, enum problem problem, struct json_object *errors)
{
	if (!errors || json_length(errors) == 0) {
		json_object_put(errors);
		return response_problem(response, PROBLEM_INTERNAL, "Memory ran out.");
	}
	struct json_object *first = json_at(errors, 0);
	const char *field = json_text(first, "field"), *detail = json_text(first, "detail");
	struct buffer text;
	buffer_init(&text, RESPONSE_MAX);
	if (field && detail)
		buffer_printf(&text, "%s%s%s", field, *field ? ": " : "", detail);
	struct json_object *extra = json_object_new_object();
	json_add(extra, "errors", errors);
	response_problem_with(response, problem, extra, "%s", text.data ? text.data : "");
	buffer_free(&text);
	return OUTCOME_DONE;
}
