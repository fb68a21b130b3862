// Stands between hyperspectord and the C library (LD_PRELOAD), in tests only: numbers every call that changes the world, notes it in
// a file, and ends the process with SIGKILL just before the call of a given number. Programs that the daemon starts are left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int armed, journal = -1;
static long fatal;
static atomic_long count;

static void *real_dlsym(void *handle, const char *name) {
  static void *(*real)(void *, const char *);
  if (!real) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  if (!real) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  return real(handle, name);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = real_dlsym(RTLD_NEXT, #name)

// The real calls, whatever is interposed: the journal must not number itself.
static void step(const char *call, const char *subject) {
  if (!armed) return;
  int saved = errno;
  long number = atomic_fetch_add(&count, 1) + 1;
  char line[512];
  int length = snprintf(line, sizeof line, "%ld %s %.400s\n", number, call, subject ? subject : "");
  if (journal >= 0) syscall(SYS_write, journal, line, length);
  if (number == fatal) {
    long (*call_kernel)(long, ...) = real_dlsym(RTLD_NEXT, "syscall");
    call_kernel(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  errno = saved;
}

static const char *of(int fd) {
  static _Thread_local char text[PATH_MAX];
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, text, sizeof text - 1);
  text[length < 0 ? 0 : length] = 0;
  return text;
}

__attribute__((constructor)) static void arm(void) {
  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return;
  self[length] = 0;
  const char *name = strrchr(self, '/');
  if (strcmp(name ? name + 1 : self, "hyperspectord") != 0) return;
  const char *path = getenv("FAULTS_JOURNAL"), *at = getenv("FAULTS_AT");
  if (path) journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  fatal = at ? atol(at) : 0;
  unsetenv("LD_PRELOAD");
  armed = 1;
}

#define WRAP(type, name, parameters, arguments, subject) \
  type name parameters { REAL(name); step(#name, subject); return real arguments; }

WRAP(int, mkdir, (const char *p, mode_t m), (p, m), p)
WRAP(int, mkdirat, (int d, const char *p, mode_t m), (d, p, m), p)
WRAP(int, rmdir, (const char *p), (p), p)
WRAP(int, unlink, (const char *p), (p), p)
WRAP(int, unlinkat, (int d, const char *p, int f), (d, p, f), p)
WRAP(int, rename, (const char *p, const char *q), (p, q), q)
WRAP(int, renameat, (int d, const char *p, int e, const char *q), (d, p, e, q), q)
WRAP(int, renameat2, (int d, const char *p, int e, const char *q, unsigned f), (d, p, e, q, f), q)
WRAP(int, link, (const char *p, const char *q), (p, q), q)
WRAP(int, linkat, (int d, const char *p, int e, const char *q, int f), (d, p, e, q, f), q)
WRAP(int, symlink, (const char *p, const char *q), (p, q), q)
WRAP(int, symlinkat, (const char *p, int d, const char *q), (p, d, q), q)
WRAP(int, mkfifo, (const char *p, mode_t m), (p, m), p)
WRAP(int, mkfifoat, (int d, const char *p, mode_t m), (d, p, m), p)
WRAP(int, mknod, (const char *p, mode_t m, dev_t v), (p, m, v), p)
WRAP(int, mknodat, (int d, const char *p, mode_t m, dev_t v), (d, p, m, v), p)
WRAP(int, chmod, (const char *p, mode_t m), (p, m), p)
WRAP(int, fchmod, (int d, mode_t m), (d, m), of(d))
WRAP(int, fchmodat, (int d, const char *p, mode_t m, int f), (d, p, m, f), p)
WRAP(int, chown, (const char *p, uid_t u, gid_t g), (p, u, g), p)
WRAP(int, lchown, (const char *p, uid_t u, gid_t g), (p, u, g), p)
WRAP(int, fchown, (int d, uid_t u, gid_t g), (d, u, g), of(d))
WRAP(int, fchownat, (int d, const char *p, uid_t u, gid_t g, int f), (d, p, u, g, f), p)
WRAP(int, ftruncate, (int d, off_t n), (d, n), of(d))
WRAP(int, ftruncate64, (int d, off64_t n), (d, n), of(d))
WRAP(int, mount, (const char *s, const char *t, const char *y, unsigned long f, const void *o), (s, t, y, f, o), t)
WRAP(int, umount2, (const char *t, int f), (t, f), t)
WRAP(int, kill, (pid_t p, int s), (p, s), "")

// Twice: before the program starts, and while it runs without anybody who waits for it.
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *a, const posix_spawnattr_t *b, char *const argv[], char *const envp[]) {
  REAL(posix_spawn);
  char text[400] = "";
  for (int i = 0; argv[i] && strlen(text) + strlen(argv[i]) + 2 < sizeof text; i++) { strcat(text, argv[i]); strcat(text, " "); }
  step("posix_spawn", text);
  int result = real(pid, path, a, b, argv, envp);
  step("running", text);
  return result;
}

#define OPEN(name) \
  int name(const char *p, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; va_end(rest); \
    static int (*real)(const char *, int, ...); if (!real) real = real_dlsym(RTLD_NEXT, #name); \
    if (flags & (O_CREAT | O_TRUNC)) step(#name, p); \
    return real(p, flags, mode); }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
  int name(int d, const char *p, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; va_end(rest); \
    static int (*real)(int, const char *, int, ...); if (!real) real = real_dlsym(RTLD_NEXT, #name); \
    if (flags & (O_CREAT | O_TRUNC)) step(#name, p); \
    return real(d, p, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

// Files and knobs; not pipes, sockets, counters and our own log.
static void written(const char *call, int fd) {
  struct stat status;
  if (armed && fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) step(call, of(fd));
}
ssize_t write(int fd, const void *b, size_t n) { REAL(write); written("write", fd); return real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(pwrite); written("pwrite", fd); return real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(pwrite64); written("pwrite", fd); return real(fd, b, n, o); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t o) { REAL(pwritev); written("pwritev", fd); return real(fd, v, n, o); }

// Orders to the kernel over netlink (not questions), and to the keeper.
static void sent(int fd, const void *data, size_t length) {
  int domain = 0, type = 0;
  socklen_t size = sizeof domain;
  if (!armed || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return;
  size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return;
  const struct nlmsghdr *header = data;
  if (domain == AF_NETLINK && length >= sizeof *header && header->nlmsg_type >= NLMSG_MIN_TYPE && (header->nlmsg_type & 3) != 2)
    step("netlink", "");
  else if (domain == AF_UNIX && type == SOCK_SEQPACKET)
    step("keeper", "");
}
ssize_t send(int fd, const void *b, size_t n, int f) { REAL(send); sent(fd, b, n); return real(fd, b, n, f); }
ssize_t sendto(int fd, const void *b, size_t n, int f, const struct sockaddr *a, socklen_t l) {
  static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  if (!real) real = real_dlsym(RTLD_NEXT, "sendto");
  sent(fd, b, n);
  return real(fd, b, n, f, a, l);
}
ssize_t sendmsg(int fd, const struct msghdr *m, int f) {
  REAL(sendmsg);
  if (m->msg_iovlen > 0) sent(fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len);
  return real(fd, m, f);
}

long syscall(long number, ...) {
  static long (*real)(long, ...);
  if (!real) real = real_dlsym(RTLD_NEXT, "syscall");
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long), d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  switch (number) {
    case SYS_openat2: if (((const struct open_how *)c)->flags & (O_CREAT | O_TRUNC)) step("openat2", (const char *)b); break;
    case SYS_move_mount: step("move_mount", (const char *)d); break;
    case SYS_mknodat: step("mknodat", (const char *)b); break;
    case SYS_mkdirat: step("mkdirat", (const char *)b); break;
    case SYS_unlinkat: step("unlinkat", (const char *)b); break;
    case SYS_pidfd_send_signal: if (b != 0) step("pidfd_send_signal", ""); break;
    case SYS_bpf: if (a == BPF_MAP_UPDATE_ELEM || a == BPF_OBJ_PIN || a == BPF_PROG_ATTACH || a == BPF_LINK_CREATE) step("bpf", ""); break;
    default: break;
  }
  return real(number, a, b, c, d, e, f);
}

// Where a program looks a function up by name (P/Invoke does), it gets ours, too.
#define ROW(name) {#name, (void *)name}
static const struct { const char *name; void *function; } ours[] = {
  ROW(mkdir), ROW(mkdirat), ROW(rmdir), ROW(unlink), ROW(unlinkat), ROW(rename), ROW(renameat), ROW(renameat2), ROW(link), ROW(linkat),
  ROW(symlink), ROW(symlinkat), ROW(mkfifo), ROW(mkfifoat), ROW(mknod), ROW(mknodat), ROW(chmod), ROW(fchmod), ROW(fchmodat), ROW(chown),
  ROW(lchown), ROW(fchown), ROW(fchownat), ROW(ftruncate), ROW(ftruncate64), ROW(mount), ROW(umount2), ROW(kill), ROW(posix_spawn),
  ROW(open), ROW(open64), ROW(openat), ROW(openat64), ROW(write), ROW(pwrite), ROW(pwrite64), ROW(pwritev), ROW(send), ROW(sendmsg),
  ROW(syscall),
};
void *dlsym(void *handle, const char *name) {
  if (armed)
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
      if (strcmp(name, ours[i].name) == 0) return ours[i].function;
  return real_dlsym(handle, name);
}
