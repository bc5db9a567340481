#!/usr/bin/env bash
# Who changed what when: each change leaves one entry in its service's trail, in its own commit; what
# was refused leaves none; nothing secret is in it, and only the owner reads it.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
ETAG='If-Match: *'
printf -v BEGUN '%(%s)T' -1

suite_start() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	AUTH=required
	local name
	for name in ann sue own; do
		register "$name"
	done
	run_sh owner own
	for name in ann sue own; do
		log_in "$name"
	done
	AS=own expect 200 PUT /users/sue/role '{"role":"staff"}'
}

register() {
	expect 201 POST /users "{\"id\":\"$1\",\"name\":\"$1\",\"password\":\"password of $1\"}"
}

log_in() {
	expect 201 POST "/users/$1/tokens" "{\"password\":\"password of $1\"}"
	jq -r .token <<<"$BODY" >"$WORK/token.$1"
	jq -r .id <<<"$BODY" >"$WORK/token-id.$1"
}

# The trail of a service, newest first, as a list.
trail() {
	AS=own expect 200 GET "/$1/trail${2-}"
	BODY=$(jq -c 'to_entries | map(.value)' <<<"$BODY")
}

# noted SERVICE ACTION WHAT BY ROLE: the newest entry is this one, and the request sent last made it.
noted() {
	local request
	request=$(header X-Request-Id)
	trail "$1" '?limit=1'
	expect_json '.[0] | .action == $action and .what == $what and .role == $role and
		.by == (if $by == "" then null else $by end) and .request == $request and
		(.at | sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601 | . >= $begun and . <= now)' \
		--argjson begun "$BEGUN" --arg action "$2" --arg what "$3" --arg by "$4" --arg role "$5" --arg request "$request"
}

# How many entries a service's trail has.
entries() {
	trail "$1"
	jq length <<<"$BODY"
}

book() {
	expect "$1" POST /bookings "{\"user\":\"$2\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"${3-}}" "${@:4}"
}

test_accounts_and_log_ins() {
	register eve
	noted users create /users/eve '' anyone
	log_in eve
	noted users log-in "/users/eve/tokens/$(cat "$WORK/token-id.eve")" '' anyone
	AS=eve expect 200 PATCH /users/eve '{"name":"Eve"}' -H "$ETAG"
	noted users change /users/eve eve user
	expect_json '.[0].fields == ["name"]'
	AS=eve expect 200 PATCH /users/eve '{"name":"E","password":"another word","current":"password of eve"}' -H "$ETAG"
	noted users change /users/eve eve user
	expect_json '.[0].fields == ["name", "password"]'
	AS=own expect 200 PUT /users/eve/role '{"role":"staff"}'
	noted users make-staff /users/eve/role own owner
	AS=own expect 200 PATCH /users/eve '{"password":"password of eve"}' -H "$ETAG"
	noted users change /users/eve own owner
	log_in eve
	AS=eve expect 204 DELETE "/users/eve/tokens/$(cat "$WORK/token-id.eve")"
	noted users revoke "/users/eve/tokens/$(cat "$WORK/token-id.eve")" eve staff
	log_in eve
	AS=own expect 204 DELETE /users/eve/tokens
	noted users revoke /users/eve/tokens own owner
	# There are none any more, so nothing was changed.
	local before
	before=$(entries users)
	AS=own expect 204 DELETE /users/eve/tokens
	[ "$before" = "$(entries users)" ]
	AS=own expect 204 DELETE /users/eve -H "$ETAG"
	noted users delete /users/eve own owner
}

test_bookings() {
	local id
	AS=ann book 201 ann
	id=$(jq -r .id <<<"$BODY")
	noted bookings book "/bookings/ann/$id" ann user
	AS=sue expect 200 DELETE "/bookings/ann/$id"
	noted bookings cancel "/bookings/ann/$id" sue staff
	AS=own book 201 ann ',"count":3,"hold":true'
	id=$(jq -r .id <<<"$BODY")
	noted bookings hold "/bookings/ann/$id" own owner
	AS=ann expect 200 PATCH "/bookings/ann/$id" "$(jq -c '{seats: .seats[:2]}' <<<"$(AS=ann expect 200 GET "/bookings/ann/$id" && echo "$BODY")")"
	noted bookings give-back "/bookings/ann/$id" ann user
	AS=ann expect 200 PATCH "/bookings/ann/$id" '{"status":"confirmed"}'
	noted bookings confirm "/bookings/ann/$id" ann user
}

test_the_owners_writes() {
	local showing
	AS=own expect 201 POST /movies '{"id":"film","title":"Film","director":"D","rating":5}'
	noted movies create /movies/film own owner
	AS=own expect 200 PATCH /movies/film '{"title":"Feature","rating":6}' -H "$ETAG"
	noted movies change /movies/film own owner
	expect_json '.[0].fields == ["title", "rating"]'
	AS=own expect 201 POST /showtimes/screens '{"id":"new","name":"New","price":{"all":5},
		"rows":[{"name":"A","tier":"all","seats":"####"}]}'
	noted showtimes create /showtimes/screens/new own owner
	AS=own expect 201 POST /showtimes/20310101 '{"movie":"film","time":"20:00","screen":"new"}'
	showing=$(jq -r .uri <<<"$BODY")
	noted showtimes create "$showing" own owner
	AS=own expect 200 PATCH "$showing" '{"price":{"all":7}}' -H "$ETAG"
	noted showtimes change "$showing" own owner
	expect_json '.[0].fields == ["price"]'
	# What a change takes away is changed too.
	AS=own expect 200 PUT "$showing" '{"price":{"all":7},"minutes":90}' -H "$ETAG"
	noted showtimes change "$showing" own owner
	expect_json '.[0].fields == ["minutes"]'
	AS=own expect 200 PUT "$showing" '{}' -H "$ETAG"
	noted showtimes change "$showing" own owner
	expect_json '.[0].fields | sort == ["minutes", "price"]'
	# What was deleted shows in both: sales were closed by the service, for the owner's request.
	AS=own expect 204 DELETE "$showing" -H "$ETAG"
	noted showtimes delete "$showing" own owner
	AS=own expect 204 DELETE /showtimes/screens/new -H "$ETAG"
	noted showtimes delete /showtimes/screens/new own owner
	AS=own expect 204 DELETE /movies/film -H "$ETAG"
	noted movies delete /movies/film own owner
	trail bookings "?what=$showing"
	expect_json 'map([.action, .role, .by]) == [["close-sales", "service", null]]'
}

# Another service's question, on the internal listener, which tells whose request it was made for.
test_what_services_do() {
	local showing="$DATE/$MOVIE/18:00-2"
	of_house PUT "/sales/$showing" '{"edition":1}' -H 'X-Request-Id: of-the-house' | jq -e '.edition == 1'
	trail bookings '?limit=1'
	expect_json '.[0] | .action == "close-sales" and .what == "/showtimes/\($s)" and .by == null and
		.role == "service" and .request == "of-the-house"' --arg s "$showing"
	of_house PUT "/sales/$showing" '{"edition":1}' -H 'X-Request-Id: once-more' | jq -e '.edition == 1'
	trail bookings '?limit=1'
	expect_json '.[0].request == "of-the-house"'
}

test_data_files_are_one_entry() {
	local name
	for name in users movies showtimes bookings; do
		trail "$name"
		expect_json '.[-1] | .action == "import" and .what == "/\($name)" and .request == null and .by == null and .role == "service"' \
			--arg name "$name"
		expect_json 'map(select(.action == "import")) | length == 1'
	done
}

test_what_is_refused_leaves_no_entry() {
	local before key='Idempotency-Key: once' id
	AS=ann book 201 ann '' -H "$key"
	id=$(jq -r .id <<<"$BODY")
	before=$(entries bookings)-$(entries users)
	AS=ann book 201 ann '' -H "$key"
	AS=ann book 409 ann ",\"time\":\"18:00\",\"screen\":\"1\",\"seats\":$(jq -c .seats <<<"$BODY")"
	AS=ann book 422 ann ',"seats":["Z99"]'
	AS=ann book 403 sue
	AS=ann expect 412 DELETE "/bookings/ann/$id" -H 'If-Match: "v1"'
	AS=ann expect 200 PATCH "/bookings/ann/$id" '{"status":"confirmed"}'
	expect 409 POST /users '{"id":"ann","name":"Ann","password":"password of ann"}'
	AS=ann expect 412 PATCH /users/ann '{"name":"A"}' -H 'If-Match: "v1"'
	AS=ann expect 403 PUT /users/ann/role '{"role":"owner"}'
	[ "$before" = "$(entries bookings)-$(entries users)" ] || fail "$before became $(entries bookings)-$(entries users)"
}

# A user that is there is noted once when log-ins have to wait; unknown ones, of which there is no
# end, are not.
test_failed_log_ins_are_few_entries() {
	local i before
	register fay
	before=$(entries users)
	for i in {1..4}; do
		expect 401 POST /users/fay/tokens '{"password":"no"}'
		expect 401 POST /users/fay-no/tokens '{"password":"no"}'
	done
	[ "$before" = "$(entries users)" ]
	expect 401 POST /users/fay/tokens '{"password":"no"}'
	expect 401 POST /users/fay-no/tokens '{"password":"no"}'
	# Whether these come too early or fail as well.
	for i in {1..3}; do
		curl -s --noproxy '*' -o "$WORK/body" -H 'Content-Type: application/json' -d '{"password":"no"}' "$URL/users/fay/tokens"
		jq -e '.status == 401 or .status == 429' "$WORK/body"
	done
	trail users
	expect_json 'length == $before + 1' --argjson before "$before"
	expect_json '.[0] | .action == "log-ins-fail" and .what == "/users/fay" and .by == null'
}

test_only_the_owner_reads_it() {
	local name
	for name in users movies showtimes bookings; do
		AS=own expect 200 GET "/$name/trail"
		expect 401 GET "/$name/trail"
		AS=ann expect 403 GET "/$name/trail"
		AS=sue expect 403 GET "/$name/trail"
		# nginx has the owner's answer in no cache, where it has one.
		AS=own expect 200 GET "/$name/trail"
		expect 401 GET "/$name/trail"
		AS=own expect 405 POST "/$name/trail" '{}'
		AS=own expect 405 DELETE "/$name/trail"
	done
}

test_no_secret_is_in_it() {
	local secret
	trail users
	for secret in "$(cat "$WORK/token.own")" "$(cat "$WORK/token.ann")" 'password of' argon2 'another word'; do
		[[ $BODY != *"$secret"* ]] || fail "the trail tells $secret"
	done
	jq -e 'map(keys - ["action", "at", "by", "fields", "request", "role", "what"]) | flatten == []' <<<"$BODY"
}

# by_pages PATH: the names of all entries, two a page, by the links from page to page.
by_pages() {
	local path=$1 i
	for ((i = 0; i < 100; i++)); do
		AS=own expect 200 GET "$path"
		jq -r 'keys_unsorted[]' <<<"$BODY"
		path=$(header Link | sed -n 's/^<\(.*\)>; rel="next"$/\1/p')
		[ -n "$path" ] || return 0
		expect_json 'length == 2'
	done
}

test_pages_and_filters() {
	local filter i
	for i in 1 2 3 4 5; do
		AS=ann book 201 ann
	done
	for filter in '' by=ann 'by=ann&what=/bookings/ann'; do
		AS=own expect 200 GET "/bookings/trail?$filter"
		jq -e 'keys_unsorted | length >= 5 and . == sort' <<<"$BODY"
		diff <(jq -r 'keys_unsorted[]' <<<"$BODY") <(by_pages "/bookings/trail?limit=2&$filter")
	done
	trail bookings '?by=ann'
	expect_json 'length >= 5 and all(.by == "ann")'
	trail bookings '?by=nobody'
	expect_json 'length == 0'
	trail users '?what=/users/ann'
	expect_json 'map(.action) | index("create") and index("log-in")'
	trail users '?what=/users/an'
	expect_json 'length == 0'
	trail users '?what=/users/ann&by=own'
	expect_json 'all(.by == "own")'
	AS=own expect 400 GET '/users/trail?by=a%20b'
	AS=own expect 400 GET '/users/trail?limit=0'
	AS=own expect 400 GET '/users/trail?who=ann'
}

# Whatever happens to the process, there are as many entries as changes.
test_entry_and_change_live_or_die_together() {
	local i jobs=()
	may_restart
	for ((i = 0; i < $(size 30 300); i++)); do
		AS=ann curl -s --noproxy '*' -o /dev/null -H "Authorization: Bearer $(cat "$WORK/token.ann")" \
			-H 'Content-Type: application/json' --max-time 15 \
			-d "{\"user\":\"ann\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}" "$URL/bookings" &
		jobs+=($!)
		[ $((i % 10)) != 5 ] || kill_service bookings
	done
	wait_all "${jobs[@]}"
	wait_for 10 run_sh status >/dev/null
	trail bookings
	jq -r '.[] | select(.action == "book" or .action == "hold") | .what' <<<"$BODY" | sort >"$WORK/noted"
	AS=own expect 200 GET '/bookings/ann?view=full'
	jq -r '.[].uri' <<<"$BODY" | sort >"$WORK/booked"
	[ -s "$WORK/booked" ]
	diff "$WORK/noted" "$WORK/booked"
}

test_an_open_cinema_notes_it_too() {
	AUTH=
	start_cinema CINEMA_AUTH=open
	expect 201 POST /bookings "{\"user\":\"nayana_patil\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	local uri
	uri=$(jq -r .uri <<<"$BODY")
	expect 200 GET /bookings/trail?limit=1
	expect_json 'length == 1 and all(.by == null and .role == "owner" and .action == "book" and .what == $uri)' --arg uri "$uri"
	expect 200 GET /movies/trail
}

run_suite "$@"
