# What the shell suites share: an instance of the system a suite, requests and what to expect of
# them, and the loop that runs a suite's tests.
#
# A suite is tests/NAME.sh: it reads this file, may define suite_start, defines functions named
# test_WHAT_IT_SHOWS, and ends with: run_suite "$@"
#
#   start_cinema [VAR=value …]    starts an instance with a state folder and a port of its own and
#                                 makes it the current one: URL, PORT, STATE
#   name_cinema NAME              for a suite with more than one instance, in suite_start: gives the
#                                 current one a name, by which use_cinema NAME makes it that again
#   many_seats DAYS               makes $WORK/data with 988 seats on each of so many days, and $WORK/wishes
#                                 with a booking of each seat, for bench/load
#   stop_cinema                   stops the current one; its state folder stays until the suite ends
#   run_sh COMMAND…               run.sh on the current one
#   expect STATUS METHOD PATH [BODY] [curl option…]
#                                 sends a request; leaves BODY and HEADERS. AS=name: with the
#                                 token in $WORK/token.name
#   ask [LINE…]                   sends many, a line of standard input each, by one curl
#   expect_json FILTER [jq option…]   BODY fulfils a jq filter
#   expect_header NAME REGEX, header NAME
#   wait_for SECONDS COMMAND…     tries again until it succeeds, $PAUSE seconds later (0.05)
#   pause SECONDS                 sleeps
#   wait_all PID…                 waits until they have ended, each of them well
#   service_pid NAME              the process id of a service of the current instance
#   kill_service NAME [SIGNAL]    kills it (9); its supervisor starts it again
#   free_seats                    bookings begins anew, with what its data file says
#   audit                         finds no fault in the bookings, as they would be after a crash now
#   nginx_workers                 the process ids of nginx's workers, a line each
#   reload SED                    nginx goes on with its configuration changed, with new workers alone
#   mutant NAME FILE SED [TARGET…]  builds the sources with one file changed; its build folder
#   size SHORT LONG               LONG for `make torture`, else SHORT
#   must_fail COMMAND…            fails the test if the command succeeds
#   as_nobody COMMAND…            as an ordinary user, where this is root
#   copy_for_all                  leaves in $COPY what a cinema runs from, for any user to read, and has
#                                 the current settings name it
#   fail MESSAGE…, skip WHY…      end a test; in a suite that MUST_RUN names, skip fails
#
# A test runs in a subshell under `set -e`: any command that fails ends it (but not `! command`:
# that is what must_fail is for). Instances that it
# started are stopped after it. A service that ends on its own fails the test, though it is back at
# once: a test that makes one end uses kill_service or run_sh, or says may_restart. $WORK is a
# folder for the suite's files, removed at the end, and so is $DISK, if a suite makes it elsewhere.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
SUITE=$(basename "$0" .sh)
ENGINE=${CINEMA_STORE-} WRAP=${CINEMA_WRAP-} AUTH=${CINEMA_AUTH-}
WORK='' URL='' PORT='' STATE='' BODY='' HEADERS='' COPY=''
export BUILD
set -u

# What a crash, a sanitizer or valgrind leaves in a log.
CRASHED='Sanitizer|runtime error:|^==[0-9]+==|stack smashing|overflow detected|free\(\):|malloc\(\):'
CRASHED+='|Assertion .* failed|\[(alert|emerg)\]'

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

skip() {
	[[ " ${MUST_RUN-} " != *" $SUITE "* ]] || fail "cannot run: $*"
	printf '%s\n' "$*" >"$WORK/skipped"
	exit 77
}

must_fail() {
	if "$@"; then fail "succeeded, and should not: $*"; fi
}

size() {
	if [ -n "${TORTURE-}" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

as_nobody() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

copy_for_all() {
	COPY=$WORK/copy
	chmod 711 "$WORK"
	if [ ! -e "$COPY" ]; then
		mkdir -p "$COPY"/{build,client}
		cp "$BUILD"/{users,movies,showtimes,bookings,cinema} "$COPY/build/"
		cp -r "$ROOT"/{run.sh,conf,data} "$COPY/"
		cp -r "$ROOT/client/web" "$COPY/client/"
		chmod -R a+rX "$COPY"
	fi
	export CINEMA_BUILD=$COPY/build CINEMA_DATA=$COPY/data
}

# A build in which a file is changed by a sed script, of the services or of what is named; its
# folder is printed. Only what the change touches is compiled.
mutant() {
	local name=$1 file=$2 script=$3 source=$WORK/$1 given
	shift 3
	[ $# -gt 0 ] || set -- users movies showtimes bookings
	read -ra given < <("$ROOT/tests/mutants/copy" "$source") || return
	sed -i "$script" "$source/$file"
	! cmp -s "$ROOT/$file" "$source/$file" || fail "$name changes nothing"
	make -s -C "$source" -j2 "${given[@]}" "${@/#/build/}" >&2 || return
	printf '%s\n' "$source/build"
}

# wait_all PID…: each of them ends well.
wait_all() {
	local pid code=0
	for pid in "$@"; do
		wait "$pid" || code=$?
	done
	return "$code"
}

# A sleep that starts no program: nothing ever comes to be read.
pause() {
	read -rt "$1" <>"$WORK/never" || :
}

wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || fail "waited in vain for: $*"
		pause "${PAUSE-0.05}"
	done
}

run_sh() {
	case $1 in stop | restart) may_restart ;; esac
	"$ROOT/run.sh" "$@"
}

# Takes from what a start has said the line that builds with a sanitizer get, which run as root here.
without_notice() {
	sed -i '/^The services run as root, because CINEMA_USER says so\.$/d' "$1"
}

may_restart() {
	: >"$WORK/restarts"
}

# A supervisor has one child, the service.
service_pid() {
	local supervisor children=''
	read -r supervisor <"$STATE/pids/$1.pid" &&
		read -r children <"/proc/$supervisor/task/$supervisor/children" || [ -n "$children" ] &&
		printf '%s\n' "${children%% *}"
}

kill_service() {
	local pid
	may_restart
	pid=$(service_pid "$1") && kill "-${2:-9}" "$pid"
}

free_seats() {
	local service
	service=$(service_pid bookings)
	rm -r "$STATE"/store/bookings/*
	may_restart
	kill "$service"
	wait_for 30 test ! -d "/proc/$service"
	of_house GET /healthz/bookings '' -f >/dev/null
}

audit() {
	local service
	# It may have been killed a moment ago.
	of_house GET /healthz/bookings '' -f >/dev/null
	service=$(service_pid bookings)
	rm -rf "$WORK/audited"
	mkdir "$WORK/audited"
	kill -STOP "$service"
	cp -r "$STATE/store" "$WORK/audited/"
	kill -CONT "$service"
	CINEMA_STATE=$WORK/audited "$BUILD/bookings" --audit || fail 'the audit found faults'
}

nginx_workers() {
	local master
	master=$(cat "$STATE/pids/nginx.pid")
	tr ' ' '\n' <"/proc/$master/task/$master/children" | grep . | sort
}

reload() {
	sed -i -E "$1" "$STATE/nginx.conf"
	nginx_workers >"$WORK/workers"
	kill -HUP "$(cat "$STATE/pids/nginx.pid")"
	wait_for 30 has_new_workers
}

has_new_workers() {
	[ -z "$(comm -12 "$WORK/workers" <(nginx_workers))" ] && [ -n "$(nginx_workers)" ]
}

free_port() {
	local port
	while :; do
		port=$((10240 + RANDOM % 20000))
		(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	printf '%s\n' "$port"
}

# Settings come from here alone, not from the user's file; but CINEMA_STORE in the environment lets
# any suite run on any engine, CINEMA_AUTH in any mode, and CINEMA_WRAP under valgrind.
new_settings() {
	unset "${!CINEMA_@}" CURL_HOME
	[ -z "$ENGINE" ] || export "CINEMA_STORE=$ENGINE"
	[ -z "$WRAP" ] || export "CINEMA_WRAP=$WRAP"
	[ -z "$AUTH" ] || export "CINEMA_AUTH=$AUTH" CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	STATE=$(mktemp -d "$WORK/XXXX")
	PORT=$(free_port)
	URL=http://127.0.0.1:$PORT
	export CINEMA_CONF=/dev/null CINEMA_BUILD=$BUILD CINEMA_LISTEN=127.0.0.1:$PORT
	export CINEMA_STATE=$STATE CINEMA_DATA=$ROOT/data
	# Suites ask faster than people do; the suite door has limits of its own.
	export CINEMA_ADDRESS_{READS,WRITES,LOGINS,CONNECTIONS}=0 CINEMA_USER_{READS,WRITES,LOGINS}=0
	# Nor does the client touch what the user has.
	export XDG_STATE_HOME=$STATE/home EDITRC=/dev/null
	# Sanitizers, valgrind and what else a service is run under use system calls and files of their
	# own, and look into their own process.
	if [[ -n ${CINEMA_WRAP-} || $* == *CINEMA_WRAP=* ]] || grep -qs fsanitize "$BUILD/flags"; then
		export CINEMA_CONFINE=off CINEMA_USER=root
	fi
	# shellcheck disable=SC2163 # the arguments are assignments
	[ $# = 0 ] || export "$@"
	STATE=$CINEMA_STATE
	printf '%s\n' "$STATE" >>"$WORK/instances"
}

# shellcheck disable=SC2120
start_cinema() {
	for _ in 1 2 3; do
		new_settings "$@"
		if run_sh start >"$WORK/start" 2>&1; then
			[ "$AUTH" != required ] || be_owner
			return
		fi
		# Another suite may have been given the same port at the same moment.
		grep -q 'in use' "$WORK/start" || break
	done
	cat "$WORK/start" >&2
	return 1
}

name_cinema() {
	declare -p URL PORT STATE XDG_STATE_HOME "${!CINEMA_@}" "${!CURL_HOME@}" |
		sed 's/^declare/declare -g/' >"$WORK/cinema.$1"
}

use_cinema() {
	# shellcheck disable=SC1090
	. "$WORK/cinema.$1"
}

many_seats() {
	mkdir "$WORK/data"
	jq -n '[range(64) | "u\(.)" | {key: ., value: {id: ., name: ., last_active: 0}}] |
		from_entries' >"$WORK/data/users.json"
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$WORK/data/movies.json"
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows: [range(26) |
		{name: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[.:. + 1], tier: "all", seats: ("#" * 38)}]}}' >"$WORK/data/screens.json"
	jq -n --argjson days "$1" '[range($days) | {key: "\(20190101 + . % 28 + (. / 28 | floor % 12) * 100 + (. / 336 | floor) * 10000)",
		value: ["m"]}] | from_entries' >"$WORK/data/showtimes.json"
	jq -r 'keys[]' "$WORK/data/showtimes.json" | awk '{
		for (row = 0; row < 26; row++) for (seat = 1; seat <= 38; seat++)
			printf "POST /bookings {\"user\":\"u%d\",\"date\":\"%s\",\"movie\":\"m\",\"time\":\"18:00\",\"screen\":\"1\",\"seats\":[\"%c%d\"]}\n",
				(row + 7 * seat) % 64, $1, 65 + row, seat }' >"$WORK/wishes"
}

# In the mode that asks for it, what the suites send by curl, by their tools and by the client is the
# owner's. The owner is a user of the data files, if there is one: suites know who there is.
be_owner() {
	local id password='{"password":"of the box office"}' made
	id=$(jq -r 'keys[0] // empty' "$CINEMA_DATA/users.json" 2>/dev/null) || id=''
	if [ -n "$id" ]; then
		of_house PATCH "/users/$id" "$password" -H 'If-Match: *' >/dev/null
	else
		id=owner
		of_house POST /users "{\"id\":\"$id\",\"name\":\"$id\",${password#\{}" >/dev/null
	fi
	of_house PUT "/users/$id/role" '{"role":"owner"}' >/dev/null
	made=$(of_house POST "/users/$id/tokens" "$password") || return
	CINEMA_TOKEN=$(jq -er .token <<<"$made") || return
	printf 'header = "Authorization: Bearer %s"\n' "$CINEMA_TOKEN" >"$STATE/.curlrc"
	export CINEMA_TOKEN CURL_HOME=$STATE
}

# of_house METHOD PATH BODY [curl option…]: as a service asks another.
of_house() {
	curl -sS --noproxy '*' --max-time 15 --unix-socket "$STATE/internal.sock" -X "$1" \
		-H 'Content-Type: application/json' -d "$3" "${@:4}" "http://cinema$2"
}

stop_cinema() {
	run_sh stop >/dev/null
}

expect() {
	local want=$1 method=$2 path=$3 body='' option code=0 got='' type='Content-Type: application/json'
	local options=(-sS --noproxy '*' --max-time 15 --globoff --path-as-is -H Expect: -D "$WORK/headers" -o "$WORK/body")
	shift 3
	case ${1-} in
	-[A-Za-z]* | --[a-z]*) ;;
	*)
		body=${1-}
		shift $(($# > 0))
		;;
	esac
	if [ "$method" = HEAD ]; then options+=(--head); else options+=(-X "$method"); fi
	if [ -n "$body" ]; then
		printf %s "$body" >"$WORK/sent"
		options+=(--data-binary "@$WORK/sent")
	fi
	[ -z "${AS-}" ] || options+=(-H "Authorization: Bearer $(<"$WORK/token.$AS")")
	for option in "$@"; do
		case ${option,,} in content-type[:\;]*) type= ;; esac
	done
	[ -z "$type" ] || options+=(-H "$type")
	: >"$WORK/headers"
	: >"$WORK/body"
	curl "${options[@]}" -w '%{http_code}' "$@" "$URL$path" >"$WORK/status" 2>"$WORK/curl" || code=$?
	read -r got <"$WORK/status" || :
	# Bash leaves out what no variable can hold, and would say so.
	{
		HEADERS=$(<"$WORK/headers")
		BODY=$(<"$WORK/body")
	} 2>/dev/null
	HEADERS=${HEADERS//$'\r'/}
	[ "$got" = "$want" ] ||
		fail "$method ${path:0:300}: expected $want, got $got (curl: $code)" $'\n'"sent: ${body:0:2000}" \
			$'\n'"$(cat "$WORK/curl")" $'\n'"$HEADERS" $'\n'"${BODY:0:4000}"
	[ "$got" -lt 400 ] || expect_problem "$method" "$path" "$got"
}

# ask [LINE…]: each line of standard input, WHO METHOD PATH BODY, is a request of a user (by the token in
# $WORK/token.WHO) or of nobody; LINE is for all of them, in the form of curl's -K. They go out one after
# the other, or at once if a LINE is parallel; STATUSES is what they were answered, and the Nth answer's
# body is $WORK/answer.N.
ask() {
	local who method path body status number=0
	while read -r who method path body; do
		[ "$number" = 0 ] || echo next
		number=$((number + 1))
		printf '%s = "%s"\n' url "$URL$path" output "$WORK/answer.$number" write-out "$number %{http_code}\n" \
			noproxy '*' max-time 15
		printf '%s\n' silent "$@"
		[ "$who" = nobody ] || printf 'header = "Authorization: Bearer %s"\n' "$(<"$WORK/token.$who")"
		case $method in
		HEAD) echo head ;;
		GET) echo get ;;
		*) printf '%s = "%s"\n' request "$method" header 'Content-Type: application/json' data "${body//\"/\\\"}" ;;
		esac
	done >"$WORK/asked"
	rm -f "$WORK"/answer.*
	STATUSES=()
	while read -r number status; do
		# shellcheck disable=SC2034 # the caller's
		STATUSES[number - 1]=$status
		# A refusal says what is wrong, but to HEAD.
		[ "$status" -lt 400 ] || body=$(<"$WORK/answer.$number")
		[[ $status -lt 400 || $body == HTTP/* || $body == '{'*"\"status\":$status"[,\}]* ]] ||
			fail "answer $number is no problem: $status ${body:0:500}"
	done < <(curl -qK "$WORK/asked")
}

# An error's answer has all that a client needs to read it. That it is JSON, jq finds out in each test
# that looks into one.
expect_problem() {
	expect_header Content-Type '^application/problem\+json$'
	[ "$1" = HEAD ] ||
		[[ $BODY == '{'*'}' && $BODY == *'"type":"'[!\"]* && $BODY == *'"title":"'[!\"]* &&
			$BODY == *'"detail":"'[!\"]* && $BODY == *"\"status\":$3"[,\}]* ]] ||
		fail "$1 $2: not a whole problem"$'\n'"$HEADERS"$'\n'"${BODY:0:4000}"
}

expect_json() {
	local filter=$1
	shift
	jq -e "$@" "$filter" <<<"$BODY" >/dev/null ||
		fail "does not hold: $filter $*"$'\n'"$HEADERS"$'\n'"${BODY:0:4000}"
}

header() {
	local line
	while IFS= read -r line; do
		[[ ! ${line,,} =~ ^"${1,,}":\ * ]] || printf '%s\n' "${line:${#BASH_REMATCH}}"
	done <<<"$HEADERS"
}

expect_header() {
	local value
	value=$(header "$1")
	# An empty one is no pattern's, but that of a header that is not there.
	[[ $value =~ $2 && (-n $value || $2 == '^$') ]] || fail "header $1 is '$value', expected $2"$'\n'"$HEADERS"
}

suite_start() {
	start_cinema
}

service_pids() {
	local name
	for name in users movies showtimes bookings; do
		service_pid "$name"
	done 2>/dev/null
}

# All that run.sh started is there.
is_whole() {
	local name pid
	for name in nginx keeper users movies showtimes bookings; do
		read -r pid <"$STATE/pids/$name.pid" && kill -0 "$pid" || return
	done 2>/dev/null
}

# Every service answers.
is_healthy() {
	[ "$(curl -s --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' --unix-socket "$STATE/internal.sock" \
		http://cinema/healthz)" = 200 ]
}

# The suite's own instance is whole after a test, and no service ended unasked.
check_alive() {
	local before=$1
	if ! is_whole || { [ -e "$WORK/restarts" ] && ! is_healthy; }; then
		if ! (wait_for 10 run_sh status >"$WORK/status" 2>&1); then
			cat "$WORK/status"
			return 1
		fi
	fi
	if [ ! -e "$WORK/restarts" ] && [ "$before" != "$(service_pids)" ]; then
		echo "a service has ended and was started again"
		return 1
	fi
}

# What the logs of an instance tell of crashes. An nginx that is told to end at once, since a browser
# keeps a connection open on which it asks for nothing, is none.
crashes() {
	grep -EHs "$CRASHED" "$1"/logs/*.log |
		grep -vE '\[alert\] [0-9#]+: (\*[0-9]+ open socket #[0-9]+ left in connection [0-9]+|aborting)$'
}

# Stops the instances but the first $1 and forgets them; fails if a log tells of a crash or a leak.
stop_all_but() {
	local states state code=0
	mapfile -t states <"$WORK/instances"
	[ ${#states[@]} -gt "$1" ] || return 0
	for state in "${states[@]:$1}"; do
		CINEMA_STATE=$state CINEMA_CONF=/dev/null CINEMA_BUILD=$BUILD "$ROOT/run.sh" stop 2>&1 || code=1
		! crashes "$state" || code=1
		rm -rf "$state"
	done
	: >"$WORK/instances"
	for state in "${states[@]:0:$1}"; do printf '%s\n' "$state" >>"$WORK/instances"; done
	return "$code"
}

suite_end() {
	stop_all_but 0 >/dev/null
	rm -rf "$WORK" ${DISK:+"$DISK"}
}

not_ok() {
	printf 'not ok - %s: %s\n' "$SUITE" "$1"
	cut -c 1-2000 "$WORK/log" | sed 's/^/  # /'
}

run_test() {
	local instances mine before code began=${EPOCHREALTIME/./}
	mapfile -t instances <"$WORK/instances"
	mine=${#instances[@]}
	before=$(service_pids)
	[[ ! -e $WORK/skipped && ! -e $WORK/restarts ]] || rm -f "$WORK/skipped" "$WORK/restarts"
	(
		set -eE
		shopt -s inherit_errexit
		trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR
		"$1"
	) >"$WORK/log" 2>&1
	code=$?
	stop_all_but "$mine" >>"$WORK/log" || code=1
	if [ "$mine" -gt 0 ]; then
		check_alive "$before" >>"$WORK/log" || code=1
		! crashes "$STATE" >>"$WORK/log" || code=1
	fi
	[ -z "${COSTS-}" ] || printf '%d ms %s: %s\n' $(((${EPOCHREALTIME/./} - began) / 1000)) "$SUITE" "$1" >>"$COSTS"
	if [ "$code" = 77 ] && [ -s "$WORK/skipped" ]; then
		printf 'ok - %s: %s # SKIP %s\n' "$SUITE" "$1" "$(cat "$WORK/skipped")"
	elif [ "$code" = 0 ]; then
		printf 'ok - %s: %s\n' "$SUITE" "$1"
		[ -z "${TORTURE-}" ] || tail -n 5 "$WORK/log" | sed 's/^/  # /'
	else
		not_ok "$1"
		[ "$mine" = 0 ] || renew
		return 1
	fi
}

# What a failed test broke is not the next one's fault.
renew() {
	tail -n 5 "$STATE"/logs/*.log 2>/dev/null | cut -c 1-300 | grep -v '^$' | sed 's/^/  # /'
	rm -f "$STATE"/logs/*.log
	run_sh restart >/dev/null 2>&1
}

# A test that builds a mutant shows that the suite finds a fault: once is enough, of the plain build.
proves_itself() {
	grep -qs fsanitize "$BUILD/flags" && declare -f "$1" | grep -q '\bmutant '
}

run_suite() {
	local failed=0 name names
	WORK=$(mktemp -d /tmp/cinema.XXXXXX)
	: >"$WORK/instances"
	mkfifo "$WORK/never"
	trap suite_end EXIT
	trap 'exit 130' INT TERM
	if [ $# = 0 ]; then
		mapfile -t names < <(sed -n 's/^\(test_[a-z0-9_]*\)().*/\1/p' "$0")
		for name in "${names[@]}"; do
			proves_itself "$name" || set -- "$@" "$name"
		done
	fi
	# A suite_start that fails ends all.
	exec 5>&1
	trap 'not_ok start >&5; suite_end' EXIT
	suite_start >"$WORK/log" 2>&1 || exit 1
	trap suite_end EXIT
	for name in "$@"; do
		# Not in a condition: there bash ignores set -e, and the tests would go on after a failure.
		run_test "$name"
		failed=$((failed | $?))
	done
	# The suite's instance, if it has one, still answers.
	: >"$WORK/log"
	if [[ -s $WORK/instances ]] && ! (wait_for 10 is_healthy) >"$WORK/log" 2>&1 || ! stop_all_but 0 >>"$WORK/log"; then
		not_ok stop
		failed=1
	fi
	exit "$failed"
}
