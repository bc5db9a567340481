#!/usr/bin/env bash
# Clients that are slow on purpose, by the hundred, by slowhttptest: they send a header, or a body, or
# take an answer, byte by byte. Meanwhile an ordinary user, from another address, books.
. "$(dirname "$0")/lib.sh"

MANY=$(size 300 1000)
ROUNDS=$(size 5 40)
DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6

suite_start() {
	start_with_limits
}

# As cinema.conf has it, but with passwords that are cheap.
start_with_limits() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1 CINEMA_ADDRESS_READS=6000 \
		CINEMA_ADDRESS_WRITES=1200 CINEMA_ADDRESS_LOGINS=120 CINEMA_ADDRESS_CONNECTIONS=200
	of_house POST /users '{"id":"ann","name":"Ann","password":"password of ann"}' >/dev/null
	of_house POST /users/ann/tokens '{"password":"password of ann"}' | jq -er .token >"$WORK/token.ann"
}

# slowly OPTION…: so many clients of a kind, in the background, until they are ended.
slowly() {
	command -v slowhttptest >/dev/null || skip 'needs slowhttptest'
	slowhttptest -c "$MANY" -r "$MANY" -l 600 -i 1 -v 1 "$@" </dev/null >"$WORK/slow" 2>&1 &
	SLOW=$!
	trap 'kill "$SLOW"' EXIT
}

# The connections to nginx that stand now.
connections() {
	awk -v port="$(printf ':%04X' "$PORT")" '$4 == "01" && index($2, port)' /proc/net/tcp | wc -l
}

are_many() {
	[ "$(connections)" -ge "$1" ]
}

# The ordinary user looks around and books, while the others are at it; all of it must work.
books_meanwhile() (
	for ((n = 0; n < ROUNDS; n++)); do
		expect 200 GET /movies --interface 127.0.0.2
		expect 200 GET "/showtimes/$DATE/$MOVIE/18:00-1/seats" --interface 127.0.0.2
		AS=ann expect 201 POST /bookings "{\"user\":\"ann\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}" --interface 127.0.0.2
		AS=ann expect 200 GET /bookings/ann --interface 127.0.0.2
	done
	are_many 100 || fail 'the slow ones were gone before it was over'
)


test_slow_headers_by_the_hundred() {
	slowly -H -u "$URL/movies"
	wait_for 30 are_many $((MANY * 9 / 10))
	books_meanwhile
}

# A body is waited for in nginx alone, and of one address only so many.
test_slow_bodies_by_the_hundred() {
	slowly -B -s 8192 -f application/json -u "$URL/users"
	wait_for 30 are_many 190
	books_meanwhile
}

test_slow_readers_by_the_hundred() {
	slowly -X -w 1 -y 2 -n 1 -z 1 -k 3 -u "$URL/showtimes/$DATE/$MOVIE/18:00-1/seats"
	wait_for 30 are_many 190
	books_meanwhile
}

# With a door as narrow as some have it, the same attack shuts the ordinary user out.
test_an_exhausted_server_would_be_seen() {
	start_with_limits
	reload 's/worker_connections .*/worker_connections 64;/; s|^error_log .*|error_log /dev/null;|'
	slowly -H -u "$URL/movies"
	wait_for 30 are_many 60
	must_fail books_meanwhile
}

# Those who send a header byte by byte do not gain time by it; who sends nothing of a body is dropped.
test_who_takes_too_long_is_dropped() {
	start_with_limits
	reload 's/client_(header|body)_timeout .*/client_\1_timeout 1s;/'
	drops_slow_headers
	drops_silent_bodies
}

drops_slow_headers() {
	local connection n code=1
	exec {connection}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'GET /movies HTTP/1.1\r\nHost: x\r\nX: ' >&"$connection"
	for ((n = 0; n < 200 && code; n++)); do
		printf x >&"$connection" || code=0
		sleep 0.1
	done
	exec {connection}>&-
	return "$code"
} 2>/dev/null

drops_silent_bodies() {
	local connection
	exec {connection}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{' >&"$connection"
	timeout 30 cat <&"$connection" >/dev/null || [ $? != 124 ]
}

run_suite "$@"
