#!/bin/sh
#
# -d and -D: debugging goes to the file of -D, what -bt prints does not; a map that cannot be opened is told of once; -d27 tells
# how a name becomes recipients.
. "$(dirname "$0")/../lib/tap.sh"
bin=$OBJ/sendmail/sendmail

cat >"$TMP/a.cf" <<END
V10/Berkeley
Djmail.test
Cwmail.test
O DontProbeInterfaces=true
O OperatorChars=.:%@!^/[]+
O AliasFile=$TMP/aliases
O DontBlameSendmail=mapinunsafedirpath,groupwritabledirpathsafe
Kgone hash $TMP/gone
Kmaybe hash -o $TMP/gone
Mlocal, P=/bin/true, F=lsAw5:/|@, A=deliver \$u
Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c \$u
Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP \$h
Scanonify=3
R\$* < \$* > \$*	\$: \$2
R\$+ @ \$+	\$: \$1 < @ \$2 >
Sparse=0
R\$+ < @ \$+ >	\$# esmtp \$@ \$2 \$: \$1 < @ \$2 >
R\$+	\$# local \$: \$1
Sfinal=4
R\$* < @ \$+ > \$*	\$1 @ \$2 \$3
Sask
R\$-	\$: \$(gone \$1 \$: no \$) \$(maybe \$1 \$: no \$)
END
out=$(printf 'ask x\nask y\n' | "$bin" -D "$TMP/debug" -d21.12,60.1 -bt -C "$TMP/a.cf" 2>&1)
like "$out" 'ask +returns: no no' "-bt's own lines are on the output"
unlike "$out" 'trying rule' "debugging is not"
like "$(cat "$TMP/debug")" '-----trying rule: \$-' "it is in the file of -D"
like "$(cat "$TMP/debug")" 'map_lookup\(gone, x\) => NOT FOUND \(75\), ad=0' "with lookups"
unlike "$(cat "$TMP/debug")" 'map_lookup.maybe' "an optional map that is missing says nothing"
is "$(printf '%s\n' "$out" | grep -c "hash map \"gone\": missing map file $TMP/gone.db: No such file or directory")" 1 \
    "a missing map is told of once"
printf '/quit\n' | "$bin" -D "$TMP" -bt -C "$TMP/a.cf" >"$TMP/out" 2>&1
is "$?" 73 "a file for -D that cannot be made is EX_CANTCREAT"

printf 'list: ann@x.test, bob@x.test\n' >"$TMP/aliases"
"$bin" -bi -C "$TMP/a.cf" >"$TMP/out" 2>&1
out=$("$bin" -d27.1 -bv -C "$TMP/a.cf" list 2>&1)
like "$out" 'alias\(list\)' "-d27: the name that is looked up"
like "$out" 'list \(, list\) aliased to ann@x\.test, bob@x\.test' "-d27: what it stands for"
out=$(printf '3,0 ann@x.test\n=S3\n=M\n' | "$bin" -d84.1 -bt -C "$TMP/a.cf" 2>&1)
like "$out" '^parse            returns:  0x96  esmtp  0x97  x \. test  0x98  ann < @ x \. test >$' "-d84: operators by their octets"
like "$out" '^> R 0x90  <  0x90  >  0x90  		 0x98   0x95 2 $' "-d84: in rules, too"
like "$out" 'A=deliver  0x81 u$' "-d84: and macros of mailers"
like "$(printf '=S3\n' | "$bin" -d84.2 -bt -C "$TMP/a.cf" 2>&1)" '^> R 220  <  220  >  220  		 230   225 2 $' "-d84.2: octal"
out=$(printf '/quit\n' | "$bin" -d37.1 -bt -C "$TMP/a.cf" 2>&1)
like "$out" "setoption AliasFile \\(A\\)=$TMP/aliases" "-d37: options as they are set"
out=$(printf 'ask x\n' | "$bin" -d38.4 -bt -C "$TMP/a.cf" 2>&1)
like "$out" "openmap\\(\\)	hash:gone $TMP/gone: invalid" "-d38: maps as they are opened"
out=$(python3 - "$bin" "$TMP/a.cf" <<'END'
import subprocess, sys
p = subprocess.Popen([sys.argv[1], "-bt", "-C", sys.argv[2]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
def until_prompt():
    got = b""
    while not got.endswith(b"> "):
        c = p.stdout.read(1)
        if not c:
            break
        got += c
    return got
until_prompt()
for line in (b"$j\n", b"=S ask\n", b"/quit\n"):
    p.stdin.write(line)
    print(until_prompt().decode())
print("code", p.wait())
END
)
like "$out" 'mail\.test' "a program that talks with -bt over pipes gets each answer at once"
like "$out" 'code 0' "to the end"
done_testing
