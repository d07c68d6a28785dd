#!/bin/sh
# Programs that people use go a full round trip: a message is sent by SMTP with STARTTLS, arrives, and
# is read by POP3 and IMAP with TLS, its body unchanged.  swaks, curl, mutt, mbsync, Python's smtplib,
# poplib and imaplib, and our own sendmail -t through submit.cf.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/test/lib/site.sh"
site_make "$TMP/site" && site_start || { kill_later "$SITE_PIDS"; bail "no private host"; }
for p in $SITE_PIDS; do
	kill_later "$p"
done
CA=$SITE/certs/ca.pem
HOME=$TMP/me
mkdir "$HOME"
export HOME
CURL="curl -sS --max-time 30 --cacert $CA --ssl-reqd -u $SITE_USER:$SITE_PASSWORD"

# how many messages are in the mailbox now
count() {
	$CURL "imap://127.0.0.1:$SITE_IMAP/" -X 'STATUS INBOX (MESSAGES)' 2>/dev/null |
	    sed -n 's/.*MESSAGES \([0-9]*\).*/\1/p'
}

arrived() {
	[ "$(count)" = "$1" ]
}

# came N MARK NAME: message N is there, and its text holds MARK by IMAP and by POP3
came() {
	ok await 30 arrived "$1" -- "$3: the message arrives"
	like "$($CURL "imap://127.0.0.1:$SITE_IMAP/INBOX;MAILINDEX=$1" 2>&1)" "$2" "... and is read by IMAP"
	like "$($CURL "pop3://127.0.0.1:$SITE_POP/$1" 2>&1)" "$2" "... and by POP3"
}

mark() {
	openssl rand -hex 12
}

M=$(mark)
ok swaks --server "127.0.0.1:$SITE_SMTP" --tls --from you@example.org --to "$SITE_TO" \
    --body "swaks $M" -- "swaks sends with STARTTLS"
came 1 "swaks $M" swaks

M=$(mark)
printf 'From: <you@example.org>\r\nTo: <%s>\r\nSubject: curl\r\n\r\ncurl %s\r\n' "$SITE_TO" "$M" >"$TMP/m"
ok $CURL --url "smtp://127.0.0.1:$SITE_SMTP/here.example.org" -u : --mail-from you@example.org \
    --mail-rcpt "$SITE_TO" -T "$TMP/m" -- "curl sends with STARTTLS"
came 2 "curl $M" curl

M=$(mark)
printf 'To: %s\nSubject: sendmail\n\nsendmail -t %s\n' "$SITE_TO" "$M" >"$TMP/m"
ok sh -c "'$OBJ/sendmail/sendmail' -C '$SITE/etc/submit.cf' -t -oi <'$TMP/m'" -- "sendmail -t hands a message over"
came 3 "sendmail -t $M" "sendmail -t"

# mutt, with our sendmail for sending and our imapd for reading
M=$(mark)
cat >"$HOME/.muttrc" <<END
set sendmail="$OBJ/sendmail/sendmail -C $SITE/etc/submit.cf -oi"
set from="you@example.org"
set use_from=yes
set copy=no
set certificate_file="$CA"
set ssl_starttls=yes
set ssl_force_tls=yes
set imap_user="$SITE_USER"
set imap_pass="$SITE_PASSWORD"
set folder="imap://localhost:$SITE_IMAP/"
set mail_check=1
END
echo "mutt $M" >"$TMP/m"
ok sh -c "mutt -F '$HOME/.muttrc' -s mutt '$SITE_TO' <'$TMP/m'" -- "mutt sends through sendmail"
came 4 "mutt $M" mutt
echo "set quit=yes
set confirmappend=no
set confirmcreate=no
set delete=no
push '<tag-pattern>~A<enter><tag-prefix><copy-message>$TMP/copy<enter><exit>'" >>"$HOME/.muttrc"
(TERM=xterm timeout 20 script -qec "mutt -F '$HOME/.muttrc' -f imap://localhost:$SITE_IMAP/INBOX" /dev/null </dev/null >"$TMP/mutt.out" 2>&1)
like "$(cat "$TMP/copy")" "mutt $M" "mutt reads it by IMAP" || diag "$(tr -dc '[:print:]\n' <"$TMP/mutt.out" | tail -5)"

# mbsync fetches the mailbox into a Maildir
mkdir -p "$HOME/box"
cat >"$HOME/.mbsyncrc" <<END
IMAPAccount a
Host localhost
Port $SITE_IMAP
User $SITE_USER
Pass $SITE_PASSWORD
SSLType STARTTLS
CertificateFile $CA
AuthMechs LOGIN

IMAPStore remote
Account a

MaildirStore local
Path $HOME/box/
Inbox $HOME/box/INBOX

Channel c
Far :remote:
Near :local:
Patterns INBOX
Sync Pull
Create Near
END
ok timeout 30 mbsync -c "$HOME/.mbsyncrc" -a -- "mbsync fetches the mailbox"
is "$(find "$HOME/box" -type f -path '*/INBOX/*' -name '*.*' ! -name '.*' | wc -l | tr -d ' ')" 4 "... all of it"

out=$(python3 "$TOP/test/real/round_trip.py" "$SITE_SMTP" "$SITE_POP" "$SITE_IMAP" "$CA" "$SITE_USER" "$SITE_PASSWORD" "$SITE_TO" 2>&1)
is "$?" 0 "smtplib, poplib and imaplib: the body comes back byte for byte" || diag "$out"
like "$(tail -400 "$SITE/log/sendmail")" "stat=Sent" "the log says so" 
unlike "$(cat "$SITE/log/"*)" 'Sanitizer|must_fail|broken promise|panic' "nothing broke on the way"
[ $TAP_BAD = 0 ] || diag "$(tail -30 "$SITE/log/sendmail")"
site_stop
done_testing
