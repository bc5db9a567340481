/* Passwords, by way of libbsd's readpassphrase, which gives the terminal back its echo whatever
 * signal comes. See secret.h. */
#include "secret.h"

#include "text.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool secret_check(const char *password, char *why, size_t why_size)
{
	const char *fault = NULL;
	if (password[0] == '\0')
		fault = "no password was given";
	else if (strlen(password) >= SECRET_SIZE - 1)
		fault = "the password is too long";
	else if (!text_is_plain(password))
		fault = "the password is not plain text: letters, digits and signs make one";
	if (fault)
		snprintf(why, why_size, "%s", fault);
	return fault == NULL;
}

bool secret_ask(const char *prompt, char password[SECRET_SIZE], char *why, size_t why_size)
{
	if (readpassphrase(prompt, password, SECRET_SIZE, RPP_REQUIRE_TTY | RPP_ECHO_OFF))
		return secret_check(password, why, why_size);
	snprintf(why, why_size, "there is no terminal to ask for the password: use --password-fd");
	return false;
}

bool secret_read(int descriptor, char password[SECRET_SIZE], char *why, size_t why_size)
{
	size_t length = 0;
	ssize_t got = 0;
	/* A byte at a time, since what follows the line is somebody else's. */
	while (length < SECRET_SIZE - 1) {
		got = read(descriptor, password + length, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || password[length] == '\n')
			break;
		if (password[length] == '\0')
			password[length] = '\x01'; /* no plain text either */
		length++;
	}
	password[length] = '\0';
	if (got >= 0)
		return secret_check(password, why, why_size);
	snprintf(why, why_size, "cannot read the password from descriptor %d: %s", descriptor,
	    strerror(errno));
	return false;
}

void secret_wipe(char password[SECRET_SIZE])
{
	explicit_bzero(password, SECRET_SIZE);
}
