divert(-1)
dnl
dnl domainmap(domain, map) - a map of users for one domain.
dnl
define(`_DOMAINMAPS_', ifdef(`_DOMAINMAPS_', `incr(_DOMAINMAPS_)', `1'))
PUSHDIVERT(6)dnl
Kdomainmap`'_DOMAINMAPS_ ifelse(defn(`_ARG2_'), `', `DATABASE_MAP_TYPE MAIL_SETTINGS_DIR`'domainmap', `_ARG2_')
POPDIVERT
PUSHDIVERT(3)dnl
# users of _ARG_
R$+ < @ _ARG_ . >	$: < $(domainmap`'_DOMAINMAPS_ $1 $: $) > $1 < @ _ARG_ . >
R< > $*			$#error $@ 5.1.1 $: "550 email address lookup in domain map failed"
R< $+ > $*		$@ $>Recurse $1
POPDIVERT
