# The goals as a picture: how far each is reached, a bar a goal, and what a second brings of one movie.
def escape: gsub("&"; "&amp;") | gsub("<"; "&lt;");
def reached: if .at_most then .wanted / .got else .got / .wanted end;
def bar($y; $width; $color): "<rect x=\"390\" y=\"\($y)\" width=\"\($width | round)\" height=\"16\" rx=\"2\" fill=\"\($color)\"/>";
def text($x; $y; $anchor; $text): "<text x=\"\($x)\" y=\"\($y)\" text-anchor=\"\($anchor)\">\($text | escape)</text>";

[.goals[] | select(.got != null)] as $goals
| [.figures[] | select(.what == "movie")] as $movie
| ($movie | map(.rate) | max) as $fastest
| {cinema: "Cinema", auth: "Cinema, who asks has logged in", event: "constant bytes, libfcgi and epoll", plain: "constant bytes, plain libfcgi loop",
	go: "Go net/http", node: "Node http", flask: "Flask under gunicorn"} as $names
| (130 + 26 * ($goals | length)) as $middle
| ($middle + 70 + 26 * ($movie | length)) as $height
| "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 \($height)\" font-family=\"sans-serif\" font-size=\"13\">",
"<rect width=\"860\" height=\"\($height)\" fill=\"#fff\"/>",
"<text x=\"20\" y=\"32\" font-size=\"18\" font-weight=\"bold\">Goals: how far each is reached</text>",
text(20; 54; "start"; "\(.machine.cores) cores shared by nginx, service and load; medians of \(.rounds) rounds; \(.machine.date)"),
"<line x1=\"560\" y1=\"74\" x2=\"560\" y2=\"\($middle - 44)\" stroke=\"#444\" stroke-dasharray=\"4 3\"/>",
text(560; 70; "middle"; "goal"),
($goals | to_entries[] | .key as $i | .value | (86 + 26 * $i) as $y | ([reached * 170, 380] | min) as $width
	| text(380; $y + 13; "end"; .name),
	bar($y; $width; if .met then "#2a7f62" else "#c1553b" end),
	text(398 + $width; $y + 13; "start"; "\(.got) \(.unit // "×" | if . == "×" then "" else . end) (\(if .at_most then "≤" else "≥" end) \(.wanted))")),
"<text x=\"20\" y=\"\($middle)\" font-size=\"18\" font-weight=\"bold\">One movie, requests a second</text>",
text(20; $middle + 22; "start"; "each behind the same nginx, not cached, \($movie[0].connections) connections"),
($movie | sort_by(-.rate) | to_entries[] | .key as $i | .value | ($middle + 38 + 26 * $i) as $y | (.rate / $fastest * 360) as $width
	| text(380; $y + 13; "end"; $names[.who] // .who),
	bar($y; $width; if .who == "cinema" then "#2a7f62" else "#8a94a0" end),
	text(398 + $width; $y + 13; "start"; .rate | tostring)),
"</svg>"
