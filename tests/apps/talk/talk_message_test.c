/*
 * Messages of JSON: whole ones, empty ones, and what makes two look alike.
 */
#include "apps/talk/talk_message.h"

#include "tests/base/unit.h"

#include <jansson.h>

#include "apps/rpc/jsonrpc.h"

static struct talk_message *made(const char *json)
{
    json_t *one = json_loads(json, 0, NULL);
    assert_non_null(one);
    struct talk_message *m = talk_message_new(one);
    json_decref(one);
    return m;
}

#define WHOLE                                                                                      \
    "{\"id\":\"a1\",\"author\":\"b2\",\"nick\":\"Amina\",\"shown\":\"A\\u001bm\",\"kind\":"        \
    "\"text\",\"text\":\"ha\\u001bpa\",\"number\":7,\"unixMs\":9,\"state\":\"sent\",\"isOwn\":"    \
    "true,\"isEdited\":true,\"reactions\":[{\"emoji\":\"x\",\"count\":2,\"isOwn\":true},"          \
    "{\"emoji\":\"y\",\"count\":1}]"

static void fields_are_read(void **state)
{
    (void)state;
    struct talk_message *m = made(WHOLE "}");
    assert_string_equal(m->id, "a1");
    assert_string_equal(m->name, "A?m");
    assert_string_equal(m->text, "ha\x1bpa"); /* as its author wrote it */
    assert_int_equal(m->number, 7);
    assert_string_equal(m->state, "sent");
    assert_int_equal(m->reaction_count, 2);
    assert_int_equal(m->reactions[0].count, 2);
    assert_true(m->reactions[0].is_own && m->is_own && m->is_edited && !m->is_gone);
    assert_true(talk_message_size(m) > sizeof *m + 5);
    assert_string_equal(m->filter, "");
    talk_message_free(m);
    m = made(WHOLE ",\"filter\":\"words\",\"isFiltered\":true}");
    assert_string_equal(m->filter, "words");
    assert_true(m->is_filtered);
    talk_message_free(m);
    m = made("{\"isOwn\":true,\"shown\":\"ab12cd34\"}");
    assert_string_equal(m->name, "you");
    talk_message_free(m);
    m = made("{\"id\":[],\"text\":7,\"reactions\":{\"a\":1},\"number\":-3}");
    assert_string_equal(m->id, "");
    assert_string_equal(m->text, "");
    assert_int_equal(m->number, 0);
    assert_int_equal(m->reaction_count, 0);
    talk_message_free(m);
    talk_message_free(NULL);
}

static void looks_are_compared(void **state)
{
    (void)state;
    static const char *const others[] = {WHOLE ",\"isGone\":true}", WHOLE ",\"receipts\":1}",
                                         WHOLE ",\"holder\":\"c\"}", "{\"id\":\"a1\"}"};
    struct talk_message *m = made(WHOLE "}");
    struct talk_message *same = made(WHOLE "}");
    same->revision = 5;
    assert_true(talk_message_is_same(m, same));
    same->reactions[1].count = 9;
    assert_false(talk_message_is_same(m, same));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct talk_message *other = made(others[i]);
        assert_false(talk_message_is_same(m, other));
        talk_message_free(other);
    }
    talk_message_free(m);
    talk_message_free(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(looks_are_compared),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
