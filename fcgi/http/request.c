/* What a handler asks of its request. See request.h; exchange.c fills it. */
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

static const char *find(const struct request_pair *pairs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(pairs[i].name, name) == 0)
			return pairs[i].value;
	return NULL;
}

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_ANYONE] = "anyone",
	[ROLE_USER] = "user",
	[ROLE_STAFF] = "staff",
	[ROLE_OWNER] = "owner",
	[ROLE_SERVICE] = "service",
};

const char *request_role_name(enum role role)
{
	return role_names[role];
}

bool request_role_read(const char *name, enum role *role)
{
	for (*role = ROLE_SERVICE; *role > ROLE_ANYONE; (*role)--)
		if (strcmp(name, role_names[*role]) == 0)
			return true;
	return strcmp(name, role_names[ROLE_ANYONE]) == 0;
}

ssize_t request_read(const struct request *request, char *bytes, size_t size)
{
	return request->read ? request->read(request->read_from, bytes, size) : 0;
}

const char *request_param(const struct request *request, const char *name)
{
	return find(request->params, request->param_count, name);
}

const char *request_query(const struct request *request, const char *name)
{
	return find(request->queries, request->query_count, name);
}

int64_t request_query_number(const struct request *request, const char *name, int64_t fallback)
{
	const char *text = request_query(request, name);
	return text ? strtoll(text, NULL, 10) : fallback;
}
