#!/usr/bin/env bash
# Half an hour of an ordinary evening: bookings, holds, changes and reads. Memory and descriptors stay
# as they are: the second half is held against the first. A leak is made first, to see it seen.
. "$(dirname "$0")/lib.sh"

SOAK=${SOAK:-$(size 8 1800)}       # seconds
GROWTH=${GROWTH:-$(size 1.5 1.1)}  # of memory that is none; the short form is still warming up
SLACK=2048                         # KiB that may come and go
PARTS=(users movies showtimes bookings nginx)
CLIENTS=8

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

# All of a part's processes.
pids_of() {
	if [ "$1" = nginx ]; then nginx_workers; else service_pid "$1"; fi
}

# A line a part: seconds, KiB that are resident and not a file's, descriptors.
sample() {
	local part pid
	for part in "${PARTS[@]}"; do
		for pid in $(pids_of "$part"); do
			printf '%s %d %d %d\n' "$part" "$1" \
				"$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")" "$(find "/proc/$pid/fd" | wc -l)"
		done
	done
}

rushes() {
	local day modes=(holds keys race) count=0
	for day in $(jq -r 'keys[]' "$WORK/data/showtimes.json"); do
		"$BUILD/tools/rush" "$URL" "$day" m 18:00-1 $CLIENTS 10 "${modes[count++ % 3]}" >"$WORK/rushed" || return 1
		[ ! -e "$WORK/enough" ] || break
	done
}

# evening SECONDS: the load, and samples of it in $WORK/samples.
evening() {
	local until=$((SECONDS + $1)) began=$SECONDS rushes steady tell
	rm -f "$WORK/enough" "$WORK/samples" "$WORK/tell"
	mkfifo "$WORK/tell"
	rushes &
	rushes=$!
	"$BUILD/tools/steady" "$URL" 4 5 /movies /movies/m /users/u1 /users/u1/bookings /users/u2/suggested \
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
}

# stays COLUMN GROWTH SLACK: of each part, the last quarter's mean is within that of the second's.
stays() {
	awk -v column="$1" -v growth="$2" -v slack="$3" -v all="$SOAK" '
		$2 >= all / 4 && $2 < all / 2 { early[$1] += $column; earlies[$1]++ }
		$2 >= all * 3 / 4 { late[$1] += $column; lates[$1]++ }
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

test_a_leak_would_be_seen() {
	[ -z "${SANITIZED-}" ] || skip 'a sanitizer keeps what is freed'
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=1 "CINEMA_BUILD=$(mutant leaking fcgi/http/exchange.c \
		's/^\tarena_reset(&exchange->arena);/\tchar *volatile lost = malloc(8192);\n\tif (lost)\n\t\tmemset(lost, 1, 8192);\n&/' users)"
	SOAK=8
	evening 8
	must_fail stays 3 "$GROWTH" $SLACK
}

test_memory_and_descriptors_stay_as_they_are() {
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=1
	local before
	before=$(service_pids)
	evening "$SOAK"
	[ -n "${SANITIZED-}" ] || stays 3 "$GROWTH" $SLACK || fail 'memory grows'
	stays 4 1 16 || fail 'descriptors grow'
	[ "$(service_pids)" = "$before" ] || fail 'a service did not live through it'
	run_sh stop
	"$BUILD/bookings" --audit
}

run_suite "$@"
