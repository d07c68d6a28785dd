divert(-1)
dnl
dnl head - first lines of the output: level, local names, classes, maps.
dnl
divert(0)dnl
ifdef(`_BUILD_INFO_', `syscmd(`sh "'_CF_DIR_`sh/makeinfo.sh" "'_CF_DIR_`"')')dnl
ifdef(`_ANGARIUM_ONLY_', `
######################################################################
#####	This file is for Angarium: it sets options that no other
#####	sendmail knows.
######################################################################
')dnl

# level of this format
ifdef(`CF_LEVEL', `V`'CF_LEVEL/Berkeley', `V10/Berkeley')

# what unsafe files and folders are tolerated; stands here to be in force early
ifdef(`confDONT_BLAME_SENDMAIL', `O DontBlameSendmail=confDONT_BLAME_SENDMAIL', `#O DontBlameSendmail=safe')

# how to reach the LDAP server; stands here because maps and classes need it
ifdef(`confLDAP_DEFAULT_SPEC', `O LDAPDefaultSpec=confLDAP_DEFAULT_SPEC', `#O LDAPDefaultSpec=-h localhost')
ifdef(`confLDAP_CLUSTER', `D{sendmailMTACluster}`'confLDAP_CLUSTER', `#D{sendmailMTACluster}$m')

######################################################################
###  Names
######################################################################

# this host: class w holds every name it has
Cwlocalhost
ifdef(`_USE_CW_FILE_', `Fw`'confCW_FILE
')dnl
ifdef(`confDOMAIN_NAME', `Dj`'confDOMAIN_NAME', `#Dj$w.example.com')

# pseudo domains: names below them (and names that end in a dot) are not looked up
CP.
ifdef(`_PSEUDO_DOMAINS_', `_PSEUDO_DOMAINS_()')dnl

# hosts that get mail of a kind: the smart host and others
DS`'ifdef(`SMART_HOST', `SMART_HOST')
ifdef(`LOCAL_RELAY', `DR`'LOCAL_RELAY
')ifdef(`MAIL_HUB', `DH`'MAIL_HUB
')ifdef(`LUSER_RELAY', `DL`'LUSER_RELAY
')ifdef(`UUCP_RELAY', `DY`'UUCP_RELAY
CPUUCP
')ifdef(`BITNET_RELAY', `DB`'BITNET_RELAY
CPBITNET
')ifdef(`DECNET_RELAY', `DC`'DECNET_RELAY
CPDECNET
')ifdef(`FAX_RELAY', `DF`'FAX_RELAY
CPFAX
')ifdef(`MASQUERADE_NAME', `
# who we seem to be
DM`'MASQUERADE_NAME
')dnl

# characters that make a local name an instruction to forward
CO @ifdef(`_NO_PERCENTHACK_', `', ` %')ifdef(`_NO_UUCP_', `', ` !')

# classes of one character, for rules
C..
C[[

# class E: users shown with the real host; class L: users who are always local;
# class M: domains to be masqueraded; class N: exceptions from that
undivert(5)dnl

# hosts that may relay
FR`'confCR_FILE

# the name of our messages about errors
Dn`'confMAILER_NAME

Kdequote dequote`'ifdef(`confDEQUOTE_OPTS', ` confDEQUOTE_OPTS')
Karith arith
ifdef(`_NEED_MACRO_MAP_', `Kmacro macro
')dnl
ifdef(`LUSER_RELAY', `Kuser user -m
')dnl
ifdef(`_ACCEPT_UNRESOLVABLE_',, `Kresolve host -a<OKR> -T<TEMP>
')dnl
C{ResOk}OKR
ifdef(`_ACCESS_TABLE_', `C{TlsVerified}OK TRUSTED
')dnl
undivert(6)dnl
ifdef(`_VIRTHOSTS_', `
# hosts of the virtusertable may relay
C{R}$={VirtHost}
')dnl

# version of this configuration
DZ`'_CF_VERSION_`'ifdef(`confCF_VERSION', `/confCF_VERSION')

######################################################################
###  Options
######################################################################
