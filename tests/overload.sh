#!/usr/bin/env bash
# Five times as many bookings as the system can take: those it can take go on, the rest are told when
# to come again, and afterwards all is as before. Compared are ratios of one run.
. "$(dirname "$0")/lib.sh"

SECONDS_OVER=${SECONDS_OVER:-$(size 3 60)}
CLIENTS=${CLIENTS:-$(size 1500 3000)}
PART=${PART:-$(size 0.5 0.8)} # of the peak that must go on
DAYS=$(size 96 336)           # 988 seats each

# A hall that is never sold out, and a request for each of its seats.
make_data() {
	mkdir "$WORK/data"
	jq -n '[range(64) | "u\(.)" | {key: ., value: {id: ., name: ., last_active: 0}}] |
		from_entries' >"$WORK/data/users.json"
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$WORK/data/movies.json"
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows: [range(26) |
		{name: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[.:. + 1], tier: "all", seats: ("#" * 38)}]}}' >"$WORK/data/screens.json"
	jq -n --argjson days "$DAYS" '[range($days) | {key: "\(20190101 + . % 28 + (. / 28 | floor) * 100)",
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

# load FROM LINES OPTION…: sends these of the wishes; what became of it, with the seconds it took.
load() {
	local began
	tail -n "+$1" "$WORK/wishes" | head -n "$2" >"$WORK/some"
	shift 2
	began=${EPOCHREALTIME/./}
	"$BUILD/bench/load" "$@" "127.0.0.1:$PORT" "$WORK/some" |
		jq -c --argjson began "$began" --argjson ended "$(date +%s%6N)" \
			'. + {took: (now - $began / 1000000)} | .good = (.status["201"] // 0) / .took'
}

# Before, meanwhile and after; the ratios are judged by the caller.
overload() {
	local rate
	load 1 12000 -c 64 -d 2 -w 1 >"$WORK/before"
	rate=$(jq '.rate * 5 | floor' "$WORK/before")
	load 12001 $((DAYS * 988 - 32000)) -c "$CLIENTS" -d "$SECONDS_OVER" -s -r "$rate" >"$WORK/over"
	# What has arrived is refused, or done, within CINEMA_WAITING_MS.
	sleep 2
	load $((DAYS * 988 - 20000)) 12000 -c 64 -d 2 -w 0 >"$WORK/after"
	jq -nc --slurpfile before "$WORK/before" --slurpfile over "$WORK/over" --slurpfile after "$WORK/after" '
		$before[0] as $b | $over[0] as $o | $after[0] as $a |
		{peak: ($b.rate | round), good: ($o.good | round), part: ($o.good / $b.rate),
		 status: $o.status, broken: $o.errors, p50_before: $b.p50, p50_after: $a.p50}' | tee "$WORK/sum"
}

goes_on() {
	jq -e --argjson part "$1" '.part >= $part' "$WORK/sum" >/dev/null
}

# Only what is true: booked, taken, or come again.
is_told() {
	jq -e '.status | keys - ["201", "409", "429", "503"] == []' "$WORK/sum" >/dev/null
}

test_a_collapse_would_be_seen() {
	start_cinema "CINEMA_DATA=$WORK/data" "CINEMA_BUILD=$(mutant collapsing fcgi/http/pool.c \
		'1i#include <unistd.h>
		s/pool->work(job);/usleep((useconds_t)(400 * pool->load)); &/' bookings)"
	SECONDS_OVER=1
	overload
	must_fail goes_on 0.5
}

test_most_of_the_peak_goes_on() {
	overload
	is_told || fail 'other answers than these'
	goes_on "$PART" || fail "less than $PART of the peak went on"
	jq -e '.p50_after <= 3 * .p50_before' "$WORK/sum" >/dev/null || fail 'it stayed slow'
}

# refuses VAR=value…: a lane made so small refuses, and reading goes on beside it.
refuses() {
	local loads try status=''
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_WAITING_THREADS=2 "$@"
	load 1 60000 -c 300 -d 3 >"$WORK/load" &
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
