/* Everything fails once: each request of cases.h is asked again and again, and each time another
 * allocation, call on the disk, call of a socket, of the store or of a peer fails. Whatever fails,
 * the answer must be the very one that it is without faults and what it did must be in the store; or
 * a 5xx that says what is wrong, and then the store is as before and the next one is served as ever.
 *
 *   faults FOLDER MOST [PART]   with tests/shims/fault.c preloaded; FOLDER is empty and in memory.
 *                               MOST calls of a kind fail in a case, spread evenly (0: all). PART is
 *                               a part of the cases' and kinds' names ("POST /bookings: memory")
 *
 * Each case runs in a process of its own, so that a crash, a hang or a leak is told with its case.
 * Prints what was wrong, and a line of counts; exits 1 when something was. */
#define _GNU_SOURCE
#include "cases.h"
#include "world.h"
#include "wrap.h"

#include "base/json.h"
#include "bookings/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW       1533124800 /* where the clock stands: 2018-08-01 12:00 UTC */
#define NAMES_MAX 8
#define ROOM      (4 << 20)
#define READY     (64 << 10) /* of it, many times what a store or an answer takes here */
#define HANG      30         /* seconds */
#define EXTRA_MAX 64

static const char *const kinds[FAULT_COUNT] = { "", "memory", "disk", "full disk", "short write",
	"net", "cut", "store", "no space", "race", "peer down", "rubbish" };

/* What the processes of the cases share. */
static struct {
	struct {
		char name[16], text[256];
	} names[NAMES_MAX];
	size_t name_count;
	int kind; /* where a case stands: goes on from here after a crash */
	long nth;
	long asked, faults;
} * shared;

static char folder[400];
static long most;
static struct fault_case extra[EXTRA_MAX]; /* for routes that cases.h leaves out */
static size_t extra_count;

/* Files */

static void copy_file(const char *from, const char *to)
{
	char bytes[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t got = -1;
	while (in >= 0 && out >= 0 && (got = read(in, bytes, sizeof bytes)) > 0)
		if (write(out, bytes, (size_t)got) != got)
			break;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (in < 0)
		unlink(to);
}

/* Copies a service's store from one folder to another. */
static void copy_store(const char *from, const char *to, const char *service)
{
	static const char *const ends[] = { ".sqlite", ".sqlite-wal", ".json" };
	char source[1024], target[1024];
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(source, sizeof source, "%s/%s/%s%s", folder, from, service, ends[i]);
		snprintf(target, sizeof target, "%s/%s/%s%s", folder, to, service, ends[i]);
		copy_file(source, target);
	}
}

/* Texts */

/* A text of a case with its names filled in. */
static const char *fill_in(const char *text, char filled[2048])
{
	const char *dollar = text ? strchr(text, '$') : NULL;
	if (!dollar)
		return text;
	for (size_t i = 0; i < shared->name_count; i++) {
		size_t length = strlen(shared->names[i].name);
		if (strncmp(dollar + 1, shared->names[i].name, length) != 0)
			continue;
		snprintf(filled, 2048, "%.*s%s%s", (int)(dollar - text), text,
		    shared->names[i].text, dollar + 1 + length);
		return filled;
	}
	return text;
}

static void keep_name(const char *name, const char *start, size_t length)
{
	if (shared->name_count == NAMES_MAX)
		return;
	snprintf(shared->names[shared->name_count].name, 16, "%s", name);
	snprintf(shared->names[shared->name_count++].text, 256, "%.*s", (int)length, start);
}

static void make_room(struct buffer *buffer)
{
	buffer_init(buffer, ROOM);
	char *room = calloc(1, READY);
	buffer_append(buffer, room, READY);
	free(room);
	buffer_clear(buffer);
}

/* Asking */

static size_t owner_of(const struct fault_case *c)
{
	char path[2048];
	return world_owner(fill_in(c->path, path));
}

static void ask(const struct fault_case *c, struct world_answer *answer)
{
	char path[2048], more[2048];
	if (strcmp(c->method, "SWEEP") == 0) {
		buffer_clear(&answer->text);
		answer->broken = !sweep_once(world_service(owner_of(c))->store, NOW * 1000L);
		answer->status = answer->broken ? 500 : 200;
		return;
	}
	world_ask(c->method, fill_in(c->path, path), c->body, fill_in(c->more, more), answer);
}

static const char *still_random_name(void)
{
	return "still";
}

static uint32_t still_random(void)
{
	uint32_t value = 0;
	(void)!getrandom(&value, sizeof value, 0);
	return value;
}

static void still_random_bytes(void *const bytes, const size_t size)
{
	(void)!getrandom(bytes, size, 0);
}

/* libsodium asks the kernel by itself otherwise. */
static struct randombytes_implementation still_chance = {
	.implementation_name = still_random_name,
	.random = still_random,
	.buf = still_random_bytes,
};

/* Makes the cinema that every case begins with. */
static int prepare(void)
{
	struct world_answer answer;
	make_room(&answer.text);
	if (!world_open(folder))
		return 1;
	wrap_arm(FAULT_NONE, 0);
	for (size_t i = 0; i < FAULT_STEPS; i++) {
		const struct fault_case *step = &fault_steps[i];
		wrap_still(NOW - 100 - step->before + (long)i);
		ask(step, &answer);
		if (answer.status >= 300) {
			printf("%s %s: %s\n", step->method, step->path, answer.text.data);
			return 1;
		}
		const char *location = strstr(answer.text.data, "Location: ");
		if (step->name && location)
			keep_name(step->name, location + 10, strcspn(location + 10, "\r"));
		const char *secret = strstr(answer.text.data, "\"token\":\"");
		if (secret)
			keep_name("secret", secret + 9, strcspn(secret + 9, "\""));
	}
	for (size_t i = 0; i < WORLD_SERVICES; i++) {
		world_close(i);
	}
	buffer_free(&answer.text);
	return 0;
}

/* The case */

struct outcome_of {
	struct world_answer answer;
	struct buffer store;
};

static struct {
	const struct fault_case *c;
	size_t service;
	const char *name; /* of the service */
	bool writes;
	struct buffer before; /* the store */
	struct outcome_of good, now;
} test;

static void complain(const char *what)
{
	shared->faults++;
	printf("%s %s %s %s: %s %ld: %s\n", test.c->method, test.c->path,
	    test.c->body ? test.c->body : "", test.c->more ? test.c->more : "", kinds[shared->kind],
	    shared->nth, what);
	if (getenv("FAULTS_STORES"))
		printf("--- before\n%s--- expected\n%s--- got\n%s---\n", test.before.data,
		    test.good.store.data, test.now.store.data);
	printf("    expected %.*s\n    got      %.*s\n", 300, test.good.answer.text.data, 300,
	    test.now.answer.text.data);
	fflush(stdout);
}

/* The cinema as every case begins with it. */
static bool restore(void)
{
	bool touched = world_touched();
	for (size_t i = 0; i < WORLD_SERVICES; i++) {
		const char *name =
		    world_service(i)->definition ? world_service(i)->definition->name : NULL;
		static const char *const names[] = { "movies", "users", "showtimes", "bookings" };
		if (i != test.service && !touched && name)
			continue;
		world_close(i);
		copy_store("first", "store", names[i]);
		if (!world_reopen(i))
			return false;
	}
	return true;
}

static long run(enum fault kind, long nth, struct outcome_of *result)
{
	wrap_still(NOW);
	wrap_arm(kind, nth);
	ask(test.c, &result->answer);
	long seen = wrap_disarm();
	world_dump(world_service(test.service)->store, &result->store);
	return seen;
}

static bool same(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/* Whether a refusal says what is wrong. */
static bool is_clear(const struct world_answer *answer)
{
	char why[128];
	const char *text = answer->text.data + answer->head;
	struct json_object *problem =
	    json_read(text, answer->text.length - answer->head, why, sizeof why);
	bool clear = json_text(problem, "type") && json_text(problem, "title") &&
	    json_text(problem, "detail") && json_integer(problem, "status", 0) == answer->status;
	bool peer = shared->kind != FAULT_PEER || json_text(problem, "peer") ||
	    json_object_object_get(problem, "services");
	json_object_put(problem);
	return clear && peer &&
	    (answer->status != 503 || strstr(answer->text.data, "\r\nRetry-After: "));
}

/* What would be there after a crash now is what the store says. */
static bool survives(void)
{
	char why[1024], stores[600];
	struct buffer text;
	copy_store("store", "crash", test.name);
	snprintf(stores, sizeof stores, "%s/crash", folder);
	struct store *store = store_open(settings_text(world_service(0)->settings, SETTING_STORE),
	    stores, test.name, why, sizeof why);
	if (!store) {
		printf("%s\n", why);
		return false;
	}
	buffer_init(&text, ROOM);
	world_dump(store, &text);
	bool good = same(&text, &test.now.store);
	buffer_free(&text);
	store_close(store);
	return good;
}

/* libsodium takes a want of memory for a wrong password, and so does the log-in; it is safe. */
static bool is_dull(enum fault kind)
{
	return kind == FAULT_MEMORY && test.now.answer.status == 401 &&
	    strstr(test.c->path, "/tokens");
}

/* Holds what came of a fault against what would have come without it. */
static void judge(enum fault kind)
{
	const struct world_answer *now = &test.now.answer, *good = &test.good.answer;
	bool unchanged = same(&test.now.store, &test.before);
	/* Another attempt makes another id; the sweeper comes again later. */
	bool again = kind == FAULT_RACE;
	bool later = again && strcmp(test.c->method, "SWEEP") == 0 && unchanged;
	if (later)
		return;
	/* Sales are closed before it is read who has booked; who is refused closes them again. */
	bool half =
	    strncmp(test.c->path, "/sales", 6) == 0 && same(&test.now.store, &test.good.store);
	if (now->status >= 500 || now->broken) {
		if (!unchanged && !half)
			complain("it failed, and changed the store");
		if (!now->broken && !is_clear(now))
			complain("it does not say what is wrong");
	} else if (now->status == good->status) {
		if (!again && kind != FAULT_RUBBISH && !same(&now->text, &good->text))
			complain("another answer");
		if (now->status < 300 && again ? unchanged != same(&test.good.store, &test.before)
					       : !again && kind != FAULT_RUBBISH &&
			    !same(&test.now.store, &test.good.store))
			complain("another store");
	} else if ((kind != FAULT_RUBBISH && !again && !is_dull(kind)) || now->status < 400) {
		complain("another status");
	}
	if (kind <= FAULT_SHORT && kind >= FAULT_DISK && test.writes && !survives())
		complain("after a crash the store is another");
	/* Then it is as if nothing had been. */
	if (unchanged && !same(&test.good.store, &test.before) && kind != FAULT_RUBBISH) {
		run(FAULT_NONE, 0, &test.now);
		if (now->status != good->status)
			complain("afterwards it still fails");
	} else if (unchanged && kind != FAULT_RUBBISH) {
		run(FAULT_NONE, 0, &test.now);
		if (now->status != good->status || (!test.writes && !same(&now->text, &good->text)))
			complain("afterwards it is not as before");
	}
}

/* All calls of one kind, or some of them. */
static bool run_kind(enum fault kind, long from)
{
	long count, step;
	shared->kind = (int)kind;
	shared->nth = 0;
	if (!restore())
		return false;
	count = run(kind, 0, &test.now);
	if (!same(&test.now.answer.text, &test.good.answer.text))
		complain("two times without a fault are not alike");
	if (getenv("FAULTS_COUNTS"))
		printf("%s %s: %ld calls: %s\n", test.c->method, test.c->path, count, kinds[kind]);
	step = most && count > most ? (count + most - 1) / most : 1;
	for (long nth = from ? from : 1 + rand() % step; nth <= count; nth += step) {
		shared->nth = nth;
		alarm(HANG);
		if (!restore())
			return false;
		run(kind, nth, &test.now);
		shared->asked++;
		judge(kind);
	}
	return true;
}

static int run_case(const struct fault_case *c, const char *part)
{
	char name[4096];
	test.c = c;
	test.service = owner_of(c);
	test.writes = strcmp(c->method, "GET") != 0;
	make_room(&test.before);
	make_room(&test.good.store);
	make_room(&test.now.store);
	make_room(&test.good.answer.text);
	make_room(&test.now.answer.text);
	alarm(HANG);
	if (!world_open(folder) || !restore())
		return 1;
	test.name = world_service(test.service)->definition->name;
	world_dump(world_service(test.service)->store, &test.before);
	/* The first time libraries make themselves ready, and take from chance. */
	run(FAULT_NONE, 0, &test.now);
	if (!restore())
		return 1;
	run(FAULT_NONE, 0, &test.good);
	if (test.good.answer.status >= 500)
		complain("without a fault");
	for (int kind = shared->kind ? shared->kind : 1; kind < FAULT_COUNT; kind++) {
		long from = kind == shared->kind ? shared->nth + 1 : 0;
		snprintf(name, sizeof name, "%s %s %s: %s", c->method, c->path,
		    c->body ? c->body : "", kinds[kind]);
		if (part && !strstr(name, part))
			continue;
		if (!run_kind((enum fault)kind, from))
			return 1;
	}
	for (size_t i = 0; i < WORLD_SERVICES; i++)
		world_close(i);
	struct buffer *all[] = { &test.before, &test.good.store, &test.now.store,
		&test.good.answer.text, &test.now.answer.text };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buffer_free(all[i]);
	return 0;
}

/* Whether a path is one that a pattern stands for. */
static bool fits(const char *pattern, const char *path)
{
	char filled[2048];
	path = fill_in(path, filled);
	while (*pattern && *path && *path != '?') {
		if (*pattern == '{') {
			pattern += strcspn(pattern, "}") + 1;
			path += strcspn(path, "/?");
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == '\0' && (*path == '\0' || *path == '?');
}

/* A path that a pattern stands for. */
static const char *make_path(const char *pattern)
{
	static char paths[EXTRA_MAX][256];
	static const char *const values[][2] = { { "user", "nayana_patil" }, { "date", "20180805" },
		{ "showing", "18:00-1" }, { "screen", "1" },
		{ "movie", "96798c08-d19b-4986-a05d-7da856efb697" },
		{ "id", "96798c08-d19b-4986-a05d-7da856efb697" } };
	char *path = paths[extra_count];
	size_t length = 0;
	while (*pattern && length < sizeof *paths - 64) {
		const char *value = "none";
		if (*pattern != '{') {
			path[length++] = *pattern++;
			continue;
		}
		for (size_t i = 0; i < sizeof values / sizeof *values; i++)
			if (strncmp(pattern + 1, values[i][0], strcspn(pattern + 1, "}")) == 0)
				value = values[i][1];
		length += (size_t)snprintf(path + length, 64, "%s", value);
		pattern += strcspn(pattern, "}") + 1;
	}
	path[length] = '\0';
	return path;
}

/* Makes cases of the routes that nobody asks for. */
static void add_extra(void)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	for (size_t i = 0; i < WORLD_SERVICES; i++) {
		size_t count;
		const struct route *routes = world_routes(i, &count);
		for (size_t j = 0; j < count && extra_count < EXTRA_MAX; j++) {
			const char *method = methods[routes[j].method];
			bool asked = strncmp(routes[j].path, "/healthz", 8) == 0;
			for (size_t k = 0; k < FAULT_CASES && !asked; k++)
				asked = strcmp(fault_cases[k].method, method) == 0 &&
				    fits(routes[j].path, fault_cases[k].path);
			if (asked)
				continue;
			const char *path = make_path(routes[j].path);
			extra[extra_count++] = (struct fault_case){ method, path,
				routes[j].body ? "{}" : NULL, "HTTP_IF_MATCH=*", NULL, 0 };
		}
	}
}

/* A case in a process of its own, and once more from where it crashed. */
static void run_apart(const struct fault_case *c, const char *part)
{
	int status;
	shared->kind = 0;
	shared->nth = 0;
	for (int crashes = 0; crashes < 200; crashes++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			exit(run_case(c, part));
		if (child < 0 || waitpid(child, &status, 0) != child)
			status = 1;
		if (status == 0)
			return;
		shared->faults++;
		printf("%s %s %s: %s %ld: %s %d\n", c->method, c->path, c->body ? c->body : "",
		    kinds[shared->kind], shared->nth,
		    WIFSIGNALED(status) ? "ended by signal" : "ended with",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		if (!WIFSIGNALED(status))
			return; /* a leak is told at the end */
	}
}

int main(int argc, char **argv)
{
	static const char *const folders[] = { "store", "first", "crash" };
	static const char *const names[] = { "movies", "users", "showtimes", "bookings" };
	char path[500];
	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: faults FOLDER MOST [PART]\n");
		return 2;
	}
	snprintf(folder, sizeof folder, "%s", argv[1]);
	most = strtol(argv[2], NULL, 10);
	if (!wrap_start()) {
		fprintf(stderr, "faults: shims/fault.so is not preloaded\n");
		return 2;
	}
	/* Also for the sweeper, which begins when the stores are opened. */
	wrap_still(NOW);
	randombytes_set_implementation(&still_chance);
	shared =
	    mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
		mkdir(path, 0700);
	}
	srand((unsigned)getpid());
	if (!world_tables())
		return 2;
	int status = 1;
	pid_t child = fork();
	if (child == 0)
		exit(prepare());
	if (shared == MAP_FAILED || child < 0 || waitpid(child, &status, 0) != child || status != 0)
		return 2;
	for (size_t i = 0; i < WORLD_SERVICES; i++)
		copy_store("store", "first", names[i]);
	add_extra();
	for (size_t i = 0; i < FAULT_CASES; i++)
		run_apart(&fault_cases[i], argc > 3 ? argv[3] : NULL);
	for (size_t i = 0; i < extra_count; i++)
		run_apart(&extra[i], argc > 3 ? argv[3] : NULL);
	printf("%ld calls failed in %zu cases; %ld faults\n", shared->asked,
	    FAULT_CASES + extra_count, shared->faults);
	return shared->faults > 0;
}
