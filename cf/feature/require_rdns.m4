divert(-1)
dnl
dnl require_rdns - the name of a client must lead back to its address.
dnl
define(`_RDNS_CHECK_', `# the address of a client must have a name that leads back to it
R$`'*			$: < $&{client_addr} > $`'1
R< $=R $`'* > $`'*		$: $`'3
R< $`'* > $`'*		$: < $&{client_resolve} > $`'2
R<TEMP> $`'*		$`'#error $`'@ 4.1.8 $: "451 Client IP address " $&{client_addr} " does not resolve"
R<FORGED> $`'*		$`'#error $`'@ 4.1.8 $: "451 Possibly forged hostname for " $&{client_addr}
R<FAIL> $`'*		$`'#error $`'@ 5.7.1 $: "550 Fix reverse DNS for " $&{client_addr}
R< $`'* > $`'*		$: $`'2
')
