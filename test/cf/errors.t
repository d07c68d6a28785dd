#!/bin/sh
# A broken .mc: the error names its file and line, Build fails, and the configuration that was there stays.
. "$(dirname "$0")/../lib/tap.sh"
B=$TOP/cf/cf/Build
cd "$TMP" || bail "no folder"

# refused LINE ERE NAME: site.mc fails at that line with that text
refused() {
	echo "the old one" >site.cf
	sh "$B" site.cf >out 2>&1
	rc=$?
	ok test $rc != 0 -- "$3: Build fails"
	like "$(cat out)" "site\.mc:$1: $2" "$3: file, line and what"
	is "$(cat site.cf)" "the old one" "$3: the old configuration stays"
	is "$(ls)" "out
site.cf
site.mc" "$3: nothing is left lying about"
}

cat >site.mc <<'END'
divert(-1)dnl
divert(0)dnl
OSTYPE(`linx')
MAILER(`smtp')
END
refused 3 'no ostype named linx' "a misspelt OSTYPE"
like "$(cat out)" 'did you mean linux' "... and what it may have meant"

cat >site.mc <<'END'
OSTYPE(`linux')
FEATURE(`redirect')
FEATURE(`acess_db', `hash -T<TMPF> /etc/mail/access')
MAILER(`smtp')
END
refused 3 'no feature named acess_db' "a misspelt FEATURE"
like "$(cat out)" 'did you mean access_db' "... and what it may have meant"

printf 'OSTYPE(`linux'"'"')\nMAILER(`local'"'"')\nMAILER(`smpt'"'"')\n' >site.mc
refused 3 'no mailer named smpt' "a misspelt MAILER"

# what sendmail only complains about, and then does
warned() {
	sh "$B" site.cf >out 2>&1
	is "$?" 0 "$3: Build goes on"
	like "$(cat out)" "site\.mc:$1: warning: $2" "... and says so, with the line"
}

printf 'MAILER(`local'"'"')\n' >site.mc
warned 1 'no OSTYPE before MAILER' "MAILER without OSTYPE"
printf 'VERSIONID(`x'"'"')\n' >site.mc
sh "$B" site.cf >out 2>&1
is "$?" 0 "no OSTYPE at all: Build goes on"
like "$(cat out)" 'OSTYPE is missing' "... and says so"
cat >site.mc <<'END'
OSTYPE(`linux')
MAILER(`local')
MAILER(`smtp')
FEATURE(`redirect')
END
warned 4 'FEATURE\(redirect\) should come before any MAILER' "FEATURE after MAILER"
ok grep -q '^CPREDIRECT' site.cf -- "... and it works"
printf 'OSTYPE(`linux'"'"')\nMAILER(`smtp'"'"')\nMAILER(`smtp'"'"')\n' >site.mc
warned 3 'MAILER\(smtp\) stands here twice' "a MAILER twice"
is "$(grep -c '^Mesmtp' site.cf)" 1 "... is defined once"
printf 'OSTYPE(`linux'"'"')\nMAILER(`procmail'"'"')\n' >site.mc
warned 2 'MAILER\(procmail\) .*smtp' "a MAILER that wants another before it"

# names that nobody knows
cat >site.mc <<'END'
OSTYPE(`linux')
define(`confMAX_MESAGE_SIZE', `1000000')dnl
define(`SMART_HSOT', `hub')dnl
define(`MY_CERTS', `/etc/certs')dnl
define(`confCACERT_PATH', `MY_CERTS')dnl
define(`confNOBODY_HAS_EVER_SEEN', `1')dnl
MAILER(`smtp')
END
warned 2 'nobody reads confMAX_MESAGE_SIZE: did you mean confMAX_MESSAGE_SIZE' "a misspelt define"
like "$(cat out)" 'site\.mc:3: warning: nobody reads SMART_HSOT: did you mean SMART_HOST' "... and one that is no option"
like "$(cat out)" 'site\.mc:6: warning: nobody reads confNOBODY_HAS_EVER_SEEN' "... and one like no other"
is "$(grep -c 'MY_CERTS' out)" 0 "a name of the site's own is its business"
ok grep -q '^O CACertPath=/etc/certs$' site.cf -- "... and works"
rm -f site.cf

cat >site.mc <<'END'
OSTYPE(`linux')

FEATURE(`blocklist_recipients')
MAILER(`smtp')
END
refused 3 'FEATURE\(blocklist_recipients\) needs FEATURE\(access_db\) before it' "a FEATURE that needs another"

cat >site.mc <<'END'
OSTYPE(`linux')
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access', `skipp')
MAILER(`smtp')
END
warned 2 'FEATURE\(access_db\) does not know the argument skipp' "an argument that a FEATURE does not know"

cat >site.mc <<'END'
OSTYPE(`linux')
FEATURE(`access_db')
FEATURE(`delay_checks', `fiend')
MAILER(`smtp')
END
refused 3 'FEATURE\(delay_checks\) knows only friend and hater' "another"

# several errors at once
cat >site.mc <<'END'
OSTYPE(`linux')
FEATURE(`one')
FEATURE(`two')
MAILER(`smtp')
END
sh "$B" site.cf >out 2>&1
is "$(grep -c 'no feature named' out)" 2 "every error is said, not only the first"

# plain m4: a status, and nothing that a sendmail would run with
m4 "-D_CF_DIR_=$TOP/cf/" "$TOP/cf/m4/cf.m4" site.mc >plain.cf 2>/dev/null
ok test $? != 0 -- "plain m4 fails too"
is "$(grep -c '^[RM]' plain.cf)" 0 "... without rules or mailers"

# an error in an m4 file that the .mc includes
echo 'FEATURE(`nonesuch'"'"')' >part.m4
cat >site.mc <<'END'
OSTYPE(`linux')
include(`part.m4')
MAILER(`smtp')
END
sh "$B" site.cf >out 2>&1
like "$(cat out)" 'part\.m4:1: no feature named nonesuch' "an error in an included file names that file"
rm part.m4
sh "$B" nonesuch.cf >out 2>&1
ok test $? != 0 -- "no .mc: Build fails"
like "$(cat out)" 'there is no nonesuch\.mc' "... and says so"
done_testing
