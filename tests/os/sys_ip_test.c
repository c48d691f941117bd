/*
 * Addresses of the system and of the house say the same.
 */
#include "os/sys_ip.h"

#include "tests/base/unit.h"

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const struct multiaddr_ip ips[] = {
        {.ip = {192, 0, 2, 7}, .ip_len = 4, .port = 9000},
        {.ip = {0xfe, 0x80, [15] = 9}, .ip_len = 16, .port = 1, .zone = 3},
        {.ip = {0}, .ip_len = 16},
    };
    for (size_t i = 0; i < sizeof ips / sizeof ips[0]; i++) {
        struct multiaddr_ip read;
        union sys_ip name;
        uint8_t crooked[sizeof name + 1]; /* as it may lie in the kernel's lists */
        socklen_t len = sys_ip_write(&name, &ips[i]);
        assert_int_equal(len, ips[i].ip_len == 4 ? sizeof name.ip4 : sizeof name.ip6);
        memcpy(crooked + 1, &name, sizeof name);
        assert_true(sys_ip_read(&read, (const struct sockaddr *)(const void *)(crooked + 1)));
        assert_int_equal(read.ip_len, ips[i].ip_len);
        assert_int_equal(read.port, ips[i].port);
        assert_int_equal(read.zone, ips[i].zone);
        assert_memory_equal(read.ip, ips[i].ip, ips[i].ip_len);
    }
}

static void the_port_is_in_network_order(void **state)
{
    (void)state;
    union sys_ip name;
    const struct multiaddr_ip ip = {.ip = {127, 0, 0, 1}, .ip_len = 4, .port = 0x1234};
    (void)sys_ip_write(&name, &ip);
    assert_memory_equal(&name.ip4.sin_port, "\x12\x34", 2);
    assert_memory_equal(&name.ip4.sin_addr, "\x7f\x00\x00\x01", 4);
}

static void other_families_are_refused(void **state)
{
    (void)state;
    struct multiaddr_ip read = {.ip_len = 4};
    const struct sockaddr local = {.sa_family = AF_UNIX};
    assert_false(sys_ip_read(&read, &local));
    assert_int_equal(read.ip_len, 0);
    assert_false(sys_ip_read(&read, NULL));
    union sys_ip none = {.any = {.sa_family = AF_UNSPEC}};
    sys_ip_read_or_any(&read, &none);
    assert_true(read.ip_len == 4 && multiaddr_ip_is_unspecified(&read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_written_is_read_again),
        UNIT(the_port_is_in_network_order),
        UNIT(other_families_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
