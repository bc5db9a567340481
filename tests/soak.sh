#!/usr/bin/env bash
# Half an hour of an ordinary evening: bookings, holds, changes and reads. Memory stays as it is: the
# last quarter is held against the second. So do descriptors, before and after, when nobody asks and the
# connections that were kept are closed. Leaks are made first, to see them seen.
. "$(dirname "$0")/lib.sh"

SOAK=${SOAK:-$(size 8 1800)}       # seconds
GROWTH=${GROWTH:-$(size 1.5 1.1)}  # of memory that is none; the short form is still warming up
SLACK=2048                         # KiB that may come and go
DESCRIPTORS=16                     # more that are no leak: each of eight readers of a store has two
PARTS=(users movies showtimes bookings nginx)
CLIENTS=8
READERS=4
declare -A PIDS

make_data() {
	mkdir "$WORK/data"
	jq -n --argjson clients $CLIENTS '[range($clients) | "u\(.)" |
		{key: ., value: {id: ., name: ., last_active: 0}}] | from_entries' >"$WORK/data/users.json"
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$WORK/data/movies.json"
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows:
		[range(10) | {name: "ABCDEFGHIJ"[.:. + 1], tier: "all", seats: "############"}]}}' >"$WORK/data/screens.json"
	jq -n --argjson days "$(size 300 9000)" '[range($days) |
		{key: (1546300800 + . * 86400 | strftime("%Y%m%d")), value: ["m"]}] | from_entries' >"$WORK/data/showtimes.json"
}

suite_start() {
	! grep -qs fsanitize "$BUILD/flags" || SANITIZED=1
	make_data
}

# All of a part's processes, but for nginx's that reads its cache once and ends.
pids_of() {
	local pid
	if [ "$1" != nginx ]; then
		service_pid "$1"
		return
	fi
	for pid in $(nginx_workers); do
		grep -q loader "/proc/$pid/cmdline" || printf '%s\n' "$pid"
	done
}

# sample SECONDS: a line a process, with its part and the KiB that are resident and not a file's.
sample() {
	local part pid name kib
	for part in "${PARTS[@]}"; do
		for pid in ${PIDS[$part]}; do
			while read -r name kib _; do
				[ "$name" != RssAnon: ] || printf '%s %d %d\n' "$part" "$1" "$kib"
			done <"/proc/$pid/status"
		done
	done
}

# The descriptors of each part, a line each.
descriptors() {
	local part pid open
	for part in "${PARTS[@]}"; do
		open=()
		for pid in ${PIDS[$part]}; do open+=("/proc/$pid/fd"/*); done
		printf '%s %d\n' "$part" "${#open[@]}"
	done
}

nginx_sockets() {
	local pid folders=()
	for pid in ${PIDS[nginx]}; do folders+=("/proc/$pid/fd"); done
	find "${folders[@]}" -lname 'socket:*' | wc -l
}

# Nginx has let go of all connections, and nothing has changed since the last look.
is_at_rest() {
	local last
	last=$(<"$WORK/now")
	sleep 0.3
	descriptors >"$WORK/now"
	[ "$last" = "$(<"$WORK/now")" ] && [ "$(nginx_sockets)" -le "$FRESH" ]
}

# rest NAME: the descriptors that are left when nobody asks, in $WORK/NAME.
rest() {
	: >"$WORK/now"
	wait_for 60 is_at_rest
	cp "$WORK/now" "$WORK/$1"
}

# A service keeps three descriptors for each question to another that it once had at the same time. It
# has as many as the load can make it have, or more, from the beginning.
is_warm() {
	local many=$((3 * (CLIENTS + READERS)))
	"$BUILD/bench/load" -1 -w 0 -c 64 "127.0.0.1:$PORT" "$WORK/at-once" >"$WORK/loaded"
	rest before
	paste -d ' ' "$WORK/fresh" "$WORK/before" |
		awk -v many=$many '/^(users|bookings)/ && $4 < $2 + many { few++ } END { exit few > 0 }'
}

# Kept connections are closed after a second in which nobody asks.
begin() {
	local part user
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=1 "$@"
	reload 's/^( *keepalive_timeout) 60s;/\1 1s;/; s/^( *)keepalive 32;/& keepalive_timeout 1s;/'
	for part in "${PARTS[@]}"; do
		PIDS[$part]=$(pids_of "$part" | tr '\n' ' ')
	done
	FRESH=$(nginx_sockets)
	descriptors >"$WORK/fresh"
	for ((user = 0; user < 10 * CLIENTS; user++)); do
		printf "GET /users/%s/bookings\nPOST /bookings {\"user\":\"%s\",\"date\":\"20190101\",\"movie\":\"m\"}\n" \
			"u$((user % CLIENTS))" "u$((user % CLIENTS))"
	done >"$WORK/at-once"
	wait_for 60 is_warm
}

# A rush a day, until $WORK/enough is there.
rushes() {
	local day modes=(holds keys race) count=0
	for day in $(jq -r 'keys[1:][]' "$WORK/data/showtimes.json"); do
		"$BUILD/tools/rush" "$URL" "$day" m 18:00-1 $CLIENTS 10 "${modes[count++ % 3]}" >"$WORK/rushed" || return 1
		[ ! -e "$WORK/enough" ] || break
	done
}

# The load, with samples in $WORK/samples.
evening() {
	local until=$((SECONDS + SOAK)) began=$SECONDS rushes steady tell
	rm -f "$WORK/enough" "$WORK/samples" "$WORK/tell"
	mkfifo "$WORK/tell"
	rushes &
	rushes=$!
	"$BUILD/tools/steady" "$URL" $READERS 5 /movies /movies/m /users/u1 /users/u1/bookings /users/u2/suggested \
		/showtimes/20190101/m /bookings/u1 /showtimes/20190102/m/18:00-1/seats /nothing \
		<"$WORK/tell" >"$WORK/steady" &
	steady=$!
	exec {tell}>"$WORK/tell"
	trap 'exec {tell}>&-; touch "$WORK/enough"; wait' EXIT
	while [ "$SECONDS" -lt "$until" ]; do
		sleep 0.5
		sample $((SECONDS - began)) >>"$WORK/samples"
	done
	exec {tell}>&-
	touch "$WORK/enough"
	wait $rushes || fail "$(cat "$WORK/rushed")"
	wait $steady || fail "$(cat "$WORK/steady")"
	trap - EXIT
	cat "$WORK/steady"
	rest after
}

# Of each part, the memory's last quarter's mean is within that of the second's.
memory_stays() {
	awk -v growth="$GROWTH" -v slack=$SLACK -v all="$SOAK" '
		$2 >= all / 4 && $2 < all / 2 { early[$1] += $3; earlies[$1]++ }
		$2 >= all * 3 / 4 { late[$1] += $3; lates[$1]++ }
		END {
			for (part in early) {
				before = early[part] / earlies[part]
				after = late[part] / lates[part]
				printf "%s: %d, then %d\n", part, before, after
				grown += after > before * growth + slack
			}
			exit grown > 0
		}' "$WORK/samples"
}

descriptors_stay() {
	paste -d ' ' "$WORK/before" "$WORK/after" | tee "$WORK/open"
	awk -v slack=$DESCRIPTORS '$4 > $2 + slack { grown++ } END { exit !NR || grown > 0 }' "$WORK/open"
}

# Each request for what a user might like leaves 64 KiB behind, and each for somebody lost a descriptor.
test_a_leak_would_be_seen() {
	[ -z "${SANITIZED-}" ] || skip 'a sanitizer keeps what is freed'
	begin "CINEMA_BUILD=$(mutant leaking fcgi/http/exchange.c '1i#include <unistd.h>
		/^\tbuffer_clear(&exchange->head);/{
			i static char *volatile lost;
			i if (strstr(exchange->request.target, "suggested") && (lost = malloc(65536))) memset(lost, 1, 65536);
			i if (strstr(exchange->request.target, "lost")) (void)!dup(2);
		}' users)"
	SOAK=8
	evening
	must_fail memory_stays
	descriptors_stay
	curl -s --noproxy '*' -o /dev/null "$URL/users/lost[1-32]"
	rest after
	must_fail descriptors_stay
}

test_memory_and_descriptors_stay_as_they_are() {
	begin
	local before
	before=$(service_pids)
	evening
	[ -n "${SANITIZED-}" ] || memory_stays || fail 'memory grows'
	descriptors_stay || fail 'descriptors grow'
	[ "$(service_pids)" = "$before" ] || fail 'a service did not live through it'
	run_sh stop
	"$BUILD/bookings" --audit
}

run_suite "$@"
