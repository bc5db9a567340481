# The figures as lines of fields with tabs between; a line of one field is a heading.
def row: map(if . == null then "-" else tostring end) | join("\t");
def short: if . == null then "-" elif . >= 100 then round elif . >= 10 then (. * 10 | round / 10) else (. * 100 | round / 100) end;

"\(.machine.cores) cores of \(.machine.cpu), \(.machine.kernel); \(.rounds) rounds of \(.seconds) s; nginx, service and load share the cores.",
"",
"Requests a second, latency in ms; CPU in µs a request; load: what part of a core the load took itself.",
(["", "", "requests/s", "p50", "p99", "p99.9", "nginx µs", "service µs", "load"] | row),
(.figures | group_by(.what) | map(sort_by(if .who == "cinema" then 0 else 1 end, -.rate)) | sort_by(.[0].what) | .[][]
	| [.what, .who, .rate, (.p50 | short), (.p99 | short), (.p999 | short), .nginx_us, .service_us, .load_cpu] | row),
"",
(.figures[] | select(.errors > 0 or (.what != "rush" and any(.status | keys[]; (startswith("2") | not))))
	| "\(.what), \(.who): \(.errors) broken connections, answers \(.status)"),
(.rounds as $rounds | .figures[] | select(.what == "rush")
	| "rush: \(.status["201"]) bookings of \(300 * $rounds) seats by \(.connections) connections, \(.status["409"]) refused"),
(if .hit_rate then "hit rate of the micro-cache: \(.hit_rate * 100 | short) %" else empty end),
(if .disk.sync then
"",
"Durable bookings by connections, and beside them the disk (a second: \(.disk.sync) writes and syncs, \(.disk.overwrite) in place, \(.disk.sqlite) SQLite commits)",
(["", "", "/ sync", "/ in place", "/ SQLite"] | row),
(.posts[] | ["\(.connections) connections", "", .by_sync, .by_overwrite, .by_sqlite] | row)
else empty end),
(if .growth | length > 0 then
"",
"Median latency in ms at 4 connections with \(.bookings.few) and \(.bookings.many) bookings",
(["", "", "few", "many", "many/few"] | row),
(.growth[] | [.route, "", .few, .many, .ratio] | row)
else empty end),
(if .memory | length > 0 then
"",
"Resident MiB of a service: idle, and while 1,000 connections ask",
(.memory[] | [.service, "", .idle, .loaded] | row)
else empty end),
"",
"Goals",
(.goals[] | (if .met == null then "not measured" elif .met then "met" else "MISSED" end) as $verdict
	| "  \($verdict | . + "            "[length:])  \(.name): \(.got // "-") \(.unit // "")\(if .unit then " " else "" end)(\(if .at_most then "at most" else "at least" end) \(.wanted)\(if .met == false then ", missed by \(((.got / .wanted - 1) * 100) | fabs | round) %" else "" end))"),
(if .skipped | length > 0 then "", "Skipped: \(.skipped | join(", "))" else empty end)
