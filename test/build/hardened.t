#!/bin/sh
# What the built programs are: hardened, and sendmail links nothing that submission does not need.  Each
# optional library is a module with one symbol, loaded by the role that uses it.
. "$(dirname "$0")/../lib/tap.sh"

needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p'
}

# By the program, not by the name of its folder: sanitizers bring relocations and symbols of their own.
sanitized=$(readelf -sW "$OBJ/sendmail/sendmail" | grep -c -E ' __(asan|ubsan|tsan)_')

more=$(needed "$OBJ/sendmail/sendmail" |
    grep -v -E '^(libc|libm|libdl|libasan|libubsan|libgcc_s|ld-linux[^.]*|libevent_core[^/]*)\.so')
is "$more" "" "sendmail links the C library and libevent alone"
for p in $(for d in $(cat "$OBJ/dirs"); do sed -n 's/^#program //p' "$OBJ/$d/Makefile"; done); do
	h=$(readelf -hldW "$OBJ/$p")
	like "$h" 'Type: *DYN' "$p is position independent"
	[ "$sanitized" = 0 ] || continue
	like "$h" 'GNU_RELRO' "... its relocations are read-only"
	like "$h" 'BIND_NOW|FLAGS.*NOW' "... and done at the start"
	unlike "$(echo "$h" | grep GNU_STACK)" 'RWE' "... its stack is not executable"
	like "$(readelf --dyn-syms -W "$OBJ/$p")" '__stack_chk_fail' "... and is guarded"
done
for m in "$OBJ"/modules/*.so; do
	like "$(readelf --dyn-syms -W "$m")" ' angarium_module$' "${m##*/} has the symbol that is asked for"
done
done_testing
