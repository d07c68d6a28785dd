#!/bin/sh
# sh Build install: below DESTDIR, with modes; as an ordinary user too.
# The site file of this test puts everything into the test's own folder, so that an install that
# forgot DESTDIR would do no harm; $P stands for /usr.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/tree.sh"
T=$TMP/tree
D=$TMP/stage
P=$TMP/p
mkdir "$T" "$D"
tiny_tree "$T"
mkdir "$T/cf" "$T/cf/m4" "$T/cf/etc"
cp "$TOP/cf/etc/Makefile" "$T/cf/etc/"
echo text >"$T/cf/m4/cf.m4"
mkdir "$T/src/sendmail"
cp "$T/src/makemap/Build" "$T/src/sendmail/"
sed 's/makemap/sendmail/g; s/ second.c//' "$T/src/makemap/Makefile.m4" >"$T/src/sendmail/Makefile.m4"
cp "$T/src/makemap/makemap.c" "$T/src/sendmail/sendmail.c"
sed 's/MAKEMAP/SENDMAIL/; s/makemap/sendmail/' "$T/src/makemap/makemap.8" >"$T/src/sendmail/sendmail.8"
chmod -R a+rwX "$T" "$D"
BUILD_NODEPS=yes
export BUILD_NODEPS
unset SENDMAIL_SUFFIX DESTDIR
cd "$T" || exit 1

mode() {
	ls -ld "$1" | cut -c1-10
}

site() {
	# by way of marks: $P itself may lie below /var
	sed "s|/usr|@U@|g; s|/var|@V@|g; s|/etc|@E@|g; s|@U@|$P|g; s|@V@|$P/var|g; s|@E@|$P/etc|g" >"$TMP/site.m4" <<-END
		define(\`confMBINDIR', \`/usr/sbin')
		define(\`confSBINDIR', \`/usr/sbin')
		define(\`confUBINDIR', \`/usr/bin')
		define(\`confEBINDIR', \`/usr/libexec')
		define(\`confLIBEXECDIR', \`/usr/libexec')
		define(\`confSHAREDIR', \`/usr/share/angarium')
		define(\`confMANROOT', \`/usr/share/man/man')
		define(\`confQDIR', \`/var/spool/mqueue')
		define(\`confMSPQDIR', \`/var/spool/clientmqueue')
		define(\`confETCDIR', \`/etc/mail')
		define(\`confSTDIR', \`/etc/mail')
		define(\`confLINKS', \`/usr/bin/mailq
		/usr/bin/newaliases')
		$1
	END
	chmod a+r "$TMP/site.m4"
}

site "define(\`confGBINGRP', \`$(id -gn)')define(\`confMSPQOWN', \`$(id -un)')"
out=$(sh Build -n install "DESTDIR=$D" -f "$TMP/site.m4" 2>&1)
is "$(find "$D" "$P" -type f 2>/dev/null)" "" "-n install writes nothing"
like "$out" 'mv .*makemap' "... but shows what it would do"

out=$(sh Build install -E "DESTDIR=$D" -f "$TMP/site.m4" 2>&1)
is $? 0 "install" || diag "$out"
ok test ! -e "$P" -- "nothing stands outside of DESTDIR"
S=$D$P
ok "$S/sbin/makemap" -- "a program is there and runs"
is "$(mode "$S/sbin/makemap")" "-r-xr-xr-x" "its mode"
if [ "$(id -u)" = 0 ]; then
	is "$(mode "$S/sbin/sendmail")" "-r-xr-sr-x" "sendmail is set-group-id"
else
	like "$out" 'sendmail\(root:' "sendmail could not be made set-group-id, and Build says so"
fi
is "$(readlink "$S/bin/mailq")" "$P/sbin/sendmail" "mailq is a link to it"
is "$(readlink "$S/bin/newaliases")" "$P/sbin/sendmail" "so is newaliases"
ok test -f "$S/libexec/angarium/str_mod.so" -- "a module"
ok test -f "$S/share/man/man8/makemap.8" -- "a man page"
is "$(mode "$S/share/man/man8/makemap.8")" "-r--r--r--" "its mode"
ok test -f "$S/share/angarium/cf/m4/cf.m4" -- "the cf tree"
is "$(sed -n 's/^CF_DIR=[[:blank:]]*//p' "$S/etc/mail/Makefile")" "$P/share/angarium/cf" "the Makefile of /etc/mail knows where that is"
is "$(mode "$S/var/spool/clientmqueue")" "drwxrwx---" "clientmqueue"
is "$(mode "$S/var/spool/mqueue")" "drwx------" "mqueue"
ok sh Build install "DESTDIR=$D" -f "$TMP/site.m4" -- "a second install over the first, DESTDIR as a word"
is "$(find "$D" -name '*.new.*')" "" "nothing half-written is left"
ok sh Build install -f "$TMP/site.m4" -- "an install without DESTDIR"
ok "$P/sbin/makemap" -- "... puts the program in its own place"

site "define(\`confGBINGRP', \`nogroup$$')define(\`confMSPQOWN', \`nouser$$')"
out=$(sh Build install -E "DESTDIR=$TMP/stage2" -f "$TMP/site.m4" 2>&1)
like "$out" "(groupadd|addgroup) -[a-zA-Z] *nogroup$$ && .*nogroup$$.*nouser$$" \
    "where the account of submission is missing, install prints the command that makes it"

rm -rf "$D" obj.*
mkdir "$D"
chmod 777 "$D"
site "define(\`confGBINGRP', \`no-such-group')"
out=$(as_user sh Build install "DESTDIR=$D" -f "$TMP/site.m4" 2>&1)
is $? 0 "an ordinary user can install below DESTDIR" || diag "$out"
is "$(mode "$S/sbin/sendmail")" "-r-xr-xr-x" "... without set-group-id"
like "$out" '/sbin/sendmail\(root:no-such-group,2555\)' "... and is told so"
done_testing
