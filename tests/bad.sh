#!/usr/bin/env bash
# Bad input: each request below gets a 4xx problem that says what to mend, never a 5xx, and changes
# nothing. (expect checks that each answer of 400 and more is a whole problem.)
. "$(dirname "$0")/lib.sh"

STREE=a8034f44-aee4-44cf-b32c-74cf452aaaae
GOOD="{\"user\":\"yojane_mane\",\"date\":\"20180801\",\"movie\":\"$STREE\"}"

# repeated TEXT COUNT
repeated() {
	local i
	for ((i = 0; i < $2; i++)); do printf %s "$1"; done
}

nothing_booked() {
	expect 404 GET /bookings/yojane_mane
}

post() {
	expect "$1" POST /bookings "$2" "${@:3}"
}

test_malformed_json() {
	local body
	for body in '{' '}' '{"user"' '{"user":}' "{'user':1}" '{"user":"a",}' '[1,2' 'nul' 'tru' 'x' \
		'{"user":"a" "date":1}' '{"a":NaN}' '{"a":Infinity}' '{"a":01}' '{"a":+1}' '{"a":.5}' \
		'{"a":1}{"b":2}' "$GOOD x" '// {}' '/* */{}' '{"a":"\x"}' '{"a":"\u12"}' \
		$'{"a":"tab\there"}' 'null' '   '; do
		post 400 "$body"
		expect_json '.type == "/problems#bad-json"'
	done
	post 400 '{"user":"a",
		"date" 5}'
	expect_json '.detail | test("line 2")'
	nothing_booked
}

test_json_that_is_no_object() {
	local body
	for body in '[]' '"text"' '5' 'true' '[{"user":"a"}]'; do
		post 422 "$body"
	done
}

test_a_name_twice() {
	post 400 "{\"user\":\"nobody\",${GOOD#\{}"
	expect_json '.detail | test("twice")'
	post 400 "{\"us\\u0065r\":\"nobody\",${GOOD#\{}"
	expect_json '.detail | test("twice")'
	nothing_booked
}

test_nul_and_control_characters() {
	post 400 "{\"us\\u0000er\":1,${GOOD#\{}"
	post 400 '{"user":"a\u0000b","date":"20180801","movie":"m"}'
	post 422 '{"user":"a\u0001b","date":"20180801","movie":"m"}'
	post 422 '{"user":"a\u007fb","date":"20180801","movie":"m"}'
	printf '{"user":"a\0b"}' >"$WORK/nul"
	expect 400 POST /bookings '' -H 'Content-Type: application/json' --data-binary "@$WORK/nul"
	printf '%s\0' "$GOOD" >"$WORK/nul"
	expect 400 POST /bookings '' -H 'Content-Type: application/json' --data-binary "@$WORK/nul"
	nothing_booked
}

test_invalid_utf8() {
	local bytes
	for bytes in '\xff' '\xc3' '\xc0\xaf' '\xed\xa0\x80' '\xf5\x80\x80\x80' '\xe2\x82'; do
		printf '{"user":"a%b","date":"20180801","movie":"m"}' "$bytes" >"$WORK/bytes"
		expect 400 POST /bookings '' -H 'Content-Type: application/json' --data-binary "@$WORK/bytes"
	done
}

test_deep_nesting() {
	post 400 "{\"user\":$(repeated '[' 1000)$(repeated ']' 1000)}"
	expect_json '.detail | test("deep")'
	post 400 "$(repeated '{"a":' 1000)1$(repeated '}' 1000)"
	post 400 "$(repeated '[' 100000)"
}

test_wrong_types() {
	local name value
	for name in user date movie; do
		for value in 1 true null '[]' '{}' '""' '"a b"' '"a/b"' '"."' '".."' '"é"' "\"$(repeated a 65)\""; do
			post 422 "$(jq -cn --arg name "$name" --argjson value "$value" --argjson good "$GOOD" \
				'$good | .[$name] = $value')"
			expect_json '.errors[0].field == $name' --arg name "$name"
		done
	done
	nothing_booked
}

test_missing_and_unknown_fields() {
	local name
	for name in user date movie; do
		post 422 "$(jq -c "del(.$name)" <<<"$GOOD")"
		expect_json '.errors | any(.field == $name and (.detail | test("missing|required")))' --arg name "$name"
	done
	post 422 '{}'
	expect_json '[.errors[].field] | contains(["user","date","movie"])'
	post 422 "$(jq -c '.seat = "F7"' <<<"$GOOD")"
	expect_json '.errors[0].field == "seat"'
	nothing_booked
}

test_days_that_do_not_exist() {
	local date
	for date in 20180230 20181301 20180100 20180001 00000101 2018080 201808011 2018-08-01 20190229 \
		'2018080a' ' 20180801' 99999999; do
		post 422 "$(jq -c --arg date "$date" '.date = $date' <<<"$GOOD")"
		expect_json '.errors[0].field == "date"'
	done
	for date in 20180230 2018080 201808011 x 2018080a; do
		expect 400 GET "/showtimes/$date"
	done
	post 422 "$(jq -c '.date = "20000229"' <<<"$GOOD")"
	expect_json '.detail | test("no showtimes")'
}

test_huge_numbers() {
	local number
	for number in 1e400 -1e400 99999999999999999999999999 -1 0 1.5 1e2000 0.0000000001; do
		expect 422 POST /bookings "${GOOD%\}},\"count\":$number}"
	done
	for number in 99999999999999999999 -1 1e3 0x10 1.0 %31%00 ' 1'; do
		expect 400 GET "/movies?limit=${number// /%20}"
	done
	nothing_booked
}

test_bodies_too_large() {
	head -c 1048577 /dev/zero | tr '\0' ' ' >"$WORK/large"
	expect 413 POST /bookings '' -H 'Content-Type: application/json' --data-binary "@$WORK/large"
	expect 413 POST /bookings '' -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' \
		--data-binary "@$WORK/large"
	{
		printf '%s' "${GOOD%\}}"
		head -c $((1048576 - ${#GOOD})) /dev/zero | tr '\0' ' '
		printf '}'
	} >"$WORK/fits"
	[ "$(stat -c %s "$WORK/fits")" = 1048576 ]
	expect 201 POST /bookings '' -H 'Content-Type: application/json' --data-binary "@$WORK/fits"
	expect 200 DELETE "$(header Location)"
}

test_no_body_and_wrong_type() {
	expect 400 POST /bookings '' -H 'Content-Type: application/json' -H 'Content-Length: 0'
	expect_json '.detail | test("body")'
	local type
	for type in text/plain application/x-www-form-urlencoded application/xml 'application/json;charset=latin1' \
		application/jsonx multipart/form-data ''; do
		post 415 "$GOOD" -H "Content-Type: $type"
		expect_json '.detail | test("application/json")'
	done
	post 415 "$GOOD" -H 'Content-Type;'
	nothing_booked
}

test_ids_in_paths() {
	local id
	for id in 'a/b' a.b %2f a%2fb %00 a%00 a%20b %ff %zz % %c3%a9 "$(repeated a 65)" 'a;b' "a'b" \
		'a"b' 'a<b>' 'a|b'; do
		expect_4xx GET "/movies/$id"
		expect_4xx GET "/users/$id"
		expect_4xx GET "/users/$id/bookings"
		expect_4xx GET "/bookings/$id"
		expect_4xx GET "/showtimes/$id"
		expect_4xx GET "/showtimes/20180801/$id"
		expect_4xx DELETE "/bookings/yojane_mane/$id"
	done
}

# Any problem of 400 to 499.
expect_4xx() {
	local code
	code=$(curl -s --noproxy '*' --max-time 15 --globoff --path-as-is -o /dev/null -w '%{http_code}' -X "$1" "${@:3}" "$URL$2")
	case $code in
	4??) expect "$code" "$@" ;;
	*) fail "$1 $2: $code" ;;
	esac
}

test_long_paths_and_queries() {
	expect_4xx GET "/movies/$(repeated a 8192)"
	expect_4xx GET "/movies?after=$(repeated a 8192)"
	expect_4xx GET "/$(repeated a/ 4096)"
	expect_4xx GET "/movies?$(repeated 'a=1&' 500)"
	expect 400 GET "/movies?after=$(repeated a 129)"
}

test_unknown_queries() {
	local query
	for query in x=1 limit=1\&x limit= limit=a limit=1\&limit=2 after=%00 after=%ff after=%zz ids= ids=a,,b \
		ids=a%20b top=-1 Limit=1 'view=full' '=' '=1'; do
		expect 400 GET "/movies?$query"
		expect_json '.detail | length > 10'
	done
	expect 400 GET /movies/$STREE?x=1
	expect 400 GET /showtimes/20180801?limit=1
	expect 400 POST '/bookings?x=1' "$GOOD"
	nothing_booked
}

test_methods() {
	local method
	for method in PUT DELETE PATCH TRACE CONNECT FOO LONGMETHODNAME; do
		expect_4xx $method /movies
		expect_4xx $method /bookings
		expect_4xx $method /
	done
	expect 405 POST /users/self '{}'
	expect_header Allow '^GET, HEAD, OPTIONS$'
}

test_headers() {
	local value
	for value in rubbish '"open' 'W/x' '""x' '"a" "b"' ',' '*,"a"' "$(repeated x 3000)"; do
		expect 400 GET /movies -H "If-None-Match: $value"
		expect_json '.detail | test("If-None-Match")'
	done
	for value in 'a b' $'a\tb' "$(repeated k 256)" 'é'; do
		post 400 "$GOOD" -H "Idempotency-Key: $value"
		expect_json '.detail | test("Idempotency-Key")'
	done
	expect_4xx GET /movies -H "X-Large: $(repeated x 70000)"
	nothing_booked
}

run_suite "$@"
