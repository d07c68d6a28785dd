# tap.sh - what whole-program tests in sh share.  A test begins with
#
#	#!/bin/sh
#	. "$(dirname "$0")/../lib/tap.sh"
#
# and has then TOP (the source tree), OBJ (the built tree), TMP (a private folder, removed at the
# end, with what is noted by `kill_later PID'), and these functions:
#
#	ok COND... -- NAME	COND is a command; ok if it succeeds
#	is GOT WANT NAME	equal strings
#	like GOT ERE NAME	GOT matches the extended regular expression
#	unlike GOT ERE NAME	... does not
#	pass NAME, fail NAME, diag TEXT
#	bail TEXT		end here, the test fails
#	port			print a free TCP port of 127.0.0.1
#	await SECONDS COMMAND	repeat COMMAND every 50 ms until it succeeds
#	await_port PORT		wait until something listens there
#	as_user COMMAND...	run as an ordinary user: nobody if we are root, else ourselves
#	done_testing		print the plan and end; the exit code tells

LC_ALL=C
export LC_ALL
umask 022			# folders of the site must be open to its users, whatever the caller likes
TOP=${ANGARIUM_TOP:-$(cd "$(dirname "$0")/../.." && pwd -P)}
if [ -z "${ANGARIUM_OBJ-}" ]; then
	ANGARIUM_OBJ=$(sh "$TOP/Build" -M)
fi
OBJ=$ANGARIUM_OBJ
ANGARIUM_MODULES=${ANGARIUM_MODULES:-$OBJ/modules}
export ANGARIUM_OBJ ANGARIUM_MODULES
TAP_N=0 TAP_BAD=0 TAP_PIDS= TAP_DONE=no
TMP=$(mktemp -d "${TMPDIR:-/tmp}/angarium.XXXXXX") || exit 1
chmod 755 "$TMP"
TAP_HOME=$TMP/.home
mkdir "$TAP_HOME" && chmod 1777 "$TAP_HOME"
export TAP_HOME

tap_end() {
	tap_rc=$?
	trap - EXIT
	for tap_p in $TAP_PIDS; do
		kill "$tap_p" 2>/dev/null
	done
	for tap_p in $TAP_PIDS; do
		tap_i=0
		while kill -0 "$tap_p" 2>/dev/null && [ $tap_i -lt 60 ]; do
			tap_i=$((tap_i + 1))
			sleep 0.05
		done
		kill -9 "$tap_p" 2>/dev/null
	done
	cd / && rm -rf "$TMP"
	if [ $TAP_DONE = no ]; then
		echo "# ended before done_testing"
		[ $tap_rc = 0 ] && tap_rc=1
	fi
	exit $tap_rc
}
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

kill_later() {
	TAP_PIDS="$TAP_PIDS $1"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

tap_result() {
	TAP_N=$((TAP_N + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_N - $2"
	else
		TAP_BAD=$((TAP_BAD + 1))
		echo "not ok $TAP_N - $2"
	fi
	return "$1"
}

pass() {
	tap_result 0 "$1"
}

fail() {
	tap_result 1 "$1"
}

ok() {
	tap_cmd=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		tap_cmd="$tap_cmd '$(printf '%s' "$1" | sed "s/'/'\\\\''/g")'"
		shift
	done
	eval "$tap_cmd" </dev/null >"$TMP/.ok" 2>&1
	tap_rc=$?
	tap_result $tap_rc "$2" && return 0
	diag "exit $tap_rc: $(cat "$TMP/.ok")"
	return 1
}

is() {
	if [ "$1" = "$2" ]; then
		tap_result 0 "$3"
	else
		tap_result 1 "$3"
		diag "got:  $1"
		diag "want: $2"
		return 1
	fi
}

like() {
	if printf '%s\n' "$1" | grep -E -q -e "$2"; then
		tap_result 0 "$3"
	else
		tap_result 1 "$3"
		diag "got:        $1"
		diag "want match: $2"
		return 1
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -E -q -e "$2"; then
		tap_result 1 "$3"
		diag "got:           $1"
		diag "want no match: $2"
		return 1
	else
		tap_result 0 "$3"
	fi
}

bail() {
	fail "$1"
	TAP_DONE=yes
	echo "1..$TAP_N"
	exit 1
}

port() {
	python3 "$TOP/test/lib/port.py"
}

await() {
	tap_left=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tap_left=$((tap_left - 1))
		[ $tap_left -gt 0 ] || return 1
		sleep 0.05
	done
}

await_port() {
	await "${2:-10}" python3 "$TOP/test/lib/port.py" -c "$1"
}

as_user() {
	if [ "$(id -u)" = 0 ]; then
		python3 "$TOP/test/lib/asuser.py" "$@"
	else
		"$@"
	fi
}

done_testing() {
	# what sanitizers said: a role that breaks down may be started again, and nobody would see
	if [ -n "${SITE-}" ] && grep -E -s 'Sanitizer:|runtime error:' "$SITE"/log/* >"$TMP/.broken"; then
		fail "no process broke down"
		diag "$(head -n 10 "$TMP/.broken")"
	fi
	echo "1..$TAP_N"
	TAP_DONE=yes
	[ $TAP_BAD = 0 ] || exit 1
	exit 0
}
