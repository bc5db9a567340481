#!/usr/bin/env bash
# The client's menu: its words, piped and on a terminal; each option; booking; and what it makes of
# servers that are down, slow, busy, wrong or hostile.
. "$(dirname "$0")/lib.sh"

CINEMA=$BUILD/cinema
MENU='Welcome to cinema app
1.Get Movie list
2.Get Show Times
3.Get Bookings Info
4.Get User list
5.Book a show
6.Clearscreen
7.Exit
Select an option'
CHOICE='Please choose an option from 1 to 7.'
GOLD=96798c08-d19b-4986-a05d-7da856efb697

# Besides the suite's own instance, one with three small halls, for what is said of seats. On 20180806
# Gold is on twice, once in a hall where sofas are left; on 20180807 in the closet, with one seat, and
# Stree twice at 20:00.
suite_start() {
	local small=$WORK/small
	mkdir "$small"
	cp "$ROOT"/data/*.json "$small"
	cat >"$small/screens.json" <<-'END'
		{"1": {"id": "1", "name": "Studio", "price": {"low": 900, "high": 1250}, "rows": [
			{"name": "A", "tier": "low", "seats": "_##_##_"},
			{"name": "B", "tier": "high", "seats": "###x###"}]},
		"2": {"id": "2", "name": "Wide", "price": {"one": 100000000}, "rows": [
			{"name": "A", "tier": "one", "seats": "___________________________________________________________________________________________________#"},
			{"name": "AB", "tier": "one", "seats": "####################################################################################################"}]},
		"3": {"id": "3", "name": "Closet", "price": {"one": 5}, "rows": [
			{"name": "Z", "tier": "one", "seats": "#"}]}}
	END
	jq -n --arg gold "$GOLD" --arg stree a8034f44-aee4-44cf-b32c-74cf452aaaae '{
		"20180801": ["267eedb8-0f5d-42d5-8f43-72426b9fb3e6", "276c79ec-a26a-40a6-b3d3-fb242a5947b6"],
		"20180806": [{movie: $gold, time: "14:00", screen: "1"}, {movie: $gold, time: "21:00", screen: "3"}],
		"20180807": [{movie: $gold, time: "14:00", screen: "3"},
			{movie: $stree, time: "20:00", screen: "1"}, {movie: $stree, time: "20:00", screen: "2"}],
		"20180808": [{movie: $gold, time: "14:00", screen: "2"}]}' >"$small/showtimes.json"
	start_cinema "CINEMA_DATA=$small" CINEMA_MAX_SEATS=5
	name_cinema small
	start_cinema
}

# Makes it the current one, with all its seats free.
small_cinema() {
	use_cinema small
	free_seats
}

# Types the lines into the menu through a pipe; leaves what it printed in OUT. Arguments after --
# go to the client.
piped() {
	local lines=() code=0
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		lines+=("$1")
		shift
	done
	shift $(($# > 0))
	printf '%s\n' "${lines[@]}" | timeout 60 "$CINEMA" "$@" >"$WORK/out" 2>"$WORK/err" || code=$?
	OUT=$(cat "$WORK/out")
	[ "$code" = 0 ] || fail "the menu ended with $code"$'\n'"$(cat "$WORK/err")"$'\n'"$OUT"
	[ ! -s "$WORK/err" ] || fail "on standard error: $(cat "$WORK/err")"
}

# Holds the dialogue of standard input on a pseudo-terminal; leaves what it showed in OUT.
on_terminal() {
	local code=0
	TERM=xterm "$ROOT/tests/menu/talk.exp" "$CINEMA" >"$WORK/out" || code=$?
	OUT=$(tr -d '\r' <"$WORK/out")
	[ "$code" = "${CODE:-0}" ] || fail "the menu ended with $code"$'\n'"$OUT"
}

shows() {
	[ "$OUT" = "$1" ] || fail "not what was expected:"$'\n'"$(diff <(printf '%s\n' "$1") <(printf '%s\n' "$OUT"))"
}

# One answer of the menu between two menus.
answers() {
	shows "$MENU"$'\n'"$1"$'\n'"$MENU"
}

# Exactly one line between two menus, and it matches.
says() {
	local said=${OUT#"$MENU"$'\n'}
	said=${said%$'\n'"$MENU"}
	if ! [[ $said =~ $1 ]] || [ "$(wc -l <<<"$said")" != 1 ]; then
		fail "expected one line with $1, got:"$'\n'"$OUT"
	fi
}

contains() {
	[[ $OUT == *"$1"* ]] || fail "does not show: $1"$'\n'"$OUT"
}

# What the options must print, from the data files.
FOUR='"ID: \(.id)\nTitle: \(.title)\nDirector: \(.director)\nRating: \(.rating)\n"'

movies_of() {
	jq -r --slurpfile shows "$ROOT/data/showtimes.json" --arg date "$1" \
		". as \$movies | \$shows[0][\$date][] | \$movies[.] | $FOUR" "$ROOT/data/movies.json"
}

one_movie() {
	jq -r --arg id "$1" ".[\$id] | $FOUR" "$ROOT/data/movies.json"
}

dates_of() {
	jq -r --slurpfile movies "$ROOT/data/movies.json" '
		to_entries | sort_by(.key)[] | "On date: \(.key)",
			(.value[] | "ID: \(.) MOVIE: \($movies[0][.].title)")'
}

booked() {
	expect 200 GET "/bookings/$1"
	# shellcheck disable=SC2016 # jq's variables
	expect_json '.[$date] == [$movie]' --arg date "$2" --arg movie "$3"
}

# All that a user has booked, {} for nothing.
bookings_of() {
	of_house GET "/bookings/$1" '' | jq -c 'if .status == 404 then {} else . end'
}

# Another server, of nginx, with these locations; OTHER is its address. Files lie in $WORK/www.
stand_in() {
	local folder=$WORK/other port
	port=$(free_port)
	OTHER=http://127.0.0.1:$port
	mkdir -p "$folder" "$WORK/www"
	cat >"$folder/nginx.conf" <<-END
		user $(id -un) $(id -gn);
		events {}
		pid nginx.pid;
		error_log error.log;
		http {
			log_format keys '\$request_method \$status \$http_idempotency_key';
			access_log keys.log keys;
			client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c;
			uwsgi_temp_path d; scgi_temp_path e;
			default_type application/json;
			server {
				listen 127.0.0.1:$port;
				root $WORK/www;
				$1
			}
		}
	END
	rm -f "$folder/keys.log"
	PATH=$PATH:/usr/sbin nginx -p "$folder" -c nginx.conf -e error.log
	trap 'kill "$(cat "$WORK/other/nginx.pid")"' EXIT
	wait_for 10 curl -s --noproxy '*' -o "$WORK/ready" "$OTHER/"
	: >"$folder/keys.log"
}

# How often POST came with a key, and how many keys there were.
posts() {
	awk '$1 == "POST" && length($3) == 32 { count++; if (!seen[$3]++) keys++ }
		END { print count + 0, keys + 0 }' "$WORK/other/keys.log"
}

test_the_menu_is_printed_to_the_letter() {
	piped 7
	shows "$MENU"
}

test_the_end_of_input_leaves() {
	"$CINEMA" </dev/null >"$WORK/out"
	OUT=$(cat "$WORK/out")
	shows "$MENU"
	printf '3' | "$CINEMA" >"$WORK/out"
	OUT=$(cat "$WORK/out")
	shows "$MENU"$'\n>Please enter username : '
}

test_1_prints_the_movies() {
	piped 1
	answers "$(jq -r "to_entries | sort_by(.key)[].value | $FOUR" "$ROOT/data/movies.json")"$'\n'
}

test_2_prints_the_dates_with_their_movies() {
	piped 2
	answers "$(dates_of <"$ROOT/data/showtimes.json")"
}

test_3_prints_a_users_bookings() {
	piped 3 souparnika_patil
	answers ">Please enter username : $(jq .souparnika_patil "$ROOT/data/bookings.json" | dates_of)"
	piped 3 'souparnika PATIL'
	answers ">Please enter username : $(jq .souparnika_patil "$ROOT/data/bookings.json" | dates_of)"
}

test_3_prints_everybodys_bookings() {
	free_seats
	expect 201 POST /bookings '{"user":"anuja_kharatmol","date":"20180801","movie":"a8034f44-aee4-44cf-b32c-74cf452aaaae"}'
	expect 201 POST /bookings "{\"user\":\"anuja_kharatmol\",\"date\":\"20180805\",\"movie\":\"$GOLD\"}"
	piped 3 ''
	answers ">Please enter username : User: anuja_kharatmol
On date: 20180801
ID: a8034f44-aee4-44cf-b32c-74cf452aaaae MOVIE: Stree
On date: 20180805
ID: $GOLD MOVIE: Gold
User: souparnika_patil
$(jq .souparnika_patil "$ROOT/data/bookings.json" | dates_of)"
}

test_3_tells_of_no_bookings_and_of_no_user() {
	piped 3 kamraj_ambalkar
	answers '>Please enter username : kamraj_ambalkar has no bookings.'
	local user
	for user in nobody 'a/b' '..' '?' '%00' "$(printf 'x%.0s' {1..500})"; do
		piped 3 "$user"
		answers ">Please enter username : There is no user $user."
	done
}

test_4_prints_the_names() {
	piped 4
	answers "$(jq -r 'to_entries | sort_by(.key)[].value.name' "$ROOT/data/users.json")"
}

# Takes out of OUT what seats brought to booking a show; what stays are the lines of old.
classic() {
	OUT=$(awk '/ seats free$/ { match($0, /^(>Enter the id for the booking : )?/); printf "%s", substr($0, 1, RLENGTH); hall = 1 }
		!hall && !(done && /^(Showing|Seats|Price|Code): /)
		/^Or type seats/ { hall = 0 }
		/^BOOKING DONE!!/ { done = 1 }' <<<"$OUT")
}

test_5_books_a_show() {
	piped 5 anuja_kharatmol 20180805 "$GOLD" '' 7
	[[ $OUT =~ $'\nShowing: 20180805 18:00, Grand Hall\nSeats: '[A-O][0-9]+$'\nPrice: '(9|11|14)$'.00 EUR\nCode: '[0-9A-Z]+$'\n' ]] ||
		fail "$OUT"
	classic
	answers ">Please enter username for the booking : >Please enter the date for the booking : $(movies_of 20180805)

>Enter the id for the booking : Booking the show for the following movie on date 20180805
$(one_movie "$GOLD")

Press enter to continue
BOOKING DONE!! Thank you for using Cinema app"
	booked anuja_kharatmol 20180805 "$GOLD"
	piped 3 anuja_kharatmol
	contains "ID: $GOLD MOVIE: Gold"
}

test_5_on_a_terminal_asks_until_it_understands() {
	on_terminal <<-'END'
		? Select an option
		! 5
		? username for the booking :
		! nobody
		? username for the booking :
		! vasundhara kurtakoti
		? date for the booking :
		! 20180804
		? date for the booking :
		! 20180230
		? date for the booking :
		! 20180803
		? id for the booking :
		! Gold
		? id for the booking :
		! the INCREDIBLES 2
		? Press enter to continue
		!
		? Select an option
		! 7
	END
	classic
	shows "$MENU
5
>Please enter username for the booking : nobody
There is no user nobody.
>Please enter username for the booking : vasundhara kurtakoti
>Please enter the date for the booking : 20180804
There are no shows on 20180804.
>Please enter the date for the booking : 20180230
20180230 is no date: write it as in 20180805.
>Please enter the date for the booking : 20180803
$(movies_of 20180803)

>Enter the id for the booking : Gold
There is no movie Gold on 20180803.
>Enter the id for the booking : the INCREDIBLES 2
Booking the show for the following movie on date 20180803
$(one_movie 39ab85e5-5e8e-4dc5-afea-65dc368bd7ab)

Press enter to continue

BOOKING DONE!! Thank you for using Cinema app
$MENU
7"
	booked vasundhara_kurtakoti 20180803 39ab85e5-5e8e-4dc5-afea-65dc368bd7ab
}

test_5_takes_a_unique_start_of_an_id() {
	small_cinema
	piped 5 nayana_patil 20180801 2 26 '' 7
	contains '>Enter the id for the booking : 2 may be each of these:'
	contains 'ID: 267eedb8-0f5d-42d5-8f43-72426b9fb3e6 MOVIE: Karwaan'
	contains 'ID: 276c79ec-a26a-40a6-b3d3-fb242a5947b6 MOVIE: Avengers Infinity War'
	contains 'BOOKING DONE!!'
	booked nayana_patil 20180801 267eedb8-0f5d-42d5-8f43-72426b9fb3e6
}

take() {
	expect 201 POST /bookings "{\"user\":\"yojane_mane\",\"date\":\"$1\",\"movie\":\"$GOLD\",\"time\":\"$2\",\"screen\":\"$3\",$4}"
}

# The seats of a user's bookings, and where.
seats_of() {
	expect 200 GET "/bookings/$1?view=full"
	jq -r '[.[] | select(.status == "confirmed") | "\(.time)-\(.screen) \(.seats | join(" "))"] | join("; ")' <<<"$BODY"
}

test_5_draws_the_hall() {
	small_cinema
	take 20180806 14:00 1 '"seats":["A1","B7"]'
	take 20180806 14:00 1 '"seats":["A2"],"hold":true'
	piped 5 nayana_patil 20180806 gold ''
	contains '>Enter the id for the booking : * 14:00, screen 1, Studio: 7 of 11 seats free
  21:00, screen 3, Closet: 1 of 1 seats free
Gold at 14:00, Studio: 7 of 11 seats free
   ====== screen ======
 A     #  h     3  4      9.00
 B  1  2  3  -  5  6  #  12.50
Free seats by number; # sold, h held, - out of use; prices in EUR
Enter takes the best seat at 14:00.
Or type seats (F7 F8), how many (3), another time (21:00), or back.
Booking the show for the following movie on date 20180806
ID: '
	contains 'BOOKING DONE!!'
}

test_5_draws_a_wide_hall_in_80_columns() {
	local digits=1234567890
	small_cinema
	piped 5 nayana_patil 20180808 gold ''
	[ "$(sed -n '/^From/,/^Or type/p' <<<"$OUT" | wc -L)" -le 80 ] || fail "$OUT"
	contains 'From the left, places 1 to 50:'
	contains " A $(printf '%50s' '')  1000000.00"
	contains "AB $digits$digits$digits$digits$digits  1000000.00"
	contains " A $(printf '%50s' 1)  1000000.00"
	contains 'Free seats by last digit; # sold'
}

test_5_takes_the_seats_that_are_named() {
	small_cinema
	piped 5 nayana_patil 20180806 gold 'A1 A2' '' 7
	contains 'Enter takes A1 A2 at 14:00 for 18.00 EUR.'
	contains 'BOOKING DONE!! Thank you for using Cinema app
Showing: 20180806 14:00, Studio
Seats: A1 A2
Price: 18.00 EUR
Code: '
	piped 5 nayana_patil 20180806 gold ' b7,a4,  B7 ' '' 7
	contains 'Enter takes B7 A4 at 14:00 for 21.50 EUR.'
	contains 'Seats: B7 A4'
	[ "$(seats_of nayana_patil)" = '14:00-1 B7 A4; 14:00-1 A1 A2' ]
}

test_5_takes_the_best_of_a_number() {
	small_cinema
	piped 5 nayana_patil 20180806 gold 3 '' 7
	contains 'Enter takes the best 3 seats at 14:00.'
	contains 'Price: 37.50 EUR'
	piped 5 nayana_patil 20180806 gold 3 1 '' 7
	contains 'Enter takes the best seat at 14:00.'
	[[ $(seats_of nayana_patil) =~ ^14:00-1\ [AB][0-9]\;\ 14:00-1\ B[0-9]\ B[0-9]\ B[0-9]$ ]] || fail "$(seats_of nayana_patil)"
}

test_5_says_what_cannot_be_had() {
	small_cinema
	take 20180806 14:00 1 '"seats":["A1"]'
	take 20180806 14:00 1 '"seats":["A2"],"hold":true'
	local bad='B8 A0 Z1 a B 1B B01 B99999999999999999999 A1 a2 B4 é'
	piped 5 nayana_patil 20180806 gold "$bad" 0 11 99999999999999999999 10:00 25:00 14:00-3 : ,
	local said
	for said in 'There is no seat '{B8,A0,Z1,A,B,1B,B01,B99999999999999999999,é}. 'A1 is taken.' 'A2 is taken.' \
		'B4 is out of use.' 'At least one seat must be taken.' 'Only 8 seats are free.' \
		'There is no showing at '{10:00,25:00,14:00-3,:}.; do
		contains "$said"
	done
	expect 404 GET /bookings/nayana_patil
	# One that is wrong leaves what was chosen before.
	piped 5 nayana_patil 20180806 gold 'B1 B2' 'B3 A1' '' 7
	contains 'Seats: B1 B2'
	# The server has the last word, and the question stays.
	piped 5 nayana_patil 20180806 gold 6 '' 2 '' 7
	contains 'Not booked: count: a booking takes 5 seats at most'
	contains 'BOOKING DONE!!'
	piped 5 nayana_patil 20180806 gold 3 back 7
	[ "$(seats_of nayana_patil | tr -dc ';')" = ';' ]
}

test_5_turns_to_another_showing() {
	small_cinema
	piped 5 nayana_patil 20180806 gold a1 21:00 '' 7
	contains '* 21:00, screen 3, Closet: 1 of 1 seats free'
	contains 'Enter takes the best seat at 21:00.'
	contains $'Seats: Z1\nPrice: 0.05 EUR'
	piped 5 nayana_patil 20180806 gold 21:00 '' 7
	contains 'The showing at 21:00 is sold out.'
	piped 5 nayana_patil 20180807 stree 20:00 20:00-2 AB100 '' 7
	contains 'There are 2 showings then: add the screen, as in 20:00-2.'
	contains 'Enter takes AB100 at 20:00 for 1000000.00 EUR.'
	[ "$(seats_of nayana_patil)" = '20:00-2 AB100; 14:00-1 B3; 21:00-3 Z1' ] || fail "$(seats_of nayana_patil)"
}

test_5_asks_nothing_about_a_last_seat() {
	small_cinema
	piped 5 nayana_patil 20180807 gold anything 7
	OUT=${OUT%$'\nCode: '*$'\nWelcome'*}
	shows "$MENU
>Please enter username for the booking : >Please enter the date for the booking : $(one_movie "$GOLD")

$(one_movie a8034f44-aee4-44cf-b32c-74cf452aaaae)

>Enter the id for the booking : Booking the show for the following movie on date 20180807
$(one_movie "$GOLD")

Press enter to continue
BOOKING DONE!! Thank you for using Cinema app
Showing: 20180807 14:00, Closet
Seats: Z1
Price: 0.05 EUR"
	# The movie is asked for again, and old scripts still keep in step.
	piped 5 nayana_patil 20180807 gold '' 7
	contains ">Enter the id for the booking : Gold is sold out on 20180807.
>Enter the id for the booking : $MENU"
}

# Runs the menu with answers from a pipe that stays open: 7 is its end.
dialogue_begins() {
	rm -f "$WORK/pipe"
	mkfifo "$WORK/pipe"
	"$CINEMA" <"$WORK/pipe" >"$WORK/out" 2>&1 &
	exec 7>"$WORK/pipe"
	printf '%s\n' "$@" >&7
}

dialogue_ends() {
	printf '%s\n' "$@" >&7
	exec 7>&-
	wait $!
	OUT=$(cat "$WORK/out")
}

test_5_says_which_seats_went() {
	small_cinema
	dialogue_begins 5 nayana_patil 20180806 gold 'B1 B2 A4'
	wait_for 10 grep -q 'Enter takes B1 B2 A4' "$WORK/out"
	take 20180806 14:00 1 '"seats":["B2","A4"]'
	dialogue_ends '' 'B1 B3' ''
	contains 'Not booked: taken meanwhile: B2 A4
* 14:00, screen 1, Studio: 8 of 11 seats free'
	contains ' B  1  #  3  -  5  6  7  12.50'
	contains 'Seats: B1 B3'
	# With nothing left there is nothing to ask.
	dialogue_begins 5 nayana_patil 20180806 gold A3
	wait_for 10 grep -q 'Enter takes A3' "$WORK/out"
	take 20180806 14:00 1 '"count":3'
	take 20180806 14:00 1 '"count":3'
	take 20180806 21:00 3 '"count":1'
	dialogue_ends ''
	contains $'Not booked: taken meanwhile: A3\nGold is sold out on 20180806.\n'"$MENU"
}

test_5_goes_back_at_an_empty_answer() {
	local user='>Please enter username for the booking : ' date='>Please enter the date for the booking : '
	piped 5 ''
	shows "$MENU"$'\n'"$user$MENU"
	piped 5 yojane_mane ''
	shows "$MENU"$'\n'"$user$date$MENU"
	piped 5 yojane_mane 20180803 ''
	shows "$MENU"$'\n'"$user$date$(movies_of 20180803)"$'\n\n'">Enter the id for the booking : $MENU"
}

test_5_books_nothing_before_enter() {
	local before
	before=$(bookings_of yojane_mane)
	piped 5 yojane_mane 20180803 720d
	contains 'Press enter to continue'
	[ "$(bookings_of yojane_mane)" = "$before" ]
	CODE=130 on_terminal <<-'END'
		? Select an option
		! 5
		? username for the booking :
		! yojane_mane
		? date for the booking :
		! 20180803
		? id for the booking :
		! 720d
		? Press enter to continue
		^ C
	END
	[ "$(bookings_of yojane_mane)" = "$before" ]
}

# What comes in place of halls; each ends in one line and the menu.
test_5_makes_nothing_of_a_wrong_hall() {
	local good='{"time":"14:00","screen":"1","currency":"EUR","rows":[{"name":"A","price":1,"seats":"ff"}]}' hall line
	local showings='[{"id":"14:00-1","time":"14:00","screen":"1"}]'
	while read -r line hall; do
		mkdir -p "$WORK/www/$line"
		printf '%s' "$hall" >"$WORK/www/$line/map"
	done < <(printf '%s\n' "good $good" "rows ${good/\[*\]/7}" "name ${good/\"A\"/\"A1\"}" "signs ${good/ff/fq}" \
		"price ${good/:1,/:-1,}" "cheap ${good/:1,/:\"1\",}" "time ${good/time/tim}" 'array []' 'text x')
	stand_in "location / { proxy_pass $URL; }
		location ~ ^/([a-z]+)/(movies|users|bookings|showtimes/[0-9]+\$) { rewrite ^/[a-z]+(/.*) \$1 break; proxy_pass $URL; }
		location ~ ^/([a-z]+)/showtimes/.*/seats\$ { try_files /\$1/map =404; }
		location ~ ^/([a-z]+)/showtimes/ { return 200 '$showings'; }
		location ~ ^/none/showtimes/ { return 200 '{}'; }"
	piped 5 nayana_patil 20180805 gold -- --server "$OTHER/good"
	contains 'Gold at 14:00, 1: 2 of 2 seats free'
	for hall in rows name signs price cheap time array text; do
		piped 5 nayana_patil 20180805 gold 7 -- --server "$OTHER/$hall"
		contains "does not answer as a cinema does ("
		[[ $OUT != *'Press enter'* ]] || fail "$hall: $OUT"
	done
}

# A server that knows no seats is asked as ever.
test_5_books_without_seats_where_there_are_none() {
	stand_in "location / { proxy_pass $URL; }
		location ~ ^/showtimes/[0-9]+/ { return 404 '{\"detail\":\"Not here.\"}'; }"
	piped 5 nayana_patil 20180805 gold '' 7 -- --server "$OTHER"
	contains ">Enter the id for the booking : Booking the show"
	contains 'BOOKING DONE!!'
}

test_6_clears_a_terminal_only() {
	local clear=$'\e[H\e[2J\e[3J'
	piped 6
	shows "$MENU"$'\n'"$MENU"
	on_terminal <<-'END'
		? Select an option
		! 6
		? Select an option
		! 7
	END
	shows "$MENU"$'\n6\n'"$clear$MENU"$'\n7'
}

test_ctrl_d_leaves_at_any_question() {
	on_terminal <<-'END'
		? Select an option
		^ D
	END
	shows "$MENU"
	on_terminal <<-'END'
		? Select an option
		! 5
		? username for the booking :
		^ D
	END
	shows "$MENU"$'\n5\n>Please enter username for the booking : '
}

test_other_options_get_a_line_and_the_menu() {
	local option
	# shellcheck disable=SC2016 # meant so
	for option in 8 0 '' 11 -1 1x book '$(id)' "'"; do
		piped "$option"
		answers "$CHOICE"
	done
	piped ' 7 ' 1
	shows "$MENU"
}

test_odd_input_does_no_harm() {
	local odd='Please answer in plain text of at most 1023 bytes.'
	{
		printf 'x%.0s' {1..200000}
		printf '\n1\0\n\xff\xfe\n\e[A\n3\n\xc3(\n\x9b1m\n\n'
	} | "$CINEMA" >"$WORK/out"
	OUT=$(cat "$WORK/out")
	[ "$(grep -cF "$odd" "$WORK/out")" = 6 ] || fail "$OUT"
	contains 'On date: 20180802'
	head -c 1000000 /dev/urandom | "$CINEMA" >"$WORK/out"
}

test_a_server_that_is_down_is_one_line() {
	local option port
	port=$(free_port)
	for option in 1 2 4; do
		piped "$option" -- --server "http://127.0.0.1:$port"
		says "^Cannot reach the cinema at http://127.0.0.1:$port: start it with ./run.sh, or name another with --server\$"
	done
	piped 3 '' -- --server "127.0.0.1:$port"
	says "^>Please enter username : Cannot reach the cinema"
	piped 5 nayana_patil -- --server "127.0.0.1:$port"
	says "^>Please enter username for the booking : Cannot reach the cinema"
	piped 1 -- --server http://no-such-host.invalid
	says '^Cannot reach the cinema'
}

test_a_slow_server_is_given_up() {
	head -c 100000 /dev/zero >"$WORK/zero"
	mkdir -p "$WORK/www/slow"
	mv "$WORK/zero" "$WORK/www/slow/movies"
	stand_in 'location /slow/ { limit_rate 10; }'
	piped 1 -- --timeout 1 --server "$OTHER/slow"
	says 'does not answer within 1 s'
	# one that takes connections and says nothing
	kill -STOP "$(children "$(cat "$WORK/other/nginx.pid")")"
	piped 1 -- --timeout=1 --server "$OTHER"
	kill -CONT "$(children "$(cat "$WORK/other/nginx.pid")")"
	says 'does not answer within 1 s'
}

# The children of a process, of which nginx has one here.
children() {
	local children
	read -r children <"/proc/$1/task/$1/children" || [ -n "$children" ]
	printf '%s' "${children% }"
}

# Writes a file that a stand-in gives as /CASE/movies.
wrong() {
	mkdir -p "$WORK/www/$1"
	cat >"$WORK/www/$1/movies"
}

test_rubbish_is_one_line() {
	wrong text <<<'no JSON'
	wrong empty </dev/null
	wrong array <<<'[]'
	wrong number <<<'7'
	wrong cut <<<'{"a":{"title":"A",'
	wrong member <<<'{"a":1}'
	wrong title <<<'{"a":{"title":1}}'
	wrong director <<<'{"a":{"title":"A","director":{},"rating":1}}'
	wrong rating <<<'{"a":{"title":"A","director":"B","rating":"C"}}'
	wrong twice <<<'{"a":{"title":"A"},"a":{"title":"B"}}'
	wrong deep < <(printf '{"a":%.0s' {1..5000})
	wrong utf8 < <(printf '{"a":{"title":"\xff"}}')
	wrong large < <(printf '{"a":{"title":"'; head -c 17000000 /dev/zero | tr '\0' x; printf '"}}')
	wrong loop <<<'{}'
	wrong away <<<'{}'
	wrong gzip <<<'{}'
	stand_in '
		location /loop/ { add_header Link "</movies?a>; rel=\"next\""; }
		location /away/ { add_header Link "<http://127.0.0.1:1/movies>; rel=\"next\""; }
		location /gzip/ { add_header Content-Encoding gzip; }
		location /moved/ { return 301 http://127.0.0.1:1/; }
		location /html/ { default_type text/html; return 404 "<html>not here</html>"; }
		location /teapot/ { return 418; }
		location /nothing/ { return 204; }'
	local case
	for case in text empty array number cut member title director rating twice deep utf8 large loop away \
		gzip moved html teapot nothing; do
		piped 1 -- --server "$OTHER/$case"
		says "^The server at $OTHER/$case does not answer as a cinema does \(.+\): name another with --server\$"
		case $case in
		moved) contains '(status 301)' ;;
		html) contains '(status 404)' ;;
		teapot) contains '(status 418)' ;;
		*) [[ $OUT != *'(status '* ]] || fail "$case: $OUT" ;;
		esac
	done
	piped 1 -- --server "https://127.0.0.1:${OTHER##*:}"
	says 'does not answer as a cinema does'
}

test_troubles_of_the_server_are_one_line() {
	stand_in '
		location /500/ { default_type text/html; return 500 "<html>"; }
		location /503/ { return 503 "{\"title\":\"Busy\",\"status\":503,\"detail\":\"The movies service does not answer.\"}"; }
		location /404/ { return 404 "{\"title\":\"Not found\",\"status\":404}"; }'
	piped 1 -- --server "$OTHER/500"
	says "^The server at $OTHER/500 has trouble of its own \(500\): try again later\$"
	piped 1 -- --server "$OTHER/503"
	says '^The movies service does not answer. Try again later.$'
	piped 1 -- --server "$OTHER/404"
	says '^Not found$'
}

# A title may hold anything; on the screen it is text.
test_a_hostile_server_cannot_drive_the_terminal() {
	local evil='\u001b]0;evil\u0007\u001b[2J\r\n\t\b\u007f\u009b31m\u202efdp'
	mkdir -p "$WORK/www"
	printf '{"a":{"title":"é%s","director":"%s","rating":1}}' "$evil" "$evil" >"$WORK/www/movies"
	printf '{"%s":{"id":"%s","name":"%s"}}' "$evil" "$evil" "$evil" >"$WORK/www/users"
	printf '{"20180801":["a","%s"]}' "$evil" >"$WORK/www/showtimes"
	printf '{"%s":{"20180801":["%s"]}}' "$evil" "$evil" >"$WORK/www/bookings"
	# nginx takes these for its own escapes
	stand_in "location /bad/ { return 400 '{\"detail\":\"${evil//\\r\\n\\t/}\"}'; }"
	piped 1 2 3 '' 4 -- --server "$OTHER"
	contains 'Title: é�]0;evil��[2J������31m�fdp'
	contains 'MOVIE: é�]0;evil'
	contains 'User: �]0;evil'
	[ "$(wc -l <<<"$OUT")" = $((5 * 9 + 5 + 3 + 3 + 1)) ] || fail "$OUT"
	piped 1 -- --server "$OTHER/bad"
	says '�\]0;evil'
	cat "$WORK/out" >>"$WORK/all"
	piped 1 2 3 '' 4 -- --server "$OTHER"
	cat "$WORK/out" >>"$WORK/all"
	[ -s "$WORK/all" ]
	LC_ALL=C must_fail grep -qP '[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]' <(tr -d '\n' <"$WORK/all")
}

test_the_whole_of_a_long_list_is_shown() {
	mkdir "$WORK/data"
	cp "$ROOT"/data/*.json "$WORK/data"
	jq -n '[range(2500) | "m\(1000000 + .)"] | map({key: ., value: {id: ., title: "T \(.)",
		director: "D", rating: 5}}) | from_entries' >"$WORK/data/movies.json"
	start_cinema "CINEMA_DATA=$WORK/data"
	rm -r "$WORK/data"
	piped 1
	[ "$(grep -c '^ID: m' <<<"$OUT")" = 2500 ]
	[ "$(grep '^ID: m' <<<"$OUT" | sort -u | wc -l)" = 2500 ]
	# 276c… is gone
	piped 2
	contains 'ID: 276c79ec-a26a-40a6-b3d3-fb242a5947b6 MOVIE: 276c79ec-a26a-40a6-b3d3-fb242a5947b6'
	piped 5 nayana_patil 20180805 ''
	contains "Title: $GOLD"
}

# Locations that pass on to the suite's instance all but POST /bookings.
all_but_booking() {
	cat <<-END
		location / { proxy_pass $URL; }
		location = /bookings {
			${2-}
			if (\$request_method = POST) { $1 }
			proxy_pass $URL;
		}
	END
}

test_a_refused_booking_is_one_line() {
	local before
	before=$(bookings_of yojane_mane)
	stand_in "$(all_but_booking 'return 409 "{\"title\":\"Taken\",\"detail\":\"The show is sold out.\"}";')"
	piped 5 yojane_mane 20180805 gold '' -- --server "$OTHER"
	contains 'Press enter to continue'$'\n''Not booked: The show is sold out.'$'\n'"$MENU"
	[ "$(posts)" = '1 1' ]
	[ "$(bookings_of yojane_mane)" = "$before" ]
}

test_a_busy_server_is_asked_again_with_the_same_key() {
	stand_in "$(all_but_booking 'add_header Retry-After 1 always;
		return 503 "{\"detail\":\"The bookings service is busy.\"}";' \
		"if (-f $WORK/www/for_long) { add_header Retry-After 3600 always; return 503; }")"
	piped 5 yojane_mane 20180805 gold '' -- --server "$OTHER" --timeout 60
	contains 'Not booked: The bookings service is busy. Try again later.'
	[ "$(posts)" = '4 1' ]
	# A wait beyond the deadline is not begun.
	: >"$WORK/other/keys.log"
	touch "$WORK/www/for_long"
	piped 5 yojane_mane 20180805 gold '' -- --server "$OTHER" --timeout 60
	rm "$WORK/www/for_long"
	[ "$(posts)" = '1 1' ]
}

test_a_broken_connection_is_tried_again_with_the_same_key() {
	stand_in "$(all_but_booking 'return 444;')"
	piped 5 yojane_mane 20180805 gold '' -- --server "$OTHER"
	contains "The connection to the cinema at $OTHER broke: try again later (option 3 tells whether it was booked)"
	[ "$(posts | cut -d' ' -f2)" = 1 ]
	[ "$(posts | cut -d' ' -f1)" -ge 4 ]
}

test_a_booking_outlasts_trouble_and_is_made_once() {
	local client
	stand_in "$(all_but_booking 'add_header Retry-After 1 always; return 503;' \
		"if (-f $WORK/www/well) { proxy_pass $URL; break; }")"
	(piped 5 yojane_mane 20180802 gold '' -- --server "$OTHER" --timeout 60) &
	client=$!
	wait_for 20 grep -q POST "$WORK/other/keys.log"
	touch "$WORK/www/well"
	wait "$client"
	rm "$WORK/www/well"
	[ "$(posts | cut -d ' ' -f 1)" -gt 1 ]
	OUT=$(cat "$WORK/out")
	contains 'BOOKING DONE!!'
	booked yojane_mane 20180802 "$GOLD"
}

test_a_service_that_restarts_is_not_noticed() {
	local service
	for service in users showtimes movies bookings; do
		kill_service "$service"
		piped 5 nachiket_ghorpade 20180801 stree '' 7
		contains 'BOOKING DONE!!'
	done
}

# All of it is stopped and started again while somebody chooses a seat.
test_a_restart_of_everything_is_not_noticed() {
	may_restart
	mkfifo "$WORK/keys"
	"$CINEMA" --timeout 60 <"$WORK/keys" >"$WORK/out" &
	local client=$!
	exec 6>"$WORK/keys"
	printf '%s\n' 5 yojane_mane 20180805 gold >&6
	wait_for 20 grep -q 'Press enter' "$WORK/out"
	run_sh stop
	printf '\n7\n' >&6
	exec 6>&-
	run_sh start
	wait "$client"
	rm "$WORK/keys"
	OUT=$(cat "$WORK/out")
	contains 'BOOKING DONE!!'
	booked yojane_mane 20180805 "$GOLD"
}

test_lines_are_edited_and_remembered() {
	on_terminal <<-'END'
		? Select an option
		! 3
		? enter username :
		! nobodx
		? There is no user nobodx.
		? Select an option
		! 3
		? enter username :
		^ P
		? nobodx
		^ H
		! y
		? There is no user nobody.
		? Select an option
		! 7
	END
	[ "$(stat -c %a "$XDG_STATE_HOME/cinema/history")" = 600 ]
	# The next one knows it, and no choices of the menu.
	on_terminal <<-'END'
		? Select an option
		^ P
		? nobody
		^ U
		! 7
	END
}

# Everything of the current instance but its files.
kill_everything() {
	local name supervisor nginx
	may_restart
	nginx=$(cat "$STATE/pids/nginx.pid")
	for name in users movies showtimes bookings; do
		supervisor=$(cat "$STATE/pids/$name.pid")
		printf '%s ' "$supervisor" "$(children "$supervisor")"
	done >"$WORK/killed"
	printf '%s ' "$nginx" "$(children "$nginx")" "$(cat "$STATE/pids/keeper.pid")" >>"$WORK/killed"
	# shellcheck disable=SC2046 # a list
	kill -9 $(cat "$WORK/killed")
}

test_a_booking_outlives_a_kill_of_everything() {
	free_seats
	piped 5 kamraj_ambalkar 20180803 720d '' 7
	contains 'BOOKING DONE!!'
	kill_everything
	piped 3 kamraj_ambalkar
	says 'Cannot reach the cinema'
	wait_for 15 run_sh start
	piped 3 kamraj_ambalkar
	answers '>Please enter username : On date: 20180803
ID: 720d006c-3a57-4b6a-b18f-9b713b073f3c MOVIE: Happy Phirr Bhag Jayegi'
}

refused_arguments() {
	local code=0
	"$CINEMA" "$@" </dev/null >"$WORK/out" 2>"$WORK/err" || code=$?
	if [ "$code" != 2 ] || [ -s "$WORK/out" ] || ! grep -q '; cinema --help tells more$' "$WORK/err" || [ "$(wc -l <"$WORK/err")" != 1 ]; then
		fail "cinema $*: $code $(cat "$WORK/out" "$WORK/err")"
	fi
}

test_arguments() {
	"$CINEMA" --help >"$WORK/out"
	grep -q '^Usage: cinema' "$WORK/out"
	"$CINEMA" --version >"$WORK/out"
	grep -qE '^cinema [0-9]+\.' "$WORK/out"
	refused_arguments --unknown
	refused_arguments 1
	refused_arguments ''
	refused_arguments --help=1
	refused_arguments --server
	refused_arguments --server ftp://localhost
	refused_arguments --server ''
	local seconds
	for seconds in 0 -1 1x '' 1.5 99999999999999999999 3601 ' 1'; do
		refused_arguments --timeout "$seconds"
	done
}

test_where_the_server_is_named() {
	local listen=$CINEMA_LISTEN
	export CINEMA_LISTEN=127.0.0.1:1
	piped 4
	says 'http://127.0.0.1:1:'
	export CINEMA_URL=http://127.0.0.1:2
	piped 4
	says 'http://127.0.0.1:2:'
	piped 4 -- --server http://127.0.0.1:3/
	says 'http://127.0.0.1:3:'
	# nginx's way to say every address
	unset CINEMA_URL
	export CINEMA_LISTEN="*:${listen##*:}"
	piped 4
	contains 'Nayana Patil'
	# a proxy is not asked for what is on this machine
	CINEMA_LISTEN=$listen http_proxy=http://127.0.0.1:1 piped 4
	contains 'Nayana Patil'
}

test_output_that_cannot_be_written_is_an_error() {
	local code=0
	[ -c /dev/full ] || skip 'there is no /dev/full'
	echo 4 | "$CINEMA" >/dev/full 2>"$WORK/err" || code=$?
	[ "$code" = 5 ] && grep -q 'cannot write' "$WORK/err"
}

test_valgrind_finds_nothing() {
	[ -x /usr/bin/valgrind ] || skip 'valgrind is not installed'
	! nm "$CINEMA" | grep -q __asan_init || skip 'built with a sanitizer of its own'
	printf '%s\n' 1 2 3 '' 3 nobody 4 5 nobody 'Nayana Patil' 20180804 20180805 nothing 9 '' 6 8 5 '' |
		timeout 120 /usr/bin/valgrind -q --leak-check=full --error-exitcode=99 \
			"$CINEMA" >"$WORK/out" 2>"$WORK/err" || fail "$(cat "$WORK/err")"
	grep -q 'BOOKING DONE' "$WORK/out"
	CODE=0 TERM=xterm "$ROOT/tests/menu/talk.exp" /usr/bin/valgrind -q --leak-check=full --error-exitcode=98 \
		"$CINEMA" --server 127.0.0.1:1 >"$WORK/out" <<-'END' || fail "$(cat "$WORK/out")"
		? Select an option
		! 3
		? enter username :
		! nobody
		? Cannot reach the cinema
		? Select an option
		^ P
		? nobody
		^ U
		^ D
	END
}

run_suite "$@"
