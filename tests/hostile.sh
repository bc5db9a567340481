#!/usr/bin/env bash
# Ten thousand bad requests, made from the services' tables of routes and fields: none is answered
# with a 5xx, each 4xx is a whole problem that names the field, and the services are the same
# processes afterwards. First a service with a check taken out, to see that seen. A run is the same
# again with HOSTILE_SEED.
. "$(dirname "$0")/lib.sh"

REQUESTS=$(size 10000 200000)

suite_start() {
	local name
	start_cinema CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	for name in users movies showtimes bookings; do
		"$BUILD/$name" --routes >"$WORK/$name.routes"
	done
}

# How many connections of clients, and ports, nginx's workers have in hand.
connections() {
	local worker
	for worker in $(nginx_workers); do
		find "/proc/$worker/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null
	done | tr -dc '0-9\n' | sort -u | comm -23 - <(awk '{ print $7 }' /proc/net/unix | sort -u) | wc -l
}

# Nginx waits some seconds for the rest of a body that it has refused, and then lets go of all.
lets_go() {
	sleep 0.2
	[ "$(connections)" -le "$1" ]
}

# volley SEED COUNT
volley() {
	local before code=0
	before=$(connections)
	"$BUILD/tools/hostile" "$1" "$2" "$WORK"/*.routes >"$WORK/requests"
	"$BUILD/tools/volley" 127.0.0.1 "$PORT" 4 <"$WORK/requests" || code=1
	wait_for 40 lets_go "$before"
	return "$code"
}

test_a_missing_check_is_seen() {
	start_cinema CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1 "CINEMA_BUILD=$(mutant lenient \
		fcgi/http/field.c 's/good = check_unknown(fields, object, prefix, errors) && good/(void)check_unknown/' movies)"
	must_fail volley 1 2000 >"$WORK/said"
	grep -q 'an unknown field' "$WORK/said"
}

test_no_bad_request_breaks_anything() {
	volley "${HOSTILE_SEED:-1}" "$REQUESTS"
	must_fail grep '"level":"error"' "$STATE"/logs/{users,movies,showtimes,bookings}.log
	expect 200 GET /healthz
}

run_suite "$@"
