#!/bin/sh
# editmap and praliases: messages, exit codes and files are sendmail's.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TMP" || bail "no folder"
MM=$OBJ/makemap/makemap
EM=$OBJ/makemap/editmap
PA=$OBJ/makemap/praliases
: >e.cf

run() {			# what it says and its exit code
	out=$("$@" 2>&1)
	echo "$out${out:+ }[$?]"
}
T=$(printf '\t')
U='Usage: editmap [-C cffile] [-N] [-f] [-q|-u|-x] maptype mapname key [ "value ..." ] [64]'

for type in hash btree cdb lmdb; do
	[ $type != lmdb ] || [ -f "$ANGARIUM_MODULES/lmdb.so" ] || continue
	printf 'a b\nFoo bar\n' | "$MM" -C e.cf $type m
	is "$(run "$EM" -C e.cf -q $type m foo)" "bar [0]" "$type: query"
	is "$(run "$EM" -C e.cf -q $type m FOO)" "bar [0]" "... the key is folded"
	is "$(run "$EM" -C e.cf -q -f $type m FOO)" "editmap: couldn't find key FOO in map m [69]" "... but with -f"
	is "$(run "$EM" -C e.cf -u $type m foo 'new value')$("$EM" -C e.cf -q $type m foo)" "[0]new value" "... update"
	is "$(run "$EM" -C e.cf -u $type m k v)$("$EM" -C e.cf -q $type m k)" "[0]v" "... a new key"
	is "$(run "$EM" -C e.cf -u -N $type m n v)$("$EM" -C e.cf -q -N $type m n)" "[0]v" "... -N"
	is "$(run "$EM" -C e.cf -q $type m n)" "editmap: couldn't find key n in map m [69]" "... not without"
	is "$(run "$EM" -C e.cf -x $type m a)$(run "$EM" -C e.cf -q $type m a)" "[0]editmap: couldn't find key a in map m [69]" "... delete"
	is "$(run "$EM" -C e.cf -x $type m a)" "editmap: key a doesn't exist in map m [0]" "... what is not there"
	is "$("$MM" -u $type m | sort | tr '\n' '|')" "foo${T}new value|k${T}v|n${T}v|" "... and the rest stays"
	is "$(run "$EM" -C e.cf -u $type "new$type" a b)$("$EM" -C e.cf -q $type "new$type" a)" "[0]b" "... a file that is not there is made"
done
is "$(run "$EM" -C e.cf -q hash none a)" "editmap: error opening type hash map none: No such file or directory [73]" "a query of a file that is not there"
is "$(run "$EM" -C e.cf -x hash none a)" "editmap: error opening type hash map none: No such file or directory [73]" "... a deletion"
is "$(run "$EM" -C e.cf -q foo m a)" "editmap: error opening type foo map m: Unknown database type [73]" "an unknown type"
like "$(run "$EM" -C e.cf -q dbm m a)" 'ndbm files are not made.*\[73\]' "dbm"
for args in '' 'hash m a' '-q hash m' '-q hash m a b' '-u hash m a' '-q -u hash m a b' '-z'; do
	# shellcheck disable=SC2086 -- words
	is "$(run "$EM" $args 2>&1 | tail -n 1)" "$U" "usage: editmap $args"
done
is "$(run "$EM" -C "$TMP/none.cf" -q hash m a)" "editmap: $TMP/none.cf: No such file or directory [66]" "-C names a file that is not there"
exec 7<m.cdb
"$EM" -C e.cf -u cdb m foo other
cat <&7 >old.cdb
is "$("$EM" -C e.cf -q cdb old foo)" "new value" "whoever had the file open reads the old one to its end"
exec 7<&-

printf 'root joe, bob\nfoo |"/bin/x"\n@ @\n' | "$MM" -C e.cf -N hash al
printf 'q r\n' | "$MM" -C e.cf cdb al2
echo "O AliasFile=hash:$TMP/al, $TMP/al, cdb:$TMP/al2, hash:-o $TMP/none" >p.cf
ALL='@:@|foo:|"/bin/x"|root:joe, bob|'
is "$("$PA" -C p.cf | sort | tr '\n' '|')" "@:@|@:@|foo:|\"/bin/x\"|foo:|\"/bin/x\"|q:r|root:joe, bob|root:joe, bob|" "praliases: all of AliasFile"
is "$("$PA" -f hash:al | sort | tr '\n' '|')$("$PA" -f al.db | sort | tr '\n' '|')" "$ALL$ALL" "... -f"
is "$(run "$PA" -f al root Root nope)" "root:joe, bob
Root: No such key
nope: No such key [0]" "... single names"
is "$(run "$PA" -C none.cf)" "praliases: none.cf: No such file or directory [66]" "... no configuration"
like "$(run "$PA" -f none)" 'praliases: none: open: No such file or directory \[69\]' "... no file"
is "$(run "$PA" -x 2>&1 | tail -n 1)" "usage: praliases [-C cffile] [-f aliasfile] [key ...] [64]" "... usage"
done_testing
