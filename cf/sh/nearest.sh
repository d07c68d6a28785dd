#!/bin/sh
# nearest.sh FOLDER NAME - say which files of FOLDER (NAME.m4) come nearest to a
# name that is not there, by edit distance.
for f in "$1"/*.m4; do
	f=${f##*/}
	echo "${f%.m4}"
done | awk -v want="$2" '
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
}
{
	n = distance(tolower(want), tolower($1))
	if (NR == 1 || n < best) { best = n; name = $1 }
}
END { if (NR > 0 && best <= 2 + length(want) / 4) print "\tdid you mean " name "?" }'
