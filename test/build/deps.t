#!/bin/sh
# Missing dependencies: root on a system we know installs them, others get one command and a failure.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
T=$TMP/tree
mkdir "$T" "$TMP/bin"
tiny_tree "$T"
unset SENDMAIL_SUFFIX BUILD_NODEPS
chmod -R a+rwX "$T"
cd "$T" || exit 1
what=there-is-no-such-program-$$
cat >devtools/OS/packages <<END
build | prog m4 | m4 | m4 |
build | prog $what | pkg-one | pkg-one |
build | header no_such_header.h | pkg-two | pkg-two |
build | header other_header.h | pkg-three | pkg-three | pcre2
try | prog $what-two | pkg-four | pkg-four |
END

if [ ! -f /etc/debian_version ]; then
	out=$(sh Build 2>&1)
	ok test $? != 0 -- "something is missing: Build fails"
	like "$out" "$what" "... and names it"
	done_testing
fi
out=$(as_user sh Build 2>&1)
ok test $? != 0 -- "an ordinary user is stopped"
like "$out" "$what no_such_header.h" "... told what is missing"
is "$(echo "$out" | sed -n 's/^    //p')" "apt-get update && apt-get install -y --no-install-recommends pkg-one pkg-two pkg-three" "... and the one command"
echo "define(\`confWITH_pcre2', \`no')" >"$TMP/site.m4"
chmod a+r "$TMP/site.m4"
out=$(as_user sh Build -f "$TMP/site.m4" 2>&1)
is "$(echo "$out" | sed -n 's/^    //p')" "apt-get update && apt-get install -y --no-install-recommends pkg-one pkg-two" "a library the site does without is not asked for"
out=$(as_user sh Build try 2>&1)
like "$out" 'pkg-one pkg-two pkg-three pkg-four' "a target asks for its own things too"

# root, with an apt-get that makes the program appear; only its words are looked at
cat >"$TMP/bin/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$TMP/apt.log"
[ -e "$TMP/policy" ] && sh "$TMP/policy"
printf '#!/bin/sh\n' >"$TMP/bin/$what"
chmod 755 "$TMP/bin/$what"
END
chmod 755 "$TMP/bin/apt-get"
grep -v header devtools/OS/packages >"$TMP/p" && cp "$TMP/p" devtools/OS/packages
if [ "$(id -u)" = 0 ]; then
	before=$(ls -l /usr/sbin/policy-rc.d 2>&1)
	PATH=$TMP/bin:$PATH
	export PATH
	out=$(sh Build 2>&1)
	is $? 0 "root gets it installed" || diag "$out"
	like "$(cat "$TMP/apt.log")" 'install -y -q --no-install-recommends pkg-one$' "... with nothing beyond what is missing"
	is "$(ls -l /usr/sbin/policy-rc.d 2>&1)" "$before" "the policy against starting daemons is put back"
	rm -f "$TMP/apt.log"
	sh Build >/dev/null 2>&1
	ok test ! -e "$TMP/apt.log" -- "a second build installs nothing"
	printf '#!/bin/sh\nexit 1\n' >"$TMP/bin/apt-get"
	rm -f "$TMP/bin/$what"
	sh Build clean
	ok sh -c '! sh Build' -- "an installation that fails stops the build"
fi
ok env BUILD_NODEPS=yes sh Build -- "BUILD_NODEPS=yes goes on without asking"
done_testing
