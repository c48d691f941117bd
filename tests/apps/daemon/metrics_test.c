/*
 * The text that Prometheus reads, of a real node: every counter in it, each name lawful.
 */
#include "apps/daemon/metrics.h"

#include "tests/base/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "wavu/mesh.h"
#include "wavu/os.h"

static struct wavu_os *os;
static struct port *port;
static struct metrics m;
static struct buf page;

static int start(void **state)
{
    static const char *const seeds[] = {"192.0.2.77:9000"};
    static const struct wavu_mesh_config mesh = {
        .network = "canary-network", .seeds = seeds, .seed_count = 1};
    (void)state;
    os = wavu_os_new();
    port = wavu_os_port_new(os, NULL);
    struct wavu_config config = {.port = port, .is_ephemeral = true, .mesh = &mesh};
    m = (struct metrics){.home = "/"};
    buf_init(&page, 1024 * 1024);
    return wavu_node_new(&config, &m.node);
}

static int stop(void **state)
{
    (void)state;
    wavu_node_free(m.node);
    wavu_os_port_free(port);
    wavu_os_free(os);
    buf_clear(&page);
    return 0;
}

static const char *rendered(void)
{
    assert_int_equal(metrics_render(&m, &page), 0);
    assert_int_equal(buf_append(&page, span_of((const uint8_t *)"", 1)), 0);
    return (const char *)page.ptr;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not there", part);
    }
}

static void each_counter_is_lawful(void *context, const char *name, uint64_t value)
{
    char line[256];
    (void)value;
    if (strcmp(name, "wakeups_per_minute") == 0) {
        return; /* wavu_wakeups_per_second, a gauge */
    }
    if (metrics_help(name) == NULL) {
        fail_msg("%s has no line in metrics_rows", name);
    }
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
    size_t len = strlen(name);
    assert_true(len > 6 && strcmp(name + len - 6, "_total") == 0);
    assert_null(strstr(name, "_ms"));
    assert_null(strstr(name, "_kib"));
    (void)snprintf(line, sizeof line, "\n# TYPE wavu_%s counter\nwavu_%s ", name, name);
    has(context, line);
}

static void every_counter_of_the_node_is_there(void **state)
{
    (void)state;
    const char *text = rendered();
    wavu_node_metrics(m.node, each_counter_is_lawful, (void *)(uintptr_t)text);
}

static void how_it_stands_is_there(void **state)
{
    (void)state;
    const char *text = rendered();
    has(text, "# TYPE wavu_build_info gauge\nwavu_build_info{version=\"");
    has(text, "\nwavu_locked 0\n");
    has(text, "\nwavu_peers 0\n");
    has(text, "\nwavu_mesh_members 1\n");
    has(text, "\nwavu_mesh_seeds 1\n");
    has(text, "\nwavu_mesh_seeds_connected 0\n");
    has(text, "\nwavu_disk_failing 0\n");
    has(text, "\nwavu_store_size_bytes 0\n");
    has(text, "\nwavu_home_free_bytes ");
    has(text, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ");
    has(text, "\nprocess_resident_memory_bytes ");
    has(text, "\nprocess_open_fds ");
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void nobody_is_named(void **state)
{
    char id[WAVU_PEER_TEXT_MAX];
    (void)state;
    const char *text = rendered();
    wavu_node_id(m.node, id);
    assert_null(strstr(text, id));
    assert_null(strstr(text, "12D3"));
    assert_null(strstr(text, "canary"));
    assert_null(strstr(text, "192.0.2"));
}

static void a_locked_node_is_said_to_be(void **state)
{
    struct wavu_node *node = m.node;
    (void)state;
    m.node = NULL;
    const char *text = rendered();
    m.node = node;
    has(text, "\nwavu_locked 1\n");
    assert_null(strstr(text, "wavu_peers"));
    has(text, "process_resident_memory_bytes");
}

static void what_does_not_fit_fails(void **state)
{
    (void)state;
    buf_init(&page, 512);
    assert_int_equal(metrics_render(&m, &page), WAVU_ERR_LIMIT);
    assert_true(page.len <= 512);
}

#define NODE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(every_counter_of_the_node_is_there),
        NODE(how_it_stands_is_there),
        NODE(nobody_is_named),
        NODE(a_locked_node_is_said_to_be),
        NODE(what_does_not_fit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
