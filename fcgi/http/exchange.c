/* One request and its answer. See exchange.h. */
#include "http/exchange.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/head.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_MAX  (64 * 1024)
#define HEAD_USED 2048        /* had beforehand: after a commit it is too late to lack memory */
#define BODY_KEEP (64 * 1024) /* a larger buffer is not kept for the next request */

struct exchange *exchange_new(const struct server_config *config)
{
	struct exchange *exchange = malloc(sizeof *exchange);
	if (!exchange)
		return NULL;
	*exchange = (struct exchange){ .config = config };
	arena_init(&exchange->arena);
	buffer_init(&exchange->head, HEAD_MAX);
	buffer_init(&exchange->response.body, RESPONSE_MAX);
	if (buffer_reserve(&exchange->head, HEAD_USED))
		return exchange;
	exchange_free(exchange);
	return NULL;
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	exchange_reset(exchange);
	buffer_free(&exchange->response.body);
	buffer_free(&exchange->head);
	arena_free(&exchange->arena);
	free(exchange);
}

static void end_source(struct response *response)
{
	if (response->source.end)
		response->source.end(response->source.context);
	response->source = (struct response_source){ 0 };
}

/* An answer that nothing is known of yet, in the buffer of the one before. */
static void clear_response(struct exchange *exchange)
{
	end_source(&exchange->response);
	struct buffer body = exchange->response.body;
	buffer_clear(&body);
	exchange->response = (struct response){ .request = &exchange->request, .body = body };
}

void exchange_begin(struct exchange *exchange, char *const params[])
{
	exchange->started = clock_steady();
	exchange->request = (struct request){ .arena = &exchange->arena };
	clear_response(exchange);
	memory_take();
	intake_head(
	    &exchange->intake, exchange->config, params, &exchange->request, &exchange->response);
	exchange->starved = memory_take();
}

bool exchange_wants_body(const struct exchange *exchange)
{
	return exchange->response.status == 0 && exchange->intake.route->body;
}

void exchange_body(struct exchange *exchange, const char *text, size_t length)
{
	if (exchange->response.status == 0)
		intake_body(
		    &exchange->intake, text, length, &exchange->request, &exchange->response);
	exchange->starved |= memory_take();
}

/* Runs the handler; whatever it leaves, it is no answer when memory ran out on the way. */
static enum outcome run(struct exchange *exchange, const struct route *route)
{
	memory_take();
	enum outcome outcome =
	    route->handler(exchange->config->service, &exchange->request, &exchange->response);
	exchange->starved = memory_take();
	return exchange->starved ? OUTCOME_DONE : outcome;
}

bool exchange_run(struct exchange *exchange, bool may_wait)
{
	const struct route *route = exchange->intake.route;
	enum outcome outcome = OUTCOME_DONE;
	if (exchange->response.status == 0 && !exchange->starved) {
		if (route->lane != LANE_QUICK && !may_wait)
			return false;
		exchange->request.may_wait = may_wait;
		outcome = run(exchange, route);
	}
	if (exchange->starved)
		response_problem(&exchange->response, PROBLEM_INTERNAL, "Memory ran out.");
	if (outcome == OUTCOME_DONE)
		return true;
	clear_response(exchange);
	if (!may_wait)
		return false;
	log_write(LOG_ERROR, exchange->request.id, "the handler still wants to wait");
	response_problem(&exchange->response, PROBLEM_INTERNAL, "The service gave no answer.");
	return true;
}

void exchange_finish(struct exchange *exchange)
{
	buffer_clear(&exchange->head);
	exchange->body_follows =
	    head_write(&exchange->response, exchange->intake.method, &exchange->head);
	exchange->in_pieces = exchange->body_follows && exchange->response.source.next &&
	    !exchange->response.is_problem;
	int64_t took = clock_steady() - exchange->started;
	if (took > settings_number(exchange->config->settings, SETTING_SLOW_MS))
		log_write(LOG_WARNING, exchange->request.id, "slow: %lld ms for %s %s",
		    (long long)took, exchange->intake.method, exchange->request.target);
}

bool exchange_streams(const struct exchange *exchange)
{
	return exchange->response.status == 0 && !exchange->starved &&
	    exchange->intake.route->lane == LANE_STREAM;
}

bool exchange_next(struct exchange *exchange)
{
	struct response *response = &exchange->response;
	buffer_clear(&response->body);
	bool more = response->source.next(response->source.context, &response->body);
	response->body.failed |= memory_take();
	return more && !response->body.failed;
}

void exchange_reset(struct exchange *exchange)
{
	end_source(&exchange->response);
	json_object_put(exchange->request.body);
	exchange->request.body = NULL;
	if (exchange->response.body.capacity > BODY_KEEP)
		buffer_free(&exchange->response.body);
	arena_reset(&exchange->arena);
}
