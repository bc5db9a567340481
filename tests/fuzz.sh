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

test_a_fault_is_found() {
	needs_fuzzers
	local build
	build=$(BUILD=$BUILD/san mutant faulty client/cli/uri.c \
		"s/if (\*value != '<' || value\[1 + target\] != '>')/if (*value != '<')/" fuzz/text)
	mkdir "$WORK/learned"
	must_fail "$build/fuzz/text" -runs=200000 -artifact_prefix="$WORK/found-" \
		"$WORK/learned" "$ROOT/tests/fuzz/corpus/text" >"$WORK/said" 2>&1
	ls "$WORK"/found-crash-*
}

test_nothing_is_found() {
	needs_fuzzers
	FUZZ_SECONDS=$(size 1 300) BUILD=$BUILD "$ROOT/tests/fuzz/run"
}

run_suite "$@"
