/*
 * A command's own node: what it is made from, and what is said when that fails.
 */
#include "apps/wavu/own_node.h"

#include "tests/apps/wavu/program.h"

#include "apps/term/say.h"

static void opens_and_closes(void **state)
{
    struct own_node own = {NULL, NULL, NULL};
    struct own_node_wish wish = {.log_level = WAVU_LOG_ERROR};
    char id[WAVU_PEER_TEXT_MAX];
    (void)state;
    assert_int_equal(own_node_open(&own, &wish), 0);
    wavu_node_id(own.node, id);
    assert_memory_equal(id, "12D3KooW", 8);
    own_node_close(&own, 1000, NULL);
    assert_null(own.node);
    own_node_close(&own, 1000, NULL);
    own_node_clear(&own);
    assert_null(own.os);
    own_node_clear(&own);
}

static void a_home_keeps_the_identity(void **state)
{
    struct own_node_wish wish = {.home = program_home, .log_level = WAVU_LOG_ERROR};
    char ids[3][WAVU_PEER_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct own_node own = {NULL, NULL, NULL};
        wish.is_ephemeral = i == 2;
        assert_int_equal(own_node_open(&own, &wish), 0);
        wavu_node_id(own.node, ids[i]);
        own_node_clear(&own);
    }
    assert_string_equal(ids[0], ids[1]);
    assert_string_not_equal(ids[0], ids[2]);
}

static void expect_psk(const char *path, int code)
{
    struct own_node own = {NULL, NULL, NULL};
    struct own_node_wish wish = {.psk_path = path, .log_level = WAVU_LOG_ERROR};
    assert_int_equal(own_node_open(&own, &wish), code);
    own_node_clear(&own);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void)fclose(file);
}

static void bad_key_files_are_no_open_network(void **state)
{
    char path[128];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/file", program_home);
    expect_psk(path, SAY_NOT_FOUND);
    expect_psk(program_home, SAY_FAILURE);
    expect_psk("/dev/zero", SAY_FAILURE);
    expect_psk("/dev/null", SAY_FAILURE);
    write_file(path, "nonsense");
    expect_psk(path, SAY_FAILURE);
    write_file(path, "/key/swarm/psk/1.0.0/\n/base16/\n"
                     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    expect_psk(path, SAY_OK);
}

static void addresses_are_checked_before_they_are_dialled(void **state)
{
    (void)state;
    assert_int_equal(own_node_check_address("127.0.0.1:1"), 0);
    assert_int_equal(own_node_check_address("/ip4/127.0.0.1/udp/1"), 0);
    assert_int_equal(own_node_check_address("nonsense"), SAY_USAGE);
    assert_int_equal(own_node_check_address(""), SAY_USAGE);
    assert_int_equal(own_node_check_dial("node.example:9000"), 0);
    assert_int_equal(own_node_check_dial("/dns6/node.example/tcp/9000"), 0);
    assert_int_equal(own_node_check_dial("[::1]:9000"), 0);
    assert_int_equal(own_node_check_dial("/ip4/127.0.0.1/udp/1"), SAY_USAGE);
    assert_int_equal(own_node_check_dial("/ip4/127.0.0.1/tcp/1/ws"), SAY_USAGE);
    assert_int_equal(own_node_check_dial("nonsense"), SAY_USAGE);
}

static void every_failure_has_an_exit_code(void **state)
{
    (void)state;
    assert_int_equal(own_node_explain("a:1", WAVU_ERR_INVALID), SAY_USAGE);
    assert_int_equal(own_node_explain("a:1", WAVU_ERR_NOT_FOUND), SAY_NOT_FOUND);
    assert_int_equal(own_node_explain("a:1", WAVU_ERR_TIMEOUT), SAY_TIMEOUT);
    assert_int_equal(own_node_explain("a:1", WAVU_ERR_DENIED), SAY_DENIED);
    for (int err = -1; err > -30; err--) {
        assert_int_not_equal(own_node_explain("a:1", err), SAY_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(opens_and_closes),
        PROGRAM(a_home_keeps_the_identity),
        PROGRAM(bad_key_files_are_no_open_network),
        UNIT(addresses_are_checked_before_they_are_dialled),
        UNIT(every_failure_has_an_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
