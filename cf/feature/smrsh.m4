divert(-1)
dnl
dnl smrsh(path) - programs of users run under the restricted shell.
dnl
_BEFORE_MAILER_(`smrsh', `local')
define(`LOCAL_SHELL_PATH', ifelse(defn(`_ARG_'), `', `ifdef(`confEBINDIR', `confEBINDIR', `/usr/libexec')/smrsh', `defn(`_ARG_')'))
_DEFAULT_(`LOCAL_SHELL_ARGS', `smrsh -c $u')
