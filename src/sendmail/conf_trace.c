/*
 * conf_trace - what -d37.1 says of each option that is set.
 *
 * In parentheses stands the letter that old configurations had for it, or the number that sendmail gave to one without a letter.
 */
#include "base/trace.h"
#include "conf_int.h"

static const struct {
	const char	*name, *code;
} trace_codes[] = {
	{ "AliasFile", "A" }, { "AliasWait", "a" }, { "AllowBogusHELO", "0x95" },
	{ "AuthMaxBits", "0xca" }, { "AuthMechanisms", "0xae" }, { "AuthOptions", "0xbd" },
	{ "AuthRealm", "0xd6" }, { "BadRcptShutdown", "0xe1" }, { "BadRcptShutdownGood", "0xe2" },
	{ "BadRcptThrottle", "0xc3" }, { "BlankSub", "B" }, { "CACertFile", "0xb8" },
	{ "CACertPath", "0xb9" }, { "CRLFile", "0xd4" }, { "CRLPath", "0xd7" },
	{ "CertFingerprintAlgorithm", "0xbf" }, { "CheckAliases", "n" },
	{ "CheckpointInterval", "C" }, { "CipherList", "0xc0" }, { "CipherSuites", "0xfa" },
	{ "ClassFactor", "z" }, { "ClientCertFile", "0xb6" }, { "ClientKeyFile", "0xb7" },
	{ "ClientPortOptions", "0xaf" }, { "ClientSSLOptions", "0xe4" },
	{ "ColonOkInAddr", "0x8b" }, { "ConnectOnlyTo", "0xa6" }, { "ConnectionCacheSize", "k" },
	{ "ConnectionCacheTimeout", "K" }, { "ConnectionRateThrottle", "0x97" },
	{ "ConnectionRateWindowSize", "0xd3" }, { "ControlSocketName", "0xa9" },
	{ "DHParameters", "0xba" }, { "DaemonPortOptions", "O" }, { "DataFileBufferSize", "0xb0" },
	{ "DeadLetterDrop", "0xa3" }, { "DefaultAuthInfo", "0xad" }, { "DefaultCharSet", "0x85" },
	{ "DefaultUser", "u" }, { "DelayLA", "0xcd" }, { "DeliverByMin", "0xc4" },
	{ "DeliveryMode", "d" }, { "DialDelay", "0x87" }, { "DirectSubmissionModifiers", "0xc7" },
	{ "DontBlameSendmail", "0xa0" }, { "DontExpandCnames", "0x8e" },
	{ "DontInitGroups", "0x93" }, { "DontProbeInterfaces", "0xa1" },
	{ "DontPruneRoutes", "R" }, { "DoubleBounceAddress", "0x9a" }, { "EightBitMode", "8" },
	{ "ErrorHeader", "E" }, { "ErrorMode", "e" }, { "FallbackMXhost", "V" },
	{ "FallbackSmartHost", "0xd5" }, { "FastSplit", "0xce" }, { "ForkEachJob", "Y" },
	{ "ForwardPath", "J" }, { "HeloName", "0xd8" }, { "HelpFile", "H" },
	{ "HoldExpensive", "c" }, { "HostStatusDirectory", "0x9b" }, { "HostsFile", "0x82" },
	{ "IgnoreDots", "i" }, { "InputMailFilters", "0xbb" }, { "LDAPDefaultSpec", "0xb2" },
	{ "LogLevel", "L" }, { "MailboxDatabase", "0xcb" }, { "MatchGECOS", "G" },
	{ "MaxAliasRecursion", "0xa5" }, { "MaxDaemonChildren", "0x8d" },
	{ "MaxHeadersLength", "0xaa" }, { "MaxHopCount", "h" }, { "MaxMessageSize", "0x8a" },
	{ "MaxMimeHeaderLength", "0xa8" }, { "MaxNOOPCommands", "0xdc" },
	{ "MaxQueueAge", "0xe5" }, { "MaxQueueChildren", "0xc5" }, { "MaxQueueRunSize", "0x8c" },
	{ "MaxRecipientsPerMessage", "0xa2" }, { "MaxRunnersPerQueue", "0xc6" }, { "MeToo", "m" },
	{ "Milter", "0xbc" }, { "MinFreeBlocks", "b" }, { "MinQueueAge", "0x83" },
	{ "MustQuoteChars", "0x8f" }, { "NiceQueueRun", "0xc8" }, { "NoRecipientAction", "0x88" },
	{ "OldStyleHeaders", "o" }, { "OperatorChars", "0x92" }, { "PidFile", "0x9f" },
	{ "PostmasterCopy", "P" }, { "PrivacyOptions", "p" }, { "ProcessTitlePrefix", "0xac" },
	{ "QueueDirectory", "Q" }, { "QueueFactor", "q" }, { "QueueFileMode", "0xbe" },
	{ "QueueLA", "x" }, { "QueueSortOrder", "0x81" }, { "QueueTimeout", "T" },
	{ "RandFile", "0xc1" }, { "RecipientFactor", "y" }, { "RefuseLA", "X" },
	{ "RejectLogInterval", "0xd1" }, { "RejectNUL", "0xe9" }, { "RequiresDirfsync", "0xd2" },
	{ "ResolverOptions", "I" }, { "RetryFactor", "Z" }, { "RrtImpliesDsn", "0x9e" },
	{ "RunAsUser", "0x9d" }, { "SSLEngine", "0xed" }, { "SSLEnginePath", "0xee" },
	{ "SafeFileEnvironment", "0x89" }, { "SaveFromLine", "f" }, { "SendMimeErrors", "j" },
	{ "ServerCertFile", "0xb4" }, { "ServerKeyFile", "0xb5" }, { "ServerSSLOptions", "0xe3" },
	{ "ServiceSwitchFile", "0x86" }, { "SetCertAltnames", "0xf7" }, { "SevenBitInput", "7" },
	{ "SharedMemoryKey", "0xc9" }, { "SharedMemoryKeyFile", "0xd0" },
	{ "SingleLineFromHeader", "0x94" }, { "SingleThreadDelivery", "0x9c" },
	{ "SmtpGreetingMessage", "0x90" }, { "SmtpUTF8", "0xf8" }, { "SoftBounce", "0xcf" },
	{ "StatusFile", "S" }, { "StrictTransportSecurity", "0xf9" }, { "SuperSafe", "s" },
	{ "TLSFallbacktoClear", "0xef" }, { "TLSSrvOptions", "0xc2" }, { "TempFileMode", "F" },
	{ "TimeZoneSpec", "t" }, { "Timeout", "r" }, { "TrustedUser", "0xa7" },
	{ "TryNullMXList", "w" }, { "UnixFromLine", "0x91" }, { "UnsafeGroupWrites", "0x99" },
	{ "UseCompressedIPv6Addresses", "0xec" }, { "UseErrorsTo", "l" }, { "UseMSP", "0xcc" },
	{ "UserDatabaseSpec", "U" }, { "Verbose", "v" }, { "XscriptFileBufferSize", "0xb1" },
};

void
conf_trace_option(const char *name, struct str sub, struct str value)
{
	const char	*code = "?";

	if (!trace_on(37, 1))
		return;
	for (size_t i = 0; i < sizeof trace_codes / sizeof *trace_codes; i++)
		if (str_eq_c(str_c(name), trace_codes[i].name))
			code = trace_codes[i].code;
	trace_printf("setoption %s (%s)%s%.*s=%.*s\n", name, code, sub.n > 0 ? "." : "", STR_ARG(sub), STR_ARG(value));
}
