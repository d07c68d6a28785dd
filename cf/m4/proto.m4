divert(-1)
dnl
dnl proto - write the configuration: the .mc has been read, everything is known.
dnl
_DEFINE_(`define', defn(`_DEFINE_'))
ifdef(`_MAILER_local_',, `define(`_AT_', `')ifdef(`__OSTYPE__',, `define(`_NO_OSTYPE_SAID_', `1')_WARN_(`the .mc names no system: OSTYPE is missing; paths and mailer flags are guesses')')MAILER(`local')')divert(-1)
_LATE_DEFAULTS_
define(`_RELAY_TEXT_', `confRELAY_MSG')
define(`_TEMPFAIL_TEXT_', `confTEMPFAIL_MSG')
ifdef(`_SPAM_FRIEND_', `define(`_SPAM_TAGS_', `1')')ifdef(`_SPAM_HATER_', `define(`_SPAM_TAGS_', `1')')
ifdef(`DECNET_RELAY', `define(`_DECNET_SYNTAX_', `1')')ifdef(`_MAILER_mail11_', `define(`_DECNET_SYNTAX_', `1')')ifdef(`_USE_DECNET_SYNTAX_', `define(`_DECNET_SYNTAX_', `1')')
define(`_SMTP_', `confSMTP_MAILER')
define(`_LOCAL_', `confLOCAL_MAILER')
define(`_RELAY_', `confRELAY_MAILER')
dnl What relays and sends to other hosts without MAILER(smtp) is no mailer of ours.
ifdef(`_MAILER_smtp_',, `ifelse(confRELAY_MAILER, `relay', `define(`_RELAY_', `unknown')')')
define(`_AT_', `')
ifdef(`confAUTO_REBUILD', `_WARN_(`confAUTO_REBUILD does nothing: aliases are rebuilt by newaliases')')
ifdef(`confDEF_GROUP_ID', `_WARN_(`confDEF_GROUP_ID does nothing: put user:group into confDEF_USER_ID')')
ifdef(`confREAD_TIMEOUT', `_WARN_(`confREAD_TIMEOUT does nothing: there are confTO_INITIAL, confTO_COMMAND and others')')
ifdef(`confRCPTREJ_MSG', `_WARN_(`confRCPTREJ_MSG does nothing: the access map holds the text')')
ifdef(`confUNSAFE_GROUP_WRITES', `_WARN_(`confUNSAFE_GROUP_WRITES is old: use confDONT_BLAME_SENDMAIL')')
ifdef(`confDAEMON_OPTIONS', `_WARN_(`confDAEMON_OPTIONS is old: use DAEMON_OPTIONS')')
ifdef(`confCLIENT_OPTIONS', `_WARN_(`confCLIENT_OPTIONS is old: use CLIENT_OPTIONS')')
_UNREAD_
dnl Options that no other sendmail knows mark the file as ours.
ifdef(`confROLE_USER', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confTO_ROLE', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confSTS_DIRECTORY', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confSTS_PORT', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confTLS_REPORT_ADDRESS', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confTALLY_DIRECTORY', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confSMTP_EXTENSIONS', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confJOURNAL_SEGMENTS', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confJOURNAL_SEGMENT_SIZE', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confJOURNAL_MAX_MESSAGE', `define(`_ANGARIUM_ONLY_', `1')')
ifdef(`confJOURNAL_MEMORY', `define(`_ANGARIUM_ONLY_', `1')')
dnl
dnl After an error there is no configuration, not even a part of one.
ifdef(`_FAILED_', `errprint(`no configuration was made
')m4exit(`1')')
dnl
dnl From here on the words of the .mc are words again: a value may hold one of them.
undefine(`MAILER')undefine(`FEATURE')undefine(`DOMAIN')undefine(`OSTYPE')undefine(`HACK')undefine(`SITE')undefine(`SITECONFIG')
divert(0)dnl
include(_CF_DIR_`m4/head.m4')dnl
include(_CF_DIR_`m4/options.m4')dnl
include(_CF_DIR_`m4/lines.m4')dnl
include(_CF_DIR_`m4/address.m4')dnl
include(_CF_DIR_`m4/masq.m4')dnl
include(_CF_DIR_`m4/route.m4')dnl
include(_CF_DIR_`m4/show.m4')dnl
ifdef(`_ACCESS_TABLE_', `include(_CF_DIR_`m4/access.m4')')dnl
include(_CF_DIR_`m4/check.m4')dnl
include(_CF_DIR_`m4/tls.m4')dnl
ifdef(`_ANGARIUM_ONLY_', `include(_CF_DIR_`m4/remember.m4')')dnl

# rulesets of the site
undivert(9)dnl

######################################################################
######################################################################
###  Mailers
######################################################################
######################################################################
undivert(7)dnl
ifdef(`_MAILER_smtp_', `
# PseudoToReal: no pseudo domain leaves this host; what was in it goes before an
# address of the relay that knows it
SPseudoToReal
R< @ $+ > $*		$@ < @ $1 > $2
ifdef(`BITNET_RELAY', `R$+ < @ $+ . BITNET . >	$: $1 % $2 . BITNET < @ _HOST_IN_(BITNET_RELAY) >
')ifdef(`_NO_UUCP_', `', `R$+ < @ $+ . UUCP . >	$: $2 ! $1 < @ ifdef(`UUCP_RELAY', `_HOST_IN_(UUCP_RELAY)', `*LOCAL*') >
')dnl
')dnl
