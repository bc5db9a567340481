#!/usr/bin/env bash
# Five times as many clients as the cinema takes in: those it can take go on, the rest are told when to
# come again and do, and afterwards all is as before. Compared are medians of windows in turn.
#
# The long form then sends open-loop requests at five times the peak for a minute, refused or not, by
# 7,500 connections: as nginx hands refusals out at a bounded rate, those who do not rest wait for theirs.
. "$(dirname "$0")/lib.sh"

ROUNDS=3
SECONDS_OVER=${SECONDS_OVER:-$(size 3 20)}
CLIENTS=${CLIENTS:-5000}      # a service takes 1,088 in hand
PART=${PART:-$(size 0.5 0.8)} # of the peak that must go on
DAYS=$(size 280 700)          # 988 seats each

# A hall that is never sold out, and a request for each of its seats.
make_data() {
	mkdir "$WORK/data"
	jq -n '[range(64) | "u\(.)" | {key: ., value: {id: ., name: ., last_active: 0}}] |
		from_entries' >"$WORK/data/users.json"
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$WORK/data/movies.json"
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows: [range(26) |
		{name: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[.:. + 1], tier: "all", seats: ("#" * 38)}]}}' >"$WORK/data/screens.json"
	jq -n --argjson days "$DAYS" '[range($days) | {key: "\(20190101 + . % 28 + (. / 28 | floor % 12) * 100 + (. / 336 | floor) * 10000)",
		value: ["m"]}] | from_entries' >"$WORK/data/showtimes.json"
	jq -r 'keys[]' "$WORK/data/showtimes.json" | awk '{
		for (row = 0; row < 26; row++) for (seat = 1; seat <= 38; seat++)
			printf "POST /bookings {\"user\":\"u%d\",\"date\":\"%s\",\"movie\":\"m\",\"time\":\"18:00\",\"screen\":\"1\",\"seats\":[\"%c%d\"]}\n",
				(row + 7 * seat) % 64, $1, 65 + row, seat }' >"$WORK/wishes"
}

suite_start() {
	make_data
	start_cinema "CINEMA_DATA=$WORK/data"
}

# load LINES OPTION…: sends the next so many of the wishes; what became of it.
load() {
	local from=1
	[ ! -e "$WORK/from" ] || from=$(cat "$WORK/from")
	tail -n "+$from" "$WORK/wishes" | head -n "$1" >"$WORK/some"
	"$BUILD/bench/load" "${@:2}" "127.0.0.1:$PORT" "$WORK/some" >"$WORK/loaded"
	# Each wish that was fulfilled is gone; those that were refused last may be sent another time.
	echo $((from + $(jq '[.all, '"$1"'] | min' "$WORK/loaded"))) >"$WORK/from"
	cat "$WORK/loaded"
}

peak() {
	load 20000 -c 64 -w 0.3 -d 1
}

# Before, meanwhile and after, in turn; the ratios are judged by the caller.
overload() {
	local round wishes
	rm -f "$WORK/from" "$WORK/over" "$WORK/after"
	wishes=$(size 40000 180000)
	peak >/dev/null # warms all up
	peak >"$WORK/before"
	for ((round = 0; round < ROUNDS; round++)); do
		load "$wishes" -c "$CLIENTS" -w 0.5 -d "$SECONDS_OVER" -s -b >>"$WORK/over"
		sleep "$(size 0 10)"
		peak >>"$WORK/after"
	done
	jq -nc --slurpfile before "$WORK/before" --slurpfile over "$WORK/over" --slurpfile after "$WORK/after" '
		def median(f): map(f) | sort | .[length / 2 | floor];
		($before + $after) as $peaks |
		{peak: ($peaks | median(.good)), good: ($over | median(.good)),
		 answered: ($over | median(.rate)), cpu: ($over | median(.cpu)),
		 status: ($over | map(.status | to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) | from_entries),
		 peak_status: ($peaks | map(.status | keys[]) | unique),
		 untold: ($over | map(.untold) | add), broken: ($over | map(.errors) | add),
		 p50_before: ($before | median(.p50)), p50_after: ($after | median(.p50))} |
		.part = .good / .peak' | tee "$WORK/sum"
}

goes_on() {
	jq -e --argjson part "$1" '.part >= $part' "$WORK/sum" >/dev/null
}

# Only what is true: booked, or come again; and some had to.
is_told() {
	jq -e '(.status | keys - ["201", "429", "503"] == []) and
		(.status["503"] // 0) + (.status["429"] // 0) > 0 and .untold == 0 and .broken == 0 and
		.peak_status == ["201"]' "$WORK/sum" >/dev/null
}

test_a_collapse_would_be_seen() {
	start_cinema "CINEMA_DATA=$WORK/data" "CINEMA_BUILD=$(mutant collapsing fcgi/http/pool.c \
		'1i#include <unistd.h>
		s/pool->work(job);/usleep((useconds_t)(400 * pool->load)); &/' bookings)"
	ROUNDS=1 SECONDS_OVER=1
	overload
	must_fail goes_on 0.5
}

test_most_of_the_peak_goes_on() {
	overload
	is_told || fail 'other answers than these, or none refused'
	goes_on "$PART" || fail "less than $PART of the peak went on"
	jq -e '.p50_after <= 3 * .p50_before' "$WORK/sum" >/dev/null || fail 'it stayed slow'
}

test_nginx_refuses_writes_to_a_service_that_is_full() {
	local wish
	start_cinema "CINEMA_DATA=$WORK/data"
	wish=$(tail -n 1 "$WORK/wishes" | cut -d ' ' -f 3-)
	: >"$STATE/store/bookings/brim/full"
	expect 503 POST /bookings "$wish"
	expect_json '.type == "/problems#busy"'
	expect_header Retry-After '^[1-9]$'
	expect 503 DELETE /bookings/none
	wait_for 15 grep -q '"method":"DELETE"' "$STATE/logs/access.log"
	must_fail grep -q '"service":"bookings"' "$STATE/logs/access.log"
	# Reads, other services and what services ask go on.
	expect 200 GET /bookings
	expect 422 POST /movies '{}'
	of_house POST /bookings "$wish" | jq -e '.seats == ["Z38"]'
	# A service that was killed when it was full is not so when it is back.
	kill_service bookings
	wait_for 15 not_full
	expect 201 POST /bookings "${wish/38/37}"
}

# However slow the machine is: no more than these can be had.
test_refusals_come_at_a_bounded_rate() {
	start_cinema "CINEMA_DATA=$WORK/data"
	: >"$STATE/store/bookings/brim/full"
	"$BUILD/bench/load" -c 500 -w 0.5 -d 2 "127.0.0.1:$PORT" "$WORK/wishes" | tee "$WORK/load"
	jq -e '(.status | keys == ["503"]) and .untold == 0 and .errors == 0 and .rate < 2100' "$WORK/load"
	expect 200 GET /users/u1
	# Those for whom there is no room to wait are refused at once, however slowly the others are.
	reload 's/(zone=refusals:32k rate)=2000r/\1=20r/; s/(zone=refusals burst)=16384/\1=10/'
	"$BUILD/bench/load" -c 500 -w 0.5 -d 2 "127.0.0.1:$PORT" "$WORK/wishes" | tee "$WORK/load"
	jq -e '(.status | keys == ["503"]) and .untold == 0 and .errors == 0 and .rate > 100' "$WORK/load"
}

not_full() {
	[ ! -e "$STATE/store/bookings/brim/full" ]
}

test_most_of_the_peak_goes_on_where_nobody_rests() {
	[ -n "${TORTURE-}" ] || skip 'takes a minute'
	start_cinema "CINEMA_DATA=$WORK/data"
	rm -f "$WORK/from"
	peak >/dev/null
	peak >"$WORK/before"
	load 640000 -c 7500 -w 1 -d 60 -s -b -r "$(jq '.good * 5 | floor' "$WORK/before")" >"$WORK/over"
	sleep 10
	peak >"$WORK/after"
	jq -nc '[inputs] | ., .[1].good / ((.[0].good + .[2].good) / 2)' "$WORK/before" "$WORK/over" "$WORK/after"
	jq -e '(.status | keys - ["201", "429", "503"] == []) and .status["503"] > 0 and .untold == 0 and
		.errors == 0' "$WORK/over"
	jq -es --argjson part "$PART" '.[1].good >= $part * (.[0].good + .[2].good) / 2' \
		"$WORK/before" "$WORK/over" "$WORK/after"
	jq -es '.[1].p50 <= 3 * .[0].p50' "$WORK/before" "$WORK/after"
}

# refuses VAR=value…: a lane made so small refuses, and reading goes on beside it.
refuses() {
	local loads try status=''
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_WAITING_THREADS=2 "$@"
	rm -f "$WORK/from"
	load 60000 -c 300 -d 3 >"$WORK/load" &
	loads=$!
	trap 'wait $loads' EXIT
	sleep 0.3
	tail -n 1 "$WORK/wishes" | cut -d ' ' -f 3- >"$WORK/wish"
	for ((try = 0; try < 200; try++)); do
		expect 200 GET /users/u1
		status=$(curl -s --noproxy '*' --max-time 10 -D "$WORK/headers" -o "$WORK/body" -w '%{http_code}' \
			-H 'Content-Type: application/json' -d "@$WORK/wish" "$URL/bookings")
		[ "$status" != 503 ] || break
	done
	[ "$status" = 503 ] || fail "$try times no 503"
	HEADERS=$(tr -d '\r' <"$WORK/headers") BODY=$(cat "$WORK/body")
	expect_problem POST /bookings 503
	expect_header Retry-After '^[1-9]$'
	expect_json '.type == "/problems#busy"'
	wait $loads
	trap - EXIT
	cat "$WORK/load"
	jq -e '.status | .["201"] > 0 and .["503"] > 0 and keys - ["201", "409", "503"] == []' "$WORK/load"
}

test_who_finds_no_place_in_the_queue_is_told_when_to_come_again() {
	refuses CINEMA_WAITING_QUEUE=16
}

test_who_has_queued_too_long_is_told_so_and_not_served_late() {
	refuses CINEMA_WAITING_MS=10
}

run_suite "$@"
