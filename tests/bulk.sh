#!/usr/bin/env bash
# Documents by the thousand: what an export gives is a data folder, and an import takes it back,
# document by document; bad ones are told and the others taken; neither needs memory for the whole,
# and who breaks off in the middle breaks nothing.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
KINDS='users movies showtimes/screens showtimes bookings'

# export_to FOLDER: all kinds, as data files.
export_to() {
	local kind
	mkdir -p "$1"
	for kind in $KINDS; do
		expect 200 GET "/$kind/export"
		expect_header Content-Disposition "^attachment; filename=\"${kind#*/}.json\"\$"
		expect_header Content-Type '^application/json'
		cat "$WORK/body" >"$1/${kind#*/}.json"
	done
}

# import KIND BODY|@FILE [QUERY]: leaves the counts in BODY.
import() {
	case $2 in
	@*) expect 200 POST "/$1/import${3-}" --data-binary "$2" ;;
	*) expect 200 POST "/$1/import${3-}" "$2" ;;
	esac
}

# counts TAKEN REPLACED UNCHANGED REFUSED
counts() {
	expect_json '[.taken, .replaced, .unchanged, .refused] == $counts' --argjson counts "[$1, $2, $3, $4]"
}

same() {
	diff <(jq -S . "$1") <(jq -S . "$2")
}

book() {
	expect 201 POST /bookings "{\"user\":\"nayana_patil\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"${1-}}"
}

# Bookings of all kinds: confirmed, held, given back, cancelled.
make_bookings() {
	local i uri
	for i in 1 2 3; do
		book ',"count":2'
		uri=$(header Location)
	done
	expect 200 DELETE "$uri"
	book ',"count":3,"hold":true'
	book ',"count":3'
	expect 200 PATCH "$(header Location)" "{\"seats\":$(jq -c '.seats[:1]' <<<"$BODY")}"
	expect 201 POST /bookings '{"user":"anuja_kharatmol","date":"20180802","movie":"a8034f44-aee4-44cf-b32c-74cf452aaaae"}'
}

seat_map() {
	expect 200 GET "/showtimes/$DATE/$MOVIE/18:00-1/seats?view=compact"
	printf '%s\n' "$BODY"
}

# What two tests take as it is: $WORK/first, an export with bookings, and $WORK/map, the seats sold there.
made_export() {
	[ ! -e "$WORK/first" ] || return 0
	start_cinema
	make_bookings
	seat_map >"$WORK/map"
	export_to "$WORK/first.part"
	mv "$WORK/first.part" "$WORK/first"
}

test_an_export_is_a_data_folder() {
	local kind
	made_export
	# What left nothing out must say so: all bookings, no password.
	[ "$(jq '[.[][][]] | length' "$WORK/first/bookings.json")" = 7 ]
	# In the order in which they were made.
	jq -e 'all(.[][]; [.[].created] == ([.[].created] | sort))' "$WORK/first/bookings.json"
	jq -e '[.[] | keys == ["id", "last_active", "name"]] | all' "$WORK/first/users.json"
	start_cinema CINEMA_DATA="$WORK/first"
	[ "$(seat_map)" = "$(<"$WORK/map")" ]
	export_to "$WORK/second"
	for kind in $KINDS; do
		same "$WORK/first/${kind#*/}.json" "$WORK/second/${kind#*/}.json"
	done
	audit
}

test_an_import_fills_an_empty_cinema() {
	local kind
	made_export
	mkdir -p "$WORK/empty"
	start_cinema CINEMA_DATA="$WORK/empty"
	for kind in $KINDS; do
		expect 200 GET "/$kind/export"
		[ "$BODY" = '{}' ]
	done
	for kind in $KINDS; do
		import "$kind" "@$WORK/first/${kind#*/}.json"
		expect_json '.taken > 0 and .refused == 0'
	done
	[ "$(seat_map)" = "$(<"$WORK/map")" ]
	export_to "$WORK/to"
	for kind in $KINDS; do
		same "$WORK/first/${kind#*/}.json" "$WORK/to/${kind#*/}.json"
		# Once more changes nothing.
		import "$kind" "@$WORK/first/${kind#*/}.json"
		expect_json '.taken == 0 and .replaced == 0 and .unchanged > 0 and .refused == 0'
	done
	# The hold that came counts for its user, and can be confirmed.
	expect 200 GET '/bookings/nayana_patil?view=full'
	expect 200 PATCH "$(jq -r '[.[] | select(.status == "held")][0].uri' <<<"$BODY")" '{"status":"confirmed"}'
	audit
}

movie() {
	printf '"%s":{"id":"%s","title":"%s","director":"D","rating":%s}' "$1" "$1" "${2-T}" "${3-5}"
}

test_each_document_is_taken_whole_or_not_at_all() {
	local i many
	import movies "{
$(movie one),
$(movie two T 11),
\"three\":{\"id\":\"other\",\"title\":\"T\",\"director\":\"D\",\"rating\":1},
$(movie four), \"five\": 5,
\"six\":{\"id\":\"six\",\"title\":\"T\",\"director\":\"D\",\"rating\":1,}
}"
	counts 2 0 0 4
	expect_json '[.faults[] | [.place, .line]] == [["two", 3], ["three", 4], ["five", 5], ["six", 6]]'
	expect_json '.faults[0].detail | test("rating")'
	expect 200 GET /movies/one
	expect 200 GET /movies/four
	expect 404 GET /movies/two
	expect 200 GET '/movies/trail?what=/movies/four'
	expect_json '[.[] | .action] == ["import"]'
	expect 200 GET '/movies/trail?what=/movies/two'
	expect_json 'length == 0'
	# Few words for however many faults.
	many=$(for i in {1..250}; do printf '"m%d":{},' "$i"; done)
	import movies "{$many$(movie seven)}"
	counts 1 0 0 250
	expect_json '.faults | length == 100'
}

test_what_is_there_is_replaced_only_when_asked() {
	import movies "{$(movie film Old)}"
	counts 1 0 0 0
	import movies "{$(movie film New),$(movie film Newer),$(movie film Old)}"
	counts 0 0 1 2
	expect_json '.faults[0].detail | test("replace=true")'
	import movies "{$(movie film New),$(movie film Newer)}" '?replace=true'
	counts 0 2 0 0
	expect 200 GET /movies/film
	expect_json '.title == "Newer"'
	expect 200 GET '/movies/trail?what=/movies/film'
	expect_json '[.[] | .action] == ["replace", "replace", "import"]'
	expect 400 POST '/movies/import?replace=perhaps' '{}'
}

test_screens_and_days_keep_what_may_be_sold() {
	local data
	expect 200 GET /showtimes/screens/export
	data=$(jq -c '{"1": (.["1"] | .name = "Great Hall")}' <<<"$BODY")
	import showtimes/screens "$data" '?replace=true'
	counts 0 1 0 0
	import showtimes/screens "$(jq -c '.["1"].rows[0].seats = "#"' <<<"$data")" '?replace=true'
	counts 0 0 0 1
	expect_json '.faults[0].detail | test("rows")'
	expect 200 GET /showtimes/export
	data=$(jq -c "{\"$DATE\"}" <<<"$BODY")
	import showtimes "$(jq -c ".[\"$DATE\"] |= .[1:]" <<<"$data")" '?replace=true'
	counts 0 0 0 1
	expect_json '.faults[0].detail | test("lacks the showing")'
	import showtimes "$(jq -c ".[\"$DATE\"] |= .[:-1]" <<<"$data")" '?replace=true'
	counts 0 0 0 1
	import showtimes "$(jq -c ".[\"$DATE\"][0].price.front = 1" <<<"$data")" '?replace=true'
	counts 0 1 0 0
	expect 200 GET "/showtimes/$DATE/$MOVIE"
	expect_json '.[0].price.front == 1'
	# A day next to it on the same screen at the same time, and a day that has its own clash.
	import showtimes "{\"20300101\":[{\"movie\":\"$MOVIE\",\"time\":\"23:30\",\"screen\":\"1\",\"minutes\":120}],
		\"20300102\":[{\"movie\":\"$MOVIE\",\"time\":\"00:30\",\"screen\":\"1\"},\"$MOVIE\"],
		\"20300103\":[\"$MOVIE\",{\"movie\":\"$MOVIE\",\"time\":\"18:00\",\"screen\":\"9\"}]}"
	counts 1 0 0 2
	expect_json '.faults[0].place == "20300102/0" and (.faults[1].detail | test("screen"))'
	import showtimes "{\"20300104\":[\"$MOVIE\",\"$MOVIE\"]}"
	counts 1 0 0 0
}

# booking ID SEAT: one that is confirmed.
booking() {
	jq -nc --arg id "$1" --arg seat "$2" --arg movie "$MOVIE" '{id: $id, code: ("C" + $id), movie: $movie, time: "18:00",
		screen: "2", seats: [$seat], status: "confirmed", created: "2018-07-01T12:00:00Z", history: []}'
}

test_an_imported_seat_is_sold_once() {
	local showing="\"date\":\"$DATE\",\"movie\":\"39ab85e5-5e8e-4dc5-afea-65dc368bd7ab\"" date=20310101
	import bookings "{\"a\":{\"$date\":[$(booking one A1),$(booking two A2),$(booking three A1)]},
		\"b\":{\"$date\":[$(booking four A2),$(booking five A3)], \"2031010\":[\"x\"]},
		\"c\":{\"$date\":[]}, \"d\":7, \"e\":{\"$date\":{\"0\":\"x\"}}}"
	counts 3 0 0 5
	expect_json '[.faults[].place] == ["a/20310101/2", "b/20310101/0", "b/2031010/0", "d", "e/20310101/0"]'
	expect_json '.faults[0].detail | test("A1")'
	import bookings "{\"z\":{\"$date\":[$(booking one A9)]}}"
	counts 0 0 0 1
	expect_json '.faults[0].detail | test("code")'
	import bookings "{\"a\":{\"$date\":[$(booking one A7)]}}" '?replace=true'
	counts 0 0 0 1
	# A map that was looked at before knows of it.
	expect 201 POST /bookings "{\"user\":\"nayana_patil\",$showing,\"seats\":[\"A1\"]}"
	showing=$(jq -r .uri <<<"$BODY")
	expect 200 GET "$showing"
	audit
}

test_a_hold_that_had_ended_is_imported_as_one() {
	local ended
	ended=$(booking seven D3 | jq -c '.screen = "1" | .status = "expired" | .expires = "2018-07-01T12:10:00Z"')
	import bookings "{\"a\":{\"$DATE\":[$ended]}}"
	counts 1 0 0 0
	import bookings "{\"a\":{\"$DATE\":[$ended]}}"
	counts 0 0 1 0
	expect 200 GET /bookings/a/seven
	expect_json '.status == "expired"'
	expect 200 GET "/showtimes/$DATE/$MOVIE/18:00-1/seats"
	expect_json '[.rows[].seats[] | select(.name == "D3")][0].state == "free"'
	expect 200 PATCH /bookings/a/seven '{"status":"confirmed"}'
	expect 200 GET "/showtimes/$DATE/$MOVIE/18:00-1/seats"
	expect_json '[.rows[].seats[] | select(.name == "D3")][0].state == "sold"'
}

test_a_map_that_was_drawn_shows_an_imported_seat() {
	local path="/showtimes/$DATE/$MOVIE/18:00-1/seats"
	expect 200 GET "$path"
	expect_json '[.rows[].seats[] | select(.name == "C3")][0].state == "free"'
	import bookings "{\"a\":{\"$DATE\":[$(booking six C3 | jq -c '.screen = "1"')]}}"
	counts 1 0 0 0
	expect 200 GET "$path"
	expect_json '[.rows[].seats[] | select(.name == "C3")][0].state == "sold"'
}

test_bad_bodies() {
	import movies '{}'
	counts 0 0 0 0
	expect 400 POST /movies/import "{$(movie good), $(movie bad T 5), x"
	expect_json '.taken == 2 and .refused == 0 and (.detail | test("line 1"))'
	expect 200 GET /movies/good
	expect 400 POST /movies/import "{$(movie good)"
	expect_json '.unchanged == 1'
	expect 400 POST /movies/import '[]'
	expect_json '.detail | test("one object")'
	expect 400 POST /movies/import ''
	expect 415 POST /movies/import '{}' -H 'Content-Type: text/plain'
	expect 405 GET /movies/import
	expect 405 POST /movies/export '{}'
	expect 404 GET /movies/exports
	expect 400 GET '/movies/export?x=1'
	# Words of the paths are no ids.
	import users '{"export":{"id":"export","name":"E","last_active":1}}'
	counts 0 0 0 1
}

test_the_limit_is_its_own() {
	start_cinema CINEMA_BODY_LIMIT=1024 CINEMA_IMPORT_LIMIT=20000
	local large
	large="{$(movie large "$(printf '%0200d' 0)")$(for i in {1..60}; do printf ,; movie "large$i" "$(printf '%0200d' 0)"; done)}"
	import movies "${large:0:0}{$(movie small)}"
	printf '%s' "$large" >"$WORK/large"
	[[ $(wc -c <"$WORK/large") -gt 15000 && $(wc -c <"$WORK/large") -lt 20000 ]]
	import movies "@$WORK/large"
	counts 61 0 0 0
	import movies "@$WORK/large" '' -H 'Transfer-Encoding: chunked'
	counts 0 0 61 0
	sed "s/^{/{$(printf '%06000d' 0 | tr 0 ' ')/" "$WORK/large" >"$WORK/larger"
	expect 413 POST /movies/import --data-binary "@$WORK/larger"
	expect_json '.limit == 20000'
	expect 413 POST /movies "$large"
	expect_json '.limit == 1024'
}

imports_again() {
	(expect 200 POST /movies/import '{}')
}

# Neither an upload nor a download that goes on for ever keeps a service from its end.
test_a_stop_does_not_wait_for_an_upload() {
	local upload
	start_cinema
	exec {upload}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'POST /movies/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{%s,\n' \
		"$(movie begun)" >&"$upload"
	expect 200 GET /movies
	kill_service movies TERM
	grep -q ' 502 ' <(timeout 10 head -n 1 <&"$upload")
	exec {upload}>&-
	expect 200 GET /movies
	must_fail grep 'still running' "$STATE/logs/movies.log"
}

# Four uploads that wait for more, which are all that a service takes at once. If this machine is so
# slow that they are given up before all are there, they are begun again.
four_uploads_wait() {
	local i upload
	for i in 0 1 2 3; do
		exec {upload}<>"/dev/tcp/127.0.0.1/$PORT"
		printf 'POST /movies/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{%s,\n%s,"' \
			"$(movie "half$i")" "$(movie "whole$i")" >&"$upload"
		UPLOADS+=("$upload")
	done
	for i in {1..20}; do
		! (expect 503 POST /movies/import "{$(movie "after")}" && expect_header Retry-After '^[1-9]') || return 0
	done
	break_uploads
	return 1
}

break_uploads() {
	local upload
	for upload in "${UPLOADS[@]}"; do
		exec {upload}>&-
	done
	UPLOADS=()
}

# Half an upload: what came whole may be there, nothing is half, and the next one goes on.
test_an_upload_that_breaks_off() {
	local i UPLOADS=()
	wait_for 60 four_uploads_wait
	# Nobody else waits for them.
	for i in {1..10}; do
		expect 200 GET /movies
		expect 200 GET /movies/export
	done
	break_uploads
	wait_for 10 imports_again
	import movies "{$(movie half1),$(movie whole1),$(movie "after")}"
	expect_json '.taken + .unchanged == 3'
	expect 200 GET /movies/export
	jq -e '[.[] | keys == ["director", "id", "rating", "title"]] | all' <<<"$BODY"
}

many_movies() {
	awk -v count="$1" 'BEGIN {
		text = sprintf("%0180d", 0)
		for (i = 0; i < count; i++)
			printf "%s\"many-%d\":{\"id\":\"many-%d\",\"title\":\"%s\",\"director\":\"%s\",\"rating\":5}", i ? ",\n" : "{", i, i, text, text
		print "}"
	}'
}

test_a_download_that_breaks_off() {
	local i
	many_movies 3000 >"$WORK/many"
	import movies "@$WORK/many"
	for i in 1 2 3 4 5 6 7 8; do
		curl -s --noproxy '*' "$URL/movies/export" | head -c 20000 >/dev/null || true
	done
	expect 200 GET /movies/export
	jq -e 'length > 3000' <<<"$BODY" >/dev/null
	expect 200 HEAD /movies/export
	[ -z "$(header Content-Length)" ]
	curl -s --noproxy '*' --compressed "$URL/movies/export" | jq -e 'length > 3000' >/dev/null
}

# Where the store fails in the middle the client must not take the part for the whole.
test_an_export_that_fails_is_seen_to_fail() {
	local build
	build=$(mutant failing fcgi/service/bulk.c 's/out->done = !out->more;/&\n\tpiece->failed |= out->done;/' movies)
	start_cinema CINEMA_BUILD="$build"
	many_movies 1000 >"$WORK/many"
	import movies "@$WORK/many"
	must_fail curl -sSf --noproxy '*' -o "$WORK/cut" "$URL/movies/export"
	[ "$(wc -c <"$WORK/cut")" -gt 100000 ]
	must_fail jq . "$WORK/cut"
	expect 200 GET /movies
}

# Megabytes in use, at most, since peak_from.
peak_from() {
	echo 5 >"/proc/$1/clear_refs"
}

peak() {
	awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$1/status"
}

test_memory_stays_flat() {
	local pid before after size count
	# shellcheck disable=SC2009
	[ -z "$WRAP" ] && ! grep -aq __asan_init "$BUILD/movies" || skip "sanitizers and valgrind have memory of their own"
	count=$(size 30000 130000)
	many_movies "$count" >"$WORK/many"
	size=$(($(wc -c <"$WORK/many") / 1048576))
	pid=$(service_pid movies)
	peak_from "$pid"
	before=$(peak "$pid")
	expect 200 POST /movies/import --data-binary "@$WORK/many" --max-time 300
	expect_json '.taken + .unchanged == $count and .refused == 0' --argjson count "$count"
	after=$(peak "$pid")
	echo "import of $size MiB: from $before to $after MiB"
	[ $((after - before)) -lt $((size * 3 / 4)) ]
	peak_from "$pid"
	before=$(peak "$pid")
	curl -sf --noproxy '*' --max-time 300 -o "$WORK/out" "$URL/movies/export"
	[ "$(wc -c <"$WORK/out")" -ge "$(wc -c <"$WORK/many")" ]
	after=$(peak "$pid")
	echo "export of $size MiB: from $before to $after MiB"
	[ $((after - before)) -lt $((size / 3)) ]
	[ "$pid" = "$(service_pid movies)" ]
}

# begun_is STATUS HEADERS: an import whose body does not come is answered.
begun_is() {
	local upload
	exec {upload}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'POST /movies/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n%b\r\n{' \
		"$2" >&"$upload"
	grep -q " $1 " <(timeout 60 head -n 1 <&"$upload")
	exec {upload}>&-
}

# Who may not is told so before the body is read, and what is private stays.
test_who_may() {
	local name
	AUTH=required
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	for name in ann own; do
		of_house POST /users "{\"id\":\"$name\",\"name\":\"$name\",\"password\":\"password of $name\"}"
		[ "$name" = ann ] || of_house PUT "/users/$name/role" '{"role":"owner"}'
		unset CURL_HOME
		expect 201 POST "/users/$name/tokens" "{\"password\":\"password of $name\"}"
		jq -r .token <<<"$BODY" >"$WORK/token.$name"
	done
	many_movies 20000 >"$WORK/many"
	expect 401 POST /movies/import --data-binary "@$WORK/many"
	AS=ann expect 403 POST /movies/import --data-binary "@$WORK/many"
	begun_is 401 ''
	begun_is 403 "Authorization: Bearer $(cat "$WORK/token.ann")\r\n"
	AS=ann expect 403 GET /users/export
	expect 401 GET /bookings/export
	AS=own expect 200 GET /users/export
	[[ $BODY != *argon2* && $BODY != *role* ]]
	# A file cannot take a password or a role away, or give one.
	AS=own expect 200 POST '/users/import?replace=true' "$(jq -c '{ann, own} | .[].name = "N"' <<<"$BODY")"
	counts 0 2 0 0
	AS=own expect 200 POST '/users/import?replace=true' '{"ann":{"id":"ann","name":"A","last_active":1,"role":"owner"}}'
	counts 0 0 0 1
	AS=own expect 200 POST /users/import '{"new":{"id":"new","name":"N","last_active":1,"role":"owner"},
		"newer":{"id":"newer","name":"N","last_active":1,"password":"long enough"}}'
	counts 0 0 0 2
	AS=own expect 200 GET /users/ann/role
	expect_json '.role == "user"'
	expect 201 POST /users/own/tokens '{"password":"password of own"}'
	expect_json '.role == "owner"'
	expect 201 POST /users/ann/tokens '{"password":"password of ann"}'
}

run_suite "$@"
