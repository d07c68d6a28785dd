#!/bin/sh
#
# /explain and -bv --explain on a site's configuration: which keys were tried, which hit, which rule decided, and the
# line of the .mc behind all that; the picture is well-formed, whatever an address holds.
. "$(dirname "$0")/../lib/tap.sh"
bin=$OBJ/sendmail/sendmail

cat >"$TMP/site.mc" <<END
VERSIONID(\`site')
OSTYPE(\`linux')
define(\`confDOMAIN_NAME', \`mail.corp.test')
define(\`confDONT_PROBE_INTERFACES', \`true')
define(\`ALIAS_FILE', \`$TMP/aliases')
define(\`confDONT_BLAME_SENDMAIL', \`groupwritabledirpathsafe,mapinunsafedirpath')
FEATURE(\`nocanonify')
FEATURE(\`accept_unresolvable_domains')
dnl FEATURE(\`mailertable', \`not this line')
FEATURE(\`access_db', \`hash -T<TMPF> $TMP/access')
FEATURE(\`mailertable', \`hash $TMP/mailertable')
FEATURE(\`virtusertable', \`hash $TMP/virtusertable')
FEATURE(\`blocklist_recipients')
VIRTUSER_DOMAIN(\`virt.test')
MAILER(\`local')
MAILER(\`smtp')
LOCAL_RULESETS
SLocal_check_rcpt
R\$* bad \$*	\$#error \$@ 5.7.1 \$: "550 bad is bad"
END
(cd "$TMP" && sh "$TOP/cf/cf/Build" site.cf >build.out 2>&1)
is "$?" 0 "the configuration is made" || diag "$(cat "$TMP/build.out")"
makemap=$OBJ/makemap/makemap
printf 'From:sender@example.org\tOK\nTo:example.com\tRELAY\nspammer.test\tREJECT\nConnect:192.0.2\tREJECT\n' | $makemap hash "$TMP/access"
printf 'example.com\tesmtp:[192.0.2.1]\n.example.net\tsmtp:[192.0.2.2]\n' | $makemap hash "$TMP/mailertable"
printf 'joe@virt.test\tann\n@virt.test\terror:5.1.1:550 no such user\n' | $makemap hash "$TMP/virtusertable"
: >"$TMP/aliases"
"$bin" -bi -C "$TMP/site.cf" >/dev/null 2>&1

ask() {
	printf '%s\n' "/explain $*" | "$bin" -bt -C "$TMP/site.cf" 2>&1 | sed -e '1,2d' -e 's/^> //'
}

out=$(ask bob@example.com)
like "$out" 'is read as +bob<@example\.com\.>' "how the address is read"
like "$out" "mailertable +hash $TMP/mailertable, written by FEATURE\\(.mailertable'\\), site\\.mc:11" "the map, its file and its line of the .mc, not the one that is commented out"
like "$out" 'example\.com += esmtp:\[192\.0\.2\.1\]' "the key that hit and its value"
like "$out" 'decided by .*rule [0-9]+: m4/[a-z]+\.m4:[0-9]+' "the rule that decided, and where it stands"
like "$out" 'goes to +mailer esmtp, host \[192\.0\.2\.1\], user bob@example\.com' "what came out"
like "$out" "mailer esmtp is written by MAILER\\(.smtp'\\), site\\.mc:16" "who wrote the mailer"

out=$(ask who@virt.test)
like "$out" 'not there: +who@virt\.test' "a key that was tried in vain"
like "$out" '@virt\.test += error:5\.1\.1:550 no such user' "the one that hit"
like "$out" 'refused +550 5\.1\.1 no such user' "and the refusal"
out=$(ask a@x.example.net)
like "$out" 'not there: +x\.example\.net' "mailertable: the host itself"
like "$out" '\.example\.net += smtp:\[192\.0\.2\.2\]' "mailertable: its domain"

out=$(ask 'client=mx.example.org[198.51.100.7] from=sender@example.org bob@example.com')
like "$out" 'check_relay mx\.example\.org, 198\.51\.100\.7' "check_relay is asked"
like "$out" 'From:sender@example\.org += OK' "check_mail: the sender's key"
like "$out" 'To:example\.com += RELAY' "check_rcpt: the recipient's key"
like "$out" 'route bob@example\.com' "and then the route"
out=$(ask 'client=[192.0.2.9] from=a@b.test bob@example.com')
like "$out" 'Connect:192\.0\.2 += REJECT' "a network that is refused"
like "$out" 'refused +550 5\.7\.1 Access denied' "with sendmail's words"
unlike "$out" 'check_mail' "the session ends there"
out=$(ask 'from=x@spammer.test bob@example.com')
like "$out" 'a stranger, \[192\.0\.2\.1\]' "without a client it is a stranger"
like "$out" 'spammer\.test += REJECT' "a sender that is refused"
out=$(ask 'client=h.test[198.51.100.7] from=a@b.test bad@example.com')
like "$out" 'decided by +Local_check_rcpt, rule 1: site\.mc:19' "a rule of the .mc itself is named by its line"
out=$(ask -v bob@example.com)
like "$out" 'rule +parse, rule [0-9]+: ' "-v: each rule that applied"
like "$out" 'bob@example\.com  ->  bob<@example\.com>' "-v: with what it did"
out=$(ask 'client=nonsense[x] bob@example.com')
like "$out" 'x is no address' "an address that is none"
like "$(ask)" '^Usage: /explain' "without a word: how it is used"
like "$(ask "$(printf 'a%.0s' $(seq 1 300))@example.com")" 'too long' "an address that is too long is refused as ever"

out=$("$bin" -bv --explain --svg "$TMP/out.svg" -C "$TMP/site.cf" joe@virt.test 2>&1)
like "$out" 'joe@virt\.test += ann' "-bv --explain: the same"
like "$out" 'goes to +mailer local, user ann' "-bv --explain: the answer"
out=$("$bin" -bv --explain -C "$TMP/site.cf" who@virt.test 2>&1)
is "$?" 67 "-bv --explain: a refusal is the exit code"
printf '/explain --svg %s "<&>\\"x"@virt.test\n' "$TMP/odd.svg" | "$bin" -bt -C "$TMP/site.cf" >"$TMP/odd.out" 2>&1
printf '/explain --svg %s \001\002\377@virt.test\n' "$TMP/ctl.svg" | "$bin" -bt -C "$TMP/site.cf" >"$TMP/ctl.out" 2>&1
for i in out odd ctl; do
	if python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$TMP/$i.svg" 2>"$TMP/xml.err"; then
		pass "$i.svg is well-formed"
	else
		diag "$(cat "$TMP/xml.err")"
		fail "$i.svg is well-formed"
	fi
done
like "$(cat "$TMP/out.svg")" '>joe@virt\.test<' "the picture holds the key"
out=$(printf '/explain --svg /nonexistent/x.svg a@virt.test\n' | "$bin" -bt -C "$TMP/site.cf" 2>&1)
like "$out" '/nonexistent' "a picture that cannot be written is said"

grep -v '^#line' "$TMP/site.cf" >"$TMP/plain.cf"
out=$(printf '/explain bob@example.com\n' | "$bin" -bt -C "$TMP/plain.cf" 2>&1)
like "$out" 'decided by .*rule [0-9]+: plain\.cf:[0-9]+' "without marks: the line of the sendmail.cf"
done_testing
