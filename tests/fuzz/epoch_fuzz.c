/*
 * The machine of group keys under operations drawn from the input: three devices that write,
 * change, part, crash and hear each other in any order, messages bent on the way, and saved states
 * that are damaged. One of them is hostile now and then: it signs changes of any shape, with wraps
 * and welcomes that open, and entries of any content under the keys that it has, so what lies
 * behind signatures and tags is reached. Invariants hold, what is saved can be loaded, entries are
 * read only by those they are for, nothing leaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "tests/support/broadcasts.h"
#include "tests/support/group_world.h"

#define NODES 3
#define PARENTS 4 /* of a forged change at most */
#define STEPS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct group_world w;
static struct rd in;

/* A message, bent at one byte, to one device. */
static void bend(size_t node)
{
    struct group_world_item *item = w.items[rd_u16be(&in) % w.item_count];
    uint8_t *bytes = mem_new_raw(item->len + 1);
    struct entry entry;
    struct epoch_seal where;
    static uint8_t room[1024];

    if (item->len > 0) {
        memcpy(bytes, item->bytes, item->len);
        bytes[rd_u16be(&in) % item->len] ^= rd_u8(&in);
        struct span span = span_of(bytes, item->len);
        struct entry_proof_named by;
        const struct epoch_seal_came came = {.bytes = span, .by = &by};
        broadcasts_name(&by, &item->entry, w.group);
        int rc =
            item->kind == GROUP_WORLD_ENTRY
                ? epoch_seal_open(&w.nodes[node].e, w.now, &came, span_mut_of(room, sizeof room),
                                  &entry, &where)
                : epoch_feed(&w.nodes[node].e, w.now, w.nodes[item->from].device.public_key, span);
        CHECK(rc <= 0);
        if (rc == 0 && item->kind == GROUP_WORLD_ENTRY) {
            item->opened[node] = true; /* nothing was bent */
            item->has[node] = true;
        }
    }
    mem_free(bytes);
    group_world_pump(&w, node);
}

/* Some of the changes that `e` has, ascending and each once. */
static struct epoch_msg_ids draw_parents(const struct epoch *e, uint8_t ids[PARENTS + 1][32],
                                         struct epoch_change *changes[PARENTS + 1])
{
    struct epoch_msg_ids parents = {ids[0], 0};
    size_t wanted = e->graph.count > 0 ? rd_u8(&in) % (PARENTS + 1) : 0;

    for (size_t i = 0; i < wanted; i++) {
        size_t at = rd_u8(&in) % e->graph.count;
        if (at < e->graph.count / 2) { /* often a head */
            at = e->graph.count - 1 - at;
        }
        struct list *l = list_next(&e->graph.changes, &e->graph.changes);
        while (at-- > 0) {
            l = list_next(&e->graph.changes, l);
        }
        struct epoch_change *c = LIST_OF(l, struct epoch_change, link);
        size_t to = parents.count;
        while (to > 0 && memcmp(ids[to - 1], c->id, 32) > 0) {
            to--;
        }
        if (to > 0 && memcmp(ids[to - 1], c->id, 32) == 0) {
            continue;
        }
        memmove(ids[to + 1], ids[to], (parents.count - to) * 32);
        memmove(&changes[to + 1], &changes[to],
                (parents.count - to) * sizeof(struct epoch_change *));
        memcpy(ids[to], c->id, 32);
        changes[to] = c;
        parents.count++;
    }
    return parents;
}

/* One of the views that `e` has. */
static struct epoch_members *draw_view(const struct epoch *e)
{
    size_t at = rd_u8(&in) % list_count(&e->views.sets);
    struct list *l = list_next(&e->views.sets, &e->views.sets);

    while (at-- > 0) {
        l = list_next(&e->views.sets, l);
    }
    return LIST_OF(l, struct epoch_members, link);
}

/* One of the epochs that `e` has, or NULL. */
static struct epoch_set *draw_set(const struct epoch *e)
{
    size_t at = e->set_count > 0 ? rd_u8(&in) % e->set_count : 0;
    struct list *l = list_next(&e->sets, &e->sets);

    while (l != NULL && at-- > 0) {
        l = list_next(&e->sets, l);
    }
    return l != NULL ? LIST_OF(l, struct epoch_set, link) : NULL;
}

/* `seed` in a wrap without base for `node`, of the change `id` by `by`. */
static void forge_wrap(size_t by, size_t node, const uint8_t id[32], const uint8_t seed[32])
{
    struct group_world_node *n = &w.nodes[node];
    struct wrap_leaf leaf = {.x25519 = n->e.leaves[0].own.x25519.public_key};
    struct wrap_about about = {
        .label = epoch_make_label_wrap, .id = id, .recipient = n->device.public_key};
    struct wrap_tools tools = {w.aead, AEAD_CHACHA20_POLY1305, &w.random};
    struct wrap_sealed sealed;
    uint8_t bytes[WRAP_CARRIED_SIZE_MAX + 256];
    struct wr wr;

    CHECK(wrap_seal(&sealed, seed, &leaf, false, &about, &tools) == 0);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_wrap(&wr, id, NULL, &sealed);
    CHECK(wr_finish(&wr) == 0);
    CHECK(epoch_feed(&n->e, w.now, w.nodes[by].device.public_key, wr_span(&wr)) <= 0);
}

/* A change of any shape, signed by the member `by`, over what `node` knows. */
struct forged {
    struct epoch_msg_change c;
    uint8_t ids[PARENTS + 1][32];
    uint8_t seed[32];
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    size_t body_len;
    uint8_t signature[SIGNER_SIZE];
    uint8_t id[32];
};

static void forge(struct forged *f, size_t by, const struct epoch *e, uint8_t flags)
{
    struct epoch_change *parents[PARENTS + 1];
    struct epoch_members *view = draw_view(e);
    bool is_whole = true;
    struct wr wr;

    memset(f, 0, sizeof *f);
    f->c.kind = (flags & 1) != 0 ? EPOCH_MSG_DERIVED : EPOCH_MSG_SEED;
    f->c.sequence = 1 + (uint64_t)rd_u8(&in);
    f->c.leaf[0] = 9;
    f->seed[0] = rd_u8(&in);
    f->c.parents = draw_parents(e, f->ids, parents);
    f->c.log_heads = (struct epoch_msg_ids){view->log_heads, view->log_head_count};
    memcpy(f->c.group, w.group, 32);
    memcpy(f->c.author, w.nodes[by].device.public_key, 32);
    memcpy(f->c.members, view->hash, 32);
    for (size_t i = 0; i < f->c.parents.count; i++) {
        is_whole = is_whole && parents[i]->has_secret;
    }
    if (f->c.kind == EPOCH_MSG_DERIVED && is_whole && f->c.parents.count > 0) {
        epoch_set_derive(f->seed, &f->c, parents, f->c.parents.count);
    }
    epoch_set_commit(f->c.commitment, f->seed);
    f->c.members[0] ^= flags >= 250;
    f->c.commitment[0] ^= flags >= 240;
    wr_init(&wr, span_mut_of(f->body, sizeof f->body));
    epoch_msg_write_change_body(&wr, &f->c);
    CHECK(wr_finish(&wr) == 0);
    f->body_len = wr.len;
    w.signer->sign(NULL, f->signature, &w.nodes[by].device, epoch_make_label, wr_span(&wr));
    signer_id(f->id, epoch_make_label, wr_span(&wr));
}

/* One of those, and what opens it, for `node`. */
static void forge_change(size_t by, size_t node)
{
    static struct forged f;
    struct epoch *e = &w.nodes[node].e;
    uint8_t flags = rd_u8(&in);
    uint8_t bytes[EPOCH_MSG_BODY_SIZE_MAX + 128];
    struct wr wr;

    if (by == node || list_is_empty(&e->views.sets)) {
        return;
    }
    forge(&f, by, e, flags);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_signed(&wr, EPOCH_MSG_CHANGE, span_of(f.body, f.body_len), f.signature);
    CHECK(wr_finish(&wr) == 0);
    bool is_first = (flags & 2) != 0 && f.c.kind == EPOCH_MSG_SEED;
    if (is_first) {
        forge_wrap(by, node, f.id, f.seed);
    }
    CHECK(epoch_feed(e, w.now, w.nodes[by].device.public_key, wr_span(&wr)) <= 0);
    if (!is_first && (flags & 4) == 0 && f.c.kind == EPOCH_MSG_SEED) {
        forge_wrap(by, node, f.id, f.seed);
    }
}

/* A name of any changes, or a frontier that has passed any epoch, from `by` to `node`. */
static void forge_name(size_t by, size_t node)
{
    struct epoch *e = &w.nodes[node].e;
    const uint8_t *from = w.nodes[by].device.public_key;
    uint8_t ids[PARENTS + 1][32];
    struct epoch_change *changes[PARENTS + 1];
    uint8_t bytes[256];
    struct wr wr;
    struct epoch_msg_ids heads = draw_parents(e, ids, changes);

    if (heads.count < 2) {
        struct epoch_set *s = draw_set(e);
        epoch_passed(e, w.now, from, s != NULL ? s->id : w.group);
        return;
    }
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_name(&wr, w.group, heads);
    CHECK(wr_finish(&wr) == 0);
    CHECK(epoch_feed(e, w.now, from, wr_span(&wr)) <= 0);
}

/* An answer to what `node` asks, over any change and with any past. */
static void forge_welcome(size_t by, size_t node)
{
    static struct forged f;
    static uint8_t bytes[EPOCH_MSG_SIZE_MAX];
    struct epoch *e = &w.nodes[node].e;
    uint8_t flags = rd_u8(&in) | 1;
    uint8_t ask[2048];
    uint8_t key[HYBRID_PUBLIC_SIZE];
    uint8_t beside[32];
    uint8_t ids[PARENTS + 1][32];
    struct epoch_change *changes[PARENTS + 1];
    struct wr wr;

    wr_init(&wr, span_mut_of(ask, sizeof ask));
    if (by == node || list_is_empty(&e->views.sets) || group_world_ask(&w, node, &wr) < 0) {
        return;
    }
    memcpy(key, e->ask.key.x25519.public_key, X25519_SIZE);
    wrap_mlkem_public(key + X25519_SIZE, &e->ask.key);
    forge(&f, by, e, flags);
    struct epoch_msg_ids past = draw_parents(e, ids, changes);
    struct wrap_leaf leaf = {.x25519 = key, .mlkem = key + X25519_SIZE};
    struct wrap_about about = {.label = epoch_make_label_welcome,
                               .id = f.id,
                               .recipient = w.nodes[node].device.public_key,
                               .beside = beside};
    struct wrap_tools tools = {w.aead, AEAD_CHACHA20_POLY1305, &w.random};
    struct epoch_msg m = {.kind = EPOCH_MSG_WELCOME,
                          .body = span_of(f.body, f.body_len),
                          .signature = span_of(f.signature, SIGNER_SIZE),
                          .number = e->ask.number};
    memcpy(m.asker, w.nodes[node].device.public_key, 32);
    epoch_make_past_hash(beside, past);
    CHECK(wrap_seal(&m.sealed, f.seed, &leaf, true, &about, &tools) == 0);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_welcome(&wr, &m, past);
    CHECK(wr_finish(&wr) == 0);
    CHECK(epoch_feed(e, w.now, w.nodes[by].device.public_key, wr_span(&wr)) <= 0);
}

/* `plain` sealed as an entry of the member `index` of `s`, with the keys that all members have. */
static struct span seal(const struct epoch_set *s, size_t index, const uint8_t device[32],
                        const struct chain_peek *peek, const struct entry *entry)
{
    static uint8_t bytes[1024];
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
    uint8_t ad[128];
    uint8_t tag[AEAD_TAG_SIZE];
    struct wr a;
    struct wr wr;

    CHECK(index < s->count);
    memcpy(key.bytes, peek->keys.key, 32);
    wr_init(&a, span_mut_of(ad, sizeof ad));
    wr_u8(&a, aead_number(key.kind));
    wr_u8(&a, 2);
    wr_bytes(&a, span_of(w.group, 32));
    wr_bytes(&a, span_of(s->id, 32));
    wr_bytes(&a, span_of(device, 32));
    wr_u32be(&a, peek->generation);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    wr_u8(&wr, aead_number(key.kind));
    wr_bytes(&wr, span_of(device, EPOCH_MSG_HINT_SIZE));
    wr_bytes(&wr, span_of(s->id, EPOCH_MSG_HINT_SIZE));
    wr_varint(&wr, peek->generation);
    size_t start = wr.len;
    CHECK(entry_write_plain(&wr, entry) == 0);
    if (rd_u8(&in) < 32) { /* bent behind its name, below the tag */
        bytes[start + rd_u16be(&in) % (wr.len - start)] ^= rd_u8(&in);
    }
    aead_seal(w.aead, &key, nonce, wr_span(&a), span_mut_of(bytes + start, wr.len - start), tag);
    wr_bytes(&wr, span_of(tag, sizeof tag));
    CHECK(wr_finish(&wr) == 0);
    return wr_span(&wr);
}

/* An entry of any content, named by a broadcast of the member `by`, at any generation of its chain,
 * for `node`. When it is `node` itself, that one must stop. */
static void forge_entry(size_t by, size_t node)
{
    struct epoch *e = &w.nodes[node].e;
    const uint8_t *device = w.nodes[by].device.public_key;
    struct epoch_set *s = draw_set(e);
    struct entry entry = {.sequence = rd_u16be(&in),
                          .expiry = rd_u8(&in),
                          .parent_count = rd_u8(&in) % (ENTRY_PARENTS_MAX + 1)};
    uint8_t content[64] = {rd_u8(&in)};
    static uint8_t room[1024];
    struct epoch_seal where;
    struct chain_peek peek;
    size_t index = 0;

    while (s != NULL && index < s->count &&
           memcmp(e->views.devices[s->slots[index]].id, device, 32) != 0) {
        index++;
    }
    if (s == NULL || index == s->count ||
        epoch_set_look(s, &e->views, index, rd_u16be(&in) % (CHAIN_GENERATIONS_MAX + 8), &peek) <
            0) {
        return;
    }
    memcpy(entry.room, w.room, 32);
    memset(entry.parents, content[0], sizeof entry.parents);
    memcpy(entry.device, device, 32);
    memcpy(entry.salt, peek.keys.salt, 32);
    entry.content = span_of(content, rd_u8(&in) % sizeof content);
    if (entry_sign(&entry, w.group, w.signer, &w.nodes[by].device) == 0) {
        struct span bytes = seal(s, index, device, &peek, &entry);
        struct entry read;
        struct entry_proof_named named;
        const struct epoch_seal_came came = {.bytes = bytes, .by = &named};
        broadcasts_name(&named, &entry, w.group);
        int rc = epoch_seal_open(e, w.now, &came, span_mut_of(room, sizeof room), &read, &where);
        CHECK(rc <= 0 && (rc < 0 || by != node));
        CHECK(rc < 0 || memcmp(read.device, device, 32) == 0);
    }
    chain_drop(&peek);
}

/* What is saved can be loaded; and damaged nothing breaks. */
static void damage(size_t node)
{
    struct buf b;
    struct epoch e;

    group_world_steal(&w, node, &b);
    CHECK(epoch_state_load(&e, &w.nodes[node].config, w.now, buf_span(&b)) == 0);
    epoch_check(&e);
    epoch_clear(&e);
    for (int i = 0; i < 3; i++) {
        b.ptr[((size_t)rd_u16be(&in) << 8 | rd_u8(&in)) % b.len] ^= rd_u8(&in);
    }
    if (epoch_state_load(&e, &w.nodes[node].config, w.now, buf_span(&b)) == 0) {
        epoch_clear(&e);
    }
    buf_wipe(&b);
}

static void step(void)
{
    uint8_t kind = rd_u8(&in);
    size_t node = rd_u8(&in) % w.node_count;
    struct epoch *e = &w.nodes[node].e;
    int rc = 0;

    switch (kind % 16) {
    case 0:
    case 1:
        rc = group_world_write(&w, node);
        break;
    case 2:
        rc = epoch_make_change(e, w.now, kind >= 128);
        break;
    case 3:
        bend(node);
        break;
    case 4:
        damage(node);
        break;
    case 5:
        w.nodes[node].part = rd_u8(&in) % 2;
        break;
    case 6:
        group_world_crash(&w, node);
        group_world_restart(&w, node);
        break;
    case 7:
        w.now += (uint64_t)rd_u8(&in) * 3600 * GROUP_WORLD_SECOND;
        epoch_tick(e, w.now);
        CHECK(epoch_deadline(e) > w.now);
        break;
    case 8:
        rc = group_world_welcome(&w, node, rd_u8(&in) % w.node_count);
        break;
    case 9:
        if (w.log_count < 12) {
            group_world_log(&w, node, kind >= 192, rd_u8(&in) % w.node_count);
        }
        break;
    case 10:
        forge_change(rd_u8(&in) % w.node_count, node);
        break;
    case 11:
        forge_name(rd_u8(&in) % w.node_count, node);
        break;
    case 12:
        forge_welcome(rd_u8(&in) % w.node_count, node);
        break;
    case 13:
        forge_entry(rd_u8(&in) % w.node_count, node);
        break;
    default:
        for (int i = 0; i < 8; i++) {
            (void)group_world_deliver(&w, rd_u8(&in) % w.node_count, rd_u8(&in) % w.item_count);
        }
        break;
    }
    CHECK(rc <= 0);
    group_world_pump(&w, node);
    if ((kind & 64) == 0) { /* else the disk is late, and a crash may come before it */
        group_world_disk(&w, node);
    }
    epoch_check(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct aead *aead; /* for all runs: making one costs more than a run */

    if (aead == NULL) {
        aead = aead_new();
    }
    size_t live = mem_live_count();
    rd_init(&in, span_of(data, len));
    group_world_init_small(&w, NODES, aead);
    group_world_begin(&w, NODES);
    w.has_slow_disk = true;
    for (size_t i = 0; i < STEPS_MAX && rd_left(&in) > 0; i++) {
        step();
    }
    for (size_t i = 0; i < w.item_count; i++) {
        for (size_t node = 0; node < w.node_count; node++) {
            CHECK(!w.items[i]->opened[node] || w.items[i]->is_for[node]);
        }
    }
    group_world_clear(&w);
    CHECK(mem_live_count() == live);
    return 0;
}
