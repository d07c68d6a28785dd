divert(-1)
dnl
dnl tls_session_features - options of a TLS session by TLS_Srv_features and
dnl TLS_Clt_features entries of the access map.
dnl
_NEEDS_(`FEATURE(tls_session_features)', `FEATURE(access_db)', `_ACCESS_TABLE_')
PUSHDIVERT(9)dnl

Stls_srv_features
R$* $| $*		$: $>D < $1 > < ? > < ! TLS_Srv_features > < $2 >
R< ? > < $* >		$: $>A < $1 > < ? > < ! TLS_Srv_features > < >
R< ? > < $* >		$@
R< $+ > < $* >		$@ $1

Stls_clt_features
R$* $| $*		$: $>D < $1 > < ? > < ! TLS_Clt_features > < $2 >
R< ? > < $* >		$: $>A < $1 > < ? > < ! TLS_Clt_features > < >
R< ? > < $* >		$@
R< $+ > < $* >		$@ $1
POPDIVERT
