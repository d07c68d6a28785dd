#!/bin/sh
# The tree builds with what POSIX alone shows of a system (-S), with clang, without the optional
# libraries, and without optimisation; warnings are errors in all of these.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1
unset SENDMAIL_SUFFIX

builds() {
	name=$1
	shift
	out=$(sh Build -O "$TMP/obj" "$@" 2>&1)
	is $? 0 "$name" || diag "$(echo "$out" | tail -20)"
	is "$(echo "$out" | grep -c 'warning:')" 0 "... without a warning" ||
	    diag "$(echo "$out" | grep 'warning:')"
	rm -rf "$TMP/obj"
}
mkdir "$TMP/obj"
cat >"$TMP/bare.m4" <<'END'
define(`confWITH_sasl', `no')
define(`confWITH_unbound', `no')
define(`confWITH_lmdb', `no')
define(`confWITH_idn2', `no')
define(`confWITH_unistring', `no')
define(`confWITH_seccomp', `no')
define(`confWITH_pcre2', `no')
define(`confWITH_z', `no')
END
builds "the POSIX description alone (-S)" -S
builds "clang" -Q clang -E BUILD_CC=clang
builds "without the optional libraries" -f "$TMP/bare.m4"
builds "without optimisation" -v debug
done_testing
