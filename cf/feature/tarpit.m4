divert(-1)
dnl
dnl tarpit(seconds) - let clients wait before each reply.
dnl
dnl Tarpit: entries of the access map say for how many seconds (0: not at all); the
dnl argument is for everybody else.  Other sendmails do not ask the ruleset.
dnl
_NEEDS_(`FEATURE(tarpit)', `FEATURE(access_db)', `_ACCESS_TABLE_')
PUSHDIVERT(9)dnl

# tarpit: seconds before each reply                 host $| address
Starpit
R$*			$: $>SearchList < ! Tarpit > $| < A : $&{client_addr} > < D : $&{client_name} > < >
R< $* <TMPF> >		$@ OK
R< ? >			ifelse(defn(`_ARG_'), `', `$@ OK', `$`'# _ARG_')
R< $- >			$# $1
R$*			$@ OK
POPDIVERT
