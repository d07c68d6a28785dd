#!/bin/sh
# nearest.sh FOLDER NAME - say which files of FOLDER (NAME.m4) come nearest to a name that is not there.
# nearest.sh -n TREE - of the lines `NAME FILE:LINE: ' on standard input, say which names no file of the tree reads,
#	and which of those that it reads is nearest; a name in capitals may be the site's own, so it must be near.
# nearest.sh -m TREE MC FILE - say which lines of FILE, made from MC by m4 -s, begin with a macro that m4 did not know, and fail if there are any.
near='
function least(a, b) { return a < b ? a : b }
function distance(a, b,    i, j, la, lb, d, cost) {
	la = length(a); lb = length(b)
	for (i = 0; i <= la; i++) d[i, 0] = i
	for (j = 0; j <= lb; j++) d[0, j] = j
	for (i = 1; i <= la; i++)
		for (j = 1; j <= lb; j++) {
			cost = substr(a, i, 1) == substr(b, j, 1) ? 0 : 1
			d[i, j] = least(least(d[i-1, j] + 1, d[i, j-1] + 1), d[i-1, j-1] + cost)
		}
	return d[la, lb]
}'
if test "$1" = -n; then
	SAID=$(cat)
	export SAID
	cat "$2"m4/*.m4 "$2"mailer/*.m4 "$2"feature/*.m4 "$2"hack/*.m4 | awk "$near"'
	function nearest(want,    n, best, name, k) {
		best = 1000
		for (k in known) {
			n = length(k) - length(want)
			if (n > 2 || n < -2)
				continue
			n = distance(want, k)
			if (n < best || n == best && k < name) { best = n; name = k }
		}
		return best <= 2 ? name : ""
	}
	function own(file, name,    line, n) {
		while ((getline line <file) > 0)
			n += gsub("(^|[^A-Za-z0-9_])" name "([^A-Za-z0-9_]|$)", "", line)
		close(file)
		return n > 1
	}
	function check(name, at,    file, like) {
		if (name in known || name in said)
			return
		said[name] = 1
		file = at
		sub(/:[0-9]+: $/, "", file)
		like = nearest(name)
		if (name !~ /^conf/ && (like == "" || length(name) < 6 || own(file, name)))
			return
		print at "warning: nobody reads " name (like == "" ? "" : ": did you mean " like "?")
	}
	{
		while (match($0, /[A-Za-z_][A-Za-z0-9_]*/)) {
			w = substr($0, RSTART, RLENGTH)
			if (w ~ /^conf[A-Z]/ || w ~ /^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/)
				known[w] = 1
			$0 = substr($0, RSTART + RLENGTH)
		}
	}
	END {
		n = split(ENVIRON["SAID"], line, "\n")
		for (i = 1; i <= n; i++)
			if (match(line[i], / /))
				check(substr(line[i], 1, RSTART - 1), substr(line[i], RSTART + 1))
	}'
	exit 0
fi
if test "$1" = -m; then
	sed -n 's/^define(`\([A-Z][A-Z_0-9]*\)'"'"'.*/=\1/p' "$2"m4/*.m4 | cat - "$4" | awk -v mc="$3" "$near"'
	/^=/ { known[substr($0, 2)] = 1; next }
	/^#line [0-9]/ { at = $2 - 1; if (NF > 2) { file = $3; gsub(/"/, "", file) } next }
	{ at++ }
	/^[A-Z][A-Z_0-9]*[(]/ || (/^[A-Z][A-Z_0-9]*$/ && length($0) > 5) {
		word = $0
		sub(/[(].*/, "", word)
		if (length(word) < 4)
			next
		name = ""
		best = length(word) > 7 ? 3 : 2
		for (k in known) {
			n = distance(word, k)
			if (n < best || n == best && name != "" && k < name) { best = n; name = k }
		}
		if (name == "" && word == $0)
			next
		print (file == "" ? mc : file ":" at) ": error: no macro is called " word (name == "" ? "" : ": did you mean " name "?")
		bad = 1
	}
	END { exit bad }'
	exit
fi
for d in feature mailer ostype domain hack; do
	test "$d" != "${1##*/}" && test -f "${1%/*}/$d/$2.m4" && echo "	there is $(echo "$d" | tr a-z A-Z)($2)" && exit 0
done
for f in "$1"/*.m4; do
	f=${f##*/}
	echo "${f%.m4}"
done | awk -v want="$2" "$near"'
{
	n = distance(tolower(want), tolower($1))
	if (NR == 1 || n < best) { best = n; name = $1 }
}
END { if (NR > 0 && best <= 2 + length(want) / 4) print "\tdid you mean " name "?" }'
