/*
 * The feed: numbers, what is kept, what is lost.
 */
#include "apps/rpc/feed.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "base/mem.h"
#include "tests/base/unit.h"
#include "wavu/rooms.h"

static struct feed feed;

/* As jansson was told to. */
static void free_text(char *text)
{
    json_free_t free_one = NULL;
    json_get_alloc_funcs(NULL, &free_one);
    free_one(text);
}

static void say(const char *text, size_t len)
{
    struct wavu_mesh_event event = {.kind = WAVU_MESH_MESSAGE,
                                    .peer = "peer",
                                    .data = (const uint8_t *)text,
                                    .len = len,
                                    .hops = 2,
                                    .key = "",
                                    .text = "",
                                    .word = ""};
    feed_add(&feed, &event, 1234567890123);
}

static void what_was_sent_to_us_is_told_apart(void **state)
{
    struct wavu_mesh_event event = {.kind = WAVU_MESH_UNICAST,
                                    .peer = "peer",
                                    .data = (const uint8_t *)"psst",
                                    .len = 4,
                                    .hops = 3,
                                    .key = "",
                                    .text = "",
                                    .word = ""};
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    feed_add(&feed, &event, 1234567890123);
    event.data = NULL;
    event.len = 0;
    feed_add(&feed, &event, 1234567890123);
    json_t *result = feed_since(&feed, 0);
    const json_t *events = json_object_get(result, "events");
    const json_t *one = json_array_get(events, 0);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "unicast");
    assert_string_equal(json_string_value(json_object_get(one, "text")), "psst");
    assert_int_equal(json_integer_value(json_object_get(one, "hops")), 3);
    assert_true(json_integer_value(json_object_get(one, "unixMs")) == 1234567890123);
    one = json_array_get(events, 1);
    assert_string_equal(json_string_value(json_object_get(one, "text")), "");
    json_decref(result);
    feed_clear(&feed);
}

static void direct_chats_are_told(void **state)
{
    const struct wavu_message message = {.kind = "text", .text = "habari yako", .text_len = 6};
    struct wavu_direct_event event = {.kind = WAVU_DIRECT_MESSAGE,
                                      .network = "n",
                                      .member = "m",
                                      .message = &message,
                                      .id = "i",
                                      .state = "",
                                      .holder = ""};
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    feed_add_direct(&feed, &event, 5);
    event = (struct wavu_direct_event){.kind = WAVU_DIRECT_STATE,
                                       .network = "n",
                                       .member = "m",
                                       .id = "i",
                                       .state = "stored",
                                       .holder = "h"};
    feed_add_direct(&feed, &event, 6);
    json_t *result = feed_since(&feed, 0);
    const json_t *events = json_object_get(result, "events");
    const json_t *one = json_array_get(events, 0);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "direct");
    assert_string_equal(json_string_value(json_object_get(one, "text")), "habari");
    assert_string_equal(json_string_value(json_object_get(one, "member")), "m");
    assert_null(json_object_get(one, "state"));
    one = json_array_get(events, 1);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "directState");
    assert_string_equal(json_string_value(json_object_get(one, "state")), "stored");
    assert_string_equal(json_string_value(json_object_get(one, "holder")), "h");
    assert_null(json_object_get(one, "text"));
    json_decref(result);
    feed_clear(&feed);
}

static void rooms_are_told(void **state)
{
    static const char mentions[][WAVU_KEY_TEXT_MAX] = {"m", "b"};
    const struct wavu_message message = {.id = "i",
                                         .author = "m",
                                         .nick = "Amina",
                                         .shown = "Amina#3f9c",
                                         .kind = "text",
                                         .about = "o",
                                         .text = "habari yako",
                                         .text_len = 6,
                                         .mentions = mentions,
                                         .mention_count = 2,
                                         .is_mentioned = true,
                                         .is_own = true};
    struct wavu_chat_event event = {.kind = WAVU_CHAT_MESSAGE,
                                    .network = "n",
                                    .room = "r",
                                    .message = &message,
                                    .author = "",
                                    .id = ""};
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    feed_add_chat(&feed, &event, 5);
    event.kind = WAVU_CHAT_CHANGED;
    feed_add_chat(&feed, &event, 6);
    event = (struct wavu_chat_event){
        .kind = WAVU_CHAT_HAS, .network = "n", .room = "r", .author = "a", .id = "i"};
    feed_add_chat(&feed, &event, 7);
    event = (struct wavu_chat_event){
        .kind = WAVU_CHAT_READY, .network = "n", .room = "", .author = "", .id = ""};
    feed_add_chat(&feed, &event, 8); /* not of the feed */
    json_t *result = feed_since(&feed, 0);
    json_t *events = json_object_get(result, "events");
    assert_int_equal(json_array_size(events), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(events, 1), "event")),
                        "saidChanged");
    assert_int_equal(json_array_remove(events, 1), 0);
    char *text = json_dumps(events, JSON_COMPACT);
    assert_string_equal(
        text, "[{\"number\":1,\"unixMs\":5,\"event\":\"said\",\"network\":\"n\",\"room\":\"r\","
              "\"id\":\"i\","
              "\"author\":\"m\",\"nick\":\"Amina\",\"shown\":\"Amina#3f9c\",\"kind\":\"text\","
              "\"isOwn\":true,\"isGone\":false,\"isHidden\":false,\"isBlocked\":false,"
              "\"about\":\"o\",\"text\":\"habari\","
              "\"mentions\":[\"m\",\"b\"],\"isMentioned\":true},"
              "{\"number\":3,\"unixMs\":7,\"event\":\"has\",\"network\":\"n\",\"room\":\"r\","
              "\"author\":\"a\",\"id\":\"i\"}]");
    free_text(text);
    json_decref(result);
    feed_clear(&feed);
}

static void who_is_barred_is_told_with_how_long(void **state)
{
    struct wavu_mesh_event event = {.kind = WAVU_MESH_BARRED,
                                    .peer = "peer",
                                    .key = "",
                                    .text = "",
                                    .word = "",
                                    .wait_ms = 60000};
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    feed_add(&feed, &event, 0);
    json_t *result = feed_since(&feed, 0);
    char *text = json_dumps(json_object_get(result, "events"), JSON_COMPACT);
    assert_string_equal(
        text,
        "[{\"number\":1,\"unixMs\":0,\"event\":\"barred\",\"peer\":\"peer\",\"forMs\":60000}]");
    free_text(text);
    json_decref(result);
    feed_clear(&feed);
}

static json_int_t number_at(const json_t *result, const char *key)
{
    return json_integer_value(json_object_get(result, key));
}

static void what_is_new_is_given_once(void **state)
{
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    say("one", 3);
    say("t\0o\xff", 4);
    json_t *result = feed_since(&feed, 0);
    const json_t *events = json_object_get(result, "events");
    assert_int_equal(json_array_size(events), 2);
    assert_int_equal(number_at(json_array_get(events, 0), "number"), 1);
    assert_int_equal(number_at(json_array_get(events, 0), "hops"), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(events, 1), "text")),
                        "t o\xef\xbf\xbd");
    assert_int_equal(number_at(result, "next"), 3);
    assert_int_equal(number_at(result, "lost"), 0);
    json_decref(result);
    result = feed_since(&feed, 2);
    assert_int_equal(json_array_size(json_object_get(result, "events")), 0);
    assert_int_equal(number_at(result, "next"), 3);
    json_decref(result);
    feed_clear(&feed);
}

static void old_ones_go_and_are_counted(void **state)
{
    static char big[WAVU_BROADCAST_MAX];
    (void)state;
    memset(big, 'x', sizeof big);
    feed_init(&feed);
    for (size_t i = 0; i < FEED_EVENTS_MAX + 10; i++) {
        say("x", 1);
    }
    json_t *result = feed_since(&feed, 5);
    assert_int_equal(number_at(result, "lost"), 5);
    assert_int_equal(number_at(json_array_get(json_object_get(result, "events"), 0), "number"), 11);
    json_decref(result);
    for (size_t i = 0; i < 100; i++) {
        say(big, sizeof big);
    }
    assert_true(feed.bytes <= FEED_BYTES_MAX);
    assert_true(feed.next - feed.first <= FEED_BYTES_MAX / sizeof big);
    assert_true(feed.next - feed.first >= FEED_BYTES_MAX / sizeof big - 1);
    feed_clear(&feed);
    assert_int_equal(feed.bytes, 0);
}

/* What a message mentions is bounded with its text: 64 ids are 4 KiB. */
static void mentions_count_as_text(void **state)
{
    static const char mentions[WAVU_MENTIONS_MAX][WAVU_KEY_TEXT_MAX] = {"m"};
    const struct wavu_message message = {.id = "i",
                                         .author = "m",
                                         .nick = "",
                                         .shown = "m",
                                         .kind = "text",
                                         .text = "a",
                                         .text_len = 1,
                                         .mentions = mentions,
                                         .mention_count = WAVU_MENTIONS_MAX};
    const struct wavu_chat_event event = {.kind = WAVU_CHAT_MESSAGE,
                                          .network = "n",
                                          .room = "r",
                                          .message = &message,
                                          .author = "",
                                          .id = ""};
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    for (size_t i = 0; i < FEED_EVENTS_MAX; i++) {
        feed_add_chat(&feed, &event, 5);
    }
    assert_true(feed.next - feed.first <= FEED_BYTES_MAX / sizeof mentions);
    feed_clear(&feed);
    assert_int_equal(feed.bytes, 0);
}

static void what_happens_to_members_is_told(void **state)
{
    struct wavu_members_event event = {.kind = WAVU_MEMBERS_CODE_CLOSED,
                                       .network = "aa",
                                       .name = "Amina",
                                       .word = "used",
                                       .left = 1,
                                       .err = WAVU_ERR_CRYPTO};
    (void)state;
    jsonrpc_start();
    feed_init(&feed);
    feed_add_members(&feed, &event, 5);
    event.kind = WAVU_MEMBERS_JOIN_FAILED;
    event.network = "";
    event.name = "\xff\x1b";
    feed_add_members(&feed, &event, 5);
    event.kind = WAVU_MEMBERS_CHANGED;
    feed_add_members(&feed, &event, 5);
    event.kind = WAVU_MEMBERS_DENIED;
    feed_add_members(&feed, &event, 5);
    event.kind = WAVU_MEMBERS_LET_IN;
    feed_add_members(&feed, &event, 5);
    json_t *result = feed_since(&feed, 0);
    const json_t *events = json_object_get(result, "events");
    const json_t *one = json_array_get(events, 0);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "codeClosed");
    assert_string_equal(json_string_value(json_object_get(one, "network")), "aa");
    assert_string_equal(json_string_value(json_object_get(one, "name")), "Amina");
    assert_string_equal(json_string_value(json_object_get(one, "reason")), "used");
    assert_null(json_object_get(one, "left"));
    assert_null(json_object_get(one, "error"));
    one = json_array_get(events, 1);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "joinFailed");
    assert_null(json_object_get(one, "network"));
    assert_string_equal(json_string_value(json_object_get(one, "name")), "\xef\xbf\xbd\x1b");
    assert_string_equal(json_string_value(json_object_get(one, "error")), "crypto");
    assert_int_equal(json_integer_value(json_object_get(one, "left")), 1);
    one = json_array_get(events, 2);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "members");
    assert_int_equal(json_integer_value(json_object_get(one, "number")), 3);
    one = json_array_get(events, 3);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "denied");
    one = json_array_get(events, 4);
    assert_string_equal(json_string_value(json_object_get(one, "event")), "letIn");
    json_decref(result);
    feed_clear(&feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_was_sent_to_us_is_told_apart),
        UNIT(rooms_are_told),
        UNIT(direct_chats_are_told),
        UNIT(who_is_barred_is_told_with_how_long),
        UNIT(what_happens_to_members_is_told),
        UNIT(what_is_new_is_given_once),
        UNIT(old_ones_go_and_are_counted),
        UNIT(mentions_count_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
