#!/bin/sh
# shell - every shell script is understood by dash, bash, busybox sh and mksh.
. test/lint/lint.sh

scripts=$( { find . -path './.git' -prune -o -path './obj.*' -prune -o -type f \( -name '*.sh' -o -name Build \) -print
	find test .ci devtools cf -type f | xargs grep -l -E '^#! ?/bin/sh' /dev/null; } | sed 's|^\./||' | sort -u)

for sh in dash bash "busybox sh" mksh; do
	if ! command -v ${sh%% *} >/dev/null 2>&1; then
		rule "$sh is there to ask" "$sh is not installed"
		continue
	fi
	found=$(for f in $scripts; do
		$sh -n "$f" 2>&1 || echo "$f: $sh does not take it"
	done)
	rule "$sh takes every script" "$found"
done

found=$(for f in Build test/run.sh .ci/run $(find src -name Build); do
	[ -x "$f" ] || echo "$f is not executable"
done
find test -name '*.t' ! -perm -100)
rule "scripts and tests may be executed" "$found"

lint_done
