/* Tokens. See token.h. A token is 32 random bytes; the store has its fingerprint alone, so that who
 * reads the store cannot log in with it. */
#include "users/token.h"

#include "base/clock.h"
#include "base/json.h"
#include "service/answer.h"
#include "service/trail.h"
#include "users/secret.h"
#include "users/tries.h"
#include "users/users.h"

#include <inttypes.h>
#include <string.h>

#define COOKIE_NAME "cinema_session"

const struct field token_fields[] = {
	{ "password", FIELD_TEXT, true, 1, 200, NULL },
	{ "label", FIELD_TEXT, false, 1, 100, NULL },
	{ "session", FIELD_BOOLEAN, false, 0, 0, NULL },
	{ 0 },
};

static void key_of_token(char key[STORE_KEY_MAX + 1], const char *mark)
{
	snprintf(key, STORE_KEY_MAX + 1, "tokens/%s", mark);
}

static void key_of_session(char key[STORE_KEY_MAX + 1], const char *user, const char *id)
{
	snprintf(key, STORE_KEY_MAX + 1, "sessions/%s/%s", user, id);
}

/* What is done with a user's sessions, one after the other. */
struct sessions {
	struct batch *batch;
	const char *user;
	int64_t before; /* those that were made earlier go, INT64_MAX: all */
	size_t count;
	char oldest[STORE_KEY_MAX + 1], oldest_mark[SECRET_MARK_SIZE];
	int64_t oldest_made;
};

static void drop(struct batch *batch, const char *key, const char *mark)
{
	char token[STORE_KEY_MAX + 1];
	key_of_token(token, mark);
	batch_delete(batch, key, BATCH_ANY);
	batch_delete(batch, token, BATCH_ANY);
}

static bool visit_session(void *context, const struct store_record *record)
{
	struct sessions *sessions = context;
	char why[128];
	int64_t made = 0, expires = 0;
	struct json_object *session = json_read(record->document, record->length, why, sizeof why);
	const char *mark = json_text(session, "mark"), *created = json_text(session, "created");
	const char *end = json_text(session, "expires");
	if (mark && created && end && clock_parse(created, &made) && clock_parse(end, &expires)) {
		if (expires <= sessions->before) {
			drop(sessions->batch, record->key, mark);
		} else {
			sessions->count++;
			if (!sessions->oldest[0] || made < sessions->oldest_made) {
				snprintf(
				    sessions->oldest, sizeof sessions->oldest, "%s", record->key);
				snprintf(sessions->oldest_mark, sizeof sessions->oldest_mark, "%s",
				    mark);
				sessions->oldest_made = made;
			}
		}
	}
	json_object_put(session);
	return true;
}

static enum store_result visit_sessions(struct store *store, struct sessions *sessions)
{
	char prefix[STORE_KEY_MAX + 1];
	key_of_session(prefix, sessions->user, "");
	return store_scan(store, prefix, "", 0, visit_session, sessions);
}

enum store_result token_forget(struct store *store, const char *user, struct batch *batch)
{
	struct sessions all = { .batch = batch, .user = user, .before = INT64_MAX };
	return visit_sessions(store, &all);
}

/* A token as it is made. */
struct login {
	struct service *service;
	const struct request *request;
	struct response *response;
	const char *user, *password;
	tries_key tries;
	char token[SECRET_TOKEN_SIZE], mark[SECRET_MARK_SIZE], id[17];
	char created[CLOCK_TEXT_SIZE], expires[CLOCK_TEXT_SIZE];
};

static enum outcome refuse_wait(struct response *response, int seconds)
{
	response_problem(response, PROBLEM_TOO_MANY,
	    "Too many log-ins have failed; try again in %d seconds.", seconds);
	response->retry_after = seconds;
	return OUTCOME_DONE;
}

static enum outcome refuse_wrong(struct login *login)
{
	response_problem(login->response, PROBLEM_LOGIN, "The user or the password is wrong.");
	enum store_result result =
	    tries_failed(login->service->store, login->request, login->tries);
	if (result != STORE_OK && result != STORE_CONFLICT)
		return answer_store_problem(login->response, result);
	return OUTCOME_DONE;
}

/* Fills in what is new. */
static void make_token(struct login *login)
{
	int64_t now = clock_now();
	int64_t hours = settings_number(login->service->settings, SETTING_TOKEN_HOURS);
	char other[SECRET_TOKEN_SIZE];
	secret_token(login->token);
	secret_mark(login->token, login->mark);
	secret_token(other);
	snprintf(login->id, sizeof login->id, "%.16s", other);
	clock_format(now, login->created);
	clock_format(now + hours * 3600000, login->expires);
}

static struct json_object *session_document(const struct login *login)
{
	const char *label = json_text(login->request->body, "label");
	struct json_object *session = json_object_new_object();
	json_add(session, "id", json_object_new_string(login->id));
	json_add(session, "label", json_object_new_string(label ? label : ""));
	json_add(session, "created", json_object_new_string(login->created));
	json_add(session, "expires", json_object_new_string(login->expires));
	json_add(session, "mark", json_object_new_string(login->mark));
	return session;
}

/* Stores the token, notes that the user was here, and tidies what has expired. */
static enum store_result store_token(
    struct login *login, struct json_object *user, uint64_t version)
{
	struct store *store = login->service->store;
	struct sessions sessions = { .user = login->user, .before = clock_now() };
	char key[STORE_KEY_MAX + 1], document[256], hash[SECRET_HASH_SIZE];
	int64_t expires = 0;
	struct batch batch;

	batch_init(&batch, login->request->arena, 2 * TOKENS_MAX + 8 + TRAIL_OPS);
	sessions.batch = &batch;
	enum store_result result = visit_sessions(store, &sessions);
	if (result != STORE_OK)
		return result;
	if (sessions.count >= TOKENS_MAX)
		drop(&batch, sessions.oldest, sessions.oldest_mark);
	if (secret_is_old(login->service->own, json_text(user, "password")) &&
	    secret_hash(login->service->own, login->password, hash) == SECRET_OK)
		json_add(user, "password", json_object_new_string(hash));
	json_add(user, "last_active", json_object_new_int64(clock_now() / 1000));
	users_key(key, login->user);
	batch_put_json(&batch, key, version, user);
	clock_parse(login->expires, &expires);
	snprintf(document, sizeof document,
	    "{\"user\":\"%s\",\"id\":\"%s\",\"expires\":%" PRId64 "}", login->user, login->id,
	    expires);
	key_of_token(key, login->mark);
	batch_put(&batch, key, BATCH_ABSENT, document);
	key_of_session(key, login->user, login->id);
	struct json_object *session = session_document(login);
	batch_put_json(&batch, key, BATCH_ABSENT, session);
	json_object_put(session);
	batch_delete(&batch, login->tries, BATCH_ANY);
	trail_note(
	    &batch, login->request, "log-in", NULL, "/users/%s/tokens/%s", login->user, login->id);
	return batch_commit(&batch, store, NULL, NULL);
}

/* The browser's cookie, which its scripts cannot read; "" takes it away. */
static void set_cookie(struct service *service, struct response *response, const char *token)
{
	const struct settings *settings = service->settings;
	bool tls = *settings_text(settings, SETTING_TLS_CERTIFICATE) != '\0';
	long long seconds =
	    *token ? (long long)settings_number(settings, SETTING_TOKEN_HOURS) * 3600 : 0;
	response_header(response, "Set-Cookie",
	    arena_printf(response->request->arena,
		COOKIE_NAME "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s", token,
		seconds, tls ? "; Secure" : ""));
}

/* 201: the token in the body, or for a browser in a cookie. */
static enum outcome answer_token(struct login *login, struct json_object *user)
{
	struct arena *arena = login->request->arena;
	struct json_object *answer = json_object_new_object();
	const char *role = json_text(user, "role");
	bool session =
	    json_object_get_boolean(json_object_object_get(login->request->body, "session"));
	const char *uri = arena_printf(arena, "/users/%s/tokens/%s", login->user, login->id);

	json_add(answer, "id", json_object_new_string(login->id));
	if (!session)
		json_add(answer, "token", json_object_new_string(login->token));
	json_add(answer, "user", json_object_new_string(login->user));
	json_add(answer, "role", json_object_new_string(role ? role : "user"));
	json_add(answer, "expires", json_object_new_string(login->expires));
	json_add(answer, "uri", json_object_new_string(uri ? uri : ""));
	enum outcome outcome = response_json(login->response, 201, answer);
	login->response->location = uri;
	if (session)
		set_cookie(login->service, login->response, login->token);
	return outcome;
}

/* One attempt; STORE_CONFLICT when the user's document was changed meanwhile. */
static enum store_result log_in(struct login *login, enum outcome *outcome)
{
	struct json_object *user = NULL;
	uint64_t version = 0;
	enum store_result result = users_read(login->service->store, login->user, &user, &version);
	if (result != STORE_OK && result != STORE_ABSENT) {
		*outcome = answer_store_problem(login->response, result);
		return result;
	}
	tries_name(login->tries, login->user, result == STORE_OK);
	int seconds = tries_wait(login->service->store, login->tries);
	enum secret_result checked = SECRET_WRONG;
	if (seconds == 0)
		checked =
		    secret_check(login->service->own, login->password, json_text(user, "password"));
	if (seconds > 0)
		*outcome = refuse_wait(login->response, seconds);
	else if (checked == SECRET_BUSY)
		*outcome = response_problem(login->response, PROBLEM_TOO_MANY,
		    "Too many log in at this moment; try again in a second.");
	else if (checked == SECRET_FAILED)
		*outcome = response_problem(login->response, PROBLEM_INTERNAL, "Memory ran out.");
	else if (checked == SECRET_WRONG)
		*outcome = refuse_wrong(login);
	else {
		*outcome = answer_token(login, user);
		result = store_token(login, user, version);
		if (result != STORE_OK)
			*outcome = answer_store_problem(login->response, result);
	}
	json_object_put(user);
	return result;
}

enum outcome token_create(
    struct service *service, const struct request *request, struct response *response)
{
	struct login login = {
		.service = service,
		.request = request,
		.response = response,
		.user = request_param(request, "user"),
		.password = json_text(request->body, "password"),
	};
	enum outcome outcome = OUTCOME_DONE;
	make_token(&login);
	for (int attempt = 0; attempt < 5; attempt++)
		if (log_in(&login, &outcome) != STORE_CONFLICT)
			break;
	return outcome;
}

static void write_session(void *context, struct buffer *body, const struct store_record *record)
{
	static const char *const members[] = { "id", "label", "created", "expires", NULL };
	char why[128];
	(void)context;
	struct json_object *session = json_read(record->document, record->length, why, sizeof why);
	answer_members(body, session, members);
	json_object_put(session);
}

enum outcome token_list(
    struct service *service, const struct request *request, struct response *response)
{
	char prefix[STORE_KEY_MAX + 1];
	key_of_session(prefix, request_param(request, "user"), "");
	return answer_page(service, request, response, prefix, write_session, NULL);
}

enum outcome token_revoke(
    struct service *service, const struct request *request, struct response *response)
{
	struct json_object *session = NULL;
	struct batch batch;
	char key[STORE_KEY_MAX + 1];
	key_of_session(key, request_param(request, "user"), request_param(request, "token"));
	enum store_result result = answer_read(service->store, key, &session, NULL);
	if (result == STORE_ABSENT)
		return response_absent(response);
	response_nothing(response);
	set_cookie(service, response, "");
	if (result == STORE_OK) {
		batch_init(&batch, request->arena, 2 + TRAIL_OPS);
		drop(&batch, key, json_text(session, "mark"));
		trail_note(&batch, request, "revoke", NULL, "/users/%s/tokens/%s",
		    request_param(request, "user"), request_param(request, "token"));
		result = batch_commit(&batch, service->store, NULL, NULL);
	}
	json_object_put(session);
	return result == STORE_OK ? OUTCOME_DONE : answer_store_problem(response, result);
}

enum outcome token_revoke_all(
    struct service *service, const struct request *request, struct response *response)
{
	const char *user = request_param(request, "user");
	struct batch batch;
	batch_init(&batch, request->arena, 2 * TOKENS_MAX + 2 + TRAIL_OPS);
	enum store_result result = token_forget(service->store, user, &batch);
	response_nothing(response);
	set_cookie(service, response, "");
	if (result == STORE_OK && batch.count > 0) {
		trail_note(&batch, request, "revoke", NULL, "/users/%s/tokens", user);
		result = batch_commit(&batch, service->store, NULL, NULL);
	}
	return result == STORE_OK ? OUTCOME_DONE : answer_store_problem(response, result);
}

/* Whose token it is: their document, for the caller to free, or NULL when it is good for nothing. */
static enum store_result find_user(
    struct service *service, const char *token, struct json_object **user)
{
	struct json_object *entry = NULL;
	char mark[SECRET_MARK_SIZE], key[STORE_KEY_MAX + 1];
	*user = NULL;
	secret_mark(token, mark);
	key_of_token(key, mark);
	enum store_result result = answer_read(service->store, key, &entry, NULL);
	if (result == STORE_OK && json_integer(entry, "expires", 0) > clock_now())
		result = users_read(service->store, json_text(entry, "user"), user, NULL);
	json_object_put(entry);
	return result == STORE_ABSENT ? STORE_OK : result;
}

enum outcome token_who(
    struct service *service, const struct request *request, struct response *response)
{
	const char *credential = request->credential ? request->credential : "";
	const char *token = strchr(credential, ' ');
	bool session = strncmp(credential, "Session ", 8) == 0;
	struct json_object *user = NULL;
	if (session || strncasecmp(credential, "Bearer ", 7) == 0) {
		enum store_result result = find_user(service, token + 1, &user);
		if (result != STORE_OK)
			return answer_store_problem(response, result);
	}
	/* A browser sends an old cookie along for ever; without it, it may still look around. */
	if (!user && !session)
		return response_problem(
		    response, PROBLEM_LOGIN, "The token is unknown, expired or revoked.");
	response_nothing(response);
	if (user) {
		const char *id = json_text(user, "id"), *role = json_text(user, "role");
		response_header(response, "X-User", arena_copy(request->arena, id, strlen(id)));
		response_header(
		    response, "X-Role", arena_printf(request->arena, "%s", role ? role : "user"));
	}
	json_object_put(user);
	return OUTCOME_DONE;
}

static void write_text_or_null(struct buffer *body, const char *text)
{
	if (text)
		json_write_string(body, text);
	else
		buffer_text(body, "null");
}

enum outcome token_self(
    struct service *service, const struct request *request, struct response *response)
{
	struct json_object *user = NULL;
	struct buffer *body = &response->body;
	enum store_result result =
	    request->user ? users_read(service->store, request->user, &user, NULL) : STORE_ABSENT;
	if (result != STORE_OK && result != STORE_ABSENT)
		return answer_store_problem(response, result);
	buffer_text(body, "{\"user\":");
	write_text_or_null(body, request->user);
	buffer_text(body, ",\"name\":");
	write_text_or_null(body, json_text(user, "name"));
	buffer_printf(body, ",\"role\":\"%s\",\"auth\":\"%s\"}", request_role_name(request->role),
	    settings_text(service->settings, SETTING_AUTH));
	json_object_put(user);
	return response_body(response, 200);
}
