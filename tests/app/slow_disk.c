/* A disk with one head: large reads, large writes and every fsync of all processes take their turn and their time.
 * Preloaded by tests; SLOW_DISK_TURN names the file that turns are taken on, SLOW_DISK_NS_PER_BYTE the pace. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void turn(size_t bytes) {
    static int fd = -1;
    const char *path = getenv("SLOW_DISK_TURN"), *pace = getenv("SLOW_DISK_NS_PER_BYTE");
    if (!path || !pace) return;
    if (fd < 0) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    long long ns = atoll(pace) * (long long)bytes;
    int before = errno;
    struct timespec rest = {ns / 1000000000, ns % 1000000000};
    flock(fd, LOCK_EX);
    while (nanosleep(&rest, &rest)) {}
    flock(fd, LOCK_UN);
    errno = before;
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    ssize_t done = syscall(SYS_pread64, fd, data, size, offset);
    if (done >= 32768) turn(done);
    return done;
}
ssize_t pread(int fd, void *data, size_t size, off_t offset) { return pread64(fd, data, size, offset); }
ssize_t write(int fd, const void *data, size_t size) {
    ssize_t done = syscall(SYS_write, fd, data, size);
    if (done >= 32768) turn(done);
    return done;
}
int fsync(int fd) {
    turn(65536);
    return syscall(SYS_fsync, fd);
}
