#!/usr/bin/env bash
# Who may do what: every route of every service, as the services print them, is asked for by
# everybody, for what is theirs and for what is another's; what comes back is held against the table.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6

suite_start() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	local name
	for name in ann bob sue own; do
		register "$name"
	done
	run_sh owner own
	log_all_in
	AS=own expect 200 PUT /users/sue/role '{"role":"staff"}'
	for name in ann bob; do
		AS=$name expect 201 POST /bookings "{\"user\":\"$name\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
		jq -r .id <<<"$BODY" >"$WORK/booking.$name"
	done
	for name in users movies showtimes bookings; do
		"$BUILD/$name" --routes
	done | jq -rs 'add | .[] | select(.path | startswith("/healthz") | not) |
		[.method, .path, .role, .own] | @tsv' | sort -ru >"$WORK/routes"
}

register() {
	expect 201 POST /users "{\"id\":\"$1\",\"name\":\"$1\",\"password\":\"password of $1\"}"
}

# The path with a name of that user's own in each place; all of it exists.
fill_path() {
	local path=$1 user=$2
	path=${path//'{user}'/$user}
	path=${path//'{token}'/$(cat "$WORK/token-id.$user")}
	path=${path//'{date}'/$DATE}
	path=${path//'{movie}'/$MOVIE}
	path=${path//'{showing}'/18:00-1}
	path=${path//'{screen}'/1}
	case $path in
	/movies/*) path=${path//'{id}'/$MOVIE} ;;
	*) path=${path//'{id}'/$(cat "$WORK/booking.$user")} ;;
	esac
	printf '%s\n' "$path"
}

# ask WHO METHOD PATH OF: sends a request for what is OF's; leaves STATUS and the answer's $WORK/body.
ask() {
	local who=$1 method=$2 path body='{}' options=()
	path=$(fill_path "$3" "$4")
	[ "$method $3" != 'POST /bookings' ] ||
		body="{\"user\":\"$4\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	[ "$who" = nobody ] || options=(-H "Authorization: Bearer $(cat "$WORK/token.$who")")
	[ "$method" = GET ] || options+=(-H 'Content-Type: application/json' --data-binary "$body")
	STATUS=$(curl -s --noproxy '*' --max-time 15 -X "$method" "${options[@]}" -o "$WORK/body" \
		-w '%{http_code}' "$URL$path")
}

level() {
	case $1 in nobody | anyone) echo 0 ;; ann | bob | user) echo 1 ;; sue | staff) echo 2 ;; own | owner) echo 3 ;; *) echo 4 ;; esac
}

# What a route answers to WHO for what is OF's must be what its line says.
check_case() {
	local who=$1 of=$2 method=$3 path=$4 role=$5 own=$6
	ask "$who" "$method" "$path" "$of"
	if [ "$role" = service ]; then
		[ "$STATUS" = 404 ] || [ "$STATUS" = 405 ] || fail "$who: $method $path: $STATUS, and it is for services alone"
	elif [ "$(level "$who")" -ge "$(level "$role")" ] ||
		{ [ "$own" = true ] && [ "$who" = "$of" ] && [ "$who" != nobody ]; }; then
		[[ $STATUS =~ ^(20.|304|409|412|422|428)$ ]] || [ "$STATUS-$role" = 404-anyone ] ||
			fail "$who may $method $path of $of, but: $STATUS $(cat "$WORK/body")"
	elif [ "$who" = nobody ]; then
		[ "$STATUS" = 401 ] || fail "nobody: $method $path: $STATUS $(cat "$WORK/body")"
	elif [ "$own" = true ]; then
		[[ $STATUS =~ ^(403|404)$ ]] || fail "$who may not $method $path of $of: $STATUS $(cat "$WORK/body")"
	else
		[ "$STATUS" = 403 ] || fail "$who may not $method $path: $STATUS $(cat "$WORK/body")"
	fi
}

# A new token for each: one of the requests revokes them all.
log_all_in() {
	local name
	for name in ann bob sue own; do
		log_in "$name"
	done
}

log_in() {
	expect 201 POST "/users/$1/tokens" "{\"password\":\"password of $1\"}"
	jq -r .token <<<"$BODY" >"$WORK/token.$1"
	jq -r .id <<<"$BODY" >"$WORK/token-id.$1"
}

walk() (
	local method path role own who
	while IFS=$'\t' read -r method path role own; do
		for who in nobody ann sue own; do
			check_case "$who" ann "$method" "$path" "$role" "$own"
			check_case "$who" bob "$method" "$path" "$role" "$own"
			case "$method $path" in 'DELETE '*/tokens*) log_all_in ;; esac
		done
	done <"$WORK/routes"
)

test_every_route_for_every_role() {
	[ "$(wc -l <"$WORK/routes")" -gt 20 ]
	log_all_in
	walk
}

test_a_route_that_is_open_to_all_would_be_seen() {
	log_all_in
	# As if the table said what the service does not do.
	sed -i 's|^GET\t/bookings\tstaff|GET\t/bookings\towner|' "$WORK/routes"
	must_fail walk
}

# A request that is right in all but who sends it: WRITE is its body, WANTED what the owner is answered.
good_write() {
	local movie='"title":"T","director":"D","rating":5'
	local screen='"name":"N","price":{"all":1},"rows":[{"name":"A","tier":"all","seats":"##"}]'
	WANTED=200
	case $1 in
	'POST /movies') WRITE="{\"id\":\"new\",$movie}" WANTED=201 ;;
	'PUT /movies/{id}') WRITE="{${movie/T/U}}" ;;
	'PATCH /movies/{id}') WRITE='{"rating":1}' ;;
	'POST /showtimes/screens') WRITE="{\"id\":\"new\",$screen}" WANTED=201 ;;
	'PUT /showtimes/screens/{screen}') WRITE="{${screen/N/P}}" ;;
	'PATCH /showtimes/screens/{screen}') WRITE='{"name":"M"}' ;;
	'POST /showtimes/{date}') WRITE='{"movie":"old","time":"20:00","screen":"old"}' WANTED=201 ;;
	'PUT /showtimes/{date}/{movie}/{showing}') WRITE='{"minutes":10}' ;;
	'PATCH /showtimes/{date}/{movie}/{showing}') WRITE='{"minutes":20}' ;;
	DELETE*) WRITE='{}' WANTED=204 ;;
	*) fail "nobody knows how to $1" ;;
	esac
}

# All that the catalogue says.
catalogue() {
	local path
	for path in /movies /movies/old /showtimes/20180101 /showtimes/20180101/old /showtimes/screens /showtimes/screens/old; do
		curl -s --noproxy '*' -H 'Cache-Control: no-cache' "$URL$path"
	done | jq -c 'if type == "object" then del(.instance) else . end'
}

# The owner's writes, as they are meant to be: the owner's are done, the others' change nothing.
test_the_catalogue_is_the_owners_to_write() {
	local method path who before
	log_all_in
	AS=own expect 201 PUT /movies/old '{"title":"T","director":"D","rating":5}' -H 'If-None-Match: *'
	AS=own expect 201 PUT /showtimes/screens/old '{"name":"N","price":{"all":1},"rows":[{"name":"A","tier":"all","seats":"##"}]}' \
		-H 'If-None-Match: *'
	AS=own expect 201 PUT /showtimes/20180101/old/18:00-old '{}' -H 'If-None-Match: *'
	awk -F '\t' '$1 != "GET" && $2 ~ "^/(movies|showtimes)" && $2 !~ "/import$"' "$WORK/routes" >"$WORK/writes"
	[ "$(wc -l <"$WORK/writes")" = 12 ]
	while IFS=$'\t' read -r method path _; do
		good_write "$method $path"
		path=${path//'{date}'/20180101}
		path=${path//'{showing}'/18:00-old}
		path=$(sed 's/{[a-z]*}/old/g' <<<"$path")
		before=$(catalogue)
		expect 401 "$method" "$path" "$WRITE" -H 'If-Match: *'
		for who in ann sue; do
			AS=$who expect 403 "$method" "$path" "$WRITE" -H 'If-Match: *'
		done
		[ "$before" = "$(catalogue)" ] || fail "$method $path has changed something"
		AS=own expect "$WANTED" "$method" "$path" "$WRITE" -H 'If-Match: *'
		[ "$before" != "$(catalogue)" ] || fail "$method $path has changed nothing"
	done <"$WORK/writes"
}

# Another's booking cannot be told from one that is not there.
test_a_strangers_booking_is_the_same_404_as_none() {
	local method id
	log_all_in
	id=$(cat "$WORK/booking.bob")
	for method in GET PATCH DELETE; do
		for path in "/bookings/bob/$id" /bookings/bob/nothing /bookings/ann/nothing; do
			STATUS=$(curl -s --noproxy '*' -X "$method" -H "Authorization: Bearer $(cat "$WORK/token.ann")" \
				-H 'Content-Type: application/json' -d '{"status":"confirmed"}' -o "$WORK/body" \
				-w '%{http_code}' "$URL$path")
			jq -c --arg status "$STATUS" '[$status, del(.instance) | tostring]' "$WORK/body" |
				sed "s/bob/ann/g; s/$id/nothing/g" >>"$WORK/answers"
		done
		[ "$(sort -u "$WORK/answers" | wc -l)" = 1 ] || fail "$method tells them apart: $(cat "$WORK/answers")"
		grep -q '^\["404"' "$WORK/answers"
		rm "$WORK/answers"
	done
	AS=bob expect 200 GET "/bookings/bob/$id"
}

test_staff_reads_and_cancels_bookings() {
	log_all_in
	AS=ann expect 201 POST /bookings "{\"user\":\"ann\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
	local path
	path=$(header Location)
	AS=sue expect 200 GET "$path"
	AS=sue expect 200 GET '/bookings/ann?view=full'
	AS=sue expect 200 DELETE "$path"
	AS=ann expect 200 GET "$path"
	expect_json '.status == "cancelled"'
	AS=sue expect 403 POST /bookings "{\"user\":\"ann\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
}

run_suite "$@"
