#!/bin/sh
# What the command line of Build does: names of object trees, site files, glued options, -n, -m, -c.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
T=$TMP/tree
mkdir "$T"
tiny_tree "$T"
BUILD_NODEPS=yes
export BUILD_NODEPS
unset SENDMAIL_SUFFIX
cd "$T" || exit 1
sys=$(sh Build -A)

like "$sys" '^[A-Za-z]+\.[^/]+\.[^/.]+$' "-A shows OS, release and machine"
is "$(sh Build -M)" "$(pwd -P)/obj.$sys" "-M shows the object tree"
is "$(sh Build -Q small -M)" "$(pwd -P)/obj.small.$sys" "-Q puts its prefix into the name"
is "$(sh Build -Qsmall -M)" "$(pwd -P)/obj.small.$sys" "-Q may be glued"
is "$(SENDMAIL_SUFFIX=x sh Build -M)" "$(pwd -P)/obj.$sys.x" "SENDMAIL_SUFFIX ends the name"
is "$(cd src/makemap && sh Build -O ../../out -M)" "$(pwd -P)/src/makemap/../../out/obj.$sys" "-O is seen from where the user stands"
like "$(sh Build -m)" 'os=.*rel=.*arch=' "-m shows the configuration"
like "$(sh Build -m)" 'virgin' "... and that there is no object tree yet"
ok test ! -e "obj.$sys" -- "... and makes none"

echo "APPENDDEF(\`confENVDEF', \`-DWORD=\"\\\"from a site\\\"\"')" >"$TMP/site.m4"
ok sh Build -f "$TMP/site.m4" -- "a build with -f"
is "$("obj.$sys/makemap/makemap")" "from a site" "the site's confENVDEF reached the compiler, quotes and all"
like "$(cat "obj.$sys/Makefile")" '_FORTIFY_SOURCE=[23]' "sources are fortified"
like "$(cat "obj.$sys/Makefile")" '-fstack-protector-strong' "stacks are protected"

mkdir -p "$TMP/inc"
echo '#define FROM_DIR 1' >"$TMP/inc/from_dir.h"
printf '#include <from_dir.h>\nint\tsecond_two(void);\nint\nsecond_two(void)\n{\n\treturn FROM_DIR;\n}\n' >src/makemap/second.c
ok sh Build "-I$TMP/inc" "-L$TMP/inc" -- "headers are found with a glued -I"
like "$(cat "obj.$sys/Makefile")" "-L$TMP/inc" "-L reaches the linker"
is "$("obj.$sys/makemap/makemap")" plain "the settings of the run before are gone"

echo "define(\`confENVDEF', \`-DWORD=\\\"small\\\"')" >devtools/Site/small.config.m4
echo "define(\`confENVDEF', \`-DWORD=\\\"usual\\\"')" >devtools/Site/site.config.m4
ok sh Build -Q small -I "$TMP/inc" -- "a build with -Q"
is "$("obj.small.$sys/makemap/makemap")" small "... reads PREFIX.config.m4"
echo "define(\`confFROBNICATE', \`1')" >>devtools/Site/site.config.m4
out=$(sh Build -I "$TMP/inc" 2>&1)
like "$out" 'confFROBNICATE is not known' "a name that nobody knows is reported"
is "$("obj.$sys/makemap/makemap")" usual "site.config.m4 is read without being asked for"
echo "define(\`confENVDEF', \`-DWORD=\\\"here\\\"')" >"devtools/Site/site.${sys%%.*}.m4"
sh Build -I "$TMP/inc" >/dev/null 2>&1
is "$("obj.$sys/makemap/makemap")" here "site.OS.m4 is read after it"

touch "obj.$sys/left"
ok sh Build -c "-I$TMP/inc" -- "a build from scratch"
ok test ! -e "obj.$sys/left" -- "... begins with an empty object tree"

rm -rf "obj.$sys"
out=$(sh Build -n "-I$TMP/inc" 2>/dev/null)
like "$out" 'second\.c' "-n shows the commands"
ok test ! -e "obj.$sys/makemap/makemap" -- "... and runs none"
out=$(cd src/lib/base && sh Build "-I$TMP/inc")
ok test -e "obj.$sys/lib/base/libbase.a" -- "Build in a folder makes that folder"
ok test ! -e "obj.$sys/makemap/makemap" -- "... and not the others"

out=$(sh Build -f /nonexistent/x.m4 2>&1)
like "$out" '/nonexistent/x.m4: cannot read' "a site file that is not there is an error"
out=$(sh Build -I 2>&1)
like "$out" '-I needs an argument' "so is an option without its word"
chmod -R a+rX "$TMP"
if [ "$(id -u)" = 0 ]; then
	out=$(as_user sh Build 2>&1)
	like "$out" 'belongs to somebody else' "an object tree of somebody else is not written into"
	mkdir -m 1777 "$TMP/out"
	ok as_user sh Build "-I$TMP/inc" -O "$TMP/out" -- "... but -O helps"
fi
done_testing
