/*
 * Devices with sessions, for tests.
 */
#include "tests/support/session_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "courier/session_state.h"

static const uint8_t network[PREKEYS_MSG_NETWORK_SIZE] = {'t', 'e', 's', 't'};

struct prekeys_config session_world_prekeys_config(struct session_world *w, int who)
{
    struct prekeys_config config = {.device = &w->p[who].device,
                                    .signer = &signer_ed25519,
                                    .random = &w->p[who].random,
                                    .day = 600 + (uint32_t)(w->now / UINT64_C(86400000000000))};
    memcpy(config.network, network, sizeof(network));
    return config;
}

struct session_config session_world_config(struct session_world *w, int who, int peer)
{
    struct session_config config = {.prekeys = &w->p[who].prekeys,
                                    .aead = w->aead,
                                    .kind = w->kind,
                                    .random = &w->p[who].random};
    memcpy(config.peer, w->p[peer].device.public_key, sizeof(config.peer));
    return config;
}

void session_world_init(struct session_world *w, uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    w->aead = aead_new();
    CHECK(w->aead != NULL);
    w->now = UINT64_C(1000000000);
    for (int i = 0; i < SESSION_WORLD_PARTIES; i++) {
        struct session_party *p = &w->p[i];
        random_seeded_init(&p->seeded, seed * 8 + (uint64_t)i);
        p->random = random_from_seeded(&p->seeded);
        ed25519_make(&p->device, &p->random);
        const struct prekeys_config config = session_world_prekeys_config(w, i);
        prekeys_init(&p->prekeys, &config, w->now);
    }
    for (int i = 0; i < SESSION_WORLD_PARTIES; i++) {
        const struct session_config config = session_world_config(w, i, i == 1 ? 0 : 1);
        session_init(&w->p[i].session, &config);
    }
}

void session_world_clear(struct session_world *w)
{
    for (int i = 0; i < SESSION_WORLD_PARTIES; i++) {
        session_clear(&w->p[i].session);
        prekeys_clear(&w->p[i].prekeys);
    }
    aead_free(w->aead);
}

int session_world_seal(struct session_world *w, int who, const char *text, size_t room,
                       struct session_mail *m)
{
    struct session *s = &w->p[who].session;
    struct wr wr;
    wr_init(&wr, span_mut_of(m->bytes, sizeof(m->bytes)));
    const int rc = session_seal(s, w->now, span_from_text(text), room, &wr);
    m->len = wr.len;
    CHECK(m->len <= room && !wr.failed);
    session_check(s);
    return rc;
}

void session_world_write(struct session_world *w, int who, const char *text, struct session_mail *m)
{
    struct session *s = &w->p[who].session;
    if (session_wants_bundle(s)) {
        CHECK(session_learn(s, w->now, prekeys_bundle(&w->p[who == 1 ? 0 : 1].prekeys)) == 0);
    }
    CHECK(session_world_seal(w, who, text, sizeof(m->bytes), m) == 0);
}

int session_world_open_as(struct session_world *w, struct session *s, const struct session_mail *m)
{
    struct session_mail copy = *m;
    struct span content;
    const int rc = session_open(s, w->now, span_mut_of(copy.bytes, copy.len), &content);
    w->text_len = rc == 0 ? content.len : 0;
    if (w->text_len > 0) {
        memcpy(w->text, content.ptr, content.len);
    }
    session_check(s);
    return rc;
}

int session_world_open(struct session_world *w, int who, const struct session_mail *m)
{
    return session_world_open_as(w, &w->p[who].session, m);
}

void session_world_hear(struct session_world *w, int who, const struct session_mail *m,
                        const char *text)
{
    CHECK(session_world_open(w, who, m) == 0);
    CHECK(span_is_equal(span_of(w->text, w->text_len), span_from_text(text)));
}

size_t session_world_say(struct session_world *w, int who, const char *text)
{
    struct session_mail m;
    session_world_write(w, who, text, &m);
    session_world_hear(w, who == 1 ? 0 : 1, &m, text);
    return m.len;
}

uint8_t *session_world_state(struct session_world *w, int who, size_t *len)
{
    struct wr wr;
    wr_init(&wr, span_mut_of(NULL, 0));
    session_state_save(&wr, &w->p[who].session, w->now);
    *len = wr.len;
    CHECK(*len <= SESSION_STATE_MAX);
    uint8_t *bytes = mem_new(*len);
    wr_init(&wr, span_mut_of(bytes, *len));
    session_state_save(&wr, &w->p[who].session, w->now);
    CHECK(!wr.failed && wr.len == *len);
    return bytes;
}

void session_world_restore(struct session_world *w, int who, struct span bytes)
{
    struct session *s = &w->p[who].session;
    const struct session_config config = s->config;
    session_clear(s);
    CHECK(session_state_load(s, &config, bytes, w->now) == 0);
    session_check(s);
}

bool session_world_tells(struct session_world *w, int who, enum session_event event)
{
    enum session_event next;
    bool found = false;
    while (session_next_event(&w->p[who].session, &next)) {
        found = found || next == event;
    }
    return found;
}

const uint8_t *session_world_active(struct session_world *w, int who)
{
    struct session_mail m;
    const struct session *s = &w->p[who].session;
    uint64_t sent[SESSION_RATCHETS_MAX];
    const uint8_t *name = NULL;
    size_t len;
    uint8_t *before = session_world_state(w, who, &len);
    for (size_t i = 0; i < SESSION_RATCHETS_MAX; i++) {
        const struct ratchet *r = s->slots[i].ratchet;
        sent[i] = r != NULL ? (uint64_t)r->must_step << 32 | r->send.next : 0;
    }
    if (session_world_seal(w, who, "which", sizeof(m.bytes), &m) == 0) {
        for (size_t i = 0; i < SESSION_RATCHETS_MAX; i++) {
            const struct ratchet *r = s->slots[i].ratchet;
            if (r != NULL && ((uint64_t)r->must_step << 32 | r->send.next) != sent[i]) {
                static uint8_t found[32];
                memcpy(found, r->session, sizeof(found));
                name = found;
            }
        }
    }
    session_world_restore(w, who, span_of(before, len));
    mem_free(before);
    return name;
}
