/* Log-ins. A token goes out with every request but those that get one: a wrong password must not be
 * taken for a token that has run out. See login.h. */
#include "login.h"

#include "base/json.h"
#include "find.h"
#include "secret.h"
#include "terminal.h"
#include "trouble.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Sends a body under a key of its own; takes the body over. */
static enum api_result post(
    struct api *api, const char *path, struct json_object *body, struct json_object **document)
{
	char key[HTTP_KEY_SIZE];
	enum api_result result =
	    api_send(api, "POST", path, body, http_make_key(key) ? key : NULL, document);
	json_object_put(body);
	return result;
}

static bool add(struct json_object *body, const char *name, const char *text)
{
	return !text || json_add(body, name, json_object_new_string(text));
}

enum api_result login_register(
    struct api *api, const char *user, const char *name, const char *password)
{
	struct json_object *body = json_object_new_object(), *document = NULL;
	if (!body || !add(body, "id", user) || !add(body, "name", name) ||
	    !add(body, "password", password)) {
		json_object_put(body);
		return api_no_memory(api);
	}
	enum api_result result = post(api, "/users", body, &document);
	json_object_put(document);
	return result;
}

static struct json_object *write_login(const char *password)
{
	struct json_object *body = json_object_new_object();
	char host[65] = "", label[sizeof "cinema on " + sizeof host];
	gethostname(host, sizeof host - 1);
	snprintf(label, sizeof label, "cinema on %s", host[0] ? host : "a machine");
	if (body && add(body, "password", password) && add(body, "label", label))
		return body;
	json_object_put(body);
	return NULL;
}

static bool read_login(struct json_object *document, const char *user, struct session *session)
{
	const char *id = json_text(document, "id"), *token = json_text(document, "token");
	if (!id || !token || !session_is_token(token) || strlen(id) >= sizeof session->id)
		return false;
	snprintf(session->user, sizeof session->user, "%s", user);
	snprintf(session->id, sizeof session->id, "%s", id);
	snprintf(session->token, sizeof session->token, "%s", token);
	return true;
}

/* Tells the server that the session's token is no longer needed. */
static enum api_result revoke_token(struct api *api)
{
	struct json_object *document = NULL;
	const struct session *session = &api->session;
	char path[API_PATH_SIZE], key[HTTP_KEY_SIZE];
	if (!session->id[0])
		return API_OK;
	api_path(
	    path, "/users", (const char *[]){ session->user, "tokens", session->id, NULL }, NULL);
	enum api_result result =
	    api_send(api, "DELETE", path, NULL, http_make_key(key) ? key : NULL, &document);
	json_object_put(document);
	/* What has run out, or is gone, needs no more. */
	return result == API_ABSENT || result == API_LOGIN ? API_OK : result;
}

enum api_result login_start(struct api *api, const char *user, const char *password)
{
	struct json_object *body = write_login(password), *document = NULL;
	struct buffer *answer = api->answer;
	struct session session = { .token = "" };
	char path[API_PATH_SIZE];

	if (!body)
		return api_no_memory(api);
	http_token(api->http, NULL);
	api->has_run_out = false;
	api->logs_in = true;
	api->answer = NULL; /* nobody is to see the token */
	api_path(path, "/users", (const char *[]){ user, "tokens", NULL }, NULL);
	enum api_result result = post(api, path, body, &document);
	if (result == API_OK && !read_login(document, user, &session))
		result = api_wrong_shape(api, "the log-in");
	if (api->session.token[0] && !http_token(api->http, api->session.token))
		result = api_no_memory(api);
	if (result == API_OK) {
		(void)revoke_token(api);
		api->has_run_out = false;
		api->session = session;
		if (!http_token(api->http, session.token))
			result = api_no_memory(api);
	}
	api->answer = answer;
	api->logs_in = false;
	json_object_put(document);
	return result;
}

enum api_result login_end(struct api *api)
{
	enum api_result result = revoke_token(api);
	char why[512];
	if (!session_forget(http_server(api->http), why, sizeof why) && result == API_OK)
		result = trouble_say(api, API_FAILED, "%s", why);
	api->session = (struct session){ .token = "" };
	http_token(api->http, NULL);
	return result;
}

/* Asks for a password, once. */
static enum api_result ask_password(struct api *api, const char *user)
{
	char prompt[128], password[SECRET_SIZE], why[512];
	snprintf(prompt, sizeof prompt, ">Please enter the password of %s : ", user);
	if (!terminal_ask_secret(prompt, password, why, sizeof why))
		return trouble_say(api, API_LOGIN, "Not logged in: %s.", why);
	enum api_result result = login_start(api, user, password);
	secret_wipe(password);
	if (result == API_OK &&
	    !session_write(&api->session, http_server(api->http), why, sizeof why))
		terminal_line("The next time you will be asked again: %s", why);
	return result;
}

enum api_result login_find(struct api *api, const char *text, char id[API_ID_SIZE])
{
	enum api_result result = find_user(api, text, id);
	if (result != API_LOGIN && result != API_FORBIDDEN)
		return result;
	if (!api_is_id(text) || strcmp(text, "-") == 0)
		return trouble_say(api, API_ABSENT,
		    "This cinema asks who you are: type your username, not your name.");
	result = ask_password(api, text);
	if (result == API_OK)
		snprintf(id, API_ID_SIZE, "%s", text);
	return result;
}
