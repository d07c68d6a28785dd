dnl
dnl cfhead - the words of an .mc file.
dnl
dnl Text of the .mc itself goes to diversion 0, at the top of the output.  What is
dnl to stand elsewhere waits in a diversion until proto.m4 fetches it:
dnl
dnl	1  rules that find hosts of the local network	(LOCAL_NET_CONFIG)
dnl	2  rules of ruleset 3				(LOCAL_RULE_3)
dnl	3  rules of ruleset 0				(LOCAL_RULE_0)
dnl	4  UUCP rules of ruleset 0			(LOCAL_UUCP)
dnl	5  class L, names that are always local		(LOCAL_USER)
dnl	6  maps, classes, macros			(LOCAL_CONFIG)
dnl	7  mailers					(MAILER_DEFINITIONS)
dnl	8  rules asked with the DNS lists		(LOCAL_DNSBL)
dnl	9  rulesets 1, 2 and further ones		(LOCAL_RULESETS)
dnl
dnl Feature files of other people rely on these numbers.
dnl

dnl ---- where things are ----
ifdef(`MAIL_SETTINGS_DIR',, `define(`MAIL_SETTINGS_DIR', `/etc/mail/')')
ifdef(`DATABASE_MAP_TYPE',, `define(`DATABASE_MAP_TYPE', `hash')')

dnl ---- the parts of a configuration ----

dnl OSTYPE(name): paths and mailer flags of a system.
define(`OSTYPE', `PUSHDIVERT(-1)_MARK_()define(`__OSTYPE__', `$1')ifdef(`_MAILER_DEFINED_', `_WARN_(`OSTYPE($1) should come before any MAILER')')_LOAD_(`ostype', `$1')POPDIVERT()')

dnl DOMAIN(name), HACK(name): settings of a site; things one would rather not have.
define(`DOMAIN', `PUSHDIVERT(-1)_MARK_()define(`__DOMAIN__', `$1')_LOAD_(`domain', `$1')POPDIVERT()')
define(`HACK', `PUSHDIVERT(-1)_MARK_()_ARGUMENTS_(shift($@))_LOAD_(`hack', `$1')POPDIVERT()')

dnl FEATURE(name, arguments): the arguments are _ARG_, _ARG2_ ... _ARG9_.
define(`FEATURE', `PUSHDIVERT(-1)_MARK_()ifdef(`_MAILER_DEFINED_', `_WARN_(`FEATURE($1) should come before any MAILER')')_ARGUMENTS_(shift($@))_LOAD_(`feature', `$1')POPDIVERT()')
define(`_ARGUMENTS_', `define(`_ARG_', `$1')define(`_ARG2_', `$2')define(`_ARG3_', `$3')define(`_ARG4_', `$4')define(`_ARG5_', `$5')define(`_ARG6_', `$6')define(`_ARG7_', `$7')define(`_ARG8_', `$8')define(`_ARG9_', `$9')define(`_NARG_', `$#')')

dnl MAILER(name): define the mailers of that file.
define(`MAILER', `PUSHDIVERT(-1)_MARK_()ifdef(`_MAILER_$1_', `_WARN_(`MAILER($1) stands here twice; once is enough')', `define(`_MAILER_$1_', `1')define(`_MAILER_DEFINED_', `1')ifdef(`__OSTYPE__',, `ifdef(`_NO_OSTYPE_SAID_',, `define(`_NO_OSTYPE_SAID_', `1')_WARN_(`no OSTYPE before MAILER($1): paths and mailer flags are guesses')')')_LOAD_(`mailer', `$1')')POPDIVERT()')

dnl _NEEDS_(this, other, flag): a feature that works only after another one.
define(`_NEEDS_', `ifdef(`$3',, `_FAULT_(`$1 needs $2 before it')')')
dnl _BEFORE_MAILER_(name, mailer): a feature that changes how a mailer is defined.
define(`_BEFORE_MAILER_', `ifdef(`_MAILER_$2_', `_WARN_(`FEATURE($1) does nothing after MAILER($2)')')')

dnl MODIFY_MAILER_FLAGS(NAME, change): the flags themselves, or +flags or -flags; each
dnl call adds a change.  _FLAGS_(NAME, flags) is what a mailer uses after all of them.
define(`MODIFY_MAILER_FLAGS', `define(`_CHANGE_$1_', ifdef(`_CHANGE_$1_', `defn(`_CHANGE_$1_')`,'')``$2'')')
define(`_FLAGS_', `ifdef(`_CHANGE_$1_', `_FLAGS_EACH_(`$2', _CHANGE_$1_())', `$2')')
define(`_FLAGS_EACH_', `ifelse(`$#', `2', `_FLAGS_APPLY_(`$1', `$2')', `_FLAGS_EACH_(_FLAGS_APPLY_(`$1', `$2'), shift(shift($@)))')')
define(`_FLAGS_APPLY_', `ifelse(substr(`$2', 0, 1), `+', ``$1'translit(substr(`$2', 1), `$1')',
	substr(`$2', 0, 1), `-', `translit(`$1', substr(`$2', 1))', ``$2'')')

dnl ---- text that goes to a place of its own ----
define(`LOCAL_CONFIG', `divert(6)')
define(`LOCAL_NET_CONFIG', `define(`_LOCAL_RULES_', 1)divert(1)')
define(`LOCAL_RULE_3', `divert(2)')
define(`LOCAL_RULE_0', `divert(3)')
define(`LOCAL_UUCP', `divert(4)')
define(`LOCAL_DNSBL', `divert(8)')
define(`LOCAL_RULE_1', `divert(9)
dnl
dnl Ruleset 1: every sender
dnl
Ssender=1
')
define(`LOCAL_RULE_2', `divert(9)
dnl
dnl Ruleset 2: every recipient
dnl
Srecipient=2
')
define(`LOCAL_RULESETS', `divert(9)')
define(`MAILER_DEFINITIONS', `divert(7)')
define(`_LOCAL_HOOK_', `_MARK_()ifdef(`_MAILER_DEFINED_',, `_WARN_(`$1 should come after MAILER')')define(`_$1_', `1')divert(9)
SLocal_$2
')
define(`LOCAL_SRV_FEATURES', `_LOCAL_HOOK_(`LOCAL_SRV_FEATURES', `srv_features')')
define(`LOCAL_CLT_FEATURES', `_LOCAL_HOOK_(`LOCAL_CLT_FEATURES', `clt_features')')
define(`LOCAL_TRY_TLS', `_LOCAL_HOOK_(`LOCAL_TRY_TLS', `try_tls')')
define(`LOCAL_TLS_RCPT', `_LOCAL_HOOK_(`LOCAL_TLS_RCPT', `tls_rcpt')')
define(`LOCAL_TLS_CLIENT', `_LOCAL_HOOK_(`LOCAL_TLS_CLIENT', `tls_client')')
define(`LOCAL_TLS_SERVER', `_LOCAL_HOOK_(`LOCAL_TLS_SERVER', `tls_server')')

dnl UUCPSMTP(uucp name, domain): stands inside LOCAL_RULE_3.
define(`UUCPSMTP', `R$`*' < @ $1 . UUCP > $`*'	$`1' < @ $2 > $`2'')

dnl ---- classes ----
dnl _MEMBERS_(class, names) and _MEMBER_FILE_(class, file).  A file may be @LDAP.
define(`_MEMBERS_', `PUSHDIVERT(ifelse(`$1', `L', `5', `6'))dnl
C{$1}$2
POPDIVERT()')
define(`_MEMBER_FILE_', `PUSHDIVERT(ifelse(`$1', `L', `5', `6'))dnl
F{$1}$2
POPDIVERT()')
define(`LOCAL_DOMAIN', `_MEMBERS_(`w', _STR_($@))')
define(`MASQUERADE_DOMAIN', `_MEMBERS_(`M', _STR_($@))')
define(`MASQUERADE_DOMAIN_FILE', `_MEMBER_FILE_(`M', `$1')')
define(`MASQUERADE_EXCEPTION', `define(`_MASQ_EXCEPT_', `1')_MEMBERS_(`N', _STR_($@))')
define(`MASQUERADE_EXCEPTION_FILE', `define(`_MASQ_EXCEPT_', `1')_MEMBER_FILE_(`N', `$1')')
define(`EXPOSED_USER', `_MEMBERS_(`E', _STR_($@))')
define(`EXPOSED_USER_FILE', `_MEMBER_FILE_(`E', `$1')')
define(`LOCAL_USER', `_MEMBERS_(`L', _STR_($@))')
define(`LOCAL_USER_FILE', `_MEMBER_FILE_(`L', `$1')')
define(`GENERICS_DOMAIN', `_MEMBERS_(`G', _STR_($@))')
define(`GENERICS_DOMAIN_FILE', `_MEMBER_FILE_(`G', `$1')')
define(`VIRTUSER_DOMAIN', `define(`_VIRTHOSTS_', `1')_MEMBERS_(`VirtHost', _STR_($@))')
define(`VIRTUSER_DOMAIN_FILE', `define(`_VIRTHOSTS_', `1')_MEMBER_FILE_(`VirtHost', `$1')')
define(`RELAY_DOMAIN', `_MEMBERS_(`R', _STR_($@))')
define(`RELAY_DOMAIN_FILE', `_MEMBER_FILE_(`R', `$1')')
define(`CANONIFY_DOMAIN', `define(`_CANONIFY_CLASS_', `1')_MEMBERS_(`Canonify', _STR_($@))')
define(`CANONIFY_DOMAIN_FILE', `define(`_CANONIFY_CLASS_', `1')_MEMBER_FILE_(`Canonify', `$1')')
define(`LDAPROUTE_DOMAIN', `_MEMBERS_(`LDAPRoute', _STR_($@))')
define(`LDAPROUTE_DOMAIN_FILE', `_MEMBER_FILE_(`LDAPRoute', `$1')')
define(`LDAPROUTE_EQUIVALENT', `define(`_LDAPROUTE_EQUIV_', `1')_MEMBERS_(`LDAPRouteEquiv', _STR_($@))')
define(`LDAPROUTE_EQUIVALENT_FILE', `define(`_LDAPROUTE_EQUIV_', `1')_MEMBER_FILE_(`LDAPRouteEquiv', `$1')')
define(`TRUST_AUTH_MECH', `define(`_TRUST_AUTH_', `1')_MEMBERS_(`TrustAuthMech', _STR_($@))')

dnl ---- lines of their own ----
define(`MASQUERADE_AS', `define(`MASQUERADE_NAME', `$1')')
define(`_DAEMONS_', `')
define(`_DAEMON_COUNT_', `0')
define(`DAEMON_OPTIONS', `define(`_DAEMON_COUNT_', incr(_DAEMON_COUNT_))define(`_DAEMONS_', defn(`_DAEMONS_')_DAEMON_LINE_(_STR_($@)))')
define(`_DAEMON_LINE_', ``O DaemonPortOptions=$1
'')
define(`_CLIENTS_', `')
define(`CLIENT_OPTIONS', `define(`_CLIENTS_', defn(`_CLIENTS_')_CLIENT_LINE_(_STR_($@)))')
define(`_CLIENT_LINE_', ``O ClientPortOptions=$1
'')
define(`QUEUE_GROUP', `define(`_QUEUE_GROUPS_', ifdef(`_QUEUE_GROUPS_', `defn(`_QUEUE_GROUPS_')')`Q$1, '_STR_(shift($@))`
')')
dnl Whoever has filters sends them these macros, unless the .mc said otherwise before.
define(`_FILTER_MACRO_', `ifdef(`$1', `', `define(`$1', `$2')')')
define(`_FILTER_MACROS_', `_FILTER_MACRO_(`confMILTER_MACROS_CONNECT', ``j, _, {daemon_name}, {if_name}, {if_addr}'')_FILTER_MACRO_(`confMILTER_MACROS_HELO', ``{tls_version}, {cipher}, {cipher_bits}, {cert_subject}, {cert_issuer}'')_FILTER_MACRO_(`confMILTER_MACROS_ENVFROM', ``i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, {mail_host}, {mail_addr}'')_FILTER_MACRO_(`confMILTER_MACROS_ENVRCPT', ``{rcpt_mailer}, {rcpt_host}, {rcpt_addr}'')_FILTER_MACRO_(`confMILTER_MACROS_EOM', ``{msg_id}'')')
define(`MAIL_FILTER', `_FILTER_MACROS_()define(`_FILTERS_', ifdef(`_FILTERS_', `defn(`_FILTERS_')')`X$1, '_STR_(shift($@))`
')')
define(`INPUT_MAIL_FILTER', `MAIL_FILTER($@)define(`confINPUT_MAIL_FILTERS', ifdef(`confINPUT_MAIL_FILTERS', `defn(`confINPUT_MAIL_FILTERS')`, '')`$1')')

dnl SITECONFIG(file, host, letter) and SITE(names): lists of UUCP neighbours.
define(`SITECONFIG', `_MARK_()PUSHDIVERT(6)dnl
D{$3}ifelse(`$3', `U', `$2
C{w}$2.UUCP', `$2')
define(`_SITE_CLASS_', `$3')ifelse(`$3', `U', `define(`_CLASS_U_', `1')', `$3', `V', `define(`_CLASS_V_', `1')', `$3', `W', `define(`_CLASS_W_', `1')', `$3', `X', `define(`_CLASS_X_', `1')', `$3', `Y', `define(`_CLASS_Y_', `1')', `$3', `Z', `define(`_CLASS_Z_', `1')')dnl
_LOAD_(`siteconfig', `$1')dnl
POPDIVERT()')
define(`SITE', `C{_SITE_CLASS_}$*')

dnl _MAP_(name, argument, default file, LDAP name, flags): one K line.  The argument
dnl is a whole map specification, the word LDAP, or nothing.
define(`_MAP_', `PUSHDIVERT(6)dnl
K$1 ifelse(`$2', `', `DATABASE_MAP_TYPE ifelse(`$5', `', `', `$5 ')MAIL_SETTINGS_DIR`$3'', `$2', `LDAP', `_LDAP_MAP_(`$4', `$5')', `$2')
POPDIVERT()')
define(`_LDAP_MAP_', `ldap ifelse(`$2', `', `', `$2 ')-1 -v sendmailMTAMapValue,sendmailMTAMapSearch:FILTER:sendmailMTAMapObject,sendmailMTAMapURL:URL:sendmailMTAMapObject -k (&(objectClass=sendmailMTAMapObject)(|(sendmailMTACluster=${sendmailMTACluster})(sendmailMTAHost=$j))(sendmailMTAMapName=$1)(sendmailMTAKey=%0))')

dnl _HOST_IN_(mailer:host): the host of a relay.
define(`_HOST_IN_', `ifelse(index(`$1', `:'), `-1', `$1', index(`$1', `['), `0', `$1', `substr(`$1', incr(index(`$1', `:')))')')

dnl ---- defaults of names that the text needs ----
dnl They are set only if the command line did not.
define(`_DEFAULT_', `ifdef(`$1',, `define(`$1', `$2')')')
_DEFAULT_(`confSEVEN_BIT_INPUT', `False')
_DEFAULT_(`confALIAS_WAIT', `10')
_DEFAULT_(`confMIN_FREE_BLOCKS', `100')
_DEFAULT_(`confBLANK_SUB', `.')
_DEFAULT_(`confCON_EXPENSIVE', `False')
_DEFAULT_(`confDELIVERY_MODE', `background')
_DEFAULT_(`confTEMP_FILE_MODE', `0600')
_DEFAULT_(`confMIME_FORMAT_ERRORS', `True')
_DEFAULT_(`confFORWARD_PATH', `$z/.forward.$w:$z/.forward')
_DEFAULT_(`confMCI_CACHE_SIZE', `2')
_DEFAULT_(`confMCI_CACHE_TIMEOUT', `5m')
_DEFAULT_(`confUSE_ERRORS_TO', `False')
_DEFAULT_(`confLOG_LEVEL', `9')
_DEFAULT_(`confCHECK_ALIASES', `False')
_DEFAULT_(`confOLD_STYLE_HEADERS', `True')
_DEFAULT_(`confPRIVACY_FLAGS', `authwarnings')
_DEFAULT_(`confTO_QUEUERETURN', `5d')
_DEFAULT_(`confTO_QUEUEWARN', `4h')
_DEFAULT_(`confSAFE_QUEUE', `True')
_DEFAULT_(`confSMTP_LOGIN_MSG', `$j Sendmail $v/$Z; $b')
_DEFAULT_(`confFROM_LINE', `From $g $d')
_DEFAULT_(`confOPERATORS', `.:%@!^/[]+')
_DEFAULT_(`confMAILER_NAME', `MAILER-DAEMON')
_DEFAULT_(`confCR_FILE', `-o MAIL_SETTINGS_DIR`'relay-domains')
_DEFAULT_(`confCW_FILE', `MAIL_SETTINGS_DIR`'local-host-names')
_DEFAULT_(`confCT_FILE', `MAIL_SETTINGS_DIR`'trusted-users')
_DEFAULT_(`confSMTP_MAILER', `esmtp')
_DEFAULT_(`confUUCP_MAILER', `uucp-old')
_DEFAULT_(`confLOCAL_MAILER', `local')
_DEFAULT_(`confRELAY_MAILER', `relay')
_DEFAULT_(`confTEMPFAIL_MSG', `451 Temporary system failure. Please try again later.')
_DEFAULT_(`confFROM_HEADER', `$?x$x <$g>$|$g$.')
_DEFAULT_(`confMESSAGEID_HEADER', `<$t.$i@$j>')
dnl These may depend on what an ostype or a feature says, so they come last.
define(`_LATE_DEFAULTS_', `
ifdef(`confMESSAGE_TIMEOUT', `define(`_TIMEOUT_AT_', index(confMESSAGE_TIMEOUT, `/'))define(`confTO_QUEUERETURN', ifelse(_TIMEOUT_AT_, `-1', `confMESSAGE_TIMEOUT', `substr(confMESSAGE_TIMEOUT, `0', _TIMEOUT_AT_)'))ifelse(_TIMEOUT_AT_, `-1', `', `define(`confTO_QUEUEWARN', substr(confMESSAGE_TIMEOUT, incr(_TIMEOUT_AT_)))')')
_DEFAULT_(`confEBINDIR', /usr/libexec)
_DEFAULT_(`confRELAY_MSG', ifdef(`_TRUST_AUTH_', ``550 Relaying denied. Proper authentication required.'', ``550 Relaying denied''))
_DEFAULT_(`HELP_FILE', MAIL_SETTINGS_DIR`'helpfile)
_DEFAULT_(`QUEUE_DIR', /var/spool/mqueue)
ifdef(`_NO_ALIASES_',, `_DEFAULT_(`ALIAS_FILE', MAIL_SETTINGS_DIR`'aliases)')')
