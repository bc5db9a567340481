#!/usr/bin/env bash
# Everything fails once: allocations, calls on the disk and on sockets, calls of the store and of
# peers, one at a time, on every route, with good and bad bodies (tests/faults). The answer must be as
# ever, or a clear 5xx that did nothing. Services that overlook a failure are shown to be found out.
. "$(dirname "$0")/lib.sh"

MOST=${MOST:-$(size 3 0)} # calls of a kind that fail in a case; 0: all

suite_start() {
	# In memory, if possible: what is synced here needs no disk.
	DISK=$(mktemp -d -p /dev/shm cinema.XXXXXX 2>/dev/null) || DISK=$(mktemp -d "$WORK/XXXX")
	# json-c's own: a member's name, when its table cannot grow.
	echo 'leak:json_object_object_add_ex' >"$WORK/leaks"
}

# faults ENGINE BUILD MOST [PART]
faults() {
	rm -rf "$DISK/state"
	mkdir "$DISK/state"
	env "CINEMA_STORE=$1" "CINEMA_DATA=$ROOT/data" CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1 \
		CINEMA_SWEEP_MS=3600000 CINEMA_PEER_TIMEOUT_MS=1000 "LD_PRELOAD=$BUILD/shims/fault.so" \
		ASAN_OPTIONS=verify_asan_link_order=0 \
		"LSAN_OPTIONS=suppressions=$WORK/leaks:print_suppressions=0" timeout "$(size 350 7000)" \
		"$2/tools/faults" "$DISK/state" "${@:3}" >"$WORK/said" 2>"$WORK/logged" || {
		grep -E "$CRASHED|ERROR" -A 12 "$WORK/logged" | head -n 40
		head -n 60 "$WORK/said"
		return 1
	}
	tail -n 1 "$WORK/said"
}

test_memory_that_is_not_looked_at_is_found_out() {
	must_fail faults sqlite "$(mutant careless fcgi/base/memory.c 's/noted = true/noted = false/' tools/faults)" \
		40 'POST /bookings {"user":"nayana_patil","date":"20180805","movie":"96798c08-d19b-4986-a05d-7da856efb697","count":4,"hold":true,"time":"18:00"}: memory'
	grep -qE 'another (answer|store)' "$WORK/said"
}

test_a_commit_that_failed_and_is_there_is_found_out() {
	must_fail faults sqlite "$(mutant keeping fcgi/store/sqlite.c \
		's/if (code == SQLITE_IOERR_FSYNC)/if (code == SQLITE_OK)/' tools/faults)" 0 \
		'PATCH /users/nayana_patil {"password":"another one"}: disk'
	grep -q 'after a crash the store is another' "$WORK/said"
}

test_an_error_that_is_not_told_is_found_out() {
	must_fail faults sqlite "$(mutant silent fcgi/service/answer.c \
		's/^\tif (result != STORE_OK)$/\tif (result == STORE_OK \&\& !scan.limit)/' tools/faults)" 0 'GET /users : store'
	grep -q 'another answer' "$WORK/said"
}

test_whatever_fails_once_the_answer_is_true_on_sqlite() {
	faults sqlite "$BUILD" "$MOST"
}

test_whatever_fails_once_the_answer_is_true_on_json() {
	faults json "$BUILD" "$MOST"
}

run_suite "$@"
