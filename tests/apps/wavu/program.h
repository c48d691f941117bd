/*
 * The program inside a test: run in a child process, its output, errors and exit code caught.
 */
#ifndef TESTS_APPS_WAVU_PROGRAM_H
#define TESTS_APPS_WAVU_PROGRAM_H

#include "tests/base/unit.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/wavu/commands.h"

#define PROGRAM_WORDS_MAX 16
#define PROGRAM_TEXT_MAX 131072
#define PROGRAM_WAIT_MS 30000 /* for a line; only a failing test waits so long */

/* A running program. */
struct program {
    pid_t pid;
    int out;
    int err;
};

/* What one said. */
struct said {
    int code; /* exit code, or 128 + the signal */
    char out[PROGRAM_TEXT_MAX];
    char err[PROGRAM_TEXT_MAX];
};

/* Start `wavu` with the words of `line`, separated by single spaces. */
static inline struct program program_start(const char *line)
{
    static char copy[PROGRAM_TEXT_MAX];
    static char name[] = "wavu";
    char *words[PROGRAM_WORDS_MAX + 2] = {name};
    int count = 1;
    char *save = NULL;
    int out[2];
    int err[2];
    assert_true(strlen(line) < sizeof copy);
    memcpy(copy, line, strlen(line) + 1);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        assert_true(count <= PROGRAM_WORDS_MAX);
        words[count++] = word;
    }
    (void)fflush(NULL);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(err[1], STDERR_FILENO);
        for (int fd = 3; fd < 64; fd++) {
            (void)close(fd);
        }
        int code = commands_main(count, words);
        (void)fflush(NULL);
        _exit(code);
    }
    (void)close(out[1]);
    (void)close(err[1]);
    return (struct program){pid, out[0], err[0]};
}

/* Read a line (or what there is at the end) from `fd` into `text`, without its newline. */
static inline void program_line(int fd, char text[PROGRAM_TEXT_MAX])
{
    size_t used = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (used + 1 < PROGRAM_TEXT_MAX && poll(&wait, 1, PROGRAM_WAIT_MS) > 0 &&
           read(fd, text + used, 1) == 1 && text[used] != '\n') {
        used++;
    }
    text[used] = '\0';
}

static inline void program_read_all(int fd, char text[PROGRAM_TEXT_MAX])
{
    size_t used = 0;
    ssize_t got = read(fd, text, PROGRAM_TEXT_MAX - 1);
    while (got > 0) {
        used += (size_t)got;
        got = read(fd, text + used, PROGRAM_TEXT_MAX - 1 - used);
    }
    text[used] = '\0';
    (void)close(fd);
}

/* Wait for its end; what it said since is in the static result. */
static inline const struct said *program_wait(struct program *p)
{
    static struct said said;
    int status = 0;
    program_read_all(p->out, said.out);
    program_read_all(p->err, said.err);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    said.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return &said;
}

static inline const struct said *program_run(const char *line)
{
    struct program p = program_start(line);
    return program_wait(&p);
}

/* End it with SIGTERM. */
static inline const struct said *program_end(struct program *p)
{
    assert_int_equal(kill(p->pid, SIGTERM), 0);
    return program_wait(p);
}

/* `text` holds `part`. */
static inline void program_expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' does not hold '%s'", text, part);
    }
}

/* It fails with `code` and one sentence that holds `part`. */
static inline void program_expect_problem(const char *line, int code, const char *part)
{
    const struct said *said = program_run(line);
    assert_string_equal(said->out, "");
    program_expect(said->err, part);
    assert_memory_equal(said->err, "wavu: ", 6);
    assert_ptr_equal(strchr(said->err, '\n'), said->err + strlen(said->err) - 1);
    assert_int_equal(said->code, code);
}

/* A folder of the test's own, removed at its end. */
static char program_home[64];

static inline int program_make_home(void **state)
{
    (void)state;
    (void)snprintf(program_home, sizeof program_home, "/tmp/wavu-test-XXXXXX");
    return mkdtemp(program_home) != NULL ? 0 : -1;
}

static inline int program_remove_home(void **state)
{
    static const char *const files[] = {
        "device.key", "identity.key", "control.sock", "control.lock", "file",
        "wavu.toml",  "store.key",    "store.db",     "store.db-wal", "store.db-journal"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", program_home, files[i]);
        (void)unlink(path);
    }
    return rmdir(program_home);
}

/* A test that has program_home. */
#define PROGRAM(test) cmocka_unit_test_setup_teardown(test, program_make_home, program_remove_home)

/* `format` with program_home for its %s. Static. */
static inline const char *program_in_home(const char *format)
{
    static char line[1024];
    char *at = line;
    const char *mark = strstr(format, "%s");
    assert_non_null(mark);
    (void)snprintf(at, sizeof line, "%.*s%s%s", (int)(mark - format), format, program_home,
                   mark + 2);
    return line;
}

/* Start a node in program_home on loopback; its address goes into `address`. */
static inline struct program program_up(const char *options, char address[PROGRAM_TEXT_MAX])
{
    char line[1024];
    (void)snprintf(line, sizeof line, "up --discovery-port 0 --home %s --listen 127.0.0.1:0 %s",
                   program_home, options);
    struct program p = program_start(line);
    program_line(p.out, address);
    return p;
}

#endif
