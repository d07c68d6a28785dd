/*
 * conf_opt - every option: name, one-letter form, type, field, default, and whether an ordinary user's -O keeps privileges.
 *
 * The order is that of sendmail's own table: it shows in "ambiguous option name" messages.  Meanings: operations guide,
 * "O -- Set Option".  A kind K_CALL option is set by its own function in conf_optset.c.
 */
#include <string.h>

#include "base/near.h"
#include "conf_opt.h"

#define F(field)	offsetof(struct conf_opts, field)
#define SAFE		true
#define OWN		false

static const struct conf_opt conf_options[] = {
	{ "SevenBitInput", '7', K_BOOL, F(seven_bit_input), SAFE, "false", NULL },
	{ "EightBitMode", '8', K_CALL, 0, SAFE, "pass8", opt_eight_bit_mode },
	{ "AliasFile", 'A', K_CALL, 0, OWN, "", opt_alias_file },
	{ "AliasWait", 'a', K_MINUTES, F(alias_wait), OWN, "0", NULL },
	{ "BlankSub", 'B', K_CALL, 0, OWN, " ", opt_blank_sub },
	{ "MinFreeBlocks", 'b', K_CALL, 0, SAFE, "100", opt_min_free_blocks },
	{ "CheckpointInterval", 'C', K_INT, F(checkpoint_interval), SAFE, "10", NULL },
	{ "HoldExpensive", 'c', K_BOOL, F(hold_expensive), OWN, "false", NULL },
	{ "DeliveryMode", 'd', K_CALL, 0, SAFE, "background", opt_delivery_mode },
	{ "ErrorHeader", 'E', K_STR, F(error_header), OWN, "", NULL },
	{ "ErrorMode", 'e', K_CALL, 0, SAFE, "print", opt_error_mode },
	{ "TempFileMode", 'F', K_MODE, F(temp_file_mode), OWN, "0600", NULL },
	{ "SaveFromLine", 'f', K_BOOL, F(save_from_line), OWN, "false", NULL },
	{ "MatchGECOS", 'G', K_BOOL, F(match_gecos), OWN, "false", NULL },
	{ "HelpFile", 'H', K_STR, F(help_file), OWN, "", NULL },
	{ "MaxHopCount", 'h', K_INT, F(max_hop_count), OWN, "25", NULL },
	{ "ResolverOptions", 'I', K_CALL, 0, OWN, "", opt_resolver_options },
	{ "NameServOpt", 0, K_CALL, 0, OWN, "", opt_resolver_options },
	{ "IgnoreDots", 'i', K_BOOL, F(ignore_dots), SAFE, "false", NULL },
	{ "ForwardPath", 'J', K_RAW, F(forward_path), OWN, "$z/.forward", NULL },
	{ "SendMimeErrors", 'j', K_BOOL, F(send_mime_errors), SAFE, "true", NULL },
	{ "ConnectionCacheSize", 'k', K_INT, F(connection_cache_size), OWN, "1", NULL },
	{ "ConnectionCacheTimeout", 'K', K_MINUTES, F(connection_cache_timeout), OWN, "5m", NULL },
	{ "UseErrorsTo", 'l', K_BOOL, F(use_errors_to), OWN, "false", NULL },
	{ "LogLevel", 'L', K_INT, F(log_level), SAFE, "9", NULL },
	{ "MeToo", 'm', K_BOOL, F(me_too), SAFE, "true", NULL },
	{ "CheckAliases", 'n', K_BOOL, F(check_aliases), OWN, "false", NULL },
	{ "OldStyleHeaders", 'o', K_BOOL, F(old_style_headers), SAFE, "false", NULL },
	{ "DaemonPortOptions", 'O', K_CALL, 0, OWN, "", opt_daemon },
	{ "PrivacyOptions", 'p', K_CALL, 0, SAFE, "", opt_privacy },
	{ "PostmasterCopy", 'P', K_RAW, F(postmaster_copy), OWN, "", NULL },
	{ "QueueFactor", 'q', K_INT, F(queue_factor), OWN, "600000", NULL },
	{ "QueueDirectory", 'Q', K_STR, F(queue_directory), OWN, "", NULL },
	{ "DontPruneRoutes", 'R', K_BOOL, F(dont_prune_routes), OWN, "false", NULL },
	{ "Timeout", 'r', K_CALL, 0, OWN, "", opt_timeout },
	{ "StatusFile", 'S', K_STR, F(status_file), OWN, "", NULL },
	{ "SuperSafe", 's', K_CALL, 0, SAFE, "true", opt_super_safe },
	{ "QueueTimeout", 'T', K_CALL, 0, OWN, "", opt_queue_timeout },
	{ "TimeZoneSpec", 't', K_CALL, 0, OWN, "", opt_time_zone },
	{ "UserDatabaseSpec", 'U', K_STR, F(user_database_spec), OWN, "", NULL },
	{ "DefaultUser", 'u', K_CALL, 0, OWN, "1:1", opt_default_user },
	{ "FallbackMXhost", 'V', K_STR, F(fallback_mx_host), OWN, "", NULL },
	{ "Verbose", 'v', K_BOOL, F(verbose), SAFE, "false", NULL },
	{ "TryNullMXList", 'w', K_BOOL, F(try_null_mx_list), OWN, "false", NULL },
	{ "QueueLA", 'x', K_INT, F(queue_la), OWN, "8", NULL },
	{ "RefuseLA", 'X', K_INT, F(refuse_la), OWN, "12", NULL },
	{ "RecipientFactor", 'y', K_INT, F(recipient_factor), OWN, "30000", NULL },
	{ "ForkEachJob", 'Y', K_BOOL, F(fork_each_job), OWN, "false", NULL },
	{ "ClassFactor", 'z', K_INT, F(class_factor), OWN, "1800", NULL },
	{ "RetryFactor", 'Z', K_INT, F(retry_factor), OWN, "90000", NULL },
	{ "QueueSortOrder", 0, K_CALL, 0, SAFE, "priority", opt_queue_sort_order },
	{ "HostsFile", 0, K_STR, F(hosts_file), OWN, "/etc/hosts", NULL },
	{ "MinQueueAge", 0, K_MINUTES, F(min_queue_age), SAFE, "0", NULL },
	{ "DefaultCharSet", 0, K_STR, F(default_char_set), SAFE, "unknown-8bit", NULL },
	{ "ServiceSwitchFile", 0, K_STR, F(service_switch_file), OWN, "/etc/mail/service.switch", NULL },
	{ "DialDelay", 0, K_SECONDS, F(dial_delay), SAFE, "0", NULL },
	{ "NoRecipientAction", 0, K_CALL, 0, SAFE, "none", opt_no_recipient_action },
	{ "SafeFileEnvironment", 0, K_STR, F(safe_file_environment), OWN, "", NULL },
	{ "MaxMessageSize", 0, K_INT, F(max_message_size), OWN, "0", NULL },
	{ "ColonOkInAddr", 0, K_BOOL, F(colon_ok_in_addr), SAFE, "false", NULL },
	{ "MaxQueueRunSize", 0, K_INT, F(max_queue_run_size), SAFE, "0", NULL },
	{ "MaxDaemonChildren", 0, K_INT, F(max_daemon_children), OWN, "0", NULL },
	{ "DontExpandCnames", 0, K_BOOL, F(dont_expand_cnames), OWN, "false", NULL },
	{ "MustQuoteChars", 0, K_STR, F(must_quote_chars), OWN, ".'", NULL },
	{ "SmtpGreetingMessage", 0, K_RAW, F(smtp_greeting_message), OWN, "$j Sendmail $v ready at $b", NULL },
	{ "UnixFromLine", 0, K_RAW, F(unix_from_line), OWN, "From $g  $d", NULL },
	{ "OperatorChars", 0, K_CALL, 0, OWN, ".:@[]", opt_operator_chars },
	{ "DontInitGroups", 0, K_BOOL, F(dont_init_groups), OWN, "false", NULL },
	{ "SingleLineFromHeader", 0, K_BOOL, F(single_line_from_header), SAFE, "false", NULL },
	{ "AllowBogusHELO", 0, K_BOOL, F(allow_bogus_helo), SAFE, "false", NULL },
	{ "ConnectionRateThrottle", 0, K_INT, F(connection_rate_throttle), OWN, "0", NULL },
	{ "UnsafeGroupWrites", 0, K_BOOL, F(unsafe_group_writes), OWN, "true", NULL },
	{ "DoubleBounceAddress", 0, K_CALL, 0, OWN, "postmaster", opt_double_bounce },
	{ "HostStatusDirectory", 0, K_STR, F(host_status_directory), OWN, "", NULL },
	{ "SingleThreadDelivery", 0, K_BOOL, F(single_thread_delivery), OWN, "false", NULL },
	{ "RunAsUser", 0, K_CALL, 0, OWN, "", opt_run_as_user },
	{ "RrtImpliesDsn", 0, K_BOOL, F(rrt_implies_dsn), OWN, "false", NULL },
	{ "PidFile", 0, K_RAW, F(pid_file), OWN, "/var/run/sendmail.pid", NULL },
	{ "DontBlameSendmail", 0, K_CALL, 0, OWN, "safe", opt_dont_blame },
	{ "DontProbeInterfaces", 0, K_CALL, 0, OWN, "false", opt_dont_probe },
	{ "MaxRecipientsPerMessage", 0, K_INT, F(max_recipients_per_message), OWN, "0", NULL },
	{ "DeadLetterDrop", 0, K_STR, F(dead_letter_drop), OWN, "", NULL },
	{ "MaxAliasRecursion", 0, K_INT, F(max_alias_recursion), OWN, "10", NULL },
	{ "ConnectOnlyTo", 0, K_STR, F(connect_only_to), OWN, "", NULL },
	{ "TrustedUser", 0, K_CALL, 0, OWN, "", opt_trusted_user },
	{ "MaxMimeHeaderLength", 0, K_CALL, 0, OWN, "2048/1024", opt_max_mime_header },
	{ "ControlSocketName", 0, K_STR, F(control_socket_name), OWN, "", NULL },
	{ "MaxHeadersLength", 0, K_INT, F(max_headers_length), OWN, "32768", NULL },
	{ "ProcessTitlePrefix", 0, K_RAW, F(process_title_prefix), OWN, "", NULL },
	{ "DefaultAuthInfo", 0, K_STR, F(default_auth_info), OWN, "", NULL },
	{ "AuthMechanisms", 0, K_STR, F(auth_mechanisms), OWN, "EXTERNAL GSSAPI KERBEROS_V4 DIGEST-MD5 CRAM-MD5", NULL },
	{ "ClientPortOptions", 0, K_CALL, 0, OWN, "", opt_client },
	{ "DataFileBufferSize", 0, K_INT, F(data_file_buffer_size), OWN, "4096", NULL },
	{ "XscriptFileBufferSize", 0, K_INT, F(xscript_file_buffer_size), OWN, "4096", NULL },
	{ "ServerCertFile", 0, K_STR, F(server_cert_file), OWN, "", NULL },
	{ "ServerKeyFile", 0, K_STR, F(server_key_file), OWN, "", NULL },
	{ "ClientCertFile", 0, K_STR, F(client_cert_file), OWN, "", NULL },
	{ "ClientKeyFile", 0, K_STR, F(client_key_file), OWN, "", NULL },
	{ "CACertFile", 0, K_STR, F(ca_cert_file), OWN, "", NULL },
	{ "CACertPath", 0, K_STR, F(ca_cert_path), OWN, "", NULL },
	{ "DHParameters", 0, K_STR, F(dh_parameters), OWN, "", NULL },
	{ "InputMailFilters", 0, K_STR, F(input_mail_filters), OWN, "", NULL },
	{ "Milter", 0, K_CALL, 0, OWN, "", opt_milter },
	{ "AuthOptions", 0, K_STR, F(auth_options), OWN, "", NULL },
	{ "QueueFileMode", 0, K_MODE, F(queue_file_mode), OWN, "-1", NULL },
	{ "CertFingerprintAlgorithm", 0, K_STR, F(cert_fingerprint_algorithm), OWN, "", NULL },
	{ "CipherList", 0, K_STR, F(cipher_list), OWN, "", NULL },
	{ "RandFile", 0, K_STR, F(rand_file), OWN, "", NULL },
	{ "TLSSrvOptions", 0, K_STR, F(tls_srv_options), OWN, "", NULL },
	{ "BadRcptThrottle", 0, K_INT, F(bad_rcpt_throttle), OWN, "0", NULL },
	{ "DeliverByMin", 0, K_SECONDS, F(deliver_by_min), OWN, "0", NULL },
	{ "MaxQueueChildren", 0, K_INT, F(max_queue_children), OWN, "0", NULL },
	{ "MaxRunnersPerQueue", 0, K_INT, F(max_runners_per_queue), OWN, "0", NULL },
	{ "DirectSubmissionModifiers", 0, K_STR, F(direct_submission_modifiers), OWN, "", NULL },
	{ "NiceQueueRun", 0, K_INT, F(nice_queue_run), OWN, "0", NULL },
	{ "SharedMemoryKey", 0, K_INT, F(shared_memory_key), OWN, "0", NULL },
	{ "AuthMaxBits", 0, K_INT, F(auth_max_bits), OWN, "2147483647", NULL },
	{ "MailboxDatabase", 0, K_STR, F(mailbox_database), OWN, "pw", NULL },
	{ "UseMSP", 0, K_BOOL, F(use_msp), OWN, "false", NULL },
	{ "DelayLA", 0, K_INT, F(delay_la), OWN, "0", NULL },
	{ "FastSplit", 0, K_INT, F(fast_split), OWN, "1", NULL },
	{ "SoftBounce", 0, K_BOOL, F(soft_bounce), OWN, "false", NULL },
	{ "SharedMemoryKeyFile", 0, K_STR, F(shared_memory_key_file), OWN, "", NULL },
	{ "RejectLogInterval", 0, K_HOURS, F(reject_log_interval), OWN, "3h", NULL },
	{ "RequiresDirfsync", 0, K_BOOL, F(requires_dirfsync), OWN, "true", NULL },
	{ "ConnectionRateWindowSize", 0, K_SECONDS, F(connection_rate_window_size), OWN, "60s", NULL },
	{ "CRLFile", 0, K_STR, F(crl_file), OWN, "", NULL },
	{ "FallbackSmartHost", 0, K_STR, F(fallback_smart_host), OWN, "", NULL },
	{ "AuthRealm", 0, K_STR, F(auth_realm), OWN, "", NULL },
	{ "CRLPath", 0, K_STR, F(crl_path), OWN, "", NULL },
	{ "HeloName", 0, K_STR, F(helo_name), OWN, "", NULL },
	{ "MaxNOOPCommands", 0, K_INT, F(max_noop_commands), OWN, "20", NULL },
	{ "BadRcptShutdown", 0, K_INT, F(bad_rcpt_shutdown), OWN, "0", NULL },
	{ "BadRcptShutdownGood", 0, K_INT, F(bad_rcpt_shutdown_good), OWN, "0", NULL },
	{ "ServerSSLOptions", 0, K_STR, F(server_ssl_options), OWN, "", NULL },
	{ "ClientSSLOptions", 0, K_STR, F(client_ssl_options), OWN, "", NULL },
	{ "MaxQueueAge", 0, K_MINUTES, F(max_queue_age), OWN, "0", NULL },
	{ "RejectNUL", 0, K_BOOL, F(reject_nul), OWN, "false", NULL },
	{ "UseCompressedIPv6Addresses", 0, K_BOOL, F(use_compressed_ipv6_addresses), OWN, "false", NULL },
	{ "SSLEngine", 0, K_STR, F(ssl_engine), OWN, "", NULL },
	{ "SSLEnginePath", 0, K_STR, F(ssl_engine_path), OWN, "", NULL },
	{ "TLSFallbacktoClear", 0, K_BOOL, F(tls_fallback_to_clear), OWN, "false", NULL },
	{ "SetCertAltnames", 0, K_BOOL, F(set_cert_altnames), OWN, "false", NULL },
	{ "SmtpUTF8", 0, K_BOOL, F(smtp_utf8), OWN, "false", NULL },
	{ "StrictTransportSecurity", 0, K_BOOL, F(strict_transport_security), OWN, "false", NULL },
	{ "CipherSuites", 0, K_STR, F(cipher_suites), OWN, "", NULL },
	{ "LDAPDefaultSpec", 0, K_STR, F(ldap_default_spec), OWN, "", NULL },
	{ "AddBcc", 0, K_BOOL, F(add_bcc), OWN, "false", NULL },
	{ "DANE", 0, K_STR, F(dane), OWN, "", NULL },
	/* Angarium's own */
	{ "SASLConfDir", 0, K_STR, F(sasl_conf_dir), OWN, "", NULL },
	{ "RoleUser", 0, K_STR, F(role_user), OWN, "", NULL },
	{ "STSDirectory", 0, K_STR, F(sts_directory), OWN, "", NULL },
	{ "TLSReportAddress", 0, K_STR, F(tls_report_address), OWN, "", NULL },
	{ "STSPort", 0, K_INT, F(sts_port), OWN, "443", NULL },
	{ "TallyDirectory", 0, K_STR, F(tally_directory), OWN, ".tally", NULL },
	{ "SMTPExtensions", 0, K_CALL, 0, OWN, "chunking binarymime limits requiretls tls-required", opt_smtp_extensions },
	{ "JournalSegments", 0, K_INT, F(journal_segments), OWN, "128", NULL },
	{ "JournalSegmentSize", 0, K_INT, F(journal_segment_size), OWN, "4194304", NULL },
	{ "JournalMaxMessage", 0, K_INT, F(journal_max_message), OWN, "65536", NULL },
	{ "JournalMemory", 0, K_INT, F(journal_memory), OWN, "67108864", NULL },
};

#define NOPTIONS	(sizeof conf_options / sizeof *conf_options)

static bool
opt_true(struct str v)
{
	return v.n == 0 || strchr("tTyY1", v.p[0]) != NULL;
}

static void
conf_opt_store(struct reading *r, const struct conf_opt *o, struct str v)
{
	char	*at = (char *)&r->conf->opt + o->offset;
	int64_t	 n;

	switch (o->kind) {
	case K_BOOL:
		*(bool *)(void *)at = opt_true(v);
		break;
	case K_INT:
		*(int64_t *)(void *)at = conf_number(v);
		break;
	case K_SECONDS:
	case K_MINUTES:
	case K_HOURS:
		*(int64_t *)(void *)at = conf_time(r, v, o->kind == K_SECONDS ? 's' : o->kind == K_MINUTES ? 'm' : 'h');
		break;
	case K_MODE:
		for (n = 0; v.n > 0 && v.p[0] >= '0' && v.p[0] <= '7' && n < 07777; v = str_from(v, 1))
			n = n * 8 + (v.p[0] - '0');
		*(int *)(void *)at = v.n > 0 && v.p[0] == '-' ? -1 : (int)n;
		break;
	case K_STR:
	case K_RAW:
		*(struct str *)(void *)at = arena_str(r->conf->arena, v);
		break;
	case K_CALL:
		o->set(r, STR_NONE, v);
		break;
	}
}

void
conf_opt_defaults(struct conf *c)
{
	struct err_list	ignored;
	struct reading	r;

	memset(&r, 0, sizeof r);
	err_list_init(&ignored);
	r.conf = c;
	r.errs = &ignored;
	for (size_t i = 0; i < NOPTIONS; i++)
		if (conf_options[i].kind != K_CALL)
			conf_opt_store(&r, &conf_options[i], str_c(conf_options[i].def));
	err_list_done(&ignored);
	conf_opt_call_defaults(c);
}

/* ---- finding ---- */

const struct conf_place *
conf_option_place(const struct conf *c, const char *name)
{
	for (size_t i = c->noption_places; i-- > 0;)
		if (strcmp(c->option_places[i].name, name) == 0)
			return &c->option_places[i].place;
	return NULL;
}

static const char *
opt_word(size_t i)
{
	return i < NOPTIONS ? conf_options[i].name : NULL;
}

/* By whole name or unique beginning; complains into r when that is not NULL. */
static const struct conf_opt *
opt_find(struct reading *r, struct str name)
{
	const struct conf_opt	*found = NULL;
	struct str		 near;

	for (size_t i = 0; i < NOPTIONS; i++)
		if (str_caseeq_c(name, conf_options[i].name))
			return &conf_options[i];
	if (name.n == 0)
		return NULL;
	for (size_t i = 0; i < NOPTIONS; i++) {
		if (!str_casestarts(str_c(conf_options[i].name), name))
			continue;
		if (found != NULL) {
			if (r != NULL)
				conf_error(r, "readcf: ambiguous option name %.*s (matches %s and %s)", STR_ARG(name), found->name,
				    conf_options[i].name);
			return NULL;
		}
		found = &conf_options[i];
	}
	if (found == NULL && r != NULL) {
		near = near_word(name, opt_word);
		conf_error(r, "readcf: unknown option name %.*s%s%.*s%s", STR_ARG(name), near.n > 0 ? "; did you mean " : "", STR_ARG(near),
		    near.n > 0 ? "?" : "");
	}
	if (found != NULL && r != NULL)
		conf_warn(r, "Option %.*s used as abbreviation for %s", STR_ARG(name), found->name);
	return found;
}

/* The macros that older configurations set instead of options follow their options. */
static void
opt_set(struct reading *r, const struct conf_opt *o, struct str sub, struct str v)
{
	conf_trace_option(o->name, sub, v);
	if (r->place.line > 0)
		*CONF_PUSH(r, r->conf->option_places, r->conf->noption_places) = (struct conf_option_place){ o->name, r->place };
	if (o->kind != K_RAW)
		v = conf_expand(r, v);
	conf_idle_note(r, o->name, sub, v, o->def, o->kind == K_BOOL || strcmp(o->name, "SuperSafe") == 0);
	if (o->kind == K_CALL)
		o->set(r, sub, v);
	else if (sub.n > 0)
		conf_error(r, "readcf: unknown option name %s.%.*s", o->name, STR_ARG(sub));
	else
		conf_opt_store(r, o, v);
}

void
conf_set_option(struct reading *r, struct str name, struct str value)
{
	const struct conf_opt	*o;
	struct str		 sub = STR_NONE;
	size_t			 dot = str_chr(name, '.');

	if (dot != SIZE_MAX) {
		sub = str_from(name, dot + 1);
		name = str_first(name, dot);
	}
	o = opt_find(r, name);
	if (o != NULL)
		opt_set(r, o, sub, value);
}

void
conf_set_letter(struct reading *r, char letter, struct str value)
{
	struct err	e;
	size_t		taken;
	int		id;

	if (letter == 'M') {			/* -oMx value, OMxvalue: a macro */
		id = rules_name_take(r->rules, value, &taken, &e);
		if (id < 0)
			conf_error(r, "%s", e.text);
		else
			rules_define(r->rules, id, str_from(value, taken));
		return;
	}
	for (size_t i = 0; i < NOPTIONS; i++)
		if (conf_options[i].letter == letter) {
			opt_set(r, &conf_options[i], STR_NONE, value);
			return;
		}
	if (letter == 'D' || letter == 'g' || letter == 'N' || letter == 'W')	/* gone long ago */
		conf_warn(r, "Warning: option %c is no longer supported", letter);
	else if (chr_is_alnum(letter))
		conf_error(r, "readcf: unknown option name %c", letter);
	else
		conf_error(r, "readcf: unknown option name 0x%x", (unsigned)(unsigned char)letter);
}

void
conf_read_option(struct reading *r, struct str s)
{
	size_t	at;

	if (s.n == 0)
		return;
	if (s.p[0] != ' ') {
		conf_set_letter(r, s.p[0], str_from(s, 1));
		return;
	}
	s = str_from(s, 1);
	at = str_chr(s, '=');
	if (at == SIZE_MAX)
		conf_set_option(r, s, STR(""));
	else
		conf_set_option(r, str_rtrim(str_first(s, at)), str_ltrim(str_from(s, at + 1)));
}

/* ---- for others ---- */

const struct conf_opt_info *
conf_opt_info(size_t i)
{
	static struct conf_opt_info	info;

	if (i >= NOPTIONS)
		return NULL;
	info = (struct conf_opt_info){ conf_options[i].name, conf_options[i].letter, conf_options[i].safe, conf_options[i].def };
	return &info;
}

bool
conf_opt_is_safe(char kind, struct str text)
{
	const struct conf_opt	*o = NULL;
	size_t			 end;

	if (kind == 'M')
		return text.n > 0 && (text.p[0] == 'r' || text.p[0] == 's');
	if (kind == 'o') {
		if (text.n > 1 && text.p[0] == 'M')
			return text.p[1] == 'r' || text.p[1] == 's';
		for (size_t i = 0; i < NOPTIONS && text.n > 0; i++)
			if (conf_options[i].letter == text.p[0])
				o = &conf_options[i];
		return o != NULL && o->safe;
	}
	for (end = 0; end < text.n && text.p[end] != '=' && text.p[end] != '.'; end++)
		;
	o = opt_find(NULL, str_rtrim(str_first(text, end)));
	return o != NULL && o->safe;
}
