#!/bin/sh
# What README promises: `sh Build try --once' ends well and leaves nothing behind.
. "$(dirname "$0")/../lib/tap.sh"
mkdir "$TMP/t"
chmod 1777 "$TMP/t"
out=$(ANGARIUM_TOP=$TOP ANGARIUM_OBJ=$OBJ TMPDIR=$TMP/t sh "$TOP/devtools/bin/try.sh" --once 2>&1)
is $? 0 "try --once" || diag "$out"
like "$out" 'bytes of body came back by POP3' "POP3 gave the message back"
like "$out" 'bytes of body came back by IMAP' "IMAP gave the message back"
is "$(ls "$TMP/t")" "" "the private folder is gone"
if [ "$(id -u)" = 0 ]; then
	out=$(ANGARIUM_TOP=$TOP ANGARIUM_OBJ=$OBJ TMPDIR=$TMP/t as_user sh "$TOP/devtools/bin/try.sh" --once 2>&1)
	is $? 0 "try --once as an ordinary user" || diag "$out"
	is "$(ls "$TMP/t")" "" "... and the private folder is gone"
fi
done_testing
