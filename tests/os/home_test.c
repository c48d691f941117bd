/* Files of a home: whole or not at all, never replaced, never through a link. */
#include "port/files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

#include "os/home.h"
#include "tests/os/world.h"

struct fixture {
    struct wavu_os *os;
    struct port *port;
    char folder[64];
    char home[128];
};

static void start(struct fixture *f, const char *below)
{
    world_folder_make(f->folder);
    (void)snprintf(f->home, sizeof f->home, "%s%s", f->folder, below);
    f->os = wavu_os_new();
    assert_non_null(f->os);
    f->port = wavu_os_port_new(f->os, f->home);
    assert_non_null(f->port);
}

static void stop(struct fixture *f)
{
    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
    world_folder_remove(f->folder);
}

static void path_of(const struct fixture *f, const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", f->home, name);
}

/* Read `name` with room for `max` bytes; the error, or how many came. */
static int read_len(const struct fixture *f, const char *name, size_t max)
{
    struct buf out;
    buf_init(&out, max);
    int rc = f->port->files->read(f->port, name, &out);
    if (rc < 0) {
        assert_int_equal(out.len, 0);
    }
    rc = rc < 0 ? rc : (int)out.len;
    buf_clear(&out);
    return rc;
}

/* Entries of the home but . and .. */
static int count_cb_count;
static int count_cb(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)path;
    (void)info;
    (void)type;
    count_cb_count += walk->level > 0 ? 1 : 0;
    return 0;
}

static int count_entries(const char *folder)
{
    count_cb_count = 0;
    assert_int_equal(nftw(folder, count_cb, 8, FTW_PHYS), 0);
    return count_cb_count;
}

static void test_create_then_read(void **state)
{
    struct fixture f;
    struct stat info;
    struct buf out;
    char path[256];
    (void)state;
    start(&f, "");
    assert_int_equal(f.port->files->create(f.port, "device.key", UNIT_TEXT("0123456789")), 0);
    path_of(&f, "device.key", path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_nlink, 1);
    assert_int_equal(count_entries(f.home), 1); /* no draft is left */

    buf_init(&out, 64);
    assert_int_equal(buf_append(&out, UNIT_TEXT("> ")), 0);
    assert_int_equal(f.port->files->read(f.port, "device.key", &out), 0);
    assert_true(span_is_equal(buf_span(&out), UNIT_TEXT("> 0123456789")));
    buf_clear(&out);
    stop(&f);
}

/* What reached the disk, in order: 'w' a file's bytes, 'n' its name, 'f' the folder. */
static char steps[16];
static size_t step_count;
static bool is_watched; /* steps are counted, and fail */
static char fails_at;   /* the step that fails with EIO; 0: none */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags);

static int step(char which)
{
    if (!is_watched) {
        return 0;
    }
    assert_true(step_count < sizeof steps - 1);
    steps[step_count++] = which;
    errno = EIO;
    return which == fails_at ? -1 : 0;
}

int __wrap_fsync(int fd)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    return step(S_ISDIR(info.st_mode) ? 'f' : 'w') < 0 ? -1 : __real_fsync(fd);
}

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    return step('n') < 0 ? -1 : __real_renameat2(from, old, to, new, flags);
}

/* A power cut leaves the key whole or absent: its bytes are on the disk before its name, and its
 * name before anyone is told. */
static void test_bytes_before_name_before_answer(void **state)
{
    static const char failures[] = {0, 'w', 'n', 'f'};
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof failures; i++) {
        start(&f, "");
        memset(steps, 0, sizeof steps);
        step_count = 0;
        fails_at = failures[i];
        is_watched = true;
        int rc = f.port->files->create(f.port, "device.key", UNIT_TEXT("0123456789"));
        fails_at = 0;
        is_watched = false;
        assert_int_equal(rc, i == 0 ? 0 : WAVU_ERR_IO);
        assert_memory_equal(steps, "wnf", i == 0 ? 3 : i);
        assert_int_equal(count_entries(f.home), i == 0 || i == 3 ? 1 : 0); /* no draft is left */
        stop(&f);
    }
}

static void test_never_replaces(void **state)
{
    static const char *const kinds[] = {"file", "folder", "link", "dangling link"};
    struct fixture f;
    char path[256];
    struct stat before;
    struct stat after;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        start(&f, "");
        path_of(&f, "key", path);
        if (i == 0) {
            assert_int_equal(f.port->files->create(f.port, "key", UNIT_TEXT("first")), 0);
        } else if (i == 1) {
            assert_int_equal(mkdir(path, 0700), 0);
        } else {
            assert_int_equal(symlink(i == 2 ? "/dev/null" : "nowhere", path), 0);
        }
        assert_int_equal(lstat(path, &before), 0);
        print_message("over a %s\n", kinds[i]);
        assert_int_equal(f.port->files->create(f.port, "key", UNIT_TEXT("second")),
                         WAVU_ERR_EXISTS);
        assert_int_equal(lstat(path, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(count_entries(f.home), 1);
        stop(&f);
    }
}

static void test_read_refuses(void **state)
{
    struct fixture f;
    char path[256];
    char target[256];
    (void)state;
    start(&f, "");
    assert_int_equal(read_len(&f, "absent", 10), WAVU_ERR_NOT_FOUND);

    assert_int_equal(f.port->files->create(f.port, "ten", UNIT_TEXT("0123456789")), 0);
    assert_int_equal(read_len(&f, "ten", 10), 10);
    assert_int_equal(read_len(&f, "ten", 9), WAVU_ERR_LIMIT);
    assert_int_equal(f.port->files->create(f.port, "empty", span_empty()), 0);
    assert_int_equal(read_len(&f, "empty", 1), 0);

    path_of(&f, "link", path);
    path_of(&f, "ten", target);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(read_len(&f, "link", 10), WAVU_ERR_DENIED);

    path_of(&f, "folder", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(read_len(&f, "folder", 10), WAVU_ERR_CORRUPT);

    path_of(&f, "fifo", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(read_len(&f, "fifo", 10),
                     WAVU_ERR_CORRUPT); /* and does not wait for a writer */
    stop(&f);
}

static void test_large_files(void **state)
{
    static uint8_t bytes[100000];
    struct fixture f;
    struct buf out;
    (void)state;
    start(&f, "");
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    assert_int_equal(f.port->files->create(f.port, "large", span_of(bytes, sizeof bytes)), 0);
    buf_init(&out, sizeof bytes);
    assert_int_equal(f.port->files->read(f.port, "large", &out), 0);
    assert_true(span_is_equal(buf_span(&out), span_of(bytes, sizeof bytes)));
    buf_clear(&out);
    stop(&f);
}

/* Put a file there as a crash would have left it. */
static void leave(const struct fixture *f, const char *name, const char *text)
{
    char path[256];
    path_of(f, name, path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* An open descriptor keeps a file in sight that has lost its name. */
static void test_drafts_of_a_crash_are_wiped(void **state)
{
    struct fixture f;
    char draft[256];
    char held[256];
    char other[256];
    char whole[256];
    char link_path[256];
    struct stat info;
    (void)state;
    start(&f, "");
    leave(&f, ".draft-0123456789abcdef", "secret");
    leave(&f, ".draft-fedcba9876543210", "somebody is at it");
    leave(&f, "device.key", "keep me");
    path_of(&f, ".draft-0123456789abcdef", draft);
    path_of(&f, ".draft-fedcba9876543210", held);
    path_of(&f, ".draft-1111111111111111", other);
    path_of(&f, "device.key", whole);
    assert_int_equal(link(whole, other), 0); /* published by link, then the crash */
    path_of(&f, ".draft-link", link_path);
    assert_int_equal(symlink(whole, link_path), 0);
    int seen = open(draft, O_RDONLY | O_CLOEXEC);
    int lock = open(held, O_RDWR | O_CLOEXEC);
    assert_true(seen >= 0 && lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX), 0);

    struct port *next = wavu_os_port_new(f.os, f.home);
    char text[7] = "";
    assert_int_equal(pread(seen, text, 6, 0), 6);
    assert_memory_equal(text, "\0\0\0\0\0\0", 6); /* wiped, not only unlinked */
    assert_int_equal(stat(draft, &info), -1);
    assert_int_equal(stat(other, &info), -1);
    assert_int_equal(stat(held, &info), 0);
    assert_int_equal(read_len(&f, "device.key", 100), 7);
    assert_int_equal(close(lock), 0);
    wavu_os_port_free(next);

    next = wavu_os_port_new(f.os, f.home); /* now its process is gone, too */
    assert_int_equal(stat(held, &info), -1);
    assert_int_equal(next->files->create(next, "new", UNIT_TEXT("x")), 0);
    assert_int_equal(close(seen), 0);
    wavu_os_port_free(next);
    stop(&f);
}

/* Creating while others start never loses or wipes what is created. */
static void *sweep_on(void *context)
{
    const struct fixture *f = context;
    for (int i = 0; i < 1000; i++) {
        home_sweep(f->home);
    }
    return NULL;
}

static void test_sweeping_spares_who_creates(void **state)
{
    struct fixture f;
    pthread_t thread;
    int made = 0;
    (void)state;
    start(&f, "");
    assert_int_equal(pthread_create(&thread, NULL, sweep_on, &f), 0);
    for (int i = 0; i < 100; i++) {
        char name[32];
        struct buf out;
        (void)snprintf(name, sizeof name, "file%d", i);
        int rc = f.port->files->create(f.port, name, UNIT_TEXT("0123456789"));
        made += rc == 0;
        assert_true(rc == 0 || rc == WAVU_ERR_IO); /* swept three times in a row: rare, and said */
        buf_init(&out, 100);
        rc = rc < 0 ? 0 : f.port->files->read(f.port, name, &out);
        assert_int_equal(rc, 0);
        assert_true(out.len == 0 || span_is_equal(buf_span(&out), UNIT_TEXT("0123456789")));
        buf_clear(&out);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(made > 80);
    stop(&f);
}

static void test_make_home(void **state)
{
    struct fixture f;
    struct stat info;
    (void)state;
    start(&f, "/a/b/c");
    assert_int_equal(f.port->files->create(f.port, "key", UNIT_TEXT("x")), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.port->files->make_home(f.port), 0);
    assert_int_equal(stat(f.home, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(f.port->files->make_home(f.port), 0); /* it is there: fine */
    assert_int_equal(f.port->files->create(f.port, "key", UNIT_TEXT("x")), 0);
    stop(&f);
}

/* Permissions do not bind root, but a file is no folder and /proc takes nothing, for everybody. */
static void test_homes_that_cannot_be(void **state)
{
    struct fixture f;
    char path[256];
    (void)state;
    start(&f, "/file/home");
    (void)snprintf(path, sizeof path, "%s/file", f.folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(f.port->files->make_home(f.port), WAVU_ERR_IO);
    assert_true(f.port->files->create(f.port, "key", UNIT_TEXT("x")) < 0);
    assert_int_equal(read_len(&f, "key", 10), WAVU_ERR_NOT_FOUND);
    struct port *in_proc = wavu_os_port_new(f.os, "/proc/wavu-home");
    assert_int_equal(in_proc->files->make_home(in_proc), WAVU_ERR_IO);
    assert_true(in_proc->files->create(in_proc, "key", UNIT_TEXT("x")) < 0);
    wavu_os_port_free(in_proc);
    stop(&f);
}

static void test_no_home(void **state)
{
    struct buf out;
    (void)state;
    struct wavu_os *os = wavu_os_new();
    struct port *port = wavu_os_port_new(os, NULL);
    buf_init(&out, 10);
    assert_int_equal(port->files->read(port, "key", &out), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->create(port, "key", UNIT_TEXT("x")), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->make_home(port), WAVU_ERR_NOT_FOUND);
    wavu_os_port_free(port);
    wavu_os_free(os);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_create_then_read),
        UNIT(test_never_replaces),
        UNIT(test_bytes_before_name_before_answer),
        UNIT(test_read_refuses),
        UNIT(test_large_files),
        UNIT(test_drafts_of_a_crash_are_wiped),
        UNIT(test_sweeping_spares_who_creates),
        UNIT(test_make_home),
        UNIT(test_homes_that_cannot_be),
        UNIT(test_no_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
