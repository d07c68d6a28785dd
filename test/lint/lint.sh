# lint.sh - what the lint tests share: each prints one TAP test a rule, with the places that break it.
# A lint test begins with:	. test/lint/lint.sh	(the runner stands at the top of the tree)

LC_ALL=C LANG=C			# mksh complains of a LANG that is not installed, whatever LC_ALL is
export LC_ALL LANG
LINT_N=0 LINT_BAD=0

# sources: every C file and header of the project
sources() {
	find src test/lib -name '*.[ch]' | sort
}

# code FILE...: "file:line: text" with comments and what stands in quotes taken out
code() {
	awk -f test/lint/code.awk "$@"
}

# rule NAME FOUND: holds if nothing was found
rule() {
	LINT_N=$((LINT_N + 1))
	if [ -z "$2" ]; then
		echo "ok $LINT_N - $1"
	else
		echo "not ok $LINT_N - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
		LINT_BAD=1
	fi
}

lint_done() {
	echo "1..$LINT_N"
	exit $LINT_BAD
}
