#!/usr/bin/env bash
# The client in a cinema that asks who one is: registering, logging in and out, passwords, what is
# kept, what a verb does then, and the menu.
. "$(dirname "$0")/lib.sh"

CINEMA=$BUILD/cinema
CHEAP=(CINEMA_AUTH=required CINEMA_PASSWORD_KIB=8 CINEMA_PASSWORD_PASSES=1)
# Nobody is logged in by the environment.
AUTH=''

suite_start() {
	start_cinema "${CHEAP[@]}"
}

# run CODE ARGUMENT…: as in verbs.sh, with standard input.
run() {
	local want=$1 code=0
	shift
	timeout 60 "$CINEMA" "$@" >"$WORK/out" 2>"$WORK/err" || code=$?
	OUT=$(cat "$WORK/out")
	ERR=$(cat "$WORK/err")
	[ "$code" = "$want" ] || fail "cinema $*: ended with $code, not $want"$'\n'"$OUT"$'\n'"$ERR"
	[ "$(wc -l <"$WORK/err")" = $((want != 0)) ] || fail "cinema $*: on standard error:"$'\n'"$ERR"
}

says() {
	[[ $ERR =~ $1 ]] || fail "expected $1 on standard error, got: $ERR"
}

shows() {
	[ "$OUT" = "$1" ] || fail "not what was expected:"$'\n'"$(diff <(printf '%s\n' "$1") <(printf '%s\n' "$OUT"))"
}

contains() {
	[[ $OUT == *"$1"* ]] || fail "does not show: $1"$'\n'"$OUT"
}

# Holds the dialogue of standard input with a command on a pseudo-terminal.
on_terminal() {
	local code=0
	TERM=xterm "$ROOT/tests/menu/talk.exp" "$@" >"$WORK/out" || code=$?
	OUT=$(tr -d '\r' <"$WORK/out")
	[ "$code" = "${CODE:-0}" ] || fail "ended with $code"$'\n'"$OUT"
}

# A home of one's own for each who sits at a machine.
at_home() {
	export XDG_STATE_HOME=$WORK/home.$1
}

kept() {
	find "$XDG_STATE_HOME/cinema/logins" -type f 2>/dev/null
}

password_of() {
	printf 'password of %s\n' "$1"
}

register() {
	at_home "$1"
	run 0 register "$1" "The $1" --password-fd 0 < <(password_of "$1")
}

test_register_login_logout_whoami() {
	at_home ada
	run 1 whoami
	says '^cinema: Nobody is logged in at http://.*: log in with cinema login USER$'
	register ada
	shows $'ada\tThe ada\tuser'
	run 0 whoami
	shows $'ada\tThe ada\tuser'
	run 0 --json whoami
	jq -e '. == {user: "ada", name: "The ada", role: "user", auth: "required"}' <<<"$OUT" >/dev/null
	run 0 logout
	shows ''
	[ -z "$(kept)" ]
	run 1 whoami
	run 1 logout
	run 0 login ada --password-fd 0 < <(password_of ada)
	shows $'ada\tThe ada\tuser'
	run 0 bookings
	shows ''
}

test_a_token_is_kept_for_its_owner_alone() {
	local token
	register kim
	[ "$(kept | wc -l)" = 1 ]
	[ "$(stat -c %a "$(kept)")" = 600 ]
	[ "$(stat -c %a "$XDG_STATE_HOME/cinema" "$XDG_STATE_HOME/cinema/logins" | sort -u)" = 700 ]
	token=$(jq -r .token "$(kept)")
	# Logging out makes it worthless; nginx knows after two seconds.
	expect 200 GET /users/kim -H "Authorization: Bearer $token"
	cp "$(kept)" "$WORK/stolen"
	run 0 logout
	wait_for 10 is_refused "$token"
	# One that others can read is not used, and log in and out mend it.
	run 0 login kim --password-fd 0 < <(password_of kim)
	chmod 640 "$(kept)"
	run 5 bookings
	says 'cannot be used: others may read it: log in again$'
	run 0 login kim --password-fd 0 < <(password_of kim)
	[ "$(stat -c %a "$(kept)")" = 600 ]
	run 0 bookings
	echo '{' >"$(kept)"
	run 5 bookings
	says 'cannot be used: it is damaged: log in again$'
	run 1 logout
	[ -z "$(kept)" ]
}

is_refused() {
	[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" "$URL/users/self")" = 401 ]
}

test_each_cinema_has_its_own() {
	local url=$URL
	register lea
	start_cinema "${CHEAP[@]}"
	at_home lea
	run 1 whoami
	run 0 --server "$url/" whoami
	shows $'lea\tThe lea\tuser'
}

test_logging_in_again_revokes_the_old_token() {
	local token
	register max
	token=$(jq -r .token "$(kept)")
	run 0 login max --password-fd 0 < <(password_of max)
	[ "$(jq -r .token "$(kept)")" != "$token" ]
	wait_for 10 is_refused "$token"
	run 0 whoami
}

test_a_log_in_that_has_run_out_says_so() {
	register eve
	run 0 whoami
	jq -c '.token = "gone"' "$(kept)" >"$WORK/gone"
	cat "$WORK/gone" >"$(kept)"
	run 1 bookings eve
	says '^cinema: The log-in as eve at http://.* has run out: log in again with cinema login eve$'
	run 1 book eve 20180801 stree
	says 'has run out'
	# What is for everybody is still shown.
	run 0 movies
	contains 'Gold'
	CINEMA_TOKEN=gone run 1 bookings eve
	says '^cinema: The log-in of CINEMA_TOKEN has run out'
	CINEMA_TOKEN=gone run 2 logout
	says '^cinema: CINEMA_TOKEN says who is logged in: unset it; '
	[ -n "$(kept)" ]
	CINEMA_TOKEN='go ne' run 5 movies
	says '^cinema: CINEMA_TOKEN is no token$'
	run 0 login eve --password-fd 0 < <(password_of eve)
	run 0 bookings eve
}

test_bad_passwords_are_refused() {
	at_home tom
	run 1 register tom --password-fd 0 <<<'short'
	says 'password: .*8 to 200'
	run 2 register tom --password-fd 0 </dev/null
	says '^cinema: no password was given$'
	run 2 register tom --password-fd 0 < <(printf 'x%.0s' {1..2000})
	says '^cinema: the password is too long$'
	run 2 register tom --password-fd 0 < <(printf 'tab\tand more\n')
	says 'not plain text'
	run 2 register tom --password-fd 77 <<<''
	says '^cinema: cannot read the password from descriptor 77: '
	run 0 register tom --password-fd 7 7< <(password_of tom)
	run 1 register tom --password-fd 0 <<<'another one'
	says '^cinema: There is a user tom already.$'
	run 1 login tom --password-fd 0 <<<'not the one'
	says '^cinema: The user or the password is wrong.$'
	run 0 whoami
	run 1 login nobody --password-fd 0 <<<'not the one'
	says '^cinema: The user or the password is wrong.$'
}

test_without_a_terminal_nobody_is_asked() {
	local code=0
	setsid -w "$CINEMA" login tom </dev/null >"$WORK/out" 2>"$WORK/err" || code=$?
	[ "$code" = 2 ]
	grep -qx 'cinema: there is no terminal to ask for the password: use --password-fd' "$WORK/err"
}

test_passwords_on_a_terminal_are_not_shown() {
	at_home zoe
	on_terminal "$CINEMA" register zoe 'Zoë Ångström' <<-'END'
		? Password for zoe:
		! a secret of zoe
		? The same again:
		! a secret of zoe
	END
	contains 'Zoë Ångström'
	[[ $OUT != *secret* ]] || fail "$OUT"
	run 0 logout
	on_terminal "$CINEMA" -v login zoe <<-'END'
		? Password for zoe:
		! a secret of zoe
	END
	contains "> POST $URL/users/zoe/tokens"
	[[ $OUT != *secret* && $OUT != *"$(jq -r .token "$(kept)")"* && $OUT != *Bearer* ]] || fail "$OUT"
	CODE=2 on_terminal "$CINEMA" register other <<-'END'
		? Password for other:
		! a secret of other
		? The same again:
		! another secret
	END
	contains 'cinema: the two differ; nothing was done'
	CODE=2 on_terminal "$CINEMA" login zoe <<-'END'
		? Password for zoe:
		!
	END
	contains 'cinema: no password was given'
}

test_ctrl_c_at_a_password_gives_the_terminal_back() {
	at_home zoe
	CODE=130 on_terminal "$CINEMA" login zoe <<-'END'
		? Password for zoe:
		~ C the shell's prompt
	END
	# shellcheck disable=SC2016 # for the shell there
	on_terminal sh -c 'trap "echo interrupted" INT; "$0" login zoe; stty -a' "$CINEMA" <<-'END'
		? Password for zoe:
		~ C interrupted
	END
	contains 'interrupted'
	[[ $OUT =~ [\ \;]echo[\ \;] && $OUT =~ [\ \;]icanon[\ \;] ]] || fail "$OUT"
}

test_a_restart_of_users_is_not_noticed() {
	local user
	for user in one two three; do
		kill_service users
		register "$user"
		kill_service users
		run 0 login "$user" --password-fd 0 < <(password_of "$user")
		kill_service users
		run 0 whoami
		contains "$user"
	done
}

# What a user may, and what needs the staff.
test_the_verbs_of_who_is_logged_in() {
	local code
	register ina
	run 0 book - 20180801 stree
	contains $'\tconfirmed\t20180801\t'
	run 0 hold ina 20180805 'GOLD' --count 2
	contains $'\theld\t'
	code=${OUT%%$'\t'*}
	run 0 confirm - "$code"
	run 0 bookings
	[ "$(wc -l <<<"$OUT")" = 2 ]
	run 0 bookings 'the INA'
	[ "$(wc -l <<<"$OUT")" = 2 ]
	run 0 cancel - "$code"
	contains $'\tcancelled\t'
	run 0 suggest
	[ "$(wc -l <<<"$OUT")" = 3 ]
	run 1 users
	says '^cinema: This is for the cinema.s staff, and ina is not.$'
	run 1 bookings nayana_patil
	says '^cinema: There is no user nayana_patil for ina to act for: log in with cinema login USER$'
	run 0 logout
	for verb in 'book ina 20180801 stree' 'bookings ina' bookings users 'suggest ina' 'cancel ina x'; do
		read -ra words <<<"$verb"
		run 1 "${words[@]}"
		says '^cinema: This is only for who has logged in: log in with cinema login USER$'
	done
	run 1 book - 20180801 stree
	says '^cinema: Nobody is logged in at '
}

test_the_verbs_of_the_owner() {
	register boss
	of_house PUT /users/boss/role '{"role":"owner"}' >/dev/null
	wait_for 10 is_owner
	run 0 users
	contains $'nayana_patil\tNayana Patil'
	run 0 book nayana_patil 20180803 'the incredibles 2'
	run 0 bookings
	contains $'nayana_patil\t20180803'
	# An owner who enters somebody stays the owner.
	run 0 register newbie 'New B.' --password-fd 0 <<<'long enough'
	shows $'newbie\tNew B.\tuser'
	run 0 whoami
	contains $'boss\t'
}

is_owner() {
	"$CINEMA" whoami >"$WORK/out" || return
	grep -q 'owner$' "$WORK/out"
}

test_the_menu_asks_for_the_password_once() {
	register ben
	run 0 logout
	on_terminal "$CINEMA" <<-'END'
		? Select an option
		! 5
		? username for the booking :
		! the Ben
		? type your username
		? username for the booking :
		! ben
		? Please enter the password of ben :
		! password of ben
		? date for the booking :
		! 20180805
		? id for the booking :
		! gold
		? Press enter to continue
		!
		? BOOKING DONE!!
		? Select an option
		! 3
		? enter username :
		! ben
		? MOVIE: Gold
		? Select an option
		! 7
	END
	[[ $OUT != *'password of ben'$'\n'* ]] || fail "$OUT"
	[ "$(grep -c 'enter the password' <<<"$OUT")" = 1 ]
	# and the next menu not at all
	run 0 < <(printf '3\nben\n')
	contains 'MOVIE: Gold'
	[[ $OUT != *'enter the password'* ]]
}

test_the_menu_takes_a_password_through_a_pipe() {
	register pia
	run 0 logout
	run 0 < <(printf '%s\n' 3 pia 'not the one' 3 pia 'password of pia' 4 7)
	contains '>Please enter the password of pia : The user or the password is wrong.'
	contains '>Please enter the password of pia : pia has no bookings.'
	contains "This is for the cinema's staff, and pia is not."
	# Another user needs another password.
	at_home quin
	register quin
	at_home pia
	run 0 < <(printf '%s\n' 5 quin 'password of quin' '' 7)
	contains '>Please enter the password of quin : >Please enter the date'
	run 0 whoami
	contains $'quin\t'
}

run_suite "$@"
