divert(-1)
dnl
dnl generics_entire_domain - domains below those of class G count too.
dnl
define(`_GENERICS_ENTIRE_DOMAIN_', `1')
