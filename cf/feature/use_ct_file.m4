divert(-1)
dnl
dnl use_ct_file - trusted users from a file (confCT_FILE).
dnl
define(`_USE_CT_FILE_', `1')
