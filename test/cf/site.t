#!/bin/sh
# A site: /etc/mail/Makefile rebuilds what is out of date and nothing else; mailbox.mc becomes mailbox.cf; Build's words.
. "$(dirname "$0")/../lib/tap.sh"
CF=$TOP/cf
B=$CF/cf/Build
mkdir "$TMP/mail" && cd "$TMP/mail" || bail "no folder"

cp "$CF/etc/Makefile" .
cp "$CF/cf/generic-linux.mc" sendmail.mc
printf 'spammer.com ERROR:"550 We hate spammers"\n192.168.1 ERROR:"550 no"\n' >access
printf '.localdomain smtp:mail.localdomain\n' >mailertable
printf 'root: admin\n' >aliases
cat >fake <<'END'
#!/bin/sh
echo "newaliases $*"
: >aliases.db
END
chmod 755 fake
mk() {
	make "CF_DIR=$CF" "MAKEMAP=$OBJ/makemap/makemap" "SENDMAIL=$TMP/mail/fake" "$@" 2>&1
}
out=$(mk)
is "$?" 0 "make"
is "$(echo "$out" | grep -E -o 'sendmail\.cf$|^newaliases' | tr '\n' ' ')" "sendmail.cf newaliases " "the configuration first: newaliases reads it"
for f in access.db mailertable.db aliases.db sendmail.cf; do
	ok test -f $f -- "$f is made"
done
is "$("$OBJ/makemap/makemap" -u hash access | sort | tr '\n\t' '| ')" '192.168.1 ERROR:"550 no"|spammer.com ERROR:"550 We hate spammers"|' "what the tutorials print goes into the map to the letter"
is "$(mk | grep -v '^make')" "" "again: nothing to do"
sleep 1
printf 'spammer.com OK\n' >access
out=$(mk)
like "$out" 'access < access' "a newer text is made again"
unlike "$out" 'mailertable' "... and only that"
printf 'FEATURE(`nonesuch'"'"')\n' >>sendmail.mc
cp sendmail.cf before
out=$(touch -t 203801010000 sendmail.mc; mk)
ok test $? != 0 -- "a broken .mc: make fails"
like "$out" 'sendmail\.mc:[0-9]+: ' "... and names the line"
ok cmp -s sendmail.cf before -- "... and the configuration stays"

# mailbox.cf
cat >mailbox.mc <<'END'
define(`confMAILBOX_FORMAT', `maildir')dnl
define(`confMAILBOX_PATH', `%h/Maildir')dnl
define(`confMAX_CONNECTIONS', `7')dnl
MAILBOX_LISTEN(`imap', `Addr=127.0.0.1, Port=1143')dnl
MAILBOX_LISTEN(`pop3s')dnl
MAILBOX_LISTEN(`mine', Addr=127.0.0.1, Port=2, Service=lmtp, TLS=no)dnl
END
sh "$B" mailbox.cf >out 2>&1
is "$?: $(cat out)" "0: " "mailbox.mc is made"
is "$(grep '^O ' mailbox.cf)" "O MailboxFormat=maildir
O MailboxPath=%h/Maildir
O FolderPath=%h/mail
O UserDatabase=system
O AllowPlaintext=tls
O MaxConnections=7
O Listen=Name=imap, Addr=127.0.0.1, Port=1143, Service=imap, TLS=starttls
O Listen=Name=pop3s, Port=995, Service=pop3, TLS=implicit
O Listen=Name=mine, Addr=127.0.0.1,Port=2,Service=lmtp,TLS=no" "options and listeners, with what follows from names"
: >mailbox.mc
sh "$B" mailbox.cf >out 2>&1
is "$(grep -c '^O Listen=' mailbox.cf)" 4 "without listeners there are imap, imaps, pop3 and pop3s"
printf 'MAILBOX_LISTEN(`odd'"'"', `Addr=127.0.0.1'"'"')\n' >mailbox.mc
sh "$B" mailbox.cf >out 2>&1
ok test $? != 0 -- "a listener that lacks a port: Build fails"
like "$(cat out)" 'mailbox\.mc:1: MAILBOX_LISTEN\(odd\) needs a Port' "... and says where"

# options that only Angarium knows
printf '%s\n' "OSTYPE(\`linux')" "define(\`confROLE_USER', \`nobody')" "MAILER(\`smtp')" >mine.mc
sh "$B" mine.cf
ok grep -q '^O RoleUser=nobody' mine.cf -- "an option of ours"
ok grep -q 'for Angarium' mine.cf -- "... is announced at the head"
printf '%s\n' "OSTYPE(\`linux')" "MAILER(\`smtp')" >mine.mc
sh "$B" mine.cf
is "$(sed 's|[^ ]*/[^ ]*||g' mine.cf | grep -i -c angarium)" 0 "... and otherwise not mentioned"

# without a table ruleset authinfo is the site's
printf '%s\n' "OSTYPE(\`linux')" "MAILER(\`smtp')" 'LOCAL_RULESETS' 'Sauthinfo' "R\$*	\$# \"U:me\" \"P:x\"" >mine.mc
sh "$B" mine.cf
like "$(printf 'authinfo mx.test\n' | "$OBJ/sendmail/sendmail" -C mine.cf -bt 2>&1)" 'returns: \$# "U:me" "P:x"' "a site's own ruleset authinfo, without an access map"

# two runs give the same file
cp mine.cf first && sh "$B" mine.cf
ok cmp -s first mine.cf -- "the same .mc gives the same bytes"
done_testing
