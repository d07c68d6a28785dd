# verify.sh - sh verify.sh "SENDMAIL" DIR: what -bv says of each line of arguments, as a shell reads them.  Nobody waits for alias files here, so that is left out; so is what is said to whoever is not root.
while IFS= read -r line; do
	printf '= %s\n' "$line"
	eval "set -- \"\$1\" \"\$2\" $line"
	program=$1 dir=$2
	shift 2
	$program -d27.3 -bv -C "$dir/verify.cf" "$@" >"$dir/said" 2>&1
	echo "status $?" >>"$dir/said"
	sed -e '/^aliaswait(/d' -e '/^Notice: -bv may give misleading/d' -e "s|$dir|@DIR@|g" "$dir/said"
	set -- "$program" "$dir"
done
