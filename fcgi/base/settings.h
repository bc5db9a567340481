/* Settings: environment variables, each one line in the table below. conf/cinema.conf is what
 * settings_print writes, and `make lint` holds the two together. */
#ifndef CINEMA_BASE_SETTINGS_H
#define CINEMA_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* S(name, kind, default, smallest, largest, help) */
#define SETTINGS(S)                                                                                \
	S(LISTEN, ADDRESS, "127.0.0.1:8080", 1, 65535,                                             \
	    "Address and port on which nginx serves the cinema; a loopback one, unless "           \
	    "CINEMA_AUTH=required.")                                                               \
	S(STATE, PATH, "./var", 0, 0,                                                              \
	    "Folder of sockets, pids, logs, stores and the rendered nginx.conf.")                  \
	S(DATA, PATH, "./data", 0, 0, "Folder of the documents that a new store starts with.")     \
	S(STORE, STORE, "sqlite", 0, 0, "Engine of the stores: sqlite or json.")                   \
	S(USER, USER, "cinema", 0, 0,                                                              \
	    "User that the services and nginx's workers run as when root starts them.")            \
	S(CONFINE, SWITCH, "on", 0, 0,                                                             \
	    "Whether a service gives up the system calls and files it does not need: on or off.")  \
	S(AUTH, AUTH, "open", 0, 0,                                                                \
	    "Who may do what: open (no log-in, on this machine alone) or required.")               \
	S(TOKEN_HOURS, NUMBER, "336", 1, 8760, "Hours for which a log-in is good.")                \
	S(PASSWORD_KIB, NUMBER, "19456", 8, 1048576,                                               \
	    "Memory in KiB that hashing a password takes (Argon2id).")                             \
	S(PASSWORD_PASSES, NUMBER, "2", 1, 20, "Passes over that memory.")                         \
	S(PASSWORD_THREADS, NUMBER, "2", 1, 16, "Passwords that are hashed at the same time.")     \
	S(TLS_CERTIFICATE, PATH, "", 0, 0,                                                         \
	    "PEM file of the certificate and its chain: with it CINEMA_LISTEN speaks TLS.")        \
	S(TLS_KEY, PATH, "", 0, 0, "PEM file of the certificate's key.")                           \
	S(LISTEN_PLAIN, ADDRESS, "", 1, 65535,                                                     \
	    "With TLS, an address and port without it that sends everybody on to https.")          \
	S(CORS_ORIGINS, ORIGINS, "", 0, 0,                                                         \
	    "Other sites whose pages may ask, such as https://cinema.example; none when empty.")   \
	S(ADDRESS_READS, NUMBER, "6000", 0, SETTING_RATE_MAX,                                      \
	    "Where log-ins are required: reads a minute from one address (of IPv6, a /64); "       \
	    "0: no limit.")                                                                        \
	S(ADDRESS_WRITES, NUMBER, "1200", 0, SETTING_RATE_MAX,                                     \
	    "Writes a minute from one address.")                                                   \
	S(ADDRESS_LOGINS, NUMBER, "120", 0, SETTING_RATE_MAX,                                      \
	    "Log-ins and registrations a minute from one address.")                                \
	S(ADDRESS_CONNECTIONS, NUMBER, "200", 0, 65535,                                            \
	    "Requests that one address may have in hand at the same time.")                        \
	S(USER_READS, NUMBER, "1200", 0, SETTING_RATE_MAX, "Reads a minute with one token.")       \
	S(USER_WRITES, NUMBER, "300", 0, SETTING_RATE_MAX, "Writes a minute with one token.")      \
	S(USER_LOGINS, NUMBER, "30", 0, SETTING_RATE_MAX, "Log-ins a minute as one user.")         \
	S(BURST_SECONDS, NUMBER, "20", 1, 60,                                                      \
	    "As much as these limits allow in so many seconds may come at once.")                  \
	S(TZ, ZONE, "UTC", 0, 0, "The cinema's time zone, an IANA name such as Europe/Paris.")     \
	S(CURRENCY, CURRENCY, "EUR", 0, 0, "Currency of prices, an ISO 4217 code.")                \
	S(DEFAULT_TIME, TIME, "18:00", 0, 0,                                                       \
	    "Start of a showing that a data file gives no time: see README.md.")                   \
	S(MAX_SEATS, NUMBER, "10", 1, 1000, "Most seats of one booking.")                          \
	S(MAX_HELD, NUMBER, "10", 1, 1000, "Most seats that one user may hold unconfirmed.")       \
	S(HOLD_SECONDS, NUMBER, "600", 1, 86400, "Seconds for which a hold keeps its seats.")      \
	S(SWEEP_MS, NUMBER, "5000", 1, 3600000,                                                    \
	    "Milliseconds between two tidyings of what has expired.")                              \
	S(QUICK_THREADS, NUMBER, "1", 1, 64,                                                       \
	    "Threads a service that answer from its own store, and never wait; one keeps two "     \
	    "cores busy.")                                                                         \
	S(WAITING_THREADS, NUMBER, "64", 1, 512,                                                   \
	    "Threads a service that commit, or wait for another service.")                         \
	S(WAITING_QUEUE, NUMBER, "1024", 1, 65536,                                                 \
	    "Requests that may queue for those threads; as this fills up the answer is 503.")      \
	S(WAITING_MS, NUMBER, "2000", 10, 60000,                                                   \
	    "Milliseconds that one may queue; after that the answer is 503 too.")                  \
	S(BODY_LIMIT, NUMBER, "1048576", 1024, 67108864, "Largest request body, in bytes.")        \
	S(IMPORT_LIMIT, NUMBER, "1073741824", 1024, 1099511627776,                                 \
	    "Largest body of an import, in bytes; it is taken as it comes, document by document.") \
	S(PEER_TIMEOUT_MS, NUMBER, "2000", 10, 60000,                                              \
	    "Milliseconds that one service waits for another before it answers 503.")              \
	S(PEER_CACHE_MS, NUMBER, "2000", 0, 60000,                                                 \
	    "Milliseconds for which one service keeps what another told it.")                      \
	S(SLOW_MS, NUMBER, "1000", 1, 60000,                                                       \
	    "A request that takes longer, in milliseconds, is noted in the service's log.")

#define SETTING_RATE_MAX 10000000

enum setting {
#define S(name, ...) SETTING_##name,
	SETTINGS(S)
#undef S
	    SETTING_COUNT
};

#define SETTING_TEXT_SIZE 1024

struct settings {
	struct {
		char text[SETTING_TEXT_SIZE];
		int64_t number; /* of a NUMBER; else 0 */
	} values[SETTING_COUNT];
};

/**
 * Reads CINEMA_* from the environment, defaults where a variable is unset or empty, and holds them
 * against each other: who may do everything, or speaks TLS. False with a line in why that names the
 * variable and says what it takes.
 */
bool settings_read(struct settings *settings, char *why, size_t why_size);

/** The value of a setting; text lives as long as settings. */
const char *settings_text(const struct settings *settings, enum setting setting);
int64_t settings_number(const struct settings *settings, enum setting setting);

/** Puts another text in the place of a setting's; what does not fit is cut. */
void settings_replace(struct settings *settings, enum setting setting, const char *text);

/** Writes every setting with its help and default, in the form of conf/cinema.conf. */
void settings_print(FILE *out);

#endif
