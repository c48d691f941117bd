/*
 * Prekeys: made, signed, replaced, kept for who is late, wiped.
 */
#include "courier/prekeys.h"

#include <string.h>

#include "base/check.h"
#include "base/duration.h"
#include "base/pb.h"
#include "crypto/secret.h"

#define FORMAT 1
#define FIRST_MAX (UINT32_C(1) << 31) /* of numbers: there are so many above, for as many weeks */
#define DAY_MAX (FIRST_MAX / PREKEYS_NUMBERS_PER_DAY - 1)

enum state_field {
    STATE_FORMAT = 1,
    STATE_NETWORK = 2,
    STATE_DEVICE = 3,
    STATE_AGREEMENT = 4,
    STATE_CARD = 5,
    STATE_BUNDLE = 6,
    STATE_ROTATES = 7,
    STATE_PREKEY = 8,
    STATE_NEXT = 9,
    STATE_OUTDONE = 10,
    STATE_OUTDO = 11
};

enum key_field { KEY_NUMBER = 1, KEY_X25519 = 2, KEY_MLKEM = 3, KEY_HASH = 4, KEY_ENDS = 5 };

#define STATE_REQUIRED 0x3feu /* 1 to 9 */
#define KEY_REQUIRED 0x1eu    /* 1 to 4 */

/* --- making --- */

/* Sign what `m` says; returns the length of the signed message in `out`. */
static size_t sign(const struct prekeys *p, enum prekeys_msg_kind kind, struct prekeys_msg *m,
                   struct span_mut out)
{
    uint8_t body[PREKEYS_MSG_BUNDLE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr w;
    m->network = span_of(p->config.network, sizeof(p->config.network));
    m->device = span_of(p->config.device->public_key, ED25519_PUBLIC_SIZE);
    m->agreement = span_of(p->agreement.public_key, X25519_SIZE);
    wr_init(&w, span_mut_of(body, sizeof(body)));
    prekeys_msg_encode_body(&w, kind, m);
    m->body = wr_span(&w);
    p->config.signer->sign(p->config.signer->context, signature, p->config.device,
                           prekeys_msg_label(kind), m->body);
    m->signature = span_of(signature, sizeof(signature));
    wr_init(&w, out);
    prekeys_msg_encode(&w, m);
    CHECK(!w.failed);
    return w.len;
}

/* Make a prekey and its bundle. There is room for it. */
static void make(struct prekeys *p, uint64_t now)
{
    struct mlkem_pair pair;
    struct prekeys_key *key = &p->keys[p->count];
    memset(key, 0, sizeof(*key));
    key->number = p->next++;
    key->ends = UINT64_MAX;
    x25519_make(&key->x25519, p->config.random);
    random_fill(p->config.random, key->seed, sizeof(key->seed));
    mlkem_from_seed(&pair, key->seed);
    struct prekeys_msg m = {.number = key->number,
                            .x25519 = span_of(key->x25519.public_key, X25519_SIZE),
                            .mlkem = span_of(pair.public_key, MLKEM_PUBLIC_SIZE)};
    p->bundle_len = sign(p, PREKEYS_MSG_BUNDLE, &m, span_mut_of(p->bundle, sizeof(p->bundle)));
    CHECK(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, prekeys_bundle(p)) == 0);
    hash_sha256(key->bundle_hash, m.body);
    if (p->count > 0) {
        p->keys[p->count - 1].ends = now + PREKEYS_KEEP_NS;
    }
    p->count++;
    p->rotates = now + PREKEYS_ROTATE_NS;
    secret_wipe(&pair, sizeof(pair));
}

/* The number from which one who knows no other begins. */
static uint32_t first_number(const struct prekeys_config *config)
{
    return (config->day < DAY_MAX ? config->day : DAY_MAX) * PREKEYS_NUMBERS_PER_DAY + 1;
}

void prekeys_init(struct prekeys *p, const struct prekeys_config *config, uint64_t now)
{
    struct prekeys_msg card = {.number = 0};
    memset(p, 0, sizeof(*p));
    p->config = *config;
    x25519_make(&p->agreement, config->random);
    p->card_len = sign(p, PREKEYS_MSG_CARD, &card, span_mut_of(p->card, sizeof(p->card)));
    p->next = first_number(config);
    make(p, now);
}

void prekeys_clear(struct prekeys *p)
{
    secret_wipe(p, sizeof(*p));
}

struct span prekeys_card(const struct prekeys *p)
{
    return span_of(p->card, p->card_len);
}

struct span prekeys_bundle(const struct prekeys *p)
{
    return span_of(p->bundle, p->bundle_len);
}

const struct prekeys_key *prekeys_find(const struct prekeys *p, uint32_t number)
{
    for (size_t i = p->count; i-- > 0;) {
        if (p->keys[i].number == number) {
            return &p->keys[i];
        }
    }
    return NULL;
}

/* --- time --- */

/* Wipe the `count` oldest ones. */
static void drop(struct prekeys *p, size_t count)
{
    memmove(&p->keys[0], &p->keys[count], (p->count - count) * sizeof(p->keys[0]));
    p->count -= count;
    secret_wipe(&p->keys[p->count], count * sizeof(p->keys[0]));
}

/* True when one went. */
static bool expire(struct prekeys *p, uint64_t now)
{
    size_t due = 0;
    while (due < p->count && p->keys[due].ends <= now) {
        due++;
    }
    if (due > 0) {
        drop(p, due);
    }
    return due > 0;
}

int prekeys_rotate(struct prekeys *p, uint64_t now)
{
    (void)expire(p, now);
    if (p->count == PREKEYS_KEPT_MAX || p->next == UINT32_MAX) {
        return WAVU_ERR_LIMIT;
    }
    make(p, now);
    return 0;
}

uint64_t prekeys_deadline(const struct prekeys *p)
{
    return p->keys[0].ends < p->rotates ? p->keys[0].ends : p->rotates;
}

bool prekeys_tick(struct prekeys *p, uint64_t now)
{
    const bool is_changed = expire(p, now);
    if (p->rotates > now) {
        return is_changed;
    }
    if (prekeys_rotate(p, now) != 0) {
        p->rotates = p->keys[0].ends; /* full: when the oldest goes */
    }
    return true;
}

/* --- bundles from outside --- */

int prekeys_read_bundle(struct prekeys_msg *m, const struct prekeys *own,
                        const uint8_t device[ED25519_PUBLIC_SIZE], struct span bundle)
{
    const struct prekeys_config *config = &own->config;
    const int rc = prekeys_msg_decode(m, PREKEYS_MSG_BUNDLE, bundle);
    if (rc != 0) {
        return rc;
    }
    if (!span_is_equal(m->network, span_of(config->network, sizeof(config->network))) ||
        !span_is_equal(m->device, span_of(device, ED25519_PUBLIC_SIZE)) ||
        config->signer->verify(config->signer->context, m->signature.ptr, device,
                               prekeys_msg_label(PREKEYS_MSG_BUNDLE), m->body) != 0 ||
        mlkem_check_public(m->mlkem.ptr) != 0) {
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}

enum prekeys_verdict prekeys_met(struct prekeys *p, struct span bundle, uint64_t now)
{
    struct prekeys_msg m;
    uint8_t hash[HASH_SHA256_SIZE];
    const uint32_t first = first_number(&p->config);
    const struct prekeys_key *current = &p->keys[p->count - 1];
    if (prekeys_read_bundle(&m, p, p->config.device->public_key, bundle) != 0) {
        return PREKEYS_MET_NOTHING;
    }
    hash_sha256(hash, m.body);
    if (m.number < current->number || secret_is_equal(hash, current->bundle_hash, sizeof(hash))) {
        return PREKEYS_MET_NOTHING;
    }
    if (p->outdone >= PREKEYS_OUTDO_MAX || m.number >= PREKEYS_NUMBER_END) {
        return PREKEYS_MET_TWIN;
    }
    if (now < p->outdo_after) {
        return PREKEYS_MET_AGAIN;
    }
    (void)expire(p, now);
    if (p->count == PREKEYS_KEPT_MAX) {
        drop(p, 1);
    }
    p->next = m.number < first ? first : m.number + 1;
    p->outdone++;
    p->outdo_after = now + PREKEYS_OUTDO_NS;
    make(p, now);
    return PREKEYS_MET_OUTDONE;
}

/* --- storing --- */

static void save_key(struct wr *w, const struct prekeys_key *key, uint64_t now)
{
    pb_write_varint(w, KEY_NUMBER, key->number);
    pb_write_bytes(w, KEY_X25519, span_of(key->x25519.secret, X25519_SIZE));
    pb_write_bytes(w, KEY_MLKEM, span_of(key->seed, sizeof(key->seed)));
    pb_write_bytes(w, KEY_HASH, span_of(key->bundle_hash, sizeof(key->bundle_hash)));
    if (key->ends != UINT64_MAX) {
        pb_write_varint(w, KEY_ENDS, duration_left(key->ends, now));
    }
}

void prekeys_save(struct wr *w, const struct prekeys *p, uint64_t now)
{
    pb_write_varint(w, STATE_FORMAT, FORMAT);
    pb_write_bytes(w, STATE_NETWORK, span_of(p->config.network, sizeof(p->config.network)));
    pb_write_bytes(w, STATE_DEVICE, span_of(p->config.device->public_key, ED25519_PUBLIC_SIZE));
    pb_write_bytes(w, STATE_AGREEMENT, span_of(p->agreement.secret, X25519_SIZE));
    pb_write_bytes(w, STATE_CARD, prekeys_card(p));
    pb_write_bytes(w, STATE_BUNDLE, prekeys_bundle(p));
    pb_write_varint(w, STATE_ROTATES, duration_left(p->rotates, now));
    for (size_t i = 0; i < p->count; i++) {
        struct wr size;
        wr_init(&size, span_mut_of(NULL, 0));
        save_key(&size, &p->keys[i], now);
        pb_write_head(w, STATE_PREKEY, size.len);
        save_key(w, &p->keys[i], now);
    }
    pb_write_varint(w, STATE_NEXT, p->next);
    if (p->outdone > 0) {
        pb_write_varint(w, STATE_OUTDONE, p->outdone);
    }
    if (p->outdo_after > now) {
        pb_write_varint(w, STATE_OUTDO, duration_left(p->outdo_after, now));
    }
}

struct loading {
    struct prekeys *p;
    uint64_t now;
    uint64_t away;
    uint32_t seen;
    bool is_bad;
    bool is_newer;
};

static void take_exact(struct loading *l, const struct pb_field *f, uint8_t *out, size_t len)
{
    if (f->wire != PB_BYTES || f->bytes.len != len) {
        l->is_bad = true;
        return;
    }
    memcpy(out, f->bytes.ptr, len);
}

static void take_same(struct loading *l, const struct pb_field *f, const uint8_t *want, size_t len)
{
    l->is_bad = l->is_bad || f->wire != PB_BYTES || !span_is_equal(f->bytes, span_of(want, len));
}

static void take_text(struct loading *l, const struct pb_field *f, struct span_mut out, size_t *len)
{
    if (f->wire != PB_BYTES || f->bytes.len == 0 || f->bytes.len > out.len) {
        l->is_bad = true;
        return;
    }
    memcpy(out.ptr, f->bytes.ptr, f->bytes.len);
    *len = f->bytes.len;
}

/* What is left of `left` ns, at most `most`, as a deadline. */
static uint64_t deadline(const struct loading *l, uint64_t left, uint64_t most)
{
    left = left < most ? left : most;
    return l->now + (left > l->away ? left - l->away : 0);
}

static void load_key(struct loading *l, struct span bytes)
{
    struct prekeys_key *key = &l->p->keys[l->p->count];
    uint32_t seen = 0;
    struct pb p;
    struct pb_field f;
    if (l->p->count == PREKEYS_KEPT_MAX) {
        l->is_bad = true;
        return;
    }
    key->ends = UINT64_MAX;
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        seen |= f.number < 32 ? UINT32_C(1) << f.number : 0;
        if (f.number == KEY_NUMBER) {
            l->is_bad = l->is_bad || f.wire != PB_VARINT || f.value > UINT32_MAX;
            key->number = (uint32_t)f.value;
        } else if (f.number == KEY_X25519) {
            take_exact(l, &f, key->x25519.secret, X25519_SIZE);
        } else if (f.number == KEY_MLKEM) {
            take_exact(l, &f, key->seed, sizeof(key->seed));
        } else if (f.number == KEY_HASH) {
            take_exact(l, &f, key->bundle_hash, sizeof(key->bundle_hash));
        } else if (f.number == KEY_ENDS) {
            l->is_bad = l->is_bad || f.wire != PB_VARINT;
            key->ends = deadline(l, f.value, PREKEYS_KEEP_NS);
        }
    }
    l->is_bad = l->is_bad || pb_finish(&p) != 0 || (seen & KEY_REQUIRED) != KEY_REQUIRED;
    x25519_derive(&key->x25519);
    l->p->count++;
}

static void load_field(struct loading *l, const struct pb_field *f)
{
    struct prekeys *p = l->p;
    switch (f->number) {
    case STATE_FORMAT:
        l->is_newer = f->wire == PB_VARINT && f->value > FORMAT;
        return;
    case STATE_NETWORK:
        take_same(l, f, p->config.network, sizeof(p->config.network));
        return;
    case STATE_DEVICE:
        take_same(l, f, p->config.device->public_key, ED25519_PUBLIC_SIZE);
        return;
    case STATE_AGREEMENT:
        take_exact(l, f, p->agreement.secret, X25519_SIZE);
        x25519_derive(&p->agreement);
        return;
    case STATE_CARD:
        take_text(l, f, span_mut_of(p->card, sizeof(p->card)), &p->card_len);
        return;
    case STATE_BUNDLE:
        take_text(l, f, span_mut_of(p->bundle, sizeof(p->bundle)), &p->bundle_len);
        return;
    case STATE_ROTATES:
        p->rotates = deadline(l, f->value, PREKEYS_ROTATE_NS);
        return;
    case STATE_PREKEY:
        load_key(l, f->bytes);
        return;
    case STATE_NEXT:
        l->is_bad = l->is_bad || f->wire != PB_VARINT || f->value > UINT32_MAX;
        p->next = (uint32_t)f->value;
        return;
    case STATE_OUTDONE:
        l->is_bad = l->is_bad || f->wire != PB_VARINT || f->value > PREKEYS_OUTDO_MAX;
        p->outdone = (uint32_t)f->value;
        return;
    case STATE_OUTDO:
        p->outdo_after = deadline(l, f->value, PREKEYS_OUTDO_NS);
        return;
    default:
        return;
    }
}

/* Only the last prekey is current, the bundle that is there is its, and numbers rise. */
static bool is_sound(const struct prekeys *p)
{
    struct prekeys_msg m;
    uint8_t hash[HASH_SHA256_SIZE];
    if (p->count == 0 || prekeys_msg_decode(&m, PREKEYS_MSG_CARD, prekeys_card(p)) != 0 ||
        prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, prekeys_bundle(p)) != 0) {
        return false;
    }
    hash_sha256(hash, m.body);
    for (size_t i = 0; i + 1 < p->count; i++) {
        if (p->keys[i].ends == UINT64_MAX || p->keys[i].number >= p->keys[i + 1].number) {
            return false;
        }
    }
    const struct prekeys_key *last = &p->keys[p->count - 1];
    return last->ends == UINT64_MAX && m.number == last->number && last->number < p->next &&
           secret_is_equal(hash, last->bundle_hash, sizeof(hash));
}

int prekeys_load(struct prekeys *p, const struct prekeys_config *config, struct span bytes,
                 uint64_t now, uint64_t away)
{
    struct loading l = {.p = p, .now = now, .away = away};
    struct pb reader;
    struct pb_field f;
    memset(p, 0, sizeof(*p));
    p->config = *config;
    pb_init(&reader, bytes);
    while (!l.is_newer && pb_next(&reader, &f)) {
        l.seen |= f.number < 32 ? UINT32_C(1) << f.number : 0;
        load_field(&l, &f);
    }
    int rc = 0;
    if (l.is_newer) {
        rc = WAVU_ERR_UNSUPPORTED;
    } else if (l.is_bad || pb_finish(&reader) != 0 || (l.seen & STATE_REQUIRED) != STATE_REQUIRED ||
               !is_sound(p)) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc != 0) {
        prekeys_clear(p);
    }
    return rc;
}

void prekeys_check(const struct prekeys *p)
{
    CHECK(p->count > 0 && p->count <= PREKEYS_KEPT_MAX);
    for (size_t i = 0; i < p->count; i++) {
        CHECK((p->keys[i].ends == UINT64_MAX) == (i + 1 == p->count));
        CHECK(p->keys[i].number < (i + 1 == p->count ? p->next : p->keys[i + 1].number));
    }
    CHECK(p->card_len <= sizeof(p->card) && p->bundle_len <= sizeof(p->bundle));
}
