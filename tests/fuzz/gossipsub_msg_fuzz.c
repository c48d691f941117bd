/*
 * Gossipsub's RPCs: what is whole can be walked, written anew, and the second walk sees the same.
 */
#include "base/check.h"
#include "pubsub/gossipsub_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX                                                                                        \
    8192 /* bytes of an input; written anew it may take more, as ids and peers have heads          \
          */

static uint8_t part[8 * MAX];
static uint8_t list[8 * MAX];

static size_t write_ids(struct wr *w, struct gossipsub_msg_item *item)
{
    struct span id;
    size_t count = 0;
    while (gossipsub_msg_next_id(item, &id)) {
        gossipsub_msg_write_id(w, item->kind, id);
        count++;
    }
    return count;
}

static size_t write_peers(struct wr *w, struct gossipsub_msg_item *item)
{
    struct gossipsub_msg_peer peer;
    size_t count = 0;
    while (gossipsub_msg_next_peer(item, &peer)) {
        gossipsub_msg_write_peer(w, &peer);
        count++;
    }
    return count;
}

/* Write one item; returns how much stood in its list. */
static size_t write_item(struct wr *w, struct gossipsub_msg_item *item)
{
    struct wr control;
    struct wr inner;
    size_t count = 0;
    wr_init(&control, span_mut_of(part, sizeof part));
    wr_init(&inner, span_mut_of(list, sizeof list));
    switch (item->kind) {
    case GOSSIPSUB_MSG_SUBSCRIBE:
    case GOSSIPSUB_MSG_UNSUBSCRIBE:
        gossipsub_msg_write_subscription(w, item->topic, item->kind == GOSSIPSUB_MSG_SUBSCRIBE);
        return 0;
    case GOSSIPSUB_MSG_PUBLISH:
        gossipsub_msg_publish_encode(&inner, &item->publish);
        gossipsub_msg_write_publish(w, wr_span(&inner));
        return 0;
    case GOSSIPSUB_MSG_IHAVE:
    case GOSSIPSUB_MSG_IWANT:
    case GOSSIPSUB_MSG_IDONTWANT:
        count = write_ids(&inner, item);
        gossipsub_msg_write_ids(&control, item->kind, item->topic, wr_span(&inner));
        break;
    case GOSSIPSUB_MSG_GRAFT:
        gossipsub_msg_write_graft(&control, item->topic);
        break;
    case GOSSIPSUB_MSG_PRUNE:
        count = write_peers(&inner, item);
        gossipsub_msg_write_prune(&control, item->topic, item->backoff_s, wr_span(&inner));
        break;
    }
    gossipsub_msg_write_control(w, wr_span(&control));
    return count;
}

static size_t count_list(struct gossipsub_msg_item *item)
{
    struct span id;
    struct gossipsub_msg_peer peer;
    size_t count = 0;
    if (item->kind == GOSSIPSUB_MSG_PRUNE) {
        while (gossipsub_msg_next_peer(item, &peer)) {
            count++;
        }
    } else if (item->kind == GOSSIPSUB_MSG_IHAVE || item->kind == GOSSIPSUB_MSG_IWANT ||
               item->kind == GOSSIPSUB_MSG_IDONTWANT) {
        while (gossipsub_msg_next_id(item, &id)) {
            count++;
        }
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[8 * MAX];
    struct gossipsub_msg first;
    struct gossipsub_msg second;
    struct gossipsub_msg_item a;
    struct gossipsub_msg_item b;
    if (size > MAX || gossipsub_msg_check(span_of(data, size)) < 0) {
        return 0;
    }
    gossipsub_msg_init(&first, span_of(data, size));
    while (gossipsub_msg_next(&first, &a)) {
        struct wr w;
        struct gossipsub_msg_item copy = a;
        wr_init(&w, span_mut_of(out, sizeof out));
        size_t count = write_item(&w, &copy);
        CHECK(wr_finish(&w) == 0);
        gossipsub_msg_init(&second, wr_span(&w));
        CHECK(gossipsub_msg_next(&second, &b));
        CHECK(b.kind == a.kind && span_is_equal(a.topic, b.topic));
        CHECK(b.backoff_s == a.backoff_s && span_is_equal(a.publish.data, b.publish.data));
        CHECK((a.publish.key.ptr == NULL) == (b.publish.key.ptr == NULL));
        CHECK(count_list(&b) == count);
        CHECK(!gossipsub_msg_next(&second, &b) && !second.has_failed);
    }
    CHECK(!first.has_failed);
    return 0;
}
