#!/usr/bin/env bash
# Holds and the clock: services that believe a clock this suite sets (shims/clock), so that just
# before, at, and just after the moment a hold ends are exactly that. All of it is so with the sweeper
# at work and without it, in two cinemas.
. "$(dirname "$0")/lib.sh"

STREE=a8034f44-aee4-44cf-b32c-74cf452aaaae

suite_start() {
	at 2026-06-01 20:00:00
	start_sweeping 1
	SWEPT="$URL ${CURL_HOME-}"
	start_sweeping 3600000
	UNSWEPT="$URL ${CURL_HOME-}"
}

# One that sweeps every so many milliseconds.
start_sweeping() {
	start_cinema CINEMA_HOLD_SECONDS=600 "CINEMA_SWEEP_MS=$1" CINEMA_PEER_CACHE_MS=0 \
		CINEMA_WRAP="/usr/bin/env LD_PRELOAD=$BUILD/shims/clock.so CLOCK_FILE=$WORK/clock"
}

# swept_or_not FUNCTION: in both, as the owner of each.
swept_or_not() {
	local cinema
	for cinema in "$SWEPT" "$UNSWEPT"; do
		read -r URL CURL_HOME <<<"$cinema"
		at 2026-06-01 20:00:00
		"$1"
	done
}

# The clock stands still at an instant.
at() {
	date -u -d "$1 $2" '+%s 0' >"$WORK/clock.new"
	mv "$WORK/clock.new" "$WORK/clock"
}

# book SEAT USER [more members]
book() {
	jq -cn --arg seat "$1" --arg user "$2" --arg movie $STREE \
		'{user: $user, date: "20180801", movie: $movie, seats: [$seat]} + '"(${3:-{\}})"
}

hold() {
	expect 201 POST /bookings "$(book "$1" yojane_mane '{hold: true}')"
	expect_json '.status == "held" and .expires == "2026-06-01T20:10:00.000Z"'
	HELD=$(header Location)
}

confirm() {
	expect "$1" PATCH "$HELD" '{"status":"confirmed"}'
}

rival() {
	expect "$1" POST /bookings "$(book "$2" nayana_patil)"
}

seat_is() {
	expect 200 GET "/showtimes/20180801/$STREE/21:00-1/seats"
	expect_json 'any(.rows[].seats[]; .name == $name and .state == $state)' --arg name "$1" --arg state "$2"
}

before_its_end_a_hold_stands() {
	hold A1
	at 2026-06-01 20:09:59
	rival 409 A1
	seat_is A1 held
	expect 200 GET "$HELD"
	expect_json '.status == "held"'
	confirm 200
	seat_is A1 sold
	at 2026-06-01 20:10:01
	rival 409 A1
}

test_before_its_end_a_hold_stands() {
	swept_or_not before_its_end_a_hold_stands
}

at_its_end_the_seat_is_free() {
	hold A2
	at 2026-06-01 20:10:00
	seat_is A2 free
	expect 200 GET "$HELD"
	expect_json '.status == "expired"'
	rival 201 A2
	confirm 409
	expect_json '.seats == ["A2"]'
	seat_is A2 sold
}

test_at_its_end_the_seat_is_free() {
	swept_or_not at_its_end_the_seat_is_free
}

at_its_end_without_a_rival_it_can_be_confirmed() {
	hold A3
	at 2026-06-01 20:10:00
	confirm 200
	rival 409 A3
}

test_at_its_end_without_a_rival_it_can_be_confirmed() {
	swept_or_not at_its_end_without_a_rival_it_can_be_confirmed
}

after_its_end_with_and_without_a_rival() {
	hold A4
	at 2026-06-01 20:10:01
	confirm 200
	at 2026-06-01 20:00:00
	hold A5
	at 2026-06-01 20:10:01
	rival 201 A5
	confirm 409
	expect 200 GET "$HELD"
	expect_json '.status == "expired"'
}

test_after_its_end_with_and_without_a_rival() {
	swept_or_not after_its_end_with_and_without_a_rival
}

a_rivals_hold_that_expires_too_leaves_the_seat_free() {
	hold A6
	at 2026-06-01 20:10:00
	expect 201 POST /bookings "$(book A6 nayana_patil '{hold: true}')"
	confirm 409
	at 2026-06-01 20:20:00
	confirm 200
	seat_is A6 sold
}

test_a_rivals_hold_that_expires_too_leaves_the_seat_free() {
	swept_or_not a_rivals_hold_that_expires_too_leaves_the_seat_free
}

what_is_left_of_a_hold_that_ended() {
	expect 201 POST /bookings "$(book '' yojane_mane '{seats: ["C1","C2"], hold: true}')"
	HELD=$(header Location)
	at 2026-06-01 20:10:00
	expect 409 PATCH "$HELD" '{"seats":["C1"]}'
	rival 201 C1
	confirm 409
	expect_json '.seats == ["C1"]'
	seat_is C2 free
	expect 200 PATCH "$HELD" '{"status":"confirmed","seats":["C2"]}'
	expect_json '.seats == ["C2"] and .total == 900'
	seat_is C1 sold
	seat_is C2 sold
}

test_what_is_left_of_a_hold_that_ended() {
	swept_or_not what_is_left_of_a_hold_that_ended
}

# The booking's own, and the map's.
tags_change_when_a_hold_ends() {
	local map=/showtimes/20180801/$STREE/21:00-1/seats tag held_tag
	expect 200 GET "$map"
	tag=$(header ETag)
	hold D1
	expect 200 GET "$map" -H "If-None-Match: $tag"
	[ "$(header ETag)" != "$tag" ] || fail 'the same tag for another map'
	expect 200 DELETE "$HELD"
	expect 304 GET "$map" -H "If-None-Match: $tag"
	hold D1
	at 2026-06-01 20:09:59
	expect 200 GET "$map" -H "If-None-Match: $tag"
	expect 200 GET "$HELD"
	held_tag=$(header ETag)
	expect 304 GET "$HELD" -H "If-None-Match: $held_tag"
	at 2026-06-01 20:10:00
	expect 304 GET "$map" -H "If-None-Match: $tag"
	expect 200 GET "$HELD" -H "If-None-Match: $held_tag"
	expect_json '.status == "expired"'
	held_tag=$(header ETag)
	expect 412 PATCH "$HELD" '{"status":"confirmed"}' -H 'If-Match: "h0"'
	expect 200 PATCH "$HELD" '{"status":"confirmed"}' -H "If-Match: $held_tag"
}

test_tags_change_when_a_hold_ends() {
	swept_or_not tags_change_when_a_hold_ends
}

an_answer_is_given_again_for_a_day() {
	local first
	expect 201 POST /bookings "$(book B1 yojane_mane)" -H 'Idempotency-Key: day'
	first=$BODY
	at 2026-06-02 19:59:59
	expect 201 POST /bookings "$(book B1 yojane_mane)" -H 'Idempotency-Key: day'
	[ "$BODY" = "$first" ] || fail "another answer: $BODY"
	at 2026-06-02 20:00:01
	expect 409 POST /bookings "$(book B1 yojane_mane)" -H 'Idempotency-Key: day'
}

test_an_answer_is_given_again_for_a_day() {
	swept_or_not an_answer_is_given_again_for_a_day
}

test_showings_follow_the_cinemas_time_zone() {
	mkdir "$WORK/data"
	cp "$ROOT"/data/*.json "$WORK/data"
	echo '{"20180325": [{"movie": "m", "time": "03:30", "screen": "1"}],
		"20181028": [{"movie": "m", "time": "02:30", "screen": "1"}]}' >"$WORK/data/showtimes.json"
	start_cinema CINEMA_TZ=Europe/Paris "CINEMA_DATA=$WORK/data"
	expect 200 GET /showtimes/20180325/m
	expect_json '.[0].starts == "2018-03-25T01:30:00.000Z"'
	expect 200 GET /showtimes/20181028/m
	expect_json '.[0].starts == "2018-10-28T00:30:00.000Z"'
	stop_cinema
	echo '{"20180325": [{"movie": "m", "time": "02:30", "screen": "1"}]}' >"$WORK/data/showtimes.json"
	new_settings CINEMA_TZ=Europe/Paris "CINEMA_DATA=$WORK/data"
	if run_sh start >"$WORK/said" 2>&1; then fail 'a time that does not exist was taken'; fi
	grep -q 'showtimes.json: 20180325/0: time: 02:30 does not come' "$WORK/said" || fail "$(cat "$WORK/said")"
}

run_suite "$@"
