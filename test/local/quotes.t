#!/bin/sh
#
# Mailer flags s, B and U: what a local mailer's program gets as a user's name, and UUCP's From_ line; as a real sendmail 8.17 gives it.
. "$(dirname "$0")/../lib/tap.sh"
bin=$OBJ/sendmail/sendmail

mkdir -m 700 "$TMP/queue"
cat >"$TMP/say.sh" <<END
#!/bin/sh
echo "\$@" >>"$TMP/out"
head -1 >>"$TMP/out"
END
chmod 755 "$TMP/say.sh"

# FLAGS SENDER RECIPIENT ...
deliver() {
	cat >"$TMP/x.cf" <<END
V10/Berkeley
Djmail.test
Cwhere.test
O DontProbeInterfaces=true
O OperatorChars=.:%@!^/[]+
O QueueDirectory=$TMP/queue
O QueueLA=10000
O DeliveryMode=i
O DontBlameSendmail=TrustStickyBit
Mlocal, P=$TMP/say.sh, F=lmS$1, S=10, R=20, A=say \$u
Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c \$u
Scanonify=3
R\$* < \$* > \$*	\$: \$2
R\$+ @ \$+	\$: \$1 < @ \$2 >
Sparse=0
R\$* < @ \$=w > \$*	\$# local \$: \$1
R\$+	\$# local \$: \$1
Sfinal=4
R\$* < @ \$+ > \$*	\$1 @ \$2 \$3
END
	from=$2
	shift 2
	: >"$TMP/out"
	printf 'Subject: x\n\nb\n' | "$bin" -Am -C "$TMP/x.cf" -f "$from" "$@" >"$TMP/said" 2>&1 || cat "$TMP/said"
	sed 's/  [A-Z][a-z][a-z] [A-Z][a-z][a-z] .. ..:..:.. ..../  DATE/' "$TMP/out"
}

is "$(deliver n s@x.test '"a b"@here.test' 'x\y@here.test')" '"a b" x\y
Subject: x' "no flag: as it is"
is "$(deliver sn s@x.test '"a\"b"@here.test' 'x\y@here.test' '"\joe"@here.test' '"a b".c@here.test' 'a"b"@here.test')" 'a"b xy joe a b.c ab
Subject: x' "s: neither quotes nor backslashes"
is "$(deliver Bn s@x.test '"a\"b"@here.test' 'x\y@here.test' '\\joe')" '"a\"b" x\y joe
Subject: x' "B: no backslashes in front"
is "$(deliver U 'host!user' joe)" 'joe
From user  DATE remote from host' "U: the host behind"
is "$(deliver U 'a!b!user' joe)" 'joe
From b!user  DATE remote from a' "U: only the first"
is "$(deliver U joe@x.test joe)" 'joe
From joe@x.test  DATE' "U: no other sender"
is "$(deliver '' 'host!user' joe)" 'joe
From host!user  DATE' "no U"
done_testing
