/*
 * sandbox_says - what the filter of a role would say to a system call, without entering it: so that it can be listed what each role can still do.
 */
#include "os/sandbox_int.h"

#include "os_conf.h"

#if defined(HAVE_SECCOMP_FILTER) && (defined(__x86_64__) || (defined(__aarch64__) && defined(__AARCH64EL__)) || (defined(__riscv) && __riscv_xlen == 64))

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#define SAYS_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SAYS_ARCH	AUDIT_ARCH_AARCH64
#else
#define SAYS_ARCH	AUDIT_ARCH_RISCV64
#endif

/* The four instructions that sandbox_seccomp.c makes filters of. */
static uint32_t
says_run(const struct sock_filter *f, size_t n, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t i = 0; i < n; i++)
		switch (f[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f[i].k + sizeof a > sizeof *d)
				return SECCOMP_RET_KILL_PROCESS;
			memcpy(&a, (const char *)d + f[i].k, sizeof a);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == f[i].k ? f[i].jt : f[i].jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += (a & f[i].k) != 0 ? f[i].jt : f[i].jf;
			break;
		case BPF_RET | BPF_K:
			return f[i].k;
		default:
			return SECCOMP_RET_KILL_PROCESS;
		}
	return SECCOMP_RET_KILL_PROCESS;
}

enum os_sandbox_says
os_sandbox_says(unsigned may, int nr, const uint64_t args[6])
{
	struct os_sandbox	 s = { .role = "listed", .may = may };
	struct seccomp_data	 d = { .nr = nr, .arch = SAYS_ARCH };
	const struct sock_filter *code;
	size_t			 n = sandbox_seccomp_code(&s, (const void **)&code);
	uint32_t		 rc;

	for (size_t i = 0; i < 6; i++)
		d.args[i] = args[i];
	rc = says_run(code, n, &d);
	if (rc == SECCOMP_RET_ALLOW)
		return OS_SAYS_YES;
	if ((rc & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return OS_SAYS_END;
	return (rc & SECCOMP_RET_DATA) == ENOSYS ? OS_SAYS_UNKNOWN : OS_SAYS_NO;
}
#else
enum os_sandbox_says
os_sandbox_says(unsigned may, int nr, const uint64_t args[6])
{
	(void)may, (void)nr, (void)args;
	return OS_SAYS_NOTHING;
}
#endif
