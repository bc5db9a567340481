/* The settings' table, read and checked. See settings.h. */
#include "base/settings.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum kind { ADDRESS, PATH, STORE, AUTH, USER, SWITCH, ZONE, CURRENCY, TIME, ORIGINS, NUMBER };

static const struct spec {
	const char *name;
	enum kind kind;
	const char *standard;
	int64_t smallest, largest;
	const char *help;
} specs[] = {
#define S(name, kind, standard, smallest, largest, help)                                           \
	{ "CINEMA_" #name, kind, standard, smallest, largest, help },
	SETTINGS(S)
#undef S
};

/* Reads the whole of text as a decimal number in a range. */
static bool read_number(const char *text, int64_t smallest, int64_t largest, int64_t *number)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || strchr(" +\t", text[0]) ||
	    value < smallest || value > largest)
		return false;
	*number = value;
	return true;
}

/* ADDRESS:PORT, as nginx's listen takes it: an IPv4 address, a name, or [IPv6]. */
static bool is_address(const char *text, const struct spec *spec)
{
	const char *colon = strrchr(text, ':');
	int64_t port;
	if (!colon || colon == text ||
	    !read_number(colon + 1, spec->smallest, spec->largest, &port))
		return false;
	size_t host = (size_t)(colon - text);
	if (text[0] == '[')
		return text[host - 1] == ']' &&
		    strspn(text + 1, "0123456789abcdefABCDEF:.") == host - 2;
	return strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-*") ==
	    host;
}

/* Whether only this machine can reach an address: 127.0.0.0/8, [::1] and localhost. */
static bool is_loopback(const char *address)
{
	char host[SETTING_TEXT_SIZE];
	struct in_addr four;
	snprintf(host, sizeof host, "%.*s", (int)(strrchr(address, ':') - address), address);
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	    (inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

/* http:// or https://, a name or an address, and a port unless it is the usual one: as browsers
 * write it, in small letters. */
static bool is_origin(const char *text)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz.-";
	const char *host = strstr(text, "://");
	int64_t port;
	if (!host || (strncmp(text, "http:", 5) != 0 && strncmp(text, "https:", 6) != 0))
		return false;
	host += 3;
	const char *end = host + strspn(host, letters);
	if (*host == '[') {
		end = host + 1 + strspn(host + 1, "0123456789abcdef:.");
		if (*end++ != ']')
			return false;
	}
	if (end == host)
		return false;
	return *end == '\0' || (*end == ':' && read_number(end + 1, 1, 65535, &port));
}

static bool are_origins(const char *text)
{
	char origin[SETTING_TEXT_SIZE];
	size_t length;
	for (; *text; text += length + strspn(text + length, " ")) {
		length = strcspn(text, " ");
		snprintf(origin, sizeof origin, "%.*s", (int)length, text);
		if (!is_origin(origin))
			return false;
	}
	return true;
}

static bool is_zone(const char *text)
{
	char path[SETTING_TEXT_SIZE + 32];
	if (strstr(text, "..") || text[0] == '/')
		return false;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", text);
	return strcmp(text, "UTC") == 0 || access(path, R_OK) == 0;
}

static bool is_user(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789-.";
	return strlen(text) <= 32 && strspn(text, letters) == strlen(text) &&
	    strchr("0123456789-.", text[0]) == NULL;
}

/* Whether text suits the setting; *takes says what would. */
static bool check(
    const struct spec *spec, const char *text, int64_t *number, char *takes, size_t takes_size)
{
	switch (spec->kind) {
	case ADDRESS:
		snprintf(takes, takes_size, "an address and a port, such as %s",
		    *spec->standard ? spec->standard : "0.0.0.0:80");
		return is_address(text, spec);
	case PATH:
		snprintf(takes, takes_size, "a path without spaces, quotes, ; $ { } or \\");
		return strpbrk(text, " \t\n\"';${}\\#") == NULL;
	case STORE:
		snprintf(takes, takes_size, "sqlite or json");
		return strcmp(text, "sqlite") == 0 || strcmp(text, "json") == 0;
	case AUTH:
		snprintf(takes, takes_size, "open or required");
		return strcmp(text, "open") == 0 || strcmp(text, "required") == 0;
	case USER:
		snprintf(takes, takes_size, "the name of a user, such as %s", spec->standard);
		return is_user(text);
	case SWITCH:
		snprintf(takes, takes_size, "on or off");
		return strcmp(text, "on") == 0 || strcmp(text, "off") == 0;
	case ZONE:
		snprintf(takes, takes_size, "an IANA time zone, such as Europe/Paris");
		return is_zone(text);
	case CURRENCY:
		snprintf(takes, takes_size, "three capital letters, such as %s", spec->standard);
		return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
	case TIME:
		snprintf(takes, takes_size, "a time from 00:00 to 23:59");
		return clock_is_time(text);
	case ORIGINS:
		snprintf(takes, takes_size,
		    "origins with spaces between, such as https://cinema.example");
		return are_origins(text);
	case NUMBER:
		snprintf(takes, takes_size, "a whole number from %lld to %lld",
		    (long long)spec->smallest, (long long)spec->largest);
		return read_number(text, spec->smallest, spec->largest, number);
	}
	return false;
}

/* What one setting asks of another. */
static bool check_together(const struct settings *settings, char *why, size_t why_size)
{
	const char *listen = settings_text(settings, SETTING_LISTEN);
	bool certificate = *settings_text(settings, SETTING_TLS_CERTIFICATE) != '\0';
	bool key = *settings_text(settings, SETTING_TLS_KEY) != '\0';
	const char *given = certificate ? "CERTIFICATE" : "KEY";
	const char *missing = certificate ? "KEY" : "CERTIFICATE";

	if (strcmp(settings_text(settings, SETTING_AUTH), "open") == 0 && !is_loopback(listen)) {
		snprintf(why, why_size,
		    "CINEMA_AUTH=open is for this machine alone, and CINEMA_LISTEN is %.100s: set "
		    "CINEMA_AUTH=required, or a loopback address such as 127.0.0.1:8080",
		    listen);
		return false;
	}
	if (certificate != key) {
		snprintf(why, why_size, "CINEMA_TLS_%s is set, so set CINEMA_TLS_%s too", given,
		    missing);
		return false;
	}
	if (*settings_text(settings, SETTING_LISTEN_PLAIN) && !certificate) {
		snprintf(why, why_size,
		    "CINEMA_LISTEN_PLAIN only sends on to TLS: set CINEMA_TLS_CERTIFICATE and "
		    "CINEMA_TLS_KEY too, or leave it empty");
		return false;
	}
	return true;
}

bool settings_read(struct settings *settings, char *why, size_t why_size)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct spec *spec = &specs[i];
		const char *text = getenv(spec->name);
		char takes[128];
		if (!text || !*text)
			text = spec->standard;
		settings->values[i].number = 0;
		/* Empty is a good value where it is the default. */
		if (*text &&
		    (strlen(text) >= SETTING_TEXT_SIZE ||
			!check(spec, text, &settings->values[i].number, takes, sizeof takes))) {
			snprintf(why, why_size, "%s is \"%.100s\", but takes %s", spec->name, text,
			    takes);
			return false;
		}
		memcpy(settings->values[i].text, text, strlen(text) + 1);
	}
	return check_together(settings, why, why_size);
}

const char *settings_text(const struct settings *settings, enum setting setting)
{
	return settings->values[setting].text;
}

int64_t settings_number(const struct settings *settings, enum setting setting)
{
	return settings->values[setting].number;
}

void settings_replace(struct settings *settings, enum setting setting, const char *text)
{
	snprintf(settings->values[setting].text, SETTING_TEXT_SIZE, "%s", text);
}

void settings_print(FILE *out)
{
	fprintf(out,
	    "# Every setting of Cinema with its default. A variable of the environment overrides\n"
	    "# the line here; run.sh and systemd's EnvironmentFile read this file.\n");
	for (size_t i = 0; i < SETTING_COUNT; i++)
		fprintf(out, "\n# %s\n%s=%s\n", specs[i].help, specs[i].name, specs[i].standard);
}
