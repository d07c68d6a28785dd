divert(-1)
dnl
dnl use_cw_file - names of this host from a file (confCW_FILE).
dnl
define(`_USE_CW_FILE_', `1')
