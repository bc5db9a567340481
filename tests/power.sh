#!/usr/bin/env bash
# Power cuts: the writes and syncs of a store under eight threads are recorded, and the folder is
# rebuilt as the power could have left it at each of them. It must open, have all that was answered
# by then, and nothing in part. Stores that sync too little are shown to be found out.
. "$(dirname "$0")/lib.sh"

COMMITS=$(size 150 1500)
CUTS=$(size 60 20000)

suite_start() {
	# Memory, if possible: what is rebuilt needs no disk.
	DISK=$(mktemp -d -p /dev/shm cinema.XXXXXX 2>/dev/null) || DISK=$(mktemp -d "$WORK/XXXX")
}

# record ENGINE THREADS BUILD: a run until COMMITS were answered.
record() {
	local folder=$DISK/recorded
	rm -rf "$folder" "$DISK/cut"
	mkdir "$folder" "$DISK/cut"
	RECORD_LOG=$DISK/log RECORD_FOLDER=$folder RECORD_LINES=$COMMITS \
		LD_PRELOAD=$BUILD/shims/record.so ASAN_OPTIONS=verify_asan_link_order=0 \
		timeout 120 "$3/tools/commits" run "$1" "$folder" "$2" >/dev/null
}

# cut ENGINE: at CUTS moments; what the program said is in $WORK/said.
cut() {
	timeout "$(size 150 1500)" "$BUILD/tools/power" "$DISK/log" "$DISK/cut" "$CUTS" \
		"$BUILD/tools/commits" verify "$1" "$DISK/cut" 2>"$WORK/said"
}

keeps_what_it_answered() {
	local threads
	for threads in 1 8; do
		record "$1" "$threads" "$BUILD"
		cut "$1" || fail "$(grep -v ' commits$' "$WORK/said" | head -n 5)"
	done
}

# finds ENGINE FAULT BUILD: a cut shows a fault of that build.
finds() {
	record "$1" 4 "$3"
	must_fail cut "$1"
	grep -q "$2" "$WORK/said" || fail "the fault was not: $2"$'\n'"$(head -n 5 "$WORK/said")"
}

test_a_sqlite_that_does_not_sync_is_found_out() {
	finds sqlite 'was answered, .* is the last there' "$(mutant hasty fcgi/store/sqlite.c \
		's/writer_settings\[\] = "PRAGMA synchronous = FULL;"/writer_settings[] = "PRAGMA synchronous = OFF;"/' tools/commits)"
}

test_a_json_file_that_is_not_synced_is_found_out() {
	finds json 'line 1\|was answered' "$(mutant unsynced fcgi/store/file.c \
		's/if (!error && fsync(fd) != 0)/if (!error \&\& fd < 0)/' tools/commits)"
}

test_a_folder_that_is_not_synced_is_found_out() {
	finds json 'was answered' "$(mutant nameless fcgi/store/file.c \
		's/return error ? error : file_sync_folder(folder)/return (void)folder, error/' tools/commits)"
}

test_sqlite_keeps_what_it_answered() {
	keeps_what_it_answered sqlite
}

test_json_keeps_what_it_answered() {
	keeps_what_it_answered json
}

# cut_service ENGINE BUILD: the same of the whole bookings service, behind nginx: what a client can
# have been told.
cut_service() {
	local engine=$1 data=$WORK/data
	rm -rf "$DISK/log" "$DISK/cut" "$DISK/state"
	mkdir -p "$DISK/cut" "$DISK/state" "$data"
	jq -n '[range(12) | "u\(.)" | {key: ., value: {id: ., name: ., last_active: 0}}] | from_entries' >"$data/users.json" || return
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$data/movies.json" || return
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows:
		[range(10) | {name: "ABCDEFGHIJ"[.:. + 1], tier: "all", seats: "############"}]}}' >"$data/screens.json" || return
	jq -n '{"20190101": ["m"], "20190102": ["m"]}' >"$data/showtimes.json" || return
	start_cinema "CINEMA_BUILD=$2" "CINEMA_STORE=$engine" "CINEMA_DATA=$data" "CINEMA_STATE=$DISK/state" \
		CINEMA_WRAP="/usr/bin/env LD_PRELOAD=$BUILD/shims/record.so RECORD_PROGRAM=bookings \
			RECORD_FOLDER=$DISK/state/store/bookings RECORD_LOG=$DISK/log ASAN_OPTIONS=verify_asan_link_order=0" || return
	"$BUILD/tools/rush" "$URL" 20190101 m 18:00-1 12 "$(size 6 40)" race || return
	"$BUILD/tools/rush" "$URL" 20190102 m 18:00-1 12 "$(size 6 40)" keys || return
	stop_cinema || return
	timeout "$(size 150 1500)" "$BUILD/tools/power" "$DISK/log" "$DISK/cut" "$CUTS" \
		"$BUILD/tools/booked" "$engine" "$DISK/cut" 2>"$WORK/said"
}

service_keeps_what_it_answered() {
	cut_service "$1" "$BUILD" || fail "$(grep -v ' bookings$' "$WORK/said" | head -n 5)"
	# It was told of bookings, and cut after them.
	[ "$(sed -n 's/ bookings$//p' "$WORK/said" | sort -n | tail -n 1)" -gt 10 ]
}

test_a_service_that_does_not_sync_is_found_out() {
	must_fail cut_service sqlite "$(mutant careless fcgi/store/sqlite.c \
		's/writer_settings\[\] = "PRAGMA synchronous = FULL;"/writer_settings[] = "PRAGMA synchronous = OFF;"/' bookings)"
	grep -q 'was answered, and is not there' "$WORK/said"
}

test_the_service_keeps_what_it_answered_on_sqlite() {
	service_keeps_what_it_answered sqlite
}

test_the_service_keeps_what_it_answered_on_json() {
	service_keeps_what_it_answered json
}

run_suite "$@"
