/* Questions to users and showtimes. See ask.h. */
#include "bookings/ask.h"

#include "base/json.h"
#include "service/answer.h"

#include <string.h>

bool ask_user(struct service *service, const struct request *request, struct response *response,
    const char *user, enum outcome *outcome)
{
	char path[128];
	snprintf(path, sizeof path, "/users/%s", user);
	enum peer_result asked = peer_get(service->peers, request, PEER_CACHED, path, NULL);
	if (asked == PEER_OK)
		return true;
	*outcome = asked == PEER_ABSENT
	    ? response_field(response, "user", "there is no user %s", user)
	    : answer_peer_problem(response, asked, "users");
	return false;
}

/* The date has no showing of the movie: says whether it has any at all. */
static enum outcome blame(struct service *service, const struct request *request,
    struct response *response, const char *date, const char *movie)
{
	char path[32];
	snprintf(path, sizeof path, "/showtimes/%s", date);
	enum peer_result asked = peer_get(service->peers, request, PEER_CACHED, path, NULL);
	if (asked == PEER_OK)
		return response_field(
		    response, "movie", "the movie %s is not shown on %s", movie, date);
	if (asked == PEER_ABSENT)
		return response_field(response, "date", "there are no showtimes on %s", date);
	return answer_peer_problem(response, asked, "showtimes");
}

bool ask_showings(struct service *service, const struct request *request, struct response *response,
    enum peer_age age, const char *date, const char *movie, struct json_object **showings,
    enum outcome *outcome)
{
	char path[128];
	snprintf(path, sizeof path, "/showtimes/%s/%s", date, movie);
	enum peer_result asked = peer_share(service->peers, request, age, path, showings);
	if (asked == PEER_OK)
		return true;
	*outcome = asked == PEER_ABSENT ? blame(service, request, response, date, movie)
					: answer_peer_problem(response, asked, "showtimes");
	return false;
}

bool ask_hall(struct service *service, const struct request *request, struct response *response,
    struct json_object *showing, struct hall **hall, enum outcome *outcome)
{
	char path[128];
	const char *id = json_text(showing, "screen");
	struct json_object *screen = NULL;
	snprintf(path, sizeof path, "/showtimes/screens/%s", id ? id : "");
	enum peer_result asked = peer_share(service->peers, request, PEER_CACHED, path, &screen);
	*hall = asked == PEER_OK ? hall_build(request->arena, showing, screen) : NULL;
	peer_release(service->peers, screen);
	if (*hall)
		return true;
	if (asked == PEER_ABSENT) {
		*outcome = response_problem(
		    response, PROBLEM_NOT_FOUND, "The screen %s is gone.", id ? id : "");
		return false;
	}
	/* A screen that does not fit its showing is showtimes' fault as well. */
	*outcome =
	    answer_peer_problem(response, asked == PEER_WAIT ? PEER_WAIT : PEER_DOWN, "showtimes");
	return false;
}
