#!/bin/sh
#
# Mistakes in a configuration are told with file, line and the line of the .mc behind it; -bt goes on,
# everything else ends with EX_CONFIG; options of the command line; each option stands in the manual.
. "$(dirname "$0")/../lib/tap.sh"
bin=$OBJ/sendmail/sendmail

cat >"$TMP/good.cf" <<'END'
V10/Berkeley
Djmail.test
O DontProbeInterfaces=true
O OperatorChars=.:%@!^/[]+
Mlocal, P=/bin/true, F=lsAw5:/|@, A=deliver $u
D{color}red
Sshow
R$*	$: ${color} $&{color} $1
END
cat "$TMP/good.cf" - >"$TMP/bad.cf" <<'END'
#line 17 "site.mc"
Rnone	$2
O NoSuchOption=1

R$- blank
END
out=$(echo 'show x' | $bin -bt -C "$TMP/bad.cf" 2>&1)
is "$?" 0 "-bt goes on with a broken configuration"
like "$out" 'bad\.cf: line 10: replacement \$2 out of bounds \(site\.mc:17\)' "a bad rule: file, line, .mc line"
like "$out" 'bad\.cf: line 11: readcf: unknown option name NoSuchOption \(site\.mc:18\)' "a bad option"
like "$out" 'bad\.cf: line 13: invalid rewrite line "R\$- blank" \(tab expected\) \(site\.mc:20\)' "blanks where a tab belongs"
like "$out" 'show +returns: red red x' "and the rules that are right work"
$bin -bv -C "$TMP/bad.cf" root >"$TMP/out" 2>&1
is "$?" 78 "other modes end with EX_CONFIG"
out=$(echo 'show x' | $bin -bt -C "$TMP/good.cf" -M'{color}blue' 2>&1)
like "$out" 'show +returns: red blue x' "-M is there when a rule runs, not when it is read"
out=$(echo 'show x' | $bin -bt -C "$TMP/missing.cf" 2>&1)
is "$?" 72 "a missing file is EX_OSFILE"
sed -n 's/^	{ "\([A-Za-z0-9]*\)", .*/\1/p' "$TOP/src/sendmail/conf_opt.c" >"$TMP/options"
sed -n 's/^\.It Cm \([A-Za-z0-9]*\).*/\1/p' "$TOP/src/sendmail/sendmail.cf.5" >"$TMP/manual"
is "$(sort "$TMP/options")" "$(sort "$TMP/manual")" "every option is in sendmail.cf(5), and no other"
done_testing
