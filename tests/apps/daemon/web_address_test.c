/*
 * Addresses of this machine alone, typed and as the Host of a request.
 */
#include "apps/daemon/web_address.h"

#include "tests/base/unit.h"

static void reads(const char *text, bool is_unix, const char *host, uint16_t port)
{
    struct web_address a;
    assert_true(web_address_read(text, &a));
    assert_int_equal(a.is_unix, is_unix);
    assert_string_equal(a.host, host);
    assert_int_equal(a.port, port);
}

static void refuses(const char *text)
{
    struct web_address a;
    if (web_address_read(text, &a)) {
        fail_msg("'%s' was taken", text);
    }
}

static void addresses_of_this_machine_are_taken(void **state)
{
    (void)state;
    reads("127.0.0.1:9464", false, "127.0.0.1", 9464);
    reads("127.1.2.3:0", false, "127.1.2.3", 0);
    reads("[::1]:9464", false, "::1", 9464);
    reads("localhost:65535", false, "127.0.0.1", 65535);
    reads("/run/wavu/web.sock", true, "/run/wavu/web.sock", 0);
    reads("off", false, "", 0);
}

static void nothing_else_is(void **state)
{
    static const char *const wrong[] = {
        "",
        "9464",
        ":9464",
        "0.0.0.0:9464",
        "192.0.2.1:9464",
        "[::]:9464",
        "::1:9464",
        "[::1]",
        "[::1]9464",
        "[127.0.0.1]:9464",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "127.0.0.1:123456",
        "127.0.0.1:1 ",
        "127.1:80",
        "example.org:80",
        "localhost",
        "web.sock",
        "/run/wavu/",
        "[::ffff:127.0.0.1]:80",
        "Off",
        "[fe80::1%lo]:80",
    };
    char path[256];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refuses(wrong[i]);
    }
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[WEB_ADDRESS_HOST_MAX] = '\0'; /* one byte too long for a socket's name */
    refuses(path);
    path[WEB_ADDRESS_HOST_MAX - 1] = '\0';
    reads(path, true, path, 0);
}

static bool is_own(const char *host)
{
    return web_address_is_own(host, strlen(host));
}

static void hosts_of_this_machine_are_own(void **state)
{
    (void)state;
    assert_true(is_own("localhost"));
    assert_true(is_own("LocalHost:9464"));
    assert_true(is_own("127.0.0.1"));
    assert_true(is_own("127.0.0.1:9464"));
    assert_true(is_own("[::1]"));
    assert_true(is_own("[::1]:9464"));
}

static void hosts_of_others_are_not(void **state)
{
    static const char *const others[] = {
        "",
        "evil.example",
        "evil.example:9464",
        "127.0.0.1.evil.example",
        "localhost.",
        "localhost.evil.example",
        "192.0.2.1",
        "::1",
        "[::1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
        "127.0.0.1@evil.example",
        " localhost",
        "[evil]",
    };
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (is_own(others[i])) {
            fail_msg("'%s' was taken", others[i]);
        }
    }
    assert_false(web_address_is_own("localhost\0.evil", 15));
    memset(text, '1', sizeof text);
    assert_false(web_address_is_own(text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_this_machine_are_taken),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(hosts_of_this_machine_are_own),
        cmocka_unit_test(hosts_of_others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
