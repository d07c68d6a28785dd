divert(-1)
dnl
dnl spamtrap - addresses that only spammers know: a message to one of them (Spam:trap@host
dnl TRAP in the access map) is refused for all its recipients.
dnl
_NEEDS_(`HACK(spamtrap)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_NEED_MACRO_MAP_', `1')
PUSHDIVERT(9)dnl

SLocal_check_rcpt
R$*			$: $>ParseRecipient $1
R$+ < @ $+ >		$: $>SearchList < ! Spam > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < >
R< TRAP >		$: $(macro {SpamTrap} $@ yes $)
R$*			$@ OK

Scheck_eoh
R$*			$: $&{SpamTrap}
R$+			$: $(macro {SpamTrap} $) $#error $@ 5.7.1 $: "553 Spam is not welcome here"
POPDIVERT
