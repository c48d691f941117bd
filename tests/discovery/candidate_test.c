/* Which stated addresses are worth dialling: nobody can send us to a third party. */
#include "discovery/candidate.h"

#include "tests/base/unit.h"

static struct multiaddr_ip ip_of(const char *text)
{
    struct multiaddr address;
    struct multiaddr_ip ip;
    assert_int_equal(multiaddr_parse(&address, span_from_text(text)), 0);
    assert_int_equal(multiaddr_to_ip(&address, MULTIADDR_TCP, &ip), 0);
    return ip;
}

static void test_plausible(void **state)
{
    static const struct {
        const char *ip;
        const char *from;
        bool is_good;
    } cases[] = {
        {"/ip4/192.168.1.7/tcp/9", "/ip4/192.168.1.9/tcp/1", true},
        {"/ip4/10.1.1.7/tcp/9", "/ip4/192.168.1.9/tcp/1", true},
        {"/ip4/8.8.8.8/tcp/53", "/ip4/192.168.1.9/tcp/1", false},
        {"/ip4/8.8.8.8/tcp/53", "/ip4/8.8.8.8/tcp/1", true},
        {"/ip4/192.168.1.7/tcp/0", "/ip4/192.168.1.9/tcp/1", false},
        {"/ip4/0.0.0.0/tcp/9", "/ip4/192.168.1.9/tcp/1", false},
        {"/ip4/127.0.0.1/tcp/9", "/ip4/192.168.1.9/tcp/1", false},
        {"/ip4/127.0.0.1/tcp/9", "/ip4/127.0.0.1/tcp/1", true},
        {"/ip6/::1/tcp/9", "/ip4/127.0.0.1/tcp/1", true},
        {"/ip6/fe80::1/tcp/9", "/ip4/192.168.1.9/tcp/1", false},
        {"/ip6/fd00::1/tcp/9", "/ip6/fe80::1/tcp/1", true},
        {"/ip6/2001:db8::1/tcp/9", "/ip6/fe80::1/tcp/1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct multiaddr_ip ip = ip_of(cases[i].ip);
        struct multiaddr_ip from = ip_of(cases[i].from);
        assert_int_equal(candidate_is_plausible(&ip, &from), cases[i].is_good);
    }
}

static void test_list(void **state)
{
    struct candidate_list list = {.count = 0};
    struct multiaddr address;
    (void)state;
    for (unsigned i = 0; i < 2 * CANDIDATE_LIST_MAX; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "/ip4/10.0.0.%u/tcp/1", i);
        assert_int_equal(multiaddr_parse(&address, span_from_text(text)), 0);
        candidate_add(&list, &address);
        candidate_add(&list, &address);
        assert_int_equal(list.count, i < CANDIDATE_LIST_MAX ? i + 1 : CANDIDATE_LIST_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_plausible), UNIT(test_list)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
