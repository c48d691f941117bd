/*
 * A member's ask comes in, secrets of heads leave, sealed to the ask's key; on the other side they
 * come as wraps, and prove themselves by the commitment of the change.
 *
 * A derived change as the answer to each would be one more head that everybody else who asks lacks,
 * and a hundred devices that ask each other would never come to rest.
 */
#include "group/epoch_give.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "group/epoch_make.h"

static const char label[] = "wavu epoch given 1";

/* Each head has `slot` in its view, and its seed can be made again. */
static bool may_give(const struct epoch *e, int slot)
{
    bool may = e->graph.head_count <= EPOCH_GIVE_MAX;

    for (size_t i = 0; i < e->graph.head_count && may; i++) {
        const struct epoch_change *c = e->graph.heads[i];

        may = epoch_view_has(c->members, slot) && epoch_make_is_derivable(e, c);
    }
    return may;
}

/* WAVU_ERR_CRYPTO when the ask's key is none. */
static int give_one(struct epoch *e, const struct epoch_msg_ask *ask, const struct epoch_change *c,
                    uint64_t ticket)
{
    const struct wrap_leaf leaf = {
        .x25519 = ask->key.ptr,
        .mlkem = ask->key.len == HYBRID_PUBLIC_SIZE ? ask->key.ptr + X25519_SIZE : NULL};
    const struct wrap_about about = {.label = label, .id = c->id, .recipient = ask->device};
    const struct wrap_tools tools = {
        .aead = e->config.aead, .kind = e->config.kind, .random = e->config.random};
    struct wrap_sealed sealed;
    uint8_t bytes[WRAP_CARRIED_SIZE_MAX + 256];
    uint8_t seed[32];
    struct wr w;
    int rc = epoch_make_seed_again(e, c, seed);

    rc = rc < 0 ? rc : wrap_seal(&sealed, seed, &leaf, true, &about, &tools);
    secret_wipe(seed, sizeof seed);
    if (rc == 0) {
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        epoch_msg_write_wrap(&w, c->id, NULL, &sealed);
        rc = wr_finish(&w);
    }
    if (rc == 0) {
        struct epoch_out *out = epoch_emit(e, EPOCH_TELL, w.len);

        memcpy(out->bytes, bytes, w.len);
        memcpy(out->event.to, ask->device, 32);
        out->ticket = ticket;
    }
    return rc;
}

bool epoch_give(struct epoch *e, const struct epoch_msg_ask *ask, uint64_t ticket)
{
    const int slot = epoch_view_slot(&e->views, ask->device);

    if (slot < 0 || ask->is_whole || !may_give(e, slot)) {
        return false;
    }
    for (size_t i = 0; i < e->graph.head_count; i++) {
        if (give_one(e, ask, e->graph.heads[i], ticket) < 0) {
            return false; /* the first: its key is none */
        }
    }
    return true;
}

int epoch_give_take(struct epoch_take *f, struct epoch_change *c)
{
    struct epoch *e = f->e;
    const struct wrap_about about = {
        .label = label, .id = c->id, .recipient = e->config.device->public_key};
    uint8_t commitment[32];
    uint8_t seed[32];

    if (!e->ask.is_open || f->m.has_base) {
        return WAVU_ERR_CRYPTO;
    }
    int rc = wrap_open(seed, &f->m.sealed, &e->ask.key, &about, e->config.aead);
    if (rc == 0) {
        epoch_set_commit(commitment, seed);
        rc = secret_is_equal(commitment, c->commitment, sizeof commitment) ? 0 : WAVU_ERR_CRYPTO;
    }
    if (rc == 0) {
        e->ask.has_answer = true; /* as with a welcome, also when something else is missing */
        f->has_news = !c->has_secret;
    }
    if (rc == 0 && !c->has_secret) {
        epoch_install(e, f->now, c, seed);
    }
    secret_wipe(seed, sizeof seed);
    return rc;
}
