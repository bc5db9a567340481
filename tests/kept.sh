#!/usr/bin/env bash
# The server core over raw FastCGI, without nginx: kept connections, the two lanes, and how it ends.
. "$(dirname "$0")/lib.sh"

suite_start() {
	: # no nginx, no services: each test starts the one program that it needs
}

# start PROGRAM [VAR=value …]: on a socket of its own; SERVER is its process id. It is killed after
# the test unless the test saw it end.
start() {
	local program=$BUILD/tools/$1
	shift
	SOCKET=$WORK/socket
	rm -f "$SOCKET" "$WORK/server.log"
	spawn-fcgi -n -s "$SOCKET" -b 1024 -- /usr/bin/env "$@" "$program" >"$WORK/server.log" 2>&1 &
	SERVER=$!
	await_server
}

answers() {
	kept ask GET /quick >/dev/null 2>&1
}

await_server() {
	trap 'kill -9 $SERVER 2>/dev/null || true' EXIT
	wait_for 10 answers
}

kept() {
	"$BUILD/tools/kept" "$SOCKET" "$@"
}

# ask STATUS METHOD PATH [BODY [NAME=VALUE …]]
ask() {
	local want=$1 got
	shift
	got=$(kept ask "$@") || fail "no answer to $*"
	[[ $got == "Status: $want"* ]] || fail "$*: expected $want, got $got"
	ANSWER=$got
}

# stop [SIGNAL]: the server ends in good order within 2 s.
stop() {
	local began=${EPOCHREALTIME/./} code=0
	kill -"${1:-TERM}" "$SERVER"
	wait "$SERVER" || code=$?
	local took=$(((${EPOCHREALTIME/./} - began) / 1000))
	echo "ended with $code after $took ms"
	cat "$WORK/server.log"
	! grep -E "$CRASHED" "$WORK/server.log" || fail 'it crashed'
	[ "$code" = 0 ] || fail "ended with $code"
	[ "$took" -lt 2000 ] || fail "took $took ms"
}

instrumented() {
	grep -q fsanitize "$BUILD/flags"
}

test_300_kept_connections_never_stall() {
	start echo CINEMA_QUICK_THREADS=4
	kept many 300 2 10 /quick
	kept many 300 2 10 /ask
	stop
}

test_a_plain_accept_loop_stalls_there() {
	local answered
	start plain
	if answered=$(kept many 300 2 2 /quick); then
		fail "it did not: $answered"
	fi
	echo "$answered"
	[[ $answered == 'round 1: 4 of 300 answered'* ]]
}

test_one_connection_takes_one_request_after_the_other() {
	start echo CINEMA_BODY_LIMIT=1024
	local body='{"text":"0123456789"}' path
	for path in /quick /wait; do
		kept repeat 100 GET "$path"
		kept repeat 100 POST "$path" "$body"
	done
	# Bodies that nobody wants, or that are refused, are not taken for the next request.
	kept repeat 20 GET /quick "$body"
	kept repeat 20 DELETE /quick "$body"
	kept repeat 20 POST /nothing "$body"
	kept repeat 20 POST /quick '{"text":'
	kept repeat 20 POST /quick '{"tex":1}'
	kept repeat 20 HEAD /quick
	stop
}

test_a_large_body_is_refused_before_it_is_read() {
	local large=@$WORK/large
	printf '%03000000d' 0 >"$WORK/large"
	start echo CINEMA_BODY_LIMIT=1024
	ask 413 POST /quick "$large"
	[[ $ANSWER == *'"limit":1024'* ]]
	ask 413 POST /quick '' CONTENT_LENGTH=1025
	ask 413 GET /quick "$large"
	if kept repeat 2 POST /quick "$large"; then
		fail 'the connection was kept'
	fi
	# A length that is not the body's.
	ask 400 POST /quick "$large" CONTENT_LENGTH=10
	ask 400 POST /quick '{"text":"x"}' CONTENT_LENGTH=1000
	ask 400 POST /quick '' CONTENT_TYPE=application/json CONTENT_LENGTH=5
	ask 400 POST /quick '{"text":"x"}' CONTENT_LENGTH=x
	ask 201 POST /quick '{"text":"x"}'
	stop
}

test_rubbish_does_no_harm() {
	start echo
	kept rubbish 300
	ask 200 GET /quick
	kept many 50 2 10 /quick
	stop
}

# Two run, one after the other, and three queue; the last of them for longer than one usually may.
test_a_full_queue_is_told_and_quick_routes_go_on() {
	local waiting
	start echo CINEMA_QUICK_THREADS=2 CINEMA_WAITING_THREADS=2 CINEMA_WAITING_QUEUE=3 \
		CINEMA_WAITING_MS=60000
	kept many 12 1 30 '/wait?ms=1500' >"$WORK/answered" &
	waiting=$!
	wait_for 10 refused 7
	kept many 20 2 1 /quick
	ask 503 GET /wait
	[[ $ANSWER == *'Retry-After: 1'* && $ANSWER == */problems#busy* ]]
	ask 503 GET /ask
	wait "$waiting" || true
	cat "$WORK/answered"
	grep -q '^round 1: 5 of 12 answered' "$WORK/answered"
	ask 200 GET /wait
	stop
}

# So many of those in $WORK/answered.
refused() {
	[ "$(grep -c '^refused: Status: 503' "$WORK/answered")" = "$1" ]
}

test_who_has_queued_too_long_is_told_so() {
	start echo CINEMA_WAITING_THREADS=1 CINEMA_WAITING_MS=100
	must_fail kept many 3 1 30 '/wait?ms=600' >"$WORK/answered"
	cat "$WORK/answered"
	refused 2
	grep -q '^round 1: 1 of 3 answered' "$WORK/answered"
	ask 200 GET /wait
	stop
}

test_a_signal_lets_a_running_request_finish() {
	local signal asking
	for signal in TERM INT USR1; do
		start echo
		kept ask GET '/wait?ms=900' >"$WORK/answer" &
		asking=$!
		sleep 0.3
		stop "$signal"
		wait "$asking"
		grep -q '^Status: 200' "$WORK/answer"
	done
}

test_a_signal_lets_queued_requests_finish_or_tells_them() {
	local asking
	start echo CINEMA_WAITING_THREADS=1
	kept many 4 1 10 '/wait?ms=400' >"$WORK/answered" &
	asking=$!
	sleep 0.3
	stop
	wait "$asking" || true
	cat "$WORK/answered"
	grep -qE '(3|4) of 4 answered' "$WORK/answered"
}

test_what_runs_too_long_does_not_hold_up_the_end() {
	local code=0 began
	start echo
	kept ask GET '/wait?ms=5000' >/dev/null 2>&1 &
	sleep 0.3
	began=${EPOCHREALTIME/./}
	kill -TERM "$SERVER"
	wait "$SERVER" || code=$?
	echo "ended with $code after $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
	[ "$code" = 1 ]
	[ $(((${EPOCHREALTIME/./} - began) / 1000)) -lt 4500 ] # before the request would have ended by itself
	grep -q '1 requests were still running' "$WORK/server.log"
}

# Holds COUNT kept connections; a line written to $TELL makes them ask again.
hold() {
	rm -f "$WORK/tell" "$WORK/held"
	mkfifo "$WORK/tell"
	kept hold "$1" "${2:-/quick}" <"$WORK/tell" >"$WORK/held" &
	HOLDING=$!
	exec {TELL}>"$WORK/tell"
	wait_for 20 grep -qs held "$WORK/held"
}

test_a_signal_closes_idle_connections() {
	start echo
	hold 200
	stop
	exec {TELL}>&-
	wait "$HOLDING"
}

test_a_request_that_has_arrived_is_served_before_the_end() {
	start echo CINEMA_QUICK_THREADS=1
	hold 400
	kill -STOP "$SERVER"
	echo >&"$TELL"
	wait_for 10 grep -q sent "$WORK/held"
	kill -TERM "$SERVER"
	kill -CONT "$SERVER"
	stop
	exec {TELL}>&-
	wait "$HOLDING"
	grep -q '^400 of 400$' "$WORK/held"
}

test_it_ends_under_load() {
	local load
	start echo
	kept many 100 100000 10 /quick >/dev/null 2>&1 &
	load=$!
	sleep 0.5
	stop
	wait "$load" || true
}

# The server has no connection: its only socket is the one that listens.
is_alone() {
	[ "$(find "/proc/$SERVER/fd" -lname 'socket:*' | wc -l)" = 1 ]
}

# How many of so many descriptors the server has left; it has inherited some.
free_descriptors() {
	local descriptor left=$1
	for descriptor in "/proc/$SERVER/fd"/*; do
		[ "${descriptor##*/}" -ge "$1" ] || left=$((left - 1))
	done
	printf '%s\n' "$left"
}

test_it_lives_through_a_lack_of_descriptors() {
	local answered before after lines
	SOCKET=$WORK/socket
	rm -f "$SOCKET"
	(
		ulimit -n 60
		exec spawn-fcgi -n -s "$SOCKET" -b 1024 -- "$BUILD/tools/echo"
	) >"$WORK/server.log" 2>&1 &
	SERVER=$!
	await_server
	before=$(awk '{ print $14 + $15 }' "/proc/$SERVER/stat")
	# These are all there before they ask, so some are let go to make room, unlike nginx's.
	answered=$(kept many 200 1 2 /quick 2>&1) || true
	after=$(awk '{ print $14 + $15 }' "/proc/$SERVER/stat")
	echo "$answered; $((after - before)) ticks of CPU"
	[ $((after - before)) -lt 50 ]
	# Idle connections that have every descriptor make room for who comes.
	wait_for 10 is_alone
	hold $(($(free_descriptors 60) - 1)) # accepting takes one before it looks whether somebody waits
	for _ in {1..40}; do
		ask 200 GET /quick
	done
	exec {TELL}>&-
	wait "$HOLDING" || true
	kept many 20 2 5 /quick
	# Told when it begins, and not each time that it is tried again.
	lines=$(grep -c 'cannot accept' "$WORK/server.log")
	[ "$lines" -ge 1 ] && [ "$lines" -le 10 ] || fail "$lines lines tell of it"
	stop
}

test_a_thousand_kept_connections_take_little_memory() {
	local idle full
	ulimit -n 4096 2>/dev/null || skip 'no more than 1024 descriptors here'
	start echo
	ask 200 GET /wait
	idle=$(awk '/VmRSS/ { print $2 }' "/proc/$SERVER/status")
	hold 1000
	full=$(awk '/VmRSS/ { print $2 }' "/proc/$SERVER/status")
	echo "resident: $idle KiB idle, $full KiB with 1000 connections"
	instrumented || [[ $idle -lt 12288 && $full -lt 32768 ]]
	stop
	exec {TELL}>&-
}

# The same of a service, which has more in hand for each.
test_a_thousand_connections_to_a_service_take_little_memory() {
	local idle full
	ulimit -n 4096 2>/dev/null || skip 'no more than 1024 descriptors here'
	start_cinema
	SERVER=$(service_pid movies) SOCKET=$STATE/movies.sock
	kept ask GET /movies >"$WORK/out"
	idle=$(awk '/VmRSS/ { print $2 }' "/proc/$SERVER/status")
	hold 1000 /movies
	full=$(awk '/VmRSS/ { print $2 }' "/proc/$SERVER/status")
	echo "resident: $idle KiB idle, $full KiB with 1000 connections"
	[[ -n $WRAP ]] || instrumented || [[ $full -lt $((idle + 4096)) ]]
	exec {TELL}>&-
	wait "$HOLDING"
}

test_without_a_socket_it_says_how_to_start_it() {
	if "$BUILD/tools/echo" </dev/null 2>"$WORK/why"; then
		fail 'it started'
	fi
	grep -q spawn-fcgi "$WORK/why"
}

run_suite "$@"
