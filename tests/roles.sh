#!/usr/bin/env bash
# Who may do what: the table below says it, written by hand. Every route of every service, as the
# services print them, has to stand there, and is asked for by everybody, for what is theirs and for
# what is another's; what comes back is held against the table.
. "$(dirname "$0")/lib.sh"

DATE=20180801
MOVIE=267eedb8-0f5d-42d5-8f43-72426b9fb3e6
# Nobody is logged in by the environment.
AUTH=''

# The least role that may; own: and so may the user whose it is. The last two end log-ins.
MATRIX='
GET    /healthz                                    anyone
GET    /healthz/system                             anyone
GET    /movies                                     anyone
POST   /movies                                     owner
GET    /movies/{id}                                anyone
PUT    /movies/{id}                                owner
PATCH  /movies/{id}                                owner
DELETE /movies/{id}                                owner
GET    /movies/export                              owner
POST   /movies/import                              owner
GET    /movies/trail                               owner
GET    /showtimes                                  anyone
GET    /showtimes/{date}                           anyone
POST   /showtimes/{date}                           owner
GET    /showtimes/{date}/{movie}                   anyone
GET    /showtimes/{date}/{movie}/{showing}         anyone
PUT    /showtimes/{date}/{movie}/{showing}         owner
PATCH  /showtimes/{date}/{movie}/{showing}         owner
DELETE /showtimes/{date}/{movie}/{showing}         owner
GET    /showtimes/{date}/{movie}/{showing}/seats   anyone
GET    /showtimes/screens                          anyone
POST   /showtimes/screens                          owner
GET    /showtimes/screens/{screen}                 anyone
PUT    /showtimes/screens/{screen}                 owner
PATCH  /showtimes/screens/{screen}                 owner
DELETE /showtimes/screens/{screen}                 owner
GET    /showtimes/screens/export                   owner
POST   /showtimes/screens/import                   owner
GET    /showtimes/export                           owner
POST   /showtimes/import                           owner
GET    /showtimes/trail                            owner
GET    /editions/{date}/{movie}/{showing}          service
PUT    /sales/{date}/{movie}/{showing}             service
GET    /bookings                                   staff
POST   /bookings                                   owner own
GET    /bookings/{user}                            staff own
GET    /bookings/{user}/{id}                       staff own
PATCH  /bookings/{user}/{id}                       staff own
DELETE /bookings/{user}/{id}                       staff own
GET    /bookings/export                            owner
POST   /bookings/import                            owner
GET    /bookings/trail                             owner
GET    /users                                      staff
POST   /users                                      anyone
GET    /users/self                                 anyone
GET    /users/{user}                               staff own
PUT    /users/{user}                               owner own
PATCH  /users/{user}                               owner own
DELETE /users/{user}                               owner own
GET    /users/{user}/role                          owner own
PUT    /users/{user}/role                          owner
GET    /users/{user}/bookings                      staff own
GET    /users/{user}/suggested                     staff own
GET    /users/export                               owner
POST   /users/import                               owner
GET    /users/trail                                owner
GET    /who                                        service
POST   /users/{user}/tokens                        anyone
GET    /users/{user}/tokens                        owner own
DELETE /users/{user}/tokens/{token}                owner own
DELETE /users/{user}/tokens                        owner own
'

# log_in USER[:NAME]…: leaves $WORK/token.NAME and $WORK/token-id.NAME, without one USER's.
log_in() {
	local name number=0
	ask < <(for name in "$@"; do
		printf 'nobody POST /users/%s/tokens {"password":"password of %s"}\n' "${name%:*}" "${name%:*}"
	done)
	for name in "$@"; do
		number=$((number + 1))
		jq -er '.token, .id' "$WORK/answer.$number" >"$WORK/log-in"
		head -n 1 "$WORK/log-in" >"$WORK/token.${name#*:}"
		tail -n 1 "$WORK/log-in" >"$WORK/token-id.${name#*:}"
	done
}

log_all_in() {
	log_in ann bob sue own
}

suite_start() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	local name number=0
	ask < <(for name in ann bob sue own; do
		printf 'nobody POST /users {"id":"%s","name":"%s","password":"password of %s"}\n' "$name" "$name" "$name"
	done)
	of_house PUT /users/own/role '{"role":"owner"}'
	of_house PUT /users/sue/role '{"role":"staff"}'
	log_all_in
	ask < <(for name in ann bob sue; do
		printf 'own POST /bookings {"user":"%s","date":"%s","movie":"%s"}\n' "$name" "$DATE" "$MOVIE"
	done)
	for name in ann bob sue; do
		number=$((number + 1))
		jq -er .id "$WORK/answer.$number" >"$WORK/booking.$name"
	done
}

matrix() {
	grep . <<<"$MATRIX" | tr -s ' '
}

test_every_route_stands_in_the_table() {
	local name
	for name in users movies showtimes bookings; do
		"$BUILD/$name" --routes
	done | jq -r '.[] | [.method, .path, .role, if .own then "own" else empty end] | join(" ")' |
		sort -u >"$WORK/routes"
	diff "$WORK/routes" <(matrix | sort)
}

# Who asks, and for whose; where log-ins end, those that others need are the last.
CASES='nobody ann
ann bob
sue ann
ann ann
sue sue
own ann'

# The path with a name in each place, of that user where it can be; all of it exists. The log-in that a
# path names is for who asks alone.
fill_path() {
	local path=$1 who=$2 of=$3
	path=${path//'{user}'/$of}
	path=${path//'{date}'/$DATE}
	path=${path//'{movie}'/$MOVIE}
	path=${path//'{showing}'/18:00-1}
	path=${path//'{screen}'/1}
	case $path in
	*'{token}') path=${path//'{token}'/$(<"$WORK/token-id.$of-for-$who")} ;;
	/movies/*) path=${path//'{id}'/$MOVIE} ;;
	/bookings/*) path=${path//'{id}'/$(<"$WORK/booking.$of")} ;;
	# nginx makes this of it.
	/healthz/system) path=/healthz ;;
	esac
	printf '%s\n' "$path"
}

# WHO OF METHOD PATH LEAST OWN, a line each request.
requests() {
	local method path least own who of
	while read -r method path least own; do
		while read -r who of; do
			printf '%s\n' "$who $of $method $path $least $own"
			[ "$method" != GET ] || printf '%s\n' "$who $of HEAD $path $least $own"
		done <<<"$CASES"
	done < <(matrix)
}

level() {
	case $1 in nobody | anyone) echo 0 ;; ann) echo 1 ;; sue | staff) echo 2 ;; own | owner) echo 3 ;; *) echo 4 ;; esac
}

# answers WHO OF METHOD PATH LEAST OWN: what a request must be answered.
answers() {
	local who=$1 of=$2 path=$4 least=$5 own=${6-}
	if [ "$least" = service ]; then
		echo '40[45]'
	elif [ "$(level "$who")" -ge "$(level "$least")" ] || [ "$own $who" = "own $of" ]; then
		echo '20.|409|412|422|428'
	elif [ "$who" = nobody ]; then
		echo 401
	elif [[ $own && $path == *'{user}'* ]]; then
		echo 404
	else
		echo 403
	fi
}

test_every_route_for_every_role() {
	local who of method path least own number=0 status body
	log_all_in
	mapfile -t names < <(sed 's/\(.*\) \(.*\)/\2:\2-for-\1/' <<<"$CASES")
	log_in "${names[@]}"
	requests >"$WORK/requests"
	[ "$(wc -l <"$WORK/requests")" -gt 400 ]
	while read -r who of method path least own; do
		body='{}'
		[ "$path" != /bookings ] || body="{\"user\":\"$of\",\"date\":\"$DATE\",\"movie\":\"$MOVIE\"}"
		printf '%s\n' "$who $method $(fill_path "$path" "$who" "$of") $body"
	done <"$WORK/requests" >"$WORK/filled"
	ask <"$WORK/filled"
	while read -r who of method path least own; do
		status=${STATUSES[number]-none}
		number=$((number + 1))
		[[ $status =~ ^($(answers "$who" "$of" "$method" "$path" "$least" "$own"))$ ]] ||
			fail "$who: $method $path of $of, for $least $own: $status $(head -c 500 "$WORK/answer.$number")"
	done <"$WORK/requests"
}

# What clients find nowhere services find on their own listener.
test_services_reach_what_is_theirs() {
	local showing="$DATE/$MOVIE/18:00-1"
	of_house GET "/editions/$showing" '' | jq -e '.edition >= 1'
	of_house PUT "/sales/$showing" '{}' | jq -e '.status == 422'
	of_house GET /users/export '' | jq -e 'has("ann")'
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
	local path urls=()
	for path in /movies /movies/old /showtimes/20180101 /showtimes/20180101/old /showtimes/screens /showtimes/screens/old; do
		urls+=("$URL$path")
	done
	curl -s --noproxy '*' -H 'Cache-Control: no-cache' "${urls[@]}" | jq -c 'if type == "object" then del(.instance) else . end'
}

# The owner's writes, as they are meant to be: the owner's are done, the others' change nothing.
test_the_catalogue_is_the_owners_to_write() {
	local method path before after
	log_all_in
	AS=own expect 201 PUT /movies/old '{"title":"T","director":"D","rating":5}' -H 'If-None-Match: *'
	AS=own expect 201 PUT /showtimes/screens/old '{"name":"N","price":{"all":1},"rows":[{"name":"A","tier":"all","seats":"##"}]}' \
		-H 'If-None-Match: *'
	AS=own expect 201 PUT /showtimes/20180101/old/18:00-old '{}' -H 'If-None-Match: *'
	# What hangs on another goes first.
	matrix | awk '$1 != "GET" && $2 ~ "^/(movies|showtimes)" && $2 !~ "/import$" {
		print ($1 != "DELETE" ? 0 : $2 ~ "showing" ? 1 : 2), $1, $2 }' | sort -s -k 1,1 | cut -d ' ' -f 2- >"$WORK/writes"
	[ "$(wc -l <"$WORK/writes")" = 12 ]
	before=$(catalogue)
	while read -r method path; do
		good_write "$method $path"
		path=${path//'{date}'/20180101}
		path=${path//'{showing}'/18:00-old}
		path=$(sed 's/{[a-z]*}/old/g' <<<"$path")
		ask 'header = "If-Match: *"' < <(printf "%s $method $path $WRITE\n" nobody ann sue)
		[ "${STATUSES[*]}" = '401 403 403' ] || fail "$method $path: ${STATUSES[*]}"
		[ "$before" = "$(catalogue)" ] || fail "$method $path has changed something"
		AS=own expect "$WANTED" "$method" "$path" "$WRITE" -H 'If-Match: *'
		after=$(catalogue)
		[ "$before" != "$after" ] || fail "$method $path has changed nothing"
		before=$after
	done <"$WORK/writes"
}

# Another's booking cannot be told from one that is not there.
test_a_strangers_booking_is_the_same_404_as_none() {
	local method path id number
	log_all_in
	id=$(<"$WORK/booking.bob")
	for method in GET PATCH DELETE; do
		for path in "/bookings/bob/$id" /bookings/bob/nothing /bookings/ann/nothing; do
			printf '%s\n' "ann $method $path {\"status\":\"confirmed\"}"
		done
	done >"$WORK/requests"
	ask <"$WORK/requests"
	[ "$(sort -u <(printf '%s\n' "${STATUSES[@]}"))" = 404 ] || fail "${STATUSES[@]}"
	for number in {1..9}; do
		jq -c 'del(.instance)' "$WORK/answer.$number" | sed "s/bob/ann/g; s/$id/nothing/g"
	done | sort -u >"$WORK/answers"
	[ "$(wc -l <"$WORK/answers")" = 1 ] || fail "they can be told apart: $(cat "$WORK/answers")"
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
