#!/usr/bin/env bash
# A service that is full: nginx, or the service itself, refuses what it has no room for and says when to
# come again; everything else is served.
. "$(dirname "$0")/lib.sh"

suite_start() {
	many_seats 20
	LAST=$(tail -n 1 "$WORK/wishes" | cut -d ' ' -f 3-)
}

test_nginx_refuses_writes_to_a_service_that_is_full() {
	start_cinema "CINEMA_DATA=$WORK/data"
	: >"$STATE/store/bookings/brim/full"
	expect 503 POST /bookings "$LAST"
	expect_json '.type == "/problems#busy"'
	expect_header Retry-After '^[1-9]$'
	expect 503 DELETE /bookings/none
	wait_for 15 grep -q '"method":"DELETE"' "$STATE/logs/access.log"
	must_fail grep -q '"service":"bookings"' "$STATE/logs/access.log"
	# Reads, other services and what services ask go on.
	expect 200 GET /bookings
	expect 422 POST /movies '{}'
	of_house POST /bookings "$LAST" | jq -e '.seats == ["Z38"]'
	# A service that was killed when it was full is not so when it is back.
	kill_service bookings
	wait_for 15 not_full
	expect 201 POST /bookings "${LAST/38/37}"
}

# However slow the machine is: no more than these can be had.
test_refusals_come_at_a_bounded_rate() {
	start_cinema "CINEMA_DATA=$WORK/data"
	: >"$STATE/store/bookings/brim/full"
	"$BUILD/bench/load" -c 500 -w 0 -d 1 "127.0.0.1:$PORT" "$WORK/wishes" | tee "$WORK/load"
	jq -e '(.status | keys == ["503"]) and .untold == 0 and .errors == 0 and .all < 2100 * .took' "$WORK/load"
	expect 200 GET /users/u1
	# Those for whom there is no room to wait are refused at once, however slowly the others are.
	reload 's/(zone=refusals:32k rate)=2000r/\1=20r/; s/(zone=refusals burst)=16384/\1=10/'
	"$BUILD/bench/load" -c 500 -w 0 -d 0.5 "127.0.0.1:$PORT" "$WORK/wishes" | tee "$WORK/load"
	jq -e '(.status | keys == ["503"]) and .untold == 0 and .errors == 0 and .rate > 100' "$WORK/load"
}

not_full() {
	[ ! -e "$STATE/store/bookings/brim/full" ]
}

# Until $WORK/enough is there.
loads() {
	until [ -e "$WORK/enough" ]; do
		"$BUILD/bench/load" -c 300 -w 0 -d 0.5 "127.0.0.1:$PORT" "$WORK/wishes" || return
	done >"$WORK/load"
}

# refuses VAR=value…: a lane made so small refuses, and reading goes on beside it.
refuses() {
	local loads try status=''
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_WAITING_THREADS=2 "$@"
	rm -f "$WORK/enough"
	loads &
	loads=$!
	trap 'touch "$WORK/enough"; wait $loads' EXIT
	printf %s "$LAST" >"$WORK/wish"
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
	touch "$WORK/enough"
	wait $loads
	trap - EXIT
	cat "$WORK/load"
	jq -es 'map(.status) | any(.["201"] > 0) and any(.["503"] > 0) and (map(keys) | add - ["201", "409", "503"] == [])' "$WORK/load"
}

test_who_finds_no_place_in_the_queue_is_told_when_to_come_again() {
	refuses CINEMA_WAITING_QUEUE=16
}

test_who_has_queued_too_long_is_told_so_and_not_served_late() {
	refuses CINEMA_WAITING_MS=10
}

run_suite "$@"
