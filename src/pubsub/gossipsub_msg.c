/*
 * Codec of gossipsub's RPCs.
 */
#include "pubsub/gossipsub_msg.h"

#include "base/check.h"
#include "base/utf8.h"

enum gossipsub_msg_rpc_field {
    GOSSIPSUB_MSG_F_SUBSCRIPTION = 1,
    GOSSIPSUB_MSG_F_PUBLISH = 2,
    GOSSIPSUB_MSG_F_CONTROL = 3
};

enum gossipsub_msg_subscription_field {
    GOSSIPSUB_MSG_F_SUBSCRIPTION_ON = 1,
    GOSSIPSUB_MSG_F_SUBSCRIPTION_TOPIC = 2
};

enum gossipsub_msg_publish_field {
    GOSSIPSUB_MSG_F_FROM = 1,
    GOSSIPSUB_MSG_F_DATA = 2,
    GOSSIPSUB_MSG_F_SEQNO = 3,
    GOSSIPSUB_MSG_F_TOPIC = 4,
    GOSSIPSUB_MSG_F_SIGNATURE = 5,
    GOSSIPSUB_MSG_F_KEY = 6
};

enum gossipsub_msg_control_field {
    GOSSIPSUB_MSG_F_IHAVE = 1,
    GOSSIPSUB_MSG_F_IWANT = 2,
    GOSSIPSUB_MSG_F_GRAFT = 3,
    GOSSIPSUB_MSG_F_PRUNE = 4,
    GOSSIPSUB_MSG_F_IDONTWANT = 5
};

enum gossipsub_msg_item_field {
    GOSSIPSUB_MSG_F_ITEM_TOPIC = 1, /* of IHAVE, GRAFT and PRUNE */
    GOSSIPSUB_MSG_F_IHAVE_ID = 2,
    GOSSIPSUB_MSG_F_ID = 1, /* of IWANT and IDONTWANT */
    GOSSIPSUB_MSG_F_PRUNE_PEER = 2,
    GOSSIPSUB_MSG_F_PRUNE_BACKOFF = 3,
    GOSSIPSUB_MSG_F_PEER_ID = 1,
    GOSSIPSUB_MSG_F_PEER_RECORD = 2
};

bool gossipsub_msg_is_topic(struct span topic)
{
    return topic.len >= 1 && topic.len <= GOSSIPSUB_MSG_TOPIC_MAX && utf8_is_plain(topic);
}

/* ---- Reading ---- */

/* A field of bytes that is there is not NULL, even when it is empty. */
static struct span gossipsub_msg_present(struct span bytes)
{
    return bytes.len > 0 ? bytes : span_of("", 0);
}

int gossipsub_msg_publish_decode(struct gossipsub_msg_publish *p, struct span bytes)
{
    struct gossipsub_msg_publish read = {.bytes = bytes};
    struct span *const places[] = {
        [GOSSIPSUB_MSG_F_FROM] = &read.from,           [GOSSIPSUB_MSG_F_DATA] = &read.data,
        [GOSSIPSUB_MSG_F_SEQNO] = &read.seqno,         [GOSSIPSUB_MSG_F_TOPIC] = &read.topic,
        [GOSSIPSUB_MSG_F_SIGNATURE] = &read.signature, [GOSSIPSUB_MSG_F_KEY] = &read.key};
    struct pb in;
    struct pb_field field;
    pb_init(&in, bytes);
    while (pb_next(&in, &field)) {
        if (field.wire == PB_BYTES && field.number <= GOSSIPSUB_MSG_F_KEY) {
            *places[field.number] = gossipsub_msg_present(field.bytes);
        }
    }
    int rc = pb_finish(&in);
    if (rc == 0) {
        *p = read;
    }
    return rc;
}

/* What does not say that it is one is none: proto2 says false. */
static int gossipsub_msg_subscription_decode(struct gossipsub_msg_item *item, struct span bytes)
{
    struct pb in;
    struct pb_field field;
    item->kind = GOSSIPSUB_MSG_UNSUBSCRIBE;
    pb_init(&in, bytes);
    while (pb_next(&in, &field)) {
        if (field.number == GOSSIPSUB_MSG_F_SUBSCRIPTION_ON && field.wire == PB_VARINT) {
            item->kind = field.value != 0 ? GOSSIPSUB_MSG_SUBSCRIBE : GOSSIPSUB_MSG_UNSUBSCRIBE;
        } else if (field.number == GOSSIPSUB_MSG_F_SUBSCRIPTION_TOPIC && field.wire == PB_BYTES) {
            item->topic = field.bytes;
        }
    }
    return pb_finish(&in);
}

static int gossipsub_msg_peer_decode(struct gossipsub_msg_peer *p, struct span bytes)
{
    struct pb in;
    struct pb_field field;
    *p = (struct gossipsub_msg_peer){0};
    pb_init(&in, bytes);
    while (pb_next(&in, &field)) {
        if (field.number == GOSSIPSUB_MSG_F_PEER_ID && field.wire == PB_BYTES) {
            p->id = field.bytes;
        } else if (field.number == GOSSIPSUB_MSG_F_PEER_RECORD && field.wire == PB_BYTES) {
            p->record = field.bytes;
        }
    }
    return pb_finish(&in);
}

/* All of one thing of the control part is walked; its list is walked again by who acts on it. */
static int gossipsub_msg_control_decode(struct gossipsub_msg_item *item, struct span bytes)
{
    struct pb in;
    struct pb_field field;
    struct gossipsub_msg_peer peer;
    bool has_topic = item->kind != GOSSIPSUB_MSG_IWANT && item->kind != GOSSIPSUB_MSG_IDONTWANT;
    int rc = 0;
    item->list = bytes;
    pb_init(&in, bytes);
    while (rc == 0 && pb_next(&in, &field)) {
        if (has_topic && field.number == GOSSIPSUB_MSG_F_ITEM_TOPIC && field.wire == PB_BYTES) {
            item->topic = field.bytes;
        } else if (item->kind != GOSSIPSUB_MSG_PRUNE) {
            continue;
        } else if (field.number == GOSSIPSUB_MSG_F_PRUNE_PEER && field.wire == PB_BYTES) {
            rc = gossipsub_msg_peer_decode(&peer, field.bytes);
        } else if (field.number == GOSSIPSUB_MSG_F_PRUNE_BACKOFF && field.wire == PB_VARINT) {
            item->backoff_s = field.value;
        }
    }
    return rc == 0 ? pb_finish(&in) : rc;
}

/* Whether the field is one that we know: then it is the item, or an error. */
static bool gossipsub_msg_take_control(struct gossipsub_msg_item *item,
                                       const struct pb_field *field, int *rc)
{
    static const enum gossipsub_msg_kind kinds[] = {[GOSSIPSUB_MSG_F_IHAVE] = GOSSIPSUB_MSG_IHAVE,
                                                    [GOSSIPSUB_MSG_F_IWANT] = GOSSIPSUB_MSG_IWANT,
                                                    [GOSSIPSUB_MSG_F_GRAFT] = GOSSIPSUB_MSG_GRAFT,
                                                    [GOSSIPSUB_MSG_F_PRUNE] = GOSSIPSUB_MSG_PRUNE,
                                                    [GOSSIPSUB_MSG_F_IDONTWANT] =
                                                        GOSSIPSUB_MSG_IDONTWANT};
    if (field->wire != PB_BYTES || field->number > GOSSIPSUB_MSG_F_IDONTWANT) {
        return false;
    }
    item->kind = kinds[field->number];
    *rc = gossipsub_msg_control_decode(item, field->bytes);
    return true;
}

static bool gossipsub_msg_take(struct gossipsub_msg *m, struct gossipsub_msg_item *item,
                               const struct pb_field *field, int *rc)
{
    if (field->wire != PB_BYTES) {
        return false;
    }
    switch (field->number) {
    case GOSSIPSUB_MSG_F_SUBSCRIPTION:
        *rc = gossipsub_msg_subscription_decode(item, field->bytes);
        return true;
    case GOSSIPSUB_MSG_F_PUBLISH:
        item->kind = GOSSIPSUB_MSG_PUBLISH;
        *rc = gossipsub_msg_publish_decode(&item->publish, field->bytes);
        item->topic = item->publish.topic;
        return true;
    case GOSSIPSUB_MSG_F_CONTROL:
        pb_init(&m->control, field->bytes);
        m->is_in_control = true;
        return false;
    default:
        return false;
    }
}

void gossipsub_msg_init(struct gossipsub_msg *m, struct span rpc)
{
    *m = (struct gossipsub_msg){0};
    pb_init(&m->rpc, rpc);
}

bool gossipsub_msg_next(struct gossipsub_msg *m, struct gossipsub_msg_item *item)
{
    struct pb_field field;
    int rc = 0;
    *item = (struct gossipsub_msg_item){.kind = GOSSIPSUB_MSG_SUBSCRIBE};
    while (!m->has_failed && rc == 0) {
        bool is_one = false;
        if (m->is_in_control && pb_next(&m->control, &field)) {
            is_one = gossipsub_msg_take_control(item, &field, &rc);
        } else if (m->is_in_control) {
            rc = pb_finish(&m->control);
            m->is_in_control = false;
        } else if (pb_next(&m->rpc, &field)) {
            is_one = gossipsub_msg_take(m, item, &field, &rc);
        } else {
            m->has_failed = pb_finish(&m->rpc) < 0;
            return false;
        }
        if (is_one && rc == 0) {
            return true;
        }
    }
    m->has_failed = true;
    return false;
}

int gossipsub_msg_check(struct span rpc)
{
    struct gossipsub_msg m;
    struct gossipsub_msg_item item;
    if (rpc.len > GOSSIPSUB_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    gossipsub_msg_init(&m, rpc);
    while (gossipsub_msg_next(&m, &item)) {
    }
    return m.has_failed ? WAVU_ERR_PROTO : 0;
}

/* Take the next field of that number off the list. */
static bool gossipsub_msg_next_of(struct gossipsub_msg_item *item, uint32_t number,
                                  struct span *bytes)
{
    struct pb in;
    struct pb_field field;
    pb_init(&in, item->list);
    while (pb_next(&in, &field)) {
        if (field.number == number && field.wire == PB_BYTES) {
            item->list = span_slice(item->list, in.rd.at, item->list.len);
            *bytes = field.bytes;
            return true;
        }
    }
    item->list = span_empty();
    return false;
}

bool gossipsub_msg_next_id(struct gossipsub_msg_item *item, struct span *id)
{
    return gossipsub_msg_next_of(
        item, item->kind == GOSSIPSUB_MSG_IHAVE ? GOSSIPSUB_MSG_F_IHAVE_ID : GOSSIPSUB_MSG_F_ID,
        id);
}

bool gossipsub_msg_next_peer(struct gossipsub_msg_item *item, struct gossipsub_msg_peer *peer)
{
    struct span bytes;
    while (gossipsub_msg_next_of(item, GOSSIPSUB_MSG_F_PRUNE_PEER, &bytes)) {
        if (gossipsub_msg_peer_decode(peer, bytes) == 0 && peer->id.len > 0) {
            return true;
        }
    }
    return false;
}

/* ---- Writing ---- */

static void gossipsub_msg_write_optional(struct wr *w, uint32_t number, struct span bytes)
{
    if (bytes.ptr != NULL) {
        pb_write_bytes(w, number, bytes);
    }
}

void gossipsub_msg_publish_encode(struct wr *w, const struct gossipsub_msg_publish *p)
{
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_FROM, p->from);
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_DATA, p->data);
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_SEQNO, p->seqno);
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_TOPIC, p->topic);
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_SIGNATURE, p->signature);
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_KEY, p->key);
}

void gossipsub_msg_write_subscription(struct wr *w, struct span topic, bool is_on)
{
    pb_write_head(w, GOSSIPSUB_MSG_F_SUBSCRIPTION,
                  2 + pb_bytes_size(GOSSIPSUB_MSG_F_SUBSCRIPTION_TOPIC, topic.len));
    pb_write_bool(w, GOSSIPSUB_MSG_F_SUBSCRIPTION_ON, is_on);
    pb_write_bytes(w, GOSSIPSUB_MSG_F_SUBSCRIPTION_TOPIC, topic);
}

void gossipsub_msg_write_publish(struct wr *w, struct span message)
{
    pb_write_bytes(w, GOSSIPSUB_MSG_F_PUBLISH, message);
}

void gossipsub_msg_write_control(struct wr *w, struct span items)
{
    pb_write_bytes(w, GOSSIPSUB_MSG_F_CONTROL, items);
}

void gossipsub_msg_write_graft(struct wr *w, struct span topic)
{
    pb_write_head(w, GOSSIPSUB_MSG_F_GRAFT, pb_bytes_size(GOSSIPSUB_MSG_F_ITEM_TOPIC, topic.len));
    pb_write_bytes(w, GOSSIPSUB_MSG_F_ITEM_TOPIC, topic);
}

static void gossipsub_msg_prune_encode(struct wr *w, struct span topic, uint64_t backoff_s,
                                       struct span peers)
{
    pb_write_bytes(w, GOSSIPSUB_MSG_F_ITEM_TOPIC, topic);
    wr_bytes(w, peers);
    if (backoff_s > 0) {
        pb_write_varint(w, GOSSIPSUB_MSG_F_PRUNE_BACKOFF, backoff_s);
    }
}

void gossipsub_msg_write_prune(struct wr *w, struct span topic, uint64_t backoff_s,
                               struct span peers)
{
    struct wr measure;
    wr_init(&measure, span_mut_of(NULL, 0));
    gossipsub_msg_prune_encode(&measure, topic, backoff_s, peers);
    pb_write_head(w, GOSSIPSUB_MSG_F_PRUNE, measure.len);
    gossipsub_msg_prune_encode(w, topic, backoff_s, peers);
}

void gossipsub_msg_write_peer(struct wr *w, const struct gossipsub_msg_peer *peer)
{
    size_t len = pb_bytes_size(GOSSIPSUB_MSG_F_PEER_ID, peer->id.len);
    if (peer->record.ptr != NULL) {
        len += pb_bytes_size(GOSSIPSUB_MSG_F_PEER_RECORD, peer->record.len);
    }
    pb_write_head(w, GOSSIPSUB_MSG_F_PRUNE_PEER, len);
    pb_write_bytes(w, GOSSIPSUB_MSG_F_PEER_ID, peer->id);
    gossipsub_msg_write_optional(w, GOSSIPSUB_MSG_F_PEER_RECORD, peer->record);
}

void gossipsub_msg_write_ids(struct wr *w, enum gossipsub_msg_kind kind, struct span topic,
                             struct span ids)
{
    CHECK(kind == GOSSIPSUB_MSG_IHAVE || kind == GOSSIPSUB_MSG_IWANT ||
          kind == GOSSIPSUB_MSG_IDONTWANT);
    if (kind == GOSSIPSUB_MSG_IHAVE) {
        pb_write_head(w, GOSSIPSUB_MSG_F_IHAVE,
                      pb_bytes_size(GOSSIPSUB_MSG_F_ITEM_TOPIC, topic.len) + ids.len);
        pb_write_bytes(w, GOSSIPSUB_MSG_F_ITEM_TOPIC, topic);
    } else {
        pb_write_head(
            w, kind == GOSSIPSUB_MSG_IWANT ? GOSSIPSUB_MSG_F_IWANT : GOSSIPSUB_MSG_F_IDONTWANT,
            ids.len);
    }
    wr_bytes(w, ids);
}

void gossipsub_msg_write_id(struct wr *w, enum gossipsub_msg_kind kind, struct span id)
{
    pb_write_bytes(w, kind == GOSSIPSUB_MSG_IHAVE ? GOSSIPSUB_MSG_F_IHAVE_ID : GOSSIPSUB_MSG_F_ID,
                   id);
}
