/* Who one is. In a cinema that is open nobody logs in, and registering takes no password. See
 * account.h. */
#include "account.h"

#include "login.h"
#include "secret.h"
#include "table.h"
#include "terminal.h"
#include "trouble.h"

#include <stdio.h>
#include <string.h>

/* Prints who is logged in. */
static enum exit_code tell(struct command *command)
{
	static const struct table_column columns[] = { { "USER", TABLE_WHOLE },
		{ "NAME", TABLE_TEXT }, { "ROLE", TABLE_WHOLE } };
	struct api *api = &command->api;
	struct api_self self;
	enum exit_code code = EXIT_DONE;
	enum api_result result = api_self(api, &self);
	if (result == API_OK && !self.user && !command->arguments->json)
		result = trouble_say(api, API_LOGIN,
		    self.asks
			? "Nobody is logged in at %s: log in with cinema login USER"
			: "Nobody is logged in at %s: it is open to everybody, and asks nobody to",
		    http_server(api->http));
	if (result != API_OK)
		code = verb_failed(command, result);
	else if (!command->arguments->json)
		code = verb_print(columns, 3, (const char *[]){ self.user, self.name, self.role });
	api_self_free(&self);
	return code;
}

/* Takes the password from the descriptor that is named, or asks for it, twice where it is new. */
static bool get_password(
    const struct arguments *arguments, const char *user, bool is_new, char password[SECRET_SIZE])
{
	char prompt[128], again[SECRET_SIZE], why[256];
	if (arguments->password_fd >= 0) {
		if (secret_read(arguments->password_fd, password, why, sizeof why))
			return true;
		terminal_complain("cinema: %s", why);
		return false;
	}
	snprintf(prompt, sizeof prompt, "Password for %s: ", user);
	bool good = secret_ask(prompt, password, why, sizeof why);
	if (good && is_new) {
		good = secret_ask("The same again: ", again, why, sizeof why);
		if (good && strcmp(password, again) != 0) {
			snprintf(why, sizeof why, "the two differ; nothing was done");
			good = false;
		}
		secret_wipe(again);
	}
	if (!good)
		terminal_complain("cinema: %s", why);
	return good;
}

/* Logs in and keeps it. */
static enum exit_code start(struct command *command, const char *user, const char *password)
{
	struct api *api = &command->api;
	char why[512];
	enum api_result result = login_start(api, user, password);
	if (result != API_OK)
		return verb_failed(command, result);
	if (session_write(&api->session, http_server(api->http), why, sizeof why))
		return tell(command);
	(void)login_end(api);
	terminal_complain("cinema: %s", why);
	return EXIT_LOCAL;
}

enum exit_code account_login(struct command *command)
{
	const char *user = command->arguments->operands[0];
	char password[SECRET_SIZE];
	if (!api_is_id(user))
		return verb_misused(command, user, "is no user's id");
	if (!get_password(command->arguments, user, false, password))
		return EXIT_USAGE;
	enum exit_code code = start(command, user, password);
	secret_wipe(password);
	return code;
}

/* Registers; where somebody is logged in already they stay it, as an owner will who enters others. */
static enum exit_code enter(struct command *command, const struct api_self *self, const char *user,
    const char *name, const char *password)
{
	static const struct table_column columns[] = { { "USER", TABLE_WHOLE },
		{ "NAME", TABLE_TEXT }, { "ROLE", TABLE_WHOLE } };
	struct api *api = &command->api;
	enum api_result result = login_register(api, user, name, password);
	/* An answer was lost, and the repeat met what the first attempt had made. */
	bool may_be_done = result == API_REFUSED && api->was_repeated && self->asks && !self->user;
	if (result != API_OK && !may_be_done)
		return verb_failed(command, result);
	if (self->asks && !self->user)
		return start(command, user, password);
	if (command->arguments->json)
		return EXIT_DONE;
	return verb_print(columns, 3, (const char *[]){ user, name, "user" });
}

enum exit_code account_register(struct command *command)
{
	const struct arguments *arguments = command->arguments;
	const char *user = arguments->operands[0];
	const char *name = arguments->count > 1 ? arguments->operands[1] : user;
	char password[SECRET_SIZE] = "";
	struct api_self self;
	enum exit_code code = EXIT_DONE;

	if (!api_is_id(user))
		return verb_misused(command, user, "is no id: A-Z, a-z, 0-9, _ and -, at most 64");
	enum api_result result = api_self(&command->api, &self);
	if (result != API_OK)
		code = verb_failed(command, result);
	else if ((self.asks || arguments->password_fd >= 0) &&
	    !get_password(arguments, user, true, password))
		code = EXIT_USAGE;
	else
		code = enter(command, &self, user, name, password[0] ? password : NULL);
	secret_wipe(password);
	api_self_free(&self);
	return code;
}

enum exit_code account_logout(struct command *command)
{
	struct api *api = &command->api;
	char why[512];
	if (!api->session.token[0]) {
		/* What is kept may be of no use. */
		(void)session_forget(http_server(api->http), why, sizeof why);
		trouble_say(api, API_LOGIN, "Nobody is logged in at %s.", http_server(api->http));
		return verb_failed(command, API_LOGIN);
	}
	if (!api->session.id[0])
		return verb_misused(command, "CINEMA_TOKEN", "says who is logged in: unset it");
	enum api_result result = login_end(api);
	return result == API_OK ? EXIT_DONE : verb_failed(command, result);
}

enum exit_code account_whoami(struct command *command)
{
	return tell(command);
}
