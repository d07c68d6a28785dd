bldLIBRARY(`net', `ip.c conn.c stream.c tls_door.c dns.c dns_msg.c dns_hosts.c dns_engine.c dns_resolv.c')
bldMODULE(`tls', `tls.c', `os base', `ssl')
bldMODULE(`dns_unbound', `dns_unbound.c', `base', `unbound')
