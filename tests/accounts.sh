#!/usr/bin/env bash
# Accounts, passwords and tokens; who is believed to be whom, and what an attacker may try.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
CHEAP=(CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1)

suite_start() {
	start_cinema "${CHEAP[@]}"
}

register() {
	expect 201 POST /users "{\"id\":\"$1\",\"name\":\"${2-$1}\",\"password\":\"password of $1\"}"
}

# log_in USER [NAME]: leaves the token in $WORK/token.NAME, and the answer in BODY.
log_in() {
	expect 201 POST "/users/$1/tokens" "{\"password\":\"password of $1\"}"
	jq -r .token <<<"$BODY" >"$WORK/token.${2-$1}"
}

# What nginx was told of a credential holds for two seconds.
is_out() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' \
		-H "Authorization: Bearer $(cat "$WORK/token.$1")" "$URL/users/self")" = 401 ]
}

test_who_registers_can_log_in() {
	register ada 'Ada Lovelace'
	expect_json '.id == "ada" and .name == "Ada Lovelace" and (.last_active | type == "number") and length == 3'
	expect_header Location '^/users/ada$'
	log_in ada
	expect_json '.user == "ada" and .role == "user" and (.token | length == 43) and
		(.expires | test("^20[0-9-]+T[0-9:.]+Z$")) and .uri == "/users/ada/tokens/\(.id)"'
	AS=ada expect 200 GET /users/self
	expect_json '. == {user: "ada", name: "Ada Lovelace", role: "user", auth: "required"}'
	AS=ada expect 200 GET /users/ada
	expect_json 'length == 3'
	expect 200 GET /users/self
	expect_json '.user == null and .role == "anyone"'
}

test_bad_accounts_are_refused() {
	register twice
	expect 409 POST /users '{"id":"twice","name":"T","password":"another password"}'
	expect 422 POST /users '{"id":"nopass","name":"N"}'
	expect_json '.errors[0].field == "password"'
	expect 422 POST /users '{"id":"short","name":"N","password":"1234567"}'
	expect_json '.detail | test("8 to 200")'
	expect 422 POST /users "{\"id\":\"long\",\"name\":\"N\",\"password\":\"$(printf '%201s' '')\"}"
	expect 422 POST /users '{"id":"a b","name":"N","password":"long enough"}'
	expect 422 POST /users '{"id":"self","name":"N","password":"long enough"}'
	expect_json '.errors[0].field == "id"'
	expect 422 POST /users '{"id":"boss","name":"N","password":"long enough","role":"owner"}'
	expect_json '.errors[0].field == "role"'
}

test_wrong_and_unknown_are_answered_alike() {
	register known
	local answer
	expect 401 POST /users/known/tokens '{"password":"not of known"}'
	expect_header WWW-Authenticate '^Bearer'
	answer=$(jq 'del(.instance)' <<<"$BODY")
	expect 401 POST /users/unknown/tokens '{"password":"not of known"}'
	[ "$answer" = "$(jq 'del(.instance)' <<<"$BODY")" ]
}

# seconds USER: what five failed log-ins of five ids take, in microseconds.
tries_take() {
	local user began=${EPOCHREALTIME/./}
	for user in "$@"; do
		expect 401 POST "/users/$user/tokens" '{"password":"not the password"}'
	done
	echo $((${EPOCHREALTIME/./} - began))
}

# With hashes that take most of the time; another order of magnitude would tell.
test_an_unknown_user_takes_as_long_as_a_wrong_password() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=65536
	local known unknown n
	for n in 1 2 3; do register "known$n"; done
	known=$(tries_take known{1,2,3} known{1,2,3})
	unknown=$(tries_take unknown{1,2,3} unknown{1,2,3})
	echo "known $known us, unknown $unknown us"
	[ $((known / unknown)) -lt 3 ] && [ $((unknown / known)) -lt 3 ]
}

# tries COUNT USER PASSWORD: what the last of so many log-ins is answered.
tries() {
	local n status
	for ((n = 0; n < $1; n++)); do
		status=$(curl -s --noproxy '*' -o "$WORK/body" -D "$WORK/headers" -w '%{http_code}' \
			-H 'Content-Type: application/json' -d "{\"password\":\"$3\"}" "$URL/users/$2/tokens")
	done
	echo "$status"
}

test_failures_slow_the_next_one_down() {
	local user
	register slow
	for user in slow nobody-at-all; do
		[ "$(tries 5 "$user" wrong-password)" = 401 ]
		[ "$(tries 1 "$user" 'password of slow')" = 429 ]
		grep -qi '^retry-after: [1-9]' "$WORK/headers"
	done
	# Others are not held up, and it is over after the time told.
	register quick
	log_in quick
	sleep 1.1
	[ "$(tries 1 slow 'password of slow')" = 201 ]
	[ "$(tries 4 slow wrong-password)" = 401 ]
	[ "$(tries 1 slow 'password of slow')" = 201 ]
}

test_tokens_are_listed_and_revoked() {
	register tom
	log_in tom first
	local id
	id=$(jq -r .id <<<"$BODY")
	expect 201 POST /users/tom/tokens '{"password":"password of tom","label":"the phone"}'
	jq -r .token <<<"$BODY" >"$WORK/token.second"
	log_in tom third
	AS=third expect 200 GET /users/tom/tokens
	expect_json 'length == 3 and ([.[] | keys == ["created", "expires", "id", "label"]] | all) and
		([.[].label] | sort == ["", "", "the phone"])'
	AS=second expect 200 GET /users/self
	AS=second expect 204 DELETE "/users/tom/tokens/$id"
	AS=second expect 404 DELETE "/users/tom/tokens/$id"
	wait_for 10 is_out first
	AS=second expect 200 GET /users/self
	AS=second expect 204 DELETE /users/tom/tokens
	wait_for 10 is_out second
	wait_for 10 is_out third
	log_in tom
	AS=tom expect 200 GET /users/tom/tokens
	expect_json 'length == 1'
}

test_tokens_are_bounded() {
	local n
	register many
	for ((n = 0; n < 53; n++)); do
		expect 201 POST /users/many/tokens "{\"password\":\"password of many\",\"label\":\"$n\"}"
	done
	jq -r .token <<<"$BODY" >"$WORK/token.many"
	AS=many expect 200 GET /users/many/tokens
	expect_json 'length == 50 and ([.[].label | tonumber] | min == 3)'
}

test_a_changed_password_revokes_all() {
	register pat
	log_in pat
	AS=pat expect 200 GET /users/pat
	local etag
	etag=$(header ETag)
	AS=pat expect 428 PATCH /users/pat '{"name":"Patricia"}'
	AS=pat expect 412 PATCH /users/pat '{"name":"Patricia"}' -H 'If-Match: "v0"'
	AS=pat expect 200 PATCH /users/pat '{"name":"Patricia"}' -H "If-Match: $etag"
	expect_json '.name == "Patricia"'
	AS=pat expect 200 GET /users/pat
	etag=$(header ETag)
	AS=pat expect 422 PATCH /users/pat '{"password":"a new password"}' -H "If-Match: $etag"
	expect_json '.errors[0].field == "current"'
	AS=pat expect 422 PATCH /users/pat '{"password":"a new password","current":"not it"}' -H "If-Match: $etag"
	AS=pat expect 422 PUT /users/pat '{"name":"Pat","last_active":1}' -H "If-Match: $etag"
	AS=pat expect 200 PUT /users/pat '{"name":"Pat","password":"a new password","current":"password of pat"}' \
		-H "If-Match: $etag"
	wait_for 10 is_out pat
	expect 401 POST /users/pat/tokens '{"password":"password of pat"}'
	expect 201 POST /users/pat/tokens '{"password":"a new password"}'
}

test_a_deleted_user_is_out() {
	register del
	log_in del
	AS=del expect 201 POST /bookings "{\"user\":\"del\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	AS=del expect 428 DELETE /users/del
	AS=del expect 204 DELETE /users/del -H 'If-Match: *'
	wait_for 10 is_out del
	expect 401 POST /users/del/tokens '{"password":"password of del"}'
	# Who comes later under that name does not get the tokens.
	register del
	is_out del
}

test_a_user_with_bookings_to_come_stays() {
	mkdir "$WORK/coming"
	cp "$ROOT"/data/*.json "$WORK/coming"
	echo "{\"20990101\":[\"$MOVIE\"]}" >"$WORK/coming/showtimes.json"
	echo '{}' >"$WORK/coming/bookings.json"
	start_cinema "${CHEAP[@]}" "CINEMA_DATA=$WORK/coming"
	register stay
	log_in stay
	AS=stay expect 201 POST /bookings "{\"user\":\"stay\",\"date\":\"20990101\",\"movie\":\"$MOVIE\"}"
	local path
	path=$(header Location)
	AS=stay expect 409 DELETE /users/stay -H 'If-Match: *'
	expect_json '.bookings == [$path]' --arg path "$path"
	AS=stay expect 200 DELETE "$path"
	AS=stay expect 204 DELETE /users/stay -H 'If-Match: *'
}

test_bad_tokens_are_refused() {
	register bad
	log_in bad
	local token given other=x
	token=$(cat "$WORK/token.bad")
	[ "${token:0:1}" != x ] || other=y
	for given in "Bearer ${token:0:42}" "Bearer ${token}x" "Bearer $other${token:1}" "Bearer" "Bearer " \
		"Basic $(printf 'bad:password of bad' | base64)" "Session $token" "$token" "Bearer $token $token" \
		"Bearer $(printf '%5000s' '' | tr ' ' a)" 'Bearer ../tokens' 'Bearer %00'; do
		# The word for a browser's cookie is nginx's own.
		[ "$given" != "Session $token" ] || continue
		expect 401 GET /users/self -H "Authorization: $given"
		expect_header WWW-Authenticate '^Bearer'
	done
	expect 200 GET /users/self -H "Authorization: Bearer $token"
	expect 401 GET "/users/bad" -H "Cookie: cinema_session=x$token"
}

test_an_expired_token_is_refused() {
	local lib
	lib=$(find /usr/lib -name 'libfaketime.so.1' 2>/dev/null | head -n 1)
	[ -n "$lib" ] || skip 'needs libfaketime'
	register old
	log_in old
	AS=old expect 200 GET /users/self
	run_sh stop >/dev/null
	CINEMA_WRAP="/usr/bin/env LD_PRELOAD=$lib FAKETIME=+335h" run_sh start >/dev/null
	AS=old expect 200 GET /users/self
	run_sh stop >/dev/null
	CINEMA_WRAP="/usr/bin/env LD_PRELOAD=$lib FAKETIME=+337h" run_sh start >/dev/null
	wait_for 10 is_out old
	run_sh restart >/dev/null
}

test_nothing_a_client_sends_says_who_it_is() {
	local name
	register eve
	log_in eve
	for name in REMOTE_USER Remote-User REMOTE_ROLE Remote-Role X-User X-Role X-Remote-User \
		HTTP_REMOTE_USER Auth-User; do
		expect 401 GET /users -H "$name: owner"
		AS=eve expect 403 GET /users -H "$name: owner"
		AS=eve expect 404 GET /bookings/ada -H "$name: ada"
	done
	expect 401 GET '/users?REMOTE_ROLE=owner'
	# No header gets past nginx, nor a second request hidden in a first one.
	printf 'GET /users HTTP/1.1\r\nHost: x\r\nREMOTE_ROLE: owner\r\nRemote_Role: owner\r\nX: a\nREMOTE_ROLE: owner\r\nConnection: close\r\n\r\n' |
		timeout 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$PORT; cat >&3; cat <&3" | head -n 1 | grep -qE ' 40[01] '
	printf 'POST /movies HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /users HTTP/1.1\r\nREMOTE_ROLE: owner\r\n\r\n' |
		timeout 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$PORT; cat >&3; cat <&3" >"$WORK/smuggled"
	must_fail grep -q '"last_active"' "$WORK/smuggled"
	# What asks who somebody is is not for the public.
	expect 404 GET /who
	expect 404 GET /who -H 'Authorization: Bearer x'
}

test_two_users_cannot_see_each_other() {
	local path user
	for user in one two; do
		register "$user"
		log_in "$user"
		AS=$user expect 201 POST /bookings "{\"user\":\"$user\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
		header Location >"$WORK/path.$user"
	done
	path=$(cat "$WORK/path.two")
	AS=one expect 404 GET "$path"
	AS=one expect 404 PATCH "$path" '{"seats":[]}'
	AS=one expect 404 DELETE "$path"
	AS=one expect 404 GET /bookings/two
	AS=one expect 404 GET '/bookings/two?view=full'
	AS=one expect 404 GET /users/two
	AS=one expect 404 GET /users/two/bookings
	AS=one expect 404 GET /users/two/suggested
	AS=one expect 404 GET /users/two/tokens
	AS=one expect 404 PATCH /users/two '{"name":"x"}' -H 'If-Match: *'
	AS=one expect 403 GET /users
	AS=one expect 403 GET /bookings
	AS=one expect 403 PUT /users/one/role '{"role":"owner"}'
	AS=two expect 200 GET "$path"
	expect_json '.status == "confirmed"'
}

test_private_fields_never_leave() {
	register own
	run_sh owner own
	log_in own
	register staffer
	AS=own expect 200 PUT /users/staffer/role '{"role":"staff"}'
	AS=own expect 422 PUT /users/own/role '{"role":"user"}'
	AS=own expect 404 PUT /users/none/role '{"role":"user"}'
	AS=own expect 422 PUT /users/staffer/role '{"role":"king"}'
	AS=own expect 200 GET /users
	expect_json '[.[] | keys == ["id", "last_active", "name"]] | all'
	AS=own expect 200 GET /users/own
	expect_json 'keys == ["id", "last_active", "name"]'
	# Neither in an answer, nor in a log; tokens and passwords are in no store either.
	must_fail grep -rqE 'argon2|password of' "$STATE/logs"
	must_fail grep -rqF "$(cat "$WORK/token.own")" "$STATE/logs" "$STATE/store"
	must_fail grep -rqF 'password of own' "$STATE/store"
	grep -rqaF 'argon2id' "$STATE/store"
	# What nginx has kept for a moment is gone with it.
	run_sh stop
	must_fail grep -rqF "$(cat "$WORK/token.own")" "$STATE"
	run_sh start
}

# The cookie counts for what changes something only from the cinema's own pages.
test_a_session_by_cookie() {
	register web
	expect 201 POST /users/web/tokens '{"password":"password of web","session":true}'
	expect_json 'has("token") | not'
	expect_header Set-Cookie '^cinema_session=[A-Za-z0-9_-]{43}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict$'
	local cookie id body="{\"user\":\"web\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	id=$(jq -r .id <<<"$BODY")
	cookie=$(header Set-Cookie)
	cookie=${cookie%%;*}
	expect 200 GET /users/self -H "Cookie: $cookie"
	expect_json '.user == "web"'
	expect 200 GET /users/web -H "Cookie: other=1; $cookie"
	expect 401 POST /bookings "$body" -H "Cookie: $cookie"
	expect 401 POST /bookings "$body" -H "Cookie: $cookie" -H 'Origin: http://evil.example'
	expect 401 POST /bookings "$body" -H "Cookie: $cookie" -H "Origin: $URL.evil.example"
	expect 401 POST /bookings "$body" -H "Cookie: $cookie" -H 'Origin: null'
	expect 201 POST /bookings "$body" -H "Cookie: $cookie" -H "Origin: $URL"
	expect 204 DELETE "/users/web/tokens/$id" -H "Cookie: $cookie" -H "Origin: $URL"
	expect_header Set-Cookie '^cinema_session=; .*Max-Age=0'
	# A cookie that is good for nothing does not keep its browser from looking around.
	expect 200 GET /movies -H 'Cookie: cinema_session=old'
	expect 200 GET /users/self -H 'Cookie: cinema_session=old'
	expect_json '.user == null'
	expect 401 GET /users/web -H 'Cookie: cinema_session=old'
}

test_the_catalogue_needs_no_log_in() {
	local path
	for path in /movies "/movies/$MOVIE" /showtimes "/showtimes/$DATE" "/showtimes/$DATE/$MOVIE" \
		"/showtimes/$DATE/$MOVIE/18:00-1" "/showtimes/$DATE/$MOVIE/18:00-1/seats" /showtimes/screens / /healthz; do
		expect 200 GET "$path"
	done
	for path in /users /users/ada /bookings /bookings/ada /bookings/ada/x /users/ada/bookings; do
		expect 401 GET "$path"
		expect_header WWW-Authenticate '^Bearer realm="cinema"$'
	done
}

# nginx asks once and knows it for a moment: while users does not answer, for a minute.
test_who_asks_is_remembered_for_a_moment() {
	start_cinema "${CHEAP[@]}"
	register kim
	log_in kim
	AS=kim expect 201 POST /bookings "{\"user\":\"kim\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	kill_service users STOP
	AS=kim expect 200 GET /bookings/kim
	expect 200 GET /movies
	# Of another token, though it differs in its end alone, nothing is known.
	expect 503 GET /bookings/kim -H "Authorization: Bearer $(cat "$WORK/token.kim")x"
	expect_json '.peer == "users"'
	kill_service users CONT
	AS=kim expect 200 GET /users/kim
}

# What hashing costs is a setting, and an old hash is made anew when its user logs in.
test_passwords_are_hashed_at_the_cost_that_is_set() {
	start_cinema "${CHEAP[@]}"
	register cost
	costs() { grep -aoh 'argon2id$v=19$m=[0-9]*,t=[0-9]*' -r "$STATE/store" | sort -u | sed 's/.*\$//' | tr '\n' ' '; }
	[ "$(costs)" = 'm=8,t=1 ' ] || fail "$(costs)"
	export CINEMA_PASSWORD_KIB=64 CINEMA_PASSWORD_PASSES=3
	run_sh restart
	log_in cost
	[[ "$(costs)" == *'m=64,t=3 '* ]] || fail "$(costs)"
	log_in cost
	expect 401 POST /users/cost/tokens '{"password":"password of"}'
}

test_users_down_is_said() {
	start_cinema "${CHEAP[@]}"
	register down
	log_in down
	may_restart
	kill -STOP "$(cat "$STATE/pids/users.pid")"
	kill -9 "$(service_pid users)"
	local status
	status=$(curl -s --noproxy '*' --max-time 20 -o "$WORK/body" -w '%{http_code}' \
		-H "Authorization: Bearer unknown-to-nginx-yet" "$URL/bookings/down")
	kill -CONT "$(cat "$STATE/pids/users.pid")"
	[ "$status" = 503 ] || [ "$status" = 401 ] || fail "$status: $(cat "$WORK/body")"
	AS=down wait_for 15 self_again
}

self_again() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(cat "$WORK/token.down")" \
		"$URL/users/self")" = 200 ]
}

# A flood of log-ins leaves threads, memory and time to the others.
test_a_flood_of_log_ins_does_not_starve_bookings() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=65536 CINEMA_PASSWORD_THREADS=1
	local n flood most=500000
	register calm
	log_in calm
	for ((n = 0; n < 300; n++)); do
		printf 'POST /users/flood%d/tokens {"password":"some password"}\n' "$n"
	done >"$WORK/flood"
	"$BUILD/bench/load" -c 60 -d 5 -w 0 "127.0.0.1:$PORT" "$WORK/flood" >"$WORK/flooded" &
	flood=$!
	sleep 0.5
	for ((n = 0; n < 5; n++)); do
		AS=calm expect 201 POST /bookings "{\"user\":\"calm\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
		AS=calm expect 200 GET /users/calm
	done
	kill -0 "$flood" || fail 'the flood was over before the bookings were'
	wait "$flood"
	jq -e '(.status["429"] // 0) > 0 and ([.status | keys[] | select(startswith("5"))] == [])' "$WORK/flooded"
	# One at a time: sixty would have taken 4 GB. A sanitizer keeps for a while what is freed.
	! grep -qs fsanitize "$BUILD/flags" || most=2000000
	[ "$(awk '/^VmHWM/ { print $2 }' "/proc/$(service_pid users)/status")" -lt "$most" ]
}

test_open_asks_nobody() {
	start_cinema
	expect 200 GET /users/self
	expect_json '. == {user: null, name: null, role: "owner", auth: "open"}'
	expect 200 GET /users
	expect 201 POST /users '{"id":"plain","name":"Plain"}'
	expect 201 POST /bookings "{\"user\":\"plain\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	expect 200 GET /users/self -H 'Authorization: Bearer whatever'
}

run_suite "$@"
