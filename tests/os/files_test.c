/* Open files of a home: offsets, ends, locks, names, and what reaches the disk when. */
#include "os/files.h"

#include "tests/os/world.h"

struct fixture {
    struct wavu_os *os;
    struct port *port;
    const struct port_files *files;
    char folder[64];
};

static void start(struct fixture *f)
{
    world_folder_make(f->folder);
    f->os = wavu_os_new();
    f->port = wavu_os_port_new(f->os, f->folder);
    f->files = f->port->files;
}

static void stop(struct fixture *f)
{
    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
    world_folder_remove(f->folder);
}

static struct port_file *make(struct fixture *f, const char *path)
{
    struct port_file *file = NULL;
    assert_int_equal(f->files->open(f->port, path, PORT_FILES_MAKE, &file), 0);
    return file;
}

static void expect_bytes(struct fixture *f, struct port_file *file, uint64_t offset,
                         struct span bytes)
{
    uint8_t room[64];
    size_t got = 99;
    assert_int_equal(f->files->read_at(file, offset, span_mut_of(room, sizeof room), &got), 0);
    assert_true(span_is_equal(span_of(room, got), bytes));
}

static void test_bytes_at_offsets(void **state)
{
    struct fixture f;
    uint64_t size = 0;
    uint8_t byte;
    size_t got;
    (void)state;
    start(&f);
    struct port_file *file = make(&f, "data");
    expect_bytes(&f, file, 0, span_empty());
    assert_int_equal(f.files->write_at(file, 3, UNIT_TEXT("abc")), 0);
    expect_bytes(&f, file, 0, UNIT_TEXT("\0\0\0abc")); /* the gap is zeros */
    expect_bytes(&f, file, 5, UNIT_TEXT("c"));
    expect_bytes(&f, file, 6, span_empty());
    assert_int_equal(f.files->truncate(file, 4), 0);
    assert_int_equal(f.files->truncate(file, 6), 0);
    expect_bytes(&f, file, 0, UNIT_TEXT("\0\0\0a\0\0"));
    assert_int_equal(f.files->size(file, &size), 0);
    assert_int_equal(size, 6);
    assert_int_equal(f.files->read_at(file, UINT64_MAX, span_mut_of(&byte, 1), &got),
                     WAVU_ERR_INVALID);
    assert_int_equal(f.files->write_at(file, UINT64_MAX, UNIT_TEXT("x")), WAVU_ERR_INVALID);
    assert_int_equal(f.files->truncate(file, UINT64_MAX), WAVU_ERR_INVALID);
    f.files->close(file);
    assert_int_equal(f.files->open(f.port, "data", PORT_FILES_THERE, &file), 0);
    expect_bytes(&f, file, 0, UNIT_TEXT("\0\0\0a\0\0"));
    f.files->close(file);
    stop(&f);
}

static void test_names(void **state)
{
    struct fixture f;
    struct port_file *file = NULL;
    char path[128];
    struct stat info;
    (void)state;
    start(&f);
    assert_int_equal(f.files->exists(f.port, "a"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->open(f.port, "a", PORT_FILES_THERE, &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->remove(f.port, "a", true), WAVU_ERR_NOT_FOUND);
    file = make(&f, "a");
    (void)snprintf(path, sizeof path, "%s/a", f.folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(f.files->exists(f.port, "a"), 0);
    assert_int_equal(f.files->write_at(file, 0, UNIT_TEXT("still here")), 0);
    assert_int_equal(f.files->remove(f.port, "a", true), 0);
    assert_int_equal(f.files->exists(f.port, "a"), WAVU_ERR_NOT_FOUND);
    expect_bytes(&f, file, 0, UNIT_TEXT("still here"));
    f.files->close(file);

    (void)snprintf(path, sizeof path, "%s/link", f.folder);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(f.files->open(f.port, "link", PORT_FILES_MAKE, &file), WAVU_ERR_DENIED);
    (void)snprintf(path, sizeof path, "%s/folder", f.folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(f.files->open(f.port, "folder", PORT_FILES_MAKE, &file), WAVU_ERR_CORRUPT);
    (void)snprintf(path, sizeof path, "%s/fifo", f.folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(f.files->open(f.port, "fifo", PORT_FILES_MAKE, &file), WAVU_ERR_CORRUPT);

    struct buf names;
    buf_init(&names, 100);
    f.files->close(make(&f, "only"));
    assert_int_equal(f.files->list(f.port, &names), 0);
    assert_true(span_is_equal(buf_span(&names), span_of("only", 5))); /* no link, folder, fifo */
    buf_clear(&names);
    buf_init(&names, 4);
    assert_int_equal(f.files->list(f.port, &names), WAVU_ERR_LIMIT);
    assert_int_equal(names.len, 0);
    buf_clear(&names);
    stop(&f);
}

static void test_one_has_the_lock(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    struct port_file *first = make(&f, "a");
    struct port_file *second = make(&f, "a");
    assert_int_equal(f.files->lock(first), 0);
    assert_int_equal(f.files->lock(first), 0);
    assert_int_equal(f.files->lock(second), WAVU_ERR_IN_USE);
    f.files->close(first);
    assert_int_equal(f.files->lock(second), 0);
    f.files->close(second);
    stop(&f);
}

static int folder_syncs;
static int data_syncs;
static bool is_failing;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fsync(int fd)
{
    folder_syncs++;
    return __real_fsync(fd);
}

int __wrap_fdatasync(int fd)
{
    data_syncs++;
    errno = EIO;
    return is_failing ? -1 : __real_fdatasync(fd);
}

static void test_sync_keeps_a_new_name_too(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    struct port_file *file = make(&f, "a");
    folder_syncs = data_syncs = 0;
    is_failing = true;
    assert_int_equal(f.files->sync(file), WAVU_ERR_IO);
    assert_int_equal(folder_syncs, 0);
    is_failing = false;
    assert_int_equal(f.files->sync(file), 0);
    assert_int_equal(f.files->sync(file), 0);
    assert_int_equal(data_syncs, 3);
    assert_int_equal(folder_syncs, 1);
    f.files->close(file);
    file = make(&f, "a"); /* it is there already */
    assert_int_equal(f.files->sync(file), 0);
    assert_int_equal(folder_syncs, 1);
    f.files->close(file);
    assert_int_equal(f.files->remove(f.port, "a", false), 0);
    assert_int_equal(folder_syncs, 1);
    f.files->close(make(&f, "a"));
    assert_int_equal(f.files->remove(f.port, "a", true), 0);
    assert_int_equal(folder_syncs, 2);
    uint64_t bytes = UINT64_MAX;
    assert_int_equal(f.files->room(f.port, &bytes), 0);
    assert_true(bytes < UINT64_MAX);
    stop(&f);
}

static void test_names_move_and_never_replace(void **state)
{
    struct fixture f;
    struct port_file *file = NULL;
    (void)state;
    start(&f);
    assert_int_equal(f.files->open(f.port, "in/a", PORT_FILES_MAKE, &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->make_folder(f.port, "in/deep"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->make_folder(f.port, "in"), 0);
    assert_int_equal(f.files->make_folder(f.port, "in"), 0);
    file = make(&f, "in/a");
    assert_int_equal(f.files->write_at(file, 0, UNIT_TEXT("first")), 0);
    folder_syncs = 0;
    assert_int_equal(f.files->sync(file), 0);
    assert_int_equal(folder_syncs, 1);
    f.files->close(make(&f, "taken"));
    assert_int_equal(f.files->make_folder(f.port, "taken"), WAVU_ERR_CORRUPT);
    assert_int_equal(f.files->move(f.port, "in/a", "taken"), WAVU_ERR_EXISTS);
    assert_int_equal(f.files->move(f.port, "in/none", "b"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->move(f.port, "in/a", "in/b"), 0);
    assert_int_equal(f.files->exists(f.port, "in/a"), WAVU_ERR_NOT_FOUND);
    expect_bytes(&f, file, 0, UNIT_TEXT("first"));
    f.files->close(file);
    assert_int_equal(f.files->open(f.port, "in/b", PORT_FILES_THERE, &file), 0);
    expect_bytes(&f, file, 0, UNIT_TEXT("first"));
    f.files->close(file);
    stop(&f);
}

static void test_outside_files_are_read_and_stamped(void **state)
{
    struct fixture f;
    struct port_file *file = NULL;
    struct port_files_stamp before;
    struct port_files_stamp after;
    char path[128];
    (void)state;
    start(&f);
    struct port_file *mine = make(&f, "plain");
    assert_int_equal(f.files->write_at(mine, 0, UNIT_TEXT("of a person")), 0);
    assert_int_equal(f.files->open_outside(f.port, "plain", &file), WAVU_ERR_INVALID);
    assert_int_equal(f.files->open_outside(f.port, f.folder, &file), WAVU_ERR_CORRUPT);
    assert_int_equal(f.files->open_outside(f.port, "/dev/null", &file), WAVU_ERR_CORRUPT);
    (void)snprintf(path, sizeof path, "%s/link", f.folder);
    assert_int_equal(f.files->open_outside(f.port, path, &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(symlink("plain", path), 0);
    assert_int_equal(f.files->open_outside(f.port, path, &file), 0); /* a person may link */
    expect_bytes(&f, file, 3, UNIT_TEXT("a person"));
    assert_true(f.files->write_at(file, 0, UNIT_TEXT("x")) < 0);
    assert_int_equal(f.files->stamp(file, &before), 0);
    assert_int_equal(before.size, 11);
    assert_int_equal(f.files->write_at(mine, 11, UNIT_TEXT("!")), 0);
    assert_int_equal(f.files->stamp(file, &after), 0);
    assert_int_equal(after.size, 12);
    assert_int_equal(after.node, before.node);
    f.files->close(mine);
    f.files->close(file);
    stop(&f);
}

static void test_without_a_home(void **state)
{
    struct port_file *file = NULL;
    struct buf names;
    (void)state;
    struct wavu_os *os = wavu_os_new();
    struct port *port = wavu_os_port_new(os, NULL);
    buf_init(&names, 10);
    assert_int_equal(port->files->open(port, "a", PORT_FILES_MAKE, &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->remove(port, "a", true), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->exists(port, "a"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->list(port, &names), WAVU_ERR_NOT_FOUND);
    uint64_t bytes = 0;
    assert_int_equal(port->files->room(port, &bytes), WAVU_ERR_NOT_FOUND);
    wavu_os_port_free(port);
    wavu_os_free(os);
}

static void test_outside_files_are_made_and_moved(void **state)
{
    struct fixture f;
    struct port_file *file = NULL;
    struct stat info;
    char draft[128];
    char path[128];
    (void)state;
    start(&f);
    (void)snprintf(draft, sizeof draft, "%s/a.part", f.folder);
    (void)snprintf(path, sizeof path, "%s/a", f.folder);
    assert_int_equal(f.files->make_outside(f.port, "a", &file), WAVU_ERR_INVALID);
    assert_int_equal(f.files->make_outside(f.port, draft, &file), 0);
    assert_int_equal(f.files->write_at(file, 0, UNIT_TEXT("whole")), 0);
    assert_int_equal(f.files->sync(file), 0);
    f.files->close(file);
    assert_int_equal(stat(draft, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(f.files->make_outside(f.port, draft, &file), WAVU_ERR_EXISTS);
    assert_int_equal(f.files->move_outside(f.port, draft, path), 0);
    assert_int_equal(f.files->move_outside(f.port, draft, path), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->make_outside(f.port, draft, &file), 0);
    f.files->close(file);
    assert_int_equal(f.files->move_outside(f.port, draft, path), WAVU_ERR_EXISTS);
    assert_int_equal(f.files->move_outside(f.port, draft, "a"), WAVU_ERR_INVALID);
    assert_int_equal(f.files->open_outside(f.port, path, &file), 0);
    expect_bytes(&f, file, 0, UNIT_TEXT("whole"));
    f.files->close(file);
    assert_int_equal(f.files->remove_outside(f.port, draft), 0);
    assert_int_equal(f.files->remove_outside(f.port, draft), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->remove_outside(f.port, "a"), WAVU_ERR_INVALID);
    stop(&f);
}

static void test_folders_are_listed(void **state)
{
    struct fixture f;
    struct buf names;
    (void)state;
    start(&f);
    buf_init(&names, 1024);
    assert_int_equal(f.files->list_folder(f.port, "in", &names), WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.files->make_folder(f.port, "in"), 0);
    assert_int_equal(f.files->list_folder(f.port, "in", &names), 0);
    assert_int_equal(names.len, 0);
    assert_int_equal(f.files->create(f.port, "in/b", UNIT_TEXT("x")), 0);
    assert_int_equal(f.files->list_folder(f.port, "in", &names), 0);
    assert_true(span_is_equal(buf_span(&names), span_of("b", 2)));
    buf_clear(&names);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes_at_offsets),
        UNIT(test_names),
        UNIT(test_one_has_the_lock),
        UNIT(test_sync_keeps_a_new_name_too),
        UNIT(test_without_a_home),
        UNIT(test_names_move_and_never_replace),
        UNIT(test_outside_files_are_read_and_stamped),
        UNIT(test_outside_files_are_made_and_moved),
        UNIT(test_folders_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
