#!/bin/sh
# The lint finds what it is for: each rule is broken once in a small tree.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
T=$TMP/tree
mkdir "$T"
tiny_tree "$T"
cp -R "$TOP/.ci" "$T/"
cp "$TOP/README.md" "$TOP/CONTRIBUTING.md" "$TOP/CHANGELOG.md" "$TOP/LICENSE" "$T/"
cp "$TOP/doc/design.md" "$T/doc/"
mkdir "$T/doc/decisions"
echo "# A decision" >"$T/doc/decisions/0001-one.md"
echo "[one](0001-one.md)" >"$T/doc/decisions/README.md"
mkdir -p "$T/cf"
cd "$T" || exit 1

# breaks SCRIPT WANT NAME: the lint fails and says WANT
breaks() {
	out=$(sh "test/lint/$1" 2>&1)
	ok test $? != 0 -- "$3"
	like "$out" "$2" "... and the place is named"
}

for i in layers code docs shell; do
	out=$(sh test/lint/$i.sh 2>&1)
	is $? 0 "$i: a good tree is good" || diag "$out"
done

mkdir src/lib/os
printf '#ifndef OS_X_H\n#define OS_X_H\n#endif\n' >src/lib/os/x.h
breaks layers.sh 'os: no line' "a room that doc/layers does not know"
printf '0 base:\n1 os: base\n4 makemap: base os\n' >doc/layers
sed 's/\/str.h"/&\n#include "os\/x.h"/' src/lib/base/str.c >"$TMP/c"
cp src/lib/base/str.c "$TMP/good"
cp "$TMP/c" src/lib/base/str.c
breaks layers.sh 'base may not include os/x.h' "an upward include"
printf '#ifdef __linux__\nint x;\n#endif\n' | cat "$TMP/good" - >src/lib/base/str.c
breaks layers.sh 'base/str.c:[0-9]+:.*__linux__' "an operating system above os"
printf '#include "lost.h"\n' | cat "$TMP/good" - >src/lib/base/str.c
breaks layers.sh 'lost.h' "a header that is not there"
printf 'void\nstr_two(char *p)\n{\n\tstrcpy(p, "strcat(");\n}\n' | cat "$TMP/good" - >src/lib/base/str.c
breaks code.sh 'str.c:[0-9]+:.*strcpy' "strcpy"
printf '/* strcpy( in a comment */\nvoid\nstr_two(void)\n{\n\tputs("system(");\n}\n' | cat "$TMP/good" - >src/lib/base/str.c
ok sh test/lint/code.sh -- "the same words in comments and texts do no harm"
awk 'BEGIN { for (i = 0; i < 901; i++) print "" }' | cat "$TMP/good" - >src/lib/base/str.c
breaks code.sh 'str.c: 9[0-9]+ lines' "a file that is too long"
cp "$TMP/good" src/lib/base/str.c
cp "$TMP/good" src/lib/base/alone.c
breaks code.sh 'alone.c: not in' "a source that nobody builds"
rm src/lib/base/alone.c test/corpus/str/*
breaks code.sh 'str_fuzz.c: no seeds' "a fuzz target without seeds"
echo x >test/corpus/str/x
printf 'A step is `base/str.c:str_one`, then `base/str.c:str_lost`.\n' >doc/tour.md
breaks docs.sh 'no function str_lost' "a step of the tour that is gone"
echo "# Another" >doc/decisions/0002-two.md
breaks docs.sh 'no line for 0002-two.md' "a decision that is not in the list"
rm doc/decisions/0002-two.md
rm doc/tour.md
mv src/makemap/makemap.8 "$TMP/"
breaks docs.sh 'makemap has no man page' "a program without man page"
mv "$TMP/makemap.8" src/makemap/
pwd -P >doc/where.md
breaks docs.sh 'where.md' "a file that names the folder it lies in"
rm doc/where.md
printf '#!/bin/sh\nif true; then\n' >test/bad.sh
breaks shell.sh 'test/bad.sh' "a shell script with an error"
done_testing
