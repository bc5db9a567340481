#!/usr/bin/env bash
# That `make bench` works: a part of it, quickly. What the figures are is not looked at: other tests
# run at the same time.
. "$(dirname "$0")/lib.sh"

suite_start() {
	:
}

figure() {
	jq -e --arg what "$1" --arg who "$2" '.figures[] | select(.what == $what and .who == $who) |
		.rate > 0 and .p50 > 0 and .p999 >= .p50 and .errors == 0 and (.status | keys - ["200", "201"] == [])' \
		"$WORK/bench.json" >/dev/null || fail "$1 of $2: $(jq -c .figures "$WORK/bench.json")"
}

test_a_part_is_measured_and_told() {
	! grep -qs fsanitize "$BUILD/flags" || skip "sanitizers are on, and figures say nothing"
	QUICK=1 BENCH_FOLDER=$WORK "$ROOT/tests/bench/run" --only '^(movie|cached|post 8)$' \
		--json "$WORK/bench.json" --svg "$WORK/bench.svg" >"$WORK/table"
	figure movie cinema
	figure movie event
	figure movie auth
	figure cached file
	figure 'post 8' cinema
	jq -e '.disk.sync > 0 and .hit_rate > 0 and (.goals | length > 9) and .growth == []' "$WORK/bench.json"
	grep -qE '^  movie +cinema +[0-9]+ ' "$WORK/table"
	grep -qE '^  (met|MISSED) +one movie / constant' "$WORK/table"
	grep -q '</svg>' "$WORK/bench.svg"
}

test_a_wrong_option_is_refused() {
	must_fail "$ROOT/tests/bench/run" --rounds 2>"$WORK/why"
	grep -q '^usage:' "$WORK/why"
}

run_suite "$@"
