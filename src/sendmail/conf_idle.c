/*
 * conf_idle - options that are read, and do nothing here: each with the reason.
 *
 * test/cf/options.t compares this list with the sources, so that no option is ignored in silence and none stands here that has an effect.
 */
#include <string.h>

#include "conf_int.h"

static const struct {
	const char	*name;		/* with a sub-option: "Timeout.fileopen" */
	const char	*usual;		/* what generated files have anyway is no news; or NULL */
	const char	*why;
} idle_options[] = {
	{ "AliasWait", "10", "alias databases are replaced as a whole, nobody has to wait for them" },
	{ "DataFileBufferSize", NULL, "the spool keeps small messages in memory by itself" },
	{ "ForkEachJob", NULL, "each delivery is a process already" },
	{ "MailboxDatabase", NULL, "users come from the system's name service" },
	{ "RandFile", NULL, "random numbers come from the operating system" },
	{ "RequiresDirfsync", NULL, "folders are always synced" },
	{ "SharedMemoryKey", NULL, "the processes of a daemon talk to each other, they share no memory" },
	{ "SharedMemoryKeyFile", NULL, "the processes of a daemon talk to each other, they share no memory" },
	{ "SSLEngine", NULL, "OpenSSL 3 has no engines" },
	{ "SSLEnginePath", NULL, "OpenSSL 3 has no engines" },
	{ "XscriptFileBufferSize", NULL, "transcripts are kept in memory" },
};

/* Words of DontBlameSendmail. */
static const struct {
	const char	*word;
	const char	*why;
} idle_blame[] = {
	{ "AssumeSafeChown", "only root can give files away" },
	{ "CertOwner", "the owner of certificates does not matter" },
	{ "DontWarnForwardFileInUnsafeDirPath", "nothing is logged about .forward files that are not there" },
	{ "ErrorHeaderInUnsafeDirPath", "ErrorHeader is not read" },
	{ "FileDeliveryToHardLink", "mail is never written to a link" },
	{ "FileDeliveryToSymLink", "mail is never written to a link" },
	{ "GroupReadableSASLDBFile", "the SASL library opens its files itself" },
	{ "GroupWritableSASLDBFile", "the SASL library opens its files itself" },
	{ "HelpFileInUnsafeDirPath", "HelpFile is opened wherever it is" },
	{ "InsufficientEntropy", "random numbers come from the operating system" },
	{ "LinkedServiceSwitchFileInWritableDir", "the service switch file may be a link" },
	{ "NonRootSafeAddr", "who runs the daemon does not matter to programs and files" },
	{ "RunProgramInUnsafeDirPath", "nothing is logged about the folders of programs" },
	{ "RunWritableProgram", "nothing is logged about the modes of programs" },
	{ "WriteMapToHardLink", "databases are replaced, never written to" },
	{ "WriteMapToSymLink", "databases are replaced, never written to" },
	{ "WriteStatsToHardLink", "statistics are never written to a link" },
	{ "WriteStatsToSymLink", "statistics are never written to a link" },
};

void
conf_idle_blame(struct reading *r, struct str word)
{
	struct conf_idle	*x;

	for (size_t i = 0; i < sizeof idle_blame / sizeof *idle_blame; i++)
		if (str_caseeq_c(word, idle_blame[i].word)) {
			x = CONF_PUSH(r, r->conf->idle, r->conf->nidle);
			x->name = arena_fmt(r->conf->arena, "DontBlameSendmail=%s", idle_blame[i].word);
			x->why = idle_blame[i].why;
			x->place = r->place;
		}
}

static bool
idle_true(struct str v)
{
	return v.n == 0 || strchr("tTyY1", v.p[0]) != NULL;
}

void
conf_idle_note(struct reading *r, const char *name, struct str sub, struct str value, const char *def, bool is_bool)
{
	struct str		 whole = sub.n > 0 ? arena_fmt(r->conf->arena, "%s.%.*s", name, STR_ARG(sub)) : str_c(name);
	struct conf_idle	*x;

	value = str_trim(value);
	if (is_bool ? idle_true(value) == idle_true(str_c(def)) : value.n == 0 || str_caseeq_c(value, def))
		return;
	for (size_t i = 0; i < sizeof idle_options / sizeof *idle_options; i++)
		if (str_caseeq_c(whole, idle_options[i].name) || strcmp(name, idle_options[i].name) == 0) {
			if (idle_options[i].usual != NULL && str_caseeq_c(value, idle_options[i].usual))
				return;
			x = CONF_PUSH(r, r->conf->idle, r->conf->nidle);
			x->name = str_c(idle_options[i].name);
			x->why = idle_options[i].why;
			x->place = r->place;
			return;
		}
}
