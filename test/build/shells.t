#!/bin/sh
# Build runs in dash, bash, busybox sh and mksh, and makes the same.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
BUILD_NODEPS=yes
export BUILD_NODEPS
unset SENDMAIL_SUFFIX
want=
for s in dash bash "busybox sh" mksh; do
	T=$TMP/tree
	rm -rf "$T"
	mkdir "$T"
	tiny_tree "$T"
	cd "$T" || exit 1
	out=$($s Build 2>&1)
	is $? 0 "$s builds" || diag "$out"
	obj=$($s Build -M)
	is "$("$obj/makemap/makemap")" plain "... and the program runs"
	got=$(cat "$obj/os_conf.h" "$obj/Makefile" "$obj/makemap/Makefile" | cksum)
	is "$got" "${want:-$got}" "... and the Makefiles are the same as with the others"
	want=$got
done
done_testing
