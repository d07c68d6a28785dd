divert(-1)
dnl
dnl always_add_domain(domain) - even local mail shows addresses with a domain.
dnl
_BEFORE_MAILER_(`always_add_domain', `local')
define(`_ALWAYS_ADD_DOMAIN_', defn(`_ARG_'))
