dnl
dnl version - the macro Z: the version of this tree, then what the site appends.
dnl
define(`_CF_VERSION_', `8.17.1')
