divert(-1)
dnl
dnl no_default_msa - no listener on port 587 but those the .mc asks for.
dnl
define(`_NO_MSA_', `1')
