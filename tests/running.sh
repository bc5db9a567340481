#!/usr/bin/env bash
# run.sh: starting, stopping, what it refuses and how it says so, and that what dies comes back.
. "$(dirname "$0")/lib.sh"

# run.sh with the arguments fails, and says one line that matches.
refuses() {
	local pattern=$1 output
	shift
	if output=$(run_sh "$@" 2>&1); then fail "run.sh $* succeeded: $output"; fi
	if [ "$(wc -l <<<"$output")" != 1 ] || ! grep -qE "$pattern" <<<"$output"; then
		fail "run.sh $*: expected one line with $pattern, got:"$'\n'"$output"
	fi
}

# Nothing of the instance in $STATE is left.
nothing_runs() {
	local process
	# Few processes are made for it, however many run.
	while IFS=/ read -r _ _ process _; do
		case $(cat "/proc/$process/comm" 2>/dev/null) in
		users | movies | showtimes | bookings | multiwatch | run.sh | bash)
			fail "$process is left: $(tr '\0' ' ' <"/proc/$process/cmdline")"
			;;
		esac
	done < <(grep -lszFx "CINEMA_STATE=$STATE" /proc/[0-9]*/environ)
	while IFS=/ read -r _ _ process _; do
		must_fail grep -qs '^nginx' "/proc/$process/comm"
	done < <(find /proc/[0-9]*/fd -maxdepth 1 -lname "$STATE/logs/*" 2>/dev/null)
	must_fail compgen -G "$STATE/*.sock"
	must_fail compgen -G "$STATE/pids/*.pid"
}

another_movies() {
	local now
	now=$(service_pid movies) && [ "$now" != "$1" ]
}

supervisor() {
	cat "$STATE/pids/$1.pid"
}

test_starts_and_stops() {
	expect 200 GET /movies
	run_sh status >"$WORK/out"
	[ "$(grep -cE '^(users|movies|showtimes|bookings|nginx|keeper) +up +pid [0-9]+' "$WORK/out")" = 6 ]
	grep -q "$URL" "$WORK/out"
	run_sh stop
	nothing_runs
	must_fail run_sh status >"$WORK/out"
	[ "$(grep -cE '^(users|movies|showtimes|bookings|nginx|keeper) +down$' "$WORK/out")" = 6 ]
	must_fail curl -s --noproxy '*' --max-time 5 "$URL"
	run_sh stop
	run_sh start
	expect 200 GET /movies
}

test_stopping_what_never_ran_is_no_fault() {
	new_settings
	run_sh stop
	rmdir "$STATE"
	run_sh stop
}

test_a_second_start_is_refused() {
	local before
	before=$(service_pids)
	refuses "already running at $URL" start
	[ "$(service_pids)" = "$before" ]
	run_sh status
}

test_two_starts_at_once_make_one_instance() {
	new_settings
	local first second code=0
	run_sh start >"$WORK/first" 2>&1 &
	first=$!
	run_sh start >"$WORK/second" 2>&1 &
	second=$!
	wait "$first" || code=$((code + 1))
	wait "$second" || code=$((code + 1))
	[ "$code" = 1 ] || fail "$code starts failed: $(cat "$WORK/first" "$WORK/second")"
	run_sh status
}

test_a_port_in_use_is_refused() {
	local port=$PORT
	new_settings "CINEMA_LISTEN=127.0.0.1:$port"
	refuses "127.0.0.1:$port is in use by another Cinema" start
	nothing_runs
	new_settings
	mkdir "$STATE/logs" "$STATE/pids"
	printf 'events {} pid other.pid; error_log other.log; http { access_log off; server { listen %s; } }' \
		"$CINEMA_LISTEN" >"$STATE/other.conf"
	PATH=$PATH:/usr/sbin nginx -p "$STATE" -c other.conf -e other.log
	refuses "$CINEMA_LISTEN is in use by another program" start
	nothing_runs
	kill "$(cat "$STATE/other.pid")"
}

test_instances_run_side_by_side() {
	name_cinema first
	start_cinema
	local second=$URL
	expect 200 GET /movies
	run_sh stop
	use_cinema first
	expect 200 GET /movies
	run_sh status
	must_fail curl -s --noproxy '*' --max-time 5 "$second"
}

test_a_bad_setting_is_named() {
	local setting name
	new_settings
	for setting in CINEMA_LISTEN=8080 CINEMA_LISTEN=127.0.0.1:0 'CINEMA_LISTEN=127.0.0.1:1; x' CINEMA_STORE=oracle; do
		(export "${setting?}" && refuses "^cinema: ${setting%%=*} is \".*takes" start)
	done
	nothing_runs
	# It says what each of the services says.
	for setting in CINEMA_TZ=Mars/Olympus CINEMA_BODY_LIMIT=-1 CINEMA_BODY_LIMIT=1k CINEMA_QUICK_THREADS=0 \
		CINEMA_PEER_TIMEOUT_MS=soon; do
		for name in users movies showtimes bookings; do
			must_fail env "$setting" "$BUILD/$name" --check 2>"$WORK/out"
			grep -qx "$name: ${setting%%=*} is \".*takes.*" "$WORK/out"
		done
	done
}

test_the_settings_file_is_read_and_never_run() {
	new_settings
	unset CINEMA_LISTEN
	export CINEMA_CONF=$WORK/cinema.conf
	printf '# a comment\n\nCINEMA_LISTEN=127.0.0.1:%s\r\nCINEMA_TZ=Nowhere/x\n' "$PORT" >"$CINEMA_CONF"
	refuses 'CINEMA_TZ is "Nowhere/x"' start
	# The environment overrides the file.
	CINEMA_TZ=Europe/Paris run_sh start
	expect 200 GET /movies
	run_sh stop
	printf 'CINEMA_TZ=$(touch %s/run)\n' "$WORK" >"$CINEMA_CONF"
	refuses 'CINEMA_TZ is ' start
	printf 'touch %s/run\n' "$WORK" >"$CINEMA_CONF"
	refuses 'cinema.conf:1: ' start
	printf 'PATH=%s\n' "$WORK" >"$CINEMA_CONF"
	refuses 'cinema.conf:1: ' start
	printf 'CINEMA_LISTN=x\n' >"$CINEMA_CONF"
	refuses 'there is no setting CINEMA_LISTN' start
	[ ! -e "$WORK/run" ]
	export CINEMA_CONF=$WORK/none.conf
	refuses 'cannot read the settings, .*none.conf' start
}

test_a_bad_data_file_is_named() {
	local file
	new_settings
	cp -r "$ROOT/data" "$STATE/data"
	export CINEMA_DATA=$STATE/data
	for file in users movies showtimes bookings; do
		printf '{"a": [1,\n' >"$STATE/data/$file.json"
		refuses "$file.json" start
		cp "$ROOT/data/$file.json" "$STATE/data/"
	done
	nothing_runs
	# Mended, it starts: nothing was half imported.
	run_sh start
	[ "$AUTH" != required ] || be_owner
	expect 200 GET /bookings
}

test_a_missing_data_folder_is_named() {
	new_settings "CINEMA_DATA=$WORK/nowhere"
	refuses 'nowhere' start
	nothing_runs
}

test_a_state_that_cannot_be_written_is_refused() {
	new_settings CINEMA_STATE=/proc/cinema
	refuses 'cannot write in CINEMA_STATE, /proc/cinema' start
	printf 'a file\n' >"$WORK/file"
	new_settings "CINEMA_STATE=$WORK/file"
	refuses 'cannot write in CINEMA_STATE' start
}

test_a_state_too_long_for_sockets_is_refused() {
	new_settings
	new_settings "CINEMA_STATE=$STATE/$(printf '%090d' 0)"
	refuses 'CINEMA_STATE is too long' start
}

test_a_relative_state_is_below_the_project_and_its_users_alone() {
	new_settings
	local folder=$STATE/new
	CINEMA_STATE=$(realpath --relative-to="$ROOT" "$STATE")/new
	(cd / && run_sh start && run_sh status)
	# Where root starts it, the services' user may pass through.
	[[ $(stat -c %a "$folder") == 7[01]0 ]]
	[ "$(stat -c %a "$folder/users.sock")" = 660 ]
	(cd / && run_sh stop)
	[ -s "$folder/nginx.conf" ]
}

test_a_killed_service_is_back() {
	may_restart
	local before name
	for name in users movies showtimes bookings; do
		before=$(service_pid "$name")
		kill -9 "$before"
		expect 200 GET "/$name"
		[ "$(service_pid "$name")" != "$before" ]
	done
	run_sh status
}

test_fifty_kills_in_a_row_do_not_end_it() {
	may_restart
	local before
	for _ in {1..50}; do
		before=$(service_pid movies)
		kill -9 "$before"
		wait_for 15 another_movies "$before"
	done
	expect 200 GET /movies
}

test_a_service_that_ends_by_itself_is_back() {
	may_restart
	local before
	before=$(service_pid movies)
	kill -TERM "$before"
	wait_for 15 another_movies "$before"
	expect 200 GET /movies
}

test_restart_replaces_every_process() {
	local before
	before=$(service_pids)
	run_sh restart
	expect 200 GET /movies
	[ -z "$(comm -12 <(sort <<<"$before") <(service_pids | sort))" ]
}

test_it_starts_after_everything_was_killed() {
	may_restart
	local name
	kill -9 "$(supervisor keeper)"
	for name in users movies showtimes bookings; do
		kill -9 "$(supervisor "$name")" "$(service_pid "$name")"
	done
	kill -9 "$(supervisor nginx)"
	must_fail run_sh status
	# The sockets and pids of the dead, and nginx's orphaned workers, are in nobody's way.
	run_sh start
	expect 200 GET /movies
	run_sh status
}

ended() {
	[ ! -d "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"
}

another_supervisor() {
	local now
	now=$(supervisor "$1") && [ "$now" != "$2" ] && run_sh status >/dev/null
}

test_a_killed_supervisor_is_back_and_its_service_is_not_left() {
	may_restart
	local name before service
	for name in users movies showtimes bookings; do
		before=$(supervisor "$name")
		service=$(service_pid "$name")
		kill -9 "$before"
		wait_for 15 another_supervisor "$name" "$before"
		[ "$(service_pid "$name")" != "$service" ]
		wait_for 15 ended "$service"
		expect 200 GET "/$name"
	done
	[ "$(grep -cE '(users|movies|showtimes|bookings) was killed by signal 9' "$STATE/logs/keeper.log")" = 4 ]
}

test_a_killed_nginx_is_back_and_its_workers_are_not_left() {
	local before workers worker
	before=$(supervisor nginx)
	mapfile -t workers < <(nginx_workers)
	kill -9 "$before"
	wait_for 15 another_supervisor nginx "$before"
	for worker in "${workers[@]}"; do
		wait_for 15 ended "$worker"
	done
	expect 200 GET /movies
}

test_a_lost_keeper_shows_and_a_restart_mends_it() {
	may_restart
	kill -9 "$(supervisor keeper)"
	must_fail run_sh status >"$WORK/out"
	grep -qE '^keeper +down' "$WORK/out"
	expect 200 GET /movies
	# Now nobody starts a supervisor again, and its service is left.
	kill -9 "$(supervisor movies)"
	must_fail run_sh status >"$WORK/out"
	grep -qE '^movies +down' "$WORK/out"
	run_sh stop
	nothing_runs
	run_sh start
	run_sh status
}

test_a_pid_of_another_process_is_left_alone() {
	local pid name
	run_sh stop
	env -u CINEMA_STATE sleep 100 &
	pid=$!
	for name in users movies showtimes bookings nginx; do
		printf '%d\n' "$pid" >"$STATE/pids/$name.pid"
	done
	must_fail run_sh status >"$WORK/out"
	run_sh stop
	kill -0 "$pid"
	run_sh start
	kill -0 "$pid"
	kill "$pid"
}

test_a_service_that_cannot_start_is_told_of() {
	new_settings
	mkdir "$WORK/build"
	cp "$BUILD"/{users,movies,showtimes,bookings} "$WORK/build/"
	# Passes the check, then dies.
	printf '#!/bin/sh\n[ "$1" = --check ] && exit 0\necho "no luck today" >&2\nexit 1\n' >"$WORK/build/movies"
	if CINEMA_BUILD=$WORK/build run_sh start >"$WORK/out" 2>&1; then fail "it started"; fi
	grep -q 'movies did not start' "$WORK/out"
	grep -q 'no luck today' "$WORK/out"
	nothing_runs
}

test_what_is_not_built_is_told() {
	new_settings "CINEMA_BUILD=$WORK/nowhere"
	refuses 'nowhere/users is missing: ./run.sh build' start
}

# hold FILE: keeps it locked, as a package manager does, until the process HOLDER ends.
hold() {
	perl -e 'use Fcntl; open(F, ">", $ARGV[0]) or die;
		my $all = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $all) or die;
		open(O, ">", "$ARGV[0].held"); sleep 60' "$1" &
	HOLDER=$!
	wait_for 30 [ -e "$1.held" ]
}

# A Debian whose package manager has all its files in $WORK/apt, and one source without a package.
own_packages() {
	local place=$WORK/apt
	mkdir -p "$place"/{lists/partial,archives/partial,dpkg,source}
	: >"$place/source/Packages"
	cp /var/lib/dpkg/status "$place/dpkg/"
	printf 'deb [trusted=yes] file:%s ./\n' "$place/source" >"$place/sources"
	printf '%s "%s";\n' Dir::State::lists "$place/lists" Dir::State::status "$place/dpkg/status" \
		Dir::Cache "$place" Dir::Etc::sourcelist "$place/sources" Dir::Etc::sourceparts /dev/null \
		APT::Sandbox::User root >"$place/conf"
	export APT_CONFIG=$place/conf
}

test_a_busy_package_manager_is_waited_for() {
	[ "$(id -u)" = 0 ] || skip 'needs root, who alone installs packages'
	new_settings
	own_packages
	local lock
	for lock in lists/lock dpkg/lock-frontend; do
		hold "$WORK/apt/$lock"
		"$ROOT/run.sh" deps no-such-package >"$WORK/out" 2>&1 &
		wait_for 30 grep -q "^Waiting for another package manager: $WORK/apt/$lock is held by process $HOLDER (perl)" "$WORK/out"
		kill "$HOLDER"
		must_fail wait $!
		grep -qx 'E: Unable to locate package no-such-package' "$WORK/out"
		[ "$(grep -c Waiting "$WORK/out")" = 1 ]
		[ "$(tail -n 1 "$WORK/out")" = 'cinema: could not install: no-such-package' ]
	done
}

test_a_package_manager_that_stays_busy_is_told_in_one_line() {
	[ "$(id -u)" = 0 ] || skip 'needs root, who alone installs packages'
	new_settings
	own_packages
	hold "$WORK/apt/lists/lock"
	must_fail env BUSY_SECONDS=0 "$ROOT/run.sh" deps no-such-package >/dev/null 2>"$WORK/out"
	kill "$HOLDER"
	[ "$(wc -l <"$WORK/out")" = 1 ]
	grep -q "^cinema: another package manager does not end: after 0 seconds $WORK/apt/lists/lock is held by process $HOLDER" "$WORK/out"
}

# A tree in which all is there but the packages of npm.
test_the_page_that_cannot_be_tested_is_a_failure() {
	mkdir -p "$WORK/tree/tests/web" "$WORK/stubs"
	cp "$ROOT/run.sh" "$WORK/tree"
	cp "$ROOT"/tests/{lib,web}.sh "$WORK/tree/tests"
	sed -i '/^suite_start()/,/^}/d; s/^run_suite/suite_start() { :; }\n&/' "$WORK/tree/tests/web.sh"
	printf '#!/bin/sh\nexec tests/web.sh test_the_keyboard_is_enough\n' >"$WORK/tree/tests/run"
	printf '#!/bin/sh\nexit 1\n' | tee "$WORK"/stubs/{npm,node,chromium-headless-shell} >/dev/null
	printf '#!/bin/sh\n' >"$WORK/stubs/make"
	printf '#!/bin/bash\nprintf "%%s installed\\n" "$@"\n' >"$WORK/stubs/dpkg-query"
	chmod 755 "$WORK"/stubs/* "$WORK/tree/tests/run"
	cd "$WORK/tree"
	must_fail env "PATH=$WORK/stubs:$PATH" "$WORK/tree/run.sh" test >"$WORK/out"
	grep -q '^npm ci failed in tests/web' "$WORK/out"
	grep -q '^not ok - web' "$WORK/out"
	# Whoever has no npm tests what can be tested.
	MUST_RUN='' tests/run >"$WORK/out"
	grep -q '^ok - web.* # SKIP needs the npm package' "$WORK/out"
}

test_logs_show_all() {
	kill_service movies
	wait_for 15 grep -q . "$STATE/logs/movies.log"
	run_sh logs >"$WORK/out"
	grep -q '^==> access.log <==' "$WORK/out"
	grep -q '^==> movies.log <==' "$WORK/out"
	# Not run_sh: of a function the shell is ended, and not what it runs.
	"$ROOT/run.sh" logs -f >"$WORK/out" &
	local follower=$!
	expect 200 GET /movies -H 'X-Request-Id: followed'
	wait_for 15 grep -q followed "$WORK/out"
	kill "$follower"
	wait_for 15 ended "$follower"
}

test_client_talks_to_this_instance() {
	printf '4\n7\n' | run_sh client >"$WORK/out"
	grep -q 'Welcome to cinema app' "$WORK/out"
	expect 200 GET /users
	grep -qF "$(jq -r 'first(.[].name)' <<<"$BODY")" "$WORK/out"
}

test_an_unknown_command_is_told() {
	new_settings
	must_fail run_sh fly 2>"$WORK/out"
	grep -q 'there is no command "fly"' "$WORK/out"
	run_sh help >"$WORK/out"
	grep -q 'Usage' "$WORK/out"
}

test_a_missing_package_without_root_is_one_line() {
	new_settings
	copy_for_all
	if as_nobody "$COPY/run.sh" deps no-such-package </dev/null >"$WORK/out" 2>&1; then fail "succeeded"; fi
	[ "$(wc -l <"$WORK/out")" = 1 ]
	grep -q 'apt-get install --no-install-recommends no-such-package' "$WORK/out"
	# What is there needs no root.
	as_nobody "$COPY/run.sh" deps bash coreutils
}

test_it_runs_as_an_ordinary_user() {
	[ "$(id -u)" = 0 ] || skip "all other tests run as one"
	local name
	new_settings
	copy_for_all
	chown 65534:65534 "$STATE"
	as_nobody "$COPY/run.sh" start
	expect 200 GET /movies
	expect 404 GET /nope
	expect 200 GET /healthz
	for name in nginx keeper users; do
		[ "$(stat -c %u "/proc/$(supervisor "$name")")" = 65534 ]
	done
	[ "$(stat -c %u "/proc/$(service_pid users)")" = 65534 ]
	must_fail grep -E 'alert|emerg' "$STATE/logs/nginx-error.log"
	as_nobody "$COPY/run.sh" stop
	nothing_runs
}

test_a_stop_forgets_who_was_who() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	# Without what the suites send of themselves.
	[ "$(curl -qs --noproxy '*' -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer of-somebody' "$URL/users")" = 401 ]
	grep -rqs of-somebody "$STATE/tmp"
	run_sh stop
	must_fail grep -rs of-somebody "$STATE"
}

test_nginx_has_all_the_descriptors_that_it_may_have() {
	local pid soft hard
	new_settings
	(ulimit -Sn 512 && run_sh start)
	for pid in "$(supervisor nginx)" $(nginx_workers); do
		read -r _ _ _ soft hard _ < <(grep '^Max open files' "/proc/$pid/limits")
		[ "$soft" = "$hard" ]
	done
	expect 200 GET /movies
	# Each of the connections that it takes may need two.
	[ "$hard" -ge 16384 ] || skip "no more than $hard descriptors here"
}

test_in_front_it_ends_with_ctrl_c() {
	new_settings
	# What is built stays as it is: this may be a build with other flags.
	mkdir "$WORK/bin"
	printf '#!/bin/sh\nexit 0\n' >"$WORK/bin/make"
	chmod +x "$WORK/bin/make"
	PATH=$WORK/bin:$PATH command expect -c '
		set timeout 60
		spawn '"$ROOT"'/run.sh
		expect "Cinema is at '"$URL"'" {} default { exit 1 }
		expect "Ctrl-C stops it" {} default { exit 2 }
		exec curl -sf --noproxy * --max-time 15 '"$URL"'/movies
		send "\003"
		expect "Killed" { exit 4 } "Stopped." {} default { exit 3 }
		expect eof
		exit [lindex [wait] 3]'
	nothing_runs
}

test_the_installed_tree_works() {
	new_settings
	make -s -C "$ROOT" -o all install BUILD="$BUILD" DESTDIR="$WORK/root" prefix=/usr
	local file
	for file in bin/cinema share/man/man1/cinema.1 share/man/man5/cinema.conf.5 \
		share/man/man8/cinema-{users,movies,showtimes,bookings}.8 \
		share/bash-completion/completions/cinema; do
		[ -s "$WORK/root/usr/$file" ] || fail "$file is not installed"
	done
	unset CINEMA_BUILD CINEMA_DATA
	export CINEMA_CONF=$WORK/root/usr/lib/cinema/conf/cinema.conf
	"$WORK/root/usr/lib/cinema/run.sh" start
	expect 200 GET /movies
	expect 200 GET / -H 'Accept: text/html'
	"$WORK/root/usr/lib/cinema/run.sh" stop
	make -s -C "$ROOT" uninstall DESTDIR="$WORK/root" prefix=/usr
	[ -z "$(find "$WORK/root" -type f)" ]
}

run_suite "$@"
