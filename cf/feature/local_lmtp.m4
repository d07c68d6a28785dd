divert(-1)
dnl
dnl local_lmtp(path, arguments) - the local mailer speaks LMTP.
dnl
_BEFORE_MAILER_(`local_lmtp', `local')
define(`_LOCAL_LMTP_', `1')
define(`LOCAL_MAILER_PATH', ifelse(defn(`_ARG_'), `', `ifdef(`confEBINDIR', `confEBINDIR', `/usr/libexec')/mail.local', `defn(`_ARG_')'))
define(`LOCAL_MAILER_FLAGS', `PSXmnz9')
define(`LOCAL_MAILER_ARGS', ifelse(defn(`_ARG2_'), `', ``mail.local -l'', `defn(`_ARG2_')'))
define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')
define(`LOCAL_MAILER_SENDER', `EnvFromSMTP/HdrFromL')
