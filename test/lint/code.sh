#!/bin/sh
# code - functions that we do not use, sizes of files, sources and tests that nobody builds.
. test/lint/lint.sh

banned='strcpy|strcat|strncat|sprintf|vsprintf|gets|system|popen|mktemp|tmpnam|tempnam|alloca|strtok'
# shellcheck disable=SC2046
found=$(code $(sources) | grep -E "(^|[^A-Za-z0-9_.>])($banned)[ ]*\(" |
    grep -v -E ": *(#|[a-z].*[ *](${banned})\([a-z].*\);$)")
rule "no function that cannot know how much room there is" "$found"

# shellcheck disable=SC2046
found=$(code $(sources) | awk -f test/lint/unused.awk | sort)
rule "every function that a header declares is called" "$found"

found=$(sources | xargs wc -l | awk '$1 > 640 && $2 != "total" { print $2 ": " $1 " lines" }')
rule "no file of more than 640 lines" "$found"

found=$(find src -name Makefile.m4 | sort | while read -r f; do
	d=${f%/*}
	for c in "$d"/*.c; do
		[ -f "$c" ] || continue
		grep -q -E "(^|[^A-Za-z0-9_-])${c##*/}" "$f" || echo "$c: not in $f"
	done
done)
rule "every source is in its Makefile.m4" "$found"

found=$(find src -name '*_fuzz.c' | sort | while read -r f; do
	n=${f##*/}
	n=${n%_fuzz.c}
	[ -n "$(ls test/corpus/"$n" 2>/dev/null)" ] || echo "$f: no seeds in test/corpus/$n"
done)
rule "every fuzz target has seeds" "$found"

found=$(sources | xargs grep -n '[ 	]$')
rule "no blanks at the end of a line" "$found"

# What git knows; an unpacked archive has no git, and nothing else in it.
top='.ci .clang-format .editorconfig .gitignore Build CHANGELOG.md CONTRIBUTING.md LICENSE README.md cf devtools doc src test'
found=$( (git ls-files 2>/dev/null || true) | cut -d/ -f1 | sort -u | while read -r f; do
	case " $top " in *" $f "*) ;; *) echo "$f: does not belong at the top of the tree" ;; esac
done)
rule "nothing strays at the top of the tree" "$found"

lint_done
