/* A network volume: every open, read, stat and listing under one path takes its time, in whatever thread it is.
 * Preloaded. SLOW_READS_UNDER is the path, SLOW_READS_US the microseconds, SLOW_READS_COUNT a file of 8 x 8 bytes that
 * counts: opens, reads, stats, listings, bytes read. Waiting takes no CPU, so calls of several threads overlap.
 * Hard links look like files of their own (one name), so that a corpus of thousands of shards takes the room of one. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { OPENS, READS, STATS, LISTINGS, BYTES, COUNTS = 8, MOST_FDS = 4096 };
static const int NS_OF_US = 1000, US_OF_S = 1000000;

static const char *under;
static size_t under_length;
static long wait_us;
static _Atomic unsigned long long *counts;
static _Atomic char is_slow[MOST_FDS];

__attribute__((constructor)) static void begin(void) {
    const char *time_told = getenv("SLOW_READS_US"), *file = getenv("SLOW_READS_COUNT");
    under = getenv("SLOW_READS_UNDER");
    under_length = under ? strlen(under) : 0;
    wait_us = time_told ? atol(time_told) : 0;
    int fd = file ? syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *mapped = mmap(NULL, COUNTS * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (mapped != MAP_FAILED) counts = mapped;
}

static int is_under(const char *path) { return under && path && strncmp(path, under, under_length) == 0; }

static int is_slow_fd(int fd) { return fd >= 0 && fd < MOST_FDS && is_slow[fd]; }

static void count(int what, unsigned long long by) {
    if (counts) atomic_fetch_add(&counts[what], by);
}

static void take_time(int what) {
    int before = errno;
    struct timespec rest = {wait_us / US_OF_S, wait_us % US_OF_S * NS_OF_US};
    count(what, 1);
    while (nanosleep(&rest, &rest)) {}
    errno = before;
}

static int open_slowly(int folder, const char *path, int flags, mode_t mode) {
    int slow = is_under(path);
    if (slow) take_time(OPENS);
    int fd = syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && fd < MOST_FDS) is_slow[fd] = slow;
    return fd;
}

#define MODE_OF(flags)                                          \
    mode_t mode = 0;                                            \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                      \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode = va_arg(rest, mode_t);                            \
        va_end(rest);                                           \
    }

int open64(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_slowly(AT_FDCWD, path, flags, mode);
}
int open(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_slowly(AT_FDCWD, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_slowly(folder, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_slowly(folder, path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd < MOST_FDS) is_slow[fd] = 0;
    return syscall(SYS_close, fd);
}

static ssize_t counted(int fd, ssize_t done) {
    if (done > 0 && is_slow_fd(fd)) count(BYTES, done);
    return done;
}
ssize_t read(int fd, void *data, size_t size) {
    if (is_slow_fd(fd)) take_time(READS);
    return counted(fd, syscall(SYS_read, fd, data, size));
}
ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    if (is_slow_fd(fd)) take_time(READS);
    return counted(fd, syscall(SYS_pread64, fd, data, size, offset));
}
ssize_t pread(int fd, void *data, size_t size, off_t offset) { return pread64(fd, data, size, offset); }

static int with_one_name(int rc, struct stat *status) {
    if (rc == 0 && S_ISREG(status->st_mode)) status->st_nlink = 1;
    return rc;
}
static int stat_slowly(int folder, const char *path, struct stat *status, int flags) {
    if (!is_under(path)) return syscall(SYS_newfstatat, folder, path, status, flags);
    take_time(STATS);
    return with_one_name(syscall(SYS_newfstatat, folder, path, status, flags), status);
}
int fstatat64(int folder, const char *path, struct stat64 *status, int flags) {
    return stat_slowly(folder, path, (struct stat *)status, flags);
}
int fstatat(int folder, const char *path, struct stat *status, int flags) {
    return stat_slowly(folder, path, status, flags);
}
int stat64(const char *path, struct stat64 *status) { return fstatat64(AT_FDCWD, path, status, 0); }
int stat(const char *path, struct stat *status) { return stat_slowly(AT_FDCWD, path, status, 0); }
int lstat64(const char *path, struct stat64 *status) {
    return fstatat64(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}
int lstat(const char *path, struct stat *status) { return stat_slowly(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW); }
int fstat64(int fd, struct stat64 *status) { /* an open file's facts came with its opening: no time */
    int rc = syscall(SYS_fstat, fd, status);
    return is_slow_fd(fd) ? with_one_name(rc, (struct stat *)status) : rc;
}
int fstat(int fd, struct stat *status) { return fstat64(fd, (struct stat64 *)status); }

DIR *opendir(const char *path) {
    static DIR *(*real)(const char *);
    if (!real) real = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
    if (is_under(path)) {
        take_time(OPENS);
        take_time(LISTINGS);
    }
    return real(path);
}
