# Finds what looks like a check in a shell suite and cannot fail. `awk -f tests/suites.awk FILE… FILE…`,
# all files twice: to find which functions are called in conditions, where bash ignores set -e, they
# are read once before. A statement is looked at without what stands in its quotes and brackets.

BEGIN {
	check = "(must_fail|expect|expect_[a-z]+|wait_for)"
	looks = "^(\\[|\\[\\[|LONG|test|grep|jq|diff|cmp|run_sh|PROGRAM)( |$)"
	keyword = "^(if|elif|while|until) "
}

function found(what) {
	printf "%s:%d: %s: %s\n", file, line, what, raw
	code = 1
}

function reduce(text) {
	gsub(/"\$(CINEMA|BUILD\/[a-z]+)"/, "PROGRAM", text)
	gsub(/\\[^\n]/, "", text)
	while (match(text, /"[^"]*"|'[^']*'/))
		text = substr(text, 1, RSTART - 1) "Q" substr(text, RSTART + RLENGTH)
	gsub(/(^|[ \t\n])#[^\n]*/, "", text)
	if (text ~ /["']/)
		return text
	gsub(/\$\{[^{}]*\}/, "Q", text)
	sub(/^[a-z_0-9]+\(\) /, "FUNCTION ", text)
	while (match(text, /[$<>]?\([^()]*\)/))
		text = substr(text, 1, RSTART - 1) "Q" substr(text, RSTART + RLENGTH)
	gsub(/\[\[ [^\n]* \]\]/, "LONG", text)
	gsub(/[ \t\n\\]+/, " ", text)
	gsub(/^ | $/, "", text)
	return text
}

# The statement before is complete now, and is the last of its function if `next_one` ends that.
function judge(next_one,    parts, count, n, part, last) {
	if (statement == "")
		return
	count = split(statement, parts, / *;+ */)
	for (n = 1; n <= count; n++) {
		part = parts[n]
		last = n == count && next_one ~ /^}/ || n < count && parts[n + 1] ~ /^}/ && statement ~ /^FUNCTION/
		while (sub(/^(FUNCTION|\{|then|do|else|[^ ]+\)) /, "", part)) {
		}
		if (second)
			look(part, last)
		else
			collect(part)
	}
}

# The functions that are called in conditions.
function collect(part,    words, count, n, word, condition) {
	condition = part ~ keyword || part ~ /^!/
	count = split(part, words, " ")
	for (n = 1; n <= count; n++) {
		word = words[n]
		if (word !~ /^[a-z][a-z_0-9]*$/)
			continue
		if (words[n - 1] == "must_fail" || words[n - 2] == "wait_for" || words[n - 1] == "!" ||
		    condition && (n == 2 || words[n - 1] ~ /^(&&|\|\|)$/) || n == 1 && part ~ /^[^|&]* (\|\||&&) / ||
		    words[n - 1] ~ /^(&&|\|\|)$/ && substr(part, index(part, word)) ~ /^[^|&]* (\|\||&&) /)
			conditional[word] = 1
	}
}

function look(part, last) {
	if (part ~ /&&/ && part !~ /\|\|[^&]*$/ && part !~ keyword && part !~ /&$/ && !last)
		found("when what is left of && fails, the test goes on")
	if (part ~ /^! / && part !~ /\|\|/ && (!last || name ~ /^test_/))
		found("! hides a failure from set -e; must_fail tells of it")
	if (part ~ "(^| )" check "( [^|&]*)? (\\|\\|?|&&) " || part ~ "^(if|elif|while|until|!) (.* )?" check " ")
		found("this ends the test, and is no condition")
	if (part ~ /(^|[|&] )([A-Z_]+=[^ ]* )*(PROGRAM|run_sh)( [^|]*)? \| /)
		found("the right side of the pipe hides how this ended")
	if (part ~ /^wait( Q.*)?$/ && part !~ /\|\|/ && raw !~ /wait "\$[^{]/)
		found("wait tells of the last alone; wait_all of each")
	if ((name in conditional) && part ~ looks && part !~ /&&|\|\|/ && !last &&
	    part !~ /\| (head|tail|sed|cut|tr) [^|]*$/)
		found(name " is called in a condition, where this ends nothing")
	if (part ~ /=Q \|\| skip/)
		found("whatever fails here is skipped")
	if (raw ~ /expect_json .\.\[\]/)
		found("of many results the last alone counts; say all(…)")
}

FNR == 1 {
	second = seen[FILENAME]++
	heredoc = text = statement = name = ""
}

heredoc {
	end = $0
	sub(/^\t+/, "", end)
	if (end == heredoc)
		heredoc = ""
	next
}

{
	if (text == "")
		begins = FNR
	text = text (text == "" ? "" : "\n") $0
	reduced = reduce(text)
	if ($0 ~ /<<-?.?[A-Z]+/ && $0 !~ /<<</) {
		match($0, /<<-?.?[A-Z]+/)
		heredoc = substr($0, RSTART, RLENGTH)
		gsub(/[^A-Z]/, "", heredoc)
	}
	if (reduced ~ /["']|(&&|\||\\)$/)
		next
	if (reduced != "") {
		judge(reduced)
		raw = text
		gsub(/\n[\t ]*/, " ", raw)
		sub(/^\t+/, "", raw)
		statement = reduced
		line = begins
		file = FILENAME
		if ($0 ~ /^[a-z_0-9]+\(\) /) {
			name = $0
			sub(/\(.*/, "", name)
		}
	}
	text = ""
}

END {
	exit code
}
