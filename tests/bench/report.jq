# From the lines of all measurements to the figures: medians, ratios and the goals they are held to.
def median: sort | length as $n
	| if $n == 0 then null elif $n % 2 == 1 then .[$n / 2 | floor] else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;
def digits($n): if . == null then null else (. * pow(10; $n) | round) / pow(10; $n) end;
def mebi: if . == null then null else . / 1024 | digits(1) end;

. as $lines
| def lines($what; $who): [$lines[] | select(.what == $what and .who == $who)];
# Round by round, one measurement's value by another's; null where one was not made.
def ratio($what; $who; $by_what; $by_who; value):
	[lines($what; $who)[] as $one | lines($by_what; $by_who)[] | select(.round == $one.round)
		| ($one | value) / value] | median | digits(2);
def rates($what; $who; $by_what; $by_who): ratio($what; $who; $by_what; $by_who; .rate);
def goal($name; $only; $wanted; $got): {name: $name, only: $only, wanted: $wanted, got: $got,
	met: (if $got == null then null else $got >= $wanted end)};
def bound($name; $only; $unit; $wanted; $got): {name: $name, only: $only, at_most: true, unit: $unit, wanted: $wanted, got: $got,
	met: (if $got == null then null else $got <= $wanted end)};

([$lines[] | select(.p50 != null and (.what | startswith("growth") | not))] | group_by([.what, .who]) | map({
	what: .[0].what, who: .[0].who, connections: .[0].connections,
	rate: (map(.rate) | median | digits(0)),
	p50: (map(.p50) | median), p99: (map(.p99) | median), p999: (map(.p999) | median),
	nginx_us: (map(.nginx_us) | median | digits(0)), service_us: (map(.service_us) | median | digits(0)),
	load_cpu: (map(.cpu) | median | digits(2)),
	errors: (map(.errors) | add),
	status: (map(.status | to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) | from_entries)
})) as $figures
| ([$lines[] | select(.what | startswith("growth: ")) | .what] | unique | map(. as $what | {
	route: ltrimstr("growth: "),
	few: ([lines($what; "few")[].p50] | median), many: ([lines($what; "many")[].p50] | median),
	ratio: ratio($what; "many"; $what; "few"; .p50)})) as $growth
| ([1, 8, 32, 128] | map({connections: ., by_sync: rates("post \(.)"; "cinema"; "disk"; "sync"),
	by_overwrite: rates("post \(.)"; "cinema"; "disk"; "overwrite"),
	by_sqlite: rates("post \(.)"; "cinema"; "disk"; "sqlite")})) as $posts
| (["users", "movies", "showtimes", "bookings"] | map(. as $who
	| {service: $who, idle: (lines("memory, idle"; $who)[0].kib | mebi), loaded: (lines("memory, loaded"; $who)[0].kib | mebi)}
	| select(.idle))) as $memory
| {
	machine: $machine, rounds: $rounds, seconds: $duration, skipped: $ARGS.positional,
	figures: $figures, growth: $growth, bookings: {few: 1000, many: $many}, posts: $posts,
	disk: (["sync", "overwrite", "sqlite"] | map({key: ., value: ([lines("disk"; .)[].rate] | median | digits(0))}) | from_entries),
	hit_rate: ([lines("hits"; "cinema")[].rate] | median | digits(4)),
	start_seconds: ([lines("start"; "cinema")[].seconds] | median | digits(2)),
	memory: $memory,
	goals: [
		goal("one movie / constant bytes by libfcgi and epoll"; "^movie$"; 0.95; rates("movie"; "cinema"; "movie"; "event")),
		goal("one movie / plain libfcgi loop"; "^movie$"; 1.5; rates("movie"; "cinema"; "movie"; "plain")),
		goal("one movie / Go net/http"; "^movie$"; 2; rates("movie"; "cinema"; "movie"; "go")),
		goal("one movie / Flask under gunicorn"; "^movie$"; 9; rates("movie"; "cinema"; "movie"; "flask")),
		goal("one movie, micro-cached / nginx sending a file"; "^cached$"; 0.95; rates("cached"; "cinema"; "cached"; "file")),
		goal("bookings, durable / the disk writing and syncing"; "^post"; 1.5; ($posts | map(.by_sync) | max)),
		goal("seat map of 300 / constant bytes"; "^map$"; 0.8; rates("map"; "cinema"; "map"; "event")),
		bound("slowest route, median, \($many) / 1000 bookings"; "^growth"; "×"; 1.3; ($growth | map(.ratio) | max)),
		bound("resident memory a service, idle"; "^memory$"; "MiB"; 12; ($memory | map(.idle) | max)),
		bound("resident memory a service, 1,000 connections"; "^memory$"; "MiB"; 32; ($memory | map(.loaded) | max)),
		bound("start, until all four are ready"; "^start$"; "s"; 1; ([lines("start"; "cinema")[].seconds] | median | digits(2)))
	]
}
