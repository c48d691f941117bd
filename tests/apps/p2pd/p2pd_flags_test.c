/*
 * go-libp2p-daemon's flags, as its programs write them.
 */
#include "apps/p2pd/p2pd_flags.h"

#include <string.h>

#include "tests/base/unit.h"

static struct p2pd_flags f;

/* Parse a line of words with blanks between. */
static bool parse(const char *line)
{
    static char copy[512];
    static char *words[32];
    int count = 0;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    p2pd_flags_init(&f);
    return p2pd_flags_parse(&f, count, words);
}

static void without_flags_it_is_as_gos(void **state)
{
    (void)state;
    assert_true(parse(""));
    assert_string_equal(f.listen, "/unix/tmp/p2pd.sock");
    assert_int_equal(f.conn_low, 256);
    assert_int_equal(f.conn_high, 512);
    assert_int_equal(f.conn_grace_ms, 120000);
    assert_true(f.has_noise && f.has_echo && f.signs);
    assert_false(f.has_plaintext); /* where go's daemon has it on */
    assert_null(p2pd_flags_unbuilt(&f, 0));
}

static void one_dash_or_two_and_values_either_way(void **state)
{
    (void)state;
    assert_true(parse("-listen=/unix/a --hostAddrs /ip4/127.0.0.1/tcp/0 -connManager=true "
                      "-connLo 1 --connHi=2 -connGrace=0 -q -echo=0"));
    assert_string_equal(f.listen, "/unix/a");
    assert_string_equal(f.host_addresses, "/ip4/127.0.0.1/tcp/0");
    assert_true(f.has_conn_manager && f.is_quiet);
    assert_false(f.has_echo);
    assert_int_equal(f.conn_low, 1);
    assert_int_equal(f.conn_high, 2);
    assert_int_equal(f.conn_grace_ms, 0);
}

/* A switch never takes the next word: go's rule. */
static void a_switch_alone_is_on(void **state)
{
    (void)state;
    assert_true(parse("-dht -b"));
    assert_true(f.has_dht && f.has_bootstrap);
    assert_false(parse("-dht true"));
    assert_string_equal(f.problem, "p2pd does not understand the word 'true'");
    assert_false(parse("-dht=yes"));
    assert_string_equal(f.problem, "-dht takes true or false, not 'yes'");
}

static void times_are_gos(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } times[] = {{"20s", 20000},  {"1m30s", 90000}, {"500ms", 500}, {"1.5s", 1500},
                 {"1h", 3600000}, {"1us", 1},       {"0", 0},       {"2m", 120000}};
    static const char *const none[] = {"20", "s", "1m30", "-5s", "1x", "1m s"};
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        p2pd_flags_init(&f);
        assert_true(p2pd_flags_set(&f, "connGrace", times[i].text));
        assert_int_equal(f.conn_grace_ms, times[i].ms);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        p2pd_flags_init(&f);
        assert_false(p2pd_flags_set(&f, "connGrace", none[i]));
    }
}

static void what_is_wrong_is_said_in_a_sentence(void **state)
{
    static const struct {
        const char *line;
        const char *sentence;
    } wrong[] = {
        {"-lisen=/x", "there is no option --lisen; did you mean --listen"},
        {"-zzzzzzzz", "there is no option --zzzzzzzz"},
        {"-id", "-id needs a value"},
        {"-connLo=many", "-connLo takes a number, not 'many'"},
        {"-connLo=99999999999", "-connLo takes a number, not '99999999999'"},
        {"word", "p2pd does not understand the word 'word'"},
        {"-connManager -connLo=5 -connHi=4", "-connLo is above -connHi"},
        {"-pubsubRouter=star", "-pubsubRouter takes gossipsub or floodsub, not 'star'"},
        {"-noise=false", "without -noise no security is left that is built"},
        {"-pprof", "-pprof is of go's programs; this is none"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(parse(wrong[i].line));
        assert_string_equal(f.problem, wrong[i].sentence);
    }
    assert_false(parse("-muxer=mplex"));
    assert_false(parse("-plaintext"));
    assert_false(parse("-forceReachabilityPublic -forceReachabilityPrivate"));
    assert_false(parse("-"));
    assert_false(parse("-=x"));
}

static void what_is_not_built_is_named_when_it_was_wished_for(void **state)
{
    (void)state;
    assert_true(parse("-relay=false -autonat -natPortMap=true"));
    assert_string_equal(p2pd_flags_unbuilt(&f, 0), "autonat");
    assert_string_equal(p2pd_flags_unbuilt(&f, 1), "natPortMap");
    assert_null(p2pd_flags_unbuilt(&f, 2));
    assert_true(p2pd_flags_has(&f, "relay"));
    assert_false(p2pd_flags_has(&f, "relayHop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(without_flags_it_is_as_gos),
        UNIT(one_dash_or_two_and_values_either_way),
        UNIT(a_switch_alone_is_on),
        UNIT(times_are_gos),
        UNIT(what_is_wrong_is_said_in_a_sentence),
        UNIT(what_is_not_built_is_named_when_it_was_wished_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
