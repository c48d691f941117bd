/* The node's store: opened, counted, shut so that another can have the home, and said to fail. */
#include "node/wavu_store.h"

#include "port/files.h"
#include "sim/sim.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "store/store_key.h"
#include "tests/base/unit.h"

struct home {
    struct sim *sim;
    struct sim_host *host;
    struct port *port;
    struct wavu_config config;
    struct log log;
    struct metric_set metrics;
};

static void start(struct home *h)
{
    *h = (struct home){.sim = sim_new(1)};
    h->host = sim_host_new(h->sim, NULL);
    h->port = sim_host_port(h->host);
    h->config = (struct wavu_config){.port = h->port};
    log_init(&h->log, LOG_ERROR, &h->port->random);
}

static void what_was_kept_is_there(void **state)
{
    (void)state;
    struct home h;
    struct wavu_store s = {.store = NULL};
    struct wavu_store other = {.store = NULL};
    struct buf value;
    const char *file = NULL;
    start(&h);
    assert_int_equal(wavu_store_open(&s, &h.config, &h.log, &file), 0);
    assert_null(file);
    wavu_store_count(&s, &h.metrics);
    assert_int_equal(store_put(s.store, "t", UNIT_TEXT("k"), UNIT_TEXT("v")), 0);
    assert_int_equal(wavu_store_open(&other, &h.config, &h.log, &file), WAVU_ERR_IN_USE);
    assert_string_equal(file, STORE_FILE);
    assert_null(other.store);
    wavu_store_shut(&s);
    wavu_store_shut(&s);
    assert_int_equal(wavu_store_open(&s, &h.config, &h.log, &file), 0);
    buf_init(&value, 8);
    assert_int_equal(store_get(s.store, "t", UNIT_TEXT("k"), &value), 0);
    buf_clear(&value);
    wavu_store_clear(&s);
    sim_free(h.sim);
}

static void in_memory_nothing_is_kept(void **state)
{
    (void)state;
    struct home h;
    struct wavu_store s = {.store = NULL};
    struct buf value;
    const char *file = NULL;
    start(&h);
    const struct wavu_config memory = {.port = h.port, .is_ephemeral = true};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wavu_store_open(&s, &memory, &h.log, &file), 0);
        buf_init(&value, 8);
        assert_int_equal(store_get(s.store, "t", UNIT_TEXT("k"), &value), WAVU_ERR_NOT_FOUND);
        buf_clear(&value);
        assert_int_equal(store_put(s.store, "t", UNIT_TEXT("k"), UNIT_TEXT("v")), 0);
        wavu_store_shut(&s);
    }
    sim_free(h.sim);
}

static void a_bad_key_file_is_named(void **state)
{
    (void)state;
    struct home h;
    struct wavu_store s = {.store = NULL};
    const char *file = NULL;
    start(&h);
    assert_int_equal(h.port->files->make_home(h.port), 0);
    assert_int_equal(h.port->files->create(h.port, STORE_KEY_FILE, UNIT_TEXT("x")), 0);
    assert_int_equal(wavu_store_open(&s, &h.config, &h.log, &file), WAVU_ERR_CORRUPT);
    assert_string_equal(file, STORE_KEY_FILE);
    sim_free(h.sim);
}

static void fill(struct home *h, struct wavu_store *s)
{
    const char *file = NULL;
    uint8_t value[200] = {1};
    assert_int_equal(wavu_store_open(s, &h->config, &h->log, &file), 0);
    for (uint32_t i = 0; i < 5000; i++) {
        memcpy(value, &i, sizeof i);
        assert_int_equal(
            store_put(s->store, "t", span_of(value, sizeof i), span_of(value, sizeof value)), 0);
        assert_int_equal(i % 1000 == 999 ? store_flush(s->store) : 0, 0);
    }
    wavu_store_shut(s);
}

/* All of the store is looked at, a slice a minute; a damaged page is told of, and the rest goes on.
 */
static void damage_is_found_while_it_runs(void **state)
{
    (void)state;
    struct home h;
    struct wavu_store s = {.store = NULL};
    struct buf whole;
    const char *file = NULL;
    start(&h);
    fill(&h, &s);
    assert_int_equal(wavu_store_open(&s, &h.config, &h.log, &file), 0);
    sim_run_for(h.sim, 2 * WAVU_STORE_SLICE_NS);
    assert_int_equal(s.checked.value, 0); /* it takes its time */
    sim_run_for(h.sim, 12 * WAVU_STORE_SLICE_NS);
    assert_int_equal(s.checked.value, 1);
    assert_false(s.is_damaged);
    sim_run_for(h.sim, WAVU_STORE_ROUND_NS + 16 * WAVU_STORE_SLICE_NS);
    assert_int_equal(s.checked.value, 2);
    wavu_store_shut(&s);
    buf_init(&whole, 10000000);
    assert_true(sim_files_peek(h.host, STORE_FILE, &whole));
    whole.ptr[whole.len / 4096 / 2 * 4096 + 1000] ^= 4;
    sim_files_put(h.host, STORE_FILE, buf_span(&whole));
    buf_clear(&whole);
    assert_int_equal(wavu_store_open(&s, &h.config, &h.log, &file), 0);
    sim_run_for(h.sim, 14 * WAVU_STORE_SLICE_NS);
    assert_true(s.is_damaged);
    assert_int_equal(s.damages.value, 1);
    assert_int_equal(store_put(s.store, "other", UNIT_TEXT("k"), UNIT_TEXT("v")), 0);
    assert_int_equal(store_flush(s.store), 0);
    wavu_store_shut(&s);
    sim_free(h.sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_was_kept_is_there),
        UNIT(in_memory_nothing_is_kept),
        UNIT(damage_is_found_while_it_runs),
        UNIT(a_bad_key_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
