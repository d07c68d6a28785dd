divert(-1)
#
# defaults.m4 - every conf name the build knows, with the value it has if nobody set it.
# Read after devtools/OS and devtools/Site, so it only fills what they left open.  Build warns of
# names that are not here.  Described in devtools/README.md.

# compiler
bldDEFAULT(`confCC', `cc')
bldDEFAULT(`confCCLINK', indir(`confCC'))
bldDEFAULT(`confOPTIMIZE', `-O2 -g')
bldDEFAULT(`confSTDC', `-std=c17')
bldDEFAULT(`confWARN', `-Wall -Wextra -Wshadow -Wconversion -Wvla -Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=int-conversion')
bldDEFAULT(`confCCOPTS', `')
bldDEFAULT(`confENVDEF', `')
bldDEFAULT(`confMAPDEF', `')
bldDEFAULT(`confOSDEF', `')
bldDEFAULT(`confINCDIRS', `')
bldDEFAULT(`confLIBDIRS', `')
bldDEFAULT(`confLIBS', `')
bldDEFAULT(`confLDOPTS', `')
bldDEFAULT(`confOBJADD', `')
bldDEFAULT(`confAR', `ar')
bldDEFAULT(`confAROPTS', `cr')
bldDEFAULT(`confRANLIB', `')
bldDEFAULT(`confSANITIZE', `')
# Each of these words is tried on the compiler and used if it takes it.
bldDEFAULT(`confHARDEN_CC', `-fPIC -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-strict-overflow -fno-delete-null-pointer-checks -ftrivial-auto-var-init=zero')
bldDEFAULT(`confHARDEN_LD', `-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed')
bldDEFAULT(`confLDOPTS_SO', `-shared -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed -Wl,--exclude-libs,ALL')

# where things go
bldDEFAULT(`confMBINDIR', `/usr/sbin')
bldDEFAULT(`confSBINDIR', `/usr/sbin')
bldDEFAULT(`confUBINDIR', `/usr/bin')
bldDEFAULT(`confEBINDIR', `/usr/libexec')
bldDEFAULT(`confLIBEXECDIR', indir(`confEBINDIR'))
bldDEFAULT(`confMODULEDIR', indir(`confLIBEXECDIR')`/angarium')
bldDEFAULT(`confSHAREDIR', `/usr/share/sendmail')
bldDEFAULT(`confMANROOT', `/usr/share/man/man')
bldDEFAULT(`confMAN1', indir(`confMANROOT')`1')
bldDEFAULT(`confMAN5', indir(`confMANROOT')`5')
bldDEFAULT(`confMAN8', indir(`confMANROOT')`8')
bldDEFAULT(`confMSPQDIR', `/var/spool/clientmqueue')
bldDEFAULT(`confQDIR', `/var/spool/mqueue')
bldDEFAULT(`confETCDIR', `/etc/mail')
bldDEFAULT(`confSTDIR', `/etc/mail')
bldDEFAULT(`confLINKS', indir(`confUBINDIR')`/newaliases 'indir(`confUBINDIR')`/mailq 'indir(`confUBINDIR')`/hoststat 'indir(`confUBINDIR')`/purgestat')

# what to leave out
bldDEFAULT(`confNO_MAN_INSTALL', `')
bldDEFAULT(`confNO_STATISTICS_INSTALL', `')

# owners and modes; an install without root's rights leaves the owners alone
bldDEFAULT(`confMBINOWN', `root')
bldDEFAULT(`confMBINGRP', `root')
bldDEFAULT(`confMBINMODE', `555')
bldDEFAULT(`confGBINOWN', `root')
bldDEFAULT(`confGBINGRP', `smmsp')
bldDEFAULT(`confGBINMODE', `2555')
bldDEFAULT(`confSBINOWN', `root')
bldDEFAULT(`confSBINGRP', `root')
bldDEFAULT(`confSBINMODE', `555')
bldDEFAULT(`confUBINOWN', `root')
bldDEFAULT(`confUBINGRP', `root')
bldDEFAULT(`confUBINMODE', `555')
bldDEFAULT(`confMANOWN', `root')
bldDEFAULT(`confMANGRP', `root')
bldDEFAULT(`confMANMODE', `444')
bldDEFAULT(`confMSPQOWN', `smmsp')
