divert(-1)
dnl
dnl dnsblaccess(domain, message, t or message, answer, ...) - enhdnsbl, and a client that the
dnl access map has with the tag DNSBL and the value OK is not asked for.
dnl
_NEEDS_(`HACK(dnsblaccess)', `FEATURE(access_db)', `_ACCESS_TABLE_')
PUSHDIVERT(8)dnl
R$*			$: $1 $| $>A < $&{client_addr} > < ? > < ! DNSBL > < >
R$* $| < OK > < $* >	$@ OK
R$* $| $*		$: $1
POPDIVERT
include(_CF_DIR_`feature/enhdnsbl.m4')
