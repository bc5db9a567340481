#!/usr/bin/env bash
# The public contract: every path of the system this one re-creates, on the documents of data/. Each
# test that books does so for a user of its own, or takes it back: yojane_mane has no bookings.
. "$(dirname "$0")/lib.sh"

AVENGERS=276c79ec-a26a-40a6-b3d3-fb242a5947b6
STREE=a8034f44-aee4-44cf-b32c-74cf452aaaae
GOLD=96798c08-d19b-4986-a05d-7da856efb697
MISSION=7daf7208-be4d-4944-a3ae-c1c2f516f3e6

# A user's first booking, as a classic client makes it.
book() {
	expect 201 POST /bookings "{\"user\":\"$1\",\"date\":\"$2\",\"movie\":\"$3\"}"
}

same_as_file() {
	# Who has logged in was active since.
	jq -e --slurpfile file "$ROOT/data/$1" --arg auth "$AUTH" '
		if $auth == "required" then [., $file[0]] | map(map_values(del(.last_active?))) | .[0] == .[1]
		else . == $file[0] end' <<<"$BODY" >/dev/null ||
		fail "is not what data/$1 says"$'\n'"$BODY"
}

test_users_are_listed_and_shown() {
	expect 200 GET /users
	same_as_file users.json
	expect 200 GET /users/souparnika_patil
	expect_json '. == {"id":"souparnika_patil","name":"Souparnika Patil","last_active":1545823909}'
	expect 404 GET /users/nobody
	expect_json '.detail | test("nobody")'
}

test_movies_are_listed_and_shown() {
	expect 200 GET /movies
	same_as_file movies.json
	expect 200 GET /movies/"$STREE"
	expect_json '. == {"id":$id,"title":"Stree","director":"Amar Kaushik",
		"rating":9.2,"uri":("/movies/" + $id)}' --arg id "$STREE"
	expect 404 GET /movies/267eedb8
}

test_movies_can_be_named_and_ranked() {
	expect 200 GET "/movies?ids=$GOLD,nothing,$STREE"
	expect_json 'keys_unsorted == [$gold,$stree]' --arg gold "$GOLD" --arg stree "$STREE"
	expect 200 GET '/movies?top=2'
	expect_json '[.[].title] == ["Avengers Infinity War","Mission Impossible 6"]'
	expect 400 GET "/movies?ids=$GOLD&top=2"
	expect 400 GET '/movies?top=0'
	expect 400 GET '/movies?ids=a%2fb'
}

test_showtimes_are_listed_and_shown() {
	expect 200 GET /showtimes
	same_as_file showtimes.json
	expect 200 GET /showtimes/20180803
	expect_json '. == ["720d006c-3a57-4b6a-b18f-9b713b073f3c","39ab85e5-5e8e-4dc5-afea-65dc368bd7ab"]'
	expect 404 GET /showtimes/20180804
	expect 400 GET /showtimes/20180230
	expect_json '.detail | test("date")'
}

test_bookings_are_listed_and_shown() {
	expect 200 GET /bookings
	expect_json '.souparnika_patil == {"20180802":[$id]}' --arg id "$AVENGERS"
	expect 200 GET /bookings/souparnika_patil
	expect_json '. == {"20180802":[$id]}' --arg id "$AVENGERS"
	expect 404 GET /bookings/yojane_mane
	expect 404 GET /bookings/nobody
}

test_a_show_can_be_booked() {
	book kamraj_ambalkar 20180805 $GOLD
	expect_json '.user == "kamraj_ambalkar" and .date == "20180805" and .movie == $id' --arg id "$GOLD"
	expect_header Location '^/bookings/kamraj_ambalkar/[0-9A-Z]{20}$'
	local location body=$BODY
	location=$(header Location)
	expect 200 GET "$location"
	[ "$BODY" = "$body" ] || fail "not what was answered: $BODY"
	expect 200 GET /bookings/kamraj_ambalkar
	expect_json '. == {"20180805":[$id]}' --arg id "$GOLD"
	expect 200 GET /bookings
	expect_json '.kamraj_ambalkar == {"20180805":[$id]}' --arg id "$GOLD"
}

test_bookings_keep_their_order_and_name_a_movie_once() {
	book nayana_patil 20180805 $MISSION
	book nayana_patil 20180805 $GOLD
	book nayana_patil 20180805 $MISSION
	book nayana_patil 20180805 $GOLD
	book nayana_patil 20180802 $STREE
	expect 200 GET /bookings/nayana_patil
	expect_json 'to_entries == ({"20180802":[$s],"20180805":[$m,$g]} | to_entries)' \
		--arg m "$MISSION" --arg g "$GOLD" --arg s "$STREE"
}

test_the_short_lists_tell_of_what_is_confirmed() {
	local path
	expect 201 POST /bookings "{\"user\":\"yojane_mane\",\"date\":\"20180805\",\"movie\":\"$GOLD\",\"hold\":true}"
	path=$(header Location)
	expect 404 GET /bookings/yojane_mane
	expect 200 GET /bookings
	expect_json 'has("yojane_mane") | not'
	expect 200 PATCH "$path" '{"status":"confirmed"}'
	expect 200 GET /bookings
	expect_json '.yojane_mane == {"20180805":[$id]}' --arg id "$GOLD"
	expect 200 DELETE "$path"
	expect 404 GET /bookings/yojane_mane
	expect 200 GET /bookings
	expect_json 'has("yojane_mane") | not'
}

test_a_booking_refers_to_what_exists() {
	local field
	expect 422 POST /bookings "{\"user\":\"nobody\",\"date\":\"20180805\",\"movie\":\"$GOLD\"}"
	expect_json '[.errors[].field] == ["user"]'
	expect 422 POST /bookings "{\"user\":\"yojane_mane\",\"date\":\"20180804\",\"movie\":\"$GOLD\"}"
	expect_json '[.errors[].field] == ["date"]'
	for field in nothing $AVENGERS; do
		expect 422 POST /bookings "{\"user\":\"yojane_mane\",\"date\":\"20180805\",\"movie\":\"$field\"}"
		expect_json '[.errors[].field] == ["movie"]'
	done
	expect 404 GET /bookings/yojane_mane
}

test_a_users_bookings_come_with_titles() {
	expect 200 GET /users/souparnika_patil/bookings
	expect_json '. == {"20180802":[{"title":"Avengers Infinity War","rating":9.8,"uri":$uri}]}' \
		--arg uri "/movies/$AVENGERS"
	expect 404 GET /users/yojane_mane/bookings
	expect_json '.detail | test("no bookings")'
	expect 404 GET /users/nobody/bookings
	expect_json '.detail | test("no user")'
}

test_three_movies_are_suggested() {
	expect 200 GET /users/yojane_mane/suggested
	expect_json '[.[].title] == ["Avengers Infinity War","Mission Impossible 6","Stree"]'
	expect_json 'all(.[]; keys == ["rating","title","uri"])'
	expect 200 GET /users/souparnika_patil/suggested
	expect_json '[.[].title] == ["Mission Impossible 6","Stree","Karwaan"]'
	expect 404 GET /users/nobody/suggested
}

test_movies_are_asked_once_for_a_users_bookings() {
	book vasundhara_kurtakoti 20180805 $MISSION
	book vasundhara_kurtakoti 20180805 $GOLD
	book vasundhara_kurtakoti 20180802 $STREE
	expect 200 GET /users/vasundhara_kurtakoti/bookings -H 'X-Request-Id: asked-once'
	expect_json '[.[][].title] == ["Stree","Mission Impossible 6","Gold"]'
	asked_once() {
		[ "$(grep -h '"asked-once"' "$STATE"/logs/*access*.log | grep -c '"uri":"/movies')" = 1 ] &&
			[ "$(grep -h '"asked-once"' "$STATE"/logs/*access*.log | grep -c '"uri":"/bookings')" = 1 ]
	}
	wait_for 5 asked_once
}

test_lists_are_paged() {
	local seen='' path='/movies?limit=3' pages=0
	while [ -n "$path" ]; do
		expect 200 GET "$path"
		expect_json 'length <= 3'
		seen+=$(jq -c 'keys_unsorted[]' <<<"$BODY")$'\n'
		path=$(header Link | sed -n 's/^<\(.*\)>; rel="next"$/\1/p')
		pages=$((pages + 1))
		[ "$pages" -le 3 ] || fail 'too many pages'
	done
	[ "$pages" = 3 ] || fail "$pages pages"
	[ "$(printf %s "$seen" | sort -u | wc -l)" = 7 ] || fail "$seen"
	expect 200 GET '/showtimes?limit=2&after=20180801'
	expect_json 'keys_unsorted == ["20180802","20180803"]'
	expect_header Link 'after=20180803.*rel="next"'
	expect 200 GET '/users?limit=7'
	[ -z "$(header Link)" ] || fail 'a next page of nothing'
	expect 200 GET '/users?after=zzz'
	expect_json '. == {}'
	for path in '/users?limit=0' '/users?limit=1001' '/users?limit=x' '/users?limit=' '/users?nope=1' \
		'/users?limit=1&limit=2' '/users?limit'; do
		expect 400 GET "$path"
	done
}

test_bookings_are_paged_by_user() {
	book anuja_kharatmol 20180805 $GOLD
	expect 200 GET '/bookings?limit=1'
	expect_json 'keys == ["anuja_kharatmol"]'
	expect_header Link 'after=anuja_kharatmol.*rel="next"'
	expect 200 GET '/bookings?limit=1&after=anuja_kharatmol'
	expect_json 'length == 1 and keys != ["anuja_kharatmol"]'
	book anuja_kharatmol 20180802 $STREE
	expect 200 GET '/bookings/anuja_kharatmol?limit=1'
	expect_json 'keys == ["20180802"]'
	expect_header Link 'after=20180802.*rel="next"'
	expect 200 GET '/bookings/anuja_kharatmol?limit=1&after=20180802'
	expect_json 'keys == ["20180805"]'
	[ -z "$(header Link)" ] || fail 'a next page of nothing'
}

test_a_tag_saves_the_body() {
	local path tag
	for path in /movies/$GOLD /movies /users/yojane_mane /showtimes/20180801 /bookings/souparnika_patil \
		/users/souparnika_patil/bookings /showtimes/20180801/$STREE; do
		expect 200 GET "$path"
		tag=$(header ETag)
		[[ $tag =~ ^\"[^\"]+\"$ ]] || fail "$path: ETag $tag"
		expect 304 GET "$path" -H "If-None-Match: $tag"
		[ -z "$BODY" ] || fail 'a 304 has no body'
		expect_header ETag "$tag"
		expect 304 GET "$path" -H "If-None-Match: \"other\", W/$tag"
		expect 304 GET "$path" -H 'If-None-Match: *'
		expect 304 HEAD "$path" -H "If-None-Match: $tag"
		expect 200 GET "$path" -H 'If-None-Match: "other"'
		expect 400 GET "$path" -H 'If-None-Match: rubbish'
	done
}

test_a_tag_changes_with_the_document() {
	local tag
	book nachiket_ghorpade 20180805 $GOLD
	expect 200 GET /bookings/nachiket_ghorpade
	tag=$(header ETag)
	book nachiket_ghorpade 20180802 $STREE
	expect 200 GET /bookings/nachiket_ghorpade -H "If-None-Match: $tag"
	[ "$(header ETag)" != "$tag" ] || fail 'the same tag for another answer'
}

test_head_and_options() {
	local path length
	for path in /movies /movies/$GOLD /users /showtimes /bookings; do
		expect 200 GET "$path"
		length=$(header Content-Length)
		expect 200 HEAD "$path"
		[ "$(header Content-Length)" = "$length" ] || fail "$path: $(header Content-Length)"
		expect 204 OPTIONS "$path"
		expect_header Allow 'GET, HEAD.*OPTIONS'
	done
	expect 204 OPTIONS /bookings
	expect_header Allow POST
	expect 404 HEAD /movies/nothing
	expect 404 OPTIONS /movies/a/b
	expect 405 DELETE /movies
	expect_header Allow '^GET, HEAD, POST, OPTIONS$'
	expect 405 PUT /bookings '{}'
	expect_header Allow 'POST'
	expect 405 FOO /users
}

answers_again() {
	BODY=$(curl -sf --noproxy '*' --max-time 15 -H 'Content-Type: application/json' -H 'Idempotency-Key: once' \
		-d "$1" "$URL/bookings")
}

test_a_repeat_with_its_key_books_once() {
	local body first path other
	body="{\"user\":\"yojane_mane\",\"date\":\"20180801\",\"movie\":\"$STREE\"}"
	expect 201 POST /bookings "$body" -H 'Idempotency-Key: once'
	first=$BODY path=$(header Location)
	expect 201 POST /bookings "$body" -H 'Idempotency-Key: once'
	[ "$BODY" = "$first" ] || fail "another answer: $BODY"
	[ "$(header Location)" = "$path" ] || fail "another Location: $HEADERS"
	expect 422 POST /bookings "${body/20180801/20180802}" -H 'Idempotency-Key: once'
	expect 201 POST /bookings "${body/yojane_mane/anuja_kharatmol}" -H 'Idempotency-Key: once'
	other=$(header Location)
	expect 201 POST /bookings "$body" -H 'Idempotency-Key: twice'
	[ "$BODY" != "$first" ] || fail 'one booking for two keys'
	other+=" $(header Location)"
	expect 200 GET '/bookings/yojane_mane?view=full'
	expect_json '[.[] | select(.status == "confirmed")] | length == 2'
	kill_service bookings
	# A POST on a connection that dies is a 502, which a client repeats with its key.
	wait_for 15 answers_again "$body"
	[ "$BODY" = "$first" ] || fail "another answer after a crash: $BODY"
	expect 400 POST /bookings "$body" -H "Idempotency-Key: $(printf '%256s' '' | tr ' ' k)"
	for path in $path $other; do
		expect 200 DELETE "$path"
	done
}

# silent NAME COMMAND…: runs a command while a service does not answer.
silent() {
	local pid code=0
	pid=$(service_pid "$1")
	kill -STOP "$pid"
	("${@:2}") || code=$?
	kill -CONT "$pid"
	return "$code"
}

down() {
	expect 503 "$2" "$3" "${4-}"
	expect_json '.peer == $peer and (.detail | test($peer))' --arg peer "$1"
	expect_header Retry-After '^[0-9]+$'
}

test_a_service_that_is_down_is_named() {
	local body="{\"user\":\"yojane_mane\",\"date\":\"20180802\",\"movie\":\"$STREE\"}"
	start_cinema CINEMA_PEER_TIMEOUT_MS=1500 CINEMA_PEER_CACHE_MS=0
	silent bookings down bookings GET /users/souparnika_patil/bookings
	silent bookings down bookings GET /users/souparnika_patil/suggested
	silent movies down movies GET /users/souparnika_patil/bookings
	silent users down users POST /bookings "$body"
	silent showtimes down showtimes POST /bookings "$body"
	silent showtimes down showtimes GET "/showtimes/20180802/$STREE/18:00-1/seats"
	# What needs no other service goes on.
	silent users expect 200 GET /bookings
	silent bookings expect 200 GET /users
	expect 404 GET /bookings/yojane_mane
	expect 201 POST /bookings "$body"
}

test_a_cached_answer_stands_in_for_a_moment() {
	local body="{\"user\":\"yojane_mane\",\"date\":\"20180802\",\"movie\":\"$STREE\"}"
	start_cinema CINEMA_PEER_TIMEOUT_MS=1500 CINEMA_PEER_CACHE_MS=60000
	expect 201 POST /bookings "$body"
	silent users expect 201 POST /bookings "$body"
	silent showtimes expect 201 POST /bookings "$body"
}

test_health() {
	local name
	expect 200 GET /healthz
	expect_json '.status == "up" and (.services | keys == ["bookings","movies","showtimes","users"])'
	for name in users movies showtimes bookings; do
		curl -sf --max-time 15 --unix-socket "$STATE/internal.sock" "http://cinema/healthz/$name" |
			jq -e --arg name $name '.service == $name and .status == "up"' >/dev/null
	done
}

run_suite "$@"
