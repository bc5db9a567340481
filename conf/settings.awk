# Writes a manual page of settings: what a service's --settings prints, which comes first, goes into
# the place of @SETTINGS@ in the page that follows.
function fold(text, line) {
	while (length(text) > 78) {
		line = substr(text, 1, 78)
		sub(/ [^ ]*$/, "", line)
		list = list line "\n"
		text = substr(text, length(line) + 2)
	}
	list = list text "\n"
}
FNR == 1 { file++ }
file == 1 && /^# / {
	help = (help ? help " " : "") substr($0, 3)
	next
}
file == 1 && /^CINEMA_/ {
	name = substr($0, 1, index($0, "=") - 1)
	value = substr($0, length(name) + 2)
	gsub(/\\/, "\\e", help)
	list = list ".It Ev " name (value == "" ? "" : " Pq Li " value) "\n"
	fold(help)
}
file == 1 {
	help = ""
	next
}
/^@SETTINGS@$/ {
	printf "%s", list
	next
}
{ print }
