/*
 * What the nodes of a history_world show, for the tests of chat/history*.
 */
#ifndef TESTS_CHAT_HISTORY_SHOWN_H
#define TESTS_CHAT_HISTORY_SHOWN_H

#include "tests/chat/history_world.h"

/* The text that node `i` shows of message `k`; "-": gone, "?": hidden, "": it has none. */
static inline void history_world_shows(struct history_world *w, size_t i, size_t k, char *text,
                                       size_t size)
{
    static struct history_message m;
    int rc = history_view_get(history_world_room(w, i), w->said[k].id, &m);

    assert_true(rc == 0 || rc == WAVU_ERR_NOT_FOUND);
    text[0] = '\0';
    if (rc < 0) {
        return;
    }
    if (m.is_hidden || m.is_gone) {
        (void)snprintf(text, size, "%s", m.is_hidden ? "?" : "-");
    } else {
        (void)snprintf(text, size, "%.*s", (int)m.fold.content.text.len,
                       (const char *)m.fold.content.text.ptr);
    }
    history_view_clear(&m);
}

#define HISTORY_WORLD_SHOWS(w, i, k, expected)                                                     \
    do {                                                                                           \
        char shown_[256];                                                                          \
        history_world_shows(w, i, k, shown_, sizeof shown_);                                       \
        assert_string_equal(shown_, expected);                                                     \
    } while (0)

static inline void history_world_hash(uint8_t out[32], const void *bytes, size_t len)
{
    const struct span pieces[] = {span_of(out, 32), span_of(bytes, len)};

    hash_sha256_pieces(out, pieces, 2);
}

/* A hash of what node `i` shows of a room, newest first: order, text, reactions. */
static inline size_t history_world_view(struct history_world *w, size_t i, uint8_t out[32])
{
    static struct history_message m;
    const struct history_room *room = history_world_room(w, i);
    struct history_item items[7];
    struct history_page page = {.at = {.height = UINT64_MAX}, .items = items, .max = 7};
    size_t count = 0;

    memset(out, 0, 32);
    do {
        assert_int_equal(history_view_page(room, &page), 0);
        for (size_t k = 0; k < page.count; k++, count++) {
            assert_int_equal(history_view_get(room, items[k].at.id, &m), 0);
            history_world_hash(out, m.at.id, 32);
            history_world_hash(out, m.fold.content.text.ptr, m.fold.content.text.len);
            for (size_t r = 0; r < m.fold.reaction_count; r++) {
                history_world_hash(out, m.fold.reactions[r].member, 32);
                history_world_hash(out, &m.fold.reactions[r].emoji, 2);
            }
            assert_false(m.is_hidden);
            history_view_clear(&m);
        }
    } while (!page.is_end);
    return count;
}

/* Entry `k` comes to node `i` as somebody has it who let go of its content. */
static inline int history_world_feed_bare(struct history_world *w, size_t i, size_t k)
{
    struct entry e;

    assert_int_equal(entry_read(&e, span_of(w->said[k].bytes, w->said[k].len)), 0);
    entry_drop_content(&e);
    assert_int_equal(entry_verify(&e, w->network, &signer_ed25519), 0);
    const struct history_said said = {.entry = &e, .member = w->nodes[w->said[k].author].member};
    int rc = history_feed(&w->nodes[i].history, w->now, &said);

    history_world_drain(&w->nodes[i]);
    return rc;
}

#endif
