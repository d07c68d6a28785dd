#!/bin/sh
# makeinfo.sh - comment lines that say who made a configuration, when, where and from which tree: makeinfo.sh TREE.
# SOURCE_DATE_EPOCH in the environment stands for the time.
user=${LOGNAME:-${USER:-$(id -un 2>/dev/null || echo unknown)}}
host=$(uname -n 2>/dev/null || hostname)
if test -n "${SOURCE_DATE_EPOCH:-}"; then
	when=$(date -u -d "@$SOURCE_DATE_EPOCH" 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" 2>/dev/null)
else
	when=$(date)
fi
case ${1:-} in
/*)	tree=$1 ;;
*)	tree=$(cd "${1:-.}" && pwd) ;;
esac
printf '#####\n#####\tmade by %s on %s\n#####\tat %s\n#####\tin %s, with the tree %s\n#####\n' "$user" "$host" "$when" "$(pwd)" "$tree"
