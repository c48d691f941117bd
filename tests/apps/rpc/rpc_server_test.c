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
    struct jsonrpc_service service = {NULL, 0, NULL};
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
        TALK(answers_lines_in_order),
        TALK(a_line_may_come_in_pieces),
        TALK(a_long_line_is_refused_and_the_client_closed),
        TALK(only_the_user_may_open_it),
        TALK(one_process_holds_it),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
