#!/bin/sh
# The whole-program tests again, with every program and role of ours under valgrind.  Two answers each:
# that the test passes, and that valgrind found nothing in any process.  Not those that look at the titles of
# processes, which are valgrind's then, nor the unit test that they wrap, nor those that limit memory or kill on purpose.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/vgtree.sh"
cd "$TOP" || exit 1
command -v valgrind >/dev/null || bail "valgrind is not there"

for t in ${ANGARIUM_VALGRIND_TESTS:-$(ls test/*/*.t | grep -Ev '^test/(build|bench|cf|fault|lint|lib|long|real|try)/|^test/(imap/rights|roles/(hostile|life|runas))')}; do
	rm -rf "$TMP/vg"
	vgtree "$OBJ" "$TMP/vg" || bail "no tree for valgrind"
	ANGARIUM_OBJ=$TMP/vg timeout -k 5 900 sh test/lib/one.sh "$t" >"$TMP/out" 2>&1
	if [ $? = 0 ] && ! grep -q '^not ok' "$TMP/out"; then
		pass "$t"
	else
		fail "$t"
		diag "$(grep -A8 '^not ok' "$TMP/out" | head -60; tail -5 "$TMP/out")"
	fi
	find "$TMP/vg/log" -type f -size +0 -exec grep -l '==' {} + >"$TMP/found"
	ok test ! -s "$TMP/found" -- "... and valgrind finds nothing in $(ls "$TMP/vg/log" | wc -l) processes" ||
	    while read -r f; do
		diag "$(head -40 "$f")"
	    done <"$TMP/found"
done
done_testing
