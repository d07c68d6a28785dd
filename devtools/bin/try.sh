#!/bin/sh
#
# try.sh - show a message going all the way: SMTP in, sendmail, mail.local, POP3 and IMAP out.
#
#	sh Build try [--once] [--keep]
#
# Everything is private: a folder of its own below TMPDIR, a test authority and certificate made for
# this run, a demo user, high ports of 127.0.0.1.  No file of the host is read for mail or written.
# Then it prints what to try by hand and waits for Ctrl-C; with --once it ends, and the exit code is
# 0 only if a message with a fresh random body came back byte for byte by POP3 and by IMAP.
# --keep leaves the folder behind.

LC_ALL=C
export LC_ALL
umask 022
TOP=${ANGARIUM_TOP:?run this by "sh Build try"}
OBJ=${ANGARIUM_OBJ:?run this by "sh Build try"}
ANGARIUM_MODULES=$OBJ/modules
export ANGARIUM_MODULES
M4=${M4:-$(command -v gm4 || command -v m4)}
once=no keep=no
for i in "$@"; do
	case $i in
	--once)	once=yes ;;
	--keep)	keep=yes ;;
	*)	echo "try: unknown option $i" >&2
		exit 2 ;;
	esac
done

D=$(mktemp -d "${TMPDIR:-/tmp}/angarium-try.XXXXXX") || exit 1
chmod 755 "$D"
follower=
. "$TOP/test/lib/site.sh"
SITE_PIDS=

# end the daemons by the numbers we know, then remove the folder
finish() {
	rc=$?
	trap - EXIT HUP INT TERM
	[ -n "$follower" ] && kill "$follower" 2>/dev/null
	site_stop
	cd / || exit 1
	if [ $keep = yes ]; then
		echo "The folder $D is left as it is."
	else
		rm -rf "$D"
	fi
	exit $rc
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

n=0
step() {
	n=$((n + 1))
	printf '\n%d. %s\n' "$n" "$1"
}

say() {
	printf '   %s\n' "$@"
}

# what a program printed, a few lines of it
show() {
	sed -e 's/\r$//' -e 's/^/   | /' "$1" | head -"${2:-6}"
}

fail() {
	printf '\ntry: %s\n' "$1" >&2
	for f in "$D"/site/log/*; do
		[ -s "$f" ] || continue
		printf -- '--- the end of %s:\n' "${f##*/}" >&2
		tail -15 "$f" >&2
	done
	exit 1
}

for p in sendmail mail.local popd imapd; do
	[ -x "$OBJ/$p/$p" ] || fail "$p is not built"
done

printf 'Angarium: a message goes all the way, inside %s\n' "$D"

step "openssl makes a test authority and a certificate; m4 makes the configuration"
site_make "$D/site" || fail "the private host could not be made"
cd "$SITE" || exit 1
mkdir data
say "$(openssl x509 -in certs/server.pem -noout -subject -issuer | tr '\n' ' ')"
for i in sendmail submit mailbox; do
	say "etc/$i.mc, $(wc -l <etc/$i.mc) lines   ->   etc/$i.cf, $(wc -l <etc/$i.cf) lines"
done

step "The daemons start"
site_start || fail "a daemon did not start"
say "sendmail   127.0.0.1:$SITE_SMTP   process $SITE_SENDMAIL_PID and its roles"
say "popd       127.0.0.1:$SITE_POP   process $SITE_POPD_PID"
say "imapd      127.0.0.1:$SITE_IMAP   process $SITE_IMAPD_PID"

CURL="curl -sS --max-time 60 --cacert certs/ca.pem --ssl-reqd"
# an RFC 5322 message with CRLF, a random body, lines that begin with a dot, and a very long line
make_message() {
	openssl rand -base64 3000 | tr -d '\n' | fold -w 76 >data/random
	echo >>data/random
	{
		printf 'From: Sender <sender@example.org>\nTo: Demo <%s>\nSubject: try %s\n' "$SITE_TO" "$1"
		printf 'Date: %s\nMessage-Id: <%s@example.org>\n\n' "$(date -u '+%a, %d %b %Y %H:%M:%S +0000')" "$1"
		cat data/random
		printf '.\n..two dots\n.one dot\nlong: '
		openssl rand -base64 600 | tr -d '\n'
		printf '\n\nthe end of %s\n' "$1"
	} | awk '{ printf "%s\r\n", $0 }' >"data/sent"
	body_of data/sent >data/sent.body
}

# what follows the first empty line
body_of() {
	awk 'found { print } /^\r?$/ { found = 1 }' "$1"
}

step "curl sends a message with a random body by SMTP, over STARTTLS"
MARK=$(openssl rand -hex 8)
make_message "$MARK"
$CURL -v --url "smtp://127.0.0.1:$SITE_SMTP/client.example.org" --mail-from sender@example.org \
    --mail-rcpt "$SITE_TO" -T data/sent >log/curl-smtp 2>&1 ||
    fail "curl could not send: $(grep '^[<]' log/curl-smtp | tail -3)"
grep -E '^[<>] (2|3|4|5|EHLO|MAIL|RCPT|DATA|STARTTLS|QUIT)' log/curl-smtp |
    grep -v '^< 250-' | sed 's/^\([<>]\) \(.\{0,70\}\).*/\1 \2/' >data/dialogue
show data/dialogue 16

step "sendmail queues it, routes it, and mail.local puts it into the mailbox"
count=0 i=0
while [ "$count" = 0 ]; do
	$CURL --url "imap://127.0.0.1:$SITE_IMAP/" -u "$SITE_USER:$SITE_PASSWORD" \
	    -X 'STATUS INBOX (MESSAGES)' >data/status 2>log/curl-status ||
	    fail "curl could not ask imapd: $(cat log/curl-status)"
	count=$(sed -n 's/.*MESSAGES \([0-9]*\).*/\1/p' data/status)
	count=${count:-0}
	i=$((i + 1))
	[ $i -lt 300 ] || fail "the message did not arrive within half a minute"
	[ "$count" != 0 ] || sleep 0.1
done
grep -h -E '(from=|to=).*' log/sendmail 2>/dev/null | sed 's/^.*\(sendmail\|sm-mta\)[^:]*: //' >data/maillog
show data/maillog 4
find "home/$SITE_USER" -type f -name '*.*' | grep -E '/(new|cur)/' | head -1 | sed 's/^/   /'

# same FILE NAME: the body in FILE is the one we sent
same() {
	body_of "$1" >"$1.body"
	if cmp -s data/sent.body "$1.body"; then
		say "$(wc -c <data/sent.body) bytes of body came back by $2, each one as it was sent"
	else
		cmp data/sent.body "$1.body"
		keep=yes
		fail "the body that came back by $2 is not the one that was sent"
	fi
}

step "curl reads it by POP3, over STLS"
$CURL --url "pop3://127.0.0.1:$SITE_POP/" -u "$SITE_USER:$SITE_PASSWORD" >data/poplist 2>log/curl-pop ||
    fail "curl could not list by POP3: $(cat log/curl-pop)"
show data/poplist 3
$CURL --url "pop3://127.0.0.1:$SITE_POP/1" -u "$SITE_USER:$SITE_PASSWORD" >data/pop 2>log/curl-pop ||
    fail "curl could not fetch by POP3: $(cat log/curl-pop)"
same data/pop POP3

step "curl reads it by IMAP, over STARTTLS"
$CURL --url "imap://127.0.0.1:$SITE_IMAP/INBOX" -u "$SITE_USER:$SITE_PASSWORD" \
    -X 'FETCH 1 (UID FLAGS RFC822.SIZE)' >data/imaplist 2>log/curl-imap ||
    fail "curl could not list by IMAP: $(cat log/curl-imap)"
show data/imaplist 3
$CURL --url "imap://127.0.0.1:$SITE_IMAP/INBOX;MAILINDEX=1" -u "$SITE_USER:$SITE_PASSWORD" >data/imap 2>log/curl-imap ||
    fail "curl could not fetch by IMAP: $(cat log/curl-imap)"
same data/imap IMAP
sed -n '1,/^\r*$/p' data/imap | grep -E -A1 '^(Return-Path|Received|Delivered-To):' >data/head
show data/head 4

if [ $once = yes ]; then
	printf '\nAll of it came back.\n'
	exit 0
fi

cat <<END

Now it is your turn; the daemons run until you press Ctrl-C.
The demo user is $SITE_USER, the password $SITE_PASSWORD, the address $SITE_TO.

   swaks --server 127.0.0.1:$SITE_SMTP --tls --from you@example.org --to $SITE_TO
   telnet 127.0.0.1 $SITE_SMTP
   openssl s_client -starttls smtp -crlf -connect 127.0.0.1:$SITE_SMTP -CAfile $SITE/certs/ca.pem
   echo "Subject: hello" | $OBJ/sendmail/sendmail -C $SITE/etc/submit.cf -t -oi $SITE_TO
   echo '3,0 $SITE_TO' | $OBJ/sendmail/sendmail -bt -C $SITE/etc/sendmail.cf
   curl --cacert $SITE/certs/ca.pem --ssl-reqd -u $SITE_USER:$SITE_PASSWORD 'imap://127.0.0.1:$SITE_IMAP/INBOX;MAILINDEX=1'
   curl --cacert $SITE/certs/ca.pem --ssl-reqd -u $SITE_USER:$SITE_PASSWORD pop3://127.0.0.1:$SITE_POP/1
   openssl s_client -starttls imap -crlf -connect 127.0.0.1:$SITE_IMAP -CAfile $SITE/certs/ca.pem

The log of sendmail follows.
END
tail -n 0 -F log/sendmail 2>/dev/null &
follower=$!
while kill -0 "$SITE_SENDMAIL_PID" 2>/dev/null; do
	sleep 1
done
fail "sendmail ended"
