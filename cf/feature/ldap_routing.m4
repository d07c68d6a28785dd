divert(-1)
dnl
dnl ldap_routing(mailHost, mailRoutingAddress, bounce, detail, nodomain, tempfail) - mail host and
dnl address of a recipient from a directory.
dnl
define(`_LDAP_ROUTING_', `1')
ifdef(`confLDAP_DEFAULT_SPEC',, `ifelse(defn(`_ARG_')defn(`_ARG2_'), `', `_WARN_(`FEATURE(ldap_routing) without maps of its own needs confLDAP_DEFAULT_SPEC before it')')')
PUSHDIVERT(6)dnl
Kldapmh ifelse(defn(`_ARG_'), `', `ldap -1 -T<TMPF> -v mailHost -k (&(objectClass=inetLocalMailRecipient)(mailLocalAddress=%0))', `_ARG_')
Kldapmra ifelse(defn(`_ARG2_'), `', `ldap -1 -T<TMPF> -v mailRoutingAddress -k (&(objectClass=inetLocalMailRecipient)(mailLocalAddress=%0))', `_ARG2_')
POPDIVERT
ifelse(defn(`_ARG3_'), `', `', defn(`_ARG3_'), `passthru', `', `define(`_LDAP_BOUNCE_', `1')ifelse(defn(`_ARG3_'), `sendertoo', `define(`_LDAP_SENDER_', `1')')')
ifelse(defn(`_ARG4_'), `', `', defn(`_ARG4_'), `strip', `define(`_LDAP_DETAIL_', `s')', defn(`_ARG4_'), `preserve', `define(`_LDAP_DETAIL_', `p')',
	`_FAULT_(`FEATURE(ldap_routing) knows strip and preserve as its fourth argument')')
ifelse(defn(`_ARG5_'), `', `', `define(`_LDAP_NODOMAIN_', `1')')
ifelse(defn(`_ARG6_'), `tempfail', `define(`_LDAP_TEMPFAIL_', `1')')
