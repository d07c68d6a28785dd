#!/bin/sh
#
# rules.sh - addresses per second through the rules of -bt, and the time to load a generated
# sendmail.cf.  Run by "sh Build bench"; README.md in this folder says what it means.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"

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

# What one recipient costs without printing: a program of its own, from the objects of sendmail.
sed -e "s|FEATURE(.always_add_domain')|define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit')FEATURE(\`access_db', \`hash -T<TMPF> $W/access')FEATURE(\`blocklist_recipients')FEATURE(\`mailertable', \`hash $W/mailertable')|" \
    "$W/bench.mc" >"$W/cost.mc"
(cd "$TOP/cf/cf" && $M4 ../m4/cf.m4 "$W/cost.mc") >"$W/cost.cf" 2>"$W/m4.err" || cat "$W/m4.err" >&2
printf 'From:sender@example.org\tOK\nTo:example.com\tRELAY\nTo:example.net\tRELAY\nspammer.test\tREJECT\n' |
    "$OBJ/makemap/makemap" hash "$W/access"
printf 'example.com\tesmtp:[192.0.2.1]\n.example.net\tsmtp:[192.0.2.2]\nexample.net\tsmtp:[192.0.2.2]\n' |
    "$OBJ/makemap/makemap" hash "$W/mailertable"
for i in "$OBJ"/sendmail/*.o; do
	case $i in
	*_test.o|*_fuzz.o) continue ;;
	esac
	nm "$i" | grep -q ' T main$' || ar rc "$W/libsendmail.a" "$i"
done
libs=$(find "$OBJ/lib" -name 'lib*.a')
# shellcheck disable=SC2086
if ${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -I "$TOP/src/sendmail" -I "$TOP/src/lib" -I "$TOP/src" -I "$OBJ" -o "$W/rules_cost" \
    "$TOP/test/bench/rules_cost.c" "$W/libsendmail.a" -Wl,--start-group $libs -Wl,--end-group -levent -ldl; then
	"$W/rules_cost" "$W/cost.cf" 50000 sender@example.org bob@example.com alice@sub.example.net joe@example.net
fi

# A hash map of a million entries.
n=${BENCH_ENTRIES:-1000000}
awk -v n="$n" 'BEGIN { for (i = 1; i <= n; i++) printf "user%d@host%d.example.org\tvalue%d\n", i, i % 977, i }' |
    "$OBJ/makemap/makemap" hash "$W/big"
cat >"$W/big.cf" <<END
V10/Berkeley
Djmail.corp.test
O DontProbeInterfaces=true
O DontBlameSendmail=mapinunsafedirpath
O OperatorChars=.:%@!^/[]+
Mlocal, P=/bin/true, F=lsAw5:/|@, A=deliver \$u
Kbig hash $W/big
END

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
echo "hash map of $n entries"
BENCH_KIND=map BENCH_ENTRIES=$n python3 "$TOP/test/bench/rules.py" "$W/big.cf" 20000 "$@"
