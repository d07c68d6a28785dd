divert(-1)
dnl
dnl options - the O lines.  Each row: name in the .mc, option, value shown in the
dnl comment if the .mc does not set it, what it is for.  The values of options that
dnl are always written are set at the end of cfhead.
dnl
divert(0)dnl
_OPTION_(`confSEVEN_BIT_INPUT', `SevenBitInput', `False', `clear the eighth bit of what comes in')dnl
_OPTION_(`confEIGHT_BIT_HANDLING', `EightBitMode', `pass8', `what to do with 8-bit text: pass8, mimify or strict')dnl
_OPTION_(`confALIAS_WAIT', `AliasWait', `10', `how long to wait while the alias file is being rebuilt (minutes)')dnl
_OPTION_(`ALIAS_FILE', `AliasFile', `/etc/mail/aliases', `alias files')dnl
_OPTION_(`confMIN_FREE_BLOCKS', `MinFreeBlocks', `100', `free blocks the queue must have for mail to be accepted')dnl
_OPTION_(`confMAX_MESSAGE_SIZE', `MaxMessageSize', `0', `largest message accepted, in bytes (0: any)')dnl
_OPTION_(`confBLANK_SUB', `BlankSub', `.', `stands for a blank in an address')dnl
_OPTION_(`confCON_EXPENSIVE', `HoldExpensive', `False', `only queue mail for mailers with the flag e')dnl
_OPTION_(`confCHECKPOINT_INTERVAL', `CheckpointInterval', `10', `rewrite the queue file after so many recipients')dnl
_OPTION_(`confDELIVERY_MODE', `DeliveryMode', `background', `background, interactive, queue or defer')dnl
_OPTION_(`confERROR_MESSAGE', `ErrorHeader', `/etc/mail/error-header', `text, or file with text, at the head of bounces')dnl
_OPTION_(`confERROR_MODE', `ErrorMode', `print', `how errors reach the sender: print, quiet, mail, write or e')dnl
_OPTION_(`confSAVE_FROM_LINES', `SaveFromLine', `False', `keep From_ lines at the top of a message')dnl
_OPTION_(`confQUEUE_FILE_MODE', `QueueFileMode', `0600', `mode of queue files')dnl
_OPTION_(`confTEMP_FILE_MODE', `TempFileMode', `0600', `mode of temporary files and new mailbox files')dnl
_OPTION_(`confMATCH_GECOS', `MatchGECOS', `False', `find local users by full name too')dnl
_OPTION_(`confMAX_HOP', `MaxHopCount', `25', `most Received lines before mail is taken to loop')dnl
_OPTION_(`HELP_FILE', `HelpFile', `/etc/mail/helpfile', `texts of the SMTP command HELP')dnl
_OPTION_(`confIGNORE_DOTS', `IgnoreDots', `False', `a lone dot does not end a message on standard input')dnl
_OPTION_(`confBIND_OPTS', `ResolverOptions', `+AAONLY', `flags for the resolver')dnl
_OPTION_(`confMIME_FORMAT_ERRORS', `SendMimeErrors', `True', `bounces are MIME messages')dnl
_OPTION_(`confFORWARD_PATH', `ForwardPath', `$z/.forward', `where a user may have forwarding instructions')dnl
_OPTION_(`confMCI_CACHE_SIZE', `ConnectionCacheSize', `2', `connections kept open for further messages, and how long')dnl
_OPTION_(`confMCI_CACHE_TIMEOUT', `ConnectionCacheTimeout', `5m')dnl
_OPTION_(`confHOST_STATUS_DIRECTORY', `HostStatusDirectory', `.hoststat', `folder that remembers the state of other hosts')dnl
_OPTION_(`confSINGLE_THREAD_DELIVERY', `SingleThreadDelivery', `False', `one connection to a host at a time (needs HostStatusDirectory)')dnl
_OPTION_(`confUSE_ERRORS_TO', `UseErrorsTo', `False', `send errors to the address in an Errors-To header')dnl
_OPTION_(`confUSE_COMPRESSED_IPV6_ADDRESSES', `UseCompressedIPv6Addresses', `', `write IPv6 addresses in their short form')dnl
_OPTION_(`confLOG_LEVEL', `LogLevel', `9', `how much is logged')dnl
_OPTION_(`confME_TOO', `MeToo', `True', `send to the sender too if an alias names him')dnl
_OPTION_(`confCHECK_ALIASES', `CheckAliases', `False', `newaliases checks the addresses it reads')dnl
_OPTION_(`confOLD_STYLE_HEADERS', `OldStyleHeaders', `True', `blanks may separate recipients in headers')dnl

# where the daemon listens, and from where it connects
ifelse(_DAEMON_COUNT_, 0, `O DaemonPortOptions=ifdef(`confDAEMON_OPTIONS', `confDAEMON_OPTIONS', `Name=MTA')
')_DAEMONS_`'ifdef(`_NO_MSA_',, `O DaemonPortOptions=Port=587, Name=MSA, M=E
')dnl
ifelse(defn(`_CLIENTS_'), `', `ifdef(`confCLIENT_OPTIONS', `O ClientPortOptions=confCLIENT_OPTIONS', `#O ClientPortOptions=Family=inet, Address=0.0.0.0')
', `defn(`_CLIENTS_')')dnl
_OPTION_(`confDIRECT_SUBMISSION_MODIFIERS', `DirectSubmissionModifiers', `', `daemon flags of mail from the command line')dnl
_OPTION_(`confUSE_MSP', `UseMSP', `', `this is the configuration of the submission program')dnl
_OPTION_(`confPRIVACY_FLAGS', `PrivacyOptions', `authwarnings', `what strangers and users may not ask')dnl
_OPTION_(`confCOPY_ERRORS_TO', `PostmasterCopy', `Postmaster', `who gets a copy of each bounce')dnl
_OPTION_(`confQUEUE_FACTOR', `QueueFactor', `600000', `how load and priority decide that mail is only queued')dnl
_OPTION_(`confMAX_QUEUE_CHILDREN', `MaxQueueChildren', `', `most queue runners at a time, in all and in one queue group')dnl
_OPTION_(`confMAX_RUNNERS_PER_QUEUE', `MaxRunnersPerQueue', `')dnl
_OPTION_(`confNICE_QUEUE_RUN', `NiceQueueRun', `', `nice value of queue runners')dnl
_OPTION_(`confQUEUE_SORT_ORDER', `QueueSortOrder', `priority', `order of a queue run')dnl
_OPTION_(`confMIN_QUEUE_AGE', `MinQueueAge', `30m', `least and longest time between two tries of a message')dnl
_OPTION_(`confMAX_QUEUE_AGE', `MaxQueueAge', `')dnl
_OPTION_(`confMAX_QUEUE_RUN_SIZE', `MaxQueueRunSize', `0', `most messages in one queue run (0: all)')dnl
_OPTION_(`confFAST_SPLIT', `FastSplit', `1', `split envelopes without asking for MX records first')dnl
_OPTION_(`QUEUE_DIR', `QueueDirectory', `/var/spool/mqueue', `where the queue is')dnl
_OPTION_(`confSHARED_MEMORY_KEY', `SharedMemoryKey', `0', `key of the shared memory segment: 0 none, -1 any; and the file that holds it then')dnl
_OPTION_(`confSHARED_MEMORY_KEY_FILE', `SharedMemoryKeyFile', `')dnl
_OPTION_(`confTO_INITIAL', `Timeout.initial', `5m', `how long to wait for the other side, by phase of a session')dnl
_OPTION_(`confTO_CONNECT', `Timeout.connect', `5m')dnl
_OPTION_(`confTO_ACONNECT', `Timeout.aconnect', `0s')dnl
_OPTION_(`confTO_ICONNECT', `Timeout.iconnect', `5m')dnl
_OPTION_(`confTO_HELO', `Timeout.helo', `5m')dnl
_OPTION_(`confTO_MAIL', `Timeout.mail', `10m')dnl
_OPTION_(`confTO_RCPT', `Timeout.rcpt', `1h')dnl
_OPTION_(`confTO_DATAINIT', `Timeout.datainit', `5m')dnl
_OPTION_(`confTO_DATABLOCK', `Timeout.datablock', `1h')dnl
_OPTION_(`confTO_DATAFINAL', `Timeout.datafinal', `1h')dnl
_OPTION_(`confTO_RSET', `Timeout.rset', `5m')dnl
_OPTION_(`confTO_QUIT', `Timeout.quit', `2m')dnl
_OPTION_(`confTO_MISC', `Timeout.misc', `2m')dnl
_OPTION_(`confTO_COMMAND', `Timeout.command', `1h')dnl
_OPTION_(`confTO_IDENT', `Timeout.ident', `5s')dnl
_OPTION_(`confTO_FILEOPEN', `Timeout.fileopen', `60s')dnl
_OPTION_(`confTO_CONTROL', `Timeout.control', `2m')dnl
_OPTION_(`confTO_LHLO', `Timeout.lhlo', `2m')dnl
_OPTION_(`confTO_AUTH', `Timeout.auth', `10m')dnl
_OPTION_(`confTO_STARTTLS', `Timeout.starttls', `1h')dnl
_OPTION_(`confTO_QUEUERETURN', `Timeout.queuereturn', `5d', `when undelivered mail goes back, and when its sender is warned')dnl
_OPTION_(`confTO_QUEUERETURN_NORMAL', `Timeout.queuereturn.normal', `5d')dnl
_OPTION_(`confTO_QUEUERETURN_URGENT', `Timeout.queuereturn.urgent', `2d')dnl
_OPTION_(`confTO_QUEUERETURN_NONURGENT', `Timeout.queuereturn.non-urgent', `7d')dnl
_OPTION_(`confTO_QUEUERETURN_DSN', `Timeout.queuereturn.dsn', `5d')dnl
_OPTION_(`confTO_QUEUEWARN', `Timeout.queuewarn', `4h')dnl
_OPTION_(`confTO_QUEUEWARN_NORMAL', `Timeout.queuewarn.normal', `4h')dnl
_OPTION_(`confTO_QUEUEWARN_URGENT', `Timeout.queuewarn.urgent', `1h')dnl
_OPTION_(`confTO_QUEUEWARN_NONURGENT', `Timeout.queuewarn.non-urgent', `12h')dnl
_OPTION_(`confTO_QUEUEWARN_DSN', `Timeout.queuewarn.dsn', `4h')dnl
_OPTION_(`confTO_HOSTSTATUS', `Timeout.hoststatus', `30m', `how long the state of a host is believed')dnl
_OPTION_(`confTO_RESOLVER_RETRANS', `Timeout.resolver.retrans', `5s', `resolver: time between questions, and how many')dnl
_OPTION_(`confTO_RESOLVER_RETRANS_FIRST', `Timeout.resolver.retrans.first', `5s')dnl
_OPTION_(`confTO_RESOLVER_RETRANS_NORMAL', `Timeout.resolver.retrans.normal', `5s')dnl
_OPTION_(`confTO_RESOLVER_RETRY', `Timeout.resolver.retry', `4')dnl
_OPTION_(`confTO_RESOLVER_RETRY_FIRST', `Timeout.resolver.retry.first', `4')dnl
_OPTION_(`confTO_RESOLVER_RETRY_NORMAL', `Timeout.resolver.retry.normal', `4')dnl
_OPTION_(`confDELIVER_BY_MIN', `DeliverByMin', `0', `shortest time for DELIVERBY (negative: not offered)')dnl
_OPTION_(`confDONT_PRUNE_ROUTES', `DontPruneRoutes', `False', `keep the route of a route address')dnl
_OPTION_(`confSAFE_QUEUE', `SuperSafe', `True', `have mail on disk before it is accepted')dnl
_OPTION_(`STATUS_FILE', `StatusFile', `', `statistics of the mailers')dnl

# time zone: none is that of the system, an empty one that of the environment
ifdef(`confTIME_ZONE', `ifelse(confTIME_ZONE, `USE_SYSTEM', `#O TimeZoneSpec=', confTIME_ZONE, `USE_TZ', `O TimeZoneSpec=', `O TimeZoneSpec=confTIME_ZONE')', `#O TimeZoneSpec=')
_OPTION_(`confDEF_USER_ID', `DefaultUser', `mailnull', `user (and :group) for deliveries that belong to nobody')dnl
_OPTION_(`confUSERDB_SPEC', `UserDatabaseSpec', `/etc/mail/userdb', `user database')dnl
_OPTION_(`confFALLBACK_MX', `FallbackMXhost', `fallback.example.net', `host for mail whose MX hosts cannot be reached')dnl
_OPTION_(`confFALLBACK_SMARTHOST', `FallbackSmartHost', `fallback.example.net', `host for mail whose host does not exist')dnl
_OPTION_(`confTRY_NULL_MX_LIST', `TryNullMXList', `False', `try the host itself if its best MX is this one')dnl
_OPTION_(`confQUEUE_LA', `QueueLA', `8', `load above which mail is only queued, connections are refused, commands are slowed')dnl
_OPTION_(`confREFUSE_LA', `RefuseLA', `12')dnl
_OPTION_(`confDELAY_LA', `DelayLA', `0')dnl
_OPTION_(`confREJECT_LOG_INTERVAL', `RejectLogInterval', `3h', `how often refusing is logged')dnl
_OPTION_(`confMAX_DAEMON_CHILDREN', `MaxDaemonChildren', `0', `most processes of the daemon (0: any)')dnl
_OPTION_(`confCONNECTION_RATE_THROTTLE', `ConnectionRateThrottle', `0', `most new connections in a second (0: any)')dnl
_OPTION_(`confCONNECTION_RATE_WINDOW_SIZE', `ConnectionRateWindowSize', `60s', `time over which connections are counted')dnl
_OPTION_(`confWORK_RECIPIENT_FACTOR', `RecipientFactor', `30000', `priority of a message: per recipient, per class, per try')dnl
_OPTION_(`confWORK_CLASS_FACTOR', `ClassFactor', `1800')dnl
_OPTION_(`confWORK_TIME_FACTOR', `RetryFactor', `90000')dnl
_OPTION_(`confSEPARATE_PROC', `ForkEachJob', `False', `a process of its own for each message of a queue run')dnl
_OPTION_(`confDEF_CHAR_SET', `DefaultCharSet', `unknown-8bit', `character set of 8-bit text that names none')dnl
_OPTION_(`confSERVICE_SWITCH_FILE', `ServiceSwitchFile', `/etc/mail/service.switch', `where hosts, users and aliases are looked up')dnl
_OPTION_(`confHOSTS_FILE', `HostsFile', `/etc/hosts')dnl
_OPTION_(`confDIAL_DELAY', `DialDelay', `0s', `wait and try once more if a connection fails')dnl
_OPTION_(`confNO_RCPT_ACTION', `NoRecipientAction', `none', `header to add if a message names no recipient')dnl
_OPTION_(`confSAFE_FILE_ENV', `SafeFileEnvironment', `', `mail is written to files only below this folder')dnl
_OPTION_(`confCOLON_OK_IN_ADDR', `ColonOkInAddr', `True', `a colon is an ordinary character of an address')dnl
_OPTION_(`confDONT_EXPAND_CNAMES', `DontExpandCnames', `False', `leave aliases of the DNS as they are')dnl
_OPTION_(`confSMTP_LOGIN_MSG', `SmtpGreetingMessage', `$j Sendmail $v/$Z; $b', `greeting of the SMTP server')dnl
_OPTION_(`confFROM_LINE', `UnixFromLine', `From $g $d', `first line of a message in a mailbox file')dnl
_OPTION_(`confSINGLE_LINE_FROM_HEADER', `SingleLineFromHeader', `False', `join a From header of several lines')dnl
_OPTION_(`confALLOW_BOGUS_HELO', `AllowBogusHELO', `False', `take HELO without a host name')dnl
_OPTION_(`confMUST_QUOTE_CHARS', `MustQuoteChars', `.', `further characters to be quoted in a full name')dnl
_OPTION_(`confOPERATORS', `OperatorChars', `.:%@!^/[]+', `characters that divide an address into tokens')dnl
_OPTION_(`confDONT_INIT_GROUPS', `DontInitGroups', `False', `give programs of a user only the first group')dnl
_OPTION_(`confUNSAFE_GROUP_WRITES', `UnsafeGroupWrites', `True', `do not trust .forward and :include: files a group may write')dnl
_OPTION_(`confDOUBLE_BOUNCE_ADDRESS', `DoubleBounceAddress', `postmaster', `who gets bounces of bounces')dnl
_OPTION_(`confSOFT_BOUNCE', `SoftBounce', `False', `turn permanent SMTP errors into temporary ones')dnl
_OPTION_(`confDEAD_LETTER_DROP', `DeadLetterDrop', `/var/tmp/dead.letter', `file for bounces that nobody wants')dnl
_OPTION_(`confRUN_AS_USER', `RunAsUser', `sendmail', `user to become for everything')dnl
_OPTION_(`confMAX_RCPTS_PER_MESSAGE', `MaxRecipientsPerMessage', `0', `most recipients of a message (0: any)')dnl
_OPTION_(`confBAD_RCPT_THROTTLE', `BadRcptThrottle', `0', `slow down after so many refused recipients')dnl
_OPTION_(`confBAD_RCPT_SHUTDOWN', `BadRcptShutdown', `', `close the session after so many refused recipients')dnl
_OPTION_(`confBAD_RCPT_SHUTDOWN_GOOD', `BadRcptShutdownGood', `')dnl
_OPTION_(`confDONT_PROBE_INTERFACES', `DontProbeInterfaces', `False', `do not take the names of the interfaces for our own')dnl
_OPTION_(`confRRT_IMPLIES_DSN', `RrtImpliesDsn', `False', `Return-Receipt-To asks for a delivery notice')dnl
_OPTION_(`confCONNECT_ONLY_TO', `ConnectOnlyTo', `0.0.0.0', `send everything to this address (for tests)')dnl
_OPTION_(`confTRUSTED_USER', `TrustedUser', `root', `owner of maps and files, may start the daemon')dnl
_OPTION_(`confCONTROL_SOCKET_NAME', `ControlSocketName', `/var/spool/mqueue/.control', `socket to manage the daemon')dnl
_OPTION_(`confMAX_MIME_HEADER_LENGTH', `MaxMimeHeaderLength', `0/0', `longest MIME header and parameter')dnl
_OPTION_(`confMAX_HEADERS_LENGTH', `MaxHeadersLength', `32768', `longest sum of all headers')dnl
_OPTION_(`confMAX_ALIAS_RECURSION', `MaxAliasRecursion', `10', `how deep aliases may lead to aliases')dnl
_OPTION_(`confPID_FILE', `PidFile', `/var/run/sendmail.pid', `process number of the daemon')dnl
_OPTION_(`confPROCESS_TITLE_PREFIX', `ProcessTitlePrefix', `prefix', `first word of the process title')dnl
_OPTION_(`confDF_BUFFER_SIZE', `DataFileBufferSize', `4096', `content and transcript stay in memory up to this size')dnl
_OPTION_(`confXF_BUFFER_SIZE', `XscriptFileBufferSize', `4096')dnl
_OPTION_(`confMAILBOX_DATABASE', `MailboxDatabase', `pw', `how local users are found')dnl
_OPTION_(`confREQUIRES_DIR_FSYNC', `RequiresDirfsync', `true', `sync folders too')dnl
_OPTION_(`confAUTH_MECHANISMS', `AuthMechanisms', `EXTERNAL GSSAPI KERBEROS_V4 DIGEST-MD5 CRAM-MD5', `SMTP AUTH: mechanisms, realm, own account, flags, strength')dnl
_OPTION_(`confAUTH_REALM', `AuthRealm', `')dnl
_OPTION_(`confDEF_AUTH_INFO', `DefaultAuthInfo', `/etc/mail/default-auth-info')dnl
_OPTION_(`confAUTH_OPTIONS', `AuthOptions', `')dnl
_OPTION_(`confAUTH_MAX_BITS', `AuthMaxBits', `')dnl
_OPTION_(`confTLS_SRV_OPTIONS', `TLSSrvOptions', `', `STARTTLS: flags, ciphers, options of the library')dnl
_OPTION_(`confCIPHER_LIST', `CipherList', `')dnl
_OPTION_(`confCIPHER_SUITES', `CipherSuites', `')dnl
_OPTION_(`confSERVER_SSL_OPTIONS', `ServerSSLOptions', `')dnl
_OPTION_(`confCLIENT_SSL_OPTIONS', `ClientSSLOptions', `')dnl
_OPTION_(`confSSL_ENGINE', `SSLEngine', `')dnl
_OPTION_(`confSSL_ENGINE_PATH', `SSLEnginePath', `')dnl
_OPTION_(`confTLS_FALLBACK_TO_CLEAR', `TLSFallbacktoClear', `', `send in clear if the handshake fails')dnl
_OPTION_(`confCACERT_PATH', `CACertPath', `', `certificates and keys')dnl
_OPTION_(`confCACERT', `CACertFile', `')dnl
_OPTION_(`confSERVER_CERT', `ServerCertFile', `')dnl
_OPTION_(`confSERVER_KEY', `ServerKeyFile', `')dnl
_OPTION_(`confCLIENT_CERT', `ClientCertFile', `')dnl
_OPTION_(`confCLIENT_KEY', `ClientKeyFile', `')dnl
_OPTION_(`confCRL', `CRLFile', `')dnl
_OPTION_(`confCRL_PATH', `CRLPath', `')dnl
_OPTION_(`confDH_PARAMETERS', `DHParameters', `')dnl
_OPTION_(`confRAND_FILE', `RandFile', `')dnl
_OPTION_(`confCERT_FINGERPRINT_ALGORITHM', `CertFingerprintAlgorithm', `', `digest of a certificate in the macro {cert_fp}')dnl
_OPTION_(`confSET_CERT_ALTNAMES', `SetCertAltnames', `', `keep alternative names of certificates in the class {cert_altnames}')dnl
_OPTION_(`confDANE', `DANE', `false', `check server certificates by TLSA records')dnl
_OPTION_(`confSTS', `StrictTransportSecurity', `', `check MTA-STS policies')dnl
_OPTION_(`confINPUT_MAIL_FILTERS', `InputMailFilters', `', `mail filters, in their order')dnl
_OPTION_(`confMILTER_LOG_LEVEL', `Milter.LogLevel', `9')dnl
_OPTION_(`confMILTER_MACROS_CONNECT', `Milter.macros.connect', `j, _, {daemon_name}, {if_name}, {if_addr}')dnl
_OPTION_(`confMILTER_MACROS_HELO', `Milter.macros.helo', `{tls_version}, {cipher}, {cipher_bits}, {cert_subject}, {cert_issuer}')dnl
_OPTION_(`confMILTER_MACROS_ENVFROM', `Milter.macros.envfrom', `i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, {mail_host}, {mail_addr}')dnl
_OPTION_(`confMILTER_MACROS_ENVRCPT', `Milter.macros.envrcpt', `{rcpt_mailer}, {rcpt_host}, {rcpt_addr}')dnl
_OPTION_(`confMILTER_MACROS_EOM', `Milter.macros.eom', `{msg_id}')dnl
_OPTION_(`confMILTER_MACROS_EOH', `Milter.macros.eoh', `')dnl
_OPTION_(`confMILTER_MACROS_DATA', `Milter.macros.data', `')dnl
_OPTION_(`confMAX_NOOP_COMMANDS', `MaxNOOPCommands', `20', `slow down after so many commands that do nothing')dnl
_OPTION_(`confHELO_NAME', `HeloName', `', `our name in HELO')dnl
_OPTION_(`confSMTPUTF8', `SmtpUTF8', `', `offer SMTPUTF8')dnl
ifdef(`confADD_BCC', `_OPTION_(`confADD_BCC', `AddBcc', `false', `add recipients that the ruleset bcc names')')dnl
_OPTION_(`confREJECT_NUL', `RejectNUL', `false', `refuse messages with NUL bytes')dnl
