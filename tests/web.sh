#!/usr/bin/env bash
# The page in a browser: tests/web/NAME.js with playwright-core on Debian's chromium-headless-shell.
# `npm ci` in tests/web installs what they need, as ./run.sh test does.
. "$(dirname "$0")/lib.sh"

PAGE=$ROOT/client/web
PAGE_LIMIT=$((60 * 1024))

# What a browser's test needs and is not there.
lacks() {
	local name
	for name in node chromium-headless-shell; do
		command -v "$name" >/dev/null || echo "needs $name"
	done
	for name in playwright-core axe-core; do
		[ -d "$ROOT/tests/web/node_modules/$name" ] || echo "needs the npm package $name: npm ci in tests/web"
	done
}

# One browser for all tests, each in sessions of its own.
suite_start() {
	if [ -z "$(lacks)" ]; then
		node "$ROOT/tests/web/serve.js" "$WORK/browser" $$ >"$WORK/served" 2>&1 5>&- &
	fi
	start_cinema
}

# browser NAME: runs tests/web/NAME.js on the current instance.
browser() {
	local status lacks
	lacks=$(lacks)
	[ -z "$lacks" ] || skip "$lacks"
	wait_for 30 [ -S "$WORK/browser" ]
	status=$(env | grep ^CINEMA_ | curl -sS --noproxy '*' --max-time 300 --unix-socket "$WORK/browser" --data-binary @- \
		-o "$WORK/said" -w '%{http_code}' "http://browser/$1") || cat "$WORK/served"
	[ "$status" = 200 ] || fail "$(cat "$WORK/said")"
}

test_the_whole_way_to_the_ticket_and_back() {
	browser whole_way
}

test_two_browsers_race_for_a_seat() {
	browser race
}

test_the_keyboard_is_enough() {
	browser keyboard
}

test_every_state_is_fit_to_be_seen() {
	browser states
}

test_a_hold_runs_out() {
	start_cinema CINEMA_HOLD_SECONDS=3
	browser run_out
}

test_the_server_is_down_and_back() {
	start_cinema
	may_restart
	browser down
}

test_hostile_names_stay_text() {
	mkdir "$WORK/hostile"
	cp "$ROOT"/data/*.json "$WORK/hostile"
	cat >"$WORK/hostile/movies.json" <<-'END'
		{"bad": {"id": "bad", "title": "<img src=x onerror=\"alert(1)\"><script>alert(2)</script>",
			"director": "</p><style>*{display:none}</style>", "rating": 1},
		"long": {"id": "long", "title": "AVeryLongTitleWithoutAnySpaceInItThatGoesOnAndOnAndOnAndOnForEver", "director": "D", "rating": 0},
		"other": {"id": "other", "title": "सिनेमा ‮reversed‬ 映画館 🎬 סרט", "director": "Ünïcödé", "rating": 10}}
	END
	echo '{"20990101": ["bad", "long", "other"]}' >"$WORK/hostile/showtimes.json"
	echo '{"it": {"id": "it", "name": "<svg onload=alert(3)>", "last_active": 0}}' >"$WORK/hostile/users.json"
	echo '{}' >"$WORK/hostile/bookings.json"
	jq '.["1"].name = "<b>Hall</b>"' "$ROOT/data/screens.json" >"$WORK/hostile/screens.json"
	start_cinema CINEMA_DATA="$WORK/hostile"
	browser hostile
}

test_accounts_where_the_cinema_asks() {
	start_cinema CINEMA_AUTH=required
	browser account
}

test_an_empty_cinema() {
	mkdir "$WORK/empty"
	cp "$ROOT/data/screens.json" "$WORK/empty"
	for name in users movies showtimes bookings; do
		echo '{}' >"$WORK/empty/$name.json"
	done
	start_cinema CINEMA_DATA="$WORK/empty"
	browser nothing
}

# What a browser loads: the licence, and the pages about the API, are not of it.
test_the_page_is_small_and_on_its_own() {
	local size
	size=$(cat "$PAGE"/{index.html,cinema.css,*.js,*.svg,*.woff2} | wc -c)
	[ "$size" -le "$PAGE_LIMIT" ] || fail "the page has $size bytes, of $PAGE_LIMIT"
	must_fail grep -nE "https?://" "$PAGE"/{index.html,cinema.css,*.js}
	must_fail grep -nE "<script>|<style|style=| on[a-z]+=" "$PAGE"/*.html
	must_fail grep -nE "innerHTML|outerHTML|insertAdjacent|document\.write|eval\(" "$PAGE"/*.js
}

test_the_policy_stands_on_every_page() {
	local path
	for path in / /main.js /cinema.css /problems.html /index.html; do
		expect 200 GET "$path" -H 'Accept: text/html'
		expect_header Content-Security-Policy "default-src 'self'.*frame-ancestors 'none'"
		expect_header X-Content-Type-Options nosniff
	done
}

run_suite "$@"
