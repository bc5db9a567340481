#!/usr/bin/env bash
# The client's export and import: all documents out of one cinema and into another, what is refused,
# what is broken off, and how much memory it takes.
. "$(dirname "$0")/lib.sh"

CINEMA=$BUILD/cinema

# run CODE ARGUMENT…: leaves OUT and ERR.
run() {
	local want=$1 code=0
	shift
	timeout 120 "$CINEMA" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || code=$?
	OUT=$(cat "$WORK/out")
	ERR=$(cat "$WORK/err")
	[ "$code" = "$want" ] || fail "cinema $*: ended with $code, not $want"$'\n'"$OUT"$'\n'"$ERR"
}

shows() {
	[ "$OUT" = "$1" ] || fail "not what was expected:"$'\n'"$(diff <(printf '%s\n' "$1") <(printf '%s\n' "$OUT"))"
}

says() {
	[[ $ERR =~ $1 ]] || fail "expected $1 on standard error, got: $ERR"
}

contains() {
	[[ $OUT == *"$1"* ]] || fail "does not show: $1"$'\n'"$OUT"
}

empty_cinema() {
	mkdir -p "$WORK/nothing"
	start_cinema "CINEMA_DATA=$WORK/nothing"
}

same_documents() {
	local kind
	for kind in users movies screens showtimes bookings; do
		diff <(jq -S . "$1/$kind.json") <(jq -S . "$2/$kind.json") || fail "$kind differ"
	done
}

test_out_of_one_cinema_and_into_another() {
	run 0 book nayana_patil 20180805 gold --count 3
	run 0 hold kamraj_ambalkar 20180805 gold
	run 0 export --to "$WORK/one"
	[ "$(cut -f 1 <<<"$OUT" | tr '\n' ' ')" = 'users movies screens showtimes bookings ' ] || fail "$OUT"
	[ "$(cut -f 3 <<<"$OUT")" = "$(cd "$WORK/one" && stat -c %s users.json movies.json screens.json showtimes.json bookings.json)" ]
	[ "$(find "$WORK/one" -type f | wc -l)" = 5 ]
	empty_cinema
	run 0 import "$WORK/one"
	contains "movies	$(jq length "$WORK/one/movies.json")	0	0	0"
	run 0 export --to "$WORK/two"
	same_documents "$WORK/one" "$WORK/two"
	# Once more, and nothing is changed.
	run 0 import "$WORK/one"
	[ "$(cut -f 2,3,5 <<<"$OUT" | sort -u)" = $'0\t0\t0' ] || fail "$OUT"
	run 0 --json import "$WORK/one/movies.json"
	jq -e '.taken == 0 and .refused == 0' <<<"$OUT" >/dev/null
}

test_kinds_and_standard_output() {
	run 0 export movies --to -
	curl -sSf --noproxy '*' -o "$WORK/exported" "$URL/movies/export"
	cmp "$WORK/out" "$WORK/exported"
	jq -e --slurpfile first "$ROOT/data/movies.json" 'contains($first[0])' <<<"$OUT" >/dev/null
	run 0 export users movies --to "$WORK/some"
	[ "$(find "$WORK/some" -type f | wc -l)" = 2 ]
	(cd "$WORK/some" && rm ./* && run 0 export screens && [ -s screens.json ])
	run 2 export movies users --to -
	says '^cinema: --to - takes one KIND; '
	run 2 export tickets
	says 'tickets is no KIND: users, movies, screens, showtimes or bookings'
	run 5 export --to "$WORK/some/screens.json"
	run 5 export --to /dev/null/x
	[ ! -e "$WORK/some/screens.json.part" ]
}

test_each_document_that_is_refused_is_named() {
	cat >"$WORK/movies.json" <<-'END'
		{"good": {"id": "good", "title": "Good", "director": "D", "rating": 5},
		"bad": {"id": "bad", "title": "Bad", "director": "D", "rating": 500},
		"other": {"id": "another", "title": "O", "director": "D", "rating": 5},
		"fine": {"id": "fine", "title": "Fine", "director": "D", "rating": 6}}
	END
	run 1 import "$WORK/movies.json"
	shows 'movies	2	0	0	2'
	[ "$(wc -l <<<"$ERR")" = 2 ]
	says "^cinema: $WORK/movies.json:2: bad: .*rating"
	says "cinema: $WORK/movies.json:3: other: "
	run 0 export movies --to -
	jq -e '.good.title == "Good" and .fine and (has("bad") | not) and (has("other") | not)' <<<"$OUT" >/dev/null
	# One that is there and is another.
	echo '{"good": {"id": "good", "title": "Better", "director": "D", "rating": 5}}' >"$WORK/new.json"
	run 2 import "$WORK/new.json"
	says 'new.json does not say its KIND: say it with --as'
	run 1 import "$WORK/new.json" --as movies
	says 'good: is there already, and is another'
	run 0 import "$WORK/new.json" --as movies --replace
	shows 'movies	0	1	0	0'
	run 2 import "$WORK/new.json" --as tickets
}

test_what_cannot_be_imported() {
	echo '{"a": {"id": "a", "title": "A", "director": "D", "rating": 1}, "b": {' >"$WORK/movies.json"
	run 1 import "$WORK/movies.json"
	says "^cinema: $WORK/movies.json: The body is not JSON"
	shows 'movies	1	0	0	0'
	run 5 import "$WORK/nowhere"
	says '^cinema: .*nowhere: No such file'
	mkdir "$WORK/bare"
	run 5 import "$WORK/bare"
	says 'has no users.json, movies.json'
	run 2 import
	run 2 import a b
	run 2 import --to x "$WORK/movies.json"
	run 3 import "$ROOT/data/movies.json" --server 127.0.0.1:1
	run 3 export --to "$WORK/none" --server 127.0.0.1:1
	[ ! -e "$WORK/none/users.json" ]
	[ ! -e "$WORK/none/users.json.part" ]
	run 1 import "$ROOT/data/movies.json" --server "$URL/nothing"
}

movie() {
	printf '"%s":{"id":"%s","title":"%s","director":"D","rating":%s}' "$1" "$1" "$1" "$2"
}

# Of several files the worst counts, wherever it stands, and the good ones are taken.
test_the_worst_of_several_files_is_the_end() {
	local folder=$WORK/several
	empty_cinema
	mkdir "$folder"
	echo '{"ann":{"id":"ann","name":"Ann","last_active":1}}' >"$folder/users.json"
	echo "{$(movie good 5)}" >"$folder/movies.json"
	echo '{"1":{"id":"1","name":"One","price":{"one":5},"rows":[{"name":"A","tier":"one","seats":"##"}]}}' >"$folder/screens.json"
	run 0 import "$folder"
	shows 'users	1	0	0	0
movies	1	0	0	0
screens	1	0	0	0'
	echo "{$(movie good 5),$(movie bad 500),$(movie more 5)}" >"$folder/movies.json"
	run 1 import "$folder"
	shows 'users	0	0	1	0
movies	1	0	1	1
screens	0	0	1	0'
	says '^cinema: [^ ]*/movies.json:1: bad: .*rating'
	echo '{"ann":{"id":"ann","name":"","last_active":1},"bob":{"id":"bob","name":"Bob","last_active":1}}' >"$folder/users.json"
	echo "{$(movie good 5)}" >"$folder/movies.json"
	run 1 import "$folder"
	shows 'users	1	0	0	1
movies	0	0	1	0
screens	0	0	1	0'
	# What cannot be read is worse than what is refused, and ends it.
	rm "$folder/movies.json"
	mkdir "$folder/movies.json"
	run 5 import "$folder"
	shows 'users	0	0	1	1'
	says 'movies.json: is no file'
	# Of an export that cannot go on the code is kept, and what came whole too.
	mkdir -p "$WORK/blocked/movies.json"
	run 5 export --to "$WORK/blocked"
	[ -s "$WORK/blocked/users.json" ]
	[ ! -e "$WORK/blocked/screens.json" ]
	[ ! -e "$WORK/blocked/movies.json.part" ]
}

# The faults that the server names are told, and how many more there were.
test_more_faults_than_are_named_are_counted() {
	jq -nc '[range(130) | {key: "f\(.)", value: {}}] | from_entries' >"$WORK/faulty.json"
	run 1 import "$WORK/faulty.json" --as movies
	shows 'movies	0	0	0	130'
	[ "$(grep -c ': f[0-9]*: ' <<<"$ERR")" = 100 ]
	says 'faulty.json: and 30 more were refused$'
}

# What many documents take is what few do.
test_memory_stays_flat() {
	local few many
	! nm "$CINEMA" | grep -q __asan_init || skip 'built with a sanitizer'
	empty_cinema
	many_movies 5000 >"$WORK/movies.json" # enough of them to be looked at meanwhile
	few=$(memory_of import "$WORK/movies.json")
	many_movies 100000 >"$WORK/movies.json"
	[ "$(stat -c %s "$WORK/movies.json")" -gt 10000000 ]
	many=$(memory_of import "$WORK/movies.json" --timeout 60)
	[ "$many" -le $((few + 5000)) ] || fail "an import of few takes $few KiB, of many $many"
	many=$(memory_of export movies --to "$WORK/out-many")
	[ "$many" -le $((few + 5000)) ] || fail "an import of few takes $few KiB, an export of many $many"
	[ "$(jq length "$WORK/out-many/movies.json")" = 100000 ]
}

many_movies() {
	jq -nc --argjson count "$1" '[range($count) | {key: "m\(.)", value: {id: "m\(.)", title: "T \(.)",
		director: "A director with a name of some length", rating: 5}}] | from_entries'
}

# The most that it had at a time, in KiB, as long as it could be asked.
memory_of() {
	local client most=0 now
	"$CINEMA" "$@" >"$WORK/memory" &
	client=$!
	while now=$(awk '/^VmHWM:/ { print $2 }' "/proc/$client/status") && [ -n "$now" ]; do
		most=$now
	done 2>/dev/null
	wait "$client"
	printf '%s\n' "$most"
}

# A server that is in no hurry.
test_progress_on_a_terminal_only() {
	local folder=$WORK/other port
	port=$(free_port)
	mkdir -p "$folder/movies"
	head -c 600000 /dev/zero | tr '\0' x >"$folder/movies/export"
	cat >"$folder/nginx.conf" <<-END
		user $(id -un) $(id -gn);
		events {}
		pid nginx.pid;
		http {
			access_log off;
			client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c;
			uwsgi_temp_path d; scgi_temp_path e;
			server { listen 127.0.0.1:$port; root $folder; limit_rate 300k; }
		}
	END
	PATH=$PATH:/usr/sbin nginx -p "$folder" -c nginx.conf -e error.log
	trap 'kill "$(cat "$WORK/other/nginx.pid")"' EXIT
	export CINEMA_URL=http://127.0.0.1:$port
	TERM=xterm "$ROOT/tests/menu/talk.exp" "$CINEMA" export movies --to "$WORK/slow" </dev/null >"$WORK/out"
	grep -q 'movies: [0-9. %of]* MB' "$WORK/out" || fail "$(cat -v "$WORK/out")"
	[ "$(stat -c %s "$WORK/slow/movies.json")" = 600000 ]
	TERM=dumb "$ROOT/tests/menu/talk.exp" "$CINEMA" export movies --to "$WORK/slow" </dev/null >"$WORK/out"
	! grep -q ' MB' "$WORK/out" || fail "$(cat -v "$WORK/out")"
	run 0 export movies --to "$WORK/slow"
	[ -z "$ERR" ]
}

# Whoever may not have them gets none, and no file either.
test_only_the_owner_may() {
	start_cinema CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1
	unset CINEMA_TOKEN
	run 1 export users --to "$WORK/stolen"
	says 'log in with cinema login USER$'
	run 1 import "$ROOT/data/movies.json"
	"$CINEMA" register eve --password-fd 0 <<<'password of eve' >/dev/null
	run 1 export users --to "$WORK/stolen"
	says 'eve is not'
	run 1 import "$ROOT/data/movies.json"
	says 'eve is not'
	# Of a folder too that is told once, and not of each file.
	run 1 import "$ROOT/data"
	says 'eve is not'
	[ "$(wc -l <<<"$ERR")" = 1 ]
	[ -z "$(find "$WORK/stolen" -type f)" ]
}

run_suite "$@"
