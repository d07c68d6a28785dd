#!/bin/sh
# A build without Berkeley DB and the optional libraries of maps: hash and btree files are read all the same, makemap writes
# what takes their place, and classes that are missing say so.
. "$(dirname "$0")/../lib/tap.sh"
mkdir "$TMP/tree" && (cd "$TOP" && tar cf - --exclude=./.git --exclude='./obj.*' .) | (cd "$TMP/tree" && tar xf -)
chmod -R a+rX "$TMP/tree"
for lib in db lmdb ldap pq sqlite pcre2; do
	printf "define(\`confWITH_%s', \`no')dnl\n" $lib
done >"$TMP/site.m4"
cd "$TMP/tree" || bail "no tree"
unset ANGARIUM_OBJ ANGARIUM_MODULES ANGARIUM_TOP
ok sh Build -f "$TMP/site.m4" -- "it builds"
obj=$(sh Build -M)
for module in bdb lmdb map_ldap map_pgsql map_sqlite map_pcre; do
	ok test ! -e "$obj/modules/$module.so" -- "no module $module"
done
for room in bdb map; do
	ok sh -c "cd src/lib/$room && sh Build -f '$TMP/site.m4' check" -- "unit tests of $room"
done
for t in map/classes makemap/makemap makemap/editmap local/alias; do
	ok "./test/$t.t" -- "test/$t.t"
done
if [ -x "$OBJ/modules/bdb.so" ]; then
	printf 'a b\nc d\n' | ANGARIUM_MODULES=$OBJ/modules "$OBJ/makemap/makemap" hash "$TMP/lib"
	is "$("$obj/makemap/makemap" -u hash "$TMP/lib" | sort | tr '\n\t' '| ')" "a b|c d|" "it lists what Berkeley DB wrote"
	printf 'e f\n' | "$obj/makemap/makemap" btree "$TMP/own"
	is "$(ANGARIUM_MODULES=$OBJ/modules "$OBJ/makemap/makemap" -u btree "$TMP/own")" "e	f" "... and a build with the library lists its files"
fi
done_testing
