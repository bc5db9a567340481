# The figures as a page of Markdown, with the command that measures each.
def short: if . == null then "–" elif . >= 100 then round elif . >= 10 then (. * 10 | round / 10) else (. * 100 | round / 100) end;
def row: "| " + (map(if . == null then "–" else tostring end) | join(" | ")) + " |";
def names: {cinema: "**Cinema**", auth: "Cinema, asked with a token", event: "constant bytes, libfcgi and epoll",
	list: "constant bytes, libfcgi and epoll", plain: "constant bytes, plain libfcgi loop", file: "a file, same settings",
	sendfile: "a file, nginx's usual settings", go: "Go net/http", node: "Node http", flask: "Flask, gunicorn"};
def table($title; $only; $whats):
	[.figures[] | select(.what as $what | $whats | index($what))] as $rows
	| if $rows == [] then empty else
	"### \($title)", "", "`tests/bench/run --only '\($only)'`", "",
	(["", "", "requests/s", "p50", "p99", "p99.9", "nginx", "service", "load"] | row), "|---|---|--:|--:|--:|--:|--:|--:|--:|",
	($whats[] as $what | [$rows[] | select(.what == $what)] | sort_by(if .who == "cinema" then 0 else 1 end, -.rate)[]
		| [.what, names[.who] // .who, .rate, (.p50 | short), (.p99 | short), (.p999 | short), .nginx_us, .service_us,
			"\(.load_cpu * 50 | round) %"] | row),
	"" end;

"# Figures", "",
"Made by `make bench` on \(.machine.date): \(.machine.cores) cores of \(.machine.cpu), \(.machine.kernel), \(.machine.nginx), SQLite \(.machine.sqlite), \(.machine.go), Node \(.machine.node), Flask \(.machine.flask). nginx, the services and the load share the cores. Medians of \(.rounds) interleaved rounds of \(.seconds) s; a ratio is the median of the rounds' ratios. Latencies in ms; nginx and service: µs of CPU time a request; load: its share of both cores. README says what is in the way where a goal is missed.",
"", "![How far each goal is reached](figures.svg)", "",
"## Goals", "", (["", "goal", "reached", "", "alone by `tests/bench/run --only`"] | row), "|---|--:|--:|---|---|",
(.goals[] | [.name, "\(if .at_most then "≤" else "≥" end) \(.wanted) \(.unit // "" | if . == "×" then "" else . end)", "\(.got | short) \(.unit // "" | if . == "×" then "" else . end)",
	(if .met == null then "not measured" elif .met then "met" else "missed by \(((.got / .wanted - 1) * 100) | fabs | round) %" end), "`'\(.only)'`"] | row),
"", "## Reads", "",
table("One movie, not cached"; "^movie$"; ["movie"]),
table("One movie, sent from the micro-cache; hit rate \(.hit_rate // 0 | . * 1000 | round / 10) %"; "^cached$"; ["cached"]),
table("The list of movies"; "^list"; ["list", "list, cached"]),
table("Showtimes of a date"; "^day$"; ["day"]),
table("Seat map of 300 seats"; "^map$"; ["map"]),
table("A user's own document"; "^own$"; ["own"]),
table("A user's bookings, composed of three services' answers"; "^composed$"; ["composed"]),
"## Bookings and mixtures", "",
table("Bookings, durable, on distinct seats, by 1, 8, 32 and 128 connections"; "^post"; ["post 1", "post 8", "post 32", "post 128"]),
(if .disk.sync then
"The disk beside it, a second: \(.disk.sync) writes of 256 bytes and fdatasync, \(.disk.overwrite) in place, \(.disk.sqlite) single-row SQLite commits. Bookings by these:", "",
(["connections", "/ sync", "/ in place", "/ SQLite"] | row), "|--:|--:|--:|--:|", (.posts[] | [.connections, .by_sync, .by_overwrite, .by_sqlite] | row), "" else empty end),
table("An evening: 95 % reads, 5 % bookings"; "^evening"; ["evening", "evening, cached"]),
table("One hall of 300 seats goes on sale, 500 connections"; "^rush$"; ["rush"]),
(.rounds as $rounds | .figures[] | select(.what == "rush") | "\(.status["201"]) bookings of \(300 * $rounds) seats in \($rounds) rounds, \(.status["409"]) refused.", ""),
"## Open loop", "",
"Requests at a fixed rate, half of what the closed loop reached, whether answers come or not.", "",
table("One movie; an evening"; "^(movie|evening)"; ["movie, open", "evening, open"]),
(if .growth | length > 0 then
"## Growth", "", "Median latency at 4 connections with \(.bookings.few) and \(.bookings.many) bookings: `tests/bench/run --only '^growth'`", "",
(["", "few", "many", "many / few"] | row), "|---|--:|--:|--:|", (.growth[] | [.route, .few, .many, .ratio] | row), "" else empty end),
(if .memory | length > 0 then
"## Memory and start", "", "Resident MiB, idle and while 1,000 connections ask: `tests/bench/run --only '^memory$'`", "",
(["", "idle", "1,000 connections"] | row), "|---|--:|--:|", (.memory[] | [.service, .idle, .loaded] | row), "",
"From `./run.sh start` to all four ready: \(.start_seconds) s (`tests/bench/run --only '^start$'`)." else empty end)
