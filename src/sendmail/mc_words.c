/*
 * mc_words - the names that a .mc may use: of the cf/ tree beside these sources (test/cf/check.t compares them).
 */
#include <stddef.h>

#include "mc_words.h"

/* FEATURE() */
const char *const mc_features[] = {
	"accept_unqualified_senders", "accept_unresolvable_domains", "access_cidr", "access_db", "account_limits", "allmasquerade",
	"always_add_domain", "authinfo", "badmx", "bcc", "bestmx_is_local", "bitdomain", "blacklist_recipients",
	"block_bad_helo", "blocklist_recipients", "check_cert_altnames", "check_other", "compat_check",
	"conncontrol", "delay_checks", "dnsbl", "domainmap", "domaintable", "drac", "enhdnsbl", "fips3",
	"generics_entire_domain", "genericstable", "greet_pause", "greylist", "ldap_routing", "limited_masquerade", "local_lmtp",
	"local_no_masquerade", "local_procmail", "lookupdotdomain", "loose_relay_check", "mailertable",
	"masquerade_entire_domain", "masquerade_envelope", "msp", "mtamark", "no_default_msa", "nocanonify",
	"nopercenthack", "notsticky", "nouucp", "nullclient", "prefixmod", "preserve_local_plus_detail",
	"preserve_luser_host", "promiscuous_relay", "queuegroup", "ratecontrol", "redirect", "relay_based_on_MX",
	"relay_entire_domain", "relay_hosts_only", "relay_local_from", "relay_mail_from", "require_rdns", "rhsbl",
	"smrsh", "stickyhost", "sts", "tarpit", "tls_failures", "tls_session_features", "use_client_ptr", "use_ct_file",
	"use_cw_file", "uucpdomain", "virtuser_entire_domain", "virtusertable", "vnet", "xclient",
	NULL
};

/* OSTYPE() */
const char *const mc_ostypes[] = {
	"a-ux", "aix3", "aix4", "aix5", "altos", "amdahl-uts", "bsd4.3", "bsd4.4", "bsdi", "bsdi1.0", "bsdi2.0",
	"darwin", "debian", "dgux", "domainos", "dragonfly", "dynix3.2", "freebsd4", "freebsd5", "freebsd6",
	"generic", "gnu", "hpux10", "hpux11", "hpux9", "irix4", "irix5", "irix6", "isc4.1", "linux", "maxion",
	"mklinux", "mpeix", "nextstep", "openbsd", "osf1", "posix", "powerux", "ptx2", "qnx", "riscos4.5",
	"sco-uw-2.1", "sco3.2", "sinix", "solaris11", "solaris2", "solaris2.ml", "solaris2.pre5", "solaris8",
	"sunos3.5", "sunos4.1", "svr4", "ultrix4", "unicos", "unicosmk", "unicosmp", "unixware7", "unknown", "uxpds",
	NULL
};

/* DOMAIN(): sites add their own */
const char *const mc_domains[] = {
	"Berkeley.EDU", "CS.Berkeley.EDU", "EECS.Berkeley.EDU", "S2K.Berkeley.EDU", "berkeley-only",
	"debian-msp", "debian-mta", "generic",
	NULL
};

/* MAILER() */
const char *const mc_mailers[] = {
	"cyrus", "cyrusv2", "fax", "local", "mail11", "phquery", "pop", "procmail", "qpage", "smtp", "ssh", "usenet",
	"uucp", "xagent",
	NULL
};

/* define(): of the tree, and of sendmail's that it refuses or needs no more */
const char *const mc_defines[] = {
	"ALIAS_FILE", "BITNET_RELAY", "CYRUSV2_MAILER_ARGS", "CYRUSV2_MAILER_CHARSET", "CYRUSV2_MAILER_FLAGS",
	"CYRUSV2_MAILER_MAXMSGS", "CYRUSV2_MAILER_MAXRCPTS", "CYRUSV2_MAILER_QGRP", "CYRUS_MAILER_ARGS",
	"CYRUS_MAILER_FLAGS", "CYRUS_MAILER_MAX", "CYRUS_MAILER_PATH", "CYRUS_MAILER_QGRP", "CYRUS_MAILER_USER",
	"DATABASE_MAP_TYPE", "DECNET_RELAY", "DSMTP_MAILER_ARGS", "ESMTP_MAILER_ARGS", "FAX_MAILER_ARGS",
	"FAX_MAILER_MAX", "FAX_MAILER_PATH", "FAX_MAILER_QGRP", "FAX_RELAY", "HELP_FILE", "LOCAL_MAILER_ARGS",
	"LOCAL_MAILER_CHARSET", "LOCAL_MAILER_EOL", "LOCAL_MAILER_FLAGS", "LOCAL_MAILER_MAX", "LOCAL_MAILER_MAXMSGS",
	"LOCAL_MAILER_MAXRCPTS", "LOCAL_MAILER_PATH", "LOCAL_MAILER_QGRP", "LOCAL_MAILER_SENDER", "LOCAL_RELAY",
	"LOCAL_SHELL_ARGS", "LOCAL_SHELL_DIR", "LOCAL_SHELL_FLAGS", "LOCAL_SHELL_PATH", "LUSER_RELAY",
	"MAIL11_MAILER_ARGS", "MAIL11_MAILER_FLAGS", "MAIL11_MAILER_PATH", "MAIL11_MAILER_QGRP", "MAIL_HUB",
	"MAIL_SETTINGS_DIR", "PH_MAILER_ARGS", "PH_MAILER_FLAGS", "PH_MAILER_PATH", "PH_MAILER_QGRP",
	"POP_MAILER_ARGS", "POP_MAILER_FLAGS", "POP_MAILER_PATH", "POP_MAILER_QGRP", "PROCMAIL_MAILER_ARGS",
	"PROCMAIL_MAILER_FLAGS", "PROCMAIL_MAILER_MAX", "PROCMAIL_MAILER_PATH", "PROCMAIL_MAILER_QGRP",
	"QPAGE_MAILER_ARGS", "QPAGE_MAILER_FLAGS", "QPAGE_MAILER_MAX", "QPAGE_MAILER_PATH", "QPAGE_MAILER_QGRP",
	"QUEUE_DIR", "RELAY_MAILER_ARGS", "RELAY_MAILER_CHARSET", "RELAY_MAILER_FLAGS", "RELAY_MAILER_LL",
	"RELAY_MAILER_MAXMSGS", "RELAY_MAILER_QGRP", "SMART_HOST", "SMTP8_MAILER_ARGS", "SMTP_MAILER_ARGS",
	"SMTP_MAILER_CHARSET", "SMTP_MAILER_FLAGS", "SMTP_MAILER_LL", "SMTP_MAILER_MAX", "SMTP_MAILER_MAXMSGS",
	"SMTP_MAILER_MAXRCPTS", "STATUS_FILE", "USENET_MAILER_ARGS", "USENET_MAILER_FLAGS", "USENET_MAILER_MAX",
	"USENET_MAILER_PATH", "USENET_MAILER_QGRP", "UUCP_MAILER_ARGS", "UUCP_MAILER_CHARSET", "UUCP_MAILER_FLAGS",
	"UUCP_MAILER_MAX", "UUCP_MAILER_PATH", "UUCP_MAILER_QGRP", "UUCP_RELAX", "UUCP_RELAY", "VNET_RELAY",
	"confADD_BCC", "confALIAS_WAIT", "confALLOW_BOGUS_HELO", "confALLOW_PLAINTEXT", "confAUTH_MAX_BITS",
	"confAUTH_MECHANISMS", "confAUTH_OPTIONS", "confAUTH_REALM", "confAUTO_REBUILD", "confBAD_RCPT_SHUTDOWN",
	"confBAD_RCPT_SHUTDOWN_GOOD", "confBAD_RCPT_THROTTLE", "confBIND_OPTS", "confBLANK_SUB", "confCACERT",
	"confCACERT_PATH", "confCERT_FINGERPRINT_ALGORITHM", "confCF_VERSION", "confCHECKPOINT_INTERVAL",
	"confCHECK_ALIASES", "confCIPHER_LIST", "confCIPHER_SUITES", "confCLIENT_CERT", "confCLIENT_KEY",
	"confCLIENT_OPTIONS", "confCLIENT_SSL_OPTIONS", "confCOLON_OK_IN_ADDR", "confCONNECTION_RATE_THROTTLE",
	"confCONNECTION_RATE_WINDOW_SIZE", "confCONNECT_ONLY_TO", "confCONTROL_SOCKET_NAME", "confCON_EXPENSIVE",
	"confCOPY_ERRORS_TO", "confCRL", "confCRL_PATH", "confCR_FILE", "confCT_FILE", "confCW_FILE",
	"confDAEMON_OPTIONS", "confDANE", "confDEAD_LETTER_DROP", "confDEF_AUTH_INFO", "confDEF_CHAR_SET",
	"confDEF_GROUP_ID", "confDEF_USER_ID", "confDELAY_LA", "confDELIVERY_MODE", "confDELIVER_BY_MIN",
	"confDEQUOTE_OPTS", "confDF_BUFFER_SIZE", "confDH_PARAMETERS", "confDIAL_DELAY",
	"confDIRECT_SUBMISSION_MODIFIERS", "confDOMAIN_NAME", "confDONT_BLAME_SENDMAIL", "confDONT_EXPAND_CNAMES",
	"confDONT_INIT_GROUPS", "confDONT_PROBE_INTERFACES", "confDONT_PRUNE_ROUTES", "confDOUBLE_BOUNCE_ADDRESS",
	"confEBINDIR", "confEIGHT_BIT_HANDLING", "confERROR_MESSAGE", "confERROR_MODE", "confFALLBACK_MX",
	"confFALLBACK_SMARTHOST", "confFAST_SPLIT", "confFOLDER_PATH", "confFORWARD_PATH", "confFROM_HEADER",
	"confFROM_LINE", "confFRONT_PROCESSES", "confHELO_NAME", "confHOSTS_FILE", "confHOST_NAME",
	"confHOST_STATUS_DIRECTORY", "confIGNORE_DOTS", "confINPUT_MAIL_FILTERS", "confJOURNAL_MAX_MESSAGE",
	"confJOURNAL_MEMORY", "confJOURNAL_SEGMENTS", "confJOURNAL_SEGMENT_SIZE", "confLDAP_CLUSTER",
	"confLDAP_DEFAULT_SPEC", "confLOCAL_MAILER", "confLOG_LEVEL", "confMAILBOX_AUTH_MECHANISMS",
	"confMAILBOX_DATABASE", "confMAILBOX_FORMAT", "confMAILBOX_PATH", "confMAILBOX_USERS", "confMAILER_NAME",
	"confMATCH_GECOS", "confMAX_ALIAS_RECURSION", "confMAX_CONNECTIONS", "confMAX_CONNECTIONS_PER_IP",
	"confMAX_DAEMON_CHILDREN", "confMAX_HEADERS_LENGTH", "confMAX_HOP", "confMAX_MESSAGE_SIZE",
	"confMAX_MIME_HEADER_LENGTH", "confMAX_NOOP_COMMANDS", "confMAX_QUEUE_AGE", "confMAX_QUEUE_CHILDREN",
	"confMAX_QUEUE_RUN_SIZE", "confMAX_RCPTS_PER_MESSAGE", "confMAX_RUNNERS_PER_QUEUE", "confMCI_CACHE_SIZE",
	"confMCI_CACHE_TIMEOUT", "confMESSAGEID_HEADER", "confMESSAGE_TIMEOUT", "confME_TOO", "confMILTER_LOG_LEVEL",
	"confMILTER_MACROS_CONNECT", "confMILTER_MACROS_DATA", "confMILTER_MACROS_ENVFROM",
	"confMILTER_MACROS_ENVRCPT", "confMILTER_MACROS_EOH", "confMILTER_MACROS_EOM", "confMILTER_MACROS_HELO",
	"confMIME_FORMAT_ERRORS", "confMIN_FREE_BLOCKS", "confMIN_QUEUE_AGE", "confMUST_QUOTE_CHARS", "confNAME",
	"confNICE_QUEUE_RUN", "confNO_RCPT_ACTION", "confOLD_STYLE_HEADERS", "confOPERATORS", "confPAM_CONF_DIR",
	"confPID_FILE", "confPRIVACY_FLAGS", "confPROCESS_TITLE_PREFIX", "confQUEUE_FACTOR", "confQUEUE_FILE_MODE",
	"confQUEUE_LA", "confQUEUE_SORT_ORDER", "confRAND_FILE", "confRCPTREJ_MSG", "confRCPT_LIMIT",
	"confREAD_TIMEOUT", "confRECEIVED_HEADER", "confREFUSE_LA", "confREJECT_LOG_INTERVAL", "confREJECT_MSG",
	"confREJECT_NUL", "confRELAY_MAILER", "confRELAY_MSG", "confREQUIRES_DIR_FSYNC", "confROLE_USER", "confGREYLIST_MSG", "confTALLY_DIRECTORY", "confSTS_DIRECTORY", "confSTS_PORT", "confTLS_REPORT_ADDRESS",
	"confRRT_IMPLIES_DSN", "confRUN_AS_USER", "confSAFE_FILE_ENV", "confSAFE_QUEUE", "confSASL_CONF_DIR",
	"confSASL_DB", "confSAVE_FROM_LINES", "confSEPARATE_PROC", "confSERVER_CERT", "confSERVER_KEY",
	"confSERVER_SSL_OPTIONS", "confSERVICE_SWITCH_FILE", "confSET_CERT_ALTNAMES", "confSEVEN_BIT_INPUT",
	"confSHARED_MEMORY_KEY", "confSHARED_MEMORY_KEY_FILE", "confSINGLE_LINE_FROM_HEADER",
	"confSINGLE_THREAD_DELIVERY", "confSMTPUTF8", "confSMTP_LOGIN_MSG", "confSMTP_EXTENSIONS", "confSMTP_MAILER", "confSOCKET_DIR",
	"confSOFT_BOUNCE", "confSSL_ENGINE", "confSSL_ENGINE_PATH", "confSTS", "confTEMPFAIL_MSG",
	"confTEMP_FILE_MODE", "confTIME_ZONE", "confTLS_FALLBACK_TO_CLEAR", "confTLS_SRV_OPTIONS", "confTO_ACONNECT",
	"confTO_AUTH", "confTO_COMMAND", "confTO_CONNECT", "confTO_CONTROL", "confTO_DATABLOCK", "confTO_DATAFINAL",
	"confTO_DATAINIT", "confTO_FILEOPEN", "confTO_HELO", "confTO_HOSTSTATUS", "confTO_ICONNECT", "confTO_IDENT",
	"confTO_IDLE", "confTO_INITIAL", "confTO_LHLO", "confTO_LOGIN", "confTO_MAIL", "confTO_MISC",
	"confTO_QUEUERETURN", "confTO_QUEUERETURN_DSN", "confTO_QUEUERETURN_NONURGENT", "confTO_QUEUERETURN_NORMAL",
	"confTO_QUEUERETURN_URGENT", "confTO_QUEUEWARN", "confTO_QUEUEWARN_DSN", "confTO_QUEUEWARN_NONURGENT",
	"confTO_QUEUEWARN_NORMAL", "confTO_QUEUEWARN_URGENT", "confTO_QUIT", "confTO_RCPT",
	"confTO_RESOLVER_RETRANS", "confTO_RESOLVER_RETRANS_FIRST", "confTO_RESOLVER_RETRANS_NORMAL",
	"confTO_RESOLVER_RETRY", "confTO_RESOLVER_RETRY_FIRST", "confTO_RESOLVER_RETRY_NORMAL", "confTO_ROLE", "confTO_RSET",
	"confTO_STARTTLS", "confTRUSTED_USER", "confTRUSTED_USERS", "confTRY_NULL_MX_LIST",
	"confUNSAFE_GROUP_WRITES", "confUSERDB_SPEC", "confUSE_COMPRESSED_IPV6_ADDRESSES", "confUSE_ERRORS_TO",
	"confUSE_MSP", "confUUCP_MAILER", "confVIRTUAL_USERS", "confWORK_CLASS_FACTOR", "confWORK_RECIPIENT_FACTOR",
	"confWORK_TIME_FACTOR", "confXF_BUFFER_SIZE",
	NULL
};

/* Macros that are called as they stand. */
const char *const mc_macro_words[] = {
	"CANONIFY_DOMAIN", "CANONIFY_DOMAIN_FILE", "CLIENT_OPTIONS", "DAEMON_OPTIONS", "DOMAIN", "EXPOSED_USER",
	"EXPOSED_USER_FILE", "FEATURE", "GENERICS_DOMAIN", "GENERICS_DOMAIN_FILE", "HACK", "INPUT_MAIL_FILTER",
	"LDAPROUTE_DOMAIN", "LDAPROUTE_DOMAIN_FILE", "LDAPROUTE_EQUIVALENT", "LDAPROUTE_EQUIVALENT_FILE",
	"LOCAL_CLT_FEATURES", "LOCAL_CONFIG", "LOCAL_DNSBL", "LOCAL_DOMAIN", "LOCAL_NET_CONFIG", "LOCAL_RULESETS",
	"LOCAL_RULE_0", "LOCAL_RULE_1", "LOCAL_RULE_2", "LOCAL_RULE_3", "LOCAL_SRV_FEATURES", "LOCAL_TLS_CLIENT",
	"LOCAL_TLS_RCPT", "LOCAL_TLS_SERVER", "LOCAL_TRY_TLS", "LOCAL_USER", "LOCAL_USER_FILE", "LOCAL_UUCP",
	"MAILBOX_LISTEN", "MAILER", "MAILER_DEFINITIONS", "MAIL_FILTER", "MASQUERADE_AS", "MASQUERADE_DOMAIN",
	"MASQUERADE_DOMAIN_FILE", "MASQUERADE_EXCEPTION", "MASQUERADE_EXCEPTION_FILE", "MODIFY_MAILER_FLAGS",
	"OSTYPE", "QUEUE_GROUP", "RELAY_DOMAIN", "RELAY_DOMAIN_FILE", "SITECONFIG", "TRUST_AUTH_MECH", "UUCPSMTP",
	"VERSIONID", "VIRTUSER_DOMAIN", "VIRTUSER_DOMAIN_FILE",
	"CF_LEVEL", "SITE", "PUSHDIVERT", "POPDIVERT",
	NULL
};
