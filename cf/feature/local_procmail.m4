divert(-1)
dnl
dnl local_procmail(path, arguments, flags) - procmail, or a program like it, delivers
dnl local mail and gets the detail of user+detail.
dnl
_BEFORE_MAILER_(`local_procmail', `local')
define(`_LOCAL_PROCMAIL_', `1')
_DEFAULT_(`PROCMAIL_MAILER_PATH', `/usr/local/bin/procmail')
define(`LOCAL_MAILER_PATH', ifelse(defn(`_ARG_'), `', `PROCMAIL_MAILER_PATH', `defn(`_ARG_')'))
define(`LOCAL_MAILER_ARGS', ifelse(defn(`_ARG2_'), `', ``procmail -a $h -d $u'', `defn(`_ARG2_')'))
define(`LOCAL_MAILER_FLAGS', ifelse(defn(`_ARG3_'), `', ``SPfhn9'', `defn(`_ARG3_')'))
