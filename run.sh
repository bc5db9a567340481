#!/usr/bin/env bash
# Sets up, starts and stops Cinema. `./run.sh help` lists the commands.
#
# A started instance is its state folder (CINEMA_STATE): pids/, logs/, sockets, stores and the
# rendered nginx.conf. Each service hangs below a supervisor: spawn-fcgi makes the socket and becomes
# multiwatch, which starts the service again whenever it ends. The supervisors and nginx hang below
# the keeper, a run.sh that stays and starts them again when they are killed.
#
# When root runs this, supervisors and nginx's master stay root, and services and nginx's workers are
# CINEMA_USER's. All of them stand in the state folder, and what that user needs is in there: so it
# may lie below a folder, such as /root, that the user cannot enter.
set -u -o pipefail
umask 077

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUILD=${CINEMA_BUILD:-$ROOT/build}
CONF=${CINEMA_CONF:-$ROOT/conf/cinema.conf}
SERVICES=(users movies showtimes bookings)
START_SECONDS=30 # for a start under valgrind; usually it is a tenth of a second
STOP_SECONDS=5
SERVICES_UID='' SERVICES_GROUP='' # CINEMA_USER's, once know_user has looked
BUSY_SECONDS=${BUSY_SECONDS:-600} # for another package manager to end

PACKAGES=(gcc make pkg-config libc6-dev libfcgi-dev libjson-c-dev libsqlite3-dev
	libcurl4-openssl-dev libxxhash-dev libsodium-dev libseccomp-dev libedit-dev libbsd-dev nginx-light
	spawn-fcgi multiwatch jq curl openssl tzdata)
TEST_PACKAGES=(libcmocka-dev clang clang-tidy clang-format libclang-rt-14-dev valgrind shellcheck
	expect sqlite3 slowhttptest systemd chromium-headless-shell mandoc)

usage() {
	cat <<-'END'
		Usage: ./run.sh [COMMAND]

		Without a command: installs what is missing, builds, starts, prints the address and stays
		in front until Ctrl-C, then stops.

		  start          start what is built, in the background
		  stop           stop it
		  restart        stop, then start
		  status         one line a part; succeeds only when all are up
		  logs [-f]      the end of all logs; -f follows them
		  client [ARG…]  the command line client, on this instance
		  owner ID       make ID, who is registered or is now, an owner of the cinema
		  render         write the nginx.conf of this instance, for systemd to start nginx with
		  deps           install the Debian packages that are missing
		  build          build into build/
		  test           install, build and pass every test

		Settings stand in conf/cinema.conf; variables of the same names override them.
	END
}

say() {
	printf '%s\n' "$*"
}

die() {
	printf 'cinema: %s\n' "$*" >&2
	exit 1
}

#
# Settings
#

# Exports KEY=value lines, save those that are set already. They are read, never run.
read_settings() {
	local name=$1 text=$2 line number=0 key
	while IFS= read -r line; do
		number=$((number + 1))
		line=${line%$'\r'}
		[[ $line =~ ^[[:space:]]*(#|$) ]] && continue
		[[ $line =~ ^(CINEMA_[A-Z_]+)=(.*)$ ]] ||
			die "$name:$number: \"$line\" is not CINEMA_NAME=value"
		key=${BASH_REMATCH[1]}
		[ -n "${!key+set}" ] || export "$key=${BASH_REMATCH[2]}"
	done <<<"$text"
}

absolute() {
	case $1 in
	/*) printf '%s\n' "${1%/}" ;;
	*) printf '%s\n' "$ROOT/${1#./}" ;;
	esac
}

# The file, then the defaults, which the programs know.
load_settings() {
	local file sample='' key
	file=$(cat "$CONF" 2>/dev/null) || die "cannot read the settings, $CONF"
	[ ! -x "$BUILD/users" ] || sample=$("$BUILD/users" --settings)
	[ -z "$sample" ] || refuse_unknown "$file" "$sample"
	read_settings "$CONF" "$file"
	# Empty is as good as unset, for the services too.
	for key in "${!CINEMA_@}"; do
		[ -n "${!key}" ] || unset "$key"
	done
	read_settings defaults "$sample"
	CINEMA_STATE=$(absolute "${CINEMA_STATE:-./var}")
	CINEMA_DATA=$(absolute "${CINEMA_DATA:-./data}")
	CINEMA_LISTEN=${CINEMA_LISTEN:-127.0.0.1:8080}
	CINEMA_TLS_CERTIFICATE=${CINEMA_TLS_CERTIFICATE:+$(absolute "$CINEMA_TLS_CERTIFICATE")}
	CINEMA_TLS_KEY=${CINEMA_TLS_KEY:+$(absolute "$CINEMA_TLS_KEY")}
	export CINEMA_STATE CINEMA_DATA CINEMA_LISTEN CINEMA_TLS_CERTIFICATE CINEMA_TLS_KEY
	STATE=$CINEMA_STATE
	URL=$(address_of_all)
}

refuse_unknown() {
	local key
	while read -r key; do
		grep -q "^$key=" <<<"$2" || die "$CONF: there is no setting $key"
	done < <(sed -n 's/^\(CINEMA_[A-Z_]*\)=.*/\1/p' <<<"$1")
}

# Where a client on this machine finds what listens at an address.
reachable() {
	case $1 in
	0.0.0.0:* | '*':*) printf '127.0.0.1:%s\n' "${1##*:}" ;;
	'[::]':*) printf '[::1]:%s\n' "${1##*:}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# The cinema's own address. Where it listens everywhere, the certificate has the name for it.
address_of_all() {
	local address name=''
	address=$(reachable "$CINEMA_LISTEN")
	if [ -z "$CINEMA_TLS_CERTIFICATE" ]; then
		say "http://$address"
		return
	fi
	[ "$address" = "$CINEMA_LISTEN" ] ||
		name=$(openssl x509 -in "$CINEMA_TLS_CERTIFICATE" -noout -ext subjectAltName 2>/dev/null |
			grep -oE 'DNS:[A-Za-z0-9.-]+' | head -n 1)
	[ -z "$name" ] || address=${name#DNS:}:${address##*:}
	say "https://${address%:443}"
}

#
# Packages and programs
#

missing_packages() {
	local installed package
	installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
	for package in "$@"; do
		grep -qxF "$package installed" <<<"$installed" || printf '%s\n' "$package"
	done
}

deps() {
	local missing
	if ! command -v dpkg-query >/dev/null; then
		say "This is no Debian: see to it that the counterparts of these are there: $*"
		return
	fi
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$EUID" = 0 ]; then
		install_packages "${missing[@]}"
	elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
		say "Installing with sudo: ${missing[*]}"
		sudo "$ROOT/run.sh" deps "${missing[@]}"
	else
		die "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
	fi || exit 1
}

# Debian starts nginx on port 80 as soon as it is installed; a policy-rc.d that says no keeps it from
# that, and one that was not there before is not started at the next boot either.
install_packages() (
	policy=/usr/sbin/policy-rc.d
	say "Installing: $*"
	export DEBIAN_FRONTEND=noninteractive
	if [[ " $* " != *' nginx-light '* ]] || [ -z "$(missing_packages nginx-common)" ]; then
		apt_install "$@"
		return
	fi
	if [ ! -e "$policy" ]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
	fi
	apt_install "$@" || return
	! command -v systemctl >/dev/null || systemctl disable --now nginx >/dev/null 2>&1
	return 0
)

apt_install() {
	apt_get update && apt_get install -y --no-install-recommends "$@" || die "could not install: $*"
}

# Waits while another package manager is at work. apt-get itself would wait for dpkg's locks alone, not
# for those on its lists and its archives.
apt_get() {
	local output locked waiting='' until=$((SECONDS + BUSY_SECONDS))
	until output=$(LC_ALL=C apt-get -q "$@" 2>&1); do
		locked=$(sed -nE 's/^E: Could not get lock ([^ ]+)\. It is (held.*)/\1 is \2/p; s/^E: Could not get lock ([^ ]+) - .*/\1 is held/p' <<<"$output" | head -n 1)
		if [ -z "$locked" ]; then
			tail -n 20 <<<"$output" >&2
			return 1
		fi
		[ "$SECONDS" -lt "$until" ] ||
			die "another package manager does not end: after $BUSY_SECONDS seconds $locked"
		[ -n "$waiting" ] || say "Waiting for another package manager: $locked"
		waiting=1
		sleep 1
	done
}

build() {
	make -s -C "$ROOT" -j "$(nproc)" BUILD="$BUILD" || die "the build failed"
}

check_built() {
	local name
	for name in "${SERVICES[@]}"; do
		[ -x "$BUILD/$name" ] || die "$BUILD/$name is missing: ./run.sh build makes it"
	done
	for name in nginx spawn-fcgi multiwatch curl openssl; do
		command -v "$name" >/dev/null || PATH=$PATH:/usr/sbin command -v "$name" >/dev/null ||
			die "the program $name is missing: ./run.sh deps installs it"
	done
}

#
# Processes
#

# Whether a process is a supervisor or a service of this instance: it got its settings and is one of
# the programs. Pids are used again, so a number in a file is not enough.
is_ours() {
	local words=()
	has_word "CINEMA_STATE=$STATE" "/proc/$1/environ" && mapfile -d '' words <"/proc/$1/cmdline" &&
		case ${words[0]##*/} in
		users | movies | showtimes | bookings | multiwatch | spawn-fcgi | valgrind*) ;;
		bash) has_word keep "/proc/$1/cmdline" ;;
		*) false ;;
		esac
} 2>/dev/null

# has_word WORD FILE: whether it is one of those that end with a NUL.
has_word() {
	local words=() IFS=$'\n'
	mapfile -d '' words <"$2" && [[ $'\n'${words[*]}$'\n' == *$'\n'"$1"$'\n'* ]]
}

# The pid of a part of this instance, if it is alive.
pid_of() {
	local pid='' title=''
	read -r pid <"$STATE/pids/$1.pid" || [ -n "$pid" ] || return 1
	[[ $pid =~ ^[0-9]+$ ]] || return 1
	if [ "$1" = nginx ]; then
		IFS= read -rd '' title <"/proc/$pid/cmdline"
		[[ $title == *"master process nginx -p ./ -c $STATE/nginx.conf "* ]]
	else
		is_ours "$pid"
	fi && printf '%s\n' "$pid"
} 2>/dev/null

# Processes of this instance that no pid file knows: services whose supervisor was killed, workers
# whose nginx was.
strays() {
	local process
	grep -lszFx "CINEMA_STATE=$STATE" /proc/[0-9]*/environ |
		while IFS=/ read -r _ _ process _; do
			! is_ours "$process" || say "$process"
		done
	find /proc/[0-9]*/fd -maxdepth 1 -lname "$STATE/logs/nginx-error.log" 2>/dev/null |
		while IFS=/ read -r _ _ process _; do
			! grep -qs '^nginx' "/proc/$process/comm" || say "$process"
		done | sort -u
}

# Starts one part, as the leader of a process group, and notes its pid.
launch() {
	local name=$1 wrap=() owner=()
	if [ "$name" = nginx ]; then
		[ ! -e "$STATE/internal.sock" ] || rm -f "$STATE/internal.sock"
		ulimit -Sn "$(ulimit -Hn)" 2>/dev/null # two for each client
		setsid nginx -p ./ -c "$STATE/nginx.conf" -e "$STATE/logs/nginx-error.log" \
			-g 'daemon off;' </dev/null >/dev/null 2>"$STATE/logs/nginx.start" &
		say $! >"$STATE/pids/nginx.pid"
		return
	fi
	# CINEMA_WRAP is a command to run the services under, such as valgrind.
	read -ra wrap <<<"${CINEMA_WRAP-}"
	[ ! -e "$STATE/$name.sock" ] || rm -f "$STATE/$name.sock"
	# A child that lives for 250 ms may be killed for ever; one that cannot even start is given up
	# after a few seconds instead of keeping a processor busy. multiwatch ends its child with USR1;
	# its -s option is off by one: -s TERM sends QUIT.
	! changes_user || owner=(-U "$CINEMA_USER" -G "$SERVICES_GROUP")
	# GnuTLS comes with libcurl, unused, and would take most of a MiB.
	GNUTLS_NO_IMPLICIT_INIT=1 setsid spawn-fcgi -n -s "$STATE/$name.sock" "${owner[@]}" -M 0660 -b 4096 -- "$(command -v multiwatch)" \
		-f 1 -r 500 -t 250 -- "${wrap[@]}" "$BUILD/$name" \
		</dev/null >/dev/null 2>>"$STATE/logs/$name.log" &
	say $! >"$STATE/pids/$name.pid"
}

# The keeper: starts all parts, waits for any to end, and starts again what was killed. What ends by
# itself has given up, or was told to, and its pid file goes.
keep() {
	local name pid code=0
	local -A names=()
	cd "$STATE" || exit 1
	say $BASHPID >"$STATE/pids/keeper.pid"
	for name in "${SERVICES[@]}" nginx; do
		launch "$name"
		names[$!]=$name
	done
	while [ ${#names[@]} -gt 0 ]; do
		wait -n -p pid "${!names[@]}"
		code=$?
		name=${names[$pid]}
		unset "names[$pid]"
		if [ "$code" -le 128 ]; then
			rm -f "$STATE/pids/$name.pid"
			continue
		fi
		TZ=UTC0 printf '{"time":"%(%FT%TZ)T","level":"error","message":"%s was killed by signal %d and is started again"}\n' \
			-1 "$name" $((code - 128))
		# The service of a killed supervisor keeps its store locked, and nginx's workers the port,
		# until they have finished what they do.
		kill -"$([ "$name" = nginx ] && echo QUIT || echo TERM)" -- "-$pid" 2>/dev/null
		sleep 0.1
		launch "$name"
		names[$!]=$name
	done
	exit 1
}

# The limits of cinema.conf, as nginx.conf.in marks their lines.
LIMITS=(address_connections address_reads address_writes address_logins user_reads user_writes user_logins)

# Which marked lines of nginx.conf.in hold. Where nobody logs in, all come from this machine and none
# is limited.
nginx_marks() {
	local limit setting
	say "$CINEMA_AUTH"
	[ -z "$CINEMA_TLS_CERTIFICATE" ] && say http || say tls
	[ -z "${CINEMA_LISTEN_PLAIN-}" ] || say plain
	[ -z "${CINEMA_CORS_ORIGINS-}" ] || say cors
	[ "$CINEMA_AUTH" = required ] || return 0
	for limit in "${LIMITS[@]}"; do
		setting=CINEMA_${limit^^}
		[ "${!setting}" = 0 ] || say "$limit"
	done
}

# What nginx.conf.in needs of the limits: the burst of each, and for each kind of request the seconds
# after which the slowest of its limits lets the next one through.
limit_values() {
	local limit setting kind rate longest
	for limit in "${LIMITS[@]}"; do
		setting=CINEMA_${limit^^}
		say "${limit^^}=${!setting}"
		say "${limit^^}_BURST=$((${!setting} * CINEMA_BURST_SECONDS / 60))"
	done
	for kind in READ WRITE LOGIN; do
		longest=1
		for setting in "CINEMA_ADDRESS_${kind}S" "CINEMA_USER_${kind}S"; do
			rate=${!setting}
			[ "$rate" = 0 ] || [ $(((59 + rate) / rate)) -le "$longest" ] || longest=$(((59 + rate) / rate))
		done
		say "${kind}_RETRY=$longest"
	done
}

# NAME=value, as nginx.conf.in has it between two @.
nginx_values() {
	local origin origins port=:${CINEMA_LISTEN##*:} web=$ROOT/client/web
	! changes_user || web=./web
	say "STATE=."
	say "LISTEN=$CINEMA_LISTEN"
	say "LISTEN_PLAIN=${CINEMA_LISTEN_PLAIN-}"
	say "TLS_PORT=${port/#:443/}"
	say "TLS_CERTIFICATE=$CINEMA_TLS_CERTIFICATE"
	say "TLS_KEY=$CINEMA_TLS_KEY"
	say "WEB=$web"
	say "BODY_LIMIT=$CINEMA_BODY_LIMIT"
	say "IMPORT_LIMIT=$CINEMA_IMPORT_LIMIT"
	[ "$EUID" = 0 ] && say "USER=user $CINEMA_USER $SERVICES_GROUP;" || say "USER="
	read -ra origins <<<"${CINEMA_CORS_ORIGINS-}"
	say "CORS_ORIGINS=$(for origin in "${origins[@]}"; do printf "'%s' \$http_origin; " "$origin"; done)"
	limit_values
}

render_nginx() {
	local marks values
	marks=$(nginx_marks | paste -sd '|')
	values=$(nginx_values | sed -E 's/[\&|]/\\&/g; s/^([A-Z_]+)=(.*)/s|@\1@|\2|g/')
	sed -E -e "s/ #@($marks)\$//; / #@/d" -e "$values" "$ROOT/conf/nginx.conf.in" >"$STATE/nginx.conf" ||
		die "cannot write $STATE/nginx.conf"
}

answers() {
	[ "$(curl -s --noproxy '*' --max-time 2 -o "$1" -w '%{http_code}' "${@:2}")" = 200 ]
}

#
# Start
#

# Settings and data files are looked at by those who use them, all four at once.
check_services() {
	local name found
	for name in "${SERVICES[@]}"; do
		"$BUILD/$name" --check </dev/null >/dev/null 2>"$STATE/logs/$name.check" ||
			{ [ -s "$STATE/logs/$name.check" ] || say "$BUILD/$name --check failed" >"$STATE/logs/$name.check"; } &
	done
	wait
	found=$(cd "$STATE/logs" && cat users.check movies.check showtimes.check bookings.check)
	(cd "$STATE/logs" && rm -f ./*.check)
	# Four times the same is said once.
	[ -z "$found" ] || die "$(sed -E 's/^(users|movies|showtimes|bookings): //' <<<"$found" | head -n 1)"
}

# check_port SETTING: nobody listens there yet.
check_port() {
	local address host scheme
	[ -n "${!1-}" ] || return 0
	address=$(reachable "${!1}")
	host=${address%:*}
	(: <>"/dev/tcp/${host//[\[\]]/}/${address##*:}") 2>/dev/null || return 0
	for scheme in http https; do
		if curl -skL --noproxy '*' --max-time 2 -H 'Accept: application/json' "$scheme://$address/" |
			grep -q '"subresource_uris"'; then
			die "${!1} is in use by another Cinema; choose another $1 or stop that one"
		fi
	done
	die "${!1} is in use by another program; choose another $1"
}

# The certificate and its key are there, can be read, and belong together: nginx would find out some
# of it, some only when the first client comes.
check_tls() {
	local name file certificate key
	[ -n "$CINEMA_TLS_CERTIFICATE" ] || return 0
	for name in CINEMA_TLS_CERTIFICATE CINEMA_TLS_KEY; do
		file=${!name}
		[ -f "$file" ] || die "$name, $file, is not there"
		[ -r "$file" ] || die "$name, $file, may not be read"
	done
	certificate=$(openssl x509 -in "$CINEMA_TLS_CERTIFICATE" -noout -pubkey 2>/dev/null) ||
		die "CINEMA_TLS_CERTIFICATE, $CINEMA_TLS_CERTIFICATE, holds no PEM certificate"
	key=$(openssl pkey -in "$CINEMA_TLS_KEY" -passin pass: -pubout 2>/dev/null) ||
		die "CINEMA_TLS_KEY, $CINEMA_TLS_KEY, holds no PEM key that can be used without a passphrase"
	[ "$certificate" = "$key" ] ||
		die "CINEMA_TLS_KEY, $CINEMA_TLS_KEY, is not the key of CINEMA_TLS_CERTIFICATE, $CINEMA_TLS_CERTIFICATE"
	openssl x509 -in "$CINEMA_TLS_CERTIFICATE" -noout -checkend 0 >/dev/null ||
		say "cinema: CINEMA_TLS_CERTIFICATE, $CINEMA_TLS_CERTIFICATE, has expired; browsers will refuse it" >&2
}

# Makes the state folder and takes the lock that keeps two starts or stops apart.
prepare_state() {
	local LC_ALL=C longest=$STATE/showtimes.sock # so that bytes are counted
	[ "${#longest}" -le 107 ] ||
		die "CINEMA_STATE is too long for the sockets in it: $longest has more than 107 bytes"
	mkdir -p "$STATE/pids" "$STATE/logs" "$STATE/tmp" 2>/dev/null
	(: >>"$STATE/lock" && : >>"$STATE/pids/nginx.pid" && : >>"$STATE/logs/nginx-error.log") 2>/dev/null ||
		die "cannot write in CINEMA_STATE, $STATE"
	exec 9>>"$STATE/lock"
	flock -w 10 9 || die "another start or stop of $STATE is under way"
}

know_user() {
	[ -n "$SERVICES_UID" ] || SERVICES_UID=$(id -u "$CINEMA_USER") SERVICES_GROUP=$(id -gn "$CINEMA_USER")
} 2>/dev/null

# Whether the services become another user.
changes_user() {
	[ "$EUID" = 0 ] && know_user && [ "$SERVICES_UID" != 0 ]
}

# Makes the user that root's services run as.
make_user() {
	local why
	if ! know_user; then
		[ "$CINEMA_USER" = cinema ] || die "CINEMA_USER is \"$CINEMA_USER\", but there is no such user"
		# Another start may make it at the same moment.
		why=$(useradd --system --user-group --no-create-home --home-dir /nonexistent \
			--shell /usr/sbin/nologin cinema 2>&1) || id -u cinema >/dev/null 2>&1 ||
			die "cannot make the user cinema: $(tail -n 1 <<<"$why"); make it, or set CINEMA_USER"
		know_user
	fi
	[ "$SERVICES_UID" != 0 ] || say "The services run as root, because CINEMA_USER says so."
}

# Lets the user of the services in, and gives nginx's workers what they read and write. A folder that
# others may enter, or another group, is left as it is.
let_in() {
	local group=$SERVICES_GROUP folder others mine=()
	rm -rf "$STATE/tmp" "$STATE/web"
	mkdir "$STATE/tmp" && cp -r "$ROOT/client/web" "$STATE/web" && chmod -R u=rwX,g=rX,o= "$STATE/web" &&
		chgrp -R "$group" "$STATE/web" || die "cannot write in CINEMA_STATE, $STATE"
	while read -r others folder; do
		[[ $others != 0:?00:* && $others != 0:??0:root && $others != "0:"??0":$group" ]] || mine+=("$folder")
	done < <(cd "$STATE" && stat -c '%u:%a:%G %n' . tmp logs store 2>/dev/null)
	[ ${#mine[@]} = 0 ] || (cd "$STATE" && chgrp "$group" "${mine[@]}" && chmod 0710 "${mine[@]}")
	(cd "$STATE" && setpriv --reuid="$CINEMA_USER" --regid="$group" --clear-groups test -x .) ||
		die "CINEMA_USER, $CINEMA_USER, cannot enter CINEMA_STATE, $STATE: it belongs to $(stat -c %U "$STATE")"
}

# Stores lay side by side before each had a folder of its own. The -wal goes first: SQLite would
# take a database without it for whole.
move_old_stores() {
	local name file
	for name in "${SERVICES[@]}"; do
		for file in "$name".sqlite-wal "$name".sqlite "$name".json; do
			[ -e "$STATE/store/$file" ] || continue
			[ ! -e "$STATE/store/$name/$file" ] ||
				die "$STATE/store has $file and $name/$file; remove the one that is not wanted"
			mkdir -p "$STATE/store/$name" && mv "$STATE/store/$file" "$STATE/store/$name/" ||
				die "cannot move $STATE/store/$file into $STATE/store/$name"
		done
		[ ! -e "$STATE/store/$name.lock" ] || rm -f "$STATE/store/$name.lock"
	done
}

start() {
	local name pid
	check_built
	prepare_state
	if pid_of nginx >/dev/null; then
		die "already running at $URL; ./run.sh restart or stop"
	fi
	stop_all
	[ "$EUID" != 0 ] || make_user
	move_old_stores
	! changes_user || let_in
	check_services
	check_tls
	check_port CINEMA_LISTEN
	check_port CINEMA_LISTEN_PLAIN
	render_nginx
	for name in "${SERVICES[@]}" nginx; do
		: >"$STATE/pids/$name.pid"
	done
	setsid "$ROOT/run.sh" keep </dev/null >>"$STATE/logs/keeper.log" 2>&1 9>&- &
	disown # or bash reports that it was killed, when a stop kills it
	wait_ready
	exec 9>&-
	say "Cinema is at $URL"
}

# What an nginx needs that somebody else starts: systemd, say.
render() {
	prepare_state
	! pid_of nginx >/dev/null || die "already running at $URL"
	[ "$EUID" != 0 ] || make_user
	! changes_user || let_in
	check_services
	check_tls
	render_nginx
	say "$STATE/nginx.conf is written; nginx -p ./ -c $STATE/nginx.conf, started in $STATE, serves $URL"
}

# systemd's instance is systemd's to start and stop.
leave_to_systemd() {
	[ "$STATE" = /var/lib/cinema ] && systemctl -q is-active cinema.target 2>/dev/null || return 0
	die "systemd runs the cinema in $STATE; systemctl start, stop or restart cinema.target"
}

# All sockets are there, and all services answer through nginx.
is_ready() {
	local name
	for name in "${SERVICES[@]}"; do
		[ -S "$STATE/$name.sock" ] || return 1
	done
	answers /dev/null --unix-socket "$STATE/internal.sock" http://cinema/healthz
}

wait_ready() {
	local until=$((SECONDS + START_SECONDS)) name
	until is_ready; do
		for name in "${SERVICES[@]}"; do
			[ -e "$STATE/pids/$name.pid" ] || give_up "$name did not start" "$name.log"
		done
		[ -e "$STATE/pids/nginx.pid" ] || nginx_failed
		[ "$SECONDS" -lt "$until" ] ||
			give_up "not ready after $START_SECONDS seconds" {users,movies,showtimes,bookings}.log nginx-error.log
		sleep 0.02
	done
}

# The first address that nginx says it cannot have.
bound() {
	sed -nE 's/.*bind\(\) to ([^ ]+) failed.*/\1/p' <<<"$1" | head -n 1
}

nginx_failed() {
	local why
	why=$(cat "$STATE/logs/nginx.start")
	case $why in
	*'Address already in use'*) why="$(bound "$why") is in use" ;;
	*'bind()'*'ermission denied'*) why="may not listen on $(bound "$why")" ;;
	esac
	stop_all
	die "nginx did not start: $(tail -n 1 <<<"$why")"
}

give_up() {
	cd "$STATE/logs" && tail -qn 5 "${@:2}" >&2
	stop_all
	die "$1; its log is $STATE/logs/$2"
}

#
# Stop
#

gone() {
	local pid
	for pid in "$@"; do
		[ ! -d "/proc/$pid" ] || is_zombie "$pid" || return 1
	done
}

is_zombie() {
	local name state=''
	while read -r name state _ && [ "$name" != State: ]; do :; done <"/proc/$1/status"
	[ "$state" = Z ]
} 2>/dev/null

# The keeper first, and then nginx: it finishes what is running while the services are still there.
# TERM is sent again and again, because a supervisor that gets it while it starts a child may lose it.
stop_all() {
	local name pid pids=() until=$((SECONDS + STOP_SECONDS + 1))
	if pid=$(pid_of keeper); then
		kill -KILL "$pid" 2>/dev/null
		until gone "$pid"; do sleep 0.01; done
	fi
	if pid=$(pid_of nginx); then
		kill -QUIT "$pid" 2>/dev/null
		for _ in {1..50}; do
			gone "$pid" && break
			sleep 0.02
		done
		gone "$pid" || kill -TERM "$pid" 2>/dev/null
		pids+=("$pid")
	fi
	for name in "${SERVICES[@]}"; do
		! pid=$(pid_of "$name") || pids+=("$pid")
	done
	until [ ${#pids[@]} = 0 ] || gone "${pids[@]}" || [ "$SECONDS" -ge "$until" ]; do
		kill -TERM "${pids[@]}" 2>/dev/null
		for _ in {1..20}; do
			gone "${pids[@]}" && break
			sleep 0.01
		done
	done
	stop_strays "$until"
	# In tmp/who nginx keeps who is who, by tokens as they were sent.
	rm -rf "$STATE"/pids/*.pid "$STATE"/*.sock "$STATE/tmp/who"
}

stop_strays() {
	local pids
	mapfile -t pids < <(strays)
	until [ ${#pids[@]} = 0 ] || [ "$SECONDS" -ge "$1" ]; do
		kill -TERM "${pids[@]}" 2>/dev/null
		sleep 0.05
		mapfile -t pids < <(strays)
	done
	[ ${#pids[@]} = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null
}

stop() {
	[ -d "$STATE/pids" ] || return 0
	prepare_state
	stop_all
	exec 9>&-
}

#
# The other commands
#

status() {
	local name pid code=0
	for name in "${SERVICES[@]}" nginx keeper; do
		if ! pid=$(pid_of "$name"); then
			printf '%-10s down\n' "$name"
			code=1
		elif [ "$name" = keeper ]; then
			printf '%-10s up    pid %d\n' "$name" "$pid"
		elif [ "$name" = nginx ]; then
			printf '%-10s up    pid %-7d %s\n' "$name" "$pid" "$URL"
		elif answers /dev/null --unix-socket "$STATE/internal.sock" "http://cinema/healthz/$name"; then
			printf '%-10s up    pid %d\n' "$name" "$pid"
		else
			printf '%-10s silent, supervisor %d\n' "$name" "$pid"
			code=1
		fi
	done
	return "$code"
}

logs() {
	local follow=()
	case ${1-} in
	'') ;;
	-f) follow=(-F) ;;
	*) die "logs takes -f or nothing" ;;
	esac
	cd "$STATE/logs" 2>/dev/null || die "there are no logs in $STATE"
	exec tail -n 20 "${follow[@]}" -- *.log
}

client() {
	[ -x "$BUILD/cinema" ] || die "$BUILD/cinema is missing: ./run.sh build makes it"
	# This instance's own certificate is all that its client has to trust.
	[ -n "${CINEMA_URL-}" ] || export CINEMA_CA="${CINEMA_CA:-$CINEMA_TLS_CERTIFICATE}"
	export CINEMA_URL=${CINEMA_URL:-$URL}
	exec "$BUILD/cinema" "$@"
}

# internal METHOD PATH [curl option…]: asks as a service does, which only who can enter the state
# folder may; prints the status, and leaves the answer in $ANSWER.
internal() {
	curl -s --noproxy '*' --max-time 10 --unix-socket "$STATE/internal.sock" -X "$1" -o "$ANSWER" \
		-w '%{http_code}' -H 'Content-Type: application/json' "${@:3}" "http://cinema$2"
}

# The first owner is made here and not over the network; there is no password to begin with.
owner() {
	local id=${1-} password='' again='' code
	[[ $id =~ ^[A-Za-z0-9_-]{1,64}$ ]] || die "owner takes an id: A-Z, a-z, 0-9, _ and -"
	[ -S "$STATE/internal.sock" ] || die "the cinema is not running; ./run.sh start"
	ANSWER=$(mktemp) || die "cannot make a file"
	trap 'rm -f "$ANSWER"' EXIT
	code=$(internal GET "/users/$id")
	if [ "$code" = 404 ]; then
		[ ! -t 0 ] || printf 'Password for %s: ' "$id" >&2
		IFS= read -rs password || [ -n "$password" ] || die "no password was given"
		if [ -t 0 ]; then
			printf '\nThe same again: ' >&2
			IFS= read -rs again
			echo >&2
			[ "$password" = "$again" ] || die "the two differ; nothing was done"
		fi
		# Through a pipe: the arguments of a program are for everybody to see.
		code=$(PASSWORD=$password jq -n --arg id "$id" '{id: $id, name: $id, password: env.PASSWORD}' |
			internal POST /users --data-binary @-)
	fi
	case $code in
	200 | 201) code=$(internal PUT "/users/$id/role" --data-binary '{"role":"owner"}') ;;
	esac
	[ "$code" = 200 ] || die "$(jq -r '.detail // "users does not answer"' "$ANSWER" 2>/dev/null || echo 'users does not answer')"
	say "$id is an owner of the cinema."
}

in_front() {
	deps "${PACKAGES[@]}"
	build
	load_settings
	trap 'stop; say; say "Stopped."; exit 0' INT TERM HUP
	start
	say "Ctrl-C stops it; ./run.sh client, in another terminal, opens the menu."
	tail --pid="$(pid_of keeper)" -f /dev/null &
	wait $!
	say "It was stopped."
}

# What the browser tests need from npm.
web_packages() (
	cd "$ROOT/tests/web" || return
	[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund
)

# Everything is run, whatever fails, and the last line is the sum.
run_tests() {
	# Node may have come from elsewhere, and brought its npm.
	command -v npm >/dev/null || TEST_PACKAGES+=(nodejs npm)
	deps "${PACKAGES[@]}" "${TEST_PACKAGES[@]}"
	make -s -C "$ROOT" -j "$(nproc)" BUILD="$BUILD" all tests sanitized || die "the build failed"
	web_packages || say "npm ci failed in tests/web: the page cannot be tested"
	MUST_RUN=web BUILD=$BUILD "$ROOT/tests/run" @all
}

PATH=$PATH:/usr/sbin:/sbin
command=${1-}
case $command in
start | stop | restart | status | logs | client | owner | render) load_settings ;;
esac
case $command in
start | stop | restart) leave_to_systemd ;;
esac
case $command in
'') in_front ;;
start | stop | status | render) "$command" ;;
restart)
	stop
	start
	;;
keep) # start runs this
	STATE=$CINEMA_STATE
	keep
	;;
logs | client | owner) "$command" "${@:2}" ;;
deps)
	shift
	if [ $# = 0 ]; then set -- "${PACKAGES[@]}"; fi
	deps "$@"
	;;
build) build ;;
test) run_tests ;;
help | -h | --help) usage ;;
*)
	usage >&2
	die "there is no command \"$command\""
	;;
esac
