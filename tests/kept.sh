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
	kept many 12 1 30 '/wait?ms=3000' >"$WORK/answered" &
	waiting=$!
	wait_for 10 refused 7
	kept many 20 2 2 /quick
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
	start echo CINEMA_WAITING_THREADS=1 CINEMA_WAITING_MS=2000
	must_fail kept many 3 1 30 '/wait?ms=4000' >"$WORK/answered"
	cat "$WORK/answered"
	refused 2
	grep -q '^round 1: 1 of 3 answered' "$WORK/answered"
	ask 200 GET /wait
	stop
}

# A request that waits is under way.
in_hand() {
	grep -q '^waiting$' "$WORK/server.log"
}

test_a_signal_lets_a_running_request_finish() {
	local signal asking
	for signal in TERM INT USR1; do
		start echo
		kept ask GET '/wait?ms=900' >"$WORK/answer" &
		asking=$!
		wait_for 10 in_hand
		stop "$signal"
		wait "$asking"
		grep -q '^Status: 200' "$WORK/answer"
	done
}

test_a_signal_lets_queued_requests_finish_or_tells_them() {
	local asking
	start echo CINEMA_WAITING_THREADS=1 CINEMA_WAITING_MS=60000
	kept many 6 1 10 '/wait?ms=400' >"$WORK/answered" &
	asking=$!
	wait_for 10 in_hand
	sleep 0.3
	stop
	wait "$asking" || true
	cat "$WORK/answered"
	grep -qE '^round 1: [3-6] of 6 answered' "$WORK/answered"
	# What is not begun a second after the signal is told so: all of them would take too long.
	[[ $(grep -c '^refused: Status: 503' "$WORK/answered") == $((6 - $(sed -n 's/^round 1: \(.\) of .*/\1/p' "$WORK/answered"))) ]]
}

test_what_runs_too_long_does_not_hold_up_the_end() {
	local code=0 asking
	start echo
	kept ask GET '/wait?ms=10000' >"$WORK/answer" 2>&1 &
	asking=$!
	wait_for 10 in_hand
	kill -TERM "$SERVER"
	wait "$SERVER" || code=$?
	cat "$WORK/server.log"
	[ "$code" = 1 ]
	# It was not waited for.
	wait "$asking" || true
	must_fail grep -q '^Status:' "$WORK/answer"
	grep -q '1 requests were still running' "$WORK/server.log"
}

# hold COUNT [PATH]: holds kept connections; a line written to $TELL makes them ask again.
hold() {
	rm -f "$WORK/tell" "$WORK/held"
	mkfifo "$WORK/tell"
	kept hold "$1" "${2-/quick}" <"$WORK/tell" >"$WORK/held" &
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
	local answered before after lines holding tell
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
	holding=$HOLDING tell=$TELL
	hold 1
	for _ in {1..40}; do
		ask 200 GET /quick
	done
	exec {TELL}>&- {tell}>&-
	wait "$HOLDING" "$holding" || true
	kept many 20 2 5 /quick
	# While none of them is idle nothing can be accepted.
	wait_for 10 is_alone
	kept many $(($(free_descriptors 60) - 1)) 1 30 '/wait?ms=3000' &
	holding=$!
	wait_for 10 in_hand
	sleep 0.3
	until kept ask GET '/wait?ms=3000' >"$WORK/answer" 2>&1; do sleep 0.01; done
	wait "$holding"
	# Told when it begins, and not each time that it is tried again.
	lines=$(grep -c 'cannot accept' "$WORK/server.log")
	echo "$lines lines tell of it"
	[[ $lines -ge 1 && $lines -le 10 ]] || fail "$lines lines tell of it"
	stop
}

# memory_of PID FIELD: KiB, by /proc/PID/status.
memory_of() {
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# Of each service: its own memory (what it maps of libraries is shared, and as the kernel likes) when
# idle, how that grows by 1,000 connections, and all that is resident then.
test_a_thousand_kept_connections_take_little_memory_of_a_service() {
	local name pid idle full resident
	ulimit -n 4096 2>/dev/null || skip 'no more than 1024 descriptors here'
	start_cinema
	for name in users movies showtimes bookings; do
		SOCKET=$STATE/$name.sock
		pid=$(service_pid "$name")
		idle=$(memory_of "$pid" RssAnon)
		hold 1000 /healthz
		full=$(memory_of "$pid" RssAnon)
		resident=$(memory_of "$pid" VmRSS)
		echo "$name: $idle KiB idle, $full with 1000 connections, and $resident resident"
		[ "$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l)" -gt 1000 ]
		# A sanitizer and valgrind take more than the service.
		if [ -z "${CINEMA_WRAP-}" ] && ! grep -qs fsanitize "$BUILD/flags"; then
			[ "$idle" -lt 3072 ]
			[ $((full - idle)) -lt 2048 ]
			[ "$resident" -lt 32768 ]
		fi
		exec {TELL}>&-
		wait "$HOLDING"
	done
}

test_without_a_socket_it_says_how_to_start_it() {
	if "$BUILD/tools/echo" </dev/null 2>"$WORK/why"; then
		fail 'it started'
	fi
	grep -q spawn-fcgi "$WORK/why"
}

test_with_a_bad_setting_it_does_not_start() {
	CINEMA_WAITING_QUEUE=long must_fail "$BUILD/users" </dev/null 2>"$WORK/why"
	grep -q '^users: CINEMA_WAITING_QUEUE is "long", but takes' "$WORK/why"
}

test_it_takes_as_many_descriptors_as_it_may_have() {
	local soft hard
	ulimit -Sn 64
	start echo
	read -r _ _ _ soft hard _ < <(grep '^Max open files' "/proc/$SERVER/limits")
	[[ $hard != 64 && $soft = "$hard" ]]
	stop
}

run_suite "$@"
