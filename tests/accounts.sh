#!/usr/bin/env bash
# Accounts, passwords and tokens; who is believed to be whom, and what an attacker may try.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
CHEAP=(CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1)

# Nobody is logged in by the environment.
AUTH=''
# Noon in the cinema, on a day that has showings.
NOON=1533092400

suite_start() {
	start_with_a_clock
	# A third one, where hashes take most of the time.
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=65536 CINEMA_PASSWORD_THREADS=1
	name_cinema costly
	start_cinema "${CHEAP[@]}"
}

# A second instance, whose services believe a clock that this suite sets, and keep what they know in a
# file that can be read.
start_with_a_clock() {
	later 0
	start_cinema "${CHEAP[@]}" CINEMA_STORE=json CINEMA_TOKEN_HOURS=2 CINEMA_HOLD_SECONDS=600 \
		CINEMA_TZ=Asia/Tokyo CINEMA_WRAP="/usr/bin/env LD_PRELOAD=$BUILD/shims/clock.so CLOCK_FILE=$WORK/clock"
	name_cinema with-a-clock
}

# Makes it the current one, at noon.
on_the_clock() {
	use_cinema with-a-clock
	later 0
}

# later SECONDS: it is so much later, counted from noon.
later() {
	printf '%d 0\n' $((NOON + $1)) >"$WORK/clock.new"
	mv "$WORK/clock.new" "$WORK/clock"
}

register() {
	expect 201 POST /users "{\"id\":\"$1\",\"name\":\"${2-$1}\",\"password\":\"password of $1\"}"
}

# log_in USER [NAME]: leaves the token in $WORK/token.NAME, and the answer in BODY.
log_in() {
	expect 201 POST "/users/$1/tokens" "{\"password\":\"password of $1\"}"
	jq -r .token <<<"$BODY" >"$WORK/token.${2-$1}"
}

make_owner() {
	register "$1"
	of_house PUT "/users/$1/role" '{"role":"owner"}'
	log_in "$1"
}

# What nginx was told of a credential holds for two seconds; of one that it has not met it asks at once.
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

# Those of the data files, until an owner gives them one.
test_who_has_no_password_cannot_log_in() {
	local given
	for given in password null argon2id; do
		expect 401 POST /users/nayana_patil/tokens "{\"password\":\"$given\"}"
	done
	expect 422 POST /users/nayana_patil/tokens '{"password":""}'
	make_owner giver
	AS=giver expect 201 POST /users '{"id":"bare","name":"B"}'
	expect 401 POST /users/bare/tokens '{"password":"password"}'
	AS=giver expect 200 PATCH /users/bare '{"password":"password of bare"}' -H 'If-Match: *'
	log_in bare
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

# A failed log-in, in microseconds.
try_takes() {
	local began=${EPOCHREALTIME/./}
	expect 401 POST "/users/$1/tokens" '{"password":"not the password"}'
	echo $((${EPOCHREALTIME/./} - began))
}

# Another order of magnitude would tell. What else the machine does only makes a try longer.
test_an_unknown_user_takes_as_long_as_a_wrong_password() {
	use_cinema costly
	local known unknown n
	register known
	for n in 1 2 3 4; do
		try_takes known >>"$WORK/known"
		try_takes unknown >>"$WORK/unknown"
	done
	known=$(sort -n "$WORK/known" | head -n 1)
	unknown=$(sort -n "$WORK/unknown" | head -n 1)
	echo "known $known us, unknown $unknown us"
	[ $((known / unknown)) -lt 3 ]
	[ $((unknown / known)) -lt 3 ]
}

wrong() {
	expect "$1" POST "/users/$2/tokens" '{"password":"not the password"}'
}

right() {
	expect "$1" POST "/users/$2/tokens" "{\"password\":\"password of $2\"}"
}

# fail_after USER WAIT…: that many failures, each of which had to wait for so many seconds; NOW goes on.
fail_after() {
	local user=$1 wait
	for wait in "${@:2}"; do
		if [ "$wait" != 0 ]; then
			wrong 429 "$user"
			expect_header Retry-After "^$wait\$"
			# Who comes too early, even with the password, makes it no longer.
			later $((NOW + wait - 1))
			right 429 "$user"
			expect_header Retry-After '^1$'
			NOW=$((NOW + wait))
			later "$NOW"
		fi
		wrong 401 "$user"
	done
}

test_failures_slow_the_next_one_down() {
	local NOW=0
	on_the_clock
	register slow
	register quick
	fail_after slow 0 0 0 0 0 1 2 4 8 16 32 60 60
	fail_after nobody-at-all 0 0 0 0 0 1 2
	wrong 429 nobody-at-all
	wrong 401 nobody-else
	right 201 quick
	# The first that makes the next one wait is noted, however many follow.
	of_house GET '/users/trail?what=/users/slow' '' | jq -e 'map(.action) | sort == ["create", "log-ins-fail"]'
	# Once it has gone well, all is forgotten.
	NOW=$((NOW + 60))
	later "$NOW"
	right 201 slow
	fail_after slow 0 0 0 0
	right 201 slow
}

test_failures_are_forgotten_after_a_quarter_of_an_hour() {
	local NOW=0
	on_the_clock
	register idle
	fail_after idle 0 0 0 0 0
	NOW=899
	later "$NOW"
	fail_after idle 0 2
	later $((NOW + 900))
	fail_after idle 0 0 0 0 0
	wrong 429 idle
}

# Who has a token that was left somewhere does not get at the password by trying.
test_a_wrong_current_password_counts_as_a_failed_log_in() {
	local n
	on_the_clock
	register cur
	log_in cur
	for n in 1 2 3; do
		AS=cur expect 422 PATCH /users/cur '{"password":"a new password","current":"not it"}' -H 'If-Match: *'
		expect_json '.errors[0].field == "current"'
	done
	wrong 401 cur
	AS=cur expect 422 PATCH /users/cur '{"password":"a new password","current":"not it"}' -H 'If-Match: *'
	right 429 cur
	expect_header Retry-After '^1$'
	AS=cur expect 429 PATCH /users/cur '{"password":"a new password","current":"password of cur"}' -H 'If-Match: *'
	expect_header Retry-After '^1$'
	# A name needs no password.
	AS=cur expect 200 PATCH /users/cur '{"name":"Cur"}' -H 'If-Match: *'
	later 1
	AS=cur expect 200 PATCH /users/cur '{"password":"a new password","current":"password of cur"}' -H 'If-Match: *'
	expect 201 POST /users/cur/tokens '{"password":"a new password"}'
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
	PAUSE=0.3 wait_for 10 is_out first
	AS=second expect 200 GET /users/self
	AS=second expect 204 DELETE /users/tom/tokens
	PAUSE=0.3 wait_for 10 is_out second
	PAUSE=0.3 wait_for 10 is_out third
	log_in tom
	AS=tom expect 200 GET /users/tom/tokens
	expect_json 'length == 1'
}

# log_ins COUNT USER: so many, labelled 0, 1, …; $WORK/log-in.N is the answer to each.
log_ins() {
	local n
	for ((n = 0; n < $1; n++)); do
		[ "$n" = 0 ] || echo next
		printf '%s\n' "url = \"$URL/users/$2/tokens\"" "output = \"$WORK/log-in.$n\"" silent 'noproxy = "*"' \
			'header = "Content-Type: application/json"' "data = \"{\\\"password\\\":\\\"password of $2\\\",\\\"label\\\":\\\"$n\\\"}\""
	done | curl -K -
}

# The oldest gives way to the newest, and is good for nothing from then on.
test_tokens_are_bounded() {
	local n
	register many
	log_ins 51 many
	for n in 0 1 50; do
		jq -er .token "$WORK/log-in.$n" >"$WORK/token.$n"
	done
	AS=0 expect 401 GET /users/self
	AS=1 expect 200 GET /users/many/tokens
	expect_json 'length == 50 and ([.[].label | tonumber] | min == 1 and max == 50)'
	AS=50 expect 200 GET /users/self
	# Of others nobody loses any.
	register few
	log_in few
	AS=few expect 200 GET /users/few/tokens
	expect_json 'length == 1'
}

test_a_changed_password_revokes_all() {
	register pat
	log_in pat
	log_in pat elsewhere
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
	is_out elsewhere
	PAUSE=0.3 wait_for 10 is_out pat
	expect 401 POST /users/pat/tokens '{"password":"password of pat"}'
	expect 201 POST /users/pat/tokens '{"password":"a new password"}'
}

test_a_password_that_the_owner_sets_revokes_all() {
	make_owner keeper
	register lost
	log_in lost
	AS=lost expect 200 GET /users/self
	log_in lost elsewhere
	AS=keeper expect 200 PATCH /users/lost '{"password":"from the owner"}' -H 'If-Match: *'
	is_out elsewhere
	PAUSE=0.3 wait_for 10 is_out lost
	right 401 lost
	expect 201 POST /users/lost/tokens '{"password":"from the owner"}'
	jq -r .token <<<"$BODY" >"$WORK/token.lost"
	# Another name ends nothing, and a password is for each user's own log-ins.
	AS=keeper expect 200 PATCH /users/lost '{"name":"Found"}' -H 'If-Match: *'
	AS=lost expect 200 GET /users/self
	expect_json '.name == "Found"'
	AS=keeper expect 200 GET /users/self
}

# answered STATUS USER PATH
answered() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(<"$WORK/token.$2")" "$URL$3")" = "$1" ]
}

# There is always an owner left, and a role is what it is now, whatever it was when its user logged in.
test_an_owner_is_for_another_owner_to_change() {
	local role
	make_owner first
	for role in user staff owner; do
		AS=first expect 422 PUT /users/first/role "{\"role\":\"$role\"}"
		expect_json '.errors[0].field == "role"'
	done
	AS=first expect 409 DELETE /users/first -H 'If-Match: *'
	AS=first expect 200 GET /users/first/role
	expect_json '. == {user: "first", role: "owner"}'
	register next
	log_in next
	AS=next expect 403 GET /users
	AS=first expect 200 PUT /users/next/role '{"role":"owner"}'
	PAUSE=0.3 wait_for 10 answered 200 next /users/trail
	AS=next expect 200 PUT /users/first/role '{"role":"staff"}'
	PAUSE=0.3 wait_for 10 answered 403 first /users/trail
	AS=first expect 200 GET /users
	AS=first expect 403 PUT /users/first/role '{"role":"owner"}'
	AS=next expect 200 PUT /users/first/role '{"role":"user"}'
	PAUSE=0.3 wait_for 10 answered 403 first /users
	AS=next expect 204 DELETE /users/first -H 'If-Match: *'
}

test_a_deleted_user_is_out() {
	register del
	log_in del
	log_in del later
	AS=del expect 201 POST /bookings "{\"user\":\"del\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	AS=del expect 428 DELETE /users/del
	AS=del expect 204 DELETE /users/del -H 'If-Match: *'
	PAUSE=0.3 wait_for 10 is_out del
	expect 401 POST /users/del/tokens '{"password":"password of del"}'
	# Who comes later under that name does not get the tokens.
	register del
	is_out later
}

# leaving USER [SECONDS]: whether the user may be deleted at that time, "no" with what is in the way.
leaving() {
	later "${2-0}"
	of_house DELETE "/users/$1" '' -H 'If-Match: *' -w '%{http_code}' >"$WORK/left"
	jq -cs 'if .[-1] == 204 then "yes" else "no", .[-1], .[0].bookings end' "$WORK/left" | tr '\n' ' '
}

# Until the day is over: one who sits in the cinema, or who comes late, is still the cinema's guest.
test_a_user_with_bookings_to_come_stays() {
	local hours=3600 booked held
	on_the_clock
	register stay
	log_in stay
	AS=stay expect 201 POST /bookings "{\"user\":\"stay\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\",\"time\":\"18:00\"}"
	booked=$(header Location)
	# The day before, before it begins, while it runs, and at the end of the day.
	for hours in -24 -12 0 6 7 11; do
		[ "$(leaving stay $((hours * 3600)))" = "\"no\" 409 [\"$booked\"] " ] || fail "$hours: $(cat "$WORK/left")"
	done
	[ "$(leaving stay 43199)" = "\"no\" 409 [\"$booked\"] " ]
	later 0
	AS=stay expect 201 POST /bookings "{\"user\":\"stay\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\",\"hold\":true}"
	held=$(header Location)
	AS=stay expect 409 DELETE /users/stay -H 'If-Match: *'
	expect_json '.bookings | sort == ([$booked, $held] | sort)' --arg booked "$booked" --arg held "$held"
	AS=stay expect 200 DELETE "$booked"
	[ "$(leaving stay 599)" = "\"no\" 409 [\"$held\"] " ]
	[ "$(leaving stay 600)" = '"yes" ' ]
}

test_a_user_whose_bookings_are_over_may_leave() {
	on_the_clock
	register gone
	log_in gone
	AS=gone expect 201 POST /bookings "{\"user\":\"gone\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	# Midnight in the cinema.
	later 43200
	log_in gone
	AS=gone expect 204 DELETE /users/gone -H 'If-Match: *'
}

test_bad_tokens_are_refused() {
	register bad
	log_in bad
	local token given other=x
	token=$(cat "$WORK/token.bad")
	[ "${token:0:1}" != x ] || other=y
	for given in "Bearer ${token:0:42}" "Bearer ${token}x" "Bearer $other${token:1}" "Bearer" "Bearer " \
		"Basic $(printf 'bad:password of bad' | base64)" "$token" "Bearer $token $token" \
		"Bearer $(printf '%5000s' '' | tr ' ' a)" 'Bearer ../tokens' 'Bearer %00'; do
		expect 401 GET /users/self -H "Authorization: $given"
		expect_header WWW-Authenticate '^Bearer realm="cinema"$'
	done
	# The word for a browser's cookie is nginx's own.
	expect 401 GET /users/bad -H "Authorization: Session x$token"
	expect 200 GET /users/self -H "Authorization: Bearer $token"
	expect 200 GET /users/self -H "Authorization: bearer $token"
	expect_json '.user == "bad"'
	expect 401 GET "/users/bad" -H "Cookie: cinema_session=x$token"
}

# How many log-ins of a user the store has, each by its token and by its user.
log_ins_kept() {
	jq -c --arg user "$1" '.documents | [(to_entries[] | select(.key | startswith("tokens/")) | select(.value.document.user == $user)),
		(to_entries[] | select(.key | startswith("sessions/" + $user + "/")))] | length' "$STATE/store/users/users.json"
}

test_an_expired_token_is_refused_and_tidied_away() {
	on_the_clock
	register old
	log_in old first
	expect_json '.expires == "2018-08-01T05:00:00.000Z"'
	log_in old second
	expect 201 POST /users/old/tokens '{"password":"password of old","session":true}'
	expect_header Set-Cookie '; Max-Age=7200;'
	later 3600
	log_in old third
	later 7199
	AS=first expect 200 GET /users/self
	later 7200
	AS=second expect 401 GET /users/self
	AS=third expect 200 GET /users/self
	[ "$(log_ins_kept old)" = 8 ]
	log_in old fourth
	[ "$(log_ins_kept old)" = 4 ]
	AS=third expect 200 GET /users/old/tokens
	expect_json 'length == 2'
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
	expect 201 POST /users/web/tokens '{"password":"password of web","session":true}'
	cookie=$(header Set-Cookie)
	expect 204 DELETE /users/web/tokens -H "Cookie: ${cookie%%;*}" -H "Origin: $URL"
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
	register down
	log_in down
	may_restart
	kill -STOP "$(cat "$STATE/pids/users.pid")"
	kill -9 "$(service_pid users)"
	AS=down expect 503 GET /bookings/down --max-time 20
	expect_json '.peer == "users"'
	kill -CONT "$(cat "$STATE/pids/users.pid")"
	wait_for 15 answered 200 down /users/self
}


# Sixty at once, again and again while $WORK/flooding is there.
flood() {
	while [ -e "$WORK/flooding" ]; do
		"$BUILD/bench/load" -c 60 -d 1 -w 0 "127.0.0.1:$PORT" "$WORK/flood"
	done >"$WORK/flooded"
}

log_ins_wait() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
		-d '{"password":"password of calm"}' "$URL/users/calm/tokens")" = 429 ]
}

# A flood of log-ins leaves threads, memory and time to the others.
test_a_flood_of_log_ins_does_not_starve_bookings() {
	use_cinema costly
	local n flood most=500000
	register calm
	log_in calm
	for ((n = 0; n < 300; n++)); do
		printf 'POST /users/flood%d/tokens {"password":"some password"}\n' "$n"
	done >"$WORK/flood"
	touch "$WORK/flooding"
	trap 'rm -f "$WORK/flooding"' EXIT
	flood &
	flood=$!
	wait_for 60 log_ins_wait
	for ((n = 0; n < 5; n++)); do
		AS=calm expect 201 POST /bookings "{\"user\":\"calm\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
		AS=calm expect 200 GET /users/calm
	done
	rm "$WORK/flooding"
	wait "$flood"
	jq -es 'map(.status["429"] // 0) | add > 0' "$WORK/flooded"
	jq -es '[.[].status | keys[] | select(startswith("5"))] == []' "$WORK/flooded"
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
