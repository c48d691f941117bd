/*
 * Messages of group keys from any bytes: what is read is written again and read to the same.
 */
#include <string.h>

#include "base/check.h"
#include "group/epoch_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t room[2 * EPOCH_MSG_SIZE_MAX];

static void change(struct span body)
{
    struct epoch_msg_change a;
    struct epoch_msg_change b;
    struct wr w;

    if (epoch_msg_read_change(&a, body) < 0) {
        return;
    }
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_change_body(&w, &a);
    CHECK(wr_finish(&w) == 0);
    CHECK(epoch_msg_read_change(&b, wr_span(&w)) == 0);
    CHECK(a.sequence == b.sequence && a.kind == b.kind && a.parents.count == b.parents.count &&
          a.log_heads.count == b.log_heads.count && (a.mlkem == NULL) == (b.mlkem == NULL));
    CHECK(memcmp(a.room, b.room, sizeof a.room) == 0);
    CHECK(memcmp(a.members, b.members, 32) == 0 && memcmp(a.leaf, b.leaf, 32) == 0);
}

static void ask(struct span body)
{
    struct epoch_msg_ask a;
    struct epoch_msg_ask b;
    struct wr w;

    if (epoch_msg_read_ask(&a, body) == 0) {
        wr_init(&w, span_mut_of(room, sizeof room));
        epoch_msg_write_ask_body(&w, &a);
        CHECK(wr_finish(&w) == 0);
        CHECK(epoch_msg_read_ask(&b, wr_span(&w)) == 0);
        CHECK(a.number == b.number && span_is_equal(a.key, b.key));
    }
}

static void leaf(struct span body)
{
    struct epoch_msg_leaf a;
    struct epoch_msg_leaf b;
    struct wr w;

    if (epoch_msg_read_leaf(&a, body) == 0) {
        wr_init(&w, span_mut_of(room, sizeof room));
        epoch_msg_write_leaf_body(&w, &a);
        CHECK(wr_finish(&w) == 0);
        CHECK(epoch_msg_read_leaf(&b, wr_span(&w)) == 0);
        CHECK(memcmp(a.leaf, b.leaf, 32) == 0 && memcmp(a.device, b.device, 32) == 0);
        CHECK(memcmp(a.mlkem, b.mlkem, MLKEM_PUBLIC_SIZE) == 0);
    }
}

/* A welcome, read and written. */
static void welcome(const struct epoch_msg *m)
{
    static uint8_t past[EPOCH_MSG_PAST_MAX * 32];
    struct epoch_msg_ids ids = {.bytes = past, .count = m->id_count};
    struct epoch_msg read;
    struct wr w;
    const uint8_t *id = NULL;
    size_t at = 0;

    for (size_t i = 0; (id = epoch_msg_next_id(m, &at)) != NULL; i++) {
        CHECK(i < m->id_count);
        memcpy(past + i * 32, id, 32);
    }
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_welcome(&w, m, ids);
    CHECK(wr_finish(&w) == 0);
    if (w.len <= EPOCH_MSG_SIZE_MAX) {
        CHECK(epoch_msg_read(&read, wr_span(&w)) == 0 && read.id_count == m->id_count);
        CHECK(memcmp(&read.sealed, &m->sealed, sizeof read.sealed) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct epoch_msg m;

    change(span_of(data, len));
    ask(span_of(data, len));
    leaf(span_of(data, len));
    if (epoch_msg_read(&m, span_of(data, len)) == 0) {
        switch (m.kind) {
        case EPOCH_MSG_CHANGE:
            change(m.body);
            break;
        case EPOCH_MSG_ASK:
            ask(m.body);
            break;
        case EPOCH_MSG_LEAF:
            leaf(m.body);
            break;
        case EPOCH_MSG_WELCOME:
            change(m.body);
            welcome(&m);
            break;
        case EPOCH_MSG_NAME:
            CHECK(m.id_count >= 2 && m.id_count <= EPOCH_MSG_PARENTS_MAX);
            break;
        case EPOCH_MSG_WRAP:
        case EPOCH_MSG_NONE:
            break;
        }
    }
    return 0;
}
