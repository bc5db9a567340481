/* What the driver in main.c asks for: every route, with good and bad bodies. Routes that are not
 * here are asked with what their tables tell of them. $name is what a step before it was given as
 * its Location, $secret the token that came with it. */
#ifndef CINEMA_TESTS_FAULT_CASES_H
#define CINEMA_TESTS_FAULT_CASES_H

#include <stddef.h>

struct fault_case {
	const char *method, *path, *body; /* body NULL: none */
	const char *more;                 /* a variable: HTTP_IF_MATCH=*, say; or NULL */
	const char *name;                 /* of a step: what its Location is called */
	long before;                      /* of a step: seconds before now */
};

#define SHOW "\"date\":\"20180805\",\"movie\":\"96798c08-d19b-4986-a05d-7da856efb697\""
#define GOLD "/showtimes/20180805/96798c08-d19b-4986-a05d-7da856efb697"
#define ANY  "HTTP_IF_MATCH=*"

/* The cinema before each case. */
static const struct fault_case fault_steps[] = {
	{ "PATCH", "/users/nayana_patil", "{\"password\":\"of the box\"}", ANY, NULL, 0 },
	{ "POST", "/users/nayana_patil/tokens", "{\"password\":\"of the box\",\"label\":\"till\"}",
	    NULL, "token", 0 },
	{ "POST", "/bookings", "{\"user\":\"nayana_patil\"," SHOW ",\"seats\":[\"A1\",\"A2\"]}",
	    "HTTP_IDEMPOTENCY_KEY=one", "booked", 0 },
	{ "POST", "/bookings",
	    "{\"user\":\"nayana_patil\"," SHOW ",\"seats\":[\"B1\",\"B2\",\"B3\"],\"hold\":true}",
	    NULL, "held", 0 },
	{ "POST", "/bookings",
	    "{\"user\":\"yojane_mane\"," SHOW ",\"seats\":[\"C1\",\"C2\"],\"hold\":true}", NULL,
	    "expired", 1000 },
};

static const struct fault_case fault_cases[] = {
	{ "SWEEP", "/bookings", NULL, NULL, NULL, 0 },
	{ "GET", "/users", NULL, NULL, NULL, 0 },
	{ "GET", "/users?limit=2&after=nachiket_ghorpade", NULL, NULL, NULL, 0 },
	{ "GET", "/users?limit=x", NULL, NULL, NULL, 0 },
	{ "GET", "/users/nayana_patil", NULL, NULL, NULL, 0 },
	{ "GET", "/users/nobody", NULL, NULL, NULL, 0 },
	{ "GET", "/users/self", NULL, "REMOTE_USER=nayana_patil", NULL, 0 },
	{ "GET", "/nothing", NULL, NULL, NULL, 0 },
	{ "OPTIONS", "/users", NULL, NULL, NULL, 0 },
	{ "DELETE", "/users", NULL, NULL, NULL, 0 },
	{ "POST", "/users", "{\"id\":\"new\",\"name\":\"A new one\",\"password\":\"very secret\"}",
	    NULL, NULL, 0 },
	{ "POST", "/users", "{\"id\":\"nayana_patil\",\"name\":\"again\"}", NULL, NULL, 0 },
	{ "POST", "/users", "{\"id\":\"new\",\"name\":7,\"more\":[1,2,3]}", NULL, NULL, 0 },
	{ "POST", "/users", "{\"id\":\"new\",\"name\":\"not JSON", NULL, NULL, 0 },
	{ "PUT", "/users/nayana_patil", "{\"name\":\"Another name, a long one that takes room\"}",
	    ANY, NULL, 0 },
	{ "PUT", "/users/nayana_patil", "{\"name\":\"N\"}", NULL, NULL, 0 },
	{ "PATCH", "/users/nayana_patil", "{\"password\":\"another one\"}", ANY, NULL, 0 },
	{ "DELETE", "/users/nachiket_ghorpade", NULL, ANY, NULL, 0 },
	{ "DELETE", "/users/nayana_patil", NULL, ANY, NULL, 0 },
	{ "GET", "/users/nayana_patil/role", NULL, NULL, NULL, 0 },
	{ "PUT", "/users/nayana_patil/role", "{\"role\":\"staff\"}", NULL, NULL, 0 },
	{ "POST", "/users/nayana_patil/tokens",
	    "{\"password\":\"of the box\",\"label\":\"a till by the door\"}", NULL, NULL, 0 },
	{ "POST", "/users/nayana_patil/tokens", "{\"password\":\"of the box\",\"session\":true}",
	    NULL, NULL, 0 },
	{ "POST", "/users/nayana_patil/tokens", "{\"password\":\"wrong\"}", NULL, NULL, 0 },
	{ "GET", "/users/nayana_patil/tokens", NULL, NULL, NULL, 0 },
	{ "DELETE", "/users/nayana_patil/tokens", NULL, NULL, NULL, 0 },
	{ "DELETE", "$token", NULL, NULL, NULL, 0 },
	{ "GET", "/users/nayana_patil/bookings", NULL, NULL, NULL, 0 },
	{ "GET", "/users/souparnika_patil/bookings", NULL, NULL, NULL, 0 },
	{ "GET", "/users/nobody/bookings", NULL, NULL, NULL, 0 },
	{ "GET", "/users/nayana_patil/suggested", NULL, NULL, NULL, 0 },
	{ "GET", "/who", NULL, "HTTP_AUTHORIZATION=Bearer $secret", NULL, 0 },
	{ "GET", "/who", NULL, "HTTP_AUTHORIZATION=Bearer nobodys", NULL, 0 },
	{ "GET", "/movies", NULL, NULL, NULL, 0 },
	{ "GET", "/movies?top=3", NULL, NULL, NULL, 0 },
	{ "GET",
	    "/movies?ids=96798c08-d19b-4986-a05d-7da856efb697,none,7daf7208-be4d-4944-a3ae-c1c2f516f3e6",
	    NULL, NULL, NULL, 0 },
	{ "GET", "/movies/96798c08-d19b-4986-a05d-7da856efb697", NULL, NULL, NULL, 0 },
	{ "GET", "/movies/none", NULL, NULL, NULL, 0 },
	{ "GET", "/showtimes", NULL, NULL, NULL, 0 },
	{ "GET", "/showtimes?limit=1", NULL, NULL, NULL, 0 },
	{ "GET", "/showtimes/20180805", NULL, NULL, NULL, 0 },
	{ "GET", "/showtimes/20180132", NULL, NULL, NULL, 0 },
	{ "GET", GOLD, NULL, NULL, NULL, 0 },
	{ "GET", GOLD "/18:00-1", NULL, NULL, NULL, 0 },
	{ "GET", "/showtimes/screens", NULL, NULL, NULL, 0 },
	{ "GET", "/showtimes/screens/1", NULL, NULL, NULL, 0 },
	{ "GET", GOLD "/18:00-1/seats", NULL, NULL, NULL, 0 },
	{ "GET", GOLD "/18:00-1/seats?view=compact", NULL, NULL, NULL, 0 },
	{ "GET", GOLD "/18:00-9/seats", NULL, NULL, NULL, 0 },
	{ "GET", "/healthz", NULL, NULL, NULL, 0 },
	{ "GET", "/healthz/system", NULL, NULL, NULL, 0 },
	{ "GET", "/bookings", NULL, NULL, NULL, 0 },
	{ "GET", "/bookings?limit=1", NULL, NULL, NULL, 0 },
	{ "GET", "/bookings/nayana_patil", NULL, NULL, NULL, 0 },
	{ "GET", "/bookings/nayana_patil?view=full", NULL, NULL, NULL, 0 },
	{ "GET", "/bookings/anuja_kharatmol", NULL, NULL, NULL, 0 },
	{ "GET", "$booked", NULL, NULL, NULL, 0 },
	{ "GET", "$expired", NULL, NULL, NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"yojane_mane\"," SHOW "}", NULL, NULL, 0 },
	{ "POST", "/bookings",
	    "{\"user\":\"yojane_mane\"," SHOW ",\"seats\":[\"C1\",\"C2\",\"C3\"]}",
	    "HTTP_IDEMPOTENCY_KEY=two", NULL, 0 },
	{ "POST", "/bookings",
	    "{\"user\":\"nayana_patil\"," SHOW ",\"count\":4,\"hold\":true,\"time\":\"18:00\"}",
	    NULL, NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"nayana_patil\"," SHOW ",\"seats\":[\"A1\",\"A2\"]}",
	    "HTTP_IDEMPOTENCY_KEY=one", NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"nayana_patil\"," SHOW ",\"count\":5}",
	    "HTTP_IDEMPOTENCY_KEY=one", NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"yojane_mane\"," SHOW ",\"seats\":[\"A1\",\"D1\"]}",
	    "HTTP_IDEMPOTENCY_KEY=three", NULL, 0 },
	{ "POST", "/bookings",
	    "{\"user\":\"yojane_mane\"," SHOW ",\"seats\":[\"A1\",\"Z1\",\"Q7\"]}", NULL, NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"nobody\"," SHOW "}", NULL, NULL, 0 },
	{ "POST", "/bookings",
	    "{\"user\":\"yojane_mane\",\"date\":\"20180805\",\"movie\":\"none\"}", NULL, NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"nayana_patil\"," SHOW ",\"count\":9,\"hold\":true}",
	    NULL, NULL, 0 },
	{ "POST", "/bookings", "{\"user\":\"nayana_patil\"," SHOW ",\"date\":\"20180802\"}", NULL,
	    NULL, 0 },
	{ "PATCH", "$held", "{\"status\":\"confirmed\"}", NULL, NULL, 0 },
	{ "PATCH", "$held", "{\"seats\":[\"B1\",\"B3\"]}", NULL, NULL, 0 },
	{ "PATCH", "$held", "{\"status\":\"confirmed\",\"seats\":[\"B2\"]}", NULL, NULL, 0 },
	{ "PATCH", "$held", "{\"seats\":[\"B1\",\"Z9\"]}", NULL, NULL, 0 },
	{ "PATCH", "$expired", "{\"status\":\"confirmed\"}", NULL, NULL, 0 },
	{ "PATCH", "$booked", "{\"seats\":[\"A2\"]}", NULL, NULL, 0 },
	{ "DELETE", "$held", NULL, NULL, NULL, 0 },
	{ "DELETE", "$booked", NULL, NULL, NULL, 0 },
	{ "DELETE", "/bookings/nayana_patil/none", NULL, NULL, NULL, 0 },
	{ "PUT", "/sales/20180805/96798c08-d19b-4986-a05d-7da856efb697/18:00-1",
	    "{\"status\":\"closed\"}", NULL, NULL, 0 },
	{ "PUT", "/sales/20180805/96798c08-d19b-4986-a05d-7da856efb697/18:00-1",
	    "{\"status\":\"open\"}", NULL, NULL, 0 },
};

#define FAULT_STEPS (sizeof fault_steps / sizeof *fault_steps)
#define FAULT_CASES (sizeof fault_cases / sizeof *fault_cases)

#endif
