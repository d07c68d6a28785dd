divert(-1)
dnl
dnl virtuser_entire_domain - domains below those of class VirtHost count too.
dnl
define(`_VIRTUSER_ENTIRE_DOMAIN_', `1')
