#!/usr/bin/env bash
# Linearizability: what clients were told of a few seats, while services are killed, syncs are slow,
# holds expire and answers are lost, must fit one order of events, seat by seat (tools/linear). First
# the checker is shown good and bad histories, and then cinemas with a guard taken out.
. "$(dirname "$0")/lib.sh"

ROUNDS=$(size 1 40) # of one history each

make_data() {
	mkdir "$WORK/data"
	jq -n '[range(12) | "u\(.)" | {key: ., value: {id: ., name: ., last_active: 0}}] | from_entries' \
		>"$WORK/data/users.json"
	jq -n '{m: {id: "m", title: "M", director: "D", rating: 5}}' >"$WORK/data/movies.json"
	jq -n '{"1": {id: "1", name: "Hall", price: {all: 1000}, rows: [{name: "A", tier: "all", seats: "####"}]}}' \
		>"$WORK/data/screens.json"
	jq -n '[range(101; 132), range(201; 229) | {key: "20190\(.)", value: ["m"]}] | from_entries' \
		>"$WORK/data/showtimes.json"
}

suite_start() {
	make_data
}

begin() {
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=1 CINEMA_SWEEP_MS=300 \
		CINEMA_MAX_HELD=1000 "$@"
	day=20190101
}

# judge: whether what stands on standard input is a history that can be.
judge() {
	"$BUILD/tools/linear"
}

good() {
	judge >"$WORK/verdict" || fail "$(cat "$WORK/verdict")"
}

bad() {
	must_fail judge >"$WORK/verdict"
	grep -q 'no order fits' "$WORK/verdict" || fail "$(cat "$WORK/verdict")"
}

# record SEED REQUESTS: a history of a day that no other has touched, in $WORK/history.
record() {
	"$BUILD/tools/history" "$URL" "$day" m 18:00-1 A1,A2,A3 8 "$2" 1 "$1" >"$WORK/history"
	day=$(date -u -d "$day + 1 day" +%Y%m%d)
}

# finds: one of some histories is none that can be.
finds() {
	local seed
	for seed in 1 2 3 4 5 6; do
		record "$seed" 25 2>"$WORK/told" || return 0
		judge <"$WORK/history" >"$WORK/verdict" || return 0
	done
	fail 'nothing was found'
}

# Each good history ends with a line that could stand there, each bad one with what could not.
test_good_histories_are_taken() {
	good <<<'0 1 map A1 - free
		2 3 hold A1 b ok 100
		4 5 map A1 - held
		6 7 confirm A1 b ok
		8 9 map A1 - sold'
	good <<<'0 9 book A1 b ok
		1 8 map A1 - free
		2 7 map A1 - sold'
	# Over at 100: until 99 it is held, from 100 on anybody may take it.
	good <<<'0 1 hold A1 b ok 100
		99 101 book A1 - taken
		98 102 map A1 - free
		103 104 book A1 c ok
		105 106 confirm A1 b taken
		107 108 show A1 b expired'
	# Confirmed late, while nobody has it.
	good <<<'0 1 hold A1 b ok 100
		200 201 map A1 - free
		202 203 confirm A1 b ok
		204 205 map A1 - sold'
	# Cancelled, so it cannot be confirmed.
	good <<<'0 1 hold A1 b ok 100
		2 3 cancel A1 b ok
		4 5 confirm A1 b cancelled
		6 7 book A1 c ok
		8 9 show A1 b cancelled
		10 11 show A1 c confirmed'
	# What was lost may come later, or never.
	good <<<'0 - book A1 ? lost
		50 51 map A1 - free
		60 61 map A1 - sold'
	good <<<'0 - book A1 ? lost
		50 51 book A1 b ok'
	good <<<'0 1 hold A1 b ok 100
		2 - confirm A1 b lost
		3 - cancel A1 b lost
		200 201 map A1 - sold
		202 203 map A1 - free'
	# Seats do not depend on each other.
	good <<<'0 1 book A1 b ok
		2 3 book A2 c ok
		4 5 map A3 - free'
}

test_bad_histories_are_found() {
	# Sold twice.
	bad <<<'0 1 book A1 b ok
		2 3 book A1 c ok'
	bad <<<'0 9 book A1 b ok
		1 8 book A1 c ok'
	# Lost.
	bad <<<'0 1 book A1 b ok
		2 3 map A1 - free'
	bad <<<'0 1 hold A1 b ok 100
		2 3 confirm A1 b ok
		200 201 map A1 - free'
	# An old map after a new one.
	bad <<<'0 9 book A1 b ok
		1 2 map A1 - sold
		3 4 map A1 - free'
	# A hold that ends too early, or too late, or that was over already.
	bad <<<'0 1 hold A1 b ok 100
		50 99 book A1 c ok'
	bad <<<'0 1 hold A1 b ok 100
		100 101 map A1 - held'
	bad <<<'0 1 hold A1 b ok 100
		90 110 map A1 - free
		111 112 book A1 - taken'
	# Refused for nothing.
	bad <<<'0 1 map A1 - free
		2 3 book A1 - taken'
	bad <<<'0 1 hold A1 b ok 100
		2 3 confirm A1 b taken'
	# Confirmed though somebody else has it, or it was cancelled; cancelled with effect on another.
	bad <<<'0 1 hold A1 b ok 100
		200 201 book A1 c ok
		202 203 confirm A1 b ok'
	bad <<<'0 1 hold A1 b ok 100
		2 3 cancel A1 b ok
		4 5 confirm A1 b ok'
	bad <<<'0 1 hold A1 b ok 100
		200 201 book A1 c ok
		202 203 cancel A1 b ok
		204 205 map A1 - free'
	# A booking that says otherwise than the map.
	bad <<<'0 1 book A1 b ok
		2 3 show A1 b held'
	bad <<<'0 1 hold A1 b ok 100
		2 3 show A1 b expired'
	# Something lost does not happen twice, nor before it was asked.
	bad <<<'0 - book A1 ? lost
		50 51 map A1 - sold
		60 61 map A1 - free'
	bad <<<'0 1 map A1 - sold
		2 - book A1 ? lost'
}

test_rubbish_is_no_history() {
	local code line
	for line in 'x' '1 0 map A1 - free' '0 1 hold A1 b ok' '0 1 book A1 b lost' '0 1 map A1 - odd'; do
		code=0
		judge <<<"$line" || code=$?
		[ "$code" = 2 ]
	done
}

test_a_seat_sold_twice_is_found() {
	begin "CINEMA_BUILD=$(mutant unguarded fcgi/bookings/seat.c \
		's/batch_put(batch, key, version, document)/(void)version, batch_put(batch, key, BATCH_ANY, document)/' bookings)"
	finds
	cat "$WORK/verdict"
}

test_an_old_map_is_found() {
	begin "CINEMA_BUILD=$(mutant stale fcgi/bookings/map.c \
		's/drawn->version == version \&\&/(version || !version) \&\&/' bookings)"
	finds
	cat "$WORK/verdict"
}

# Kills a service, or makes the disk slow or well again, until the history is whole.
trouble() {
	local name
	while kill -0 "$1" 2>/dev/null; do
		sleep "0.$(printf %03d $((200 + RANDOM % 700)))"
		case $((RANDOM % 6)) in
		0 | 1 | 2) kill_service bookings || true ;;
		3) kill_service "$(shuf -n 1 -e users showtimes movies)" || true ;;
		4) echo "slow $((20 + RANDOM % 200))" >"$WORK/slow" ;;
		5) rm -f "$WORK/slow" ;;
		esac
	done
}

# A booking waits for its sync, however fast the machine is.
is_slow() {
	local seconds
	echo 'slow 300' >"$WORK/slow"
	seconds=$(curl -sf --noproxy '*' --max-time 30 -o /dev/null -w '%{time_total}' -H 'Content-Type: application/json' \
		-d '{"user":"u1","date":"20190228","movie":"m","time":"18:00","screen":"1","seats":["A4"]}' "$URL/bookings")
	rm "$WORK/slow"
	awk -v seconds="$seconds" 'BEGIN { exit seconds < 0.3 }'
}

test_every_answer_fits_one_order() {
	local round recorder seed
	begin "CINEMA_WRAP=/usr/bin/env LD_PRELOAD=$BUILD/shims/fault.so FAULT_FILE=$WORK/slow"
	is_slow || fail 'the disk is not slow when it should be'
	for ((round = 0; round < ROUNDS; round++)); do
		seed=$RANDOM
		record "$seed" "$(size 35 80)" 2>"$WORK/told" &
		recorder=$!
		trouble "$recorder"
		wait "$recorder" || fail "$(cat "$WORK/told")"
		day=$(date -u -d "$day + 1 day" +%Y%m%d)
		judge <"$WORK/history" >"$WORK/verdict" || fail "$(cat "$WORK/verdict" "$WORK/history")"
		echo "$(cat "$WORK/verdict"); $(awk '{ print $3, $6 }' "$WORK/history" | sort | uniq -c | tr -s ' \n' ' ')"
	done
}

run_suite "$@"
