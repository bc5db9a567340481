/* Large documents, value by value. See members.h. This finds only where values begin and end; whether
 * one is JSON is for json_read to say, which each goes to. */
#include "base/members.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 1024

enum state {
	VALUE,        /* a value comes */
	FIRST,        /* the same, or the array ends at once */
	NAME_OR_END,  /* a name, or the object ends at once */
	NAME,         /* a name */
	IN_NAME,      /* inside one */
	COLON,        /* what stands after it */
	IN_VALUE,     /* inside a value that is collected */
	COMMA_OR_END, /* after a value */
	DONE,         /* after the document */
};

struct members {
	size_t depth;
	members_visit visit;
	void *context;
	enum state state;
	struct members_step steps[MEMBERS_DEPTH]; /* of the containers that are open */
	size_t level;                             /* how many are */
	struct buffer name, value;                /* collected so far */
	size_t nest, line, value_line;
	bool in_string, escaped;
	char why[320];
};

struct members *members_new(size_t depth, size_t largest, members_visit visit, void *context)
{
	struct members *members = malloc(sizeof *members);
	if (!members)
		return NULL;
	*members =
	    (struct members){ .depth = depth, .visit = visit, .context = context, .line = 1 };
	buffer_init(&members->name, NAME_MAX_BYTES);
	buffer_init(&members->value, largest);
	return members;
}

static void leave(struct members *members)
{
	struct members_step *step = &members->steps[--members->level];
	free(step->name);
	step->name = NULL;
}

void members_free(struct members *members)
{
	if (!members)
		return;
	while (members->level > 0)
		leave(members);
	buffer_free(&members->name);
	buffer_free(&members->value);
	free(members);
}

const char *members_why(const struct members *members)
{
	return members->why;
}

static bool fault(struct members *members, const char *why)
{
	snprintf(members->why, sizeof members->why, "line %zu: %s", members->line, why);
	return false;
}

static bool no_memory(struct members *members)
{
	memory_note();
	return fault(members, "memory ran out");
}

static bool is_object(const struct members *members)
{
	/* Where names come the step has one, if only an empty one. */
	return members->steps[members->level - 1].name != NULL;
}

/* Opens a container. */
static bool enter(struct members *members, char c)
{
	struct members_step *step = &members->steps[members->level];
	*step = (struct members_step){ .name = c == '{' ? strdup("") : NULL };
	if (c == '{' && !step->name)
		return no_memory(members);
	members->level++;
	members->state = c == '{' ? NAME_OR_END : FIRST;
	return true;
}

/* Shows the value that is collected. */
static bool show(struct members *members)
{
	const struct members_value value = {
		.steps = members->steps,
		.depth = members->level,
		.text = members->value.failed ? NULL : members->value.data,
		.length = members->value.length,
		.line = members->value_line,
	};
	members->state = COMMA_OR_END;
	bool good = members->visit(members->context, &value);
	buffer_clear(&members->value);
	return good;
}

static bool take_name(struct members *members)
{
	struct members_step *step = &members->steps[members->level - 1];
	char why[192];
	if (members->name.failed)
		return fault(members, "a name is too long");
	struct json_object *name =
	    json_read(members->name.data, members->name.length, why, sizeof why);
	if (!name)
		return fault(members, why);
	free(step->name);
	step->name = strdup(json_object_get_string(name));
	json_object_put(name);
	buffer_clear(&members->name);
	members->state = COLON;
	return step->name || no_memory(members);
}

static bool begin_name(struct members *members, char c)
{
	if (c != '"')
		return fault(members, "a name in quotes was expected");
	buffer_append(&members->name, &c, 1);
	members->state = IN_NAME;
	members->escaped = false;
	return true;
}

static bool in_name(struct members *members, char c)
{
	buffer_append(&members->name, &c, 1);
	if (members->escaped)
		members->escaped = false;
	else if (c == '\\')
		members->escaped = true;
	else if (c == '"')
		return take_name(members);
	return true;
}

static bool after_value(struct members *members, char c)
{
	struct members_step *step = &members->steps[members->level - 1];
	if (c == ',') {
		members->state = is_object(members) ? NAME : VALUE;
		step->index++;
		return true;
	}
	if (c != (is_object(members) ? '}' : ']'))
		return fault(members, "a comma was expected, or the end of what began before");
	leave(members);
	members->state = members->level > 0 ? COMMA_OR_END : DONE;
	return true;
}

/* Begins a value: a container to go into, or what is to be shown as a whole. */
static bool begin_value(struct members *members, char c)
{
	if (members->level == 0 && c != '{')
		return fault(members, "the document must be one object");
	if (members->level < members->depth && (c == '{' || c == '['))
		return enter(members, c);
	if (strchr(",:]}", c))
		return fault(members, "a value was expected");
	members->state = IN_VALUE;
	members->nest = 0;
	members->in_string = false;
	members->value_line = members->line;
	return true;
}

/* One byte between values; *again when it is the first of what state now says. */
static bool step(struct members *members, char c, bool *again)
{
	*again = false;
	switch (members->state) {
	case FIRST:
	case NAME_OR_END:
		if (c == (members->state == FIRST ? ']' : '}'))
			return after_value(members, c);
		if (members->state == NAME_OR_END)
			return begin_name(members, c);
		/* fallthrough */
	case VALUE:
		if (!begin_value(members, c))
			return false;
		*again = members->state == IN_VALUE;
		return true;
	case NAME: return begin_name(members, c);
	case COLON:
		members->state = VALUE;
		return c == ':' || fault(members, "a colon was expected");
	case COMMA_OR_END: return after_value(members, c);
	case DONE:
	default: return fault(members, "something stands after the document's end");
	}
}

/* Whether a value ends with this byte of it, *after: or before it. */
static bool ends(struct members *members, char c, bool *after)
{
	*after = false;
	if (members->in_string) {
		bool closes = c == '"' && !members->escaped;
		members->escaped = c == '\\' && !members->escaped;
		members->in_string = !closes;
		return closes && members->nest == 0;
	}
	if (members->nest == 0 && strchr(",]} \t\r\n", c)) {
		*after = true;
		return true;
	}
	if (c == '"') {
		members->in_string = true;
		members->escaped = false;
	} else if (c == '{' || c == '[') {
		members->nest++;
	} else if (c == '}' || c == ']') {
		return --members->nest == 0;
	}
	return false;
}

/* Collects what bytes have of a value; returns how many of them that is. */
static size_t collect(struct members *members, const char *bytes, size_t length, bool *whole)
{
	size_t i = 0;
	bool after = false;
	*whole = false;
	while (i < length && !*whole) {
		*whole = ends(members, bytes[i], &after);
		members->line += bytes[i] == '\n' && !after;
		i += !after;
	}
	buffer_append(&members->value, bytes, i);
	return i;
}

bool members_feed(struct members *members, const char *bytes, size_t length)
{
	bool good = true, again, whole;
	for (size_t i = 0; i < length && good;) {
		char c = bytes[i];
		if (members->state == IN_VALUE) {
			i += collect(members, bytes + i, length - i, &whole);
			good = !whole || show(members);
			continue;
		}
		again = false;
		if (c == '\0')
			good = fault(members, "a NUL byte");
		else if (members->state == IN_NAME)
			good = in_name(members, c);
		else if (!strchr(" \t\r\n", c))
			good = step(members, c, &again);
		members->line += c == '\n';
		i += !again;
	}
	return good;
}

bool members_end(struct members *members)
{
	return members->state == DONE || fault(members, "the document ends too early");
}
