#!/usr/bin/env bash
# The verbs of the client: what each prints, through a pipe and on a terminal, how each ends, and
# that the manual page and the completion say what --help says.
. "$(dirname "$0")/lib.sh"

CINEMA=$BUILD/cinema
GOLD=96798c08-d19b-4986-a05d-7da856efb697
STREE=a8034f44-aee4-44cf-b32c-74cf452aaaae

# Two small halls; Gold is on in both on 20180806, Stree in one on 20180807.
suite_start() {
	mkdir "$WORK/data"
	cp "$ROOT"/data/*.json "$WORK/data"
	cat >"$WORK/data/screens.json" <<-'END'
		{"1": {"id": "1", "name": "Studio", "price": {"low": 900, "high": 1250}, "rows": [
			{"name": "A", "tier": "low", "seats": "_##_##_"},
			{"name": "B", "tier": "high", "seats": "###x###"}]},
		"3": {"id": "3", "name": "Closet", "price": {"one": 5}, "rows": [
			{"name": "Z", "tier": "one", "seats": "#"}]}}
	END
	jq -n --arg gold "$GOLD" --arg stree "$STREE" '{
		"20180806": [{movie: $gold, time: "14:00", screen: "1"}, {movie: $gold, time: "21:00", screen: "3"}],
		"20180807": [{movie: $stree, time: "20:00", screen: "1"}, {movie: $gold, time: "20:00", screen: "3"}]
		}' >"$WORK/data/showtimes.json"
	start_cinema "CINEMA_DATA=$WORK/data" CINEMA_HOLD_SECONDS=600
}

# forget USER…: those who have booked nothing.
forget() {
	local user
	for user in "$@"; do
		of_house DELETE "/users/$user" '' -H 'If-Match: *' >/dev/null
	done
}

# run CODE ARGUMENT…: the command ends so, with one line on standard error if it is a failure, else
# none; leaves OUT and ERR.
run() {
	local want=$1 code=0 lines
	shift
	timeout 60 "$CINEMA" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || code=$?
	OUT=$(<"$WORK/out")
	ERR=$(<"$WORK/err")
	mapfile lines <"$WORK/err"
	[ "$code" = "$want" ] || fail "cinema $*: ended with $code, not $want"$'\n'"$OUT"$'\n'"$ERR"
	[[ ${#lines[@]} = $((want != 0)) && ${lines-$'\n'} == *$'\n' ]] || fail "cinema $*: on standard error:"$'\n'"$ERR"
	[ "$want" = 0 ] || [ -z "$OUT" ] || fail "cinema $*: prints though it fails: $OUT"
}

# The same on a terminal of so many columns, which shows standard error too.
on_terminal() {
	local columns=$1 term=$2 code=0
	shift 2
	TERM=$term COLUMNS=$columns "$ROOT/tests/menu/talk.exp" sh -c "stty cols $columns; exec \"\$0\" \"\$@\"" \
		"$CINEMA" "$@" </dev/null >"$WORK/out" || code=$?
	OUT=$(tr -d '\r' <"$WORK/out")
	[ "$code" = 0 ] || fail "cinema $* ended with $code"$'\n'"$OUT"
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

# --json leaves the answer as it is, to the byte.
same_json() {
	local path=$1
	shift
	run 0 --json "$@"
	curl -s --noproxy '*' -o "$WORK/body" "$URL$path"
	cmp "$WORK/out" <(cat "$WORK/body"; [ -z "$(tail -c 1 "$WORK/body")" ] || echo) || fail "--json $* is not $path"
}

test_movies() {
	run 0 movies
	shows "$(jq -r 'to_entries | sort_by(.key)[].value | [.id, .title, .director, .rating] | @tsv' "$ROOT/data/movies.json")"
	same_json /movies movies
}

test_showtimes() {
	run 0 showtimes
	shows "20180806	$GOLD	Gold
20180807	$STREE	Stree
20180807	$GOLD	Gold"
	run 0 showtimes 20180806
	shows "20180806	$GOLD	Gold"
	same_json /showtimes showtimes
	same_json /showtimes/20180807 showtimes 20180807
	run 1 showtimes 20180808
	says '^cinema: There are no shows on 20180808|cinema: .*20180808'
	run 2 showtimes 20180230
	says '20180230 is no date'
}

test_showings_by_id_start_and_title() {
	local movie
	free_seats
	for movie in "$GOLD" 967 GOLD gold; do
		run 0 showtimes 20180806 "$movie"
		shows '14:00-1	14:00	Studio	10	11	9.00 EUR
21:00-3	21:00	Closet	1	1	0.05 EUR'
	done
	same_json "/showtimes/20180806/$GOLD" showtimes 20180806 gold
	run 1 showtimes 20180806 stree
	says '^cinema: There is no movie stree on 20180806.$'
}

test_seats() {
	free_seats
	run 0 seats 20180806 gold
	[ "$(wc -l <<<"$OUT")" = 11 ]
	contains 'A1	free	9.00 EUR'
	contains 'B4	blocked	12.50 EUR'
	run 0 seats 20180806 gold 21:00-3
	shows 'Z1	free	0.05 EUR'
	run 0 seats 20180806 gold 21:00
	shows 'Z1	free	0.05 EUR'
	same_json "/showtimes/20180806/$GOLD/21:00-3/seats" seats 20180806 gold 21:00
	run 0 book nayana_patil 20180806 gold a1 --showing 14:00
	run 0 hold nayana_patil 20180806 gold a2 --showing 14:00
	NO_COLOR=1 on_terminal 80 xterm seats 20180806 gold
	shows 'Gold at 14:00, Studio: 8 of 11 seats free
   ====== screen ======
 A     #  h     3  4      9.00
 B  1  2 *3  -  5  6  7  12.50
Free seats by number; * best, # sold, h held, - out of use; prices in EUR'
	# The best are those that a booking would get.
	on_terminal 80 dumb seats 20180806 gold --count 3
	contains ' B *1 *2 *3  -  5'
	on_terminal 80 dumb seats 20180806 gold --count 9
	[[ $OUT != *'*'* ]] || fail "$OUT"
	on_terminal 80 xterm seats 20180806 gold --count 2
	contains $'\e[1;32m'
	run 0 --json seats 20180806 gold --count 2
	jq -e '.best | length == 2' "$WORK/out" >/dev/null
	same_json "/showtimes/20180806/$GOLD/14:00-1/seats?best=2" seats 20180806 gold --count 2
	run 1 seats 20180806 gold 15:00
	says '^cinema: There is no showing at 15:00. There are 14:00-1, 21:00-3.$'
}

test_book_best_and_named() {
	free_seats
	run 0 book nayana_patil 20180806 gold
	grep -qxP '[0-9A-Z]{8}\tconfirmed\t20180806\t14:00\t1\tGold\t[AB][0-9]\t[0-9.]+ EUR\t' "$WORK/out" || fail "$OUT"
	run 0 book 'anuja KHARATMOL' 20180807 Stree a1 B2
	contains '	confirmed	20180807	20:00	1	Stree	A1 B2	21.50 EUR	'
	run 0 book anuja_kharatmol 20180806 gold --count=3 --showing 14:00-1
	contains '	B'
	run 1 book anuja_kharatmol 20180807 stree b1 a1 B2
	says '^cinema: taken meanwhile: A1 B2$'
	run 1 book anuja_kharatmol 20180807 stree b1 b99 z1
	says '^cinema: B99 does not exist, Z1 does not exist$'
	run 1 book anuja_kharatmol 20180806 gold --showing 14:00 --count 10
	says 'There are no 10 seats left'
	run 1 book nobody 20180806 gold
	says '^cinema: There is no user nobody.$'
	run 0 bookings anuja_kharatmol
	[ "$(wc -l <<<"$OUT")" = 2 ]
}

test_named_seats_are_of_one_showing() {
	# Nobody else books for this one here.
	run 1 book yojane_mane 20180806 gold a1
	says '^cinema: There are 2 showings: say whose seats you mean, as in --showing 14:00-1$'
	expect 404 GET /bookings/yojane_mane
}

test_hold_confirm_cancel() {
	local code
	free_seats
	run 0 hold nayana_patil 20180806 gold b1 b2 b3 --showing 14:00
	grep -qxP '[0-9A-Z]{8}\theld\t.*\tB1 B2 B3\t37.50 EUR\t20.*Z' "$WORK/out" || fail "$OUT"
	code=${OUT%%$'\t'*}
	run 0 confirm 'Nayana Patil' "${code,,}"
	contains "$code	confirmed	"
	run 1 cancel nayana_patil "$code" b1 b5
	says '^cinema: The booking has no seat B5; it has B1 B2 B3.$'
	run 0 cancel nayana_patil "$code" b1 B3
	contains "$code	confirmed	20180806	14:00	1	Gold	B2	12.50 EUR"
	run 0 --json cancel nayana_patil "$code"
	jq -e '.status == "cancelled"' "$WORK/out" >/dev/null
	run 0 bookings nayana_patil
	contains "$code	cancelled"
	run 1 confirm nayana_patil "$code"
	run 1 confirm nayana_patil NOSUCH
	says '^cinema: nayana_patil has no booking NOSUCH; cinema bookings nayana_patil lists them.$'
	run 0 seats 20180806 gold 14:00
	[ "$(grep -c '	free	' <<<"$OUT")" = 10 ]
	# by id, and all seats named
	run 0 --json book nayana_patil 20180806 gold a1 a2 --showing 14:00
	run 0 cancel nayana_patil "$(jq -r .id "$WORK/out")" a1 a2
	contains '	cancelled	'
}

test_bookings() {
	free_seats
	run 0 book kamraj_ambalkar 20180807 stree
	run 0 bookings
	contains "kamraj_ambalkar	20180807	$STREE	Stree"
	contains 'souparnika_patil	2018'
	same_json /bookings bookings
	same_json '/bookings/kamraj_ambalkar?view=full' bookings kamraj_ambalkar
	run 0 bookings yojane_mane
	shows ''
	run 1 bookings nobody
}

test_suggest_users_status() {
	free_seats
	run 0 suggest kamraj_ambalkar
	shows '276c79ec-a26a-40a6-b3d3-fb242a5947b6	Avengers Infinity War	9.8
7daf7208-be4d-4944-a3ae-c1c2f516f3e6	Mission Impossible 6	9.5
a8034f44-aee4-44cf-b32c-74cf452aaaae	Stree	9.2'
	same_json /users/kamraj_ambalkar/suggested suggest 'Kamraj Ambalkar'
	run 1 suggest nobody
	run 0 users
	contains 'kamraj_ambalkar	Kamraj Ambalkar	2018-12-26T11:15:00Z'
	[ "$(wc -l <<<"$OUT")" = 7 ]
	same_json /users users
	run 0 status
	shows 'users	up
movies	up
showtimes	up
bookings	up'
	same_json /healthz status
}

test_a_key_books_once() {
	local first
	free_seats
	run 0 book nayana_patil 20180806 gold --key once
	first=$OUT
	run 0 book nayana_patil 20180806 gold --key once
	shows "$first"
	run 1 book nayana_patil 20180806 gold --key once --count 2
	run 0 bookings nayana_patil
	shows "$first"
}

test_a_booking_outlasts_a_restart() {
	local service
	free_seats
	for service in bookings users showtimes; do
		kill_service "$service"
		run 0 book nayana_patil 20180806 gold --showing 14:00
	done
	run 0 bookings nayana_patil
	[ "$(wc -l <<<"$OUT")" = 3 ]
}

# The bookings service is killed again and again: each booking is made, and once.
test_bookings_under_kills_are_made_once() {
	local count=8 i
	free_seats
	may_restart
	(while sleep 0.1; do kill_service bookings 2>/dev/null || :; done) &
	KILLER=$!
	trap 'kill "$KILLER" 2>/dev/null || :' EXIT
	for ((i = 0; i < count; i++)); do
		run 0 book nayana_patil 20180806 gold --showing 14:00 --timeout 60
	done
	kill "$KILLER"
	run 0 bookings nayana_patil
	[ "$(wc -l <<<"$OUT")" = "$count" ] || fail "$OUT"
}

# Another server that answers everything with this.
stand_in() {
	local folder=$WORK/other port
	port=$(free_port)
	OTHER=http://127.0.0.1:$port
	mkdir -p "$folder"
	cat >"$folder/nginx.conf" <<-END
		user $(id -un) $(id -gn);
		events {}
		pid nginx.pid;
		http {
			access_log off;
			client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c;
			uwsgi_temp_path d; scgi_temp_path e;
			server { listen 127.0.0.1:$port; default_type application/json; $1 }
		}
	END
	PATH=$PATH:/usr/sbin nginx -p "$folder" -c nginx.conf -e error.log
	trap 'kill "$(cat "$WORK/other/nginx.pid")"' EXIT
	wait_for 10 curl -s --noproxy '*' -o "$WORK/ready" "$OTHER/"
}

test_nobody_logs_in_where_the_cinema_is_open() {
	if [ "${CINEMA_AUTH-open}" = open ]; then free_seats; else AUTH='' start_cinema "CINEMA_DATA=$WORK/data"; fi
	run 0 register ada 'Ada Lovelace'
	shows $'ada\tAda Lovelace\tuser'
	expect 200 GET /users/ada
	expect_json '.name == "Ada Lovelace"'
	run 1 register ada
	says '^cinema: There is a user ada already.$'
	run 1 whoami
	says '^cinema: Nobody is logged in at http://.*: it is open to everybody, and asks nobody to$'
	run 0 --json whoami
	jq -e '.user == null and .auth == "open"' "$WORK/out" >/dev/null
	run 1 book - 20180806 gold
	says '^cinema: Nobody is logged in at http://.*, which is open to everybody: name the user$'
	run 1 suggest
	run 1 logout
	says '^cinema: Nobody is logged in'
	forget ada
}

test_a_certificate_that_nobody_vouches_for_is_told() {
	CINEMA_TLS_CERTIFICATE=there CINEMA_CA=$WORK/nowhere run 4 movies
	says '^cinema: The certificate of https://.* does not hold \(.+\): name the file of who vouches for it in CINEMA_CA$'
}

test_keys_may_be_long() {
	local key
	free_seats
	key=$(printf 'k%.0s' {1..250})
	run 0 book nayana_patil 20180806 gold --key "${key}1"
	run 0 book nayana_patil 20180806 gold --key "${key}2"
	run 0 bookings nayana_patil
	[ "$(wc -l <<<"$OUT")" = 2 ]
}

ALL_VERBS=(movies showtimes 'showtimes 20180806' 'showtimes 20180806 gold' 'seats 20180806 gold'
	'book u 20180806 gold' 'hold u 20180806 gold' 'confirm u b' 'cancel u b' bookings 'bookings u'
	'suggest u' users whoami 'register u' status)

test_how_each_verb_ends_in_trouble() {
	local verb words port
	port=$(free_port)
	stand_in '
		location /500/ { return 500 "<html>"; }
		location /503/ { add_header Retry-After 3600 always; return 503 "{\"detail\":\"It is busy.\"}"; }
		location /403/ { return 403 "{\"detail\":\"Not for you.\"}"; }
		location /array/ { return 200 "[1]"; }
		location /object/ { return 200 "{\"a\":1}"; }
		location /text/ { return 200 "what?"; }'
	for verb in "${ALL_VERBS[@]}"; do
		read -ra words <<<"$verb"
		run 3 "${words[@]}" --server "http://127.0.0.1:$port"
		says "^cinema: Cannot reach the cinema at http://127.0.0.1:$port: start it with ./run.sh, or name another with --server\$"
		run 4 "${words[@]}" --server "$OTHER/500"
		says 'trouble of its own \(500\): try again later$'
		run 4 "${words[@]}" --server "$OTHER/503"
		says '^cinema: It is busy. Try again later.$'
		run 1 "${words[@]}" --server "$OTHER/403"
		says '^cinema: Not for you.$'
		run 4 --json "${words[@]}" --server "$OTHER/text"
		says 'does not answer as a cinema does'
		case $verb in
		'showtimes 20180806 gold' | 'showtimes 20180806' | suggest* | seats* | book* | hold* | confirm* | cancel*) ;;
		*) run 4 "${words[@]}" --server "$OTHER/array" ;;
		esac
		run 4 "${words[@]}" --server "$OTHER/object"
	done
}

test_wrong_arguments() {
	local verb
	while read -r verb; do
		read -ra words <<<"$verb"
		run 2 "${words[@]}"
		says '--help tells more$'
	done <<-'END'
		move
		movies 1
		movies --count 3
		showtimes 20180806 gold 3
		showtimes yesterday
		seats
		seats 20180806
		seats 20180806 gold 14:00 1
		book u 20180806
		book u 20180899 gold
		book u 20180806 gold a1 --count 2
		book u 20180806 gold --count 0
		book u 20180806 gold --count x
		book u 20180806 gold --count
		book u 20180806 gold --key=
		book u 20180806 gold --key é
		book u 20180806 gold --json=1
		confirm u
		confirm u b c
		cancel u
		bookings u b
		suggest u v
		register
		register a/b
		register u n x
		register u --password-fd x
		register u --password-fd -1
		login
		login a/b
		login u --count 2
		logout u
		whoami u
		users u
		status now
		status -x
		--json
		--showing 14:00
	END
	run 2 book u 20180806 gold --key "$(printf 'x%.0s' {1..256})"
	run 2 book u 20180806 gold --key 'a b'
	run 2 book 20180806 gold A1
	says '20180806 stands where USER belongs; - is who is logged in'
}

test_options_stand_anywhere() {
	run 0 users
	local users=$OUT
	run 0 --timeout 5 users --server "$URL"
	shows "$users"
	run 0 --server "$URL" -- users
	shows "$users"
	CINEMA_LISTEN=127.0.0.1:1 CINEMA_URL=$URL run 0 users
	# An operand may begin with a dash.
	run 1 suggest -- -x
	says 'no user -x'
}

test_v_shows_requests() {
	"$CINEMA" -v book nayana_patil 20180806 gold >"$WORK/out" 2>"$WORK/err"
	grep -qxE "> GET $URL/users/nayana_patil" "$WORK/err"
	grep -qxE "> POST $URL/bookings Idempotency-Key: [0-9a-f]{32}" "$WORK/err"
	grep -qxE '< 201, [0-9]+ bytes, [0-9]+ ms' "$WORK/err"
	[ "$(wc -l <"$WORK/out")" = 1 ]
	"$CINEMA" -v users --server 127.0.0.1:1 2>"$WORK/err" || true
	grep -qE '^< nothing, [0-9]+ ms: ' "$WORK/err"
}

test_tables_on_a_terminal() {
	on_terminal 200 dumb movies
	[ "$(sed -n 1p <<<"$OUT")" = "ID$(printf '%36s' '')TITLE$(printf '%20s' '')DIRECTOR$(printf '%15s' '')RATING" ] || fail "$OUT"
	contains "$GOLD  Gold                     Reema Kagti               7.4"
	on_terminal 50 dumb movies
	[ "$(wc -L <<<"$OUT")" = 50 ] || fail "$OUT"
	contains '…'
	contains '   7.4'
	on_terminal 10 dumb movies
	[ "$(wc -L <<<"$OUT")" -le 10 ] || fail "$OUT"
	on_terminal 80 dumb bookings yojane_mane
	shows '(none)'
	# A column with nothing in it is left out.
	free_seats
	run 0 book nayana_patil 20180807 stree b5 b6
	on_terminal 80 dumb bookings nayana_patil
	[[ $OUT =~ ^'CODE      STATUS     DATE      TIME   SCREEN  MOVIE  SEATS      PRICE'$'\n'[0-9A-Z]{8}'  confirmed  20180807  20:00  1       Stree  B5 B6  25.00 EUR'$ ]] || fail "$OUT"
}

# Whatever the width, a line is no longer, and there are no tabs.
test_every_verb_on_a_terminal() {
	local columns verb words held booked
	free_seats
	for columns in 80 50; do
		run 0 hold nayana_patil 20180806 gold --count 2 --showing 14:00
		held=${OUT%%$'\t'*}
		run 0 book nayana_patil 20180807 stree
		booked=${OUT%%$'\t'*}
		for verb in movies showtimes 'showtimes 20180806' 'showtimes 20180806 gold' 'seats 20180806 gold' \
			"confirm nayana_patil $held" "cancel nayana_patil $booked" 'book yojane_mane 20180807 stree' \
			'hold yojane_mane 20180807 stree' bookings 'bookings nayana_patil' 'suggest nayana_patil' users \
			status "register u$columns"; do
			[ "$verb ${CINEMA_AUTH-}" != "register u$columns required" ] || continue
			read -ra words <<<"$verb"
			on_terminal "$columns" xterm "${words[@]}"
			OUT=$(sed 's/\x1b\[[0-9;]*m//g' <<<"$OUT")
			[ "$(wc -L <<<"$OUT")" -le "$columns" ] && [[ $OUT != *$'\t'* ]] || fail "$verb: $OUT"
			[ -n "$OUT" ] || fail "$verb says nothing"
		done
	done
	forget u80 u50
}

test_colour_on_a_terminal_only() {
	local bold=$'\e[1m'
	on_terminal 80 xterm users
	contains "$bold"
	NO_COLOR=1 on_terminal 80 xterm users
	[[ $OUT != *$'\e'* ]]
	on_terminal 80 dumb users
	[[ $OUT != *$'\e'* ]]
	TERM=xterm run 0 users
	[[ $OUT != *$'\e'* ]]
}

test_wide_and_hostile_text() {
	stand_in '
		location /users { return 200 "{\"a\":{\"name\":\"天気の子\"},\"b\":{\"name\":\"Zoë\"},\"c\":{\"name\":\"e\\u0301\\u001b[2Jx\"}}"; }'
	run 0 users --server "$OTHER"
	shows $'a\t天気の子\t\nb\tZoë\t\nc\te\xcc\x81�[2Jx\t'
	on_terminal 80 dumb users --server "$OTHER"
	shows $'ID  NAME\na   天気の子\nb   Zoë\nc   e\xcc\x81�[2Jx'
	on_terminal 11 dumb users --server "$OTHER"
	contains $'a   天気の…'
}

test_long_lists_are_whole() {
	mkdir "$WORK/many"
	cp "$WORK"/data/*.json "$WORK/many"
	jq -n '[range(2500) | "m\(1000000 + .)"] | map({key: ., value: {id: ., title: "T \(.)",
		director: "D", rating: 5.10}}) | from_entries' >"$WORK/many/movies.json"
	start_cinema "CINEMA_DATA=$WORK/many"
	rm -r "$WORK/many"
	run 0 movies
	[ "$(cut -f 1 <<<"$OUT" | sort -u | wc -l)" = 2500 ]
	run 0 --json movies
	jq -e 'length == 2500 and .m1002499.title == "T m1002499"' "$WORK/out" >/dev/null
}

test_output_that_cannot_be_written() {
	local code=0
	[ -c /dev/full ] || skip 'there is no /dev/full'
	"$CINEMA" users >/dev/full 2>"$WORK/err" || code=$?
	[ "$code" = 5 ] && grep -qx 'cinema: cannot write to standard output' "$WORK/err"
}

# From the table: "verb operands" a line, the options of all, and of a verb.
table_of_verbs() {
	local help
	help=$("$CINEMA" --help)
	sed -nE '/^  [a-z]/{s/^  (.*[^ ])  +[a-z].*/\1/;s/ *$//;p}' <<<"$help"
}

options_of() {
	local help
	help=$("$CINEMA" "$@" --help)
	sed -nE 's/^  (-[-a-z]+).*/\1/p' <<<"$help"
}

test_help_of_each_verb() {
	local line count=0
	while read -r line; do
		"$CINEMA" "${line%% *}" --help >"$WORK/out"
		[ "$(head -n 1 "$WORK/out")" = "Usage: cinema $line [option]..." ] || fail "$(cat "$WORK/out")"
		count=$((count + 1))
	done < <(table_of_verbs)
	[ "$count" = "$(table_of_verbs | wc -l)" ]
	[ "$count" -gt 10 ]
	[ "$("$CINEMA" --help | wc -L)" -le 80 ]
}

test_the_manual_page_says_the_same() {
	command -v mandoc >/dev/null || skip 'mandoc is not installed'
	local page=$ROOT/client/cli/cinema.1 option text
	# The other pages may not be installed.
	! mandoc -T lint "$page" | grep -v ' referenced manual not found: ' || fail 'it is not clean'
	text=$(mandoc -T utf8 -O width=200 "$page" | sed 's/.\x08//g')
	diff <(table_of_verbs) <(sed -n '/^SYNOPSIS/,/^DESCRIPTION/s/^ *cinema \([a-z]\)/\1/p' <<<"$text")
	diff <({ options_of; options_of book; options_of login; options_of export; options_of import; } | sort -u) \
		<(sed -n '/The options are:/,/^ENVIRONMENT/s/^     \(-[-a-z]*\).*/\1/p' <<<"$text" | sort -u)
}

# What the completion offers behind these words.
offers() {
	(
		# shellcheck source=/dev/null
		. "$ROOT/client/cli/cinema.bash"
		PATH=$BUILD:$PATH
		COMP_WORDS=(cinema "$@")
		COMP_CWORD=$#
		_cinema
		[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
	)
}

test_the_completion_says_the_same() {
	local verb
	(
		# shellcheck source=/dev/null
		. "$ROOT/client/cli/cinema.bash"
		# shellcheck disable=SC2154 # the completion's own
		for verb in "${!_cinema_operands[@]}"; do
			printf '%s\n' "$verb${_cinema_operands[$verb]:+ ${_cinema_operands[$verb]}}"
		done | sort >"$WORK/completion"
	)
	diff <(table_of_verbs | sort) "$WORK/completion"
	diff <(options_of | sort) <(offers - | sort)
	while read -r verb _; do
		diff <(options_of "$verb" | sort) <(offers "$verb" - | sort)
	done < <(table_of_verbs)
}

test_the_completion_knows_the_cinema() {
	[ "$(offers mov)" = movies ]
	[ "$(offers suggest kam)" = kamraj_ambalkar ]
	[ "$(offers showtimes '' | tr '\n' ' ')" = '20180806 20180807 ' ]
	[ "$(offers --server "$URL" -v seats 20180806 9)" = "$GOLD" ]
	[ "$(offers book nayana_patil 20180807 a)" = "$STREE" ]
	[ "$(offers seats 20180806 "$GOLD" 2)" = 21:00-3 ]
	[ -z "$(offers --server x users '')$(offers book --count '')$(offers nothing '')" ]
	[ -z "$(offers suggest --server 127.0.0.1:1 '')" ]
	# What a server says is text, not shell.
	mkdir -p "$WORK/www"
	printf '{"$(touch${IFS}%s)":{"name":"x"},"`id`":{"name":"x"}}' "$WORK/owned" >"$WORK/www/users"
	stand_in "location / { root $WORK/www; }"
	offers --server "$OTHER" suggest '' >"$WORK/offers"
	grep -q touch "$WORK/offers"
	[ ! -e "$WORK/owned" ]
}

# So many as take every way through the sources, for each takes a second; with sanitizers the whole
# suite runs.
test_valgrind_finds_nothing() {
	local verb words code
	[ -x /usr/bin/valgrind ] || skip 'valgrind is not installed'
	! nm "$CINEMA" | grep -q __asan_init || skip 'built with a sanitizer of its own'
	free_seats
	run 0 book nayana_patil 20180807 stree a1
	for verb in 'showtimes 20180806 gold' 'seats 20180806 gold --count 2' 'book nayana_patil 20180807 stree a1' \
		'hold nayana_patil 20180806 gold --showing 14:00 --count 2' 'cancel nayana_patil x' \
		'--json register vera --password-fd 0' 'export users --to -'; do
		read -ra words <<<"$verb"
		code=0
		/usr/bin/valgrind -q --leak-check=full --error-exitcode=99 "$CINEMA" "${words[@]}" \
			>"$WORK/out" 2>"$WORK/err" <<<'long enough' || code=$?
		[ "$code" -lt 99 ] || fail "$verb: $(cat "$WORK/err")"
	done
	forget vera
}

run_suite "$@"
