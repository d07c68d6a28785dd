divert(-1)
#
# mailbox_proto - the text of a mailbox.cf, read when the .mc has been.
#
divert(0)dnl
ifelse(defn(`_LISTEN_'), `', `MAILBOX_LISTEN(`imap')MAILBOX_LISTEN(`imaps')MAILBOX_LISTEN(`pop3')MAILBOX_LISTEN(`pop3s')')dnl
ifdef(`_FAILED_', `errprint(`mailbox.cf was not made
')m4exit(`1')')dnl
##
##  mailbox.cf - where mailboxes are and how users reach them, for popd, imapd
##  and mail.local.  Made by m4; edit the .mc file and make it again.
##
_OPTION_(`confMAILBOX_FORMAT', `MailboxFormat', `mbox', `mbox or maildir')dnl
_OPTION_(`confMAILBOX_PATH', `MailboxPath', `/var/mail/%u', `the inbox: %u is the user, %n what is in front of its @, %d what is behind it, %h the home directory')dnl
_OPTION_(`confFOLDER_PATH', `FolderPath', `%h/mail', `where the other mailboxes of a user are')dnl
_OPTION_(`confMAILBOX_USERS', `UserDatabase', `system', `who exists: system, pam, pam:service, file:/path or sasldb')dnl
_OPTION_(`confPAM_CONF_DIR', `PAMConfDir', `', `where PAM services are, if not in /etc/pam.d')dnl
_OPTION_(`confVIRTUAL_USERS', `VirtualUsers', `/etc/mail/virtual-users', `users without an account, one a line:  name:uid:gid:home')dnl
_OPTION_(`confMAILBOX_AUTH_MECHANISMS', `AuthMechanisms', `PLAIN LOGIN', `SASL mechanisms offered')dnl
_OPTION_(`confSASL_CONF_DIR', `SASLConfDir', `', `where the SASL library finds its configuration')dnl
_OPTION_(`confSASL_DB', `SaslDB', `/etc/sasldb2', `password file of UserDatabase=sasldb')dnl
_OPTION_(`confALLOW_PLAINTEXT', `AllowPlaintext', `tls', `passwords in clear: tls (only inside TLS) or always')dnl
_OPTION_(`confSERVER_CERT', `ServerCertFile', `', `certificate, its key, and the authorities')dnl
_OPTION_(`confSERVER_KEY', `ServerKeyFile', `')dnl
_OPTION_(`confCACERT', `CACertFile', `')dnl
_OPTION_(`confRUN_AS_USER', `RunAsUser', `', `unprivileged user of the processes that face the network')dnl
_OPTION_(`confPID_FILE', `PidFile', `', `process numbers: %s is the name of the daemon')dnl
_OPTION_(`confLOG_LEVEL', `LogLevel', `9', `how much is logged')dnl
_OPTION_(`confFRONT_PROCESSES', `FrontProcesses', `0', `processes that face the network, 0: as many as cores')dnl
_OPTION_(`confMAX_CONNECTIONS', `MaxConnections', `1000', `connections at a time, in all and from one address')dnl
_OPTION_(`confMAX_CONNECTIONS_PER_IP', `MaxConnectionsPerIP', `50')dnl
_OPTION_(`confMAX_MESSAGE_SIZE', `MaxMessageSize', `67108864', `bytes of a message that a client may store')dnl
_OPTION_(`confTO_LOGIN', `LoginTimeout', `1m', `time until login, and time without a command')dnl
_OPTION_(`confTO_IDLE', `IdleTimeout', `30m')dnl
_OPTION_(`confTO_ROLE', `RoleTimeout', `5m', `when a process that does not answer the parent is started anew')dnl
_OPTION_(`confHOST_NAME', `HostName', `', `our name in greetings')dnl
_OPTION_(`confSOCKET_DIR', `SocketDir', `', `where sockets of listeners with Socket= are')dnl

# listeners
_LISTEN_`'dnl
