/*
 * A window on the room "safari" of the scripted node (node.h), for the tests of windows.
 */
#ifndef TESTS_APPS_TALK_NODE_WINDOW_H
#define TESTS_APPS_TALK_NODE_WINDOW_H

#include "tests/apps/talk/node.h"

/* Every number from `first` on, one by one. */
static inline void is_run(const struct talk_chat *chat, uint64_t first, size_t count)
{
    const struct talk_window *w = chat->window;
    assert_non_null(w);
    assert_int_equal(w->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(w->messages[i]->number, first + i);
    }
}

/* It has `count` messages and is shown. */
static inline struct talk_chat *shown(size_t count)
{
    node_fill(1, count);
    struct talk_chat *chat = chat_named("safari");
    talk_window_show(the_talk, chat);
    node_settle();
    return chat;
}

#endif
