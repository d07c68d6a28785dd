divert(-1)
dnl
dnl berkeley-only - says that the .mc file is one of another site.
dnl
_WARN_(`this .mc uses names and hosts of a site of long ago: put those of your own into a DOMAIN file')
