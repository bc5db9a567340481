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
	trap 'rm -rf "$DISK"; suite_end' EXIT
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

run_suite "$@"
