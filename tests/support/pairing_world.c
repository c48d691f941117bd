/*
 * Keys are drawn from the seed. Events are copied, so that a test may look at them when it likes.
 */
#include "tests/support/pairing_world.h"

#include <string.h>

#include "base/check.h"

static void make_person(struct pairing_world *w, struct pairing_person *p, const char *name)
{
    memset(p, 0, sizeof *p);
    ed25519_make(&p->root, &w->random);
    ed25519_make(&p->self.device, &w->random);
    memcpy(p->self.root, p->root.public_key, sizeof p->self.root);
    pairing_make_certificate(p->self.certificate, &signer_ed25519, &p->root,
                             p->self.device.public_key);
    p->self.name_len = strlen(name);
    memcpy(p->self.name, name, p->self.name_len);
    p->means = (struct pairing_means){
        .self = &p->self,
        .signer = &signer_ed25519,
        .random = &w->random,
        .aead = w->aead,
        .aead_kind = AEAD_CHACHA20_POLY1305,
    };
}

void pairing_world_init(struct pairing_world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    w->aead = aead_new();
    CHECK(w->aead != NULL);
    make_person(w, &w->alice, "Alice");
    make_person(w, &w->baraka, "Baraka");
    make_person(w, &w->mallory, "Mallory");
    random_fill(&w->random, w->network, sizeof w->network);
    w->code = pairing_world_code("7-apple-river-stone");
}

void pairing_world_clear(struct pairing_world *w)
{
    aead_free(w->aead);
}

struct code pairing_world_code(const char *text)
{
    struct code code;
    struct code_fault fault;
    CHECK(code_parse(&code, &fault, span_from_text(text)) == 0);
    return code;
}

struct pairing_link pairing_world_link(const struct pairing_person *peer, uint8_t session)
{
    struct pairing_link link = {.session = {session, 1, 2, 3}};
    memcpy(link.peer, peer->self.device.public_key, sizeof link.peer);
    return link;
}

static void keep(struct buf *out, struct span bytes)
{
    buf_clear(out);
    buf_init(out, PAIRING_MSG_SIZE_MAX);
    CHECK(buf_append(out, bytes) == 0);
}

void pairing_world_host_clear(struct pairing_host_news *news)
{
    for (size_t i = 0; i < PAIRING_WORLD_SENT_MAX; i++) {
        buf_clear(&news->message[i]);
    }
    buf_clear(&news->answer);
    memset(news, 0, sizeof *news);
}

static void take_host(struct pairing_host_news *news, const struct pairing_host_event *e)
{
    switch (e->kind) {
    case PAIRING_HOST_SEND:
        CHECK(news->sent < PAIRING_WORLD_SENT_MAX);
        keep(&news->message[news->sent], e->bytes);
        news->to[news->sent++] = e->run;
        break;
    case PAIRING_HOST_END:
        news->ends++;
        break;
    case PAIRING_HOST_PEER:
        news->peers++;
        news->peer = e->peer;
        news->peer_run = e->run;
        break;
    case PAIRING_HOST_ANSWER:
        news->answers++;
        keep(&news->answer, e->bytes);
        break;
    case PAIRING_HOST_LOST:
        news->lost++;
        break;
    case PAIRING_HOST_TRY:
        news->tries++;
        news->left = e->left;
        news->err = e->err;
        break;
    case PAIRING_HOST_BUSY:
        news->busy++;
        news->busy_all = e->is_all;
        memcpy(news->busy_source, e->source, sizeof news->busy_source);
        break;
    case PAIRING_HOST_CLOSED:
        news->closed++;
        news->reason = e->reason;
        break;
    }
}

static void gather_host(struct pairing_host_news *news, struct pairing_host *h)
{
    struct pairing_host_event e;
    while (pairing_host_next_event(h, &e)) {
        take_host(news, &e);
    }
    pairing_host_check(h);
}

void pairing_world_host(struct pairing_host_news *news, struct pairing_host *h)
{
    pairing_world_host_clear(news);
    gather_host(news, h);
}

void pairing_world_guest_clear(struct pairing_guest_news *news)
{
    buf_clear(&news->message);
    buf_clear(&news->welcome);
    memset(news, 0, sizeof *news);
}

static void take_guest(struct pairing_guest_news *news, const struct pairing_guest_event *e)
{
    switch (e->kind) {
    case PAIRING_GUEST_SEND:
        news->sent++;
        keep(&news->message, e->bytes);
        break;
    case PAIRING_GUEST_PEER:
        news->peers++;
        news->peer = e->peer;
        break;
    case PAIRING_GUEST_WELCOME:
        news->welcomes++;
        keep(&news->welcome, e->bytes);
        break;
    case PAIRING_GUEST_DONE:
        news->done++;
        break;
    case PAIRING_GUEST_FAILED:
        news->failed++;
        news->err = e->err;
        news->left = e->left;
        break;
    }
}

static void gather_guest(struct pairing_guest_news *news, struct pairing_guest *g)
{
    struct pairing_guest_event e;
    while (pairing_guest_next_event(g, &e)) {
        take_guest(news, &e);
    }
    pairing_guest_check(g);
}

void pairing_world_guest(struct pairing_guest_news *news, struct pairing_guest *g)
{
    pairing_world_guest_clear(news);
    gather_guest(news, g);
}

void pairing_world_talk(struct pairing_talk *t, const char *welcome, const char *answer)
{
    unsigned to_host = 0; /* messages carried */
    size_t to_guest = 0;
    bool welcomed = false;
    bool answered = false;
    for (int round = 0; round < 8; round++) {
        gather_guest(&t->guest, t->g);
        if (t->guest.sent > to_host) {
            to_host = t->guest.sent;
            t->host_rc = pairing_host_feed(t->h, t->now, t->run, buf_span(&t->guest.message));
        }
        gather_host(&t->host, t->h);
        if (welcome != NULL && !welcomed && t->host.peers > 0) {
            welcomed = true;
            CHECK(pairing_host_welcome(t->h, t->now, t->host.peer_run, span_from_text(welcome)) ==
                  0);
            gather_host(&t->host, t->h);
        }
        while (to_guest < t->host.sent) {
            t->guest_rc = pairing_guest_feed(t->g, t->now, buf_span(&t->host.message[to_guest]));
            to_guest++;
            gather_guest(&t->guest, t->g);
        }
        if (answer != NULL && !answered && t->guest.welcomes > 0) {
            answered = true;
            CHECK(pairing_guest_answer(t->g, span_from_text(answer)) == 0);
        }
    }
}

void pairing_world_talk_clear(struct pairing_talk *t)
{
    pairing_world_host_clear(&t->host);
    pairing_world_guest_clear(&t->guest);
}
