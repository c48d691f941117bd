/* The control socket: lines in, lines out, and clients that misbehave. */
#include "os/ipc.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/un.h>

#include "tests/os/world.h"

#define FLOOD_LINES 2000
#define FLOOD_ANSWER 65536

struct fixture {
    char folder[64];
    char path[108];
    struct wavu_os *os;
    struct ipc_server *server;
    size_t lines;
    size_t line_bytes; /* of the last one */
    size_t too_long;
    size_t gone;
    size_t answer_len; /* what "long" answers */
    size_t refused;    /* answers that ipc_send refused */
    bool has_ended;
};

static struct fixture *f;

/* What the server does: words are commands, anything else is echoed. */
static void on_line(void *context, struct ipc_client *client, struct span line)
{
    assert_ptr_equal(context, f);
    f->lines++;
    f->line_bytes = line.len;
    if (span_is_equal(line, UNIT_TEXT("silence"))) {
        return;
    }
    if (span_is_equal(line, UNIT_TEXT("end"))) {
        assert_int_equal(ipc_send(client, UNIT_TEXT("bye")), 0);
        ipc_end(client);
        assert_int_equal(ipc_send(client, UNIT_TEXT("more")), WAVU_ERR_CLOSED);
        return;
    }
    if (span_is_equal(line, UNIT_TEXT("close"))) {
        ipc_close(f->server);
        f->server = NULL;
        return;
    }
    if (span_is_equal(line, UNIT_TEXT("long"))) {
        uint8_t *answer = mem_new(f->answer_len);
        memset(answer, 'x', f->answer_len);
        f->refused += ipc_send(client, span_of(answer, f->answer_len)) < 0 ? 1 : 0;
        mem_free(answer);
        return;
    }
    assert_int_equal(ipc_send(client, line), 0);
}

static void on_too_long(void *context, struct ipc_client *client)
{
    assert_ptr_equal(context, f);
    f->too_long++;
    assert_int_equal(ipc_send(client, UNIT_TEXT("too long")), 0);
}

static void on_gone(void *context, struct ipc_client *client)
{
    assert_ptr_equal(context, f);
    assert_non_null(client);
    f->gone++;
}

static const struct ipc_user user = {.line = on_line, .too_long = on_too_long, .gone = on_gone};

static int setup(void **state)
{
    (void)state;
    f = mem_new(sizeof *f);
    world_folder_make(f->folder);
    (void)snprintf(f->path, sizeof f->path, "%s/control", f->folder);
    f->os = wavu_os_new();
    return ipc_listen(f->os, f->path, &user, f, &f->server);
}

static int teardown(void **state)
{
    struct stat info;
    (void)state;
    ipc_close(f->server);
    bool is_left = lstat(f->path, &info) == 0;
    wavu_os_free(f->os);
    world_folder_remove(f->folder);
    mem_free(f);
    return is_left || mem_live_count() != 0 ? -1 : 0;
}

/* ---- A plain client ---- */

static int plain_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, f->path, sizeof address.sun_path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Send all of it while the server runs. */
static void plain_send(int fd, const char *bytes, size_t len)
{
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
        if (sent < 0 && errno != EAGAIN) {
            return; /* closed by the server: the test sees that elsewhere */
        }
        assert_true(wavu_os_now_ns() < end_ns);
        wavu_os_run(f->os, 0);
    }
}

/* Read until `max` bytes or the end have come; how many bytes. */
static size_t plain_read(int fd, char *out, size_t max, bool *is_end)
{
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;
    size_t got = 0;
    *is_end = false;
    while (got < max && !*is_end) {
        wavu_os_run(f->os, 0);
        ssize_t len = recv(fd, out + got, max - got, 0);
        *is_end = len == 0 || (len < 0 && errno != EAGAIN);
        got += len > 0 ? (size_t)len : 0;
        assert_true(wavu_os_now_ns() < end_ns);
    }
    return got;
}

static void expect(int fd, const char *text)
{
    char got[256];
    bool is_end = false;
    size_t len = strlen(text);
    assert_int_equal(plain_read(fd, got, len, &is_end), len);
    assert_memory_equal(got, text, len);
}

static void expect_end(int fd)
{
    char got[16];
    bool is_end = false;
    assert_int_equal(plain_read(fd, got, sizeof got, &is_end), 0);
    assert_true(is_end);
    (void)close(fd);
}

static bool has_gone(void *context)
{
    const size_t *count = context;
    return f->gone >= *count;
}

static void wait_gone(size_t count)
{
    world_run_until(f->os, has_gone, &count);
}

/* ---- Lines ---- */

static void test_lines(void **state)
{
    (void)state;
    int fd = plain_connect();
    plain_send(fd, "hel", 3);
    wavu_os_run(f->os, 5);
    assert_int_equal(f->lines, 0);
    plain_send(fd, "lo\n\nand", 7);
    expect(fd, "hello\n\n");
    assert_int_equal(f->lines, 2);
    plain_send(fd, " more\nsilence\nx\n", 16);
    expect(fd, "and more\nx\n");
    assert_int_equal(f->lines, 5);
    (void)close(fd);
    wait_gone(1);
}

/* Many at once, in one packet: all are answered, in order, and no single client holds up the loop.
 */
static void test_many_lines(void **state)
{
    static char sent[1000 * 5 + 1]; /* and the NUL of the last */
    static char got[1000 * 5];
    bool is_end = false;
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(sent + i * 5, 6, "%04zu\n", i);
    }
    int fd = plain_connect();
    plain_send(fd, sent, sizeof got);
    assert_int_equal(plain_read(fd, got, sizeof got, &is_end), sizeof got);
    assert_memory_equal(got, sent, sizeof got);
    (void)close(fd);
    wait_gone(1);
}

/* The last line counts although the client will say no more; its answer still arrives. */
static void test_half_closed(void **state)
{
    (void)state;
    int fd = plain_connect();
    plain_send(fd, "question\nrest without an end", 28);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect(fd, "question\n");
    expect_end(fd);
    assert_int_equal(f->lines, 1);
    assert_int_equal(f->gone, 1);
}

static void test_longest_line(void **state)
{
    char *line = mem_new_raw(IPC_LINE_MAX + 1);
    char *got = mem_new_raw(IPC_LINE_MAX + 1);
    bool is_end = false;
    (void)state;
    memset(line, 'a', IPC_LINE_MAX);
    line[IPC_LINE_MAX] = '\n';
    int fd = plain_connect();
    plain_send(fd, line, IPC_LINE_MAX + 1);
    assert_int_equal(plain_read(fd, got, IPC_LINE_MAX + 1, &is_end), IPC_LINE_MAX + 1);
    assert_memory_equal(got, line, IPC_LINE_MAX + 1);
    assert_int_equal(f->too_long, 0);
    (void)close(fd);
    wait_gone(1);
    mem_free(line);
    mem_free(got);
}

/* A longer one is refused, whether its newline comes or not; what stood before it is answered. */
static void test_too_long(void **state)
{
    size_t len = IPC_LINE_MAX + 1;
    char *line = mem_new_raw(len + 1);
    (void)state;
    memset(line, 'a', len);
    line[len] = '\n';
    for (size_t i = 0; i < 2; i++) {
        int fd = plain_connect();
        plain_send(fd, "first\n", 6);
        plain_send(fd, line, len + i);
        expect(fd, "first\ntoo long\n");
        expect_end(fd);
        assert_int_equal(f->too_long, i + 1);
        assert_int_equal(f->lines, i + 1);
    }
    assert_int_equal(f->gone, 0);
    mem_free(line);
}

static void test_end(void **state)
{
    (void)state;
    int fd = plain_connect();
    plain_send(fd, "end\nignored\n", 12);
    expect(fd, "bye\n");
    expect_end(fd);
    assert_int_equal(f->lines, 1);
    assert_int_equal(f->gone, 0);
}

static void test_close_from_a_line(void **state)
{
    struct stat info;
    (void)state;
    int fd = plain_connect();
    int other = plain_connect();
    plain_send(fd, "close\nmore\n", 11);
    wavu_os_run(f->os, 5);
    expect_end(fd);
    expect_end(other);
    assert_int_equal(f->lines, 1);
    assert_int_equal(lstat(f->path, &info), -1);
}

/* ---- Clients that misbehave ---- */

/* One who asks and never reads costs an answer or two, not one for each question. */
static void test_never_reads(void **state)
{
    (void)state;
    f->answer_len = FLOOD_ANSWER;
    int fd = plain_connect();
    for (size_t i = 0; i < FLOOD_LINES; i++) {
        if (send(fd, "long\n", 5, MSG_NOSIGNAL) < 0) {
            break;
        }
        wavu_os_run(f->os, 0);
    }
    wavu_os_run(f->os, 10);
    assert_true(f->lines > 0 && f->lines < 32); /* the kernel's buffer takes a few */
    assert_int_equal(f->refused, 0);
    int honest = plain_connect(); /* the others go on */
    plain_send(honest, "hello\n", 6);
    expect(honest, "hello\n");
    (void)close(honest);
    (void)close(fd);
}

static void test_too_many(void **state)
{
    int fds[IPC_CLIENTS_MAX + 1];
    (void)state;
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        fds[i] = plain_connect();
        wavu_os_run(f->os, 1);
    }
    fds[IPC_CLIENTS_MAX] = plain_connect();
    assert_int_equal(send(fds[IPC_CLIENTS_MAX], "late\n", 5, MSG_NOSIGNAL), 5);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        plain_send(fds[i], "here\n", 5);
        expect(fds[i], "here\n");
    }
    assert_int_equal(f->lines, IPC_CLIENTS_MAX); /* the last one waits, and is told nothing false */
    (void)close(fds[0]);
    expect(fds[IPC_CLIENTS_MAX], "late\n"); /* there is room now */
    for (size_t i = 1; i <= IPC_CLIENTS_MAX; i++) {
        (void)close(fds[i]);
    }
}

/* All places are taken by those who ask nothing: who asks gets an answer all the same, at once when
 * they have been idle for a while. The one that was idle longest has gone for it, and no other. */
static void test_idle_ones_make_room(void **state)
{
    int fds[IPC_CLIENTS_MAX];
    struct pollfd gone = {.events = POLLIN};
    (void)state;
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        fds[i] = plain_connect();
        wavu_os_run(f->os, 1);
    }
    plain_send(fds[0], "here\n", 5); /* so that the second one is idle longest */
    expect(fds[0], "here\n");
    uint64_t end_ns = wavu_os_now_ns() + IPC_IDLE_NS + 100 * TIMERS_MS;
    while (wavu_os_now_ns() < end_ns) {
        wavu_os_run(f->os, 50);
    }
    int late = plain_connect();
    uint64_t begun_ns = wavu_os_now_ns();
    plain_send(late, "late\n", 5);
    expect(late, "late\n");
    assert_true(wavu_os_now_ns() - begun_ns < 80 * TIMERS_MS); /* before any pause is over */
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        gone.fd = fds[i];
        assert_int_equal(poll(&gone, 1, 0), i == 1 ? 1 : 0);
    }
    (void)close(late);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        (void)close(fds[i]);
    }
}

/* One who went away while an answer was on its way. */
static void test_gone_before_the_answer(void **state)
{
    (void)state;
    f->answer_len = 4 * 1024 * 1024;
    int fd = plain_connect();
    plain_send(fd, "long\n", 5);
    wavu_os_run(f->os, 5);
    assert_int_equal(f->lines, 1);
    (void)close(fd);
    wait_gone(1);
}

static void test_answers_have_a_limit(void **state)
{
    (void)state;
    f->answer_len = IPC_OUT_MAX;
    int fd = plain_connect();
    plain_send(fd, "long\nstill there\n", 17);
    expect(fd, "still there\n");
    assert_int_equal(f->refused, 1);
    (void)close(fd);
    wait_gone(1);
}

/* ---- Asking ---- */

struct asking {
    const char *request;
    size_t answer_max;
    uint64_t timeout_ms;
    const int *reader; /* NULL: none */
    struct buf answer;
    int rc;
    atomic_bool is_done;
};

static void *ask_on_thread(void *context)
{
    struct asking *a = context;
    buf_init(&a->answer, a->answer_max);
    a->rc = ipc_ask(f->path, span_from_text(a->request), a->timeout_ms,
                    a->reader != NULL ? *a->reader : -1, &a->answer);
    atomic_store(&a->is_done, true);
    return NULL;
}

static bool is_asked(void *context)
{
    struct asking *a = context;
    return atomic_load(&a->is_done);
}

static void ask(struct asking *a)
{
    pthread_t thread;
    atomic_init(&a->is_done, false);
    assert_int_equal(pthread_create(&thread, NULL, ask_on_thread, a), 0);
    world_run_until(f->os, is_asked, a);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_ask(void **state)
{
    struct asking a = {.request = "what?", .answer_max = 100, .timeout_ms = 60000};
    (void)state;
    ask(&a);
    assert_int_equal(a.rc, 0);
    assert_true(span_is_equal(buf_span(&a.answer), UNIT_TEXT("what?")));
    buf_clear(&a.answer);

    a.request = "long";
    a.answer_max = f->answer_len = 16 * 1024 * 1024;
    ask(&a);
    assert_int_equal(a.rc, 0);
    assert_int_equal(a.answer.len, f->answer_len);
    buf_clear(&a.answer);

    a.answer_max = f->answer_len - 1;
    ask(&a);
    assert_int_equal(a.rc, WAVU_ERR_LIMIT);
    buf_clear(&a.answer);
}

static void test_ask_in_vain(void **state)
{
    struct asking a = {.request = "silence", .answer_max = 100, .timeout_ms = 30};
    (void)state;
    ask(&a);
    assert_int_equal(a.rc, WAVU_ERR_TIMEOUT);
    a.timeout_ms = 60000;
    a.request = "close"; /* the server ends without an answer */
    ask(&a);
    assert_int_equal(a.rc, WAVU_ERR_NO_NODE);
    ask(&a); /* and nobody is there any more */
    assert_int_equal(a.rc, WAVU_ERR_NO_NODE);
    buf_clear(&a.answer);
}

/* Who asked for others waits as long as they read, and not any longer. */
static void test_ask_for_a_reader(void **state)
{
    int ends[2];
    struct asking a = {.request = "what?", .answer_max = 100, .timeout_ms = 60000};
    (void)state;
    assert_int_equal(pipe(ends), 0);
    a.reader = &ends[1];
    ask(&a);
    assert_int_equal(a.rc, 0);
    buf_clear(&a.answer);
    a.request = "silence";
    a.timeout_ms = 30;
    ask(&a);
    assert_int_equal(a.rc, WAVU_ERR_TIMEOUT);
    (void)close(ends[0]);
    a.timeout_ms = 60000;
    ask(&a);
    assert_int_equal(a.rc, WAVU_ERR_CLOSED);
    buf_clear(&a.answer);
    (void)close(ends[1]);
}

static void test_second_server(void **state)
{
    struct ipc_server *second = NULL;
    (void)state;
    assert_int_equal(ipc_listen(f->os, f->path, &user, f, &second), WAVU_ERR_IN_USE);
    assert_null(second);
    ipc_close(NULL);
    int fd = plain_connect();
    plain_send(fd, "alive\n", 6);
    expect(fd, "alive\n");
    (void)close(fd);
}

static bool trusts = true;
bool __real_ipc_path_is_trusted(int fd);
bool __wrap_ipc_path_is_trusted(int fd);

bool __wrap_ipc_path_is_trusted(int fd)
{
    return trusts && __real_ipc_path_is_trusted(fd);
}

/* Another user's process gets nothing read and nothing answered. */
static void test_strangers_are_not_heard(void **state)
{
    char byte = 0;
    (void)state;
    trusts = false;
    int fd = plain_connect();
    plain_send(fd, "hello\n", 6);
    wavu_os_run(f->os, 50);
    trusts = true;
    assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
    assert_int_equal(f->lines, 0);
    (void)close(fd);
    fd = plain_connect();
    plain_send(fd, "alive\n", 6);
    expect(fd, "alive\n");
    (void)close(fd);
}

/* A client's line makes the node set a timer that is due: nothing else wakes the loop. */
#define DUE_ECHOES 10

struct due {
    struct timer timer;
    struct port *port;
    bool has_fired;
};

static struct due due;

static void on_due(struct timer *timer, uint64_t now)
{
    (void)timer;
    (void)now;
    due.has_fired = true;
    wavu_os_stop(f->os);
}

static void on_line_due(void *context, struct ipc_client *client, struct span line)
{
    (void)context;
    if (!span_is_equal(line, UNIT_TEXT("now"))) {
        assert_int_equal(ipc_send(client, line), 0);
        return;
    }
    timers_set(&due.port->turn.timers, &due.timer, due.port->turn.now_ns, 0);
}

/* Speaks when the loop has come to rest: each answer is the end of a turn. */
static void *speak(void *context)
{
    int fd = *(const int *)context;
    char byte = 0;
    for (size_t i = 0; i < DUE_ECHOES; i++) {
        (void)!write(fd, "x\n", 2);
        (void)!read(fd, &byte, 1);
        (void)!read(fd, &byte, 1);
    }
    (void)!write(fd, "now\n", 4);
    return NULL;
}

static void test_what_a_line_sets_is_due_at_once(void **state)
{
    static const struct ipc_user setter = {.line = on_line_due};
    pthread_t speaker;
    (void)state;
    due = (struct due){.port = wavu_os_port_new(f->os, NULL)};
    timers_prepare(&due.timer, on_due);
    ipc_close(f->server);
    assert_int_equal(ipc_listen(f->os, f->path, &setter, f, &f->server), 0);
    int fd = plain_connect();
    (void)fcntl(fd, F_SETFL, 0); /* it waits for its answers */
    assert_int_equal(pthread_create(&speaker, NULL, speak, &fd), 0);
    wavu_os_run(f->os, 3000); /* until it has fired */
    assert_true(due.has_fired);
    assert_int_equal(pthread_join(speaker, NULL), 0);
    (void)close(fd);
    ipc_close(f->server);
    f->server = NULL;
    wavu_os_port_free(due.port);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_lines),
        IN_WORLD(test_many_lines),
        IN_WORLD(test_half_closed),
        IN_WORLD(test_longest_line),
        IN_WORLD(test_too_long),
        IN_WORLD(test_end),
        IN_WORLD(test_close_from_a_line),
        IN_WORLD(test_never_reads),
        IN_WORLD(test_too_many),
        IN_WORLD(test_idle_ones_make_room),
        IN_WORLD(test_gone_before_the_answer),
        IN_WORLD(test_answers_have_a_limit),
        IN_WORLD(test_ask),
        IN_WORLD(test_ask_in_vain),
        IN_WORLD(test_ask_for_a_reader),
        IN_WORLD(test_second_server),
        IN_WORLD(test_strangers_are_not_heard),
        IN_WORLD(test_what_a_line_sets_is_due_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
