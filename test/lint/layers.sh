#!/bin/sh
# layers - includes go downward only (doc/layers), and operating systems are known to src/lib/os alone.
. test/lint/lint.sh

rooms=$(find src -name '*.[ch]' | sed 's|^src/lib/||; s|^src/||; s|/[^/]*$||' | sort -u)

found=$(for r in $rooms; do
	grep -q "^[0-9] $r:" doc/layers || echo "$r: no line in doc/layers"
done)
rule "every room has a line in doc/layers" "$found"

found=$(sed -n 's/^[0-9] \([^:]*\):.*/\1/p' doc/layers | while read -r r; do
	[ -d "src/lib/$r" ] || [ -d "src/$r" ] || echo "$r: no such room"
done)
rule "every line of doc/layers is a room's" "$found"

# an include "x/y.h" from room r needs x in r's line; "y.h" and "r/y.h" stay at home
found=$(sources | grep '^src/' | xargs grep -n '^[ 	]*#[ 	]*include[ 	]*"' |
awk -F: '
	BEGIN {
		while ((getline l < "doc/layers") > 0)
			if (l ~ /^[0-9] /) {
				split(l, part, ":")
				name = part[1]
				sub(/^[0-9] /, "", name)
				may[name] = part[2] " "
			}
	}
	{
		room = $1
		sub(/^src\/lib\//, "", room); sub(/^src\//, "", room)
		sub(/\/[^\/]*$/, "", room)
		inc = $0
		sub(/^[^"]*"/, "", inc); sub(/".*/, "", inc)
		if (inc == "os_conf.h" || inc !~ /\//)
			next
		to = inc
		sub(/\/[^\/]*$/, "", to)
		if (to != room && index(may[room], " " to " ") == 0)
			print $1 ":" $2 ": " room " may not include " inc
	}')
rule "no include goes upward or sideways" "$found"

found=$(sources | grep '^src/' | xargs grep -n '^[ 	]*#[ 	]*include[ 	]*"[^"/]*"' |
while IFS=: read -r file line text; do
	inc=${text#*\"}
	inc=${inc%%\"*}
	[ "$inc" = os_conf.h ] || [ -f "${file%/*}/$inc" ] || echo "$file:$line: \"$inc\" is not in its folder"
done)
rule "a short include is of the own folder" "$found"

found=$(sources | grep '^src/' | grep -v '^src/lib/os/' | xargs grep -n -E \
    '^[ 	]*#[ 	]*(if|ifdef|ifndef|elif).*(__linux|__FreeBSD|__OpenBSD|__NetBSD|__DragonFly|__sun|__APPLE__|__GLIBC__|HAVE_[A-KM-Z]|HAVE_L[A-HJ-Z])')
rule "no #if for an operating system outside src/lib/os" "$found"

found=$(find src -name '*.h' ! -path 'src/lib/os/*' | sort | while read -r f; do
	grep -q '^#ifndef [A-Z0-9_]*_H$' "$f" || grep -q '^#pragma once' "$f" || echo "$f: no guard"
done)
rule "every header has a guard" "$found"

found=$(find src -name Makefile.m4 | sort | while read -r f; do
	[ -f "${f%/*}/Build" ] || echo "${f%/*}: no Build"
done)
rule "every folder that is made has a Build" "$found"

lint_done
