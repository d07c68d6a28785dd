divert(-1)
dnl
dnl account_limits(messages, recipients, window) - how much one account may send.
dnl
dnl An account is what AUTH proved.  In each `window' (1h) it may send so many messages
dnl and to so many recipients (0 or nothing: as many as it likes); AuthMessages: and
dnl AuthRcpts: entries of the access map say other numbers for accounts and domains.
dnl
_DEFAULT_(`_ACCOUNT_MESSAGES_', ifelse(defn(`_ARG_'), `', `0', `_ARG_'))
_DEFAULT_(`_ACCOUNT_RCPTS_', ifelse(defn(`_ARG2_'), `', `0', `_ARG2_'))
_DEFAULT_(`_ACCOUNT_WINDOW_', ifelse(defn(`_ARG3_'), `', `1h', `_ARG3_'))
ifelse(_ACCOUNT_MESSAGES_`'_ACCOUNT_RCPTS_, `00', `_NEEDS_(`FEATURE(account_limits) without numbers', `FEATURE(access_db)', `_ACCESS_TABLE_')')
define(`_ACCOUNT_LIMITS_', `1')
define(`_ANGARIUM_ONLY_', `1')
PUSHDIVERT(6)dnl
Kaccountmessages tally -w`'_ACCOUNT_WINDOW_
Kaccountrcpts tally -w`'_ACCOUNT_WINDOW_
POPDIVERT
