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

suite_start() {
	many_seats "$DAYS"
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

run_suite "$@"
