/*
 * Modules come in, are measured and looked at: those that say something wrong of themselves, that
 * are slow, that answer nonsense; files for real, on a simulated node.
 */
#include "node/wavu_modules.h"

#include "os/libs.h"
#include "tests/node/homes.h"
#include "tests/support/module_files.h"

static struct homes h;
static char why[WAVU_MODULE_WHY_MAX];

/* What the made-up module was asked, and answers. */
static struct {
    int64_t answer;
    size_t begun;
    size_t ended;
    int init;
    const struct wavu_module_host *host;
    char argument[64];
    uint64_t now_ns;  /* of slow_ns */
    uint64_t step_ns; /* it takes so long */
} made;

static int init(const struct wavu_module_host *host, void **state, char *said)
{
    made.begun++;
    made.host = host;
    *state = &made;
    (void)snprintf(made.argument, sizeof made.argument, "%s", host->argument);
    (void)snprintf(said, WAVU_MODULE_WHY_MAX, "not today");
    return made.init;
}

static void fini(void *state)
{
    assert_ptr_equal(state, &made);
    made.ended++;
}

static int64_t cost(void *state, const struct wavu_module_link *link)
{
    assert_ptr_equal(state, &made);
    assert_int_equal(link->size, sizeof *link);
    return made.answer;
}

static int incoming(void *state, const struct wavu_module_message *message)
{
    assert_ptr_equal(state, &made);
    assert_int_equal(message->size, sizeof *message);
    return (int)made.answer;
}

static const struct wavu_module_metric metric = {.size = sizeof metric, .cost = cost};
static const struct wavu_module_filter filter = {.size = sizeof filter, .incoming = incoming};
static const struct wavu_module good = {.size = sizeof good,
                                        .magic = WAVU_MODULE_MAGIC,
                                        .abi_major = WAVU_MODULE_ABI_MAJOR,
                                        .name = "made-up",
                                        .version = "0.9-b",
                                        .init = init,
                                        .fini = fini,
                                        .filter = &filter};

static int start(void **state)
{
    (void)state;
    memset(&made, 0, sizeof made);
    homes_make(&h, 5, 1);
    homes_start(&h, 0, false);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    homes_stop(&h, 0);
    sim_free(h.sim);
    assert_int_equal(made.begun - (made.init != 0 ? 1 : 0), made.ended);
    return 0;
}

static int add(const struct wavu_module *module)
{
    why[0] = '\0';
    int rc = wavu_module_add(h.nodes[0], module, NULL, why);
    assert_true((rc == 0) == (why[0] == '\0'));
    return rc;
}

struct listed {
    size_t count;
    struct wavu_module_about last;
};

static void on_one(void *context, const struct wavu_module_about *about)
{
    struct listed *l = context;
    l->count++;
    l->last = *about;
}

static struct listed list(void)
{
    struct listed l = {.count = 0};
    wavu_module_list(h.nodes[0], on_one, &l);
    return l;
}

static struct wavu_modules_seen look(void)
{
    struct wavu_module_message message = {.kind = "text", .text = "habari", .text_len = 6};
    return wavu_modules_look(h.nodes[0]->modules, &message);
}

static void there_are_none_at_first(void **state)
{
    (void)state;
    assert_null(h.nodes[0]->modules);
    assert_int_equal(list().count, 0);
    assert_string_equal(look().filter, "");
    assert_string_equal(wavu_module_refusal(h.nodes[0]), "");
    assert_int_equal(wavu_module_off(h.nodes[0], "made-up"), WAVU_ERR_NOT_FOUND);
    assert_null(wavu_modules_metric(h.nodes[0]->modules));
}

static void a_module_has_its_host(void **state)
{
    (void)state;
    assert_int_equal(wavu_module_add(h.nodes[0], &good, "words here", why), 0);
    assert_int_equal(made.begun, 1);
    assert_string_equal(made.argument, "words here");
    assert_int_equal(made.host->abi_major, WAVU_MODULE_ABI_MAJOR);
    assert_int_equal(made.host->size, sizeof *made.host);
    assert_true(made.host->now_ns(made.host->self) == sim_host_port(h.hosts[0])->turn.now_ns);
    made.host->count(made.host->self, 2, 40);
    made.host->count(made.host->self, 2, 2);
    made.host->count(made.host->self, WAVU_MODULE_COUNTERS, 7); /* there is no such */
    made.host->log(made.host->self, WAVU_LOG_INFO, "two\nlines");
    made.answer = WAVU_MODULE_MARK;
    assert_string_equal(look().filter, "made-up");
    struct listed l = list();
    assert_int_equal(l.count, 1);
    assert_string_equal(l.last.name, "made-up");
    assert_string_equal(l.last.version, "0.9-b");
    assert_string_equal(l.last.file, "");
    assert_true(l.last.is_filter && !l.last.is_metric && !l.last.is_cipher && !l.last.is_off);
    assert_int_equal(l.last.calls, 1);
    assert_int_equal(l.last.counters[2], 42);
}

static void what_is_said_wrongly_is_refused(void **state)
{
    static const struct wavu_module_filter empty = {.size = sizeof empty};
    static const struct wavu_module_filter cut = {.size = sizeof cut - 8, .incoming = incoming};
    struct wavu_module m = good;
    (void)state;
    assert_int_equal(add(NULL), WAVU_ERR_INVALID);
    m.magic++;
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    assert_string_equal(why, "it is no module of wavu's");
    m = good;
    m.abi_major = 2;
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    assert_non_null(strstr(why, "version 2 of the interface, and this node has 1"));
    const char *const names[] = {NULL, "", "Made", "a b", "abcdefghijklmnopqrstuvwxyz-0123456"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        m = good;
        m.name = names[i];
        assert_int_equal(add(&m), WAVU_ERR_INVALID);
        m = good;
        m.version = i == 2 ? "1\n" : names[i];
        assert_int_equal(add(&m), WAVU_ERR_INVALID);
    }
    m = good;
    m.size = offsetof(struct wavu_module, cipher);
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    m.size = 1 << 20;
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    m = good;
    m.filter = NULL;
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    assert_string_equal(why, "it does nothing: it has no table");
    m.filter = &empty;
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    m.filter = &cut;
    assert_int_equal(add(&m), WAVU_ERR_INVALID);
    assert_int_equal(list().count, 0);
    assert_int_equal(made.begun, 0);
}

static void one_that_cannot_begin_says_why(void **state)
{
    (void)state;
    made.init = -1;
    assert_int_equal(add(&good), WAVU_ERR_DENIED);
    assert_string_equal(why, "it says: not today");
    assert_int_equal(list().count, 0);
}

static void there_is_a_place_for_each(void **state)
{
    char names[WAVU_MODULES_MAX][8];
    struct wavu_module m = good;
    struct wavu_module ways = good;
    (void)state;
    assert_int_equal(add(&good), 0);
    assert_int_equal(add(&good), WAVU_ERR_EXISTS);
    ways.name = "ways";
    ways.metric = &metric;
    assert_int_equal(add(&ways), 0);
    ways.name = "other-ways";
    assert_int_equal(add(&ways), WAVU_ERR_EXISTS);
    assert_string_equal(why, "another module says what ways cost already");
    for (size_t i = 2; i < WAVU_MODULES_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "m%zu", i);
        m.name = names[i];
        assert_int_equal(add(&m), 0);
    }
    m.name = "more";
    assert_int_equal(add(&m), WAVU_ERR_LIMIT);
    char longest[WAVU_MODULES_ARGUMENT_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    homes_stop(&h, 0);
    homes_start(&h, 0, false);
    assert_int_equal(wavu_module_add(h.nodes[0], &good, longest, why), WAVU_ERR_LIMIT);
    longest[sizeof longest - 2] = '\0';
    assert_int_equal(wavu_module_add(h.nodes[0], &good, longest, why), 0);
}

static void nonsense_is_none_and_then_nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(add(&good), 0);
    made.answer = 3; /* there is no such verdict */
    for (size_t i = 0; i < WAVU_MODULES_STRIKES_MAX; i++) {
        assert_string_equal(look().filter, "");
        assert_false(list().last.is_off);
    }
    assert_string_equal(look().filter, "");
    struct listed l = list();
    assert_true(l.last.is_off);
    assert_string_equal(l.last.why_off, "bad answers");
    assert_int_equal(l.last.bad, WAVU_MODULES_STRIKES_MAX + 1);
    made.answer = WAVU_MODULE_HIDE;
    assert_false(look().is_hidden);
    assert_int_equal(list().last.calls, WAVU_MODULES_STRIKES_MAX + 1); /* not asked */
}

static void a_mistake_now_and_then_is_forgiven(void **state)
{
    (void)state;
    assert_int_equal(add(&good), 0);
    made.answer = -1;
    for (size_t i = 0; i < 5 * WAVU_MODULES_STRIKES_MAX; i++) {
        (void)look();
        sim_run_for(h.sim, WAVU_MODULES_FORGIVE_NS);
    }
    assert_false(list().last.is_off);
    for (size_t i = 0; i < WAVU_MODULES_STRIKES_MAX; i++) {
        (void)look();
    }
    assert_false(list().last.is_off);
    sim_run_for(h.sim, WAVU_MODULES_FORGIVE_NS - 1);
    (void)look();
    assert_true(list().last.is_off); /* none of these was forgiven yet */
}

static uint64_t slow_ns(struct port *port)
{
    (void)port;
    made.now_ns += made.step_ns;
    return made.now_ns;
}

static void one_that_is_slow_is_asked_no_more(void **state)
{
    (void)state;
    struct port *port = sim_host_port(h.hosts[0]);
    assert_int_equal(add(&good), 0);
    uint64_t (*before)(struct port *) = port->precise_ns;
    port->precise_ns = slow_ns;
    made.step_ns = WAVU_MODULES_CALL_NS;
    for (size_t i = 0; i < 100; i++) {
        (void)look();
    }
    assert_int_equal(list().last.slow, 0); /* just within it */
    assert_int_equal(list().last.longest_us, WAVU_MODULES_CALL_NS / TIMERS_US);
    made.step_ns++;
    made.answer = WAVU_MODULE_HIDE;
    for (size_t i = 0; i <= WAVU_MODULES_STRIKES_MAX; i++) {
        assert_true(look().is_hidden); /* what it says counts as long as it is asked */
    }
    assert_false(look().is_hidden);
    port->precise_ns = before;
    assert_string_equal(list().last.why_off, "slow");
    assert_int_equal(list().last.slow, WAVU_MODULES_STRIKES_MAX + 1);
}

static void one_can_be_switched_off(void **state)
{
    (void)state;
    assert_int_equal(add(&good), 0);
    made.answer = WAVU_MODULE_HIDE;
    assert_true(look().is_hidden);
    assert_int_equal(wavu_module_off(h.nodes[0], "made-up"), 0);
    assert_int_equal(wavu_module_off(h.nodes[0], "made-up"), 0);
    assert_false(look().is_hidden);
    assert_string_equal(list().last.why_off, "wished");
    assert_int_equal(made.ended, 0); /* its code stays until the node ends */
}

/* Files. */

static struct module_files files;

static int load(const char *name, const char *argument)
{
    why[0] = '\0';
    int rc = wavu_module_load(h.nodes[0], module_files_copy(&files, name), argument, why);
    assert_true((rc == 0) == (why[0] == '\0'));
    return rc;
}

static void files_are_loaded(void **state)
{
    (void)state;
    module_files_make(&files);
    assert_int_equal(load("odd_good", NULL), WAVU_ERR_UNSUPPORTED); /* the simulator has no files */
    sim_host_port(h.hosts[0])->libs = &libs_dl;
    assert_int_equal(load("odd_no_entry", NULL), WAVU_ERR_INVALID);
    assert_int_equal(load("odd_major", NULL), WAVU_ERR_INVALID);
    assert_non_null(strstr(why, "version 2 of the interface"));
    assert_int_equal(load("odd_init", NULL), WAVU_ERR_DENIED);
    assert_string_equal(why, "it says: the moon is not full");
    assert_int_equal(load("odd_good", NULL), 0); /* of a later minor */
    assert_string_equal(list().last.file, files.path);
    assert_int_equal(load("odd_good", NULL), WAVU_ERR_EXISTS);
    assert_int_equal(load("cipher_ascon", NULL), WAVU_ERR_DENIED);
    assert_non_null(strstr(why, "test networks only"));
    assert_int_equal(load("filter_words", "/nowhere/words.txt"), WAVU_ERR_DENIED);
    assert_string_equal(why, "it says: the argument is a file with words, and it cannot be read");
    homes_stop(&h, 0);
    homes_start(&h, 0, false);
    assert_int_equal(load("metric_slow", "soon"), WAVU_ERR_DENIED);
    assert_int_equal(load("metric_slow", "20"), 0);
    assert_true(list().last.is_metric);
    module_files_remove(&files);
}

#define MODULES_UNIT(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODULES_UNIT(there_are_none_at_first),
        MODULES_UNIT(a_module_has_its_host),
        MODULES_UNIT(what_is_said_wrongly_is_refused),
        MODULES_UNIT(one_that_cannot_begin_says_why),
        MODULES_UNIT(there_is_a_place_for_each),
        MODULES_UNIT(nonsense_is_none_and_then_nobody_asks),
        MODULES_UNIT(a_mistake_now_and_then_is_forgiven),
        MODULES_UNIT(one_that_is_slow_is_asked_no_more),
        MODULES_UNIT(one_can_be_switched_off),
        MODULES_UNIT(files_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
