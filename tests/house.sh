#!/usr/bin/env bash
# What a service may do on the machine that it runs on: as whom, which files, which system calls.
. "$(dirname "$0")/lib.sh"

SERVICES=(users movies showtimes bookings)
# Sanitizers and valgrind need more than a service may.
! grep -qs fsanitize "$BUILD/flags" && [ -z "$WRAP" ] || LOOSE='this build runs unconfined'

need_confinement() {
	[ -z "${LOOSE-}" ] || skip "$LOOSE"
}

need_root() {
	[ "$(id -u)" = 0 ] || skip 'needs root'
}

# of NAME FIELD: what the kernel says of a service.
of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$(service_pid "$1")/status"
}

test_no_service_runs_as_root() {
	need_root
	need_confinement
	local name worker workers user
	user=$(id -u cinema)
	for name in "${SERVICES[@]}"; do
		[ "$(of "$name" Uid)" = "$user	$user	$user	$user" ] || fail "$name is $(of "$name" Uid)"
		[ "$(of "$name" Groups)" = "$(id -g cinema) " ]
		[ "$(of "$name" CapEff)" = 0000000000000000 ]
	done
	workers=$(nginx_workers)
	[ -n "$workers" ]
	for worker in $workers; do
		[ "$(stat -c %u "/proc/$worker")" = "$user" ] || grep -q "^Uid:	$user	" "/proc/$worker/status"
	done
	expect 200 GET / -H 'Accept: text/html'
	expect 200 GET /movies
}

test_every_service_is_confined() {
	need_confinement
	local name
	for name in "${SERVICES[@]}"; do
		[ "$(of "$name" Seccomp)" = 2 ]
		[ "$(of "$name" NoNewPrivs)" = 1 ]
		[ "$(of "$name" Umask)" = 0077 ]
		must_fail grep -E 'system call|CINEMA_CONFINE' "$STATE/logs/$name.log"
	done
}

test_nobody_else_reads_the_state() {
	need_confinement
	expect 201 POST /bookings '{"user":"nayana_patil","date":"20180805","movie":"96798c08-d19b-4986-a05d-7da856efb697"}'
	local name
	for name in "${SERVICES[@]}"; do
		[ "$(stat -c %a "$STATE/$name.sock")" = 660 ]
		[ "$(stat -c %a "$STATE/store/$name")" = 700 ]
		[ "$(stat -c %u "$STATE/store/$name")" = "$(of "$name" Uid | cut -f 1)" ]
	done
	[[ $(stat -c %a "$STATE") == 7[01]0 && $(stat -c %a "$STATE/pids") = 700 ]]
	find "$STATE" -type f ! -path "$STATE/web/*" -perm /077 >"$WORK/open"
	[ ! -s "$WORK/open" ] || fail "others can read: $(cat "$WORK/open")"
	# What root runs or believes is root's.
	[ "$(stat -c %u "$STATE" "$STATE/nginx.conf" "$STATE/pids" "$STATE/logs" | sort -u)" = "$(id -u)" ]
}

test_it_can_be_turned_off_but_not_silently() {
	start_cinema CINEMA_CONFINE=off
	local name
	for name in "${SERVICES[@]}"; do
		[ "$(of "$name" Seccomp)" = 0 ]
		grep -q 'CINEMA_CONFINE is off' "$STATE/logs/$name.log"
	done
	new_settings CINEMA_CONFINE=perhaps
	must_fail run_sh start 2>"$WORK/said"
	grep -q 'CINEMA_CONFINE is "perhaps", but takes on or off' "$WORK/said"
}

test_root_must_be_asked_for() {
	need_root
	new_settings CINEMA_USER=root
	run_sh start >"$WORK/said"
	grep -q 'run as root, because CINEMA_USER says so' "$WORK/said"
	[ "$(of users Uid | cut -f 1)" = 0 ]
	# SQLite makes its files root's then, which the filter has to let pass.
	run_sh restart >/dev/null
	URL=$URL expect 201 POST /movies '{"title":"T","director":"D","rating":1}'
	new_settings CINEMA_USER=no-such-user
	must_fail run_sh start 2>"$WORK/said"
	grep -q 'CINEMA_USER is "no-such-user", but there is no such user' "$WORK/said"
}

test_a_state_that_the_user_cannot_enter_is_told() {
	need_root
	need_confinement
	new_settings
	chown nobody "$STATE"
	must_fail run_sh start 2>"$WORK/said"
	[ "$(wc -l <"$WORK/said")" = 1 ]
	grep -q "cinema, cannot enter CINEMA_STATE, $STATE: it belongs to nobody" "$WORK/said"
}

# All but the programs that the system has may be where root alone can read.
test_data_state_and_programs_may_be_roots_alone() {
	need_root
	need_confinement
	mkdir -m 700 "$WORK/closed"
	cp -r "$ROOT/data" "$WORK/closed/data"
	mkdir "$WORK/closed/build"
	cp "$BUILD"/{users,movies,showtimes,bookings} "$WORK/closed/build"
	chmod -R go= "$WORK/closed"
	start_cinema "CINEMA_DATA=$WORK/closed/data" "CINEMA_BUILD=$WORK/closed/build" "CINEMA_STATE=$WORK/closed/var"
	[ "$(of movies Uid | cut -f 1)" = "$(id -u cinema)" ]
	expect 200 GET /movies
	expect_json 'length > 0'
	expect 200 GET / -H 'Accept: text/html'
	expect 200 GET /healthz
}

test_two_stores_of_one_service_are_told() {
	start_cinema
	stop_cinema
	cp "$STATE/store/movies/movies.sqlite" "$STATE/store/" 2>/dev/null || cp "$STATE/store/movies/movies.json" "$STATE/store/"
	must_fail run_sh start 2>"$WORK/said"
	grep -q 'remove the one that is not wanted' "$WORK/said"
}

test_the_state_of_before_is_taken_over() {
	need_root
	need_confinement
	local engine name
	for engine in sqlite json; do
		start_cinema CINEMA_USER=root CINEMA_STORE=$engine
		expect 201 POST /users '{"id":"before","name":"Before"}'
		stop_cinema
		# As it was: root's, and side by side.
		for name in "${SERVICES[@]}"; do
			mv "$STATE/store/$name"/* "$STATE/store/"
			rmdir "$STATE/store/$name"
		done
		chmod 700 "$STATE"
		export CINEMA_USER=cinema
		run_sh start
		expect 200 GET /users/before
		[ "$(stat -c %U "$STATE/store/users/users.$engine")" = cinema ]
		[ "$(find "$STATE/store" -maxdepth 1 -type f)" = '' ]
		expect 201 POST /users '{"id":"after","name":"After"}'
		run_sh restart
		expect 200 GET /users/after
		# A backup that root has put back.
		run_sh stop
		cp -r "$STATE/store" "$WORK/backup"
		rm -r "$STATE/store"
		mv "$WORK/backup" "$STATE/store"
		chown -R root:root "$STATE/store"
		run_sh start
		expect 200 GET /users/after
		run_sh stop
		"$BUILD/bookings" --audit
	done
}

test_what_is_not_the_stores_is_not_given_away() {
	need_root
	need_confinement
	start_cinema
	stop_cinema
	echo secret >"$WORK/secret"
	ln "$WORK/secret" "$STATE/store/movies/hard"
	ln -s "$WORK/secret" "$STATE/store/movies/soft"
	run_sh start
	[ "$(stat -c %u "$WORK/secret")" = 0 ]
}

# attempt WANT ATTEMPT [ARGUMENT]: a confined program tries; WANT is what comes of it.
attempt() {
	local want=$1 got code=0
	shift
	got=$("$BUILD/tools/confined" "$WORK/own" "$@" 2>"$WORK/log.confined") || code=$?
	[ "$code" != $((128 + $(kill -l SYS))) ] || got=ended
	[ "$got" = "$want" ] || fail "$*: $got, expected $want; $(cat "$WORK/log.confined")"
	[ "$got" != ended ] || grep -q 'system call [0-9]* is none that a service uses' "$WORK/log.confined"
}

# What a service needs succeeds, what it does not need fails; unconfined all of it would succeed.
test_a_confined_process_can_do_no_more_than_it_needs() {
	need_confinement
	mkdir -p "$WORK/own" "$WORK/other"
	echo '{}' >"$WORK/other/store"
	echo '{}' >"$WORK/own/store"
	attempt 'done' read "$WORK/own/store"
	attempt 'done' write "$WORK/own/store"
	attempt 'done' rename "$WORK/own/new"
	attempt 'done' thread
	local try
	for try in exec fork 'listen '"$WORK/own/socket" ptrace code unshare 'chmod '"$WORK/own/store"; do
		# shellcheck disable=SC2086 # an attempt and its argument
		attempt ended $try
		rm -f "$WORK/own/socket"
		# shellcheck disable=SC2086
		"$BUILD/tools/confined" - $try
		rm -f "$WORK/own/socket"
	done
	attempt 'Address family not supported by protocol' internet
}

test_a_confined_process_opens_no_others_store() {
	need_confinement
	mkdir -p "$WORK/own" "$WORK/other"
	echo '{}' >"$WORK/other/store"
	"$BUILD/tools/confined" "$WORK/own" thread 2>"$WORK/said"
	! grep -q 'no Landlock' "$WORK/said" || skip 'no Landlock in this kernel'
	attempt 'Permission denied' read "$WORK/other/store"
	attempt 'Permission denied' read "$WORK/own/../other/store"
	attempt 'Permission denied' write "$WORK/other/store"
	attempt 'Permission denied' write "$WORK/other/new"
	attempt 'Permission denied' rename "$WORK/other/new"
	attempt 'Permission denied' read /etc/passwd
	attempt 'Permission denied' read /proc/self/environ
	"$BUILD/tools/confined" - read "$WORK/other/store"
}

run_suite "$@"
