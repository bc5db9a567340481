/* What has gone wrong, as one line for the person in api->why. Each returns the result that the call
 * then has. */
#ifndef CINEMA_CLI_TROUBLE_H
#define CINEMA_CLI_TROUBLE_H

#include "api.h"

/** Says this. */
enum api_result trouble_say(struct api *api, enum api_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The server answers as no cinema does. */
enum api_result trouble_rubbish(struct api *api, const char *reason);

/** There was no answer; not HTTP_ANSWERED. */
enum api_result trouble_no_answer(struct api *api, enum http_result result);

/** The answer was no success; document is its body, or NULL when that is no JSON. */
enum api_result trouble_refused(struct api *api, int status, struct json_object *document);

#endif
