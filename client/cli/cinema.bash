# bash completion for cinema(1). Verbs, operands and options stand here once more; tests/verbs.sh
# compares them with `cinema --help`. What the cinema has is asked of it, for a second at most.
# shellcheck shell=bash

declare -gA _cinema_operands=(
	[movies]=''
	[showtimes]='[DATE [MOVIE]]'
	[seats]='DATE MOVIE [TIME-SCREEN]'
	[book]='USER DATE MOVIE [SEAT]...'
	[hold]='USER DATE MOVIE [SEAT]...'
	[confirm]='USER BOOKING'
	[cancel]='USER BOOKING [SEAT]...'
	[bookings]='[USER]'
	[suggest]='[USER]'
	[users]=''
	[register]='USER [NAME]'
	[login]='USER'
	[logout]=''
	[whoami]=''
	[export]='[KIND]...'
	[import]='FILE|FOLDER'
	[status]=''
)
declare -gA _cinema_options=(
	[all]='--server --timeout -v --help --version'
	[verb]='--json'
	[book]='--showing --count --key'
	[hold]='--showing --count --key'
	[register]='--password-fd'
	[login]='--password-fd'
	[seats]='--count'
	[export]='--to'
	[import]='--as --replace'
)

# Whether the option's value is the next word.
_cinema_takes_value() {
	case $1 in --server | --timeout | --showing | --count | --key | --password-fd | --to | --as) ;; *) false ;; esac
}

# One field of a list of the cinema's.
_cinema_ask() {
	local field=$1
	shift
	command cinema --timeout 1 "${_cinema_server[@]}" "$@" 2>/dev/null | cut -f "$field"
}

# What the next operand may be; the verb and the operands before it are the arguments.
_cinema_values() {
	local operands=${_cinema_operands[$1]} kinds kind date
	shift
	read -ra kinds <<<"${operands//[\[\]]/}"
	[ ${#kinds[@]} -gt 0 ] || return 0
	kind=${kinds[$#]-}
	case ${kinds[-1]-} in *...) kind=${kind:-${kinds[-1]}} ;; esac
	case "${kinds[*]}" in
	'USER DATE '*) date=${2-} ;;
	*) date=${1-} ;;
	esac
	case $kind in
	USER) _cinema_ask 1 users ;;
	DATE) _cinema_ask 1 showtimes | sort -u ;;
	MOVIE) _cinema_ask 2 showtimes "$date" ;;
	TIME-SCREEN) _cinema_ask 1 showtimes "$date" "${2-}" ;;
	KIND*) printf '%s\n' users movies screens showtimes bookings ;;
	BOOKING) _cinema_ask 1 bookings "$1" ;;
	esac
}

_cinema() {
	local current=${COMP_WORDS[COMP_CWORD]} verb='' word i words
	local -a operands=() _cinema_server=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "$word" = --server ]; then
			_cinema_server=(--server "${COMP_WORDS[i + 1]-}")
		fi
		if _cinema_takes_value "$word"; then
			((i++))
		elif [[ $word != -* && -z $verb ]]; then
			verb=$word
		elif [[ $word != -* ]]; then
			operands+=("$word")
		fi
	done
	if ((i > COMP_CWORD)); then
		words=''
		[[ $word != --to ]] || compopt -o dirnames 2>/dev/null
	elif [[ $current == -* ]]; then
		words="${_cinema_options[all]} ${verb:+${_cinema_options[verb]} ${_cinema_options[$verb]-}}"
	elif [ -z "$verb" ]; then
		words=${!_cinema_operands[*]}
	elif [[ $verb == import ]]; then
		words=''
		compopt -o default 2>/dev/null
	elif [ -n "${_cinema_operands[$verb]+x}" ]; then
		words=$(_cinema_values "$verb" "${operands[@]}")
	else
		words=''
	fi
	# Not compgen -W: it would expand what the server says.
	COMPREPLY=()
	while read -r word; do
		if [[ -n $word && $word == "$current"* ]]; then
			printf -v word %q "$word"
			COMPREPLY+=("$word")
		fi
	done < <(tr -s ' ' '\n' <<<"$words")
}

complete -F _cinema cinema
