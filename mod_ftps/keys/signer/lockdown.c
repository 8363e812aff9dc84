/*
 * SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
 * SPDX-FileCopyrightText: 2026 mod_ftps authors
 *
 * lockdown.c: see lockdown.h.
 */
#include "keys/signer/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compat.h"

/* Usually not used by others: it is after the numbers that distributions and
 * service managers assign.
 */
#define OWN_ID 65533U

#define FILE_CAPABILITIES (1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH)

void ftps_lockdown_descriptors(const int *kept, size_t n) {
  int next = STDERR_FILENO + 1;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);

  for (int i = STDIN_FILENO; i <= STDERR_FILENO && null >= 0; i++) {
    (void) dup2(null, i);
  }

  for (size_t i = 0; i < n; i++) {
    while (next < kept[i]) {
      (void) close(next++);
    }
    next = kept[i] + 1;
  }

  /* closefrom() works without close_range() too, which kernels before 5.9 do
   * not have.
   */
  closefrom(next);
}

/* The first word of the set. */
static void keep_capabilities(uint32_t kept) {
  struct __user_cap_header_struct header = { .version =
                                                 _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

  memset(sets, 0, sizeof(sets));
  sets[0].permitted = sets[0].effective = kept;
  (void) syscall(SYS_capset, &header, sets);
}

static void become_own_user(void) {
  if (setgroups(0, NULL) < 0 || setresgid(OWN_ID, OWN_ID, OWN_ID) < 0) {
    errno = 0;
  }
  if (setresuid(OWN_ID, OWN_ID, OWN_ID) < 0) {
    errno = 0;
  }
}

void ftps_lockdown_privileges(bool needs_files) {
  const struct rlimit no_core = { 0, 0 };

  (void) setrlimit(RLIMIT_CORE, &no_core);
  if (!needs_files) {
    become_own_user();
  }
  keep_capabilities(needs_files ? FILE_CAPABILITIES : 0);
  (void) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static const int calls[] = {
  SYS_recvmsg,
  SYS_recvfrom,
  SYS_sendto,
  SYS_sendmsg,
  SYS_epoll_create1,
  SYS_epoll_pwait,
  SYS_epoll_ctl,
  SYS_read,
  SYS_close,
  SYS_getrandom,
  SYS_futex,
  SYS_brk,
  SYS_mmap,
  SYS_munmap,
  SYS_mremap,
  SYS_mprotect,
  SYS_madvise,
  SYS_mlock,
  SYS_clock_gettime,
  SYS_getpid,
  SYS_gettid,
  SYS_rt_sigaction,
  SYS_rt_sigprocmask,
  SYS_rt_sigreturn,
  SYS_sched_yield,
  SYS_setitimer,
  SYS_exit,
  SYS_exit_group,
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static struct sock_filter load_word(size_t offset) {
  return (
      struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t) offset);
}

static struct sock_filter answer(uint32_t value) {
  return (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, value);
}

/* Another instruction set has other numbers for its calls. */
void ftps_lockdown_calls(void) {
  struct sock_filter code[CALL_COUNT + 6];
  struct sock_fprog program = { .filter = code };
  unsigned short n = 0;

  if (FTPS_AUDIT_ARCH == 0) {
    return;
  }

  code[n++] = load_word(offsetof(struct seccomp_data, arch));
  code[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
      FTPS_AUDIT_ARCH, 1, 0);
  code[n++] = answer(SECCOMP_RET_ERRNO | EPERM);
  code[n++] = load_word(offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < CALL_COUNT; i++) {
    code[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
        (uint32_t) calls[i], (unsigned char) (CALL_COUNT - i), 0);
  }
  code[n++] = answer(SECCOMP_RET_ERRNO | EPERM);
  code[n++] = answer(SECCOMP_RET_ALLOW);

  program.len = n;
  (void) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
