/*
 * Scenarios as TOML: both ways, every key, and what is refused, with its place.
 */
#include "swarm/scenario_toml.h"

#include <string.h>

#include "tests/base/unit.h"

static struct scenario_file file;
static struct scenario_toml_error error;

static int read_text(const char *text)
{
    return scenario_toml_read(span_from_text(text), &file, &error);
}

static void an_empty_text_is_the_default(void **state)
{
    struct scenario s;
    (void)state;
    scenario_init(&s);
    assert_int_equal(read_text("# nothing\n"), 0);
    assert_memory_equal(&file.scenario, &s, sizeof s);
    assert_false(file.has_expected);
}

static void every_key_is_read(void **state)
{
    (void)state;
    int rc = read_text("name = \"all of it\"\nseed = \"18446744073709551615\"\nnodes = 30\n"
                       "cable = \"stream\"\ndelay_min = \"1ms\"\ndelay_max = \"1m\"\n"
                       "join_time = \"5s\"\nfault_time = \"1h\"\nsettle_time = \"2m\"\n"
                       "senders = 3\nsay_every = \"250ms\"\nsay_bytes = 16\n"
                       "min_degree = 2\nmax_degree = 5\ngossip_interval = \"2s\"\n"
                       "heartbeat_interval = \"1s\"\nrebalance_interval = \"10s\"\n"
                       "ihave_timeout = \"300ms\"\nphi_threshold = 7.125\n"
                       "[[fault]]\nkind = \"one-way\"\nat = \"6s\"\nnode = 29\n"
                       "[[fault]]\nid = 9\nkind = \"loss\"\nat = \"6s\"\nend = \"7s\"\n"
                       "share = \"1/4\"\nrate = \"1/20\"\n"
                       "[[fault]]\nkind = \"slow\"\nat = \"6s\"\namount = \"3s\"\n"
                       "[[fault]]\nkind = \"flood\"\nat = \"6s\"\namount = 500\n"
                       "[expect]\nhash = \"0123456789abcdef\"\nwhy = \"so\"\n");
    const struct scenario *s = &file.scenario;
    assert_string_equal(error.message, "");
    assert_int_equal(rc, 0);
    assert_string_equal(s->name, "all of it");
    assert_true(s->seed == UINT64_MAX);
    assert_int_equal(s->nodes, 30);
    assert_int_equal(s->cable, SCENARIO_STREAM);
    assert_int_equal(s->delay_min_ms, 1);
    assert_int_equal(s->delay_max_ms, 60000);
    assert_int_equal(s->join_ms, 5000);
    assert_int_equal(s->fault_ms, 3600000);
    assert_int_equal(s->settle_ms, 120000);
    assert_int_equal(s->senders, 3);
    assert_int_equal(s->say_ms, 250);
    assert_int_equal(s->say_bytes, 16);
    assert_int_equal(s->min_degree, 2);
    assert_int_equal(s->max_degree, 5);
    assert_int_equal(s->gossip_ms, 2000);
    assert_int_equal(s->heartbeat_ms, 1000);
    assert_int_equal(s->rebalance_ms, 10000);
    assert_int_equal(s->ihave_ms, 300);
    assert_int_equal(s->phi_milli, 7125);
    assert_int_equal(s->fault_count, 4);
    assert_int_equal(s->faults[0].id, 1);
    assert_int_equal(s->faults[0].node, 29);
    assert_int_equal(s->faults[0].end_ms, 0);
    assert_int_equal(s->faults[1].id, 9);
    assert_int_equal(s->faults[1].node, SCENARIO_EVERYWHERE);
    assert_int_equal(s->faults[1].share.whole, 4);
    assert_int_equal(s->faults[1].rate.part, 1);
    assert_int_equal(s->faults[1].rate.whole, 20);
    assert_int_equal(s->faults[2].share.whole, 1); /* all, when nothing is said */
    assert_int_equal(s->faults[2].amount, 3000);
    assert_int_equal(s->faults[3].amount, 500);
    assert_true(file.has_expected);
    assert_true(file.expected_hash == UINT64_C(0x0123456789abcdef));
    assert_string_equal(file.expected_why, "so");
}

/* Written, read and written again: the same struct, the same text. */
static void expect_round_trip(const struct scenario_file *given)
{
    static struct scenario_file copy;
    struct buf first;
    struct buf second;
    copy = *given;
    buf_init(&first, SCENARIO_TOML_SIZE_MAX);
    buf_init(&second, SCENARIO_TOML_SIZE_MAX);
    assert_int_equal(scenario_toml_write(&copy, &first), 0);
    int rc = scenario_toml_read(buf_span(&first), &file, &error);
    if (rc < 0) {
        print_message("%.*s\n%u:%u: %s\n", (int)first.len, (const char *)first.ptr, error.line,
                      error.column, error.message);
    }
    assert_int_equal(rc, 0);
    assert_memory_equal(&file, &copy, sizeof file);
    assert_int_equal(scenario_toml_write(&file, &second), 0);
    assert_true(span_is_equal(buf_span(&first), buf_span(&second)));
    buf_clear(&first);
    buf_clear(&second);
}

static void all_kinds_survive_the_round_trip(void **state)
{
    static struct scenario_file given;
    struct scenario *s = &given.scenario;
    (void)state;
    memset(&given, 0, sizeof given);
    scenario_init(s);
    expect_round_trip(&given);
    memset(s->name, 0, sizeof s->name);
    memcpy(s->name, "\"a\\b\" caf\xc3\xa9", sizeof "\"a\\b\" caf\xc3\xa9");
    s->cable = SCENARIO_WHOLE;
    s->nodes = 20;
    s->seed = UINT64_MAX - 5;
    s->senders = 0;
    s->say_ms = 0;
    s->phi_milli = 8001;
    s->gossip_ms = 61000;
    for (uint32_t k = 0; k < SCENARIO_FAULT_KINDS; k++) {
        if (k == SCENARIO_LIAR || k == SCENARIO_REPLAY) {
            continue; /* no whole node does that: below */
        }
        struct scenario_fault *f = &s->faults[s->fault_count++];
        f->id = 100 - k;
        f->kind = (enum scenario_fault_kind)k;
        f->at_ms = k * 777;
        f->end_ms = k % 3 == 0 ? 0 : f->at_ms + 1;
        f->node = k % 2 == 0 ? k : SCENARIO_EVERYWHERE;
        f->share = k % 2 == 0 ? (struct scenario_ratio){1, 1} : (struct scenario_ratio){k, 40};
        f->amount = scenario_toml_has_amount(f->kind) ? k + 1 : 0;
        if (scenario_toml_has_rate(f->kind)) {
            f->rate = (struct scenario_ratio){1, k + 2};
        }
    }
    expect_round_trip(&given);
    given.has_expected = true;
    given.expected_hash = UINT64_C(0xfedcba9876543210);
    memcpy(given.expected_why, "it \"broke\": here", sizeof "it \"broke\": here");
    expect_round_trip(&given);
    s->cable = SCENARIO_MESSAGE;
    memset(&s->faults[2], 0, sizeof s->faults - 2 * sizeof s->faults[0]);
    s->fault_count = 2;
    s->faults[0].kind = SCENARIO_LIAR;
    s->faults[1].kind = SCENARIO_REPLAY;
    for (size_t k = 0; k < 2; k++) {
        s->faults[k].amount = 0;
        s->faults[k].rate = (struct scenario_ratio){0, 0};
    }
    expect_round_trip(&given);
}

static void the_longest_list_fits(void **state)
{
    static struct scenario_file given;
    struct scenario *s = &given.scenario;
    (void)state;
    memset(&given, 0, sizeof given);
    scenario_init(s);
    s->nodes = SCENARIO_NODES_MAX;
    s->fault_ms = UINT64_C(30) * 24 * 3600 * 1000;
    for (uint32_t i = 0; i < SCENARIO_FAULTS_MAX; i++) {
        s->faults[i] = (struct scenario_fault){.id = UINT32_MAX - i,
                                               .kind = SCENARIO_BANDWIDTH,
                                               .at_ms = s->fault_ms - 7 - i,
                                               .end_ms = s->fault_ms - 1,
                                               .node = SCENARIO_EVERYWHERE,
                                               .share = {UINT32_MAX - 1, UINT32_MAX},
                                               .amount = UINT32_MAX};
    }
    s->fault_count = SCENARIO_FAULTS_MAX;
    expect_round_trip(&given);
    struct buf narrow;
    buf_init(&narrow, 1000);
    assert_int_equal(scenario_toml_write(&given, &narrow), WAVU_ERR_LIMIT);
    assert_int_equal(narrow.len, 0);
    buf_clear(&narrow);
}

static const struct {
    const char *text;
    uint32_t line;
    uint32_t column;
    const char *message;
} mistakes[] = {
    {"nodes =", 1, 8,
     "a value is missing here: a string (in quotes), number, true, false, or array"},
    {"nodes = 50\n nods = 3", 2, 2, "there is no key 'nods'; did you mean nodes"},
    {"frobnicate = 3", 1, 1, "there is no key 'frobnicate'"},
    {"nodes = 1", 1, 9, "nodes takes a whole number from 2 to 200000"},
    {"nodes = \"7\"", 1, 9, "nodes takes a whole number from 2 to 200000"},
    {"nodes = -3", 1, 9, "nodes takes a whole number from 2 to 200000"},
    {"cable = \"strem\"", 1, 9, "cable takes no \"strem\"; did you mean \"stream\""},
    {"cable = \"pigeons\"", 1, 9, "cable takes \"message\", \"stream\", \"whole\""},
    {"cable = 3", 1, 9, "cable takes \"message\", \"stream\", \"whole\""},
    {"delay_min = 10", 1, 13, "delay_min takes a time from 1ms to 1m, in quotes"},
    {"join_time = \"0s\"", 1, 13, "join_time takes a time from 1ms to 720h, in quotes"},
    {"settle_time = \"5 s\"", 1, 15, "settle_time takes a time from 0s to 720h, in quotes"},
    {"phi_threshold = \"8\"", 1, 17, "phi_threshold takes a number from 1 to 100"},
    {"phi_threshold = 0.5", 1, 17, "phi_threshold takes a number from 1 to 100"},
    {"seed = -1", 1, 8, "seed takes a whole number from 0 up"},
    {"seed = \"18446744073709551616\"", 1, 8, "seed takes a whole number from 0 up"},
    {"name = \"a\\nb\"", 1, 8, "name takes a short text in quotes, without control characters"},
    {"min_degree = 0", 1, 14, "min_degree takes a whole number from 1 to 12"},
    {"nodes = 3\nsenders = 9\nsay_bytes = 20", 2, 1, "there are more senders than nodes"},
    {"delay_min = \"1s\"", 1, 1, "delays are 1 to 60000 ms, the least first"},
    {"say_bytes = 15", 1, 1, "broadcasts need an interval, and 16 to 32768 bytes"},
    {"nodes = 300\ncable = \"whole\"", 2, 1, "whole nodes are 2 to 200"},
    {"[faults]\nkind = \"loss\"", 2, 1, "there is no table 'faults'; did you mean fault"},
    {"[nothing]\nx = 1", 2, 1, "there is no table 'nothing'"},
    {"[[fault]]\nat = \"1s\"", 2, 1, "the fault number 1 has no kind"},
    {"[[fault]]\nkind = \"crash\"", 2, 1, "the fault number 1 has no at"},
    {"[[fault]]\nkind = \"cash\"", 2, 8, "kind takes no \"cash\"; did you mean \"crash\""},
    {"[[fault]]\nkind = \"crash\"\nat = \"1s\"\nwhen = 1", 4, 1,
     "there is no key of a fault 'when'"},
    {"[[fault]]\nkind = \"crash\"\nat = \"1s\"\nshre = 1", 4, 1,
     "there is no key of a fault 'shre'; did you mean share"},
    {"[[fault]]\nkind = \"crash\"\nat = \"1s\"\nrate = \"1/2\"", 4, 1,
     "the kind \"crash\" has no rate"},
    {"[[fault]]\nkind = \"crash\"\nat = \"1s\"\namount = 1", 4, 1,
     "the kind \"crash\" has no amount"},
    {"[[fault]]\nkind = \"slow\"\nat = \"1s\"\namount = 1", 4, 10,
     "amount takes a time such as 500ms, 5s, 2m, 1h or 7d, in quotes"},
    {"[[fault]]\nkind = \"flood\"\nat = \"1s\"\namount = \"1s\"", 4, 10,
     "amount takes a whole number from 0 to 4294967295"},
    {"[[fault]]\nkind = \"loss\"\nat = \"1s\"\nrate = \"3/2\"", 4, 8,
     "rate takes a part of the whole such as \"1/20\", in quotes"},
    {"[[fault]]\nkind = \"loss\"\nat = \"1s\"\nrate = 0.5", 4, 8,
     "rate takes a part of the whole such as \"1/20\", in quotes"},
    {"[[fault]]\nkind = \"loss\"\nat = \"1s\"\nshare = \"1/0\"", 4, 9,
     "share takes a part of the whole such as \"1/20\", in quotes"},
    {"[[fault]]\nkind = \"nat\"\nat = \"1s\"\nnode = 3\nshare = \"1/2\"", 5, 1,
     "a fault of one node has no share"},
    {"[[fault]]\nkind = \"nat\"\nat = \"1s\"\n[[fault]]\nkind = \"loss\"\nat = \"1s\"", 5, 1,
     "fault 2: its rate is missing"},
    {"[[fault]]\nkind = \"nat\"\nat = \"50s\"", 2, 1,
     "fault 1: it is outside the time for faults (join and fault)"},
    {"[[fault]]\nid = 2\nkind = \"nat\"\nat = \"1s\"\n[[fault]]\nkind = \"nat\"\nat = \"1s\"", 6, 1,
     "fault 2: another has the same id"},
    {"[[fault]]\nkind = \"nat\"\nat = \"1s\"\nend = \"0s\"", 4, 7,
     "end takes a time above 0s, at most 720h"},
    {"[expect]\nhash = \"12\"", 2, 8, "hash takes 16 hexadecimal digits, in quotes"},
    {"[expect]\nhsah = \"12\"", 2, 1, "there is no key of [expect] 'hsah'; did you mean hash"},
};

static void mistakes_have_a_place_and_a_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        assert_int_equal(read_text(mistakes[i].text), WAVU_ERR_INVALID);
        if (strcmp(error.message, mistakes[i].message) != 0) {
            fail_msg("'%s' gave '%s'", mistakes[i].text, error.message);
        }
        if (error.line != mistakes[i].line || error.column != mistakes[i].column) {
            fail_msg("'%s' at %u:%u", mistakes[i].text, error.line, error.column);
        }
    }
}

static void too_many_faults_are_refused(void **state)
{
    static char text[16384];
    size_t len = 0;
    (void)state;
    for (size_t i = 0; i <= SCENARIO_FAULTS_MAX; i++) {
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "[[fault]]\nkind=\"nat\"\nat=\"1s\"\n");
    }
    assert_true(len < sizeof text - 1);
    assert_int_equal(read_text(text), WAVU_ERR_LIMIT);
    assert_string_equal(error.message, "a scenario has at most 256 faults");
    assert_int_equal(error.line, 256 * 3 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_empty_text_is_the_default),     UNIT(every_key_is_read),
        UNIT(all_kinds_survive_the_round_trip), UNIT(the_longest_list_fits),
        UNIT(mistakes_have_a_place_and_a_cure), UNIT(too_many_faults_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
