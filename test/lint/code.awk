# code.awk - C without its comments and without what stands in quotes, as "file:line: text"
FNR == 1 { comment = 0 }
{
	line = $0
	out = ""
	quote = ""
	n = length(line)
	for (i = 1; i <= n; i++) {
		c = substr(line, i, 1)
		two = substr(line, i, 2)
		if (comment) {
			if (two == "*/") { comment = 0; i++ }
		} else if (quote != "") {
			if (c == "\\") i++
			else if (c == quote) { quote = ""; out = out c }
		} else if (two == "/*") { comment = 1; i++ }
		else if (two == "//") break
		else {
			if (c == "\"" || c == "'") quote = c
			out = out c
		}
	}
	if (out !~ /^[ \t]*$/) print FILENAME ":" FNR ": " out
}
