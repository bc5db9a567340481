#!/usr/bin/env bash
# The documents a new cinema starts with: both forms of showtimes.json and bookings.json, and bad
# files, each of which stops the start with file, place and reason and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

suite_start() {
	:
}

# A data folder of its own for a test, DATA.
new_data() {
	DATA=$(mktemp -d "$WORK/data.XXXX")
	cp "$ROOT"/data/*.json "$DATA"
}

# refused FILE CONTENT PATTERN: with that file one line says why, all that services say.
refused() {
	local name pids=()
	printf '%s\n' "$2" >"$DATA/$1"
	for name in users movies showtimes bookings; do
		"$BUILD/$name" --check 2>"$WORK/said.$name" </dev/null &
		pids+=($!)
	done
	! wait_all "${pids[@]}" || fail "$1 was taken: $2"
	sed -E 's/^(users|movies|showtimes|bookings): //' "$WORK"/said.* | sort -u >"$WORK/said"
	says "$1" "$3"
}

# says FILE PATTERN: what was said is one line, that something is wrong with the file; then it is as
# before.
says() {
	[ "$(wc -l <"$WORK/said")" = 1 ] || fail "not one line: $(cat "$WORK/said")"
	grep -qE "$1: .*$2" "$WORK/said" || fail "expected $1: $2, got $(cat "$WORK/said")"
	cp "$ROOT/data/$1" "$DATA" 2>/dev/null || rm -f "$DATA/$1"
}

# The same of a start, which says no more and no less.
start_refused() {
	printf '%s\n' "$2" >"$DATA/$1"
	if run_sh start >"$WORK/said" 2>&1; then fail "$1 was taken: $2"; fi
	without_notice "$WORK/said"
	says "$1" "$3"
}

# A hall of one row, for files that need one.
SCREENS='{"1": {"id": "1", "name": "One", "price": {"all": 500}, "rows": [{"name": "A", "tier": "all", "seats": "####"}]}}'

test_bad_files_are_refused() {
	new_data
	new_settings "CINEMA_DATA=$DATA"
	start_refused movies.json '{' 'line 2, column'
	refused movies.json '[]' 'must be one object'
	refused movies.json '{"a": {"id": "b", "title": "T", "director": "D", "rating": 1}}' 'a: id'
	refused movies.json '{"a": {"id": "a", "title": "T", "director": "D", "rating": 10.1}}' 'a: rating'
	refused movies.json '{"a": {"id": "a", "title": "T", "director": "D"}}' 'a: rating: is missing'
	refused movies.json '{"a": {"id": "a", "title": "T", "director": "D", "rating": 1, "x": 1}}' 'a: x'
	refused movies.json '{"a": {"id": "a", "title": "T", "director": "D", "rating": 1, "x\ny": 1}}' 'a: x[?]y'
	refused movies.json '{"a": 1, "a": 2}' 'same name twice'
	start_refused users.json '{"a b": {"id": "a b", "name": "N", "last_active": 1}}' 'a b: id'
	refused users.json '{"a": {"id": "a", "name": "N", "last_active": -1}}' 'last_active'
	refused users.json "{\"a\": {\"id\": \"a\", \"name\": \"$(printf '\033')[31m\", \"last_active\": 1}}" 'control|escaped'
}

test_bad_screens_are_refused() {
	new_data
	new_settings "CINEMA_DATA=$DATA"
	start_refused screens.json "${SCREENS//####/##o#}" '1/rows/0: seats'
	refused screens.json "${SCREENS//####/____}" '1/rows/0: seats'
	refused screens.json "${SCREENS/\"A\"/\"a\"}" '1/rows/0: name'
	refused screens.json "${SCREENS/500/5.5}" '1: price'
	refused screens.json "${SCREENS/500/-1}" '1: price'
	refused screens.json "${SCREENS/\"tier\": \"all\"/\"tier\": \"none\"}" '1/rows/0: tier'
	refused screens.json "$(jq '.["1"].rows += .["1"].rows' <<<"$SCREENS")" 'two rows A'
	refused screens.json "$(jq '.["1"].rows = [range(11) | {name: ("A" + "ABCDEFGHIJK"[.:. + 1]), tier: "all", seats: ("#" * 100)}]' <<<"$SCREENS")" \
		'more than 1000 seats'
}

test_bad_showtimes_are_refused() {
	new_data
	new_settings "CINEMA_DATA=$DATA"
	local long='{"movie": "m", "time": "18:00", "screen": "1", "minutes": 100}'
	start_refused showtimes.json '{"20180230": ["m"]}' '20180230: must be a day'
	refused showtimes.json '{"20180801": []}' '20180801: must be a list'
	refused showtimes.json '{"20180801": ["a/b"]}' '20180801/0: must be'
	refused showtimes.json '{"20180801": [5]}' '20180801/0: must be'
	refused showtimes.json "{\"20180801\": [${long/\"1\"/\"9\"}]}" '20180801/0: screen: there is no screen 9'
	refused showtimes.json "{\"20180801\": [${long/18:00/24:00}]}" '20180801/0: time'
	refused showtimes.json "{\"20180801\": [$long, ${long/18:00/19:39}]}" '20180801/1: screen 1 shows m then'
	refused showtimes.json "{\"20180801\": [${long/18:00/23:30}], \"20180802\": [${long/18:00/01:00}]}" '20180802/0: screen 1'
	refused showtimes.json "{\"20180801\": [$(jq -c '.price = {all: 1}' <<<"$long")]}" '20180801/0: price'
}

test_bad_bookings_are_refused() {
	new_data
	new_settings "CINEMA_DATA=$DATA"
	local long='{"id": "B1", "code": "C1", "movie": "m", "time": "18:00", "screen": "1", "seats": ["A1"],
		"status": "confirmed", "created": "2018-07-01T10:00:00.000Z", "history": []}'
	start_refused bookings.json '{"a b": {}}' 'a b: must be'
	refused bookings.json '{"a": {"2018": []}}' 'a/2018: must be a day'
	refused bookings.json '{"a": {"20180801": [1]}}' 'a/20180801/0: must be an object'
	refused bookings.json "{\"a\": {\"20180801\": [$long, ${long//B1/B2}]}}" 'a/20180801/1: codes/C1 is there twice'
	refused bookings.json "{\"a\": {\"20180801\": [$long, $(sed 's/B1/B2/; s/C1/C2/' <<<"$long")]}}" \
		'a/20180801/1: seats/20180801/m/18:00-1/A1 is there twice'
	refused bookings.json "{\"a\": {\"20180801\": [${long/confirmed/sold}]}}" 'a/20180801/0: status'
}

test_nothing_is_half_imported() {
	new_data
	new_settings "CINEMA_DATA=$DATA"
	echo '{"a": {"id": "a", "title": "T", "director": "D", "rating": 1}, "b": 5}' >"$DATA/movies.json"
	if run_sh start >"$WORK/said" 2>&1; then fail 'a bad file was taken'; fi
	cp "$ROOT/data/movies.json" "$DATA"
	run_sh start >/dev/null
	expect 200 GET /movies
	expect_json 'length == 7 and .a == null'
	run_sh stop
	# Once imported, the files are not looked at again.
	echo '{"a": {"id": "a", "title": "T", "director": "D", "rating": 1}}' >"$DATA/movies.json"
	run_sh start >/dev/null
	expect 200 GET /movies
	expect_json 'length == 7'
}

test_both_forms_of_showtimes() {
	new_data
	cat >"$DATA/showtimes.json" <<-'END'
		{"20180801": ["first", {"movie": "second", "time": "18:00", "screen": "1", "minutes": 150,
			"price": {"front": 1, "standard": 2, "comfort": 3}, "currency": "GBP"}, "third",
			{"movie": "first", "time": "23:30", "screen": "1"}]}
	END
	start_cinema "CINEMA_DATA=$DATA" CINEMA_DEFAULT_TIME=19:00 CINEMA_CURRENCY=CHF
	expect 200 GET /showtimes/20180801
	expect_json '. == ["first","second","third"]'
	expect 200 GET /showtimes/20180801/first
	expect_json '[.[] | .id] == ["19:00-2","23:30-1"] and .[0].currency == "CHF"'
	expect 200 GET /showtimes/20180801/second
	expect_json '.[0] | .id == "18:00-1" and .price.front == 1 and .currency == "GBP" and .minutes == 150'
	expect 200 GET /showtimes/20180801/third
	expect_json '[.[] | .id] == ["19:00-3"]'
}

test_both_forms_of_bookings() {
	new_data
	cat >"$DATA/bookings.json" <<-'END'
		{"yojane_mane": {"20180801": ["a8034f44-aee4-44cf-b32c-74cf452aaaae",
			{"id": "B1", "code": "C1", "movie": "267eedb8-0f5d-42d5-8f43-72426b9fb3e6", "time": "18:00",
			"screen": "1", "seats": ["A1", "A2"], "price": {"A1": 900, "A2": 900}, "total": 1800,
			"currency": "EUR", "together": true, "status": "confirmed",
			"created": "2018-07-01T10:00:00.000Z", "history": []}]}}
	END
	start_cinema "CINEMA_DATA=$DATA"
	expect 200 GET /bookings/yojane_mane/B1
	expect_json '.user == "yojane_mane" and .date == "20180801" and .seats == ["A1","A2"]'
	expect 409 POST /bookings '{"user": "nayana_patil", "date": "20180801", "seats": ["A2", "A3"],
		"movie": "267eedb8-0f5d-42d5-8f43-72426b9fb3e6", "time": "18:00", "screen": "1"}'
	expect_json '.seats == ["A2"]'
	expect 200 PATCH /bookings/yojane_mane/B1 '{"seats": ["A1"]}'
	expect_json '.total == 900'
	run_sh stop
	"$BUILD/bookings" --audit
}

test_missing_files_are_empty_ones() {
	DATA=$(mktemp -d "$WORK/data.XXXX")
	start_cinema "CINEMA_DATA=$DATA"
	expect 200 GET /movies
	expect_json '. == {}'
	expect 200 GET /bookings
	expect_json '. == {}'
}

run_suite "$@"
