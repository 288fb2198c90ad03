/* Preloaded into a process under test: writes down in which order it writes logs, syncs them and
 * answers, and lets syncs fail while told to.
 *
 * TRACE_FILE   lines: "W token" a page with a marked row goes to a -wal file; "S" a sync of one
 *              begins, "E" it has succeeded; "A token" an answer of 201 with the mark leaves.
 * FAIL_FILE    while it exists, syncs of files whose path holds its text fail with EIO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MARK "mark-"
#define MARK_LENGTH 11 /* mark-000000 */

static void note(const char *line, size_t length) {
    static int file = -1;
    const char *path = getenv("TRACE_FILE");
    if (path == NULL) return;
    if (file < 0) file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0 && write(file, line, length) < 0) abort();
}

static int is_wal(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 4) return 0;
    path[length] = 0;
    return strcmp(path + length - 4, "-wal") == 0;
}

static void note_marks(char kind, const char *bytes, size_t length) {
    const char *at = bytes, *end = bytes + length;
    while ((at = memmem(at, (size_t)(end - at), MARK, strlen(MARK))) != NULL) {
        if (end - at < MARK_LENGTH) return;
        if (strspn(at + strlen(MARK), "0123456789") >= MARK_LENGTH - strlen(MARK)) {
            char line[32];
            int size = snprintf(line, sizeof line, "%c %.*s\n", kind, MARK_LENGTH, at);
            note(line, (size_t)size);
        }
        at += MARK_LENGTH;
    }
}

static int must_fail(const char *path) {
    const char *name = getenv("FAIL_FILE");
    if (name == NULL) return 0;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[256];
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    return strstr(path, text) != NULL;
}

static int sync_file(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    char path[4096];
    if (!is_wal(fd, path, sizeof path)) return real(fd);
    if (must_fail(path)) {
        errno = EIO;
        return -1;
    }
    note("S\n", 2);
    int done = real(fd);
    if (done == 0) note("E\n", 2);
    return done;
}

int fdatasync(int fd) { return sync_file("fdatasync", fd); }
int fsync(int fd) { return sync_file("fsync", fd); }

static void note_page(int fd, const void *bytes, size_t length) {
    char path[4096];
    if (is_wal(fd, path, sizeof path)) note_marks('W', bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (real == NULL) real = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    note_page(fd, bytes, length);
    return real(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL) real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    note_page(fd, bytes, length);
    return real(fd, bytes, length, at);
}

static void note_answer(const struct iovec *parts, int count) {
    static const char status[] = "HTTP/1.1 201";
    if (count < 1 || parts[0].iov_len < sizeof status) return;
    if (memcmp(parts[0].iov_base, status, sizeof status - 1) != 0) return;
    for (int part = 0; part < count; part++) {
        note_marks('A', parts[part].iov_base, parts[part].iov_len);
    }
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    static ssize_t (*real)(int, const struct iovec *, int);
    if (real == NULL) real = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
    note_answer(parts, count);
    return real(fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    static ssize_t (*real)(int, const void *, size_t, int);
    if (real == NULL) real = (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    struct iovec part = {(void *)bytes, length};
    note_answer(&part, 1);
    return real(fd, bytes, length, flags);
}
