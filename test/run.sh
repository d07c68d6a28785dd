#!/bin/sh
#
# run.sh - run the tests of a built tree through prove.
#
#	sh test/run.sh -o OBJ [-r ROOM] [-j JOBS] [set ...]
#
# Sets: unit fuzz lint system (all of these if none is named), real, long.  The last lines are
# prove's own, and so is the exit code.

LC_ALL=C LANG=C
export LC_ALL LANG
umask 022
jobs=2 room= obj=
ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_stack_use_after_return=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export ASAN_OPTIONS UBSAN_OPTIONS
while getopts o:r:j: opt; do
	case $opt in
	o)	obj=$OPTARG ;;
	r)	room=$OPTARG ;;
	j)	jobs=$OPTARG ;;
	*)	exit 2 ;;
	esac
done
shift $((OPTIND - 1))
cd "$(dirname "$0")/.." || exit 2
[ -f "$obj/dirs" ] || { echo "run.sh: $obj is not a built tree" >&2; exit 2; }
ANGARIUM_TOP=$(pwd -P)
ANGARIUM_OBJ=$(cd "$obj" && pwd -P)
copy=

# A folder for temporary files that is root's alone (libpam-tmpdir makes such) is none for the ordinary users of tests.
if [ "$(id -u)" = 0 ] && [ -n "${TMPDIR-}" ] && ! python3 test/lib/asuser.py test -w "$TMPDIR" 2>/dev/null; then
	echo "run.sh: ordinary users cannot write to $TMPDIR, so temporary files stand in /tmp"
	unset TMPDIR
fi

# The name of a socket has little more than a hundred octets.
if [ -n "${TMPDIR-}" ] && [ "${#TMPDIR}" -gt 50 ]; then
	echo "run.sh: the name of $TMPDIR is long for sockets, so temporary files stand in /tmp"
	unset TMPDIR
fi

# Some tests run programs as an ordinary user, and roles of a daemon give up root.  A tree below a
# folder that only root may enter, /root above all, or with parts for root alone (umask 027), is copied
# to where everybody can, and tested there.
private() {
	! python3 test/lib/asuser.py test -r "$ANGARIUM_OBJ/dirs" 2>/dev/null || [ -n "$({
	find . \( -name .git -o -name 'obj.*' \) -prune -o \( -type d ! -perm -005 -o -type f ! -perm -004 \) -print
	find "$ANGARIUM_OBJ" \( -type d ! -perm -005 -o -type f -perm -100 ! -perm -005 \) -print
	} 2>/dev/null | head -n 1)" ]
}
if [ "$(id -u)" = 0 ] && private; then
	copy=$(mktemp -d "${TMPDIR:-/tmp}/angarium-check.XXXXXX") || exit 2
	chmod 755 "$copy"
	mkdir "$copy/tree" "$copy/obj"
	trap 'rm -rf "$copy"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	(umask 022 && tar cf - --exclude=./.git --exclude='./obj.*' . | (cd "$copy/tree" && tar xof -) &&
	    cd "$ANGARIUM_OBJ" && tar cf - --exclude='*.o' --exclude='*.a' --exclude='*.d' . |
	    (cd "$copy/obj" && tar xof -)) || exit 2
	chmod -R a+rX "$copy"
	ANGARIUM_TOP=$copy/tree
	ANGARIUM_OBJ=$copy/obj
	obj=$copy/obj
	cd "$copy/tree" || exit 2
	echo "run.sh: testing a copy in $copy, as ordinary users cannot read all of this folder"
fi
ANGARIUM_MODULES=$ANGARIUM_OBJ/modules
export ANGARIUM_TOP ANGARIUM_OBJ ANGARIUM_MODULES
[ $# -gt 0 ] || set -- unit fuzz lint system

# lines of the generated Makefiles, "#test lib/base/str_test", say what there is
listed() {
	for d in $(cat "$obj/dirs"); do
		case ${room:-$d} in
		"$d")	sed -n "s|^#$1 |$ANGARIUM_OBJ/|p" "$obj/$d/Makefile" ;;
		esac
	done
}

list=
for part in "$@"; do
	case $part in
	unit)	list="$list $(listed test)" ;;
	fuzz)	list="$list $(listed fuzz)" ;;
	lint)	[ -z "$room" ] && list="$list $(find test/lint -name '*.sh' ! -name lint.sh | sort)" ;;
	system)	[ -z "$room" ] && list="$list $(find test -name '*.t' ! -path 'test/lint/*' \
		    ! -path 'test/real/*' ! -path 'test/long/*' | sort)" ;;
	real)	list="$list $(find test/real -name '*.t' 2>/dev/null | sort)" ;;
	long)	list="$list $(find test/long -name '*.t' 2>/dev/null | sort)" ;;
	*)	list="$list $part" ;;
	esac
done
if [ -z "$(echo $list)" ]; then
	echo "run.sh: no tests found"
	exit 0
fi
prove -j"$jobs" --failures --comments --exec 'sh test/lib/one.sh' $list
