divert(-1)
dnl
dnl prefixmod(prefix, flags) - a prefix of a user sets flags in the macro {Prefix}.
dnl
ifelse(defn(`_ARG2_'), `', `_FAULT_(`FEATURE(prefixmod) needs a prefix and flags')')
define(`_NEED_MACRO_MAP_', `1')
PUSHDIVERT(3)dnl
# addresses that begin with the prefix
R`'_ARG_ $+ < @ $=w . >	$: $(macro {Prefix} $@ _ARG2_ $) $1 < @ $2 . >
R`'_ARG_ $+		$: $(macro {Prefix} $@ _ARG2_ $) $1
POPDIVERT
