divert(-1)
dnl
dnl queuegroup(group) - the queue group of a recipient by QGRP entries of the access map.
dnl
_NEEDS_(`FEATURE(queuegroup)', `FEATURE(access_db)', `_ACCESS_TABLE_')
PUSHDIVERT(9)dnl

# queuegroup: the group that the access map has for this recipient
Squeuegroup
R< $+ >			$1
R$+ @ $+		$: $>SearchList < ! QGRP > $| < F : $1 @ $2 > < D : $2 > < >
R< ? >			ifelse(defn(`_ARG_'), `', `$@', `$# _ARG_')
R< $* <TMPF> >		ifelse(defn(`_ARG_'), `', `$@', `$# _ARG_')
R< $+ >			$# $1
POPDIVERT
