/*
 * The outbox: numbers, verdicts, refusals, and wishes that are older than it can hold.
 */
#include "apps/rpc/outbox.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "tests/base/unit.h"
#include "wavu/os.h"

#define NOBODY "12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk"
#define WAIT_MS 20
#define TRIES 1000

static struct wavu_os *os;
static struct port *ports[2];
static struct wavu_node *nodes[2];
static char ids[2][WAVU_PEER_TEXT_MAX];
static struct outbox outbox;

static int start(void **state)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    const char *const seeds[] = {address};
    (void)state;
    memset(&outbox, 0, sizeof outbox);
    os = wavu_os_new();
    for (size_t i = 0; i < 2; i++) {
        const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = i};
        ports[i] = wavu_os_port_new(os, NULL);
        const struct wavu_config config = {.port = ports[i], .is_ephemeral = true, .mesh = &mesh};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        assert_int_equal(wavu_node_listen(nodes[i], "127.0.0.1:0"), 0);
        assert_true(wavu_node_address(nodes[i], 0, address));
        wavu_node_id(nodes[i], ids[i]);
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        wavu_node_free(nodes[i]);
        nodes[i] = NULL;
        wavu_os_port_free(ports[i]);
    }
    wavu_os_free(os);
    return 0;
}

static const char *state_of(const json_t *one)
{
    return json_string_value(json_object_get(one, "state"));
}

/* Send until it is taken: ways are known a little after the start. Returns its number. */
static uint64_t send_when_there_is_a_way(void)
{
    json_t *one = outbox_send(&outbox, nodes[0], ids[1], "hello", 5);
    for (int i = 0; i < TRIES && strcmp(state_of(one), "underway") != 0; i++) {
        json_decref(one);
        wavu_os_run(os, WAIT_MS);
        one = outbox_send(&outbox, nodes[0], ids[1], "hello", 5);
    }
    assert_string_equal(state_of(one), "underway");
    assert_string_equal(json_string_value(json_object_get(one, "peer")), ids[1]);
    assert_int_equal(json_integer_value(json_object_get(one, "withinMs")),
                     WAVU_SEND_SECONDS * 1000);
    uint64_t number = (uint64_t)json_integer_value(json_object_get(one, "number"));
    json_decref(one);
    return number;
}

static void expect_state(uint64_t number, const char *state)
{
    json_t *one = outbox_look(&outbox, number);
    for (int i = 0; i < TRIES && strcmp(state_of(one), state) != 0; i++) {
        json_decref(one);
        wavu_os_run(os, WAIT_MS);
        one = outbox_look(&outbox, number);
    }
    assert_string_equal(state_of(one), state);
    json_decref(one);
}

static void a_wish_has_a_number_and_then_a_verdict(void **state)
{
    (void)state;
    uint64_t number = send_when_there_is_a_way();
    assert_int_equal(number, 1);
    assert_null(outbox_look(&outbox, 0));
    assert_null(outbox_look(&outbox, number + 1));
    assert_null(outbox_look(&outbox, number + OUTBOX_MAX));
    expect_state(number, "delivered");
    assert_int_equal(send_when_there_is_a_way(), number + 1);
    expect_state(number + 1, "delivered");
    expect_state(number, "delivered"); /* still kept */
}

static void expect_refusal(const char *peer, size_t len, const char *state)
{
    static const char text[WAVU_SEND_MAX + 1] = "";
    json_t *one = outbox_send(&outbox, nodes[0], peer, text, len);
    assert_string_equal(state_of(one), state);
    assert_true(json_is_null(json_object_get(one, "number")));
    json_decref(one);
}

static void refusals_have_no_number(void **state)
{
    (void)state;
    expect_refusal("nobody", 1, "invalid");
    expect_refusal(NOBODY, 1, "unreachable");
    expect_refusal(NOBODY, WAVU_SEND_MAX + 1, "limit");
    assert_int_equal(outbox.last, 0);
    /* The slot of the next number waits for a verdict: it is the node's. */
    outbox.slots[1] = (struct outbox_slot){.number = 1};
    expect_refusal(ids[1], 1, "again");
}

static void those_under_way_are_told_when_the_node_goes(void **state)
{
    (void)state;
    uint64_t number = send_when_there_is_a_way();
    wavu_node_free(nodes[0]);
    nodes[0] = NULL;
    json_t *one = outbox_look(&outbox, number);
    assert_string_equal(state_of(one), "shutdown");
    json_decref(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wish_has_a_number_and_then_a_verdict, start, stop),
        cmocka_unit_test_setup_teardown(refusals_have_no_number, start, stop),
        cmocka_unit_test_setup_teardown(those_under_way_are_told_when_the_node_goes, start, stop),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
