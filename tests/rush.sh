#!/usr/bin/env bash
# Many at once on one hall of 120 seats: a seat is sold once, a booking is whole, what was answered
# is kept, a key has one effect. Before that each kind of rush is shown to find the fault it looks
# for, in a bookings service built with one guard taken out.
. "$(dirname "$0")/lib.sh"

CLIENTS=64

make_data() {
	mkdir "$WORK/data"
	jq -n --argjson clients $CLIENTS '[range($clients) | "u\(.)" |
		{key: ., value: {id: ., name: ., last_active: 0}}] | from_entries' >"$WORK/data/users.json"
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$WORK/data/movies.json"
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows:
		[range(10) | {name: "ABCDEFGHIJ"[.:. + 1], tier: "all", seats: "############"}]}}' >"$WORK/data/screens.json"
	jq -n '[range(101; 131) | {key: "20190\(.)", value: ["m"]}] | from_entries' >"$WORK/data/showtimes.json"
}

suite_start() {
	make_data
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=1
}

# rush REQUESTS MODE DAY: on that day's showing, which no other rush has touched.
rush() {
	"$BUILD/tools/rush" "$URL" "201901$3" m 18:00-1 $CLIENTS "$1" "$2"
}

# finds FAULT REQUESTS MODE: a rush on the current instance finds it.
finds() {
	local day
	for day in 11 12 13; do
		rush "$2" "$3" $day >"$WORK/found" || break
	done
	grep -q "$1" "$WORK/found" || fail "the rush did not find: $1"$'\n'"$(tail -n 5 "$WORK/found")"
}

# The same while bookings is killed four times a second, and the first time before the hall is full.
rush_under_kills() {
	local rush kills=0
	rush "$@" >"$WORK/said" &
	rush=$!
	while kill -0 "$rush" 2>/dev/null; do
		sleep 0.25
		kill_service bookings || true
		kills=$((kills + 1))
	done
	wait "$rush" || fail "$(cat "$WORK/said")"
	[ "$kills" -gt 1 ]
}

test_a_rush_finds_a_seat_sold_twice() {
	start_cinema "CINEMA_DATA=$WORK/data" "CINEMA_BUILD=$(mutant unguarded fcgi/bookings/seat.c \
		's/batch_put(batch, key, version, document)/(void)version, batch_put(batch, key, BATCH_ANY, document)/' bookings)"
	finds 'SOLD TWICE' 20 race
	must_fail eval '(audit) >"$WORK/audit"'
	grep -q 'does not own' "$WORK/audit"
}

test_a_rush_finds_a_lost_booking() {
	start_cinema "CINEMA_DATA=$WORK/data" "CINEMA_BUILD=$(mutant forgetful fcgi/service/batch.c \
		's/^\tenum store_result result = store_commit/\tstatic int calls;\n\tif (++calls % 20 == 0)\n\t\treturn STORE_OK;\n&/' bookings)"
	finds 'is lost' 20 race
}

test_a_rush_finds_a_repeat_that_books_again() {
	start_cinema "CINEMA_DATA=$WORK/data" "CINEMA_BUILD=$(mutant repeating fcgi/bookings/repeat.c \
		's/if (!request->idempotency_key)/if (request)/' bookings)"
	finds 'another answer\|different answers' 20 keys
}

test_every_seat_is_sold_once() {
	rush 40 race 01
	audit
}

test_holds_that_expire_confirm_and_cancel() {
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=1 CINEMA_SWEEP_MS=1
	rush 25 holds 02
	audit
}

test_bookings_killed_four_times_a_second() {
	rush_under_kills 60 race 03
	audit
}

test_holds_with_bookings_killed_four_times_a_second() {
	rush_under_kills 40 holds 04
	audit
}

test_a_key_has_one_effect() {
	# 64 clients with 32 wishes are 2,048, a third of them repeated in one way or another.
	rush 32 keys 05
	audit
}

run_suite "$@"
