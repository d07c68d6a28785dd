#!/bin/sh
# makemap: messages, exit codes and files are sendmail's; a database appears at once or not at all.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TMP" || bail "no folder"
MM=$OBJ/makemap/makemap

run() {			# what it says and its exit code
	out=$("$MM" "$@" 2>&1)
	echo "$out${out:+ }[$?]"
}
T=$(printf '\t')

printf 'Foo\tbar baz\nk2 v%%1x%%%%\nabc: q\nquo"x" val\n' >rows
is "$(run hash h <rows)" "[0]" "rows are stored without a word"
is "$("$MM" -u hash h | sort | tr '\n' '|')" "abc:${T}q|foo${T}bar baz|k2${T}v%1x%%|quo\"x\"${T}val|" "keys are folded, values are the rest of the line"
printf 'a b\na c\n\n# c\nb d\n' >dup
is "$(run hash d <dup)" "makemap: d: line 2: key a: duplicate key [65]" "the second of two equal keys is an error"
is "$("$MM" -u hash d | sort | tr '\n' '|')" "a${T}b|b${T}d|" "... and the first one stays, with all other rows"
is "$(run -r hash d <dup)" "[0]" "-r takes the last one"
is "$("$MM" -u hash d | sort | tr '\n' '|')" "a${T}c|b${T}d|" "... and stores it"
is "$(run -d btree d <dup)" "[0]" "-d keeps both"
is "$("$MM" -u btree d | tr '\n' '|')" "a${T}b|a${T}c|b${T}d|" "... in order"
is "$(printf 'c 2\na 3\n' | run -o hash h)" "[0]" "-o adds"
is "$("$MM" -u hash h | wc -l | tr -d ' ')" 6 "... to what was there"
is "$(printf 'justkey\nx y\n' | run hash e)" "makemap: e: line 1: no RHS for LHS justkey [65]" "a key without a value is an error"
is "$(printf 'justkey\n' | run -e hash e)" "[0]" "-e allows it"
is "$(printf ' lead x\nx y\n' | run hash e)" "makemap: e: line 1: syntax error (leading space) [65]" "a leading blank is an error"
is "$(printf 'x:one two  \n#c\nq : v2\n' | run -v -t: hash e | tr '\n' '|')" "key=\`x', val=\`one two  '|key=\`q ', val=\` v2' [0]|" "-t and -v"
printf 'Key Val\n' | "$MM" -N -f hash n
is "$("$MM" -u -t= hash n)" "Key=Val" "-f keeps the case; -u -t sets the separator"
ok grep -q 'Val' n.db -- "the value is in the file"
is "$(printf 'x y\n' | run foo m)" "makemap: error opening type foo map m: Unknown database type [73]" "an unknown type"
is "$(printf 'x y\n' | run -i hash foo m)" "[0]" "-i is the way out"
is "$(run hash "$TMP/none/x" </dev/null)" "makemap: error opening type hash map $TMP/none/x: No such file or directory [73]" "a folder that is not there"
like "$(run hash | tr "\n" " ")" "Usage: makemap .*\[64\]" "usage"
is "$(run -C "$TMP/none.cf" hash m </dev/null)" "makemap: $TMP/none.cf: No such file or directory [66]" "-C names a file that is not there"
is "$("$MM" -l | tr '\n' ' ')" "hash btree implicit cdb lmdb " "-l"
awk 'BEGIN { for (i = 0; i < 70000; i++) printf "x"; print " v"; print "ok fine" }' >long
like "$(run hash l <long)" 'line 1: line too long .* \[65\]' "a line that is too long is named ..."
is "$("$MM" -u hash l)" "ok${T}fine" "... and nothing of it is stored"
is "$(printf 'a 1\nb\0c 2\n' | run hash l)" "makemap: l: line 2: NUL byte in the row [65]" "a NUL is an error"
is "$(stat -c %a h.db 2>/dev/null || stat -f %Lp h.db)" 640 "mode 640"

# atomic: a reader's open file is untouched, a failure leaves the old map
printf 'k old\n' | "$MM" hash a
exec 7<a.db
printf 'k new\n' | "$MM" hash a
cat <&7 >old.db
is "$("$MM" -u hash old)" "k${T}old" "whoever had the old file open reads it to the end"
is "$("$MM" -u hash a)" "k${T}new" "the name leads to the new one"
ln -s a.db link.db
like "$(printf 'x y\n' | run hash link)" 'not a plain file \[73\]' "a symbolic link is not replaced"
is "$(printf 'x y\n' | run -s hash link)" "[0]" "... but with -s"
is "$(find . -name '.*.db' | wc -l | tr -d ' ')" 0 "nothing temporary is left"
head -c 5000 /dev/zero | tr '\0' x >bad.db
like "$(run -u hash bad)" 'error opening type hash map bad: .*\[73\]' "a damaged file is refused"

# a map's mode is its administrator's
mode() {
	ls -l "$@" | cut -c 1-10
}
(umask 022; printf 'a b\n' | "$MM" hash who)
is "$(mode who.db)" "-rw-r-----" "a new map is its owner's and for its group to read"
for m in 600 644; do
	chmod $m who.db
	printf 'a c\n' | "$MM" hash who
	printf 'd e\n' | "$MM" -o hash who
	is "$(find who.db -perm $m)" "who.db" "one of mode $m keeps it"
done
(umask 077; printf 'a b\n' | "$MM" hash own)
is "$(mode own.db)" "-rw-------" "the umask counts"
if [ "$(id -u)" = 0 ]; then
	chown 1:2 who.db
	printf 'a c\n' | "$MM" -C /dev/null hash who
	is "$(ls -ln who.db | awk '{ print $3, $4 }')" "1 2" "root leaves a map to its owner and group"
else
	skip "another's map" "only root can make one"
fi

# nothing is lost on a full disk: a file size limit stands in for it
printf 'k keep\n' | "$MM" hash full
awk 'BEGIN { for (i = 0; i < 20000; i++) print "key" i, "value" i }' >many
(ulimit -f 100; trap '' XFSZ; "$MM" hash full <many >full.out 2>&1; echo $? >full.rc)
ok test "$(cat full.rc)" -ne 0 -- "a disk without room is an error"
is "$("$MM" -u hash full)" "k${T}keep" "... and the old map is whole"
done_testing
