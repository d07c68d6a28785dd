#!/bin/sh
#
# rules.sh - addresses per second through the rules of -bt, and the time to load a generated
# sendmail.cf.  Run by "sh Build bench"; README.md in this folder says what it means.

LC_ALL=C
export LC_ALL
TOP=${ANGARIUM_TOP:?run this by "sh Build bench"}
OBJ=${ANGARIUM_OBJ:?run this by "sh Build bench"}
ANGARIUM_MODULES=$OBJ/modules
export ANGARIUM_MODULES
M4=${M4:-$(command -v gm4 || command -v m4)}
W=$(mktemp -d "${TMPDIR:-/tmp}/angarium-bench.XXXXXX") || exit 1
trap 'rm -rf "$W"' EXIT
chmod 755 "$W"

cat >"$W/bench.mc" <<'END'
OSTYPE(`linux')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
FEATURE(`always_add_domain')
define(`confDOMAIN_NAME', `mail.corp.test')
define(`confDONT_PROBE_INTERFACES', `true')
MAILER(`local')
MAILER(`smtp')
END
(cd "$TOP/cf/cf" && $M4 ../m4/cf.m4 "$W/bench.mc") >"$W/bench.cf" 2>"$W/m4.err" || {
	cat "$W/m4.err" >&2
	exit 1
}

set -- ours "$OBJ/sendmail/sendmail"
if [ -n "${ANGARIUM_PEER_DIR-}" ]; then
	for i in usr/libexec/sendmail/sendmail usr/sbin/sendmail usr/lib/sm.bin/sendmail sendmail; do
		[ -x "$ANGARIUM_PEER_DIR/$i" ] || continue
		libs=$(find "$ANGARIUM_PEER_DIR" -name '*.so.*' -exec dirname {} \; | sort -u | paste -sd: -)
		# shellcheck disable=SC2086 -- ANGARIUM_PEER_RUN is a command with arguments
		set -- "$@" -- peer ${ANGARIUM_PEER_RUN-} env LD_LIBRARY_PATH="$libs" "$ANGARIUM_PEER_DIR/$i"
		break
	done
fi
echo "rules: $(grep -c '^R' "$W/bench.cf") rules, ${BENCH_ADDRESSES:-5000} addresses"
python3 "$TOP/test/bench/rules.py" "$W/bench.cf" "${BENCH_ADDRESSES:-5000}" "$@"
