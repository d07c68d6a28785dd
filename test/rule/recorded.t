#!/bin/sh
#
# What -bt prints, compared with what a real sendmail 8.17 printed for the same sendmail.cf and the
# same input (kept in NAME.ok; `record' renews them).  What this one says beyond it, "did you mean", is left out.
. "$(dirname "$0")/../lib/tap.sh"
here=$TOP/test/rule

cp "$here/table" "$here/words" "$here/switch" "$TMP"
for name in ops tok parse maps errors trace classes ends text literal; do
	sed "s|@DIR@|$TMP|g" "$here/$name.cf" >"$TMP/$name.cf"
	"$OBJ/sendmail/sendmail" -bt -C "$TMP/$name.cf" <"$here/$name.in" >"$TMP/out" 2>&1
	is "$?" 0 "$name: -bt ends well"
	sed -e "s|$TMP|@DIR@|g" -e 's/0x[0-9a-f]\{5,\}/PTR/g' -e 's/; did you mean [^ ]*?$//' "$TMP/out" >"$TMP/$name.got"
	if cmp -s "$here/$name.ok" "$TMP/$name.got"; then
		pass "$name: every line as recorded"
	else
		diff "$here/$name.ok" "$TMP/$name.got" | head -40 | sed 's/^/# /'
		fail "$name: every line as recorded"
	fi
done
for i in cf aliases list; do
	sed "s|@DIR@|$TMP|g" "$here/verify.$i" >"$TMP/verify.$i"
done
"$OBJ/sendmail/sendmail" -bi -C "$TMP/verify.cf" >"$TMP/out" 2>&1
is "$?" 0 "verify: aliases are built"
sh "$here/verify.sh" "$OBJ/sendmail/sendmail" "$TMP" <"$here/verify.in" >"$TMP/got"
is "$(cat "$TMP/got")" "$(cat "$here/verify.ok")" "verify: -bv and -d27, every line as recorded"
done_testing
