/*
 * Codec of stored sessions. Damaged bytes are refused whole: a session that is half there would
 * write with keys that it used.
 */
#include "courier/session_state.h"

#include <string.h>

#include "base/mem.h"
#include "base/pb.h"
#include "crypto/ratchet_state.h"
#include "crypto/secret.h"

#define FORMAT 1

enum field {
    FIELD_FORMAT = 1,
    FIELD_PEER = 2,
    FIELD_SEEN = 3,
    FIELD_RATCHET = 4,
    FIELD_BUNDLE = 5,
    FIELD_RENEW = 6,
    FIELD_LEAST = 7,
    FIELD_BUNDLE_ENDS = 8,
    FIELD_DOUBT = 9,
    FIELD_ROUNDS = 10,
    FIELD_RENEW_PAID = 11
};

enum slot_field {
    SLOT_RATCHET = 1,
    SLOT_ROUND = 2,
    SLOT_FLAGS = 3,
    SLOT_ENDS = 4,
    SLOT_PRELUDE = 5,
    SLOT_HASH = 6,
    SLOT_PREKEY = 7
};

enum slot_flag { FLAG_OWN = 1, FLAG_PROVEN = 2, FLAG_RETIRED = 4, FLAG_LATE = 8 };

#define SEEN_SIZE (SESSION_SEEN_SIZE + 4 + 8)
#define DOUBT_SIZE (4 + 8)
#define ROUNDS_SIZE (4 + 4)
#define REQUIRED_FIELDS 0x6u      /* format, peer */
#define REQUIRED_SLOT_FIELDS 0xeu /* ratchet, round, flags */

static void save_slot(struct wr *w, const struct session_slot *slot)
{
    struct wr size;
    wr_init(&size, span_mut_of(NULL, 0));
    ratchet_state_save(&size, slot->ratchet);
    pb_write_head(w, SLOT_RATCHET, size.len);
    ratchet_state_save(w, slot->ratchet);
    pb_write_varint(w, SLOT_ROUND, slot->round);
    pb_write_varint(w, SLOT_FLAGS,
                    (slot->is_own ? FLAG_OWN : 0u) | (slot->is_proven ? FLAG_PROVEN : 0u) |
                        (slot->is_retired ? FLAG_RETIRED : 0u) | (slot->is_late ? FLAG_LATE : 0u));
    if (slot->is_retired || slot->prelude != NULL) {
        pb_write_varint(w, SLOT_ENDS, slot->ends);
    }
    if (slot->prelude != NULL) {
        pb_write_bytes(w, SLOT_PRELUDE, span_of(slot->prelude, slot->prelude_len));
        pb_write_varint(w, SLOT_PREKEY, slot->prekey);
    }
    if (!slot->is_own) {
        pb_write_bytes(w, SLOT_HASH, span_of(slot->prelude_hash, sizeof(slot->prelude_hash)));
    }
}

void session_state_save(struct wr *w, const struct session *s, uint64_t now)
{
    pb_write_varint(w, FIELD_FORMAT, FORMAT);
    pb_write_bytes(w, FIELD_PEER, span_of(s->config.peer, sizeof(s->config.peer)));
    for (size_t i = 0; i < s->seen_count; i++) {
        pb_write_head(w, FIELD_SEEN, SEEN_SIZE);
        wr_bytes(w, span_of(s->seen[i].name, SESSION_SEEN_SIZE));
        wr_u32be(w, s->seen[i].prekey);
        wr_u64be(w, s->seen[i].expires);
    }
    for (size_t i = 0; i < SESSION_RATCHETS_MAX && s->slots[i].ratchet != NULL; i++) {
        struct wr size;
        wr_init(&size, span_mut_of(NULL, 0));
        save_slot(&size, &s->slots[i]);
        pb_write_head(w, FIELD_RATCHET, size.len);
        save_slot(w, &s->slots[i]);
    }
    if (s->bundle != NULL) {
        pb_write_bytes(w, FIELD_BUNDLE, span_of(s->bundle, s->bundle_len));
        pb_write_varint(w, FIELD_BUNDLE_ENDS, s->bundle_ends);
    }
    if (s->renew_paid > now) {
        pb_write_varint(w, FIELD_RENEW, s->renew_after);
        pb_write_varint(w, FIELD_RENEW_PAID, s->renew_paid);
    }
    if (s->bundle_least > 0) {
        pb_write_varint(w, FIELD_LEAST, s->bundle_least);
    }
    if (s->doubt_ends != 0) {
        pb_write_head(w, FIELD_DOUBT, DOUBT_SIZE);
        wr_u32be(w, s->doubt_number);
        wr_u64be(w, s->doubt_ends);
    }
    if (s->round_known != 0) {
        pb_write_head(w, FIELD_ROUNDS, ROUNDS_SIZE);
        wr_u32be(w, s->round_known);
        wr_u32be(w, s->round_turned);
    }
}

/* --- loading --- */

struct loading {
    struct session *s;
    uint64_t now;
    uint32_t seen;
    size_t slots;
    int rc; /* the first thing that is wrong */
};

static void fail(struct loading *l, int rc)
{
    l->rc = l->rc == 0 ? rc : l->rc;
}

/* A stored end, which never is further away than what was to last longest; a clock that lost its
 * place makes things last longer, by that at most. Never 0, which says that there is none. */
static uint64_t moment(const struct loading *l, uint64_t ends, uint64_t most)
{
    ends = ends > 0 ? ends : 1;
    return ends > l->now && ends - l->now > most ? l->now + most : ends;
}

/* A copy of borrowed bytes, not longer than `most`. */
static uint8_t *copy(struct loading *l, struct span bytes, size_t most)
{
    if (bytes.len == 0 || bytes.len > most) {
        fail(l, WAVU_ERR_CORRUPT);
        return NULL;
    }
    uint8_t *made = mem_new_raw(bytes.len);
    memcpy(made, bytes.ptr, bytes.len);
    return made;
}

static void load_seen(struct loading *l, const struct pb_field *f)
{
    struct session *s = l->s;
    struct rd r;
    if (f->wire != PB_BYTES || f->bytes.len != SEEN_SIZE || s->seen_count == SESSION_SEEN_MAX) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    if (s->seen == NULL) {
        s->seen = mem_new_array(SESSION_SEEN_MAX, sizeof(*s->seen));
    }
    struct session_seen *seen = &s->seen[s->seen_count++];
    rd_init(&r, f->bytes);
    rd_copy(&r, seen->name, sizeof(seen->name));
    seen->prekey = rd_u32be(&r);
    seen->expires = moment(l, rd_u64be(&r), SESSION_SEEN_NS);
}

static void load_ratchet(struct loading *l, struct session_slot *slot, struct span bytes)
{
    if (slot->ratchet != NULL) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    slot->ratchet = mem_new(sizeof(*slot->ratchet));
    const int rc = ratchet_state_load(slot->ratchet, bytes, l->now);
    if (rc != 0) {
        fail(l, rc);
    }
}

static void load_slot_field(struct loading *l, struct session_slot *slot, const struct pb_field *f,
                            uint64_t *flags)
{
    switch (f->number) {
    case SLOT_RATCHET:
        load_ratchet(l, slot, f->bytes);
        return;
    case SLOT_ROUND:
        slot->round = (uint32_t)f->value;
        return;
    case SLOT_FLAGS:
        *flags = f->value;
        return;
    case SLOT_ENDS:
        slot->ends = moment(l, f->value, SESSION_RETIRED_NS);
        return;
    case SLOT_PRELUDE:
        if (slot->prelude != NULL) {
            fail(l, WAVU_ERR_CORRUPT);
            return;
        }
        slot->prelude = copy(l, f->bytes, SESSION_START_PRELUDE_MAX);
        slot->prelude_len = slot->prelude != NULL ? f->bytes.len : 0;
        return;
    case SLOT_HASH:
        if (f->bytes.len != sizeof(slot->prelude_hash)) {
            fail(l, WAVU_ERR_CORRUPT);
            return;
        }
        memcpy(slot->prelude_hash, f->bytes.ptr, f->bytes.len);
        return;
    case SLOT_PREKEY:
        slot->prekey = (uint32_t)f->value;
        return;
    default:
        return;
    }
}

static void load_slot(struct loading *l, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    uint32_t seen = 0;
    uint64_t flags = 0;
    if (l->slots == SESSION_RATCHETS_MAX) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    struct session_slot *slot = &l->s->slots[l->slots++];
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        seen |= f.number < 32 ? UINT32_C(1) << f.number : 0;
        load_slot_field(l, slot, &f, &flags);
    }
    slot->is_own = (flags & FLAG_OWN) != 0;
    slot->is_proven = (flags & FLAG_PROVEN) != 0;
    slot->is_retired = (flags & FLAG_RETIRED) != 0;
    slot->is_late = (flags & FLAG_LATE) != 0;
    /* What session_check demands. */
    if (pb_finish(&p) != 0 || (seen & REQUIRED_SLOT_FIELDS) != REQUIRED_SLOT_FIELDS ||
        slot->ratchet == NULL || slot->is_own != slot->ratchet->is_initiator ||
        (slot->is_late && (slot->is_own || !slot->is_retired)) ||
        (slot->prelude != NULL &&
         (!slot->is_own || slot->is_retired || ratchet_has_heard(slot->ratchet)))) {
        fail(l, WAVU_ERR_CORRUPT);
    }
}

static void load_bundle(struct loading *l, const struct pb_field *f)
{
    struct session *s = l->s;
    struct prekeys_msg m;
    if (s->bundle != NULL || f->wire != PB_BYTES ||
        prekeys_read_bundle(&m, s->config.prekeys, s->config.peer, f->bytes) != 0) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    s->bundle = copy(l, f->bytes, PREKEYS_MSG_BUNDLE_MAX);
    s->bundle_len = s->bundle != NULL ? f->bytes.len : 0;
    s->bundle_ends = l->now;
    s->bundle_least = m.number;
}

static void load_least(struct loading *l, const struct pb_field *f)
{
    if (f->wire != PB_VARINT || f->value > UINT32_MAX || f->value < l->s->bundle_least) {
        fail(l, WAVU_ERR_CORRUPT); /* below that of the bundle beside it */
        return;
    }
    l->s->bundle_least = (uint32_t)f->value;
}

static void load_bundle_ends(struct loading *l, const struct pb_field *f)
{
    if (f->wire != PB_VARINT || l->s->bundle == NULL) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    l->s->bundle_ends = moment(l, f->value, SESSION_BUNDLE_NS);
}

static void load_doubt(struct loading *l, const struct pb_field *f)
{
    struct session *s = l->s;
    struct rd r;
    if (f->wire != PB_BYTES || f->bytes.len != DOUBT_SIZE) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    rd_init(&r, f->bytes);
    s->doubt_number = rd_u32be(&r);
    const uint64_t ends = rd_u64be(&r);
    s->doubt_ends = ends == UINT64_MAX ? UINT64_MAX : moment(l, ends, SESSION_DOUBT_NS);
}

static void load_rounds(struct loading *l, const struct pb_field *f)
{
    struct rd r;
    if (f->wire != PB_BYTES || f->bytes.len != ROUNDS_SIZE) {
        fail(l, WAVU_ERR_CORRUPT);
        return;
    }
    rd_init(&r, f->bytes);
    l->s->round_known = rd_u32be(&r);
    l->s->round_turned = rd_u32be(&r);
}

static void load_field(struct loading *l, const struct pb_field *f)
{
    const struct span peer = span_of(l->s->config.peer, sizeof(l->s->config.peer));
    switch (f->number) {
    case FIELD_FORMAT:
        if (f->wire == PB_VARINT && f->value > FORMAT) {
            fail(l, WAVU_ERR_UNSUPPORTED);
        }
        return;
    case FIELD_PEER:
        if (f->wire != PB_BYTES || !span_is_equal(f->bytes, peer)) {
            fail(l, WAVU_ERR_CORRUPT);
        }
        return;
    case FIELD_SEEN:
        load_seen(l, f);
        return;
    case FIELD_RATCHET:
        load_slot(l, f->bytes);
        return;
    case FIELD_BUNDLE:
        load_bundle(l, f);
        return;
    case FIELD_RENEW:
        l->s->renew_after = moment(l, f->value, SESSION_RENEW_NS);
        return;
    case FIELD_RENEW_PAID:
        l->s->renew_paid = moment(l, f->value, SESSION_RENEW_BURST * SESSION_RENEW_EACH_NS);
        return;
    case FIELD_ROUNDS:
        load_rounds(l, f);
        return;
    case FIELD_LEAST:
        load_least(l, f);
        return;
    case FIELD_BUNDLE_ENDS:
        load_bundle_ends(l, f);
        return;
    case FIELD_DOUBT:
        load_doubt(l, f);
        return;
    default:
        return;
    }
}

int session_state_load(struct session *s, const struct session_config *config, struct span bytes,
                       uint64_t now)
{
    struct loading l = {.s = s, .now = now};
    struct pb p;
    struct pb_field f;
    session_init(s, config);
    pb_init(&p, bytes);
    while (l.rc == 0 && pb_next(&p, &f)) {
        l.seen |= f.number < 32 ? UINT32_C(1) << f.number : 0;
        load_field(&l, &f);
    }
    if (pb_finish(&p) != 0 || (l.seen & REQUIRED_FIELDS) != REQUIRED_FIELDS ||
        !session_rounds_hold(s)) {
        fail(&l, WAVU_ERR_CORRUPT);
    }
    if (l.rc != 0) {
        session_clear(s);
    }
    return l.rc;
}
