/*
 * A node that the tests of the talk script: behind a real control socket, in the test's own
 * process, one network with rooms and direct chats of any length, and events that the test makes.
 * What it answers has the shape of docs/protocol/control.md.
 */
#ifndef TESTS_APPS_TALK_NODE_H
#define TESTS_APPS_TALK_NODE_H

#include "tests/base/unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/rpc/rpc_server.h"
#include "apps/talk/talk.h"
#include "apps/talk/talk_people.h"
#include "apps/talk/talk_window.h"
#include "base/mem.h"
#include "tests/apps/talk/node_methods.h"
#include "wavu/os.h"

/* What the talk told. */
struct node_told {
    int ready;
    int down;
    int said;
    int told;
    char line[TALK_LINE_MAX];
    char text[256]; /* the last that was said */
    enum talk_tone tone;
};

static struct node_told told;
static struct talk *the_talk;
static struct wavu_os *node_os;
static struct rpc_server *node_server;
static char node_folder[64];
static char node_path[96];
static uint64_t node_now_ms;
static size_t node_blocks; /* allocations before the test */

static inline void node_on_said(void *context, const struct talk_said *said)
{
    (void)context;
    told.said++;
    (void)snprintf(told.text, sizeof told.text, "%s: %s", said->name, said->text);
}

static inline void node_on_told(void *context, enum talk_tone tone, struct talk_chat *chat,
                                const char *line)
{
    (void)context;
    (void)chat;
    told.told++;
    told.tone = tone;
    (void)snprintf(told.line, sizeof told.line, "%s", line);
}

static inline void node_on_ready(void *context)
{
    (void)context;
    told.ready++;
}

static inline void node_on_down(void *context, int err)
{
    (void)context;
    assert_true(err < 0);
    told.down++;
}

static const struct talk_user node_user = {
    .said = node_on_said, .told = node_on_told, .ready = node_on_ready, .down = node_on_down};

static inline void node_listen(void)
{
    const struct jsonrpc_service service = {
        .methods = node_methods, .method_count = sizeof node_methods / sizeof node_methods[0]};
    assert_int_equal(rpc_server_open(node_os, node_path, service, &node_server), 0);
}

/* One round of both. */
static inline void node_turn(void)
{
    wavu_os_run(node_os, 1);
    if (talk_is_up(the_talk)) {
        (void)!talk_pump(the_talk, node_now_ms);
    }
}

/* Until nothing is under way and nothing is due. */
static inline void node_settle(void)
{
    for (int quiet = 0, rounds = 0; quiet < 3 && talk_is_up(the_talk); rounds++) {
        assert_true(rounds < 100000);
        node_turn();
        quiet = talk_silent_ms(the_talk, node_now_ms + 1) == 0 &&
                        talk_wait_ms(the_talk, node_now_ms) != 0
                    ? quiet + 1
                    : 0;
    }
}

/* Also what is due after a while. */
static inline void node_later(void)
{
    node_now_ms += 60 * TALK_FRESH_MS;
    node_settle();
}

static inline int node_start(void **state)
{
    (void)state;
    jsonrpc_start();
    node_blocks = mem_live_count();
    told = (struct node_told){0};
    node_now_ms = 5000;
    node_world_make();
    (void)snprintf(node_folder, sizeof node_folder, "/tmp/wavu-test-XXXXXX");
    if (mkdtemp(node_folder) == NULL) {
        return -1;
    }
    (void)snprintf(node_path, sizeof node_path, "%s/control.sock", node_folder);
    node_os = wavu_os_new();
    node_listen();
    return talk_new(node_path, &node_user, NULL, &the_talk);
}

/* And all is known. */
static inline int node_start_settled(void **state)
{
    int rc = node_start(state);
    if (rc == 0) {
        node_settle();
    }
    return rc;
}

static inline int node_stop(void **state)
{
    char path[128];
    (void)state;
    talk_free(the_talk);
    the_talk = NULL;
    rpc_server_close(node_server);
    node_server = NULL;
    wavu_os_free(node_os);
    node_world_clear();
    (void)unlink(node_path);
    (void)snprintf(path, sizeof path, "%s.lock", node_path);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/control.lock", node_folder);
    (void)unlink(path);
    assert_int_equal(mem_live_count(), node_blocks); /* nothing is lost */
    return rmdir(node_folder);
}

/* Something happens; `event` is taken. */
static inline void node_event_take(json_t *event)
{
    assert_non_null(event);
    node_world_event_take(event);
    rpc_server_wake(node_server);
}

static inline struct talk_chat *chat_named(const char *name)
{
    for (size_t i = 0; i < talk_chat_count(the_talk); i++) {
        if (strcmp(talk_chat_at(the_talk, i)->name, name) == 0) {
            return talk_chat_at(the_talk, i);
        }
    }
    fail_msg("no chat is called '%s'", name);
    abort(); /* it does not come here, which the compiler cannot know */
}

#define NODE(test) cmocka_unit_test_setup_teardown(test, node_start_settled, node_stop)

#endif
