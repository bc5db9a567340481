#!/usr/bin/env bash
# The store without the services: killed with -9 at random moments, and on a full disk.
. "$(dirname "$0")/lib.sh"

suite_start() {
	:
}

# kill_rounds ENGINE ROUNDS: commits by eight threads, killed after 10 to 200 ms each round; now and
# then a look whether all that was answered is there, and nothing in part.
kill_rounds() {
	local engine=$1 rounds=$2 folder=$WORK/$1 round pid before
	rm -rf "$folder"
	mkdir "$folder"
	: >"$folder.answered"
	for ((round = 1; round <= rounds; round++)); do
		before=$(wc -l <"$folder.answered")
		"$BUILD/tools/commits" run "$engine" "$folder" 8 >>"$folder.answered" &
		pid=$!
		wait_for 10 longer_than "$before" "$folder.answered"
		sleep "0.$(printf %03d $((10 + RANDOM % 190)))"
		kill -9 "$pid" || fail "round $round: it ended before it was killed"
		wait "$pid" 2>/dev/null || true
		[ $((round % 5)) -gt 0 ] || verify "$engine" || fail "after round $round: $(cat "$WORK/verdict")"
	done
	cat "$WORK/verdict"
}

verify() {
	"$BUILD/tools/commits" verify "$1" "$WORK/$1" <"$WORK/$1.answered" >"$WORK/verdict"
}

longer_than() {
	[ "$(wc -l <"$2")" -gt "$1" ]
}

test_sqlite_keeps_what_it_answered_when_killed() {
	kill_rounds sqlite 40
}

test_json_keeps_what_it_answered_when_killed() {
	kill_rounds json 40
}

# The two tests above would see a loss.
test_a_lost_commit_and_half_a_commit_are_seen() {
	kill_rounds json 5
	cp "$WORK/json/commits.json" "$WORK/whole"
	echo '3 999999999' >>"$WORK/json.answered"
	! verify json || fail 'a lost commit was not seen'
	grep -q 'thread 3: commit 999999999 was answered' "$WORK/verdict"
	sed -i '$d' "$WORK/json.answered"
	verify json
	jq '(.documents | keys | map(select(startswith("b/05/"))) | last) as $key
		| del(.documents[$key])' "$WORK/whole" >"$WORK/json/commits.json"
	! verify json || fail 'half a commit was not seen'
	grep -q 'thread 5: a commit is there in part' "$WORK/verdict"
}

# A small disk of its own, seen by this process only.
full_disk() {
	unshare -rm true 2>/dev/null || skip 'needs user and mount namespaces (unshare -rm)'
	mkdir "$WORK/disk"
	# shellcheck disable=SC2016
	unshare -rm bash -c 'mount -t tmpfs -o "size=$1" tmpfs "$2" && "$3/tools/commits" fill "$4" "$2"' \
		- "$2" "$WORK/disk" "$BUILD" "$1" 2>"$WORK/log.full" || {
		cat "$WORK/log.full"
		fail "$1 on a full disk"
	}
	# Told once, not with each commit.
	[ "$(grep -c '"level":"error"' "$WORK/log.full")" -le 4 ] || fail "$(cat "$WORK/log.full")"
	rmdir "$WORK/disk"
}

test_sqlite_refuses_on_a_full_disk_and_recovers() {
	full_disk sqlite 12m
}

test_json_refuses_on_a_full_disk_and_recovers() {
	full_disk json 3m
}

run_suite "$@"
