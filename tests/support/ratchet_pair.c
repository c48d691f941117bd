/*
 * Two ratchets for tests.
 */
#include "tests/support/ratchet_pair.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/ratchet_state.h"

void ratchet_pair_init(struct ratchet_pair *p, uint64_t seed)
{
    struct random_seeded seeded;
    memset(p, 0, sizeof(*p));
    p->aead = aead_new();
    CHECK(p->aead != NULL);
    random_seeded_init(&seeded, seed);
    const struct random random = random_from_seeded(&seeded);
    random_fill(&random, p->keys.session, sizeof(p->keys.session));
    random_fill(&random, p->keys.root, sizeof(p->keys.root));
    random_fill(&random, p->keys.initiator_header, sizeof(p->keys.initiator_header));
    random_fill(&random, p->keys.responder_header, sizeof(p->keys.responder_header));
    x25519_make(&p->prekey, &random);
    for (int i = 0; i < 2; i++) {
        random_seeded_init(&p->seeded[i], seed * 2 + (uint64_t)i + 1000);
        p->random[i] = random_from_seeded(&p->seeded[i]);
    }
    p->now = UINT64_C(1000000000);
    ratchet_init_initiator(&p->r[0], &p->keys, p->prekey.public_key, p->now);
    ratchet_init_responder(&p->r[1], &p->keys, &p->prekey, p->now);
}

void ratchet_pair_clear(struct ratchet_pair *p)
{
    ratchet_clear(&p->r[0]);
    ratchet_clear(&p->r[1]);
    aead_free(p->aead);
}

struct ratchet_env ratchet_pair_env(const struct ratchet_pair *p, int who)
{
    return (struct ratchet_env){
        .aead = p->aead, .kind = p->kind, .random = &p->random[who], .now = p->now};
}

int ratchet_pair_seal(struct ratchet_pair *p, int who, const char *text, size_t room,
                      struct ratchet_mail *m)
{
    const struct ratchet_env env = ratchet_pair_env(p, who);
    struct wr w;
    wr_init(&w, span_mut_of(m->bytes, sizeof(m->bytes)));
    const int rc = ratchet_seal(&p->r[who], &env, span_from_text(text), room, &w);
    m->len = w.len;
    CHECK(m->len <= room);
    ratchet_check(&p->r[who]);
    return rc;
}

int ratchet_pair_open_as(struct ratchet_pair *p, struct ratchet *r, const struct ratchet_mail *m)
{
    const struct ratchet_env env = {.aead = p->aead, .now = p->now}; /* opening draws nothing */
    struct ratchet_mail copy = *m;
    struct span content;
    const int rc = ratchet_open(r, &env, span_mut_of(copy.bytes, copy.len), &content, &p->news);
    p->text_len = rc == 0 ? content.len : 0;
    if (p->text_len > 0) {
        memcpy(p->text, content.ptr, content.len);
    }
    ratchet_check(r);
    return rc;
}

int ratchet_pair_open(struct ratchet_pair *p, int who, const struct ratchet_mail *m)
{
    return ratchet_pair_open_as(p, &p->r[who], m);
}

size_t ratchet_pair_say(struct ratchet_pair *p, int who, const char *text)
{
    struct ratchet_mail m;
    CHECK(ratchet_pair_seal(p, who, text, sizeof(m.bytes), &m) == 0);
    CHECK(ratchet_pair_open(p, 1 - who, &m) == 0);
    CHECK(span_is_equal(span_of(p->text, p->text_len), span_from_text(text)));
    return m.len;
}

uint8_t *ratchet_pair_state(const struct ratchet *r, size_t *len)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    ratchet_state_save(&w, r);
    *len = w.len;
    uint8_t *bytes = mem_new(*len);
    wr_init(&w, span_mut_of(bytes, *len));
    ratchet_state_save(&w, r);
    CHECK(!w.failed && w.len == *len);
    return bytes;
}

void ratchet_pair_copy(const struct ratchet_pair *p, struct ratchet *to, const struct ratchet *from)
{
    size_t len;
    uint8_t *bytes = ratchet_pair_state(from, &len);
    CHECK(ratchet_state_load(to, span_of(bytes, len), p->now) == 0);
    mem_free(bytes);
    ratchet_check(to);
}

bool ratchet_pair_holds(const void *hay, size_t hay_len, const void *needle, size_t len)
{
    const uint8_t *bytes = hay;
    for (size_t i = 0; i + len <= hay_len; i++) {
        if (memcmp(bytes + i, needle, len) == 0) {
            return true;
        }
    }
    return false;
}
