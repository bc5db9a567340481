#!/usr/bin/env bash
# The units in conf/systemd, as far as they can be tried without systemd as the first process: what is
# installed is whole, the services are shut in, and a service takes its socket as systemd hands it over.
. "$(dirname "$0")/lib.sh"

SERVICES=(users movies showtimes bookings)

suite_start() {
	make -s -C "$ROOT" -o all install BUILD="$BUILD" prefix="$WORK/prefix"
	UNITS=$WORK/prefix/lib/systemd/system
}

need() {
	command -v "$1" >/dev/null || skip "needs $1"
}

# The unit of one service, in a file of that name: $WORK/cinema@NAME.service
instance() {
	cp "$UNITS/cinema@.service" "$WORK/cinema@$1.service"
}

exposed() {
	systemd-analyze security --no-pager --offline=true --threshold=20 "$1"
}

test_the_units_are_whole() {
	need systemd-analyze
	local name
	for name in "${SERVICES[@]}"; do
		instance "$name"
		cp "$UNITS/cinema@.socket" "$WORK/cinema@$name.socket"
	done
	systemd-analyze verify --man=no "$UNITS"/cinema{.target,-nginx.service} "$WORK"/cinema@*.{service,socket} >"$WORK/said" 2>&1
	[ ! -s "$WORK/said" ] || fail "$(cat "$WORK/said")"
	must_fail grep -rn '@[A-Z]*@' "$UNITS" "$WORK/prefix/lib/sysusers.d" "$WORK/prefix/lib/tmpfiles.d"
}

test_the_services_are_shut_in() {
	need systemd-analyze
	local name
	for name in "${SERVICES[@]}"; do
		instance "$name"
		exposed "$WORK/cinema@$name.service" >"$WORK/said" || fail "$(grep '✗\|→' "$WORK/said")"
	done
	tail -n 1 "$WORK/said"
	# One that is not would be seen.
	grep -vE '^(CapabilityBoundingSet|SystemCallFilter|PrivateUsers|RestrictNamespaces)=' \
		"$UNITS/cinema@.service" >"$WORK/cinema@users.service"
	must_fail exposed "$WORK/cinema@users.service" >"$WORK/said"
}

test_user_and_folders_are_declared() {
	need systemd-sysusers
	need systemd-tmpfiles
	local name user
	mkdir -p "$WORK/root/etc"
	systemd-sysusers --root="$WORK/root" "$WORK/prefix/lib/sysusers.d/cinema.conf"
	grep -q '^cinema:' "$WORK/root/etc/passwd"
	if [ "$(id -u)" = 0 ]; then
		systemd-tmpfiles --root="$WORK/root" --create "$WORK/prefix/lib/tmpfiles.d/cinema.conf"
		[ "$(stat -c %a "$WORK/root/var/lib/cinema")" = 710 ]
		user=$(awk -F: '/^cinema:/ { print $3 }' "$WORK/root/etc/passwd")
		for name in "${SERVICES[@]}"; do
			[ "$(stat -c '%a %u' "$WORK/root/var/lib/cinema/store/$name")" = "700 $user" ]
			[ "$(stat -c '%a %u' "$WORK/root/var/lib/cinema/store/$name/brim")" = "700 $user" ]
			grep -q "^BindReadOnlyPaths=.*-/var/lib/cinema/store/$name/brim" "$UNITS/cinema-nginx.service"
		done
	fi
}

answers() {
	"$BUILD/tools/kept" "$WORK/socket" ask GET /movies >"$WORK/answer" 2>/dev/null &&
		grep -q '^Status: 200' "$WORK/answer"
}

test_a_service_takes_the_socket_that_it_is_started_with() {
	need systemd-socket-activate
	local name variables=()
	new_settings
	for name in "${!CINEMA_@}"; do variables+=(-E "$name"); done
	systemd-socket-activate --inetd -l "$WORK/socket" "${variables[@]}" "$BUILD/movies" >"$WORK/server.log" 2>&1 &
	trap 'kill '$!' 2>/dev/null || true' EXIT
	wait_for 10 test -S "$WORK/socket"
	wait_for 20 answers
	jq -e 'length > 0' < <(sed '1,/^\r*$/d' "$WORK/answer") >/dev/null
	kill -TERM $!
	wait $!
	must_fail grep -E "$CRASHED|\"error\"" "$WORK/server.log"
}

# What cinema-nginx.service runs before nginx.
test_render_makes_what_nginx_needs() {
	new_settings
	run_sh render >"$WORK/said"
	(cd "$STATE" && PATH=$PATH:/usr/sbin nginx -t -q -p ./ -c "$STATE/nginx.conf" -e "$WORK/errors")
	new_settings CINEMA_QUICK_THREADS=none
	must_fail run_sh render 2>"$WORK/said"
	grep -q 'CINEMA_QUICK_THREADS is "none", but takes' "$WORK/said"
	start_cinema
	must_fail run_sh render 2>"$WORK/said"
	grep -q 'already running' "$WORK/said"
}

run_suite "$@"
