#!/bin/sh
# docs - the tour's places exist, man pages are well-formed, no file speaks of this machine.
. test/lint/lint.sh

# `srv.c:srv_run' or `src/sendmail/srv.c:srv_run': the function begins a line of that file
found=
if [ -f doc/tour.md ]; then
	found=$(grep -n -o -E '[A-Za-z0-9_./-]+\.[ch]:[a-z_][A-Za-z0-9_]*' doc/tour.md |
	while IFS=: read -r line file func; do
		files=$(find src -path "*/${file#src/}")
		if [ -z "$files" ]; then
			echo "doc/tour.md:$line: no file $file"
		elif ! echo "$files" | xargs grep -q -E "^$func(\(|\[| =)"; then
			echo "doc/tour.md:$line: no function $func in $file"
		fi
	done)
fi
rule "every place of the tour exists" "$found"

found=$(find src doc -name '*.[1-8]' | sort | while read -r f; do
	mandoc -Tlint -W warning "$f" 2>&1
done)
rule "man pages are well-formed" "$found"

found=$(find src -name Makefile.m4 | sort | while read -r f; do
	for p in $(sed -n 's/^bldPROGRAM(`\([^'"'"']*\).*/\1/p' "$f"); do
		ls "${f%/*}/$p".[1-8] >/dev/null 2>&1 || echo "$f: $p has no man page"
		grep -q "^$p |" devtools/OS/install || echo "devtools/OS/install: no line for $p"
	done
	for m in "${f%/*}"/*.[1-8]; do
		[ ! -f "$m" ] || grep -q "[^A-Za-z0-9.]${m##*/}[^A-Za-z0-9.]" "$f" || echo "$f: ${m##*/} is not installed"
	done
	for m in $(tr "\`'," '\n\n\n' <"$f" | grep '\.[1-8]$'); do
		[ -f "${f%/*}/$m" ] || echo "$f: $m is missing"
	done
done)
rule "programs have a man page and a place to be installed" "$found"

# the folder this tree lies in is nobody else's business
top=$(pwd -P)
found=
case $top in
/?*/?*/?*)
	found=$(find . -path './.git' -prune -o -path './obj.*' -prune -o -name __pycache__ -prune -o -type f -print |
	    xargs grep -l -F -e "$top" 2>/dev/null) ;;
esac
rule "no file names the folder it lies in" "$found"

found=$(for f in README.md CONTRIBUTING.md CHANGELOG.md LICENSE doc/design.md doc/layers; do
	[ -f "$f" ] || echo "$f is missing"
done)
rule "the papers of the house are there" "$found"

found=$(sed -n '/^- /p' CHANGELOG.md | sort | uniq -d)
rule "CHANGELOG.md says nothing twice" "$found"

found=$(for f in doc/decisions/[0-9]*.md; do
	grep -q "(${f##*/})" doc/decisions/README.md || echo "doc/decisions/README.md: no line for ${f##*/}"
done)
rule "every decision stands in the list of them" "$found"

lint_done
