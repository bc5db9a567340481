#!/usr/bin/env bash
# The fuzzers in short: all that is kept in tests/fuzz/corpus, and a second more of each; and that a
# fault is found. `make fuzz` is the long form.
. "$(dirname "$0")/lib.sh"

suite_start() {
	FUZZ_SECONDS=0 BUILD=$BUILD "$ROOT/tests/fuzz/run" text >"$WORK/first" || cat "$WORK/first" >&2
}

needs_fuzzers() {
	! grep -q SKIP "$WORK/first" || skip "$(sed 's/.*SKIP //' "$WORK/first")"
}

# The same sources with one fault, built from the objects that are there.
faulty() {
	mkdir -p "$WORK/faulty/build" "$WORK/faulty/tests"
	cp -a "$ROOT/Makefile" "$ROOT/fcgi" "$ROOT/client" "$WORK/faulty"
	cp -a "$ROOT/tests/fuzz" "$WORK/faulty/tests"
	mkdir "$WORK/faulty/build/fuzzing"
	cp -a "${FUZZ_BUILD:-$BUILD/fuzzing}"/{flags,libcinema.a,obj} "$WORK/faulty/build/fuzzing"
	sed -i "$2" "$WORK/faulty/$1"
	! cmp -s "$ROOT/$1" "$WORK/faulty/$1" || fail "nothing in $1 was changed"
	make -s -C "$WORK/faulty" CC=clang FUZZ=1 BUILD=build/fuzzing build/fuzzing/fuzz/text >&2
}

test_a_fault_is_found() {
	needs_fuzzers
	faulty client/cli/uri.c "s/if (\*value != '<' || value\[1 + target\] != '>')/if (*value != '<')/"
	mkdir "$WORK/learned"
	must_fail "$WORK/faulty/build/fuzzing/fuzz/text" -runs=200000 -artifact_prefix="$WORK/found-" \
		"$WORK/learned" "$ROOT/tests/fuzz/corpus/text" >"$WORK/said" 2>&1
	ls "$WORK"/found-crash-*
}

test_nothing_is_found() {
	needs_fuzzers
	FUZZ_SECONDS=$(size 1 300) BUILD=$BUILD "$ROOT/tests/fuzz/run"
}

run_suite "$@"
