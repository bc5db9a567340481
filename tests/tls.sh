#!/usr/bin/env bash
# TLS, with an authority made for the occasion: what is spoken and what is not, who is sent on, what
# a browser is told, the client, and what stops the start.
. "$(dirname "$0")/lib.sh"

CHEAP=(CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1)

suite_start() {
	make_authority ca
	make_certificate ca door
	PLAIN=$(free_port)
	start_with_tls "CINEMA_LISTEN_PLAIN=127.0.0.1:$PLAIN"
}

make_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$WORK/$1.key" -out "$WORK/$1.pem" 2>/dev/null
}

# make_certificate AUTHORITY NAME: for this machine.
make_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$WORK/$2.key" \
		-out "$WORK/$2.csr" 2>/dev/null
	openssl x509 -req -in "$WORK/$2.csr" -CA "$WORK/$1.pem" -CAkey "$WORK/$1.key" -CAcreateserial -days 2 \
		-extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$WORK/$2.pem" 2>/dev/null
}

start_with_tls() {
	start_cinema "${CHEAP[@]}" "CINEMA_TLS_CERTIFICATE=$WORK/door.pem" "CINEMA_TLS_KEY=$WORK/door.key" "$@"
	URL=https://127.0.0.1:$PORT
	export CURL_CA_BUNDLE=$WORK/ca.pem
}

test_it_speaks_tls() {
	grep -qxF "Cinema is at $URL" "$WORK/start"
	expect 200 GET /movies
	expect 200 GET / -H 'Accept: text/html'
	expect 200 GET /healthz
	run_sh status >"$WORK/out"
	grep -q "$URL" "$WORK/out"
}

test_only_what_is_good_is_spoken() {
	local version
	for version in 1.2 1.3; do
		expect 200 GET /movies "--tlsv$version" --tls-max "$version"
	done
	# The tools of the day refuse the old versions themselves, unless they are asked not to.
	for version in tls1 tls1_1; do
		must_fail openssl s_client -connect "127.0.0.1:$PORT" "-$version" -cipher 'DEFAULT@SECLEVEL=0' </dev/null >"$WORK/out" 2>&1
	done
	for cipher in AES128-SHA AES256-GCM-SHA384 ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA384; do
		must_fail openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 -cipher "$cipher@SECLEVEL=0" </dev/null >"$WORK/out" 2>&1
	done
	openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256 </dev/null >"$WORK/out" 2>&1
	must_fail curl -s --noproxy '*' --max-time 5 --cacert /etc/ssl/certs/ca-certificates.crt "$URL/movies"
}

test_browsers_are_told_to_stay_with_it() {
	local path
	for path in / /movies /none; do
		curl -s --noproxy '*' -o /dev/null -D "$WORK/headers" "$URL$path"
		[ "$(grep -ci '^strict-transport-security: max-age=31536000' "$WORK/headers")" = 1 ]
	done
}

test_a_session_stays_on_tls() {
	local cookie
	expect 201 POST /users '{"id":"ann","name":"Ann","password":"password of ann"}'
	expect 201 POST /users/ann/tokens '{"password":"password of ann","session":true}'
	expect_header Set-Cookie '; HttpOnly; SameSite=Strict; Secure$'
	cookie=$(header Set-Cookie)
	cookie=${cookie%%;*}
	expect 200 GET /users/ann -H "Cookie: $cookie"
	# The cinema's own pages are those that came by TLS.
	expect 401 DELETE /users/ann/tokens -H "Cookie: $cookie" -H "Origin: http://127.0.0.1:$PORT"
	expect 401 DELETE /users/ann/tokens -H "Cookie: $cookie" -H "Origin: http://127.0.0.1:$PLAIN"
	expect 204 DELETE /users/ann/tokens -H "Cookie: $cookie" -H "Origin: $URL"
	expect_header Set-Cookie '^cinema_session=; .*Max-Age=0; .*Secure$'
}

test_who_comes_without_tls_is_sent_on() {
	local method path
	for path in / '/movies?limit=2' "/bookings/x%20y"; do
		for method in GET POST; do
			curl -s --noproxy '*' --max-time 15 -o /dev/null -D "$WORK/headers" -X "$method" "http://127.0.0.1:$PLAIN$path"
			grep -q '^HTTP/1.1 308 ' "$WORK/headers"
			[ "$(tr -d '\r' <"$WORK/headers" | sed -n 's/^Location: //p')" = "$URL$path" ]
			# The same at the wrong port.
			curl -s --noproxy '*' --max-time 15 -o /dev/null -D "$WORK/headers" -X "$method" "http://127.0.0.1:$PORT$path"
			grep -q '^HTTP/1.1 308 ' "$WORK/headers"
			[ "$(tr -d '\r' <"$WORK/headers" | sed -n 's/^Location: //p')" = "$URL$path" ]
		done
	done
	[ "$(curl -sL --noproxy '*' --max-time 15 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PLAIN/movies")" = 200 ]
	# Nothing is answered there but that.
	curl -s --noproxy '*' --max-time 15 "http://127.0.0.1:$PLAIN/movies" >"$WORK/out"
	must_fail grep -q Karwaan "$WORK/out"
}

test_the_client_speaks_it() {
	run_sh client movies >"$WORK/out"
	grep -q Karwaan "$WORK/out"
	CINEMA_CA=$WORK/ca.pem "$BUILD/cinema" --server "$URL" movies >"$WORK/out"
	grep -q Karwaan "$WORK/out"
	CINEMA_CA=$WORK/ca.pem "$BUILD/cinema" movies >"$WORK/out"
	grep -q Karwaan "$WORK/out"
	# Where the cinema listens everywhere, the certificate says how it is called.
	CINEMA_LISTEN="*:$PORT" run_sh client movies -v >"$WORK/out" 2>&1
	grep -q Karwaan "$WORK/out"
	# It trusts nobody else: neither the system's authorities know this one, nor does another.
	must_fail "$BUILD/cinema" --server "$URL" movies >"$WORK/out" 2>&1
	grep -qi 'certificate' "$WORK/out"
	make_authority other
	CINEMA_CA=$WORK/other.pem must_fail "$BUILD/cinema" --server "$URL" movies >"$WORK/out" 2>&1
}

# refused PATTERN SETTING…: the start fails with that line alone.
refused() {
	local pattern=$1 output
	shift
	new_settings "${CHEAP[@]}" "$@"
	if run_sh start >"$WORK/said" 2>&1; then fail "started with $*"; fi
	without_notice "$WORK/said"
	output=$(cat "$WORK/said")
	[ "$(wc -l <<<"$output")" = 1 ] || fail "$output"
	grep -qE "$pattern" <<<"$output" || fail "$output"
	must_fail run_sh status >"$WORK/out"
	[ ! -e "$STATE/pids/nginx.pid" ] || [ ! -s "$STATE/pids/nginx.pid" ]
}

test_what_is_wrong_with_the_files_is_told() {
	local certificate=CINEMA_TLS_CERTIFICATE=$WORK/door.pem key=CINEMA_TLS_KEY=$WORK/door.key
	refused '^cinema: CINEMA_TLS_CERTIFICATE is set, so set CINEMA_TLS_KEY too$' "$certificate"
	refused '^cinema: CINEMA_TLS_KEY is set, so set CINEMA_TLS_CERTIFICATE too$' "$key"
	refused '^cinema: CINEMA_LISTEN_PLAIN only .*set CINEMA_TLS_CERTIFICATE' CINEMA_LISTEN_PLAIN=127.0.0.1:1
	refused "^cinema: CINEMA_TLS_CERTIFICATE, $WORK/none.pem, is not there$" "CINEMA_TLS_CERTIFICATE=$WORK/none.pem" "$key"
	refused "^cinema: CINEMA_TLS_KEY, $WORK/none.key, is not there$" "$certificate" "CINEMA_TLS_KEY=$WORK/none.key"
	refused "^cinema: CINEMA_TLS_KEY, $WORK/ca.key, is not the key of CINEMA_TLS_CERTIFICATE" "$certificate" "CINEMA_TLS_KEY=$WORK/ca.key"
	openssl genrsa -out "$WORK/rsa.key" 2048 2>/dev/null
	refused '^cinema: CINEMA_TLS_KEY, .*, is not the key of' "$certificate" "CINEMA_TLS_KEY=$WORK/rsa.key"
	openssl pkey -in "$WORK/door.key" -aes128 -passout pass:secret -out "$WORK/locked.key"
	refused '^cinema: CINEMA_TLS_KEY, .*locked.key, holds no PEM key .*passphrase' "$certificate" "CINEMA_TLS_KEY=$WORK/locked.key"
	echo rubbish >"$WORK/rubbish"
	refused '^cinema: CINEMA_TLS_CERTIFICATE, .*rubbish, holds no PEM certificate' "CINEMA_TLS_CERTIFICATE=$WORK/rubbish" "$key"
	refused '^cinema: CINEMA_TLS_KEY, .*rubbish, holds no PEM key' "$certificate" "CINEMA_TLS_KEY=$WORK/rubbish"
	# The two given the wrong way round.
	refused '^cinema: CINEMA_TLS_CERTIFICATE, .*door.key, holds no PEM certificate' "CINEMA_TLS_CERTIFICATE=$WORK/door.key" "CINEMA_TLS_KEY=$WORK/door.pem"
	refused '^cinema: .*is in use' "$certificate" "$key" "CINEMA_LISTEN_PLAIN=127.0.0.1:$PLAIN"
}

test_an_old_certificate_is_warned_of() {
	openssl x509 -req -in "$WORK/door.csr" -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" -CAcreateserial -days -1 \
		-out "$WORK/old.pem" 2>/dev/null
	start_cinema "${CHEAP[@]}" "CINEMA_TLS_CERTIFICATE=$WORK/old.pem" "CINEMA_TLS_KEY=$WORK/door.key"
	grep -qxF "cinema: CINEMA_TLS_CERTIFICATE, $WORK/old.pem, has expired; browsers will refuse it" "$WORK/start"
	must_fail curl -s --noproxy '*' "https://127.0.0.1:$PORT"
	curl -sk --noproxy '*' "https://127.0.0.1:$PORT/movies" | grep -q Karwaan
}

test_files_that_may_not_be_read_are_told() {
	[ "$(id -u)" = 0 ] || skip 'needs root, to have files that another may not read'
	new_settings "${CHEAP[@]}"
	copy_for_all
	chown 65534:65534 "$STATE"
	install -m 644 "$WORK/door.pem" "$COPY/door.pem"
	install -m 600 "$WORK/door.key" "$COPY/door.key"
	export CINEMA_TLS_CERTIFICATE=$COPY/door.pem CINEMA_TLS_KEY=$COPY/door.key
	must_fail as_nobody "$COPY/run.sh" start >"$WORK/out" 2>&1
	grep -qxF "cinema: CINEMA_TLS_KEY, $COPY/door.key, may not be read" "$WORK/out" || fail "$(cat "$WORK/out")"
	chmod 644 "$COPY/door.key"
	as_nobody "$COPY/run.sh" start
	URL=https://127.0.0.1:$PORT expect 200 GET /movies
	as_nobody "$COPY/run.sh" stop
}

test_a_path_is_taken_from_the_project() {
	local folder
	folder=$(realpath --relative-to="$ROOT" "$WORK")
	start_cinema "${CHEAP[@]}" "CINEMA_TLS_CERTIFICATE=./$folder/door.pem" "CINEMA_TLS_KEY=$folder/door.key"
	URL=https://127.0.0.1:$PORT
	cd /
	expect 200 GET /movies
	run_sh restart
	expect 200 GET /movies
}

run_suite "$@"
