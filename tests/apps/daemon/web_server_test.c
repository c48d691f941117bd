/*
 * Pages over HTTP, asked by a client that may say anything: on a loopback address, and on a unix
 * socket.
 */
#include "apps/daemon/web_server.h"

#include "tests/base/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wavu/os.h"

#ifndef WAVU_HAS_WEB

static void without_its_library_it_says_so(void **state)
{
    struct web_address at;
    struct web_pages pages = {.count = 0};
    struct web_server *server = NULL;
    struct wavu_os *os = wavu_os_new();
    (void)state;
    assert_true(web_address_read("127.0.0.1:0", &at));
    assert_int_equal(web_server_open(os, &at, &pages, &server), WAVU_ERR_UNSUPPORTED);
    web_server_close(server);
    wavu_os_free(os);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_its_library_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#define ANSWER_MAX (2 * 1024 * 1024)
#define STEPS_MAX 400 /* turns of the loop; only a failing test needs so many */

static struct wavu_os *os;
static struct web_server *server;
static uint16_t port;
static char folder[64];
static char answer[ANSWER_MAX];
static size_t answered;
static int rendered;

static int render_word(void *context, struct buf *out)
{
    rendered++;
    return buf_append(out, span_from_text(context));
}

static int render_long(void *context, struct buf *out)
{
    int rc = 0;
    (void)context;
    for (int i = 0; i < 10000 && rc == 0; i++) {
        rc =
            buf_append(out, span_from_text("a line of fifty bytes, so that sockets fill up....\n"));
    }
    return rc;
}

static int render_endless(void *context, struct buf *out)
{
    int rc = 0;
    (void)context;
    while (rc == 0) {
        rc = buf_append(out, span_from_text("without an end"));
    }
    return rc;
}

static const struct web_page list[] = {
    {"/word", "text/plain", render_word},
    {"/long", "text/plain", render_long},
    {"/endless", "text/plain", render_endless},
};
static struct web_pages pages = {list, sizeof list / sizeof list[0], NULL};
static char word[] = "hello";

static int open_at(const char *text)
{
    struct web_address at;
    assert_true(web_address_read(text, &at));
    pages.context = word;
    return web_server_open(os, &at, &pages, &server);
}

static int start(void **state)
{
    char url[WEB_SERVER_URL_MAX];
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/wavu-web-XXXXXX");
    rendered = 0;
    server = NULL;
    os = wavu_os_new();
    if (os == NULL || mkdtemp(folder) == NULL || open_at("127.0.0.1:0") != 0) {
        return -1;
    }
    (void)web_server_url(server, "/word", url);
    assert_int_equal(sscanf(url, "http://127.0.0.1:%hu/word", &port), 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    web_server_close(server);
    wavu_os_free(os);
    return rmdir(folder);
}

static int client(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static int client_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Take what comes until `enough` (a text) is in it, or the end. True: the other end closed. */
static bool take(int fd, const char *enough)
{
    answered = 0;
    answer[0] = '\0';
    for (int i = 0; i < STEPS_MAX; i++) {
        wavu_os_run(os, 5);
        ssize_t got = recv(fd, answer + answered, sizeof answer - 1 - answered, MSG_DONTWAIT);
        answered += got > 0 ? (size_t)got : 0;
        answer[answered] = '\0';
        if (got == 0) {
            return true;
        }
        if (enough != NULL && strstr(answer, enough) != NULL) {
            return false;
        }
        i = got > 0 ? 0 : i;
    }
    return false;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One request on a connection of its own; the answer begins with `status`. */
static void expect(const char *request, const char *status)
{
    int fd = client();
    say(fd, request);
    (void)take(fd, "\r\n\r\n");
    if (strncmp(answer, status, strlen(status)) != 0) {
        fail_msg("%s: '%.200s' does not begin with '%s'", request, answer, status);
    }
    (void)close(fd);
}

static void a_page_is_read(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    (void)take(fd, "hello");
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer, "content-type: text/plain\r\n"));
    assert_non_null(strstr(answer, "content-length: 5\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nhello"));
    /* The connection serves another one. */
    say(fd, "GET /word HTTP/1.1\r\nHost: localhost:80\r\n\r\n");
    (void)take(fd, "hello");
    assert_non_null(strstr(answer, "\r\n\r\nhello"));
    assert_int_equal(rendered, 2);
    (void)close(fd);
}

static void only_its_head_is_read(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "HEAD /word HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    (void)take(fd, NULL);
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
    assert_null(strstr(answer, "hello"));
    (void)close(fd);
}

static void a_long_page_comes_whole(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "GET /long HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    (void)take(fd, NULL);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(answered - (size_t)(body + 4 - answer), 10000 * 51);
    (void)close(fd);
}

static void who_leaves_in_the_middle_leaves_nothing(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "GET /long HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    wavu_os_run(os, 5);
    (void)close(fd);
    wavu_os_run(os, 20);
    expect("GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200");
}

static void a_page_beyond_the_limit_fails(void **state)
{
    (void)state;
    expect("GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 503");
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    expect("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 404");
    expect("GET /word/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 404");
    expect("GET /../word2 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 404");
    assert_int_equal(rendered, 0);
}

static void only_get_and_head_are_taken(void **state)
{
    (void)state;
    expect("POST /word HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405");
    expect("POST /word HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc",
           "HTTP/1.1 405");
    expect("OPTIONS /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 405");
    assert_int_equal(rendered, 0);
}

/* A name of somebody's that leads to 127.0.0.1 by its DNS: the browser sends it as Host. */
static void a_foreign_host_reads_nothing(void **state)
{
    (void)state;
    expect("GET /word HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403");
    expect("GET /word HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", "HTTP/1.1 403");
    expect("GET /word HTTP/1.1\r\nHost: localhost.evil.example:80\r\n\r\n", "HTTP/1.1 403");
    expect("GET /word HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "HTTP/1.1 403");
    expect("GET /word HTTP/1.0\r\n\r\n", "HTTP/1.0 403");
    assert_int_equal(rendered, 0);
}

static void an_upgrade_is_refused(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    (void)take(fd, NULL);
    assert_null(strstr(answer, "101"));
    (void)close(fd);
    fd = client();
    say(fd, "GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: h2c\r\nConnection: Upgrade, "
            "HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    (void)take(fd, NULL);
    assert_null(strstr(answer, "101"));
    (void)close(fd);
    assert_int_equal(rendered, 0);
}

static void a_head_without_an_end_is_closed(void **state)
{
    char line[256];
    int fd = client();
    (void)state;
    say(fd, "GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (int i = 0; i < 200; i++) {
        int len = snprintf(line, sizeof line, "X-Filler-%d: %064d\r\nCookie: %064d\r\n", i, i, i);
        if (send(fd, line, (size_t)len, MSG_NOSIGNAL) < 0) {
            break;
        }
        wavu_os_run(os, 1);
    }
    assert_true(take(fd, "HTTP/1.1 200") || answered == 0);
    (void)close(fd);
    assert_int_equal(rendered, 0);
    expect("GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200");
}

static void noise_is_closed(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not HTTP\r\n\r\n\r\n");
    (void)take(fd, NULL);
    (void)close(fd);
    assert_int_equal(rendered, 0);
    expect("GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200");
}

static void one_more_than_the_most_is_closed(void **state)
{
    int fds[WEB_SERVER_CLIENTS_MAX];
    (void)state;
    for (size_t i = 0; i < WEB_SERVER_CLIENTS_MAX; i++) {
        fds[i] = client();
        say(fds[i], "GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        (void)take(fds[i], "hello");
        assert_non_null(strstr(answer, "hello"));
    }
    int more = client();
    say(more, "GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    (void)take(more, "hello");
    assert_null(strstr(answer, "hello"));
    (void)close(more);
    assert_int_equal(rendered, WEB_SERVER_CLIENTS_MAX);
    (void)close(fds[0]);
    wavu_os_run(os, 20);
    expect("GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200");
    for (size_t i = 1; i < WEB_SERVER_CLIENTS_MAX; i++) {
        (void)close(fds[i]);
    }
}

static void a_taken_port_is_said(void **state)
{
    char text[64];
    struct web_server *first = server;
    (void)state;
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)port);
    assert_int_equal(open_at(text), WAVU_ERR_IN_USE);
    assert_null(server);
    server = first;
    expect("GET /word HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "HTTP/1.1 200");
}

static void a_unix_socket_is_this_users_alone(void **state)
{
    char path[96];
    struct stat info;
    struct web_server *first = server;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/web.sock", folder);
    assert_int_equal(open_at(path), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
    int fd = client_at(path);
    say(fd, "GET /word HTTP/1.1\r\nHost: localhost\r\n\r\n");
    (void)take(fd, "hello");
    assert_non_null(strstr(answer, "\r\n\r\nhello"));
    (void)close(fd);
    struct web_server *second = server;
    assert_int_equal(open_at(path), WAVU_ERR_IN_USE); /* somebody listens there */
    web_server_close(second);
    assert_int_equal(lstat(path, &info), -1);
    server = first;
}

static void what_a_dead_process_left_is_replaced(void **state)
{
    char path[96];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct web_server *first = server;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/web.sock", folder);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (const struct sockaddr *)&at, sizeof at), 0);
    (void)close(dead);
    assert_int_equal(open_at(path), 0);
    web_server_close(server);
    server = first;
}

static void what_is_no_socket_is_left_alone(void **state)
{
    char path[96];
    struct web_server *first = server;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/notes", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("mine", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(open_at(path), WAVU_ERR_EXISTS);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    server = first;
}

static void it_says_where_it_is(void **state)
{
    char url[WEB_SERVER_URL_MAX];
    struct web_server *first = server;
    (void)state;
    if (open_at("[::1]:0") == 0) { /* a machine may be without IPv6 */
        assert_memory_equal(web_server_url(server, "/word", url), "http://[::1]:", 13);
        web_server_close(server);
    }
    server = first;
}

/* The local addresses of all sockets that listen at `at`, as the kernel has them in `file`. */
static void only_listens_at(const char *file, unsigned at, const char *expected, bool *found)
{
    char line[512];
    FILE *table = fopen(file, "r");
    while (table != NULL && fgets(line, sizeof line, table) != NULL) {
        char local[64] = "";
        unsigned local_port = 0;
        unsigned status = 0;
        if (sscanf(line, " %*u: %63[0-9A-F]:%x %*[0-9A-F]:%*x %x", local, &local_port, &status) ==
                3 &&
            local_port == at && status == 10) {
            assert_string_equal(local, expected);
            *found = true;
        }
    }
    if (table != NULL) {
        (void)fclose(table);
    }
}

static void only_this_machine_is_listened_to(void **state)
{
    char url[WEB_SERVER_URL_MAX];
    bool found = false;
    uint32_t here = htonl(INADDR_LOOPBACK);
    char expected[16];
    struct web_server *first = server;
    (void)state;
    (void)snprintf(expected, sizeof expected, "%08X", here);
    only_listens_at("/proc/net/tcp", port, expected, &found);
    only_listens_at("/proc/net/tcp6", port, "none", &found);
    assert_true(found);
    if (open_at("[::1]:0") == 0) { /* a machine may be without IPv6 */
        unsigned at = 0;
        assert_int_equal(sscanf(web_server_url(server, "", url), "http://[::1]:%u", &at), 1);
        found = false;
        only_listens_at("/proc/net/tcp6", at, "00000000000000000000000001000000", &found);
        only_listens_at("/proc/net/tcp", at, "none", &found);
        assert_true(found);
        web_server_close(server);
    }
    server = first;
}

/* With connections open, within the turns that it may take. */
static void closing_is_soon_done(void **state)
{
    int fd = client();
    (void)state;
    say(fd, "GET /long HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    wavu_os_run(os, 5);
    web_server_close(server);
    server = NULL;
    (void)close(fd);
}

#define WEB(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEB(a_page_is_read),
        WEB(only_its_head_is_read),
        WEB(a_long_page_comes_whole),
        WEB(who_leaves_in_the_middle_leaves_nothing),
        WEB(a_page_beyond_the_limit_fails),
        WEB(what_is_not_there_is_not_found),
        WEB(only_get_and_head_are_taken),
        WEB(a_foreign_host_reads_nothing),
        WEB(an_upgrade_is_refused),
        WEB(a_head_without_an_end_is_closed),
        WEB(noise_is_closed),
        WEB(one_more_than_the_most_is_closed),
        WEB(a_taken_port_is_said),
        WEB(a_unix_socket_is_this_users_alone),
        WEB(what_a_dead_process_left_is_replaced),
        WEB(what_is_no_socket_is_left_alone),
        WEB(it_says_where_it_is),
        WEB(only_this_machine_is_listened_to),
        WEB(closing_is_soon_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
