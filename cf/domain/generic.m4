divert(-1)
dnl
dnl generic - settings that suit most sites: users may have their .forward files in
dnl a common folder, the list of local names is read from a file, old addresses of
dnl people who left are explained, and no address is hidden.
dnl
_DEFAULT_(`confFORWARD_PATH', `$z/.forward.$w+$h:$z/.forward+$h:$z/.forward.$w:$z/.forward')
define(`confFORWARD_PATH', `$z/.forward.$w+$h:$z/.forward+$h:$z/.forward.$w:$z/.forward')
_DEFAULT_(`confMAX_HEADERS_LENGTH', `32768')
FEATURE(`redirect')
FEATURE(`use_cw_file')
EXPOSED_USER(`root')
