divert(-1)
dnl
dnl fips3 - only algorithms that the FIPS provider of OpenSSL 3 has.
dnl
define(`_FIPS3_', `1')
PUSHDIVERT(6)dnl
EOPENSSL_CONF=ifelse(defn(`_ARG_'), `', `MAIL_SETTINGS_DIR`'fips.ossl', `_ARG_')
POPDIVERT
