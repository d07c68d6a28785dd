# unused.awk - functions that a header declares and nobody calls; reads what code.awk makes of all sources.
{
	file = $1
	sub(/:.*/, "", file)
	line = $0
	sub(/^[^:]*:[0-9]*: /, "", line)
	header = file ~ /\.h$/
	if (!header && match(line, /^[a-z_0-9]+\(/) && before !~ /^static/)
		defined[substr(line, 1, RLENGTH - 1)] = file
	before = line
	n = split(line, word, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= n; i++)
		if (header)
			declared[word[i]]++
		else
			used[word[i]]++
}
END {
	for (f in defined)
		if (used[f] == 1 && declared[f] == 1)
			print defined[f] ": " f
}
