/* Values for a field, as its line in a service's table says: such as are taken and such as are not. */
#ifndef CINEMA_TOOLS_VALUES_H
#define CINEMA_TOOLS_VALUES_H

#include "base/buffer.h"

#include <json-c/json.h>
#include <stdint.h>

/** From then on the same is drawn for the same seed. */
void values_seed(uint64_t seed);

/** A number from 0 to sides - 1. */
uint64_t values_draw(uint64_t sides);

#define PICK(list) (list)[values_draw(sizeof(list) / sizeof *(list))] /* one of an array */

/** A member of a field's line: "" and 0 when there is none. */
const char *values_text(struct json_object *object, const char *name);
double values_number(struct json_object *object, const char *name);

/** Whether the field is of that type, a word as fcgi/service/describe.c has it. */
bool values_is(struct json_object *field, const char *type);

/** Appends part so many times. */
void values_repeat(struct buffer *out, const char *part, double count);

/** Appends a value that the line takes, as JSON; another rule may still forbid it. */
void values_good(struct buffer *out, struct json_object *field);

/** Appends a value that the line forbids; false when there is none. */
bool values_wrong(struct buffer *out, struct json_object *field);

#endif
