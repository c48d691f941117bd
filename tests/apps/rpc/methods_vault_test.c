/*
 * The methods of what protects a home: wishes that they leave, and what is refused meanwhile.
 */
#include "apps/rpc/methods_vault.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/methods.h"
#include "tests/base/unit.h"

static struct methods methods;
static size_t wished;
static char answer[4096];

static void on_wish(void *context)
{
    (void)context;
    wished++;
}

static void start(void)
{
    jsonrpc_start();
    methods = (struct methods){.node = NULL};
    methods.vault.wish = on_wish;
    wished = 0;
}

/* The answer's line; WAVU_ERR_AGAIN when it waits. */
static int ask(const char *method, const char *params)
{
    const struct jsonrpc_service service = methods_service(&methods);
    struct buf out;
    char line[1024];
    (void)snprintf(line, sizeof line,
                   "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}", method,
                   params);
    buf_init(&out, sizeof answer - 1);
    int rc = jsonrpc_try(&service, span_from_text(line), &out);
    memcpy(answer, out.len > 0 ? (const char *)out.ptr : "", out.len);
    answer[out.len] = '\0';
    buf_clear(&out);
    return rc;
}

static bool says(const char *text)
{
    return strstr(answer, text) != NULL;
}

static void locking_is_wished(void **state)
{
    (void)state;
    start();
    assert_int_equal(ask("vault.lock", "{}"), 0);
    assert_true(says("only a node that was started with"));
    assert_int_equal(ask("vault.unlock", "{\"passphrase\":\"a\"}"), 0);
    assert_true(says("the node is not locked"));
    assert_int_equal(wished, 0);
    methods.vault.has_passphrase = true;
    assert_int_equal(ask("vault.lock", "{}"), 0);
    assert_true(methods.vault.wants_lock && wished == 1);
    assert_int_equal(ask("vault.state", "{\"wait\":true}"), WAVU_ERR_AGAIN);
    methods.vault.wants_lock = false;
    methods.vault.is_locked = true;
    assert_int_equal(ask("vault.state", "{\"wait\":true}"), 0);
    assert_true(says("\"isLocked\":true"));
    assert_true(says("\"backupUnixMs\":null"));
    assert_int_equal(ask("vault.unlock", "{\"passphrase\":\"\"}"), 0);
    assert_true(says("1 to 1,024 bytes"));
    assert_int_equal(ask("vault.unlock", "{\"passphrase\":\"kisima\"}"), 0);
    assert_int_equal(methods.vault.typed_len, 6);
    assert_memory_equal(methods.vault.typed, "kisima", 6);
    assert_int_equal(wished, 2);
    assert_int_equal(ask("vault.unlock", "{\"passphrase\":\"b\"}"), 0);
    assert_true(says("another passphrase is being tried"));
    assert_int_equal(ask("vault.state", "{\"wait\":true}"), WAVU_ERR_AGAIN);
    assert_int_equal(ask("node.stop", "{}"), 0);
    assert_true(says("\"pid\":"));
    assert_true(methods.vault.wants_stop);
}

/* Whatever method there is, and comes: a locked node answers a few alone. */
static void a_locked_node_answers_nothing_else(void **state)
{
    const struct jsonrpc_service service = methods_service(&methods);
    size_t open = 0;
    (void)state;
    start();
    methods.vault.is_locked = true;
    for (size_t i = 0; i < service.method_count; i++) {
        (void)!ask(service.methods[i].name, "{}");
        open += says("the node is locked") ? 0 : 1;
    }
    assert_int_equal(open, 10);
    assert_int_equal(ask("vault.backup", "{}"), 0);
    assert_true(says("-32012") && says("the node is locked; 'wavu unlock' opens it"));
}

static void commands_are_timed(void **state)
{
    (void)state;
    start();
    (void)!ask("mesh.events", "{\"after\":0}");
    assert_int_equal(methods.vault.asked_ns, 0); /* who only listens is no sign of a person */
    (void)!ask("rpc.version", "{}");
    assert_true(methods.vault.asked_ns > 0);
}

static void backups_have_numbers(void **state)
{
    (void)state;
    start();
    assert_int_equal(ask("vault.backup", "{\"path\":\"/a\"}"), 0);
    assert_true(says("this method takes"));
    assert_int_equal(ask("vault.backup", "{\"path\":\"/a\",\"passphrase\":\"b\"}"), 0);
    assert_true(says("still starting"));
    assert_int_equal(ask("vault.backupDone", "{\"backup\":1}"), 0);
    assert_true(says("of the last vault.backup"));
    methods.vault.backups = 1;
    methods.vault.is_backing = true;
    assert_int_equal(ask("vault.backupDone", "{\"backup\":1,\"wait\":true}"), WAVU_ERR_AGAIN);
    methods.vault.is_backing = false;
    methods.vault.about.messages = 7;
    assert_int_equal(ask("vault.backupDone", "{\"backup\":1,\"wait\":true}"), 0);
    assert_true(says("\"messages\":7"));
    methods.vault.backup_err = WAVU_ERR_NO_SPACE;
    assert_int_equal(ask("vault.backupDone", "{\"backup\":1}"), 0);
    assert_true(says("-32019") && says("the disk is full, so no backup was written"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(locking_is_wished),
        UNIT(a_locked_node_answers_nothing_else),
        UNIT(commands_are_timed),
        UNIT(backups_have_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
