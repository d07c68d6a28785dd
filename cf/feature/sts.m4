divert(-1)
dnl
dnl sts(map) - MTA-STS (RFC 8461): a recipient whose domain has a policy is sent only to a
dnl host that the policy names and whose certificate holds that name.  The map is asked
dnl for a domain and answers as postfix-mta-sts-resolver does:
dnl
dnl	secure match=mx.example.org:.example.net servername=hostname
dnl
define(`confSTS', `true')
define(`confSET_CERT_ALTNAMES', `true')
define(`_STS_', `1')
define(`_NEED_MACRO_MAP_', `1')
PUSHDIVERT(6)dnl
Ksts ifelse(defn(`_ARG_'), `', `socket -d5 -T<TMPF> inet:5461@127.0.0.1', `_ARG_')
Kstsmatch regex -s1 match=([^[:space:]]+)
POPDIVERT
PUSHDIVERT(9)dnl

# STS: an error if the policy of the domain of this recipient forbids the server
SSTS
R$*			$: $>CanonAddr $1
R$* < @ $* . >		$: $1 < @ $2 >
R$* < @ $+ >		$: < $(sts $2 $: NONE $) > $2
R< $* <TMPF> > $*	$#error $@ 4.7.0 $: "451 MTA-STS policy of " $2 " is not known now"
R< secure $* servername=hostname $* > $*	$: < secure $1 $2 > $3
R< secure $* > $*	$: < $(stsmatch $1 $: NONE $) > $2 $| $&{server_name}
R< $+ > $* $| $-	$: < $1 > $2 $| $3 $| none
R< $+ > $* $| $- . $+	$: < $1 > $2 $| $3 . $4 $| $4
R< $+ > $* $| $+ $| $+	$: $>STSHost < $1 : > $2 $| $3 $| $4

# STSHost:  < name : name : ... > domain $| server $| what is above the server
SSTSHost
R< > $* $| $* $| $*	$#error $@ 4.7.0 $: "450 MTA-STS policy of " $1 " does not allow the server " $2
R< $+ : $* > $* $| $* $| $*	$: $(macro {STSHost} $@ $4 $) $(macro {STSUp} $@ . $5 $) < $1 : $2 > $3 $| $4 $| $5
R< $&{STSHost} : $* > $* $| $* $| $*	$@ $>STSCert $2 $| $3 $| $4
R< $&{STSUp} : $* > $* $| $* $| $*	$@ $>STSCert $2 $| $3 $| $4
R< $+ : $* > $*		$@ $>STSHost < $2 > $3

# STSCert:  domain $| server $| what is above it: is the certificate good and for this server
SSTSCert
R$* $| $* $| $*		$: $&{verify} $| $1 $| $2 $| * . $3
ROK $| $* $| $={cert_altnames} $| $*	$@ OK
ROK $| $* $| $* $| $={cert_altnames}	$@ OK
ROK $| $* $| $&{cn_subject} $| $*	$@ OK
R$* $| $* $| $* $| $*	$#error $@ 4.7.0 $: "450 MTA-STS policy of " $2 " does not allow the certificate of " $3
POPDIVERT
