#!/usr/bin/env bash
# Seats: screens, showings, the map, booking by name and by number, holds, giving back, limits. How a
# hold ends is in the suite clock.
. "$(dirname "$0")/lib.sh"

STREE=a8034f44-aee4-44cf-b32c-74cf452aaaae
KARWAAN=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
DAY=20180801
USER=yojane_mane

suite_start() {
	start_cinema CINEMA_MAX_HELD=4 CINEMA_PEER_CACHE_MS=100
}

# wish MEMBERS [USER]: the body of a booking of Stree, or MOVIE, on the first of August, or ON, with more
# members.
wish() {
	printf '{"user":"%s","date":"%s","movie":"%s"%s}\n' "${2:-$USER}" "${ON:-$DAY}" "${MOVIE:-$STREE}" "${1:+,$1}"
}

# The address of that showing.
showing() {
	expect 200 GET "/showtimes/$DAY/$STREE"
	jq -r '.[0].uri' <<<"$BODY"
}

# state_of SEAT…: the state of each.
state_of() {
	expect 200 GET "$MAP"
	jq -r '[.rows[].seats[] | {(.name): .state}] | add as $states | [$ARGS.positional[] | $states[.]] | join(" ")' \
		--args "$@" <<<"$BODY"
}

# MAP is the showing's seat map.
open_map() {
	MAP=$(showing)/seats
}

test_screens_are_listed_and_shown() {
	expect 200 GET /showtimes/screens
	expect_json 'length >= 3 and .["1"] == {"id":"1","name":"Grand Hall","capacity":300,"uri":"/showtimes/screens/1"}'
	expect 200 GET /showtimes/screens/3
	expect_json '.capacity == 100 and (.rows | length) == 8 and .rows[6].seats == "x##############x"'
	expect 404 GET /showtimes/screens/nothing
	expect 200 GET '/showtimes/screens?limit=1'
	expect_header Link 'after=1'
}

test_showings_have_time_screen_and_price() {
	expect 200 GET /showtimes/$DAY/$STREE
	expect_json 'length == 1 and (.[0] |
		.movie == $movie and .currency == "EUR" and (.capacity | . > 0) and
		(.starts | test("^2018-08-01T..:..:00.000Z$")) and
		.id == .time + "-" + .screen and (.price | all(.[]; . > 0)))' --arg movie "$STREE"
	local uri
	uri=$(jq -r '.[0].uri' <<<"$BODY")
	expect 200 GET "$uri"
	expect_json '.uri == $uri' --arg uri "$uri"
	expect 404 GET "/showtimes/$DAY/$STREE/03:33-1"
	expect 404 GET "/showtimes/$DAY/nothing"
	expect 400 GET "/showtimes/$DAY/$STREE/25:00-1"
}

test_the_short_form_finds_a_free_screen() {
	local movie all=''
	expect 200 GET /showtimes/$DAY
	for movie in $(jq -r '.[]' <<<"$BODY"); do
		expect 200 GET "/showtimes/$DAY/$movie"
		all+=$(jq -r '.[0].id' <<<"$BODY")' '
	done
	[ "$all" = '18:00-1 18:00-2 18:00-3 21:00-1 ' ] || fail "$all"
}

test_the_map_shows_every_seat() {
	open_map
	expect 200 GET "$MAP"
	expect_json '(.counts | .free + .held + .sold + .blocked) == ([.rows[].seats[]] | length)'
	expect_json '.rows[0].name == "A" and all(.rows[]; .price > 0 and (.tier | length) > 0)'
	expect_json 'all(.rows[].seats[]; (.state | IN("free","held","sold","blocked")) and .price > 0
		and (.tier | length) > 0 and (.column > 0))'
	expect_json '[.. | objects | keys[]] | index("user") == null and index("booking") == null'
	expect 200 GET "$MAP?view=compact"
	expect_json '.rows[0].seats | test("^[fhsx_]+$")'
	expect 400 GET "$MAP?view=other"
	expect 404 GET "/showtimes/$DAY/$STREE/03:33-1/seats"
	expect 405 POST "$MAP" '{}'
}

# The best are those that a booking gets, whatever was booked before.
test_the_map_names_the_best_seats() {
	local best
	start_cinema
	open_map
	expect 200 GET "$MAP?best=3"
	best=$(jq -c .best <<<"$BODY")
	expect_json '(.best | length) == 3 and .counts.free > 3 and (.rows | length) > 3'
	expect 200 GET "$MAP"
	expect_json 'has("best") | not'
	expect 200 GET "$MAP?view=compact&best=1"
	expect_json '.best | length == 1'
	expect 201 POST /bookings "$(wish '"count":3')"
	expect_json '.seats == $best' --argjson best "$best"
	expect 200 GET "$MAP?best=3"
	expect_json '.best != $best and (.best | length) == 3' --argjson best "$best"
	expect 200 GET "$MAP?best=1000"
	expect_json '.best == []'
	expect 400 GET "$MAP?best=0"
	expect 400 GET "$MAP?best=x"
}

test_seats_out_of_use_are_blocked() {
	expect 200 GET "/showtimes/$DAY/39ab85e5-5e8e-4dc5-afea-65dc368bd7ab"
	expect 200 GET "$(jq -r '.[0].uri' <<<"$BODY")/seats"
	expect_json '.counts.blocked == 2 and
		([.rows[].seats[] | select(.state == "blocked") | .name] == ["G1","G16"])'
	expect 422 POST /bookings "$(MOVIE=39ab85e5-5e8e-4dc5-afea-65dc368bd7ab wish '"seats":["G1"]')"
	expect_json '.seats == ["G1"] and (.errors[0].detail | test("out of use"))'
}

test_named_seats_are_booked_together() {
	open_map
	expect 201 POST /bookings "$(wish '"seats":["F7","F8"]')"
	expect_json '.seats == ["F7","F8"] and .status == "confirmed" and .price == {"F7":1100,"F8":1100}
		and .total == 2200 and .currency == "EUR" and .together and
		(.code | test("^[0-9A-HJKMNP-TV-Z]{8}$")) and .expires == null and
		(.time | length) == 5 and .screen == "1" and (.created | test("Z$"))'
	[ "$(state_of F7 F8 F9)" = 'sold sold free' ]
	expect 409 POST /bookings "$(wish '"seats":["F6","F7","F8","F9"]')"
	expect_json '.seats == ["F7","F8"]'
	[ "$(state_of F6 F9)" = 'free free' ] || fail 'all or none'
	expect 422 POST /bookings "$(wish '"seats":["F9","Z1","F99","f9","F0","F01"]')"
	expect_json '.seats == ["Z1","F99","f9","F0","F01"]'
	[ "$(state_of F9)" = free ]
}

test_bad_wishes_say_what_to_mend() {
	local more
	for more in '"seats":[]' '"seats":"F7"' '"seats":[7]' '"seats":["A1","A1"]' '"count":0' \
		'"count":1.5' '"count":"2"' '"seats":["A1"],"count":1' '"hold":1' '"time":"24:00"' \
		'"screen":"a b"' '"row":"A"'; do
		expect 422 POST /bookings "$(wish "$more")"
		expect_json '.errors | length > 0'
	done
	expect 422 POST /bookings "$(wish '"time":"03:33","screen":"2"')"
	expect_json '[.errors[].field] == ["time"]'
	expect 422 POST /bookings "$(wish '"screen":"9"')"
	expect_json '[.errors[].field] == ["screen"]'
	expect 422 POST /bookings "$(wish '"count":11')"
	expect_json '.detail | test("10")'
}

test_best_available() {
	expect 201 POST /bookings "$(MOVIE=$KARWAAN wish '"count":3')"
	expect_json '.seats == ["J9","J10","J11"] or .seats == ["J10","J11","J12"] or
		(.seats | length == 3 and all(.[]; startswith("J") or startswith("K")))'
	expect_json '.together and .total == 4200'
	expect 201 POST /bookings "$(MOVIE=$KARWAAN wish '')"
	expect_json '.seats | length == 1'
}

test_a_hold_is_kept_and_confirmed() {
	local path tag
	open_map
	expect 201 POST /bookings "$(wish '"seats":["A1","A2"],"hold":true')"
	expect_json '.status == "held" and (.expires > .created)'
	path=$(header Location)
	[ "$(state_of A1)" = held ]
	expect 409 POST /bookings "$(wish '"seats":["A1"]' nayana_patil)"
	expect 404 GET "/bookings/$USER/none"
	expect 200 GET "$path"
	tag=$(header ETag)
	expect 412 PATCH "$path" '{"status":"confirmed"}' -H 'If-Match: "v1"'
	expect 200 PATCH "$path" '{"status":"confirmed"}' -H "If-Match: $tag"
	expect_json '.status == "confirmed" and .expires == null and (.history | length) == 2'
	[ "$(state_of A1)" = sold ]
	expect 200 PATCH "$path" '{"status":"confirmed"}'
	expect_json '.history | length == 2'
	for body in '{}' '{"status":"held"}' '{"seats":[]}' '{"status":"confirmed","x":1}' '{"seats":["A9"]}' \
		'{"seats":["A1","A1"]}' '{"seats":[1]}'; do
		expect 422 PATCH "$path" "$body"
	done
}

test_seats_are_given_back() {
	local path
	open_map
	expect 201 POST /bookings "$(wish '"seats":["D1","D2","D3"]')"
	path=$(header Location)
	expect 200 PATCH "$path" '{"seats":["D2"]}'
	expect_json '.seats == ["D2"] and .total == 1100 and .status == "confirmed"'
	[ "$(state_of D1 D2 D3)" = 'free sold free' ]
	expect 200 PATCH "$path" '{"seats":["D2"]}'
	expect 201 POST /bookings "$(wish '"seats":["D1"]' nayana_patil)"
	expect 200 DELETE "$path"
	expect_json '.status == "cancelled" and (.history | length) == 3'
	expect 200 DELETE "$path"
	expect_json '.history | length == 3'
	[ "$(state_of D2 D1)" = 'free sold' ]
	expect 409 PATCH "$path" '{"status":"confirmed"}'
	expect 200 GET "$path"
	expect 404 DELETE "/bookings/$USER/nothing"
	expect 404 DELETE "${path/$USER/nayana_patil}"
}

test_what_is_kept_costs_what_its_seats_cost() {
	local path
	open_map
	expect 201 POST /bookings "$(wish '"seats":["C10","C11","H10","H11","L10"]')"
	expect_json '.price == {C10: 900, C11: 900, H10: 1100, H11: 1100, L10: 1400} and .total == 5400'
	path=$(header Location)
	expect 200 PATCH "$path" '{"seats":["L10","C11","H10"]}'
	expect_json '.seats == ["C11","H10","L10"] and .total == 3400 and ([.price[.seats[]]] | add) == 3400'
	[ "$(state_of C10 C11 H10 H11 L10)" = 'free sold sold free sold' ]
	expect 200 PATCH "$path" '{"seats":["L10","C11"]}'
	expect_json '.total == 2300 and [.history[].seats | length] == [5,3,2]'
	expect 422 PATCH "$path" '{"seats":["L10","H10"]}'
	expect 409 POST /bookings "$(wish '"seats":["C10","L10"]' nayana_patil)"
	expect_json '.seats == ["L10"]'
}

test_a_seat_is_kept_by_its_whole_name() {
	local path
	open_map
	expect 201 POST /bookings "$(wish '"seats":["O1","O10","O11"]')"
	expect 200 PATCH "$(header Location)" '{"seats":["O1"]}'
	expect_json '.seats == ["O1"] and .total == 1100'
	expect 201 POST /bookings "$(wish '"seats":["O2","O20"]')"
	expect 200 PATCH "$(header Location)" '{"seats":["O20"]}'
	expect_json '.seats == ["O20"]'
	[ "$(state_of O1 O10 O11 O2 O20)" = 'sold free free free sold' ]
}

# together BOOL SEATS [KEPT]: whether such a booking, or what is kept of it, says so.
together() {
	expect 201 POST /bookings "$(wish "\"seats\":$2")"
	local path
	path=$(header Location)
	[ $# = 2 ] || expect 200 PATCH "$path" "{\"seats\":$3}"
	expect_json ".together == $1"
	expect 200 GET "$path"
	expect_json ".together == $1"
	expect 200 DELETE "$path"
}

test_together_is_side_by_side() {
	together true '["N6","N7","N8"]'
	together true '["N6"]'
	together false '["N6","N8"]'
	together false '["N6","N8","N9"]'
	together false '["N5","N6"]' # the aisle
	together false '["M20","N1"]'
	together false '["M7","N8"]'
	together false '["N6","N7","N8"]' '["N6","N8"]'
	together true '["N6","N7","N8"]' '["N7","N8"]'
	together true '["N6","N8"]' '["N8"]'
	together false '["N6","N7","N9"]' '["N7","N9"]'
	together true '["N6","N7"]' '["N6","N7"]'
}

test_holds_are_limited() {
	expect 201 POST /bookings "$(wish '"seats":["E1","E2","E3"],"hold":true' anuja_kharatmol)"
	expect 409 POST /bookings "$(wish '"seats":["E4","E5"],"hold":true' anuja_kharatmol)"
	expect_json '.type == "/problems#limit" and .limit == 4 and .held == 3'
	expect 201 POST /bookings "$(wish '"seats":["E6","E7","E8","E9"],"hold":true' kamraj_ambalkar)"
	expect 201 POST /bookings "$(wish '"seats":["E4","E5"]' anuja_kharatmol)"
}

test_racing_holds_keep_the_limit() {
	local i made jobs=()
	for i in 1 2 3 4 5 6 7 8; do
		curl -s -o "$WORK/race$i" -w '%{http_code}\n' -H 'Content-Type: application/json' \
			--data "$(wish "\"seats\":[\"G$i\"],\"hold\":true" vasundhara_kurtakoti)" \
			"$URL/bookings" >"$WORK/code$i" &
		jobs+=($!)
	done
	wait_all "${jobs[@]}"
	made=$(cat "$WORK"/code? | grep -c 201)
	[ "$made" = 4 ] || fail "$made held, the limit is 4: $(cat "$WORK"/race*)"
}

test_a_users_documents_are_listed_newest_first() {
	local first second
	expect 201 POST /bookings "$(wish '"seats":["I1"]' souparnika_patil)"
	first=$(jq -r .id <<<"$BODY")
	sleep 0.01
	expect 201 POST /bookings "$(wish '"seats":["I2"]' souparnika_patil)"
	second=$(jq -r .id <<<"$BODY")
	expect 200 GET '/bookings/souparnika_patil?view=full'
	expect_json 'keys_unsorted[:2] == [$b,$a]' --arg a "$first" --arg b "$second"
	expect_json '.[$a].seats == ["I1"] and .[$a].uri == "/bookings/souparnika_patil/" + $a' --arg a "$first"
	expect 200 GET '/bookings/souparnika_patil?view=full&limit=1'
	expect_header Link "after=$second"
	expect 400 GET '/bookings/souparnika_patil?view=long'
}

test_a_full_showing_gives_way_to_the_next() {
	local i
	for i in 1 2 3 4 5; do
		expect 201 POST /bookings "$(MOVIE=7daf7208-be4d-4944-a3ae-c1c2f516f3e6 wish '"count":10')"
	done
	expect 409 POST /bookings "$(MOVIE=7daf7208-be4d-4944-a3ae-c1c2f516f3e6 wish '')"
	expect_json '.detail | test("no 1 seats|sold out|left")'
}

# tiny STATUS [MEMBERS]: books on a day with two showings in halls of three seats.
tiny() {
	expect "$1" POST /bookings "$(ON=20990101 wish "${2-}")"
}

test_without_a_time_the_first_showing_with_room_is_booked() {
	local screen place edition
	for screen in late early; do
		expect 201 POST /showtimes/screens "{\"id\":\"$screen\",\"name\":\"$screen\",\"price\":{\"all\":500},
			\"rows\":[{\"name\":\"A\",\"tier\":\"all\",\"seats\":\"###\"}]}"
	done
	expect 201 POST /showtimes/20990101 "{\"movie\":\"$STREE\",\"time\":\"21:00\",\"screen\":\"late\"}"
	expect 201 POST /showtimes/20990101 "{\"movie\":\"$STREE\",\"time\":\"18:00\",\"screen\":\"early\"}"
	tiny 201 '"seats":["A1","A2"]'
	expect_json '.time == "18:00" and .screen == "early"'
	tiny 201 '"seats":["A1"]'
	expect_json '.time == "21:00" and .screen == "late" and .seats == ["A1"]'
	tiny 409 '"seats":["A1"]'
	tiny 409 '"seats":["A1"],"time":"18:00"'
	tiny 409 '"count":2,"screen":"early"'
	tiny 201 '"count":2'
	expect_json '.time == "21:00" and .seats == ["A2","A3"]'
	tiny 201
	expect_json '.time == "18:00" and .seats == ["A3"]'
	expect 200 DELETE "$(header Location)"
	# Closed sales are no room.
	place=20990101/$STREE/18:00-early
	edition=$(of_house GET "/editions/$place" '' | jq -e .edition)
	of_house PUT "/sales/$place" "{\"edition\":$edition}"
	tiny 409
	expect 200 DELETE "$(newest)"
	tiny 201
	expect_json '.time == "21:00"'
}

# The address of the user's booking that was made last and stands.
newest() {
	expect 200 GET "/bookings/$USER?view=full&limit=1000"
	jq -r '[.[] | select(.status == "confirmed")][0].uri' <<<"$BODY"
}

is_gone() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$URL$1")" = 404 ]
}

test_a_showing_that_was_deleted_is_soon_forgotten() {
	local path=/showtimes/20990102/$STREE/18:00-1
	expect 201 POST /showtimes/20990102 "{\"movie\":\"$STREE\",\"time\":\"18:00\",\"screen\":\"1\"}"
	expect 200 GET "$path/seats"
	expect 204 DELETE "$path" -H 'If-Match: *'
	wait_for 10 is_gone "$path/seats"
}

test_closed_sales_stop_bookings_and_list_them() {
	local body path place edition
	expect 201 POST /bookings "$(wish '"seats":["K1"],"hold":true' nayana_patil)"
	path=$(header Location)
	place=$DAY/$STREE/$(basename "$(showing)")
	edition=$(of_house GET "/editions/$place" '' | jq -e .edition)
	body=$(of_house PUT "/sales/$place" "{\"edition\":$edition}")
	jq -e --arg path "${path#/bookings/}" --argjson edition "$edition" \
		'.edition == $edition and (.bookings | index($path) != null)' <<<"$body"
	expect 409 POST /bookings "$(wish '"seats":["K2"]')"
	expect_json '.detail | test("closed")'
	expect 409 PATCH "$path" '{"status":"confirmed"}'
	expect 200 DELETE "$path"
	# What comes late closes only what is old; a newer edition sells.
	of_house PUT "/sales/$place" '{"edition":1}' | jq -e '.edition == 1'
	expect 409 POST /bookings "$(wish '"seats":["K2"]')"
	expect 200 PATCH "/showtimes/$place" '{}' -H 'If-Match: *'
	expect 201 POST /bookings "$(wish '"seats":["K2"]')"
	[ "$(of_house PUT "/sales/$place" '{"edition":0}' | jq .status)" = 422 ]
	expect 404 PUT "/sales/$place" "{\"edition\":$edition}"
	expect 404 GET "/editions/$place"
}

test_holds_survive_a_restart() {
	local path
	open_map
	expect 201 POST /bookings "$(wish '"seats":["L1"],"hold":true' nachiket_ghorpade)"
	path=$(header Location)
	kill_service bookings
	expect 200 PATCH "$path" '{"status":"confirmed"}'
	[ "$(state_of L1)" = sold ]
}

test_the_audit_proves_it_and_finds_faults() {
	expect 201 POST /bookings "$(wish '"seats":["M1","M2"]')"
	local key
	audit
	run_sh stop >/dev/null
	case ${CINEMA_STORE:-sqlite} in
	sqlite)
		command -v sqlite3 >/dev/null || skip 'needs sqlite3'
		key=$(sqlite3 "$STATE/store/bookings/bookings.sqlite" \
			"SELECT key FROM documents WHERE key LIKE 'seats/%/M2'")
		[ -n "$key" ] || fail 'no such seat'
		sqlite3 "$STATE/store/bookings/bookings.sqlite" "DELETE FROM documents WHERE key LIKE 'seats/%/M2'"
		;;
	json)
		sed -i '/"seats\/.*\/M2"/d' "$STATE/store/bookings/bookings.json"
		;;
	esac
	if "$BUILD/bookings" --audit >"$WORK/audit"; then
		fail 'the audit does not see a lost seat'
	fi
	grep -q "does not own seats/.*/M2" "$WORK/audit"
	run_sh start >/dev/null
}

run_suite "$@"
