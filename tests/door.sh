#!/usr/bin/env bash
# At the door: how often one may ask, what every answer carries, whose pages may ask, and what nobody
# can forge. tls.sh and slow.sh are about the same door.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
CHEAP=(CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1)
FOREIGN=https://elsewhere.example

# Besides the suite's own instance, which limits connections alone, one with limits, all of which may come
# at once for a minute; one that asks nobody to log in; and one that other sites' pages may ask. Each test
# of the one with limits comes FROM an address of its own.
suite_start() {
	start_cinema "${CHEAP[@]}" CINEMA_BURST_SECONDS=60 CINEMA_ADDRESS_{READS,WRITES,LOGINS}=6 CINEMA_ADDRESS_CONNECTIONS=1 \
		CINEMA_USER_READS=4 CINEMA_USER_{WRITES,LOGINS}=3
	make_user amy
	make_user ben
	make_user cat
	name_cinema limited
	start_cinema CINEMA_AUTH=open "CINEMA_LISTEN=localhost:$(free_port)" CINEMA_{ADDRESS,USER}_{READS,WRITES,LOGINS}=1 \
		CINEMA_ADDRESS_CONNECTIONS=1
	PORT=${CINEMA_LISTEN##*:} URL=http://$CINEMA_LISTEN
	name_cinema open
	start_cinema "${CHEAP[@]}" 'CINEMA_CORS_ORIGINS=https://shop.example http://localhost:3000'
	make_user kim
	make_user lee
	name_cinema for-sites
	start_cinema "${CHEAP[@]}" CINEMA_ADDRESS_CONNECTIONS=3
	make_user ann
	make_user bob
}

FROM=127.0.0.1

# limited ADDRESS: the test is about the instance with limits, and comes from there.
limited() {
	use_cinema limited
	FROM=$1
}

# make_user ID: as a service does it, whom no limit stops; the token in $WORK/token.ID.
make_user() {
	of_house POST /users "{\"id\":\"$1\",\"name\":\"$1\",\"password\":\"password of $1\"}" >/dev/null
	of_house POST "/users/$1/tokens" "{\"password\":\"password of $1\"}" | jq -er .token >"$WORK/token.$1"
}

# asked STATUS METHOD PATH …: as expect, FROM that address.
asked() {
	expect "$@" --interface "$FROM"
}

# statuses COUNT METHOD PATH [BODY] [curl option…]: what so many requests are answered, each once,
# and on one connection: "200 429".
statuses() {
	local count=$1 method=$2 path=$3 body=${4-}
	shift $(($# < 4 ? $# : 4))
	[ -z "$body" ] || set -- --data-binary "$body" "$@"
	curl -s --noproxy '*' --interface "$FROM" --max-time 60 -o /dev/null -w '%{http_code}\n' -X "$method" \
		-H 'Content-Type: application/json' "$@" "$URL$path#[1-$count]" | uniq | tr '\n' ' '
}

bearer() {
	printf 'Authorization: Bearer %s' "$(cat "$WORK/token.$1")"
}

#
# Modes
#

# The start says what each of the services says.
test_open_is_for_this_machine_alone() {
	local address name said
	new_settings CINEMA_AUTH=open
	for address in 0.0.0.0 '*' '[::]' 192.0.2.1 '[2001:db8::1]' cinema.example 127.0.0.1.example; do
		export CINEMA_LISTEN=$address:8080
		said="CINEMA_AUTH=open is for this machine alone, and CINEMA_LISTEN is $address:8080: set CINEMA_AUTH=required, or a loopback address such as 127.0.0.1:8080"
		for name in users movies showtimes bookings; do
			must_fail "$BUILD/$name" --check 2>"$WORK/out"
			grep -qxF "$name: $said" "$WORK/out" || fail "$(cat "$WORK/out")"
			must_fail "$BUILD/$name" 2>"$WORK/out" </dev/null
			grep -q 'set CINEMA_AUTH=required' "$WORK/out"
			CINEMA_AUTH=required "$BUILD/$name" --check
		done
	done
	for address in 0.0.0.0 '[::]' cinema.example; do
		must_fail env "CINEMA_LISTEN=$address:8080" "$ROOT/run.sh" start >"$WORK/out" 2>&1
		grep -qxF "cinema: ${said/127.0.0.1.example:/$address:}" "$WORK/out" || fail "$(cat "$WORK/out")"
	done
}

# As localhost the open one is found by name, and as what a browser makes of it.
test_open_works_on_every_loopback_address() {
	local host
	for host in 127.1.2.3 '[::1]'; do
		new_settings CINEMA_AUTH=open
		CINEMA_LISTEN=$host:$PORT run_sh start || fail "$host"
		URL=http://$host:$PORT
		expect 200 GET /users
	done
	use_cinema open
	expect 200 GET /users
}

# A page from elsewhere whose name was made to lead here would be the cinema's own for a browser.
test_open_answers_to_the_names_of_this_machine_alone() {
	local host
	use_cinema open
	for host in localhost "localhost:$PORT" LOCALHOST 127.0.0.1 127.1.2.3:80 '[::1]' "[::1]:$PORT" cinema.localhost; do
		expect 200 GET /users -H "Host: $host"
		expect 200 GET / -H "Host: $host"
	done
	for host in evil.example "evil.example:$PORT" 127.0.0.1.evil.example localhost.evil.example 10.0.0.1 '[::2]' x; do
		expect 421 GET /users -H "Host: $host"
		[[ $BODY == *'"type":"/problems#other-host"'* ]]
		expect 421 GET / -H "Host: $host" -H 'Accept: text/html'
		expect 421 POST /bookings "{\"user\":\"ann\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}" -H "Host: $host" -H "Origin: http://$host"
	done
	expect 200 GET /users --http1.0 -H 'Host:'
}

test_with_log_ins_any_name_will_do() {
	expect 200 GET /movies -H 'Host: cinema.example'
}

#
# Limits
#

test_reads_of_an_address_are_limited() {
	limited 127.0.1.1
	[ "$(statuses 8 GET /movies)" = '200 429 ' ]
	asked 429 GET /movies
	expect_json '.type == "/problems#too-many" and .instance'
	# The slower of the two limits of reads lets the next one through.
	expect_header Retry-After '^15$'
	asked 429 HEAD "/showtimes/$DATE"
	# Whoever asks, and for whatever: the page, what is not there, an answer that stands in the cache.
	AS=amy asked 429 GET /bookings/amy
	asked 429 GET / -H 'Accept: text/html'
	asked 429 GET /main.js
	asked 429 GET /none
	# Another address is another matter, and so is a write, or a log-in.
	expect 200 GET /movies --interface 127.0.1.2
	asked 401 POST /bookings "{\"user\":\"amy\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	asked 422 POST /users '{"id":"x"}'
}

test_writes_of_an_address_are_limited() {
	limited 127.0.2.1
	[ "$(statuses 9 POST /bookings "{\"user\":\"amy\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}")" = '401 429 ' ]
	asked 429 DELETE /users/amy
	expect_header Retry-After '^20$'
	asked 429 PATCH /users/amy '{}'
	asked 200 GET /movies
	asked 422 POST /users '{"id":"x"}'
}

test_log_ins_of_an_address_are_limited() {
	limited 127.0.3.1
	[ "$(statuses 3 POST /users/nobody/tokens '{"password":"wrong"}')" = '401 ' ]
	[ "$(statuses 3 POST /users '{"id":"x"}')" = '422 ' ]
	[ "$(statuses 3 POST /users/none/tokens '{"password":"wrong"}')" = '401 429 ' ]
	asked 429 POST /users '{"id":"y","name":"y","password":"long enough"}'
	asked 429 POST /%75sers/cat/tokens '{"password":"password of cat"}'
	asked 200 GET /movies
	asked 401 POST /bookings "{\"user\":\"amy\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
}

test_reads_and_writes_of_a_user_are_limited_wherever_they_come_from() {
	limited 127.0.4.1
	local token
	token=$(cat "$WORK/token.amy")
	[ "$(statuses 3 GET /users/amy '' -H "$(bearer amy)")" = '200 ' ]
	# The same token in other clothes is the same.
	FROM=127.0.4.2
	[ "$(statuses 4 GET /users/amy '' -H "Cookie: cinema_session=$token")" = '200 429 ' ]
	FROM=127.0.4.3
	asked 429 GET /users/amy -H "Authorization: bearer $token"
	asked 429 GET /users/amy -H "Authorization: Bearer  $token"
	asked 429 GET /movies -H "Authorization: Bearer $token"
	AS=ben asked 200 GET /users/ben
	asked 200 GET /movies
	[ "$(statuses 6 PATCH /users/amy '{}' -H "$(bearer amy)")" = '428 429 ' ]
	FROM=127.0.4.4
	AS=amy asked 429 PATCH /users/amy '{}'
	AS=ben asked 428 PATCH /users/ben '{}'
	asked 201 POST /users/amy/tokens '{"password":"password of amy"}'
}

test_log_ins_as_a_user_are_limited_wherever_they_come_from() {
	limited 127.0.5.1
	[ "$(statuses 6 POST /users/cat/tokens '{"password":"password of cat"}')" = '201 429 ' ]
	FROM=127.0.5.2
	asked 429 POST /users/cat/tokens '{"password":"password of cat"}'
	asked 429 POST /users/%63at/tokens '{"password":"password of cat"}'
	asked 429 POST '/users/cat/tokens?' '{"password":"password of cat"}'
	expect_header Retry-After '^20$'
	asked 201 POST /users/ben/tokens '{"password":"password of ben"}'
}

test_a_bad_token_is_no_way_round_the_limits() {
	local n
	limited 127.0.6.1
	# The same one again and again …
	[ "$(statuses 6 GET /users '' -H 'Authorization: Bearer stolen')" = '401 429 ' ]
	FROM=127.0.6.2
	asked 429 GET /users -H 'Authorization: Bearer stolen'
	# … and another one each time, well formed or not.
	for ((n = 0; n < 20; n++)); do
		printf -- 'url = "%s/users"\ninterface = 127.0.6.3\nheader = "Authorization: %s %d"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\nnext\n' \
			"$URL" "$([ $((n % 2)) = 0 ] && echo Bearer || echo Basic)" "$n"
	done | sed '$d' | curl -s --noproxy '*' -K - | uniq | tr '\n' ' ' >"$WORK/out"
	[ "$(cat "$WORK/out")" = '401 429 ' ] || fail "$(cat "$WORK/out")"
}

test_requests_in_hand_are_limited() {
	local one two three connection
	exec {one}<>"/dev/tcp/127.0.0.1/$PORT" {two}<>"/dev/tcp/127.0.0.1/$PORT" {three}<>"/dev/tcp/127.0.0.1/$PORT"
	for connection in "$one" "$two" "$three"; do
		printf 'POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{' >&"$connection"
	done
	answers() { [ "$(statuses 1 GET /movies)" = "$1 " ]; }
	# They are in hand as soon as nginx has read them.
	wait_for 15 answers 429
	expect 429 GET /movies
	expect_header Retry-After '^1$'
	expect 200 GET /movies --interface 127.0.7.1
	exec {one}>&- {two}>&- {three}>&-
	wait_for 15 answers 200
}

test_services_are_never_limited() {
	limited 127.0.0.1
	[ "$(of_house GET '/users/amy#[1-20]' '' -o /dev/null -w '%{http_code} ')" = "$(printf '200 %.0s' {1..20})" ]
	[ "$(of_house POST '/users#[1-20]' '{"id":"x"}' -o /dev/null -w '%{http_code} ')" = "$(printf '422 %.0s' {1..20})" ]
	[ "$(of_house DELETE '/users/amy#[1-20]' '' -o /dev/null -w '%{http_code} ')" = "$(printf '428 %.0s' {1..20})" ]
	run_sh status
}

test_a_limit_lets_the_next_one_through_in_time() {
	start_cinema "${CHEAP[@]}" CINEMA_ADDRESS_READS=60 CINEMA_ADDRESS_CONNECTIONS=1 CINEMA_BURST_SECONDS=1
	[[ $(statuses 20 GET /movies) == '200 429 '* ]]
	passes() { [ "$(statuses 1 GET /movies)" = '200 ' ]; }
	wait_for 15 passes
}

# Whether nginx takes the client's address from X-Real-IP already; each time from another network.
believes_addresses() {
	statuses 1 GET /none '' -H "X-Real-IP: 2001:db8:9:$((RANDOM % 10000))::1" >/dev/null
	grep -q '"client":"2001:db8:9:' "$STATE/logs/access.log"
}

test_the_addresses_of_an_ipv6_network_are_one() {
	start_cinema "${CHEAP[@]}" CINEMA_BURST_SECONDS=60 "CINEMA_LISTEN=[::1]:$(free_port)" CINEMA_ADDRESS_READS=6
	URL=http://$CINEMA_LISTEN FROM=::1
	# Loopback has but one; so nginx is told others.
	reload 's/^ *limit_req_status 429;/&set_real_ip_from ::1; real_ip_header X-Real-IP;/'
	wait_for 30 believes_addresses
	[ "$(statuses 4 GET /movies '' -H 'X-Real-IP: 2001:db8::1')" = '200 ' ]
	[ "$(statuses 6 GET /movies '' -H 'X-Real-IP: 2001:db8::2:3:4:5')" = '200 429 ' ]
	[ "$(statuses 1 GET /movies '' -H 'X-Real-IP: 2001:db8:0:0:ffff::1')" = '429 ' ]
	[ "$(statuses 1 GET /movies '' -H 'X-Real-IP: 2001:db8:0:1::1')" = '200 ' ]
}

# A limit of requests, not only of the refusals of a service that is full.
has_limits() {
	grep -E '^ *limit_(req|conn) ' "$STATE/nginx.conf" | grep -qv ' zone=refusals '
}

test_where_nobody_logs_in_nobody_is_limited() {
	use_cinema open
	[ "$(statuses 50 GET /movies)" = '200 ' ]
	must_fail has_limits
}

# What stands in cinema.conf is for a real cinema: a class behind one address is not held up.
test_the_defaults_let_a_class_in() {
	local n codes token
	unset "${!CINEMA_@}"
	new_settings "${CHEAP[@]}"
	unset CINEMA_ADDRESS_{READS,WRITES,LOGINS,CONNECTIONS} CINEMA_USER_{READS,WRITES,LOGINS}
	run_sh start
	has_limits
	for ((n = 0; n < 30; n++)); do
		echo "nobody POST /users {\"id\":\"pupil$n\",\"name\":\"P\",\"password\":\"password of pupil$n\"}"
	done >"$WORK/pupils"
	ask "unix-socket = \"$STATE/internal.sock\"" <"$WORK/pupils"
	ask < <(sed -E 's|/users .*"id":"([a-z0-9]*)".*("password":.*)|/users/\1/tokens {\2|' "$WORK/pupils")
	codes=${STATUSES[*]}
	for ((n = 0; n < 30; n++)); do
		token=$(<"$WORK/answer.$((n + 1))")
		[[ $token =~ '"token":"'([^\"]+) ]]
		echo "${BASH_REMATCH[1]}" >"$WORK/token.pupil$n"
	done
	for ((n = 0; n < 30; n++)); do
		printf "pupil$n GET /movies%.0s\n" {1..20}
		echo "pupil$n POST /bookings {\"user\":\"pupil$n\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	done >"$WORK/class"
	ask <"$WORK/class"
	codes=$(tr ' ' '\n' <<<"$codes ${STATUSES[*]}" | sort | uniq -c | tr -s ' \n' ' ')
	[ "$codes" = ' 600 200 60 201 ' ] || fail "$codes"
	# And yet nobody asks for ever.
	[[ "$(statuses 5000 GET /movies '' --fail --fail-early)" == *429* ]]
}

#
# What every answer carries
#

# carries NAME VALUE: the last answer has that header, once.
carries() {
	[ "$(header "$1")" = "$2" ] || fail "$1: '$(header "$1")'"$'\n'"$HEADERS"
}

is_safe() {
	carries X-Content-Type-Options nosniff
	carries Referrer-Policy no-referrer
	carries Cross-Origin-Resource-Policy same-origin
	carries Cross-Origin-Opener-Policy same-origin
	[[ $(header X-Request-Id) =~ ^[A-Za-z0-9_-]+$ ]]
	[[ $(header Cache-Control) =~ ^(no-cache|private, no-store)$ ]] || fail "$HEADERS"
	[[ $(header Content-Security-Policy) =~ ^default-src\ \'(none|self)\'\; ]] || fail "$HEADERS"
	[ "$(header Content-Security-Policy | wc -l)" = 1 ]
	[ -z "$(header Access-Control-Allow-Origin)$(header Strict-Transport-Security)" ]
}

test_every_answer_has_the_security_headers() {
	local status method path
	while read -r status method path; do
		expect "$status" "$method" "$path"
		is_safe
	done <<-'END'
		200 GET /
		200 HEAD /
		200 GET /index.html
		200 GET /main.js
		200 GET /problems
		200 GET /healthz
		200 GET /movies
		200 GET /showtimes/screens
		404 GET /movies/none
		404 GET /none
		404 GET /.git/config
		401 GET /users
		401 GET /bookings/ann
		400 GET /users/%20
		400 GET /%2e%2e/x
		405 POST /
		405 DELETE /movies
		400 POST /users
		204 OPTIONS /movies
	END
	expect 200 GET /movies
	expect 304 GET /movies -H "If-None-Match: $(header ETag)"
	is_safe
	AS=ann expect 200 GET /users/ann
	is_safe
}

test_a_page_may_load_what_is_the_cinemas_and_an_answer_nothing() {
	expect 200 GET / -H 'Accept: text/html'
	[[ $(header Content-Security-Policy) == *"default-src 'self'"*"frame-ancestors 'none'"*"require-trusted-types-for 'script'"* ]]
	expect 304 GET / -H 'Accept: text/html' -H "If-None-Match: $(header ETag)"
	[[ $(header Content-Security-Policy) == *"default-src 'self'"* ]]
	for path in /movies /movies/none /healthz "/showtimes/$DATE/$MOVIE/18:00-1/seats"; do
		expect "$([ "$path" = /movies/none ] && echo 404 || echo 200)" GET "$path"
		carries Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
	done
}

test_nobody_keeps_what_depends_on_who_asks() {
	local path
	for path in /users/ann /users/self /users/ann/tokens; do
		AS=ann expect 200 GET "$path"
		carries Cache-Control 'private, no-store'
	done
	AS=ann expect 404 GET /bookings/bob
	carries Cache-Control 'private, no-store'
	expect 201 POST /users/ann/tokens '{"password":"password of ann"}'
	carries Cache-Control 'private, no-store'
	expect 200 GET /movies
	carries Cache-Control no-cache
}

# asks_every_route NAME: METHOD PATH ROLE STATUS CACHE-CONTROL of each route that is not for services
# alone, for what is NAME's. Nothing is changed by it, but NAME's log-ins are revoked last.
asks_every_route() {
	local method path role
	while IFS=$'\t' read -r method path role; do
		path=${path//'{user}'/$1} path=${path//'{date}'/$DATE} path=${path//'{movie}'/$MOVIE}
		path=${path//'{showing}'/18:00-1} path=${path//'{screen}'/1} path=${path//'{token}'/none}
		[[ $path != /movies/* ]] || path=${path//'{id}'/$MOVIE}
		path=${path//'{id}'/none}
		printf 'url = "%s%s"\nrequest = "%s"\nheader = "%s"\noutput = /dev/null\n' "$URL" "$path" "$method" "$(bearer "$1")"
		[ "$method" = GET ] || printf 'header = "Content-Type: application/json"\ndata = "{}"\n'
		printf 'write-out = "%s %s %s %%{http_code} %%header{cache-control}\\n"\nnext\n' "$method" "$path" "$role"
	done <"$WORK/routes" | sed '$d' | curl -s --noproxy '*' -K -
}

# What is not for anyone by the services' own account is private, whatever its answer, and so is each
# answer to a write: whether it was done depends on who asks.
test_nobody_keeps_what_is_not_for_anyone() {
	local name
	for name in users movies showtimes bookings; do
		"$BUILD/$name" --routes
	done | jq -r '.[] | select(.role != "service" and (.path | startswith("/healthz") | not)) |
		[.method, .path, .role] | @tsv' | sort -k 1,1r -k 2 >"$WORK/routes"
	make_user dan
	make_user own
	of_house PUT /users/own/role '{"role":"owner"}' >/dev/null
	for name in dan own; do
		asks_every_route "$name"
	done >"$WORK/kept"
	[ "$(wc -l <"$WORK/kept")" = $((2 * $(wc -l <"$WORK/routes"))) ]
	[ "$(grep -c ' 200 private, no-store$' "$WORK/kept")" -gt 20 ]
	awk '{ public = $1 == "GET" && $2 ~ "^/(movies|showtimes)" && $3 == "anyone"
		if ($4 !~ /^[24]/ || $5 " " $6 != (public ? "no-cache " : "private, no-store")) print }' "$WORK/kept" >"$WORK/wrong"
	[ ! -s "$WORK/wrong" ] || fail "$(cat "$WORK/wrong")"
}

#
# Other sites' pages
#

# preflight ORIGIN [PATH]: what a browser asks before a page there may send a POST.
preflight() {
	expect 204 OPTIONS "${2-/bookings}" -H "Origin: $1" -H 'Access-Control-Request-Method: POST' \
		-H 'Access-Control-Request-Headers: authorization,content-type,idempotency-key'
}

has_no_cors() {
	must_fail grep -qi '^access-control-' <<<"$HEADERS"
}

test_no_other_site_may_ask() {
	preflight "$FOREIGN"
	has_no_cors
	preflight "$URL"
	has_no_cors
	expect 200 GET /movies -H "Origin: $FOREIGN"
	has_no_cors
	must_fail grep -qi '^vary: *origin' <<<"$HEADERS"
}

test_sites_that_may_ask_are_named() {
	local path origin
	use_cinema for-sites
	for origin in https://shop.example http://localhost:3000; do
		for path in /bookings /users /movies /; do
			preflight "$origin" "$path"
			carries Access-Control-Allow-Origin "$origin"
			carries Access-Control-Allow-Methods 'GET, HEAD, POST, PUT, PATCH, DELETE'
			carries Access-Control-Allow-Headers 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id'
			carries Access-Control-Max-Age 600
			grep -qi '^vary: *origin$' <<<"$HEADERS"
			must_fail grep -qi '^access-control-allow-credentials' <<<"$HEADERS"
		done
	done
	# Answers and problems can be read, with what a client needs of their headers.
	AS=kim expect 201 POST /bookings "{\"user\":\"kim\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}" -H 'Origin: https://shop.example'
	carries Access-Control-Allow-Origin https://shop.example
	for name in ETag Location Link Retry-After X-Request-Id; do
		[[ ", $(header Access-Control-Expose-Headers)," == *", $name,"* ]]
	done
	[ -z "$(header Access-Control-Allow-Methods)" ]
	for path in /none /bookings/kim; do
		curl -s --noproxy '*' -o /dev/null -D "$WORK/headers" -H 'Origin: https://shop.example' "$URL$path"
		grep -qi '^access-control-allow-origin: https://shop.example' "$WORK/headers"
	done
	# What a cache keeps for one site it must not give to another.
	expect 200 GET /movies
	grep -qi '^vary: *origin$' <<<"$HEADERS"
	has_no_cors
	for origin in "$FOREIGN" http://shop.example https://shop.example:444 https://shop.example.evil \
		https://evil-shop.example null https://shopxexample; do
		preflight "$origin"
		has_no_cors
		expect 200 GET /movies -H "Origin: $origin"
		has_no_cors
	done
}

test_a_site_that_may_ask_has_no_use_of_the_cookie() {
	local cookie body="{\"user\":\"lee\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	use_cinema for-sites
	expect 201 POST /users/lee/tokens '{"password":"password of lee","session":true}'
	cookie=$(header Set-Cookie)
	cookie=${cookie%%;*}
	expect 200 GET /users/lee -H "Cookie: $cookie"
	expect 200 GET /users/lee -H "Cookie: $cookie" -H "Origin: $URL"
	expect 401 GET /users/lee -H "Cookie: $cookie" -H "Origin: https://shop.example"
	expect 401 GET /users/lee -H "Cookie: $cookie" -H 'Origin: null'
	expect 401 POST /bookings "$body" -H "Cookie: $cookie" -H "Origin: https://shop.example"
	expect 401 POST /bookings "$body" -H "Cookie: $cookie"
	expect 401 DELETE /users/lee/tokens -H "Cookie: $cookie" -H 'Origin: null'
	expect 201 POST /bookings "$body" -H "Cookie: $cookie" -H "Origin: $URL"
}

# known_by_cookie COOKIE ORIGIN: whether who sends these from such a page is known by it: yes or no.
known_by_cookie() {
	local header="Origin: $2" status known=()
	case $2 in none) header='X-None: 1' ;; '') header='Origin;' ;; esac
	ask "header = \"Cookie: $1\"" "header = \"$header\"" <<-'END'
		nobody GET /users/bob
		nobody POST /bookings {}
		nobody PUT /users/bob {}
		nobody PATCH /users/bob {}
		nobody DELETE /users/bob {}
		nobody DELETE /users/bob/tokens/none {}
	END
	for status in "${STATUSES[@]}"; do
		case $status in
		401) known+=(no) ;;
		2?? | 403 | 404 | 422 | 428) known+=(yes) ;;
		*) known+=("$status") ;;
		esac
	done
	echo "${known[*]}"
}

# Each method, from each kind of page.
test_the_cookie_counts_for_the_cinemas_own_pages() {
	local cookie origin wanted
	expect 201 POST /users/bob/tokens '{"password":"password of bob","session":true}'
	cookie=$(header Set-Cookie)
	cookie=${cookie%%;*}
	for origin in none "$URL" "$FOREIGN" null "${URL/http:/https:}" "http://localhost:$PORT" "${URL%:*}" "$URL.evil" "x$URL" ''; do
		case $origin in
		none | '') wanted='yes no no no no no' ;;
		"$URL") wanted='yes yes yes yes yes yes' ;;
		*) wanted='no no no no no no' ;;
		esac
		[ "$(known_by_cookie "$cookie" "$origin")" = "$wanted" ] || fail "from '$origin' it is to be known: $wanted; ${STATUSES[*]}"
	done
	expect 200 HEAD /users/bob -H "Cookie: $cookie"
	expect 401 HEAD /users/bob -H "Cookie: $cookie" -H "Origin: $FOREIGN"
}

#
# What nginx remembers of who asks
#

# asks_as NAME STATUS [OF]: what becomes of a question for bookings of ann, or OF, which bookings alone
# answers.
asks_as() {
	[ "$(curl -s --noproxy '*' --max-time 15 -o "$WORK/body" -w '%{http_code}' -H "$(bearer "$1")" "$URL/bookings/${3-ann}")" = "$2" ]
}

# For two seconds it may still work, but not for as long as it is used.
test_a_revoked_token_ends_soon() {
	make_user eve
	AS=eve expect 200 GET /users/eve
	AS=eve expect 204 DELETE /users/eve/tokens
	PAUSE=0.3 wait_for 30 asks_as eve 401
	# Nor does a role that was given meanwhile stay away.
	make_user fay
	asks_as fay 404
	of_house PUT /users/fay/role '{"role":"owner"}' >/dev/null
	AS=ann expect 201 POST /bookings "{\"user\":\"ann\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	PAUSE=0.3 wait_for 30 asks_as fay 200
}

# A browser sends an old cookie along for ever and may look around with it; nobody sends a bad token so.
test_a_bad_cookie_is_not_taken_for_a_bad_token() {
	expect 200 GET /movies -H 'Cookie: cinema_session=gone-1'
	expect 401 GET /movies -H 'Authorization: Bearer gone-1'
	expect 401 GET /movies -H 'Authorization: Bearer gone-2'
	expect 200 GET /movies -H 'Cookie: cinema_session=gone-2'
}

test_while_users_is_down_nginx_remembers_for_a_while() {
	start_cinema "${CHEAP[@]}"
	make_user tom
	make_user zoe
	AS=zoe expect 201 POST /bookings "{\"user\":\"zoe\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	expect 401 GET /bookings/zoe -H 'Authorization: Bearer unknown'
	kill "$(cat "$STATE/pids/users.pid")"
	wait_for 30 users_is_down
	expect 502 GET /users/self
	is_safe
	[ "$(header Retry-After | wc -l)" = 1 ]
	sleep 2.5 # what it was told is over by then, and holds all the same
	asks_as zoe 200 zoe
	expect 401 GET /bookings/zoe -H 'Authorization: Bearer unknown'
	expect 200 GET /movies
	AS=tom expect 503 GET /movies
	expect_header Retry-After '^[1-9]'
	expect_json '.type == "/problems#peer-down" and .peer == "users"'
	# It ends when nobody has asked for a minute; here for a second. nginx forgets in the order of use.
	reload 's/(keys_zone=who:1m inactive)=1m/\1=1s/'
	expect 401 GET /bookings/zoe -H 'Authorization: Bearer unknown'
	asks_as tom 503 zoe
	asks_as zoe 200 zoe
	wait_for 50 has_forgotten zoe
}

users_is_down() {
	[ "$(statuses 1 GET /users/self)" = '502 ' ]
}

has_forgotten() {
	sleep 2
	asks_as "$1" 503 "$1"
}

#
# What nobody can forge
#

# raw LINE…: sends a request of these lines and prints the answer.
raw() {
	local connection
	exec {connection}<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%s\r\n' "$@" 'Connection: close' '' >"$WORK/raw"
	cat "$WORK/raw" >&"$connection"
	{ timeout 15 cat <&"$connection" || true; } | tr -d '\r'
	exec {connection}>&-
}

test_headers_that_look_like_nginxs_own_say_nothing() {
	local name
	for name in REMOTE_USER REMOTE_ROLE Remote-User Remote-Role HTTP_REMOTE_USER HTTP_REMOTE_ROLE X-User X-Role \
		X_User X_ROLE X-Auth-User X-Auth-Role auth_user auth_role X-Forwarded-User X-Original-URI X-Credential; do
		ask "header = \"$name: bob\"" < <(printf '%s GET /bookings/bob\n' nobody ann)
		[ "${STATUSES[*]}" = '401 404' ] || fail "$name: ${STATUSES[*]}"
		ask "header = \"$name: owner\"" < <(printf '%s\n' 'nobody GET /users' 'ann GET /users' 'ann GET /users/self')
		[ "${STATUSES[*]}" = '401 403 200' ] || fail "$name: ${STATUSES[*]}"
		[[ $(<"$WORK/answer.3") == *'"user":"ann"'*'"role":"user"'* ]]
	done
}

test_a_token_is_taken_from_authorization_alone() {
	local name token
	token=$(cat "$WORK/token.ann")
	for name in HTTP_AUTHORIZATION Http-Authorization Authorization_ X-Authorization Proxy-Authorization \
		HTTP_COOKIE X-Cookie Cookie2 credential; do
		expect 401 GET /users/ann -H "$name: Bearer $token"
		expect 401 GET /users/ann -H "$name: cinema_session=$token"
	done
	expect 401 GET "/users/ann?access_token=$token&Authorization=Bearer%20$token"
	# A folded line, a header's name with a space, a second one behind a bare CR.
	for name in $'X: y\r\n Authorization: Bearer '"$token" "Authorization : Bearer $token" \
		$'X: y\rAuthorization: Bearer '"$token"; do
		raw 'GET /users/ann HTTP/1.1' 'Host: x' "$name" >"$WORK/out"
		head -n 1 "$WORK/out" | grep -qE '^HTTP/1.1 40[01] ' || fail "$(cat "$WORK/out")"
	done
}

# Whoever reads the first of two and whoever reads the last must not be two.
test_two_of_a_kind_are_one_or_none() {
	local ann bob answer
	ann=$(cat "$WORK/token.ann") bob=$(cat "$WORK/token.bob")
	for answer in "$(raw 'GET /users/self HTTP/1.1' 'Host: x' "Authorization: Bearer $ann" "Authorization: Bearer $bob")" \
		"$(raw 'GET /users/self HTTP/1.1' 'Host: x' "Authorization: Bearer $ann" "authorization: Bearer nonsense")"; do
		grep -qE '^HTTP/1.1 400 ' <<<"$answer" || grep -q '"user":"ann"' <<<"$answer" || fail "$answer"
	done
	# Of two cookies the first, of a token and a cookie the token, though it be a bad one.
	answer=$(raw 'GET /users/self HTTP/1.1' 'Host: x' "Cookie: cinema_session=$ann; cinema_session=$bob")
	grep -q '"user":"ann"' <<<"$answer" || fail "$answer"
	answer=$(raw 'GET /users/self HTTP/1.1' 'Host: x' "Cookie: cinema_session=$ann" "Cookie: cinema_session=$bob")
	grep -q '"user":"ann"' <<<"$answer" || fail "$answer"
	expect 200 GET /users/self -H "$(bearer bob)" -H "Cookie: cinema_session=$ann"
	expect_json '.user == "bob"'
	expect 401 GET /users/self -H 'Authorization: Bearer nonsense' -H "Cookie: cinema_session=$ann"
	# A cookie is a token and no more.
	expect 401 GET /users/ann -H "Cookie: cinema_session=$ann%20x"
	expect 401 GET /users/ann -H "Cookie: Cinema_Session_=$ann"
	raw 'GET /users/ann HTTP/1.1' 'Host: x' 'Host: y' "Authorization: Bearer $ann" | grep -q '^HTTP/1.1 400 '
}

# Two requests that could be taken for one: the one behind is never answered with the other's rights.
test_no_request_hides_in_another() {
	local ann
	ann=$(bearer ann)
	raw 'POST /bookings HTTP/1.1' 'Host: x' "$ann" 'Content-Length: 4' 'Transfer-Encoding: chunked' '' \
		'0' '' 'GET /users/ann HTTP/1.1' 'Host: x' >"$WORK/out"
	[ "$(grep -c '^HTTP/1.1' "$WORK/out")" = 1 ]
	grep -q '^HTTP/1.1 400 ' "$WORK/out"
	raw 'POST /bookings HTTP/1.1' 'Host: x' "$ann" 'Content-Length: 4' 'Content-Length: 5' '' '{}  ' |
		grep -q '^HTTP/1.1 400 '
	raw 'POST /bookings HTTP/1.1' 'Host: x' "$ann" 'Transfer-Encoding: xchunked' '' '{}' | grep -qE '^HTTP/1.1 (400|501) '
	# Pipelined on one connection, each stands for itself.
	{ raw 'GET /users/self HTTP/1.1' 'Host: x' "$ann" '' 'GET /users/self HTTP/1.1' 'Host: x'; } >"$WORK/out"
	[ "$(grep -c '"user":"ann"' "$WORK/out")" = 1 ]
	[ "$(grep -c '"user":null' "$WORK/out")" = 1 ]
}

# A request id, a path, a name: nothing that a client sends begins a line in a log or ends a string.
test_no_log_line_is_forged() {
	local id text
	for text in 'x","status":200,"forged":"1' $'x\ty' 'x\n{"forged":1}' '\" \\' "$(printf 'x%.0s' {1..500})"; do
		expect 200 GET /movies -H "X-Request-Id: $text" -A "$text" -H "Referer: $text"
		expect_header X-Request-Id '^[0-9a-f]{32}$'
	done
	curl -s --noproxy '*' -o /dev/null "$URL/movies/%22%0a%7b%22forged%22:1%7d"
	raw 'GET /movies/"x","forged":"1 HTTP/1.1' 'Host: x' 'X-Request-Id: a' 'X-Request-Id: b' >/dev/null
	expect 200 GET /movies -H 'X-Request-Id: last-of-the-forgeries'
	wait_for 15 grep -q last-of-the-forgeries "$STATE/logs/access.log"
	jq -es 'all(has("forged") | not) and all(.request | test("^[A-Za-z0-9_-]{1,64}$"))' "$STATE/logs/access.log"
	cat "$STATE"/logs/{users,movies,showtimes,bookings}.log | jq -es 'all(has("forged") | not)'
}

run_suite "$@"
