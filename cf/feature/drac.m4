divert(-1)
dnl
dnl drac(map) - clients that have just fetched mail may relay (POP before SMTP).
dnl
PUSHDIVERT(6)dnl
Kdrac ifelse(defn(`_ARG_'), `', `hash MAIL_SETTINGS_DIR`'drac', `_ARG_')
POPDIVERT
define(`_DRAC_', `1')
