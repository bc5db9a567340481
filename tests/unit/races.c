/* Races and ends at an instant, without chance: the four services in this process (tests/faults/world),
 * by a clock that is told the time, without the sweeper. Before the first commit that touches a key
 * something else happens, which a commit without that expectation would overlook. Each test has
 * users, a screen and a day of its own. In texts a ' stands for a ". */
#define _GNU_SOURCE
#include "../faults/world.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "bookings/audit.h"
#include "bookings/sweep.h"

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SHOWTIMES 2
#define BOOKINGS  3
#define NOON      INT64_C(1893499200000) /* 2030-01-01 12:00 UTC */
#define HOLD_MS   600000
#define DAY_MS    INT64_C(86400000)
#define ANY       "HTTP_IF_MATCH=*"

static char folder[64];
static char user[16], rival[16], screen[16];
static char date[9], next_date[9], showing[96];
static char held[160]; /* the Location of what hold has made */
static uint64_t edition;

/* The time, and what comes by chance. */
static _Atomic int64_t now;
static char next_id[ID_BOOKING_SIZE], next_code[ID_CODE_SIZE];

int64_t __wrap_clock_now(void);
bool __real_id_make_booking(int64_t, char[ID_BOOKING_SIZE]);
bool __wrap_id_make_booking(int64_t, char[ID_BOOKING_SIZE]);
bool __real_id_make_code(char[ID_CODE_SIZE]);
bool __wrap_id_make_code(char[ID_CODE_SIZE]);
enum store_result __real_store_commit(
    struct store *, const struct store_op *, size_t, struct store_done *);
enum store_result __wrap_store_commit(
    struct store *, const struct store_op *, size_t, struct store_done *);

int64_t __wrap_clock_now(void)
{
	return now;
}

/* Once the one that was told before. */
bool __wrap_id_make_booking(int64_t at, char id[ID_BOOKING_SIZE])
{
	bool good = __real_id_make_booking(at, id);
	if (next_id[0])
		memcpy(id, next_id, sizeof next_id);
	next_id[0] = '\0';
	return good;
}

bool __wrap_id_make_code(char code[ID_CODE_SIZE])
{
	bool good = __real_id_make_code(code);
	if (next_code[0])
		memcpy(code, next_code, sizeof next_code);
	next_code[0] = '\0';
	return good;
}

/* What happens before a commit: an act that tells its status. It may run in another thread. */
static struct {
	int (*act)(void);
	const char *prefix;
	int status;
} between;

static bool touches(const struct store_op *ops, size_t count, const char *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(ops[i].key, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

enum store_result __wrap_store_commit(
    struct store *store, const struct store_op *ops, size_t count, struct store_done *done)
{
	if (between.act && touches(ops, count, between.prefix)) {
		int (*act)(void) = between.act;
		between.act = NULL;
		between.status = act();
	}
	return __real_store_commit(store, ops, count, done);
}

/* Before the next commit that touches a key with that prefix. */
static void in_between(const char *prefix, int (*act)(void))
{
	between.act = act;
	between.prefix = prefix;
	between.status = 0;
}

/* That it has happened, and was told so. */
static void happened(int status)
{
	assert_null(between.act);
	assert_int_equal(between.status, status);
}

/* Asking. What happens in between has an answer of its own. */

static struct world_answer answers[3];
static size_t depth;

static const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *text(const char *format, ...)
{
	static _Thread_local char texts[8][1024];
	static _Thread_local unsigned at;
	char *made = texts[at++ % 8];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(made, sizeof *texts, format, arguments);
	va_end(arguments);
	for (char *c = made; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return made;
}

static int ask_with(const char *more, const char *method, const char *path, const char *body)
{
	struct world_answer *answer = &answers[depth++];
	char sent[1024];
	snprintf(sent, sizeof sent, "%s", body ? text("%s", body) : "");
	world_ask(method, path, body ? sent : NULL, more, answer);
	depth--;
	return answer->status;
}

static int ask(const char *method, const char *path, const char *body)
{
	return ask_with(ANY, method, path, body);
}

static const char *answered(void)
{
	return answers[depth].text.data;
}

static bool says(const char *part)
{
	return strstr(answered(), text("%s", part)) != NULL;
}

static int64_t number(const char *name)
{
	const char *member = strstr(answered(), text("'%s':", name));
	return member ? strtoll(member + strlen(name) + 3, NULL, 10) : -1;
}

/* What asks for that which was answered to be unchanged. */
static void match_tag(char more[64])
{
	const char *tag = strstr(answered(), "ETag: ");
	assert_non_null(tag);
	tag += strlen("ETag: ");
	snprintf(more, 64, "HTTP_IF_MATCH=%.*s", (int)strcspn(tag, "\r"), tag);
}

static void copy_location(char place[160])
{
	const char *location = strstr(answered(), "Location: ");
	assert_non_null(location);
	snprintf(place, 160, "%.*s", (int)strcspn(location + 10, "\r"), location + 10);
}

/* Requests */

static int book_with(const char *more, const char *who, const char *members)
{
	return ask_with(more, "POST", "/bookings",
	    text("{'user':'%s','date':'%s','movie':'film',%s}", who, date, members));
}

static int book(const char *who, const char *members)
{
	return book_with(NULL, who, members);
}

static void hold(const char *who, const char *members)
{
	assert_int_equal(book(who, text("%s,'hold':true", members)), 201);
	copy_location(held);
}

static int confirm(void)
{
	return ask("PATCH", held, "{'status':'confirmed'}");
}

static int cancel(void)
{
	return ask("DELETE", held, NULL);
}

static int set_showing(const char *day, const char *members)
{
	return ask("POST", text("/showtimes/%s", day),
	    text("{'movie':'film','screen':'%s',%s}", screen, members));
}

static int delete_showing(void)
{
	return ask("DELETE", showing, NULL);
}

static int close_sales(void)
{
	const char *place = showing + strlen("/showtimes");
	return ask("PUT", text("/sales%s", place), text("{'edition':%" PRIu64 "}", edition));
}

static void read_edition(void)
{
	assert_int_equal(
	    ask("GET", text("/editions%s", showing + strlen("/showtimes")), NULL), 200);
	edition = (uint64_t)number("edition");
}

static bool row_is(const char *row, const char *seats)
{
	assert_int_equal(ask("GET", text("%s/seats?view=compact", showing), NULL), 200);
	return says(text("{'name':'%s','tier':'%s','price':%d,'seats':'%s'}", row,
	    *row == 'A' ? "front" : "back", *row == 'A' ? 500 : 900, seats));
}

/* The keys of a store under a prefix. */
static bool count_key(void *context, const struct store_record *record)
{
	(void)record;
	++*(size_t *)context;
	return true;
}

static size_t keys(size_t service, const char *prefix)
{
	size_t count = 0;
	assert_int_equal(
	    store_scan(world_service(service)->store, prefix, "", 0, count_key, &count), STORE_OK);
	return count;
}

/* What the sweeper is to look at of the user's. */
static bool count_due(void *context, const struct store_record *record)
{
	*(size_t *)context += strstr(record->key, text("/%s/", user)) != NULL;
	return true;
}

static size_t dues(void)
{
	size_t count = 0;
	assert_int_equal(
	    store_scan(world_service(BOOKINGS)->store, "due/", "", 0, count_due, &count), STORE_OK);
	return count;
}

static void sweep(void)
{
	assert_true(sweep_once(world_service(BOOKINGS)->store, now));
}

/* Users, a screen of two rows, and two days with a showing of film at 20:00 on the first; what other
 * tests left has ended and is swept. */
static int begin(void **state)
{
	static int tests;
	(void)state;
	tests++;
	now = NOON + 10 * tests * DAY_MS;
	between.act = NULL;
	snprintf(user, sizeof user, "user%d", tests);
	snprintf(rival, sizeof rival, "rival%d", tests);
	snprintf(screen, sizeof screen, "s%d", tests);
	clock_add_days("20300101", 4 * tests, date);
	clock_add_days(date, 1, next_date);
	const char *hall = text("{'id':'%s','name':'Hall','price':{'front':500,'back':900},'rows':["
				"{'name':'A','tier':'front','seats':'############'},"
				"{'name':'B','tier':'back','seats':'##_#'}]}",
	    screen);
	snprintf(showing, sizeof showing, "/showtimes/%s/film/20:00-%s", date, screen);
	return !sweep_once(world_service(BOOKINGS)->store, now) ||
	    ask("POST", "/users", text("{'id':'%s','name':'U'}", user)) != 201 ||
	    ask("POST", "/users", text("{'id':'%s','name':'R'}", rival)) != 201 ||
	    ask("POST", "/showtimes/screens", hall) != 201 ||
	    set_showing(date, "'time':'20:00'") != 201;
}

/* A seat */

static int rival_takes_a1(void)
{
	return book(rival, "'seats':['A1']");
}

static void test_a_seat_that_was_just_taken_is_refused(void **state)
{
	(void)state;
	in_between("bookings/", rival_takes_a1);
	assert_int_equal(book(user, "'seats':['A2','A1']"), 409);
	happened(201);
	assert_true(says("'seats':['A1']"));
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_the_best_seats_were_just_taken_and_others_are_found(void **state)
{
	(void)state;
	in_between("bookings/", rival_takes_a1);
	assert_int_equal(book(user, "'count':10"), 201);
	happened(201);
	assert_false(says("'A1'"));
	assert_int_equal(book(user, "'count':3"), 201);
	assert_int_equal(book(user, "'count':2"), 409);
}

static void test_an_expired_seat_that_was_just_taken_is_refused(void **state)
{
	(void)state;
	hold(user, "'seats':['A1']");
	now += HOLD_MS;
	in_between("bookings/", rival_takes_a1);
	assert_int_equal(book(user, "'seats':['A1']"), 409);
	happened(201);
}

static void test_an_expired_hold_whose_seat_was_just_taken_is_not_confirmed(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2']");
	now += HOLD_MS;
	in_between("bookings/", rival_takes_a1);
	assert_int_equal(confirm(), 409);
	happened(201);
	assert_true(says("'seats':['A1']"));
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_cancelling_leaves_a_seat_that_was_just_taken(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2']");
	now += HOLD_MS;
	in_between("bookings/", rival_takes_a1);
	assert_int_equal(cancel(), 200);
	happened(201);
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_sweeping_leaves_a_seat_that_was_just_taken(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2']");
	now += HOLD_MS;
	in_between("due/", rival_takes_a1);
	sweep();
	happened(201);
	assert_true(row_is("A", "sfffffffffff"));
	sweep();
	assert_int_equal(keys(BOOKINGS, text("seats/%s/", date)), 1);
}

/* A booking */

static void test_what_was_just_cancelled_is_not_confirmed(void **state)
{
	(void)state;
	hold(user, "'seats':['A1']");
	in_between("bookings/", cancel);
	assert_int_equal(confirm(), 409);
	happened(200);
	assert_true(row_is("A", "ffffffffffff"));
}

static void test_what_was_just_confirmed_is_cancelled_whole(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2']");
	in_between("bookings/", confirm);
	assert_int_equal(cancel(), 200);
	happened(200);
	assert_true(says("'cancelled'"));
	assert_true(row_is("A", "ffffffffffff"));
	assert_int_equal(keys(BOOKINGS, text("held/%s", user)), 0);
}

static int keep_a2_and_a3(void)
{
	return ask("PATCH", held, "{'seats':['A2','A3']}");
}

static void test_a_seat_that_was_just_given_back_is_not_kept(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2','A3']");
	assert_int_equal(confirm(), 200);
	in_between("bookings/", keep_a2_and_a3);
	assert_int_equal(ask("PATCH", held, "{'seats':['A1','A2']}"), 422);
	happened(200);
	assert_int_equal(ask("GET", held, NULL), 200);
	assert_true(says("'seats':['A2','A3'],"));
	assert_true(row_is("A", "fssfffffffff"));
}

static void test_a_late_confirmation_stands_against_the_sweeper(void **state)
{
	(void)state;
	hold(user, "'seats':['A1']");
	now += HOLD_MS;
	in_between("due/", confirm);
	sweep();
	happened(200);
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_codes_and_ids_are_unique(void **state)
{
	char code[ID_CODE_SIZE], id[ID_BOOKING_SIZE];
	(void)state;
	assert_int_equal(book(user, "'seats':['A1']"), 201);
	memcpy(code, strstr(answered(), "\"code\":\"") + 8, sizeof code - 1);
	memcpy(id, strstr(answered(), "\"id\":\"") + 6, sizeof id - 1);
	code[sizeof code - 1] = id[sizeof id - 1] = '\0';
	memcpy(next_code, code, sizeof code);
	assert_int_equal(book(user, "'seats':['A2']"), 201);
	assert_string_equal(next_code, "");
	assert_false(says(code));
	memcpy(next_id, id, sizeof id);
	assert_int_equal(book(user, "'seats':['A3']"), 201);
	assert_string_equal(next_id, "");
	assert_false(says(id));
	assert_int_equal(keys(BOOKINGS, text("bookings/%s/", user)), 3);
}

/* Keys of requests */

#define KEY "HTTP_IDEMPOTENCY_KEY=one"

static void test_all_of_many_bookings_are_listed(void **state)
{
	(void)state;
	for (int i = 0; i < 15; i++)
		assert_int_equal(book(user, "'count':1"), 201);
	char first[sizeof date];
	memcpy(first, date, sizeof first);
	assert_int_equal(set_showing(next_date, "'time':'20:00'"), 201);
	memcpy(date, next_date, sizeof date);
	for (int i = 0; i < 2; i++)
		assert_int_equal(book(user, "'count':1"), 201);
	assert_int_equal(ask("GET", text("/bookings/%s", user), NULL), 200);
	assert_true(says(text("{'%s':['film'],'%s':['film']}", first, date)));
}

static int twin_books_a1(void)
{
	return book_with(KEY, user, "'seats':['A1']");
}

static int twin_books_any(void)
{
	return book_with(KEY, user, "'count':1");
}

static void test_twins_at_the_same_moment_book_once(void **state)
{
	(void)state;
	in_between("bookings/", twin_books_any);
	assert_int_equal(book_with(KEY, user, "'count':1"), 201);
	happened(201);
	copy_location(held);
	assert_int_equal(keys(BOOKINGS, text("bookings/%s/", user)), 1);
	assert_int_equal(ask("GET", held, NULL), 200);
}

static int seat_is_left_and_twin_books_it(void)
{
	return cancel() == 200 ? twin_books_a1() : 0;
}

static void test_a_refusal_gives_way_to_a_twin_that_booked(void **state)
{
	(void)state;
	hold(rival, "'seats':['A1']");
	in_between("answers/", seat_is_left_and_twin_books_it);
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 201);
	happened(201);
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 201);
}

static void test_a_refusal_is_remembered_for_its_key(void **state)
{
	(void)state;
	hold(rival, "'seats':['A1']");
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 409);
	assert_int_equal(cancel(), 200);
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 409);
	assert_true(says("'seats':['A1']"));
	assert_true(says("application/problem+json"));
	assert_int_equal(book_with(KEY, user, "'seats':['A2']"), 422);
	assert_int_equal(book(user, "'seats':['A1']"), 201);
	/* What can be mended is not. */
	assert_int_equal(book_with(KEY "2", user, "'seats':['Z1']"), 422);
	assert_int_equal(book_with(KEY "2", user, "'seats':['A3']"), 201);
}

static void test_an_answer_is_kept_for_a_day_and_swept_then(void **state)
{
	char answer[64];
	(void)state;
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 201);
	snprintf(answer, sizeof answer, "answers/%s/", user);
	now += DAY_MS - 1;
	sweep();
	assert_int_equal(keys(BOOKINGS, answer), 1);
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 201);
	now++;
	assert_int_equal(book_with(KEY, user, "'seats':['A1']"), 409);
	/* That refusal is the answer now, and has a day of its own. */
	sweep();
	assert_int_equal(keys(BOOKINGS, answer), 1);
	now += DAY_MS;
	sweep();
	assert_int_equal(keys(BOOKINGS, answer), 0);
	assert_int_equal(dues(), 0);
}

static void test_sweeping_leaves_an_answer_that_is_new(void **state)
{
	(void)state;
	assert_int_equal(book_with(KEY, user, "'count':1"), 201);
	now += DAY_MS;
	in_between("due/", twin_books_any);
	sweep();
	happened(201);
	assert_int_equal(twin_books_any(), 201);
	assert_int_equal(keys(BOOKINGS, text("bookings/%s/", user)), 2);
}

/* The limit of four seats held */

static int hold_three(void)
{
	return book(user, "'count':3,'hold':true");
}

static void test_two_holds_at_once_keep_the_limit(void **state)
{
	(void)state;
	in_between("held/", hold_three);
	assert_int_equal(book(user, "'count':2,'hold':true"), 409);
	happened(201);
	assert_int_equal(number("held"), 3);
	assert_int_equal(number("limit"), 4);
	assert_int_equal(book(user, "'count':1,'hold':true"), 201);
}

static void test_a_hold_at_once_with_a_cancellation_counts(void **state)
{
	(void)state;
	hold(user, "'count':1");
	in_between("held/", hold_three);
	assert_int_equal(cancel(), 200);
	happened(201);
	assert_int_equal(book(user, "'count':2,'hold':true"), 409);
	assert_int_equal(number("held"), 3);
}

static void test_what_is_held_no_more_does_not_count(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2','A3','A4']");
	assert_int_equal(book(user, "'count':1,'hold':true"), 409);
	assert_int_equal(ask("PATCH", held, "{'seats':['A1','A2','A3']}"), 200);
	assert_true(says("'held'"));
	assert_int_equal(book(user, "'count':2,'hold':true"), 409);
	assert_int_equal(number("held"), 3);
	assert_int_equal(cancel(), 200);
	hold(user, "'count':4");
	assert_int_equal(confirm(), 200);
	hold(user, "'count':4");
	now += HOLD_MS - 1;
	assert_int_equal(book(user, "'count':1,'hold':true"), 409);
	now++;
	hold(user, "'count':4");
	assert_int_equal(book(rival, "'count':1,'hold':true"), 201);
}

static const char *import_of(const char *members)
{
	return text("{'%s':{'%s':[{'id':'I%s','code':'C%s','movie':'film','time':'20:00',"
		    "'screen':'%s','created':'2030-01-01T12:00:00Z','history':[],%s}]}}",
	    user, date, screen, screen, screen, members);
}

static int import_held(void)
{
	char end[CLOCK_TEXT_SIZE];
	clock_format(now + HOLD_MS, end);
	return ask("POST", "/bookings/import",
	    import_of(text("'seats':['A1','A2','A3'],'status':'held','expires':'%s'", end)));
}

static int import_sold(void)
{
	return ask(
	    "POST", "/bookings/import", import_of("'seats':['A1','A2'],'status':'confirmed'"));
}

static void test_an_imported_hold_counts_and_ends(void **state)
{
	(void)state;
	assert_int_equal(import_held(), 200);
	assert_int_equal(number("taken"), 1);
	assert_true(row_is("A", "hhhfffffffff"));
	assert_int_equal(book(user, "'count':2,'hold':true"), 409);
	assert_int_equal(number("held"), 3);
	now += HOLD_MS - 1;
	assert_int_equal(rival_takes_a1(), 409);
	now++;
	assert_int_equal(book(user, "'count':2,'hold':true"), 201);
	sweep();
	assert_int_equal(keys(BOOKINGS, text("seats/%s/", date)), 2);
}

static void test_an_import_at_once_with_a_hold_counts(void **state)
{
	(void)state;
	assert_int_equal(book(user, "'seats':['B1'],'hold':true"), 201);
	in_between("held/", import_held);
	assert_int_equal(book(user, "'seats':['B2','B3'],'hold':true"), 409);
	happened(200);
	assert_int_equal(number("held"), 4);
}

/* Closed sales */

static void test_sales_that_were_just_closed_sell_nothing(void **state)
{
	(void)state;
	read_edition();
	in_between("bookings/", close_sales);
	assert_int_equal(book(user, "'seats':['A1']"), 409);
	happened(200);
	assert_true(says("closed"));
	assert_true(row_is("A", "ffffffffffff"));
}

static void test_sales_that_were_just_closed_again_sell_nothing(void **state)
{
	(void)state;
	read_edition();
	assert_int_equal(close_sales(), 200);
	assert_int_equal(ask("PATCH", showing, "{'minutes':90}"), 200);
	read_edition();
	in_between("bookings/", close_sales);
	assert_int_equal(book(user, "'seats':['A1']"), 409);
	happened(200);
}

static void test_sales_that_were_just_closed_confirm_nothing(void **state)
{
	(void)state;
	read_edition();
	hold(user, "'seats':['A1']");
	in_between("bookings/", close_sales);
	assert_int_equal(confirm(), 409);
	happened(200);
	assert_true(says("closed"));
	assert_true(row_is("A", "hfffffffffff"));
	assert_int_equal(cancel(), 200);
}

static int close_later_sales(void)
{
	edition++;
	int status = close_sales();
	edition--;
	return status;
}

static void test_sales_stay_closed_up_to_the_later_edition(void **state)
{
	(void)state;
	read_edition();
	in_between("closed/", close_later_sales);
	assert_int_equal(close_sales(), 200);
	happened(200);
	/* That of the day when it is written once: closed by the later one alone. */
	assert_int_equal(ask("PATCH", showing, "{'minutes':90}"), 200);
	uint64_t first = edition;
	read_edition();
	assert_int_equal(book(user, "'seats':['A1']"), edition > first + 1 ? 201 : 409);
	char key[128];
	struct buffer document;
	buffer_init(&document, 1024);
	snprintf(key, sizeof key, "closed%s", showing + strlen("/showtimes"));
	assert_int_equal(store_get(world_service(BOOKINGS)->store, key, &document, NULL), STORE_OK);
	assert_non_null(strstr(document.data, text("'edition':%" PRIu64 ",", first + 1)));
	buffer_free(&document);
}

static void test_closing_names_who_has_seats_until_a_hold_ends(void **state)
{
	(void)state;
	read_edition();
	hold(user, "'seats':['A1']");
	now += HOLD_MS - 1;
	assert_int_equal(close_sales(), 200);
	assert_true(says(held + strlen("/bookings/")));
	now++;
	assert_int_equal(close_sales(), 200);
	assert_true(says("'bookings':[]"));
}

static void test_an_import_sells_nothing_where_sales_are_closed(void **state)
{
	(void)state;
	read_edition();
	in_between("bookings/", close_sales);
	assert_int_equal(import_sold(), 200);
	happened(200);
	assert_int_equal(number("refused"), 1);
	assert_true(says("sales of this showing have been closed"));
	assert_int_equal(import_sold(), 200);
	assert_int_equal(number("refused"), 1);
	assert_true(row_is("A", "ffffffffffff"));
}

static void test_an_import_leaves_a_seat_that_was_just_taken(void **state)
{
	(void)state;
	in_between("bookings/", rival_takes_a1);
	assert_int_equal(import_sold(), 200);
	happened(201);
	assert_int_equal(number("refused"), 1);
	assert_true(says("somebody has A1 already"));
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_a_map_that_was_drawn_shows_each_change(void **state)
{
	(void)state;
	assert_true(row_is("A", "ffffffffffff"));
	assert_int_equal(book(user, "'seats':['A5']"), 201);
	assert_true(row_is("A", "ffffsfffffff"));
	hold(user, "'seats':['A6','A7']");
	assert_true(row_is("A", "ffffshhfffff"));
	assert_int_equal(ask("PATCH", held, "{'seats':['A7']}"), 200);
	assert_true(row_is("A", "ffffsfhfffff"));
	assert_int_equal(confirm(), 200);
	assert_true(row_is("A", "ffffsfsfffff"));
	assert_int_equal(cancel(), 200);
	assert_true(row_is("A", "ffffsfffffff"));
	assert_int_equal(import_sold(), 200);
	assert_true(row_is("A", "ssffsfffffff"));
}

/* The end of a hold */

static void test_a_hold_ends_at_its_instant(void **state)
{
	char tag[64], expired_tag[64];
	(void)state;
	hold(user, "'seats':['A1']");
	now += 1000;
	assert_int_equal(book(rival, "'seats':['A2'],'hold':true"), 201);
	now += HOLD_MS - 1001;
	assert_true(row_is("A", "hhffffffffff"));
	assert_int_equal(rival_takes_a1(), 409);
	assert_int_equal(ask("GET", held, NULL), 200);
	assert_true(says("'status':'held'"));
	match_tag(tag);
	assert_int_equal(audit_run(world_service(BOOKINGS)), 0);
	now++;
	assert_true(row_is("A", "fhffffffffff"));
	assert_int_equal(ask("GET", held, NULL), 200);
	assert_true(says("'status':'expired'"));
	match_tag(expired_tag);
	assert_string_not_equal(tag, expired_tag);
	assert_int_equal(ask_with(expired_tag, "PATCH", held, "{'seats':['A1']}"), 409);
	assert_int_equal(ask_with("HTTP_IF_MATCH=\"h0\"", "PATCH", held, "{'seats':['A1']}"), 412);
	assert_int_equal(audit_run(world_service(BOOKINGS)), 0);
	assert_int_equal(rival_takes_a1(), 201);
	assert_int_equal(confirm(), 409);
	now += 999;
	assert_true(row_is("A", "shffffffffff"));
	now++;
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_the_best_seat_is_one_whose_hold_has_ended(void **state)
{
	(void)state;
	hold(user, "'seats':['A12']");
	assert_int_equal(book(rival, "'count':10"), 201);
	assert_int_equal(book(rival, "'count':4"), 201);
	now += HOLD_MS - 1;
	assert_int_equal(book(rival, "'count':1"), 409);
	now++;
	assert_int_equal(book(rival, "'count':1"), 201);
	assert_true(says("'seats':['A12']"));
}

static void test_a_hold_that_has_ended_is_confirmed_over_one_that_ended_too(void **state)
{
	(void)state;
	hold(user, "'seats':['A1']");
	now += HOLD_MS;
	assert_int_equal(book(rival, "'seats':['A1'],'hold':true"), 201);
	now += HOLD_MS - 1;
	assert_int_equal(confirm(), 409);
	now++;
	assert_int_equal(confirm(), 200);
	assert_true(row_is("A", "sfffffffffff"));
}

static void test_a_hold_is_swept_from_its_instant_on(void **state)
{
	(void)state;
	hold(user, "'seats':['A1','A2']");
	now += HOLD_MS - 1;
	sweep();
	assert_int_equal(keys(BOOKINGS, text("seats/%s/", date)), 2);
	assert_int_equal(keys(BOOKINGS, text("held/%s", user)), 1);
	now++;
	sweep();
	assert_int_equal(keys(BOOKINGS, text("seats/%s/", date)), 0);
	assert_int_equal(keys(BOOKINGS, text("held/%s", user)), 0);
	assert_int_equal(dues(), 0);
	assert_int_equal(confirm(), 200);
}

/* Showings */

static int set_late(void)
{
	return set_showing(date, "'time':'23:30','minutes':60");
}

static int set_early(void)
{
	return set_showing(next_date, "'time':'00:10','minutes':60");
}

static int set_within(void)
{
	return set_showing(date, "'time':'22:00','minutes':120");
}

static void test_a_screen_that_was_just_given_away_is_refused(void **state)
{
	(void)state;
	in_between("dates/", set_within);
	assert_int_equal(set_late(), 409);
	happened(201);
}

static void test_a_screen_that_was_just_given_away_the_day_before_is_refused(void **state)
{
	(void)state;
	in_between("dates/", set_late);
	assert_int_equal(set_early(), 409);
	happened(201);
}

static void test_a_screen_that_was_just_given_away_the_day_after_is_refused(void **state)
{
	(void)state;
	in_between("dates/", set_early);
	assert_int_equal(set_late(), 409);
	happened(201);
}

static int lengthen(void)
{
	return ask("PATCH", showing, "{'minutes':130}");
}

static void test_a_showing_that_was_just_lengthened_is_in_the_way(void **state)
{
	(void)state;
	in_between("dates/", lengthen);
	assert_int_equal(set_within(), 409);
	happened(200);
	assert_int_equal(ask("GET", showing, NULL), 200);
	assert_int_equal(number("minutes"), 130);
}

static void test_a_showing_is_not_lengthened_into_what_was_just_set(void **state)
{
	(void)state;
	in_between("dates/", set_within);
	assert_int_equal(lengthen(), 409);
	happened(201);
	assert_int_equal(ask("GET", text("/showtimes/%s", date), NULL), 200);
	assert_int_equal(ask("GET", text("/showtimes/%s/film/22:00-%s", date, screen), NULL), 200);
}

static int reprice(void)
{
	return ask("PATCH", showing, "{'price':{'front':1,'back':2}}");
}

static void test_two_changes_at_once_both_count(void **state)
{
	(void)state;
	in_between("dates/", reprice);
	assert_int_equal(lengthen(), 200);
	happened(200);
	assert_true(says("'price':{'front':1,'back':2}"));
	assert_int_equal(number("minutes"), 130);
}

static int delete_screen(void)
{
	return ask("DELETE", text("/showtimes/screens/%s", screen), NULL);
}

static int add_tier(void)
{
	return ask("PATCH", text("/showtimes/screens/%s", screen), "{'price':{'sofa':700}}");
}

static int change_rows(void)
{
	return ask("PATCH", text("/showtimes/screens/%s", screen),
	    "{'rows':[{'name':'A','tier':'front','seats':'#'}]}");
}

static void test_a_showing_is_not_set_on_a_screen_that_was_just_deleted(void **state)
{
	(void)state;
	assert_int_equal(delete_showing(), 204);
	in_between("dates/", delete_screen);
	assert_int_equal(set_late(), 422);
	happened(204);
	assert_true(says("there is no screen"));
}

static void test_a_showing_has_the_prices_of_its_screen_now(void **state)
{
	(void)state;
	in_between("dates/", add_tier);
	assert_int_equal(set_late(), 201);
	happened(200);
	assert_true(says("'price':{'front':500,'back':900,'sofa':700}"));
	assert_int_equal(lengthen(), 422);
	assert_true(says("sofa"));
}

static void test_a_seat_map_stays_where_a_showing_was_just_set(void **state)
{
	(void)state;
	assert_int_equal(delete_showing(), 204);
	in_between("screens/", set_late);
	assert_int_equal(change_rows(), 409);
	happened(201);
	assert_int_equal(
	    ask("DELETE", text("/showtimes/%s/film/23:30-%s", date, screen), NULL), 204);
	in_between("screens/", set_early);
	assert_int_equal(delete_screen(), 409);
	happened(201);
	assert_int_equal(
	    ask("DELETE", text("/showtimes/%s/film/00:10-%s", next_date, screen), NULL), 204);
	assert_int_equal(change_rows(), 200);
}

static int import_day(void)
{
	return ask("POST", "/showtimes/import",
	    text("{'%s':[{'movie':'film','time':'00:10','screen':'%s'}]}", next_date, screen));
}

static void test_a_seat_map_stays_where_a_showing_was_just_imported(void **state)
{
	(void)state;
	assert_int_equal(delete_showing(), 204);
	in_between("screens/", import_day);
	assert_int_equal(delete_screen(), 409);
	happened(200);
}

static void test_an_import_leaves_what_was_just_set(void **state)
{
	(void)state;
	in_between("dates/", set_late);
	assert_int_equal(import_day(), 200);
	happened(201);
	assert_int_equal(number("refused"), 1);
	assert_int_equal(ask("GET", text("/showtimes/%s", next_date), NULL), 404);
}

/* Deletions */

static int set_morning(void)
{
	return set_showing(date, "'time':'10:00'");
}

static int user_takes_a1(void)
{
	return book(user, "'seats':['A1']");
}

static bool is_shown(const char *time)
{
	return ask("GET", text("/showtimes/%s/film/%s-%s", date, time, screen), NULL) == 200;
}

static size_t marks(void)
{
	return keys(SHOWTIMES, text("removing/%s", date));
}

static void test_a_deletion_leaves_what_was_just_set_that_day(void **state)
{
	(void)state;
	in_between("dates/", set_within);
	assert_int_equal(delete_showing(), 204);
	happened(201);
	assert_true(is_shown("22:00"));
	/* Now it is not the day's only one. */
	assert_int_equal(set_showing(date, "'time':'20:00'"), 201);
	in_between("dates/", set_morning);
	assert_int_equal(delete_showing(), 204);
	happened(201);
	assert_true(is_shown("22:00") && is_shown("10:00") && !is_shown("20:00"));
	assert_int_equal(marks(), 0);
}

static void test_a_refused_deletion_leaves_what_was_just_set_that_day(void **state)
{
	(void)state;
	assert_int_equal(user_takes_a1(), 201);
	in_between("dates/", set_within);
	assert_int_equal(delete_showing(), 409);
	happened(201);
	assert_true(is_shown("22:00") && is_shown("20:00"));
	assert_int_equal(book(user, "'time':'20:00'"), 201);
}

static void test_a_deletion_and_a_booking_at_once(void **state)
{
	(void)state;
	/* Before sales close it is seen, and after that it is refused. */
	in_between("closed/", user_takes_a1);
	assert_int_equal(delete_showing(), 409);
	happened(201);
	snprintf(held, sizeof held, "/bookings/%.80s",
	    strstr(answered(), "\"/bookings/") + strlen("\"/bookings/"));
	held[strcspn(held, "\"")] = '\0';
	assert_int_equal(cancel(), 200);
	in_between("dates/", user_takes_a1);
	assert_int_equal(delete_showing(), 204);
	happened(409);
}

static int another_deletion_begins(void)
{
	char key[128];
	snprintf(key, sizeof key, "removing%s", showing + strlen("/showtimes"));
	const struct store_op mark = { STORE_PUT, STORE_ANY, 0, key, "{}", 2 };
	int status = reprice();
	return store_commit(world_service(SHOWTIMES)->store, &mark, 1, NULL) == STORE_OK ? status
											 : 0;
}

static void test_a_deletion_given_up_leaves_the_mark_of_another(void **state)
{
	char more[64];
	(void)state;
	assert_int_equal(ask("GET", showing, NULL), 200);
	match_tag(more);
	in_between("dates/", lengthen);
	assert_int_equal(ask_with(more, "DELETE", showing, NULL), 412);
	happened(200);
	assert_int_equal(marks(), 0);
	assert_int_equal(ask("GET", showing, NULL), 200);
	match_tag(more);
	in_between("dates/", another_deletion_begins);
	assert_int_equal(ask_with(more, "DELETE", showing, NULL), 412);
	happened(200);
	assert_int_equal(marks(), 1);
	assert_int_equal(delete_showing(), 204);
	assert_int_equal(marks(), 0);
}

/* Movies */

static const char *movie(void)
{
	return text("/movies/m%s", date);
}

static int make_movie(void)
{
	return ask("POST", "/movies",
	    text("{'id':'m%s','title':'First','director':'D','rating':5}", date));
}

static int retitle(void)
{
	return ask("PATCH", movie(), "{'title':'Other'}");
}

static void test_of_two_movies_made_at_once_the_first_stays(void **state)
{
	(void)state;
	in_between("movies/", make_movie);
	assert_int_equal(ask("POST", "/movies",
			     text("{'id':'m%s','title':'Second','director':'D','rating':5}", date)),
	    409);
	happened(201);
	assert_int_equal(ask("GET", movie(), NULL), 200);
	assert_true(says("First"));
}

static void test_a_movie_that_was_just_changed_is_read_again(void **state)
{
	char more[64];
	(void)state;
	assert_int_equal(make_movie(), 201);
	match_tag(more);
	in_between("movies/", retitle);
	assert_int_equal(ask_with(more, "DELETE", movie(), NULL), 412);
	happened(200);
	in_between("movies/", retitle);
	assert_int_equal(ask("PATCH", movie(), "{'rating':6}"), 200);
	happened(200);
	assert_true(says("'title':'Other'") && says("'rating':6"));
}

/* The program */

static int open_cinema(void **state)
{
	char data[80];
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/cinema-races.XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(data, sizeof data, "%s/store", folder);
	mkdir(data, 0700);
	setenv("CINEMA_DATA", data, 1); /* without data files */
	setenv("CINEMA_SWEEP_MS", "3600000", 1);
	setenv("CINEMA_HOLD_SECONDS", "600", 1);
	setenv("CINEMA_MAX_HELD", "4", 1);
	setenv("CINEMA_PEER_TIMEOUT_MS", "60000", 1);
	now = NOON;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		buffer_init(&answers[i].text, 1 << 20);
	return !world_tables() || !world_open(folder) ||
	    ask("POST", "/movies", "{'id':'film','title':'F','director':'D','rating':5}") != 201;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static int close_cinema(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLD_SERVICES; i++)
		world_close(i);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		buffer_free(&answers[i].text);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define TEST(name) cmocka_unit_test_setup(test_##name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_seat_that_was_just_taken_is_refused),
		TEST(the_best_seats_were_just_taken_and_others_are_found),
		TEST(an_expired_seat_that_was_just_taken_is_refused),
		TEST(an_expired_hold_whose_seat_was_just_taken_is_not_confirmed),
		TEST(cancelling_leaves_a_seat_that_was_just_taken),
		TEST(sweeping_leaves_a_seat_that_was_just_taken),
		TEST(what_was_just_cancelled_is_not_confirmed),
		TEST(what_was_just_confirmed_is_cancelled_whole),
		TEST(a_seat_that_was_just_given_back_is_not_kept),
		TEST(a_late_confirmation_stands_against_the_sweeper),
		TEST(codes_and_ids_are_unique),
		TEST(all_of_many_bookings_are_listed),
		TEST(twins_at_the_same_moment_book_once),
		TEST(a_refusal_gives_way_to_a_twin_that_booked),
		TEST(a_refusal_is_remembered_for_its_key),
		TEST(an_answer_is_kept_for_a_day_and_swept_then),
		TEST(sweeping_leaves_an_answer_that_is_new),
		TEST(two_holds_at_once_keep_the_limit),
		TEST(a_hold_at_once_with_a_cancellation_counts),
		TEST(what_is_held_no_more_does_not_count),
		TEST(an_imported_hold_counts_and_ends),
		TEST(an_import_at_once_with_a_hold_counts),
		TEST(sales_that_were_just_closed_sell_nothing),
		TEST(sales_that_were_just_closed_again_sell_nothing),
		TEST(sales_that_were_just_closed_confirm_nothing),
		TEST(sales_stay_closed_up_to_the_later_edition),
		TEST(closing_names_who_has_seats_until_a_hold_ends),
		TEST(an_import_sells_nothing_where_sales_are_closed),
		TEST(an_import_leaves_a_seat_that_was_just_taken),
		TEST(a_map_that_was_drawn_shows_each_change),
		TEST(a_hold_ends_at_its_instant),
		TEST(the_best_seat_is_one_whose_hold_has_ended),
		TEST(a_hold_that_has_ended_is_confirmed_over_one_that_ended_too),
		TEST(a_hold_is_swept_from_its_instant_on),
		TEST(a_screen_that_was_just_given_away_is_refused),
		TEST(a_screen_that_was_just_given_away_the_day_before_is_refused),
		TEST(a_screen_that_was_just_given_away_the_day_after_is_refused),
		TEST(a_showing_that_was_just_lengthened_is_in_the_way),
		TEST(a_showing_is_not_lengthened_into_what_was_just_set),
		TEST(two_changes_at_once_both_count),
		TEST(a_showing_is_not_set_on_a_screen_that_was_just_deleted),
		TEST(a_showing_has_the_prices_of_its_screen_now),
		TEST(a_seat_map_stays_where_a_showing_was_just_set),
		TEST(a_seat_map_stays_where_a_showing_was_just_imported),
		TEST(an_import_leaves_what_was_just_set),
		TEST(a_deletion_leaves_what_was_just_set_that_day),
		TEST(a_refused_deletion_leaves_what_was_just_set_that_day),
		TEST(a_deletion_and_a_booking_at_once),
		TEST(a_deletion_given_up_leaves_the_mark_of_another),
		TEST(of_two_movies_made_at_once_the_first_stays),
		TEST(a_movie_that_was_just_changed_is_read_again),
	};
	return cmocka_run_group_tests(tests, open_cinema, close_cinema);
}
