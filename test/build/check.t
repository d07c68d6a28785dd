#!/bin/sh
# sh Build check: unit tests, fuzz replays, scripts; a failing part fails the whole; a folder runs its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
T=$TMP/tree
mkdir "$T"
tiny_tree "$T"
BUILD_NODEPS=yes
export BUILD_NODEPS
unset SENDMAIL_SUFFIX ANGARIUM_TOP ANGARIUM_OBJ ANGARIUM_MODULES
cd "$T" || exit 1
rm -rf test/lint/*.sh
mkdir test/one
printf '#!/bin/sh\n. "$(dirname "$0")/../lib/tap.sh"\nis "$("$OBJ/makemap/makemap")" plain "runs"\ndone_testing\n' >test/one/a.t
chmod 755 test/one/a.t

out=$(sh Build check 2>&1)
is $? 0 "all is well"
like "$out" 'str_test' "the unit test ran"
like "$out" 'str_fuzz' "the fuzz replay ran"
like "$out" 'test/one/a.t' "the script ran"
like "$(echo "$out" | tail -1)" '^Result: PASS' "the last line is prove's"

out=$(cd src/lib/base && sh Build check 2>&1)
like "$out" 'str_test' "a folder's check runs its tests"
unlike "$out" 'a\.t' "... alone"

sed 's/return 1/return 2/' src/lib/base/str.c >"$TMP/c" && cp "$TMP/c" src/lib/base/str.c
out=$(sh Build check 2>&1)
ok test $? != 0 -- "a failing unit test fails the whole"
like "$(echo "$out" | tail -1)" '^Result: FAIL' "... and says so"
cp "$TOP/test/lib/one.sh" test/lib/one.sh
sed 's/return 2/return 1/' src/lib/base/str.c >"$TMP/c" && cp "$TMP/c" src/lib/base/str.c
sed 's/plain/other/' test/one/a.t >"$TMP/c" && cp "$TMP/c" test/one/a.t
ok sh -c '! sh Build check' -- "so does a failing script"
rm test/one/a.t
rm -r test/corpus/str
ok sh -c '! sh Build check' -- "so does a fuzz target without seeds"
mkdir test/corpus/str
echo x >test/corpus/str/x
out=$(sh Build check-asan 2>&1)
is $? 0 "check-asan" || diag "$out"
ok test -d "$(sh Build -M).asan" -- "... has an object tree of its own"
echo 'static int unused;' >>src/lib/base/str.c
ok sh -c '! sh Build check-asan' -- "... where a warning is an error"
done_testing
