#!/usr/bin/env bash
# Trouble that lasts for a while: a full, slow or broken disk, no descriptors, a peer that is silent,
# breaks off or answers rubbish. What needs it is told 503 in bounded time, with the peer's name and
# when to come again; all else goes on; and when the trouble is over so is the 503, without a restart.
. "$(dirname "$0")/lib.sh"

USER_=nayana_patil
MOVIE=96798c08-d19b-4986-a05d-7da856efb697
SEATS=/showtimes/20180805/$MOVIE/18:00-1/seats

suite_start() {
	SEAT=0
}

# The next wish, for a seat that nobody has asked for yet.
wish() {
	SEAT=$((SEAT + 1))
	local row=$((SEAT / 20))
	WISH="{\"user\":\"$USER_\",\"date\":\"20180805\",\"movie\":\"$MOVIE\",\"seats\":[\"$(printf %b "\\x$(printf %x $((65 + row)))")$((SEAT % 20 + 1))\"]}"
}

books() {
	wish
	[ "$(curl -s --noproxy '*' --max-time 15 -o "$WORK/body" -w '%{http_code}' -d "$WISH" \
		-H 'Content-Type: application/json' "$URL/bookings")" = 201 ]
}

# refused METHOD PATH [BODY [option…]]: a 503 that says when to come again, while a client waits.
refused() {
	expect 503 "$@"
	expect_header Retry-After '^[1-9][0-9]*$'
}

#
# A peer
#

# spoiled PREFIX [VAR=value…]: an instance in which questions at PREFIX pass by a tool that spoils them.
spoiled() {
	start_cinema CINEMA_PEER_TIMEOUT_MS=500 CINEMA_PEER_CACHE_MS=0 "${@:2}"
	mv "$STATE/internal.sock" "$STATE/real.sock"
	"$BUILD/tools/between" "$STATE/internal.sock" "$STATE/real.sock" "$1" "$WORK/mode" &
	BETWEEN=$!
	trap 'kill $BETWEEN; wait $BETWEEN || true' EXIT
	be pass
	wait_for 10 test -S "$STATE/internal.sock"
	chmod 666 "$STATE/internal.sock"
	# They have connections that pass by it.
	local name
	for name in users movies showtimes bookings; do
		kill_service "$name" TERM
	done
	wait_for 20 run_sh status >/dev/null
	wait_for 20 books
}

be() {
	echo "$1" >"$WORK/mode.new"
	mv "$WORK/mode.new" "$WORK/mode"
}

is_refused_for() {
	wish
	refused POST /bookings "$WISH"
	expect_json '.type == "/problems#peer-down" and .peer == $peer' --arg peer "$1"
}

MODES=$(size 'close cut text' 'close slow drip cut noise text fail endless')

test_bookings_without_users() {
	local mode
	spoiled "/users/$USER_"
	wish
	expect 201 POST /bookings "$WISH"
	local booked
	booked=$(header Location)
	for mode in slow $MODES; do
		be "$mode"
		is_refused_for users
		# What does not ask users.
		expect 200 GET "$booked"
		expect 200 GET "/bookings/$USER_"
		expect 200 GET /bookings
		expect 200 GET "$SEATS"
		expect 200 PATCH "$booked" '{"status":"confirmed"}'
		expect 200 GET "/users/$USER_"
		expect 200 GET /movies
		be pass
		wait_for 15 books
	done
	expect 200 DELETE "$booked"
}

test_bookings_without_showtimes() {
	local mode
	spoiled /showtimes/
	for mode in $MODES list; do
		be "$mode"
		[ "$mode" = list ] || is_refused_for showtimes
		expect 200 GET "/bookings/$USER_"
		expect 200 GET /showtimes
		[ "$mode" = list ] || refused GET "$SEATS"
		be pass
		wait_for 15 books
	done
	expect 200 GET "$SEATS"
}

test_users_without_bookings_and_movies() {
	local mode peer
	for peer in bookings movies; do
		spoiled "/$peer"
		for mode in $MODES list; do
			be "$mode"
			refused GET "/users/$USER_/bookings"
			expect_json '.peer == $peer' --arg peer "$peer"
			refused GET "/users/$USER_/suggested"
			expect 200 GET /users
			expect 200 GET "/users/$USER_"
			expect 200 GET "/$peer"
			be pass
			expect 200 GET "/users/$USER_/bookings"
			expect 200 GET "/users/$USER_/suggested"
		done
		kill "$BETWEEN"
		wait "$BETWEEN" || true
	done
	trap - EXIT
}

# The cache carries a booking over a peer's short absence.
test_what_was_told_a_moment_ago_is_enough() {
	spoiled "/users/$USER_" CINEMA_PEER_CACHE_MS=60000
	be close
	wish
	expect 201 POST /bookings "$WISH"
}

#
# The disk
#

# on_disk ENGINE: an instance whose disk is as $WORK/disk says.
on_disk() {
	start_cinema "CINEMA_STORE=$1" CINEMA_WRAP="/usr/bin/env LD_PRELOAD=$BUILD/shims/fault.so \
		FAULT_FILE=$WORK/disk ASAN_OPTIONS=verify_asan_link_order=0"
	disk good
	wait_for 10 books
}

disk() {
	echo "$*" >"$WORK/disk.new"
	mv "$WORK/disk.new" "$WORK/disk"
}

reads_go_on() {
	expect 200 GET "/bookings/$USER_"
	expect 200 GET "$SEATS"
	expect 200 GET "/users/$USER_"
	expect 200 GET /healthz
}

no_room() {
	local engine=$1 before state problem
	on_disk "$engine"
	for state in full:store-full broken:store-failed; do
		problem=${state#*:}
		expect 200 GET "/bookings/$USER_?view=full"
		before=$BODY
		disk "${state%:*}"
		for _ in 1 2 3; do
			wish
			refused POST /bookings "$WISH" -H 'Idempotency-Key: again'
			expect_json '.type == $type' --arg type "/problems#$problem"
		done
		reads_go_on
		expect 200 GET "/bookings/$USER_?view=full"
		[ "$BODY" = "$before" ] || fail "there is more than before: $BODY"
		disk good
		wait_for 30 books
	done
	run_sh stop
	"$BUILD/bookings" --audit
}

test_a_full_or_broken_disk_on_sqlite() {
	no_room sqlite
}

test_a_full_or_broken_disk_on_json() {
	no_room json
}

test_a_slow_disk_holds_up_nobody_who_reads() {
	local count jobs=()
	on_disk sqlite
	disk slow 700
	for ((count = 0; count < 8; count++)); do
		books &
		jobs+=($!)
		SEAT=$((SEAT + 1))
	done
	sleep 0.2
	# As many reads as the disk would let through in minutes, were they to wait for it.
	for ((count = 0; count < 12; count++)); do
		reads_go_on
	done
	wait_all "${jobs[@]}"
	disk good
	expect 200 GET "/bookings/$USER_?view=full"
	expect_json 'length >= 9'
}

#
# Long answers
#

# An answer longer than what libfcgi sends at once, as exports are sent: its first part comes, and a
# second later the rest. nginx is told to go on with new workers in between.
quits_in_the_middle() {
	local whole asks
	expect 200 GET /users/export
	whole=$BODY
	[ ${#whole} -gt 8192 ] || fail 'this answer comes in one piece'
	disk pause 1500
	curl -s --noproxy '*' --max-time 20 -N -o "$WORK/part" "$URL/users/export" &
	asks=$!
	wait_for 10 test -s "$WORK/part"
	reload ''
	wait "$asks" || true
	disk good
	[ "$(cat "$WORK/part")" = "$whole" ]
}

test_an_answer_under_way_is_not_cut_when_nginx_quits() {
	on_disk sqlite
	expect 200 POST /users/import "$(jq -nc '[range(400) | "u\(.)" | {key: ., value: {id: ., name: ., last_active: 0}}] | from_entries')"
	expect_json '.taken == 400'
	quits_in_the_middle
	# With buffers that just take in one of libfcgi's pieces it is.
	reload 's/^( *fastcgi_buffer(s 32|_size)) 8200;/\1 8192;/'
	must_fail quits_in_the_middle
	wait_for 10 grep -q 'open socket' "$STATE/logs/nginx-error.log"
	: >"$STATE/logs/nginx-error.log"
}

#
# Descriptors
#

test_no_descriptors() {
	start_cinema CINEMA_WRAP='/usr/bin/prlimit --nofile=48'
	local before
	before=$(service_pids)
	{
		echo "GET /users/$USER_"
		echo "GET /users/$USER_/bookings"
		echo "GET /bookings/$USER_"
		echo "GET /showtimes/20180805 no-cache"
	} >"$WORK/wishes"
	"$BUILD/bench/load" -c 400 -d "$(size 2 20)" "127.0.0.1:$PORT" "$WORK/wishes" >"$WORK/load"
	cat "$WORK/load"
	# Some find none, and are told so by nginx or by the service.
	jq -e '.status["200"] > 0 and (.status | keys - ["200", "404", "429", "502", "503", "504"] == [])' "$WORK/load"
	wait_for 15 books
	reads_go_on
	[ "$(service_pids)" = "$before" ] || fail 'a service did not live through it'
}

run_suite "$@"
