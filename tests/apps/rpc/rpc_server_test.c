/*
 * The control socket of a node, as clients of all kinds see it.
 */
#include "apps/rpc/rpc_server.h"

#include "tests/apps/rpc/talk.h"

#define HELLO "{\"jsonrpc\":\"2.0\",\"method\":\"hello\",\"id\":1}\n"

static char text[65536];

static void send_text(int fd, const char *line)
{
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
}

static void answers_lines_in_order(void **state)
{
    int fd = talk_connect();
    (void)state;
    send_text(fd, HELLO "garbage\n{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}\n" HELLO);
    talk_read(fd, 3, text, sizeof text);
    assert_memory_equal(text, "{\"jsonrpc\":\"2.0\",\"result\":\"hello\",\"id\":1}\n", 42);
    assert_non_null(strstr(text, "-32700"));
    assert_non_null(strstr(strstr(text, "-32700"), "\"hello\""));
    (void)close(fd);
}

static void a_line_may_come_in_pieces(void **state)
{
    int fd = talk_connect();
    (void)state;
    for (const char *at = HELLO; *at != '\0'; at++) {
        assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
    }
    talk_read(fd, 1, text, sizeof text);
    assert_non_null(strstr(text, "\"result\":\"hello\""));
    (void)close(fd);
}

static void a_long_line_is_refused_and_the_client_closed(void **state)
{
    static char line[JSONRPC_LINE_MAX + 2];
    int fd = talk_connect();
    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    assert_int_equal(send(fd, line, sizeof line, MSG_NOSIGNAL), sizeof line);
    talk_read(fd, 2, text, sizeof text); /* one line, then the end */
    assert_non_null(strstr(text, "-32000"));
    assert_int_equal(text[strlen(text) - 1], '\n');
    (void)close(fd);
    fd = talk_connect();
    send_text(fd, HELLO);
    talk_read(fd, 1, text, sizeof text);
    assert_non_null(strstr(text, "\"hello\""));
    (void)close(fd);
}

#define LATER "{\"jsonrpc\":\"2.0\",\"method\":\"later\",\"id\":7}\n"
#define NEWS "{\"jsonrpc\":\"2.0\",\"method\":\"news\",\"id\":8}\n"

static bool has_answer(int fd)
{
    char byte = 0;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static void an_answer_waits_until_something_happened(void **state)
{
    int fds[2] = {talk_connect(), talk_connect()};
    int other = talk_connect();
    (void)state;
    for (int round = 0; round < 3; round++) {
        send_text(fds[0], LATER);
        send_text(fds[1], LATER);
        send_text(other, HELLO);
        talk_read(other, 1, text, sizeof text); /* the server has read on */
        assert_false(has_answer(fds[0]));
        send_text(other, NEWS);
        talk_read(other, 1, text, sizeof text);
        assert_non_null(strstr(text, "\"told\""));
        for (int i = 0; i < 2; i++) {
            talk_read(fds[i], 1, text, sizeof text);
            assert_string_equal(text, "{\"jsonrpc\":\"2.0\",\"result\":\"new\",\"id\":7}\n");
        }
    }
    (void)close(fds[0]);
    (void)close(fds[1]);
    (void)close(other);
}

#define WRITE "{\"jsonrpc\":\"2.0\",\"method\":\"write\",\"id\":9}\n"
#define WRITES                                                                                     \
    "[{\"jsonrpc\":\"2.0\",\"method\":\"write\",\"id\":10},{\"jsonrpc\":\"2.0\",\"method\":"       \
    "\"no\",\"id\":11}]\n"
#define DISK "{\"jsonrpc\":\"2.0\",\"method\":\"disk\",\"id\":12}\n"
#define BROKEN "{\"jsonrpc\":\"2.0\",\"method\":\"broken\",\"id\":14}\n"
#define FULL "{\"jsonrpc\":\"2.0\",\"method\":\"full\",\"id\":13}\n"

static void ask(int fd, const char *line)
{
    send_text(fd, line);
    talk_read(fd, 1, text, sizeof text);
}

/* What was done is said when it is on the disk; what is asked behind it waits its turn. */
static void an_answer_waits_for_the_disk(void **state)
{
    int fd = talk_connect();
    int other = talk_connect();
    (void)state;
    send_text(fd, WRITE HELLO);
    ask(other, HELLO); /* the server has read on, and who wrote nothing waits for nothing */
    assert_non_null(strstr(text, "\"hello\""));
    assert_false(has_answer(fd));
    ask(other, DISK);
    assert_non_null(strstr(text, "\"kept\""));
    talk_read(fd, 2, text, sizeof text);
    assert_memory_equal(text, "{\"jsonrpc\":\"2.0\",\"result\":\"done\",\"id\":9}\n", 41);
    assert_non_null(strstr(text, "\"hello\""));
    ask(fd, HELLO);
    assert_non_null(strstr(text, "\"hello\""));
    (void)close(fd);
    (void)close(other);
}

static void what_the_disk_does_not_take_is_said(void **state)
{
    int fd = talk_connect();
    int other = talk_connect();
    (void)state;
    send_text(fd, WRITE WRITES);
    ask(other, HELLO);
    assert_false(has_answer(fd));
    ask(other, FULL);
    talk_read(fd, 1, text, sizeof text);
    char code[32];
    (void)snprintf(code, sizeof code, "\"code\":%d", JSONRPC_TOO_LARGE + WAVU_ERR_NO_SPACE);
    assert_non_null(strstr(text, code));
    assert_non_null(strstr(text, "\"id\":9"));
    assert_null(strstr(text, "\"done\""));
    assert_non_null(strstr(text, "make room"));
    assert_true(jsonrpc_is_done(span_from_text(text)));
    talk_read(fd, 1, text, sizeof text); /* of the batch each one */
    assert_non_null(strstr(text, code));
    assert_non_null(strstr(text, "-32601"));
    assert_null(strstr(text, "\"done\""));
    (void)close(fd);
    (void)close(other);
}

/* Nobody waits for a disk that is known to take nothing: its next try may be far. */
static void a_disk_that_takes_nothing_is_said_at_once(void **state)
{
    int fd = talk_connect();
    char code[32];
    (void)state;
    (void)snprintf(code, sizeof code, "\"code\":%d", JSONRPC_TOO_LARGE + WAVU_ERR_NO_SPACE);
    ask(fd, BROKEN);
    for (int i = 0; i < 3; i++) {
        ask(fd, WRITE);
        assert_non_null(strstr(text, code));
    }
    ask(fd, HELLO);
    assert_non_null(strstr(text, "\"hello\""));
    (void)close(fd);
}

static void who_does_not_wait_for_the_disk_is_left(void **state)
{
    int fd = talk_connect();
    int other = talk_connect();
    (void)state;
    for (int i = 0; i < RPC_SERVER_HELD_MAX; i++) {
        send_text(fd, WRITE);
    }
    ask(other, HELLO);
    assert_false(has_answer(fd));
    send_text(fd, WRITE);
    talk_read(fd, 1, text, sizeof text); /* the end */
    assert_string_equal(text, "");
    ask(other, WRITE DISK);
    assert_non_null(strstr(text, "\"done\""));
    (void)close(fd);
    (void)close(other);
}

static void who_asks_on_is_answered_as_things_stand_and_in_order(void **state)
{
    static const char old[] = "{\"jsonrpc\":\"2.0\",\"result\":\"old\",\"id\":7}\n";
    int fd = talk_connect();
    (void)state;
    send_text(fd, LATER LATER HELLO);
    talk_read(fd, 3, text, sizeof text);
    assert_memory_equal(text, old, sizeof old - 1);
    assert_memory_equal(text + sizeof old - 1, old, sizeof old - 1);
    assert_non_null(strstr(text, "\"hello\""));
    send_text(fd, LATER "garbage\n");
    talk_read(fd, 2, text, sizeof text);
    assert_memory_equal(text, old, sizeof old - 1);
    assert_non_null(strstr(text, "-32700"));
    send_text(fd,
              "[{\"jsonrpc\":\"2.0\",\"method\":\"later\",\"id\":7}]\n"); /* a batch never waits */
    talk_read(fd, 1, text, sizeof text);
    assert_non_null(strstr(text, "\"old\""));
    (void)close(fd);
}

static void who_goes_while_waiting_is_forgotten(void **state)
{
    static char line[JSONRPC_LINE_MAX + 2];
    (void)state;
    for (int i = 0; i < 100; i++) { /* more than there are places */
        int fd = talk_connect();
        send_text(fd, LATER);
        (void)close(fd);
    }
    int long_winded = talk_connect();
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    send_text(long_winded, LATER);
    assert_int_equal(send(long_winded, line, sizeof line, MSG_NOSIGNAL), sizeof line);
    talk_read(long_winded, 3, text, sizeof text); /* two lines, then the end */
    assert_non_null(strstr(text, "\"old\""));
    assert_non_null(strstr(text, "-32000"));
    (void)close(long_winded);
    int fd = talk_connect();
    send_text(fd, NEWS);
    talk_read(fd, 1, text, sizeof text);
    assert_non_null(strstr(text, "\"told\""));
    (void)close(fd);
}

static void only_the_user_may_open_it(void **state)
{
    struct stat found;
    (void)state;
    assert_int_equal(stat(talk_path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void one_process_holds_it(void **state)
{
    struct rpc_server *server = NULL;
    struct jsonrpc_service service = {.methods = NULL};
    struct wavu_os *os = wavu_os_new();
    (void)state;
    assert_int_equal(rpc_server_open(os, talk_path, service, &server), WAVU_ERR_IN_USE);
    assert_null(server);
    talk_kill();
    assert_int_equal(rpc_server_open(os, talk_path, service, &server), 0); /* what the dead left */
    rpc_server_close(server);
    rpc_server_close(NULL);
    assert_int_equal(access(talk_path, F_OK), -1);
    wavu_os_free(os);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK(an_answer_waits_for_the_disk),
        TALK(what_the_disk_does_not_take_is_said),
        TALK(a_disk_that_takes_nothing_is_said_at_once),
        TALK(who_does_not_wait_for_the_disk_is_left),
        TALK(an_answer_waits_until_something_happened),
        TALK(who_asks_on_is_answered_as_things_stand_and_in_order),
        TALK(who_goes_while_waiting_is_forgotten),
        TALK(answers_lines_in_order),
        TALK(a_line_may_come_in_pieces),
        TALK(a_long_line_is_refused_and_the_client_closed),
        TALK(only_the_user_may_open_it),
        TALK(one_process_holds_it),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
