divert(-1)
dnl
dnl lines - what follows the options: filters, queue groups, precedences, trusted
dnl users, headers.
dnl
divert(0)dnl
ifdef(`_ANGARIUM_ONLY_', `
# options of Angarium
_OPTION_(`confROLE_USER', `RoleUser', `', `user of the processes that face the network')dnl
_OPTION_(`confTO_ROLE', `Timeout.role', `', `when a process that does not answer the parent is started anew')dnl
_OPTION_(`confSTS_DIRECTORY', `STSDirectory', `', `where policies of MTA-STS and counts for TLS reports are kept')dnl
_OPTION_(`confSTS_PORT', `STSPort', `', `port of web servers that have policies of MTA-STS')dnl
_OPTION_(`confTLS_REPORT_ADDRESS', `TLSReportAddress', `', `in whose name reports of TLS sessions are mailed')dnl
_OPTION_(`confTALLY_DIRECTORY', `TallyDirectory', `', `where it is remembered who came before')dnl
_OPTION_(`confSMTP_EXTENSIONS', `SMTPExtensions', `', `extensions of SMTP that are offered, or with ! are not')dnl
_OPTION_(`confJOURNAL_SEGMENTS', `JournalSegments', `', `files that the journal of fresh mail may have')dnl
_OPTION_(`confJOURNAL_SEGMENT_SIZE', `JournalSegmentSize', `', `octets of each of them')dnl
_OPTION_(`confJOURNAL_MAX_MESSAGE', `JournalMaxMessage', `', `longer content goes to a df file')dnl
_OPTION_(`confJOURNAL_MEMORY', `JournalMemory', `', `octets of fresh mail kept in memory')')dnl
ifdef(`_FILTERS_', `
######################################################################
###  Mail filters
######################################################################

_FILTERS_()')dnl
ifdef(`_QUEUE_GROUPS_', `
######################################################################
###  Queue groups
######################################################################

_QUEUE_GROUPS_()')dnl

######################################################################
###  Precedence, trusted users, headers
######################################################################

Pfirst-class=0
Pspecial-delivery=100
Plist=-30
Pbulk=-60
Pjunk=-100

# users who may send as someone else
Troot
Tdaemon
ifdef(`_NO_UUCP_',, `Tuucp
')dnl
ifdef(`confTRUSTED_USERS', `T`'confTRUSTED_USERS
')dnl
ifdef(`_USE_CT_FILE_', `Ft`'confCT_FILE
')dnl

H?P?Return-Path: <$g>
HReceived: ifdef(`confRECEIVED_HEADER', `confRECEIVED_HEADER', `$?sfrom $s $.$?_($?s$|from $.$_)
	$.$?{auth_type}(authenticated$?{auth_ssf} bits=${auth_ssf}$.)
	$.by $j ($v/$Z)$?r with $r$. id $i$?{tls_version}
	(version=${tls_version} cipher=${cipher} bits=${cipher_bits} verify=${verify})$.$?u
	for $u; $|;
	$.$b')
H?D?Resent-Date: $a
H?D?Date: $a
H?F?Resent-From: confFROM_HEADER
H?F?From: confFROM_HEADER
H?x?Full-Name: $x
H?M?Resent-Message-Id: confMESSAGEID_HEADER
H?M?Message-Id: confMESSAGEID_HEADER
