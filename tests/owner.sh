#!/usr/bin/env bash
# What the owner writes: movies, screens, showings. Good and bad, in use and out of it, at once and
# with others down; and that no seat stays sold on a showing that is gone.
. "$(dirname "$0")/lib.sh"

GOLD=96798c08-d19b-4986-a05d-7da856efb697
FRESH='Cache-Control: no-cache'
ANY='If-Match: *'
MOVIE='{"id":"m1","title":"Title","director":"Director","rating":7.25,"minutes":95}'
SCREEN='{"id":"small","name":"Small","price":{"all":500},"rows":[{"name":"A","tier":"all","seats":"##x#"},{"name":"B","tier":"all","seats":"_###"}]}'

# What bookings was told of a showing it believes to the end, whatever the owner does meanwhile. Another
# instance is in Paris, with one thread for each lane.
suite_start() {
	start_cinema CINEMA_TZ=Europe/Paris CINEMA_WAITING_THREADS=1 CINEMA_QUICK_THREADS=1
	name_cinema in-paris
	start_cinema CINEMA_HOLD_SECONDS=1 CINEMA_PEER_CACHE_MS=60000
	expect 201 POST /movies '{"id":"film","title":"Film","director":"D","rating":5,"minutes":120}'
	expect 201 POST /movies '{"id":"other","title":"Other","director":"D","rating":5}'
}

# The micro-cache of nginx may be a second old; the owner looks past it.
look() {
	expect "${2-200}" GET "$1" -H "$FRESH"
}

tag_of() {
	look "$1"
	header ETag
}

# object NAME=VALUE…: a JSON object; of a name that comes again the last value counts.
object() {
	local -A members=()
	local member text=''
	for member in "$@"; do members[${member%%=*}]=${member#*=}; done
	for member in "${!members[@]}"; do text+=",\"$member\":${members[$member]}"; done
	printf '{%s}' "${text#,}"
}

# set_showing DATE [NAME=VALUE…]: of film at 20:00 on screen 1, but for those members; SHOWING is its address.
set_showing() {
	expect 201 POST "/showtimes/$1" "$(object 'movie="film"' 'time="20:00"' 'screen="1"' "${@:2}")"
	SHOWING=$(header Location)
}

delete() {
	expect "${2-204}" DELETE "$1" -H "$ANY"
}

# book STATUS SHOWING [NAME=VALUE…]: BOOKING is its address.
book() {
	local date movie id
	IFS=/ read -r _ _ date movie id <<<"$2"
	expect "$1" POST /bookings "$(object 'user="yojane_mane"' "date=\"$date\"" "movie=\"$movie\"" "time=\"${id%%-*}\"" \
		"screen=\"${id#*-}\"" "${@:3}")"
	BOOKING=$(header Location)
}

test_a_movie_is_made_changed_and_deleted() {
	local made tag
	expect 201 POST /movies "$MOVIE"
	expect_header Location '^/movies/m1$'
	expect_json '. == ($m + {uri: "/movies/m1"})' --argjson m "$MOVIE"
	made=$BODY tag=$(header ETag)
	look /movies/m1
	[ "$BODY" = "$made" ]
	[ "$(header ETag)" = "$tag" ]
	# What was read may be sent back.
	expect 200 PUT /movies/m1 "$(jq -c '.title = "Another"' <<<"$made")" -H "If-Match: $tag"
	expect_json '.title == "Another" and .minutes == 95 and .uri == "/movies/m1"'
	[ "$(header ETag)" != "$tag" ] || fail 'the same tag for another document'
	tag=$(header ETag)
	expect 200 PATCH /movies/m1 '{"rating":8,"minutes":null}' -H "If-Match: $tag" \
		-H 'Content-Type: application/merge-patch+json'
	expect_json '. == {id: "m1", title: "Another", director: "Director", rating: 8, uri: "/movies/m1"}'
	# PUT is the whole document.
	expect 200 PUT /movies/m1 '{"title":"T","director":"D","rating":1}' -H "$ANY"
	look '/movies?ids=m1'
	expect_json '.m1.title == "T"'
	delete /movies/m1
	look /movies/m1 404
	delete /movies/m1 404
}

test_an_id_is_made_where_none_is_given() {
	local body='{"title":"T","director":"D","rating":1}' first
	expect 201 POST /movies "$body"
	first=$(jq -r .id <<<"$BODY")
	[[ $first =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$ ]]
	expect 201 POST /movies "$body"
	[ "$(jq -r .id <<<"$BODY")" != "$first" ] || fail 'one id for two'
	expect 201 POST /movies "$body" -H 'Idempotency-Key: k1'
	first=$BODY
	expect 201 POST /movies "$body" -H 'Idempotency-Key: k1'
	[ "$BODY" = "$first" ] || fail "another answer to a repeat: $BODY"
	expect 422 POST /movies "${body/T/U}" -H 'Idempotency-Key: k1'
	expect_json '.type == "/problems#key-reused"'
}

test_bad_movies_are_refused() {
	local word
	expect 422 POST /movies '{"title":"","director":"D","rating":11,"minutes":0,"x":1}'
	expect_json '[.errors[].field] == ["title","rating","minutes","x"]'
	expect 422 POST /movies '{"director":"D","rating":"5"}'
	expect_json '[.errors[].field] == ["title","rating"]'
	for word in export import trail self; do
		expect 422 POST /movies "${MOVIE/m1/$word}"
		expect_json '.errors[0].field == "id"'
	done
	expect 422 POST /movies "${MOVIE/m1/a b}"
	expect 409 POST /movies "${MOVIE/m1/$GOLD}"
	expect_json '.detail | test("already")'
	expect 422 PUT "/movies/$GOLD" "$MOVIE" -H "$ANY"
	expect_json '.errors[0].field == "id"'
	expect 422 PATCH "/movies/$GOLD" '{"title":null}' -H "$ANY"
	expect_json '.errors == [{field: "title", detail: "is missing"}]'
	expect 422 PATCH "/movies/$GOLD" '{"rating":"good"}' -H "$ANY"
	expect 422 PATCH "/movies/$GOLD" '{"stars":5}' -H "$ANY"
	expect 400 POST /movies '{' 
	expect 415 POST /movies "$MOVIE" -H 'Content-Type: text/plain'
	look "/movies/$GOLD"
	expect_json '.title == "Gold" and .rating == 7.4'
}

# guarded PATH PUT-BODY PATCH-BODY: what is there is changed and deleted only by who has read it.
guarded() {
	local tag
	tag=$(tag_of "$1")
	expect 428 PUT "$1" "$2"
	expect 428 PATCH "$1" "$3"
	expect 428 DELETE "$1"
	expect 412 PUT "$1" "$2" -H 'If-Match: "v1"'
	expect 412 PATCH "$1" "$3" -H 'If-Match: "x", "y"'
	expect 412 DELETE "$1" -H 'If-Match: "h0"'
	expect 412 PUT "$1" "$2" -H 'If-None-Match: *'
	expect 400 PUT "$1" "$2" -H 'If-Match: v1'
	expect 200 PATCH "$1" "$3" -H "If-Match: \"v1\", $tag"
	[ "$(header ETag)" = "$(tag_of "$1")" ] || fail 'the tag of the answer is not that of GET'
	expect 412 PATCH "$1" "$3" -H "If-Match: $tag"
	expect 200 PUT "$1" "$2" -H "If-Match: $(tag_of "$1")"
	[ "$(header ETag)" = "$(tag_of "$1")" ] || fail 'the tag of the answer is not that of GET'
	expect 204 DELETE "$1" -H "If-Match: W/$(tag_of "$1")"
	look "$1" 404
	expect 404 PUT "$1" "$2" -H "$ANY"
	expect 404 PUT "$1" "$2"
	expect 404 PATCH "$1" "$3" -H "$ANY"
	expect 404 DELETE "$1" -H "$ANY"
	expect 201 PUT "$1" "$2" -H 'If-None-Match: *'
	expect_header Location "^$1\$"
	[ "$(header ETag)" = "$(tag_of "$1")" ] || fail 'the tag of the answer is not that of GET'
	delete "$1"
}

test_what_is_there_is_guarded_by_its_tag() {
	expect 201 POST /movies "$MOVIE"
	guarded /movies/m1 "$MOVIE" '{"rating":1}'
	expect 201 POST /showtimes/screens "$SCREEN"
	guarded /showtimes/screens/small "$SCREEN" '{"name":"Tiny"}'
	set_showing 20990301
	guarded "$SHOWING" '{}' '{"minutes":90}'
}

test_a_movie_to_be_shown_stays() {
	local today yesterday
	today=$(date -u +%Y%m%d) yesterday=$(date -u -d yesterday +%Y%m%d)
	expect 201 POST /movies "$MOVIE"
	set_showing "$yesterday" 'movie="m1"'
	set_showing 20990302 'movie="m1"' 'time="09:00"'
	set_showing 20990302 'movie="m1"' 'time="08:00"' 'screen="2"'
	look "/showtimes?movie=m1&from=$today"
	expect_json '. == {"20990302": [{id: "08:00-2", uri: "/showtimes/20990302/m1/08:00-2"},
		{id: "09:00-1", uri: "/showtimes/20990302/m1/09:00-1"}]}'
	look '/showtimes?movie=m1&limit=1'
	expect_json 'keys == [$day]' --arg day "$yesterday"
	expect_header Link "movie=m1&limit=1&after=$yesterday|limit=1&.*after=$yesterday"
	look "/showtimes?movie=m1&after=$yesterday"
	expect_json 'keys == ["20990302"]'
	look '/showtimes?movie=nothing'
	expect_json '. == {}'
	expect 400 GET "/showtimes?from=$today"
	expect 409 DELETE /movies/m1 -H "$ANY"
	expect_json '.showings == ["/showtimes/20990302/m1/08:00-2","/showtimes/20990302/m1/09:00-1"]'
	look /movies/m1
	delete /showtimes/20990302/m1/08:00-2
	expect 409 DELETE /movies/m1 -H "$ANY"
	delete /showtimes/20990302/m1/09:00-1
	delete /movies/m1
	# What was shown is history.
	look "/showtimes/$yesterday/m1"
	delete "/showtimes/$yesterday/m1/20:00-1"
}

# Whatever the hour, in one of these it is another day than in UTC.
test_today_is_the_cinemas_own() {
	local zone today
	for zone in Pacific/Kiritimati Etc/GMT+12; do
		today=$(TZ=$zone date +%Y%m%d)
		[ "$today" = "$(date -u +%Y%m%d)" ] || break
	done
	start_cinema CINEMA_TZ=$zone
	set_showing "$(TZ=$zone date -d yesterday +%Y%m%d)" "movie=\"$GOLD\""
	set_showing "$today" "movie=\"$GOLD\"" 'screen="2"'
	expect 409 DELETE "/movies/$GOLD" -H "$ANY"
	expect_json '.showings == [$showing]' --arg showing "$SHOWING"
	expect 409 DELETE /showtimes/screens/2 -H "$ANY"
	delete /showtimes/screens/1
	delete "$SHOWING"
	delete "/movies/$GOLD"
}

test_a_screen_is_made_and_changed() {
	expect 201 POST /showtimes/screens "$SCREEN"
	expect_header Location '^/showtimes/screens/small$'
	expect_json '.capacity == 6 and .uri == "/showtimes/screens/small"'
	expect 409 POST /showtimes/screens "$SCREEN"
	set_showing 20990303 'screen="small"'
	expect_json '.price == {all: 500} and .capacity == 6 and .screen_name == "Small"'
	# A plan that is used stays; so does the screen. Its name and prices may change.
	expect 409 PATCH /showtimes/screens/small '{"rows":[{"name":"A","tier":"all","seats":"##"}]}' -H "$ANY"
	expect_json '.showings == ["/showtimes/20990303/film/20:00-small"]'
	expect 409 PUT /showtimes/screens/small "${SCREEN/\#\#x#/####}" -H "$ANY"
	expect 409 DELETE /showtimes/screens/small -H "$ANY"
	expect_json '.showings == ["/showtimes/20990303/film/20:00-small"]'
	expect 200 PATCH /showtimes/screens/small '{"name":"Attic","price":{"all":700,"sofa":900}}' -H "$ANY"
	expect_json '.name == "Attic" and .price == {all: 700, sofa: 900} and .capacity == 6'
	look "$SHOWING"
	expect_json '.price == {all: 500} and .screen_name == "Attic"'
	book 201 "$SHOWING" 'seats=["A4"]'
	expect 200 DELETE "$BOOKING"
	delete "$SHOWING"
	expect 200 PATCH /showtimes/screens/small '{"rows":[{"name":"A","tier":"sofa","seats":"##"}]}' -H "$ANY"
	expect_json '.capacity == 2'
	delete /showtimes/screens/small
	expect 422 POST /showtimes/20990303 '{"movie":"film","time":"20:00","screen":"small"}'
	expect_json '.errors[0].field == "screen"'
}

test_bad_screens_are_refused() {
	expect 422 POST /showtimes/screens "$(jq -c '.rows += [{name: "a", tier: "none", seats: "___"},
		{name: "A", tier: "all", seats: "#"}, 5]' <<<"$SCREEN")"
	expect_json '[.errors[].field] == ["rows/2/name","rows/2/seats","rows/2/tier","rows/3/name","rows/4"]'
	expect 422 POST /showtimes/screens "$(jq -c '.price.all = 1.5' <<<"$SCREEN")"
	expect_json '.errors[0].field == "price"'
	expect 422 POST /showtimes/screens "$(jq -c '.rows = [range(11) |
		{name: ("A" + "ABCDEFGHIJK"[.:. + 1]), tier: "all", seats: ("#" * 100)}]' <<<"$SCREEN")"
	expect_json '.detail | test("1000 seats")'
	expect 422 POST /showtimes/screens "${SCREEN/small/import}"
	expect 422 POST /showtimes/screens "$(jq -c 'del(.id)' <<<"$SCREEN")"
	expect 422 PATCH /showtimes/screens/1 '{"price":{"front":null}}' -H "$ANY"
	expect_json '.errors[0].field == "rows/0/tier"'
	expect 422 PATCH /showtimes/screens/1 '{"id":"9"}' -H "$ANY"
}

test_a_showing_is_set() {
	local other
	expect 422 POST /bookings '{"user":"yojane_mane","date":"20990304","movie":"film"}'
	set_showing 20990304
	[ "$SHOWING" = /showtimes/20990304/film/20:00-1 ]
	# From the screen, the cinema and the movie.
	expect_json '.price == {front: 900, standard: 1100, comfort: 1400} and .currency == "EUR" and
		.minutes == 120 and .id == "20:00-1" and .starts == "2099-03-04T20:00:00.000Z"'
	other=$BODY
	look "$SHOWING"
	[ "$BODY" = "$other" ]
	look /showtimes/20990304
	expect_json '. == ["film"]'
	book 201 "$SHOWING"
	# Another one is sold at once, though bookings asked for the list a moment ago.
	set_showing 20990304 'time="22:00"' minutes=60 'currency="GBP"' 'price={"front":1,"standard":2,"comfort":3}'
	expect_json '.minutes == 60 and .price == {front: 1, standard: 2, comfort: 3}'
	book 201 "$SHOWING"
	expect_json '.currency == "GBP"'
	expect 200 GET "$SHOWING/seats"
	set_showing 20990304 'time="23:00"'
	expect 200 GET "$SHOWING/seats"
	# A repeat.
	other='{"movie":"film","time":"09:00","screen":"1"}'
	expect 201 POST /showtimes/20990304 "$other" -H 'Idempotency-Key: s1'
	expect 201 POST /showtimes/20990304 "$other" -H 'Idempotency-Key: s1'
	expect_header Location '^/showtimes/20990304/film/09:00-1$'
	expect 409 POST /showtimes/20990304 "$other"
	expect_json '.showing == "/showtimes/20990304/film/09:00-1"'
}

test_bad_showings_are_refused() {
	local where
	set_showing 20990305 'time="23:00"'
	where=$SHOWING
	# Until one in the morning.
	expect 409 POST /showtimes/20990306 '{"movie":"other","time":"00:30","screen":"1"}'
	expect_json '.showing == $where and (.detail | test("film"))' --arg where "$where"
	expect 409 POST /showtimes/20990305 '{"movie":"other","time":"22:00","screen":"1","minutes":61}'
	expect_json '.showing == $where' --arg where "$where"
	expect 201 POST /showtimes/20990305 '{"movie":"other","time":"22:00","screen":"1","minutes":60}'
	expect 201 POST /showtimes/20990306 '{"movie":"other","time":"01:00","screen":"1"}'
	expect 422 POST /showtimes/20990305 '{"movie":"nothing","time":"10:00","screen":"1"}'
	expect_json '.errors == [{field: "movie", detail: "there is no movie nothing"}]'
	expect 422 POST /showtimes/20990305 '{"movie":"film","time":"10:00","screen":"9"}'
	expect_json '.errors[0].field == "screen"'
	expect 422 POST /showtimes/20990305 '{"movie":"film","time":"24:00","screen":"a b","minutes":0}'
	expect_json '[.errors[].field] == ["time","screen","minutes"]'
	expect 422 POST /showtimes/20990305 '{"movie":"film","time":"10:00","screen":"1","currency":"eur","price":{"front":1.5,"x y":1}}'
	expect_json '[.errors[].field] | unique == ["currency","price"]'
	expect 422 POST /showtimes/20990305 '{"movie":"film","time":"10:00","screen":"1","date":"20990306"}'
	expect 400 POST /showtimes/20990230 '{"movie":"film","time":"10:00","screen":"1"}'
	expect 405 POST /showtimes/20990305/film '{}'
}

test_a_time_that_clocks_skip_is_refused() {
	use_cinema in-paris
	expect 422 POST /showtimes/20270328 "{\"movie\":\"$GOLD\",\"time\":\"02:30\",\"screen\":\"1\"}"
	expect_json '.errors[0] | .field == "time" and (.detail | test("forward"))'
	expect 201 POST /showtimes/20270328 "{\"movie\":\"$GOLD\",\"time\":\"03:00\",\"screen\":\"1\"}"
}

test_a_showing_is_changed() {
	set_showing 20990307
	expect 200 PATCH "$SHOWING" '{"price":{"front":1},"minutes":90}' -H "$ANY"
	expect_json '.price == {front: 1, standard: 1100, comfort: 1400} and .minutes == 90'
	book 201 "$SHOWING" 'seats=["A1"]'
	expect_json '.total == 1'
	expect 200 PATCH "$SHOWING" '{"price":null,"currency":"CHF"}' -H "$ANY"
	expect_json '.price.front == 900 and .currency == "CHF" and .minutes == 90'
	look "$SHOWING"
	expect 200 PUT "$SHOWING" "$(jq -c '.minutes = 80' <<<"$BODY")" -H "$ANY"
	expect_json '.currency == "CHF" and .minutes == 80'
	# PUT is the whole of it: what is left out is as for a new one.
	expect 200 PUT "$SHOWING" '{}' -H "$ANY"
	expect_json '.currency == "EUR" and .minutes == 120'
	for other in '{"movie":"other"}' '{"time":"21:00"}' '{"screen":"2"}' '{"date":"20990308"}'; do
		expect 422 PATCH "$SHOWING" "$other" -H "$ANY"
		expect 422 PUT "$SHOWING" "$other" -H "$ANY"
	done
	expect 422 PATCH "$SHOWING" '{"price":5}' -H "$ANY"
	expect 201 POST /showtimes/20990307 '{"movie":"other","time":"22:30","screen":"1"}'
	expect 409 PATCH "$SHOWING" '{"minutes":151}' -H "$ANY"
	expect_json '.showing == "/showtimes/20990307/other/22:30-1"'
	expect 200 PATCH "$SHOWING" '{"minutes":150}' -H "$ANY"
	expect 404 PATCH /showtimes/20990307/film/20:01-1 '{}' -H "$ANY"
}

test_a_showing_with_bookings_stays() {
	set_showing 20990308
	book 201 "$SHOWING" count=2
	expect 409 DELETE "$SHOWING" -H "$ANY"
	expect_json '.bookings == [$booking]' --arg booking "$BOOKING"
	# Nothing is half done: it sells at once.
	look "$SHOWING"
	book 201 "$SHOWING"
	expect 200 DELETE "$BOOKING"
	expect 409 DELETE "$SHOWING" -H "$ANY"
	expect 200 DELETE "$(jq -r '.bookings[0]' <<<"$BODY")"
	delete "$SHOWING"
	look /showtimes/20990308 404
}

test_a_showing_that_is_gone_is_not_sold() {
	local held
	set_showing 20990309
	book 201 "$SHOWING"
	expect 200 DELETE "$BOOKING"
	book 201 "$SHOWING" 'seats=["A1"]' hold=true
	held=$BOOKING
	wait_for 10 is_expired "$held"
	# The showing is still cached there.
	delete "$SHOWING"
	book 409 "$SHOWING"
	expect 409 PATCH "$held" '{"status":"confirmed"}'
	# Set again, it sells all its seats.
	set_showing 20990309
	book 201 "$SHOWING" 'seats=["A1","A2"]'
	expect 409 DELETE "$SHOWING" -H "$ANY"
	expect_json '.bookings == [$booking]' --arg booking "$BOOKING"
	book 201 "$SHOWING" 'seats=["A3"]' hold=true
	expect 200 PATCH "$BOOKING" '{"status":"confirmed"}'
}

is_expired() {
	expect 200 GET "$1"
	[ "$(jq -r .status <<<"$BODY")" = expired ]
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
	expect 503 "${@:2}"
	expect_json '.peer == $peer' --arg peer "$1"
	expect_header Retry-After '^[0-9]+$'
}

test_a_service_that_is_down_is_named() {
	start_cinema CINEMA_PEER_TIMEOUT_MS=2000
	local body="{\"movie\":\"$GOLD\",\"time\":\"20:00\",\"screen\":\"1\"}"
	silent movies down movies POST /showtimes/20990310 "$body"
	silent showtimes down showtimes DELETE "/movies/$GOLD" -H "$ANY"
	expect 201 POST /showtimes/20990310 "$body"
	SHOWING=$(header Location)
	silent bookings down bookings DELETE "$SHOWING" -H "$ANY"
	# The question may have come through after all; the showing is there, and sells.
	book 201 "$SHOWING"
	# What needs no other service goes on.
	silent movies expect 200 PATCH "$SHOWING" '{"minutes":100}' -H "$ANY"
	silent showtimes expect 200 PATCH "/movies/$GOLD" '{"rating":1}' -H "$ANY"
}

is_marked() {
	grep -rqa 'removing/20990311' "$STATE/store"
}

answers() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H "$FRESH" "$URL$1")" = 200 ]
}

# Killed after it began to close sales, the deletion is not done, and the showing sells again.
test_a_deletion_cut_short_leaves_a_showing_that_sells() {
	local pid curl
	start_cinema CINEMA_PEER_TIMEOUT_MS=10000 CINEMA_PEER_CACHE_MS=60000
	expect 201 POST /showtimes/20990311 "{\"movie\":\"$GOLD\",\"time\":\"20:00\",\"screen\":\"1\"}"
	SHOWING=$(header Location)
	book 201 "$SHOWING"
	expect 200 DELETE "$BOOKING"
	pid=$(service_pid bookings)
	kill -STOP "$pid"
	curl -s --noproxy '*' --max-time 15 -X DELETE -H "$ANY" -o "$WORK/cut" "$URL$SHOWING" &
	curl=$!
	wait_for 10 is_marked
	# While its client waits, nginx would ask the next process to delete it, and that would.
	kill "$curl"
	wait_for 10 grep -q '"status":499' "$STATE/logs/access.log"
	kill_service showtimes
	kill -CONT "$pid"
	wait_for 15 answers "$SHOWING"
	grep -q 'was not finished' "$STATE/logs/showtimes.log"
	book 201 "$SHOWING"
	expect 200 DELETE "$BOOKING"
	delete "$SHOWING"
	book 409 "$SHOWING"
}

# many COUNT STATUS METHOD PATH BODY [HEADER]: so many at once; one gets STATUS, the others what OTHERS
# matches.
many() {
	local count=$1 status=$2 method=$3 path=$4 body=$5 n
	for ((n = 0; n < count; n++)); do
		printf 'nobody %s\n' "$method $path ${body//@/$n}"
	done >"$WORK/many"
	ask parallel parallel-immediate ${6+"header = \"${6//\"/\\\"}\""} \
		${CINEMA_TOKEN+"header = \"Authorization: Bearer $CINEMA_TOKEN\""} <"$WORK/many"
	printf '%s\n' "${STATUSES[@]}" >"$WORK/many"
	[ "$(grep -c "^$status\$" "$WORK/many")" = 1 ] ||
		fail "$method $path: not one $status: $(sort "$WORK/many" | uniq -c)"
	[ "$(grep -cE "^($OTHERS)\$" "$WORK/many")" = $((count - 1)) ] ||
		fail "$method $path: others than $OTHERS: $(sort "$WORK/many" | uniq -c)"
}

test_of_many_at_once_one_wins() {
	local round
	for ((round = 0; round < $(size 2 20); round++)); do
		OTHERS=409 many 8 201 POST /movies "$MOVIE"
		OTHERS=412 many 8 200 PUT /movies/m1 '{"title":"T@","director":"D","rating":1}' "If-Match: $(tag_of /movies/m1)"
		OTHERS='404|412' many 8 204 DELETE /movies/m1 '{}' "If-Match: $(tag_of /movies/m1)"
		OTHERS=409 many 8 201 POST /showtimes/20990312 '{"movie":"film","time":"1@:00","screen":"1","minutes":600}'
		look /showtimes/20990312/film
		SHOWING=$(jq -r '.[0].uri' <<<"$BODY")
		OTHERS=412 many 8 200 PATCH "$SHOWING" '{"minutes":30@}' "If-Match: $(tag_of "$SHOWING")"
		# One deletes it; others have seen it still, and find it gone.
		OTHERS='404|412' many 4 204 DELETE "$SHOWING" '{}' "If-Match: $(tag_of "$SHOWING")"
		# Two days beside each other.
		expect 201 POST /showtimes/20990312 '{"movie":"film","time":"23:00","screen":"1","minutes":120}'
		delete /showtimes/20990312/film/23:00-1
	done
}

# race ROUNDS FIRST-DAY: people book a showing while the owner deletes it. Prints how many bookings
# stand on showings that are gone.
race() {
	local round n date path lost=0 gone=0 jobs
	for ((round = 0; round < $1; round++)); do
		date=$(date -u -d "$2 +$round days" +%Y%m%d)
		expect 201 POST "/showtimes/$date" '{"movie":"film","time":"20:00","screen":"1"}'
		path=/showtimes/$date/film/20:00-1
		# From now on bookings has it in its cache.
		expect 200 GET "$path/seats"
		jobs=()
		for n in 1 2 3 4; do
			{
				# About when the owner's request is there.
				sleep "0.0$((RANDOM % 3))$((RANDOM % 10))"
				curl -s --noproxy '*' --max-time 15 -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
					-d "{\"user\":\"yojane_mane\",\"date\":\"$date\",\"movie\":\"film\",\"count\":1,\"hold\":false}" "$URL/bookings#[1-3]"
			} >"$WORK/race.$n" &
			jobs+=($!)
		done
		if [ "$(curl -s --noproxy '*' --max-time 15 -o "$WORK/body" -w '%{http_code}' -X DELETE -H "$ANY" "$URL$path")" = 204 ]; then
			gone=$((gone + 1))
			wait_all "${jobs[@]}"
			lost=$((lost + $(curl -s --noproxy '*' "$URL/bookings/yojane_mane?view=full&limit=1000" |
				jq --arg date "$date" '[.[] | select(.date == $date and .status == "confirmed")] | length')))
		fi
		wait_all "${jobs[@]}"
		! grep -vhE '^(201|409|422)$' "$WORK"/race.* || fail 'what else?'
	done
	echo "$gone of $1 gone, $lost bookings on them"
	[ "$gone" -gt 0 ] || fail 'no showing was deleted'
	[ "$lost" = 0 ]
}

test_a_race_finds_a_seat_sold_on_a_showing_that_is_gone() {
	start_cinema "CINEMA_BUILD=$(mutant unclosed fcgi/bookings/sales.c \
		's/if (edition == 0)/if (edition >= 0)/; s/\*version = BATCH_ABSENT/*version = BATCH_ANY/' bookings)"
	expect 201 POST /movies '{"id":"film","title":"Film","director":"D","rating":5,"minutes":120}'
	local day
	for day in {10..21}; do
		(race 1 "2099-05-$day") >"$WORK/found" 2>&1 || true
		! grep -qE ', [1-9][0-9]* bookings on them$' "$WORK/found" || return 0
	done
	fail 'no race has found it'
}

test_no_seat_stays_sold_on_a_showing_that_is_gone() {
	race "$(size 12 300)" 2099-05-01
	audit
}

# With one thread a lane each service waits for the others' only one.
test_lanes_do_not_lock_each_other() {
	use_cinema in-paris
	expect 201 POST /movies '{"id":"film","title":"Film","director":"D","rating":5,"minutes":120}'
	race 6 2099-08-01
	expect 200 GET /healthz
}

test_the_trail_tells_who_wrote_what() {
	expect 201 POST /movies "$MOVIE"
	expect 200 PATCH /movies/m1 '{"rating":1,"minutes":null}' -H "$ANY"
	expect 409 POST /movies "$MOVIE"
	expect 412 DELETE /movies/m1 -H 'If-Match: "v1"'
	delete /movies/m1
	expect 200 GET '/movies/trail?limit=3'
	expect_json '[.[] | [.action, .what, .fields]] == [["delete","/movies/m1",null],
		["change","/movies/m1",["rating","minutes"]],["create","/movies/m1",null]]'
	set_showing 20990313
	expect 200 PATCH "$SHOWING" '{"minutes":90}' -H "$ANY"
	book 201 "$SHOWING"
	expect 409 DELETE "$SHOWING" -H "$ANY"
	expect 200 DELETE "$BOOKING"
	delete "$SHOWING"
	expect 200 GET '/showtimes/trail?limit=3'
	expect_json '[.[] | [.action, .what, .fields]] == [["delete",$s,null],["change",$s,["minutes"]],
		["create",$s,null]]' --arg s "$SHOWING"
}

is_shown() {
	expect 200 GET "$1"
	expect_json "$2"
}

# The micro-cache is a second old at most, and one more.
test_what_the_owner_writes_is_soon_seen_by_all() {
	expect 200 GET "/movies/$GOLD"
	expect 200 PATCH "/movies/$GOLD" '{"title":"Silver"}' -H "$ANY"
	PAUSE=0.3 wait_for 5 eval "(is_shown /movies/$GOLD '.title == \"Silver\"')"
	expect 200 PATCH "/movies/$GOLD" '{"title":"Gold"}' -H "$ANY"
	look "/movies/$GOLD"
	expect_json '.title == "Gold"'
}

run_suite "$@"
