#!/usr/bin/env bash
# What nginx does by itself, in front of the services: limits, problems, request ids, the log, and
# that a client does not see a service's death.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
SHOWING=18:00-1

# Sends bytes as they are and prints the answer.
raw() {
	local connection
	# shellcheck disable=SC2059 # the argument has escapes
	printf "$1" >"$WORK/raw"
	exec {connection}<>"/dev/tcp/127.0.0.1/$PORT"
	# In one write: nginx answers the first bad line, and resets a connection that goes on.
	cat "$WORK/raw" >&"$connection"
	{ timeout 15 cat <&"$connection" || true; } | tr -d '\r'
	exec {connection}>&-
}

answers_with() {
	[ "$(curl -s --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' "$URL$2")" = "$1" ]
}

times() {
	printf "%$1s" '' | tr ' ' "$2"
}

internal() {
	curl -s --noproxy '*' --max-time 15 -o "$WORK/body" -w '%{http_code}' \
		--unix-socket "$STATE/internal.sock" "http://cinema$1"
}

test_what_is_not_there_is_a_problem() {
	local path
	for path in /nope /usersX /movies.json /showtimesX/1 /booking /healthz/ /healthz/users \
		/healthz/system /users.html /.git/config /.htaccess /client /css/ //users /who /problem /run.sh \
		/sales/20180801/a/18:00-1 /editions/20180801/a/18:00-1; do
		expect 404 GET "$path"
		expect_json '.type == "/problems#not-found"'
	done
	expect 404 HEAD /nope
	expect 404 POST /nope '{}'
}

test_paths_do_not_leave_the_web_folder() {
	expect 400 GET /../run.sh
	expect 400 GET /%2e%2e/run.sh
	expect 404 GET /a/../run.sh
	expect 400 GET /..%2frun.sh/../../run.sh
	expect 404 GET /%252e%252e/run.sh
}

test_the_front_page_depends_on_accept() {
	expect 200 GET /
	expect_header Content-Type '^application/json'
	expect_header Vary Accept
	expect_json '.uri == "/" and .subresource_uris.users == "/users" and
		.subresource_uris.movies == "/movies" and .subresource_uris.showtimes == "/showtimes" and
		.subresource_uris.bookings == "/bookings"'
	expect 200 GET / -H 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'
	expect_header Content-Type '^text/html'
	expect_header Vary Accept
	grep -q '<title>Cinema</title>' <<<"$BODY"
	expect 200 HEAD /
	expect 200 GET /problems
	expect_header Content-Type '^text/html'
}

test_pages_take_no_writes() {
	local method
	for method in POST PUT DELETE PATCH; do
		expect 405 "$method" /
		expect_header Allow '^GET, HEAD$'
	done
	expect 405 POST /problems '{}'
}

test_trace_is_refused() {
	expect 405 TRACE /users
	expect_header Allow 'GET, HEAD, POST'
	expect 405 TRACE /
	expect_header Allow '^GET, HEAD$'
}

test_a_body_over_the_limit_is_refused() {
	times 1048577 x >"$WORK/large"
	expect 413 POST /bookings --data-binary "@$WORK/large"
	expect_json '.type == "/problems#body-too-large" and .limit == 1048576'
	# Without a length announced, too.
	expect 413 POST /bookings --data-binary "@$WORK/large" -H 'Transfer-Encoding: chunked'
}

test_a_long_uri_or_header_is_refused() {
	expect 414 GET "/movies/$(times 9000 x)"
	expect 431 GET /movies -H "X-Long: $(times 9000 x)"
	local options=()
	for _ in {1..10}; do options+=(-H "X-Long: $(times 7000 x)"); done
	expect 431 GET /movies "${options[@]}"
}

test_what_is_not_http_is_refused() {
	local request answer
	for request in 'rubbish\r\n\r\n' 'get /movies HTTP/1.1\r\nHost: localhost\r\n\r\n' \
		'GET /%%zz HTTP/1.1\r\nHost: localhost\r\n\r\n' 'GET /movies HTTP/1.1\r\n\r\n' \
		'GET /%%00 HTTP/1.1\r\nHost: localhost\r\n\r\n' 'GET movies HTTP/1.1\r\nHost: localhost\r\n\r\n' \
		'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n' \
		'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n' \
		'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \001\000b\r\n\r\n'; do
		answer=$(raw "$request")
		jq -e '.status == 400 and (.detail | length > 0)' <<<"${answer##*$'\n\n'}" ||
			fail "to $request: $answer"
	done
	expect 200 GET /movies
}

test_a_request_id_is_taken_or_made() {
	expect 200 GET /movies -H 'X-Request-Id: Order_66-a'
	expect_header X-Request-Id '^Order_66-a$'
	expect 404 GET /movies/none -H 'X-Request-Id: Order_66-b'
	expect_header X-Request-Id '^Order_66-b$'
	expect_json '.instance == "Order_66-b"'
	expect 404 GET /none -H 'X-Request-Id: Order_66-c'
	expect_json '.instance == "Order_66-c"'
	expect 200 GET /movies
	expect_header X-Request-Id '^[0-9a-f]{32}$'
	[ "$(header X-Request-Id | wc -l)" = 1 ]
}

test_a_forged_request_id_is_replaced() {
	local id
	for id in 'a b' 'a"b' 'a\b' 'ä' '{"a":1}' "$(times 65 x)" '../a' "a'b" 'a%0ab' $'a\tb'; do
		expect 200 GET /movies -H "X-Request-Id: $id"
		expect_header X-Request-Id '^[0-9a-f]{32}$'
	done
	expect 200 GET /movies -H "X-Request-Id: $(times 64 x)"
	expect_header X-Request-Id '^x{64}$'
}

logged() {
	grep -F "\"request\":\"$1\"" "$STATE/logs/access.log" >"$WORK/line"
}

test_the_access_log_is_a_json_line_a_request() {
	local id
	expect 200 GET /movies -H 'X-Request-Id: log-1' -H 'Cache-Control: no-cache'
	expect 400 GET '/movies/"a\b' -H 'X-Request-Id: log-2' -A $'a"\\b'
	raw 'GET /\377" HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: log-3\r\nConnection: close\r\n\r\n' >/dev/null
	expect 200 HEAD / -H 'X-Request-Id: log-4'
	iconv -f ascii "$STATE/logs/access.log" >/dev/null
	# Every worker of nginx has a buffer of its own.
	for id in log-4 log-3 log-2 log-1; do
		wait_for 15 logged "$id"
	done
	jq -e . "$STATE/logs/access.log" >/dev/null
	jq -e '.method == "GET" and .uri == "/movies" and .status == 200 and .service == "movies" and
		(.bytes | type == "number") and (.seconds | type == "number") and .time' "$WORK/line"
	[ "$(jq -r .request "$STATE/logs/access.log" | grep -c '^log-2$')" = 1 ]
}

test_the_service_of_a_path_is_asked() {
	local path service
	while read -r path service; do
		expect "$(curl -s --noproxy '*' --max-time 15 -o /dev/null -w '%{http_code}' "$URL$path")" GET "$path" \
			-H "X-Request-Id: for-$service" -H 'Cache-Control: no-cache'
		wait_for 15 logged "for-$service"
		jq -e --arg service "$service" '.service | startswith($service)' "$WORK/line"
	done <<-'END'
		/users users
		/movies movies
		/showtimes showtimes
		/bookings bookings
		/showtimes/20180801/a/18:00-1/seats bookings
	END
}

# cached PATH OPTION…: what nginx's cache had to do with a GET.
cached() {
	local path=$1 id=cache-$RANDOM-$RANDOM
	shift
	curl -s --noproxy '*' -o "$WORK/body" -D "$WORK/headers" -H "X-Request-Id: $id" "$@" "$URL$path"
	wait_for 15 logged "$id"
	jq -r .cache "$WORK/line"
}

test_the_catalogue_is_cached_for_a_moment() {
	local path
	for path in /movies '/movies?limit=2' /showtimes "/showtimes/$DATE" /showtimes/screens; do
		expect 200 GET "$path"
		# Its second may be over, and a new answer is then fetched.
		[[ $(cached "$path") =~ ^(HIT|STALE|UPDATING|EXPIRED)$ ]]
		grep -qi '^cache-control: no-cache' "$WORK/headers"
		[ "$(grep -ci '^cache-control:' "$WORK/headers")" = 1 ]
	done
}

test_no_cache_goes_through() {
	expect 200 GET /movies
	[ "$(cached /movies -H 'Cache-Control: no-cache')" = BYPASS ]
	[ "$(cached /movies -H 'Pragma: no-cache')" = BYPASS ]
	[ "$(cached /movies -H 'If-Match: *')" = BYPASS ]
}

# Puts a movie's new title and sees it arrive through the cache.
shows_title() {
	[[ $(curl -s --noproxy '*' --max-time 5 "$URL/movies/$MOVIE") == *"\"title\":\"$1\""* ]]
}

test_a_change_shows_when_its_second_is_over() {
	local title
	start_cinema
	for title in One Two Three; do
		expect 200 GET "/movies/$MOVIE"
		expect 200 GET "/movies/$MOVIE" -H 'Cache-Control: no-cache'
		expect 200 PUT "/movies/$MOVIE" "$(jq -c --arg title "$title" '.title = $title | del(.uri)' <<<"$BODY")" \
			-H 'If-Match: *'
		PAUSE=0.2 wait_for 15 shows_title "$title"
	done
}

# While a service is stopped: an answer that is over its second, but not long, is sent all the same.
old_answer_is_sent() {
	local code
	expect 200 GET /movies
	sleep 1.3
	kill_service movies STOP
	code=$(curl -s --noproxy '*' --max-time 2 -o /dev/null -w '%{http_code}' "$URL/movies")
	kill_service movies CONT
	[ "$code" = 200 ]
}

test_a_new_answer_is_fetched_in_the_background() {
	wait_for 60 old_answer_is_sent
}

# Asks 20 times at once for what nobody has asked for yet; how many of them went to the service.
one_of_many_asks() {
	local path="/movies?limit=$((RANDOM % 900 + 2))" id=lock-$RANDOM-$RANDOM jobs=()
	for _ in {1..20}; do
		curl -s --noproxy '*' --max-time 5 -o /dev/null -H "X-Request-Id: $id" "$URL$path" &
		jobs+=($!)
	done
	wait_all "${jobs[@]}"
	wait_for 15 all_logged "$id" 20
	[ "$(jq -r .cache "$WORK/line" | grep -c MISS)" = 1 ]
}

all_logged() {
	logged "$1" && [ "$(jq -s length "$WORK/line")" = "$2" ]
}

test_of_many_who_find_nothing_one_asks() {
	wait_for 60 one_of_many_asks
}

test_an_answer_of_the_cache_knows_its_etag() {
	local etag
	expect 200 GET /movies
	etag=$(header ETag)
	expect 304 GET /movies -H "If-None-Match: $etag"
	expect 200 GET /movies -H 'If-None-Match: "other"'
	expect 200 HEAD /movies
}

test_what_is_sold_or_private_is_never_cached() {
	local path
	for path in "/showtimes/$DATE/$MOVIE/$SHOWING/seats" /bookings /bookings/souparnika_patil /users \
		/users/souparnika_patil/bookings /healthz; do
		expect 200 GET "$path"
		[ "$path" = /healthz ] || [ -z "$(cached "$path")" ] || fail "$path: $(jq -r .cache "$WORK/line")"
	done
	expect 404 GET /movies/none
	[ "$(cached /movies/none)" = MISS ]
}

test_json_is_compressed_for_who_asks() {
	expect 200 GET /movies -H 'Accept-Encoding: gzip'
	expect_header Content-Encoding '^gzip$'
	expect_header Vary Accept-Encoding
	gzip -dc <"$WORK/body" | jq -e . >/dev/null
	expect 200 GET /movies
	[ -z "$(header Content-Encoding)" ]
	expect 404 GET /movies/none -H 'Accept-Encoding: gzip'
	[ -z "$(header Content-Encoding)" ]
}

test_head_has_the_headers_alone() {
	expect 200 HEAD /movies
	expect_header Content-Type '^application/json'
	raw 'HEAD /movies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >"$WORK/answer"
	[ "$(sed '1,/^$/d' "$WORK/answer" | wc -c)" = 0 ]
}

test_conditions_reach_the_service() {
	expect 200 GET /movies
	local tag
	tag=$(header ETag)
	expect 304 GET /movies -H "If-None-Match: $tag"
	# Compression weakens a tag; it still says that nothing has changed.
	expect 304 GET /movies -H "If-None-Match: W/$tag" -H 'Accept-Encoding: gzip'
}

test_the_server_does_not_tell_its_version() {
	local path
	for path in /movies / /nope; do
		curl -s --noproxy '*' --max-time 15 -i "$URL$path" >"$WORK/answer"
		must_fail grep -qiE 'nginx/|libfcgi|x-powered-by' "$WORK/answer"
	done
}

test_health_is_told() {
	local name
	expect 200 GET /healthz
	expect_json '.status == "up"'
	for name in users movies showtimes bookings; do
		[ "$(internal "/healthz/$name")" = 200 ]
	done
	[ "$(internal /healthz/other)" = 404 ]
	[ "$(internal /)" = 404 ]
	[ "$(internal /movies)" = 200 ]
}

# Asks for the paths again and again on a connection each while the services end by a signal, one
# after the other, each once it has answered again.
no_get_fails_while_services_end_by() {
	local signal=$1 name jobs=() ends=0
	shift
	rm -f "$WORK"/codes.*
	for name in "$@"; do
		# The fragment is not sent; it makes curl ask again on the same connection.
		curl -s --noproxy '*' --max-time 200 -o /dev/null -w '%{http_code}\n' "$URL/$name#[1-1500]" \
			>"$WORK/codes.${#jobs[@]}" &
		jobs+=($!)
	done
	while kill -0 "${jobs[@]}" 2>/dev/null; do
		for name in movies users showtimes; do
			! kill_service "$name" "$signal" || ends=$((ends + 1))
			wait_for 60 answers_with 200 "/$name"
		done
	done
	wait_all "${jobs[@]}"
	[ "$ends" -ge 3 ] || fail "only $ends ends"
	[ "$(cat "$WORK"/codes.* | sort | uniq -c | tr -s ' ')" = " $((1500 * $#)) 200" ] ||
		fail "$ends ends, and these answers: $(cat "$WORK"/codes.* | sort | uniq -c)"
}

test_killed_services_fail_no_get() {
	no_get_fails_while_services_end_by KILL movies users showtimes movies
}

test_services_that_end_gracefully_fail_no_get() {
	no_get_fails_while_services_end_by TERM movies showtimes
}

is_down() {
	! run_sh status >"$WORK/status" && grep -q "^$1 *down" "$WORK/status"
}

test_a_service_that_is_down_is_named() {
	start_cinema
	kill "$(cat "$STATE/pids/movies.pid")"
	wait_for 15 is_down movies
	expect 502 GET /movies
	expect_json '.type == "/problems#peer-down" and .peer == "movies" and .instance'
	expect_header Retry-After '^[0-9]+$'
	expect 502 POST /movies '{}'
	expect 503 GET /healthz
	expect 200 GET /users
	expect 200 GET /
}

test_a_service_that_hangs_is_named() {
	start_cinema
	reload 's/fastcgi_read_timeout .*/fastcgi_read_timeout 300ms;/'
	kill_service movies STOP
	wait_for 60 answers_with 504 /movies
	expect 504 GET /movies
	expect_json '.type == "/problems#peer-down" and .peer == "movies"'
	expect_header Retry-After '^[0-9]+$'
	kill_service movies CONT
}

#
# Limits
#

# What README.md and conf/cinema.conf tell, line by line as it stands in the nginx.conf of a cinema in
# which people log in, with how often. All lines of the kinds of limits_in are here, so that one that is
# missing, changed, or overrules another shows.
limits_told() {
	sed 's/#.*//; s/ *$//' <<-'END'
		1 worker_processes auto;
		1 worker_connections 8192;                # a processor
		1 client_header_timeout 10s;              # slow clients
		1 client_body_timeout 10s;
		1 send_timeout 10s;
		1 reset_timedout_connection on;
		1 keepalive_timeout 60s;
		1 keepalive_requests 10000;
		1 keepalive_time 1h;
		1 large_client_header_buffers 4 8k;       # 8000 bytes a header, 32000 all
		1 client_max_body_size 1048576;           # CINEMA_BODY_LIMIT
		5 client_max_body_size 1073741824;        # CINEMA_IMPORT_LIMIT, of each kind
		1 client_max_body_size 0;                 # of the question who asks, that has no body
		5 fastcgi_request_buffering off;
		1 fastcgi_connect_timeout 2s;             # services
		1 fastcgi_send_timeout 15s;
		1 fastcgi_read_timeout 15s;
		5 fastcgi_read_timeout 600s;              # of an import
		1 fastcgi_read_timeout 2s;                # of the question who asks
		1 fastcgi_cache_valid 204 401 2s;         # and for how long its answer holds
		1 fastcgi_cache_use_stale error timeout;
		1 fastcgi_cache_path ./tmp/who keys_zone=who:1m inactive=1m max_size=16m use_temp_path=off;
		1 fastcgi_cache_path ./tmp/cache keys_zone=catalogue:1m inactive=10s max_size=64m use_temp_path=off;
		1 fastcgi_cache_lock_timeout 20ms;
		1 limit_conn_status 429;                  # CINEMA_ADDRESS_… and CINEMA_USER_…, a minute
		1 limit_req_status 429;
		1 limit_conn_zone $address zone=address_connections:4m;
		1 limit_conn address_connections 200;
		1 limit_req_zone $address_read zone=address_reads:4m rate=6000r/m;
		1 limit_req_zone $address_write zone=address_writes:4m rate=1200r/m;
		1 limit_req_zone $address_login zone=address_logins:4m rate=120r/m;
		1 limit_req_zone $user_read zone=user_reads:4m rate=1200r/m;
		1 limit_req_zone $user_write zone=user_writes:4m rate=300r/m;
		1 limit_req_zone $user_login zone=user_logins:4m rate=30r/m;
		1 limit_req zone=address_reads burst=2000 nodelay;       # CINEMA_BURST_SECONDS of it
		1 limit_req zone=address_writes burst=400 nodelay;
		1 limit_req zone=address_logins burst=40 nodelay;
		1 limit_req zone=user_reads burst=400 nodelay;
		1 limit_req zone=user_writes burst=100 nodelay;
		1 limit_req zone=user_logins burst=10 nodelay;
		1 limit_req_zone $server_name zone=refusals:32k rate=2000r/s;  # of a service that is full
		1 limit_req zone=refusals burst=16384;                   # eight seconds' worth
		1 limit_req_status 503;
	END
}

limits_in() {
	sed -E 's/#.*//; s/^ *//; s/ *$//' "$1" |
		grep -E '^(worker_|client_(header_timeout|body_timeout|max)|send_timeout|reset_|keepalive_(timeout|time) |keepalive_requests 10000;|large_|limit_(req|conn)(_zone|_status)? |fastcgi_(request_buffering|connect_timeout|send_timeout|read_timeout|cache_(valid|use_stale|path|lock_timeout)) )' |
		sort | uniq -c | sed 's/^ *//'
}

test_the_limits_are_those_that_are_told() {
	new_settings CINEMA_AUTH=required
	unset CINEMA_ADDRESS_{READS,WRITES,LOGINS,CONNECTIONS} CINEMA_USER_{READS,WRITES,LOGINS}
	run_sh render
	diff <(limits_told | sort) <(limits_in "$STATE/nginx.conf" | sort)
	# Where nobody logs in it is the same without the limits of addresses and users; each 0 takes one away.
	new_settings CINEMA_AUTH=open
	run_sh render
	diff <(limits_told | grep -vE ' limit_.*(address|user)_' | sort) <(limits_in "$STATE/nginx.conf" | sort)
	new_settings CINEMA_AUTH=required CINEMA_ADDRESS_READS=7 CINEMA_USER_READS=30 CINEMA_USER_WRITES=90 CINEMA_BURST_SECONDS=10
	run_sh render
	[ "$(limits_in "$STATE/nginx.conf" | grep -E '(address|user)_' | sed 's/^1 //')" = "$(printf '%s\n' \
		'limit_req zone=address_reads burst=1 nodelay;' 'limit_req zone=user_reads burst=5 nodelay;' \
		'limit_req zone=user_writes burst=15 nodelay;' 'limit_req_zone $address_read zone=address_reads:4m rate=7r/m;' \
		'limit_req_zone $user_read zone=user_reads:4m rate=30r/m;' \
		'limit_req_zone $user_write zone=user_writes:4m rate=90r/m;')" ]
	# The next one is let through after the slower of the two limits of its kind.
	grep -qE '^ *read +9;' "$STATE/nginx.conf"
	grep -qE '^ *write +1;' "$STATE/nginx.conf"
	grep -qE '^ *login +1;' "$STATE/nginx.conf"
}

# Whether nginx ends a connection on which COMMAND writes, and that never reads.
ends_for() {
	timeout 40 bash -c 'trap "" PIPE; exec 3<>"/dev/tcp/127.0.0.1/$1"; '"$1" - "$PORT" 2>/dev/null || [ $? != 124 ]
}

# Each limit on time, made short: the header, a body that pauses, an answer that nobody takes, a
# connection that is kept and idle.
test_who_keeps_nginx_waiting_is_dropped() {
	start_cinema
	reload 's/(client_header_timeout|client_body_timeout|send_timeout|keepalive_timeout) .*/\1 1s;/'
	ends_for 'cat <&3' || fail 'who says nothing is waited for'
	ends_for 'printf "GET /movies HTTP/1.1\r\nHost: localhost\r\nX: " >&3; while printf x >&3; do sleep 0.1; done' ||
		fail 'a slow header is waited for'
	ends_for 'printf "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{" >&3; cat <&3' ||
		fail 'half a body is waited for'
	ends_for 'printf "GET /movies HTTP/1.1\r\nHost: localhost\r\n\r\n" >&3; cat <&3' || fail 'an idle connection is kept'
	ends_for 'while printf "GET /main.js HTTP/1.1\r\nHost: localhost\r\n\r\n" >&3; do :; done' ||
		fail 'who does not read is waited for'
	expect 200 GET /movies
}

test_a_body_of_just_the_limit_is_let_through() {
	start_cinema CINEMA_BODY_LIMIT=1024 CINEMA_IMPORT_LIMIT=2048
	expect 422 POST /users "$(printf '{"x":"%01016d"}' 0)"
	expect 413 POST /users "$(printf '{"x":"%01017d"}' 0)"
	expect_json '.limit == 1024'
	local kind
	for kind in users movies showtimes showtimes/screens bookings; do
		expect 200 POST "/$kind/import" "$(printf '{}%02046d' 0 | tr 0 ' ')"
		expect 413 POST "/$kind/import" "$(printf '{}%02047d' 0 | tr 0 ' ')"
		expect_json '.limit == 2048'
	done
}

# A file that a service leaves says that it is full; only writes to that one are refused.
test_what_a_full_service_would_write_is_refused() {
	local service write read
	while read -r service write read; do
		: >"$STATE/store/$service/brim/full"
		expect 503 "${write%%/*}" "/${write#*/}" '{}'
		expect_header Retry-After '^[1-9]$'
		expect_json '.type == "/problems#busy"'
		expect 200 GET "$read"
		rm "$STATE/store/$service/brim/full"
		expect 422 "${write%%/*}" "/${write#*/}" '{}' -H 'If-Match: *'
	done <<-END
		users POST/users /users
		users POST/users/souparnika_patil/tokens /users/souparnika_patil
		movies PUT/movies/$MOVIE /movies
		showtimes POST/showtimes/screens /showtimes/screens
		bookings POST/bookings /bookings
	END
}

# One that has been sent and met the end of its service is not sent again, unless it only reads: how
# often it went out is how many times there are in the log.
went_out() {
	local id=again-$RANDOM-$RANDOM method=$1 status=$2 asks
	expect 200 GET /movies -H 'Cache-Control: no-cache' # for a connection that is kept
	kill_service movies STOP
	curl -s --noproxy '*' --max-time 15 -o /dev/null -X "$method" -H "X-Request-Id: $id" -H 'Cache-Control: no-cache' \
		-H 'Content-Type: application/json' -d '{}' "$URL/movies" &
	asks=$!
	sleep 0.2
	kill_service movies KILL
	wait "$asks"
	wait_for 15 logged "$id"
	jq -e --argjson status "$status" '.status == $status and (.service_seconds | test("[,:]") | tostring) == "'"$3"'"' "$WORK/line"
}

test_only_what_reads_is_sent_again() {
	wait_for 60 went_out POST 502 false
	wait_for 60 went_out PATCH 502 false
	wait_for 60 went_out GET 200 true
}

run_suite "$@"
