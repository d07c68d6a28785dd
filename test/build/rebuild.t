#!/bin/sh
# What a second Build does: nothing, or what has changed and no more.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
T=$TMP/tree
mkdir "$T"
tiny_tree "$T"
BUILD_NODEPS=yes
export BUILD_NODEPS
unset SENDMAIL_SUFFIX
cd "$T" || exit 1

ok sh Build -- "a first build"
is "$(sh Build)" "" "a second build says nothing"
obj=$(sh Build -M)
touch "$TMP/now"
sh Build
is "$(find "$obj" -newer "$TMP/now" -type f)" "" "... and writes nothing"

sleep 1
touch src/makemap/second.c
is "$(sh Build | grep -c CC)" 1 "a changed source is compiled alone"
sleep 1
touch src/lib/base/str.h
out=$(sh Build)
like "$out" 'CC src/lib/base/str.c' "a changed header recompiles its room"
like "$out" 'CC src/makemap/makemap.c' "... and who includes it"
unlike "$out" 'second.c' "... and nobody else"

echo 'int	third(void); int	third(void) { return 3; }' >src/makemap/third.c
sed 's/second.c/second.c third.c/' src/makemap/Makefile.m4 >"$TMP/m" && cp "$TMP/m" src/makemap/Makefile.m4
out=$(sh Build)
like "$out" 'CC src/makemap/third.c' "a new line of a Makefile.m4 is seen"
unlike "$out" 'str.c|Looking' "... without doing the rest again"

rm src/lib/base/str.h
echo 'int str_one(void);' >src/lib/base/one.h
sed 's/str\.h/one.h/' src/lib/base/str.c >"$TMP/c" && cp "$TMP/c" src/lib/base/str.c
sed 's/str\.h/one.h/' src/makemap/makemap.c >"$TMP/c" && cp "$TMP/c" src/makemap/makemap.c
ok sh Build -- "a header that went away stops nobody"

echo 'int bad(' >>src/makemap/second.c
ok sh -c '! sh Build' -- "an error of the compiler fails the build"
printf 'bldPROGRAM(`makemap'\'', `makemap.c'\'', `nowhere'\'')\n' >src/makemap/Makefile.m4
out=$(sh Build 2>&1)
like "$out" 'src/makemap/Makefile.m4: no room is called nowhere' "an unknown room is named with the file that asked"
ok sh Build clean -- "clean"
ok test ! -e "$obj" -- "... removes the object tree"
done_testing
