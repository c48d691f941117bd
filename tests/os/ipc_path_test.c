/* Names of unix sockets: one process at a time, nothing else is touched. */
#include "os/ipc_path.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/os/world.h"

#define NOBODY 65534

static char folder[64];
static char path[108];

static int setup(void **state)
{
    (void)state;
    world_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/control", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_folder_remove(folder);
    return 0;
}

/* What a process leaves that was killed: the socket's file, and nobody behind it. */
static void leave_a_dead_socket(const char *at)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    memcpy(address.sun_path, at, strlen(at) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(close(fd), 0);
}

static void test_claim_and_release(void **state)
{
    struct ipc_path p;
    struct stat info;
    int fd = -1;
    int client = -1;
    (void)state;
    assert_int_equal(ipc_path_connect(path, &client), WAVU_ERR_NO_NODE);
    mode_t mask = umask(0); /* the widest: the mode must not depend on it */
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    (void)umask(mask);
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(ipc_path_connect(path, &client), 0);
    assert_true(ipc_path_is_trusted(client));
    (void)close(client);
    ipc_path_release(&p);
    assert_int_equal(lstat(path, &info), -1);
    (void)close(fd);
    assert_int_equal(ipc_path_connect(path, &client), WAVU_ERR_NO_NODE);
}

static void test_taken(void **state)
{
    struct ipc_path p;
    struct ipc_path q;
    int fd = -1;
    int other = -1;
    int client = -1;
    (void)state;
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    assert_int_equal(ipc_path_claim(&q, path, &other), WAVU_ERR_IN_USE);
    assert_int_equal(other, -1);
    assert_int_equal(ipc_path_connect(path, &client), 0); /* the first is untouched */
    (void)close(client);
    ipc_path_release(&p);
    (void)close(fd);
}

/* A server that is too busy to take one more is alive. */
static void test_taken_by_a_busy_one(void **state)
{
    struct ipc_path p;
    struct ipc_path q;
    int clients[64];
    size_t count = 0;
    int fd = -1;
    int other = -1;
    int rc = 0;
    (void)state;
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    while (rc == 0 && count < 64) {
        rc = ipc_path_connect(path, &clients[count]);
        count += rc == 0 ? 1 : 0;
    }
    assert_int_equal(rc, WAVU_ERR_AGAIN);
    assert_int_equal(ipc_path_claim(&q, path, &other), WAVU_ERR_IN_USE);
    while (count > 0) {
        (void)close(clients[--count]);
    }
    ipc_path_release(&p);
    (void)close(fd);
}

static void test_dead_socket_is_replaced(void **state)
{
    struct ipc_path p;
    int fd = -1;
    int client = -1;
    (void)state;
    leave_a_dead_socket(path);
    assert_int_equal(ipc_path_connect(path, &client), WAVU_ERR_NO_NODE);
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    assert_int_equal(ipc_path_connect(path, &client), 0);
    (void)close(client);
    ipc_path_release(&p);
    (void)close(fd);
}

static void test_other_things_stay(void **state)
{
    struct ipc_path p;
    struct stat before;
    struct stat after;
    int fd = -1;
    (void)state;
    for (int i = 0; i < 3; i++) {
        if (i == 0) {
            int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            assert_int_equal(write(file, "mine", 4), 4);
            (void)close(file);
        } else if (i == 1) {
            assert_int_equal(mkdir(path, 0700), 0);
        } else {
            assert_int_equal(symlink("nowhere", path), 0);
        }
        assert_int_equal(lstat(path, &before), 0);
        assert_int_equal(ipc_path_claim(&p, path, &fd), WAVU_ERR_EXISTS);
        assert_int_equal(lstat(path, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(remove(path), 0);
    }
}

/* Who has lost the name to another takes nothing away from it. */
static void test_release_of_another(void **state)
{
    struct ipc_path p;
    struct ipc_path q;
    struct stat info;
    int fd = -1;
    int other = -1;
    (void)state;
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ipc_path_claim(&q, path, &other), 0);
    ipc_path_release(&p);
    assert_int_equal(lstat(path, &info), 0);
    ipc_path_release(&q);
    assert_int_equal(lstat(path, &info), -1);
    (void)close(fd);
    (void)close(other);
}

static void test_paths(void **state)
{
    struct ipc_path p;
    struct stat info;
    char text[160];
    int fd = -1;
    (void)state;
    memset(text, 'a', sizeof text);
    text[IPC_PATH_SIZE] = '\0';
    assert_int_equal(ipc_path_claim(&p, text, &fd), WAVU_ERR_INVALID);
    assert_int_equal(ipc_path_connect(text, &fd), WAVU_ERR_INVALID);
    assert_int_equal(ipc_path_claim(&p, "", &fd), WAVU_ERR_INVALID);

    /* The longest that fits, in a folder that has to be made. */
    int len = snprintf(text, sizeof text, "%s/run/", folder);
    memset(text + len, 'a', (size_t)(IPC_PATH_SIZE - 1 - len));
    text[IPC_PATH_SIZE - 1] = '\0';
    assert_int_equal(ipc_path_claim(&p, text, &fd), 0);
    ipc_path_release(&p);
    (void)close(fd);
    (void)snprintf(text, sizeof text, "%s/run", folder);
    assert_int_equal(stat(text, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);

    (void)snprintf(text, sizeof text, "%s/a/b/control", folder);
    assert_int_equal(ipc_path_claim(&p, text, &fd), WAVU_ERR_NOT_FOUND);
    (void)snprintf(text, sizeof text, "/proc/wavu/control");
    assert_true(ipc_path_claim(&p, text, &fd) < 0);
}

/* While another process is at it, this one waits, and then says why not. */
static void test_lock(void **state)
{
    struct ipc_path p;
    int fd = -1;
    (void)state;
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(ipc_path_claim(&p, path, &fd), WAVU_ERR_IN_USE);
    (void)close(lock);
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    ipc_path_release(&p);
    (void)close(fd);
}

/* Another user: the mode keeps him out; were it wider, his user id would. */
static void test_another_user(void **state)
{
    struct ipc_path p;
    int fd = -1;
    int status = 0;
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(ipc_path_claim(&p, path, &fd), 0);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            int client = -1;
            int rc = setuid(NOBODY) == 0 ? ipc_path_connect(path, &client) : 0;
            _exit(-rc);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        /* The second time he gets in, and it is root's process who is at the other end. */
        assert_int_equal(-WEXITSTATUS(status), i == 0 ? WAVU_ERR_DENIED : 0);
        int client = accept(fd, NULL, NULL);
        assert_true((client >= 0) == (i == 1));
        if (client >= 0) {
            assert_false(ipc_path_is_trusted(client));
            (void)close(client);
        }
        assert_int_equal(chmod(path, 0666), 0);
    }
    ipc_path_release(&p);
    (void)close(fd);
}

/* A socket that another user's process serves is not spoken to: it could be anybody's trap. */
static void test_served_by_another_user(void **state)
{
    int ready[2];
    int client = -1;
    char byte = 0;
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ipc_path p;
        int fd = -1;
        if (setuid(NOBODY) != 0 || ipc_path_claim(&p, path, &fd) != 0 ||
            write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            (void)pause();
        }
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    assert_int_equal(ipc_path_connect(path, &client), WAVU_ERR_DENIED);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_claim_and_release),
        IN_FOLDER(test_taken),
        IN_FOLDER(test_taken_by_a_busy_one),
        IN_FOLDER(test_dead_socket_is_replaced),
        IN_FOLDER(test_other_things_stay),
        IN_FOLDER(test_release_of_another),
        IN_FOLDER(test_paths),
        IN_FOLDER(test_lock),
        IN_FOLDER(test_another_user),
        IN_FOLDER(test_served_by_another_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
