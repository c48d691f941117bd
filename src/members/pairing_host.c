/*
 * A run on a wrong number, a closed code or from a source that has had its tries is made like any
 * other, with a random secret: it takes the same messages and the same work, and fails where a
 * wrong word fails. A run that began while it might succeed is given a random tag to compare with
 * when it may not any more: what lies behind a right tag (opening, two signatures) takes a
 * hundred times as long, and would tell that the words were right.
 */
#include "members/pairing_host.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

#define NEVER UINT64_MAX

_Static_assert(sizeof(struct pairing_host_run) < 1024, "the comment of PAIRING_HOST_RUNS_MAX");
_Static_assert(PAIRING_HOST_EVENTS_MAX >= 2 * PAIRING_HOST_RUNS_MAX + 3,
               "all runs may end at once");

int pairing_host_init(struct pairing_host *h, const struct pairing_means *means,
                      const uint8_t network[PAIRING_KEY_SIZE])
{
    memset(h, 0, sizeof *h);
    const int rc = pairing_self_check(means->self);
    if (rc < 0) {
        return rc;
    }
    h->means = *means;
    memcpy(h->network, network, sizeof h->network);
    h->next_run = 1;
    pairing_gate_init(&h->gate);
    for (size_t i = 0; i < sizeof h->bodies / sizeof h->bodies[0]; i++) {
        buf_init(&h->bodies[i], PAIRING_MSG_SIZE_MAX);
    }
    return 0;
}

void pairing_host_clear(struct pairing_host *h)
{
    for (size_t i = 0; i < sizeof h->bodies / sizeof h->bodies[0]; i++) {
        buf_wipe(&h->bodies[i]);
    }
    secret_wipe(h, sizeof *h);
}

/* A new event at the end of the ring, and the bytes that it may carry. */
static struct pairing_host_event *add_event(struct pairing_host *h,
                                            enum pairing_host_event_kind kind, struct buf **body)
{
    CHECK(h->count < PAIRING_HOST_EVENTS_MAX);
    const size_t at = (h->first + h->count) % PAIRING_HOST_EVENTS_MAX;
    h->count++;
    h->events[at] = (struct pairing_host_event){.kind = kind};
    h->bodies[at].len = 0;
    if (body != NULL) {
        *body = &h->bodies[at];
    }
    return &h->events[at];
}

static struct buf *add_run_event(struct pairing_host *h, enum pairing_host_event_kind kind,
                                 uint32_t run)
{
    struct buf *body = NULL;
    add_event(h, kind, &body)->run = run;
    return body;
}

bool pairing_host_next_event(struct pairing_host *h, struct pairing_host_event *event)
{
    struct buf *handed = &h->bodies[PAIRING_HOST_EVENTS_MAX];
    buf_wipe(handed);
    if (h->count == 0) {
        return false;
    }
    const size_t at = h->first;
    const struct buf empty = *handed;
    *handed = h->bodies[at];
    h->bodies[at] = empty;
    *event = h->events[at];
    event->bytes = buf_span(handed);
    secret_wipe(&h->events[at], sizeof h->events[at]);
    h->first = (h->first + 1) % PAIRING_HOST_EVENTS_MAX;
    h->count--;
    return true;
}

static void close_code(struct pairing_host *h, enum pairing_host_reason reason)
{
    if (h->is_open) {
        h->is_open = false;
        secret_wipe(&h->code, sizeof h->code);
        add_event(h, PAIRING_HOST_CLOSED, NULL)->reason = reason;
    }
}

int pairing_host_open(struct pairing_host *h, uint64_t now, const struct code *code)
{
    if (h->is_open) {
        return WAVU_ERR_EXISTS;
    }
    h->is_open = true;
    h->serial++;
    h->code = *code;
    h->closes = now + PAIRING_HOST_OPEN_NS;
    h->failures = 0;
    memset(h->failed, 0, sizeof h->failed);
    memset(h->busy, 0, sizeof h->busy);
    return 0;
}

void pairing_host_close(struct pairing_host *h)
{
    close_code(h, PAIRING_HOST_CANCELLED);
}

static bool is_source(const uint8_t a[PAIRING_HOST_SOURCE_SIZE],
                      const uint8_t b[PAIRING_HOST_SOURCE_SIZE])
{
    return span_is_equal(span_of(a, PAIRING_HOST_SOURCE_SIZE),
                         span_of(b, PAIRING_HOST_SOURCE_SIZE));
}

/* Where failures of `source` on this code are counted, or the place for them: NULL when there is no
 * more, which is when the code is closed. */
static struct pairing_host_failure *failure_of(struct pairing_host *h,
                                               const uint8_t source[PAIRING_HOST_SOURCE_SIZE])
{
    for (size_t i = 0; i < PAIRING_HOST_TRIES_MAX; i++) {
        if (h->failed[i].count == 0 || is_source(h->failed[i].source, source)) {
            return &h->failed[i];
        }
    }
    return NULL;
}

static bool may_try(struct pairing_host *h, const uint8_t source[PAIRING_HOST_SOURCE_SIZE])
{
    const struct pairing_host_failure *f = failure_of(h, source);
    return h->is_open && f != NULL && f->count < PAIRING_HOST_SOURCE_TRIES_MAX;
}

/* Tell of a try that failed for `err`. */
static void tell_try(struct pairing_host *h, const uint8_t source[PAIRING_HOST_SOURCE_SIZE],
                     int err)
{
    struct pairing_host_event *e = add_event(h, PAIRING_HOST_TRY, NULL);
    memcpy(e->source, source, sizeof e->source);
    e->left = PAIRING_HOST_TRIES_MAX - h->failures;
    e->err = err;
}

/* A source that may try did not have the words. */
static void count_failure(struct pairing_host *h, const uint8_t source[PAIRING_HOST_SOURCE_SIZE])
{
    struct pairing_host_failure *f = failure_of(h, source);
    if (f != NULL) {
        memcpy(f->source, source, sizeof f->source);
        f->count++;
    }
    h->failures++;
    tell_try(h, source, WAVU_ERR_CRYPTO);
    if (h->failures >= PAIRING_HOST_TRIES_MAX) {
        close_code(h, PAIRING_HOST_TRIED);
    }
}

static void end_run(struct pairing_host *h, struct pairing_host_run *r)
{
    const bool proved =
        r->state == PAIRING_HOST_WAIT_WELCOME || r->state == PAIRING_HOST_WAIT_ANSWER;
    const uint32_t id = r->id;
    secret_wipe(r, sizeof *r);
    if (proved) {
        (void)add_run_event(h, PAIRING_HOST_LOST, id);
    }
    (void)add_run_event(h, PAIRING_HOST_END, id);
}

/* The one answer to all that is refused; only who has shown to have the words hears that he has. */
static int refuse(struct pairing_host *h, struct pairing_host_run *r, int rc)
{
    const struct pairing_msg m = {
        .kind = PAIRING_MSG_REFUSED, .format = PAIRING_MSG_FORMAT, .is_right = r->run.is_proved};
    CHECK(pairing_write(add_run_event(h, PAIRING_HOST_SEND, r->id), &m) == 0);
    end_run(h, r);
    return rc;
}

static struct pairing_host_run *find_run(struct pairing_host *h, uint32_t id)
{
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        if (h->runs[i].state != PAIRING_HOST_FREE && h->runs[i].id == id) {
            return &h->runs[i];
        }
    }
    return NULL;
}

static bool is_unproved(const struct pairing_host_run *r)
{
    return r->state == PAIRING_HOST_WAIT_HELLO || r->state == PAIRING_HOST_WAIT_PROOF;
}

/* Unproved runs of a source, and the oldest of them. */
static size_t runs_of(struct pairing_host *h, const uint8_t source[PAIRING_HOST_SOURCE_SIZE],
                      struct pairing_host_run **oldest)
{
    size_t count = 0;
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        struct pairing_host_run *r = &h->runs[i];
        if (!is_unproved(r) || !is_source(r->source, source)) {
            continue;
        }
        if (count == 0 || r->id < (*oldest)->id) {
            *oldest = r;
        }
        count++;
    }
    return count;
}

/* A free place, if need be that of the oldest run of the source with the most; NULL when all are of
 * people who proved the code. */
static struct pairing_host_run *make_room(struct pairing_host *h,
                                          const uint8_t source[PAIRING_HOST_SOURCE_SIZE])
{
    struct pairing_host_run *victim = NULL;
    size_t most = 0;
    if (runs_of(h, source, &victim) >= PAIRING_HOST_SOURCE_RUNS_MAX) {
        end_run(h, victim);
        return victim;
    }
    victim = NULL;
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        struct pairing_host_run *oldest = NULL;
        if (h->runs[i].state == PAIRING_HOST_FREE) {
            return &h->runs[i];
        }
        const size_t count = runs_of(h, h->runs[i].source, &oldest);
        if (count > most || (count == most && count > 0 && oldest->id < victim->id)) {
            most = count;
            victim = oldest;
        }
    }
    if (victim != NULL) {
        end_run(h, victim);
    }
    return victim;
}

/* The inviter hears that somebody may be kept out, once in a while. */
static void tell_busy(struct pairing_host *h, uint64_t now,
                      const uint8_t source[PAIRING_HOST_SOURCE_SIZE], bool is_all)
{
    if (h->is_open && now >= h->busy[is_all]) {
        struct pairing_host_event *e = add_event(h, PAIRING_HOST_BUSY, NULL);
        memcpy(e->source, source, sizeof e->source);
        e->is_all = is_all;
        h->busy[is_all] = now + PAIRING_HOST_BUSY_NS;
    }
}

int pairing_host_begin(struct pairing_host *h, uint64_t now, const struct pairing_link *link,
                       const uint8_t source[PAIRING_HOST_SOURCE_SIZE], uint32_t *run)
{
    pairing_host_tick(h, now); /* a late timer must not keep a code open */
    const enum pairing_gate_verdict verdict = pairing_gate_ask(&h->gate, now, source);
    struct pairing_host_run *r = verdict == PAIRING_GATE_PASS ? make_room(h, source) : NULL;
    if (r == NULL) {
        tell_busy(h, now, source, verdict != PAIRING_GATE_OFTEN);
        return WAVU_ERR_LIMIT;
    }
    memset(r, 0, sizeof *r);
    r->state = PAIRING_HOST_WAIT_HELLO;
    r->id = h->next_run++;
    r->deadline = now + PAIRING_STEP_NS;
    memcpy(r->source, source, sizeof r->source);
    r->run.role = PAIRING_MSG_INVITER;
    r->run.link = *link;
    *run = r->id;
    return 0;
}

/* The PAKE on the words, or, where this run cannot succeed, on randomness. */
static void begin_pake(struct pairing_host *h, struct pairing_host_run *r)
{
    uint8_t secret[CODE_TEXT_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(secret, sizeof secret));
    random_fill(h->means.random, secret, sizeof secret); /* always: the same work */
    if (may_try(h, r->source) && r->run.number == h->code.number) {
        code_write_secret(&w, &h->code);
        CHECK(wr_finish(&w) == 0);
        r->serial = h->serial;
        pairing_begin(&r->run, &h->means, wr_span(&w));
    } else {
        pairing_begin(&r->run, &h->means, span_of(secret, sizeof secret));
    }
    secret_wipe(secret, sizeof secret);
}

static int take_hello(struct pairing_host *h, struct pairing_host_run *r,
                      const struct pairing_msg *m)
{
    const struct pairing_self *self = h->means.self;
    if (m->format != PAIRING_MSG_FORMAT) {
        return refuse(h, r, WAVU_ERR_UNSUPPORTED);
    }
    if (m->number < 1 || m->number > CODE_NUMBER_MAX ||
        span_is_equal(span_of(r->run.link.peer, PAIRING_KEY_SIZE),
                      span_of(self->device.public_key, PAIRING_KEY_SIZE))) {
        return refuse(h, r, WAVU_ERR_CRYPTO);
    }
    r->run.number = (uint16_t)m->number;
    random_fill(h->means.random, r->opening, sizeof r->opening);
    pairing_commit(r->run.commitment, r->opening, h->network);
    begin_pake(h, r);

    const uint8_t *share = r->run.cpace.share;
    uint8_t ours[CPACE_SHARE_SIZE];
    memcpy(ours, share, sizeof ours);
    if (pairing_keys(&r->run, &h->means, m->share) < 0) {
        return refuse(h, r, WAVU_ERR_CRYPTO);
    }
    const struct pairing_msg answer = {
        .kind = PAIRING_MSG_SHARE,
        .share = span_of(ours, sizeof ours),
        .commitment = span_of(r->run.commitment, sizeof r->run.commitment),
    };
    CHECK(pairing_write(add_run_event(h, PAIRING_HOST_SEND, r->id), &answer) == 0);
    r->state = PAIRING_HOST_WAIT_PROOF;
    return 0;
}

static int take_proof(struct pairing_host *h, uint64_t now, struct pairing_host_run *r,
                      const struct pairing_msg *m)
{
    struct pairing_peer peer;
    uint8_t never[CPACE_TAG_SIZE];
    const bool counts = r->serial != 0 && r->serial == h->serial && may_try(h, r->source);
    random_fill(h->means.random, never, sizeof never); /* always: the same work */
    if (!counts) { /* the code was closed or the source shut out since: also right words are wrong
                    */
        memcpy(r->run.cpace.their_tag, never, sizeof never);
    }
    int rc = pairing_check(&r->run, &h->means, m, &peer);
    if (rc < 0) {
        if (r->run.is_proved) {
            tell_try(h, r->source, rc);
        } else if (counts) {
            count_failure(h, r->source);
        }
        return refuse(h, r, rc);
    }
    struct pairing_host_event *e = add_event(h, PAIRING_HOST_PEER, NULL);
    e->run = r->id;
    e->peer = peer;
    close_code(h, PAIRING_HOST_USED);
    rc = pairing_prove(&r->run, &h->means, h->network, r->opening,
                       add_run_event(h, PAIRING_HOST_SEND, r->id));
    CHECK(rc == 0);
    r->state = PAIRING_HOST_WAIT_WELCOME;
    r->deadline = now + PAIRING_WELCOME_NS;
    return 0;
}

static int take_answer(struct pairing_host *h, struct pairing_host_run *r,
                       const struct pairing_msg *m)
{
    const struct pairing_part part = {.kind = PAIRING_MSG_ANSWER, .counter = 1};
    struct buf plain;
    buf_init(&plain, PAIRING_MSG_CONTENT_MAX);
    if (pairing_open(&r->run, &h->means, part, m->sealed, &plain) < 0) {
        buf_wipe(&plain);
        return refuse(h, r, WAVU_ERR_CRYPTO);
    }
    CHECK(buf_append(add_run_event(h, PAIRING_HOST_ANSWER, r->id), buf_span(&plain)) == 0);
    buf_wipe(&plain);
    r->state = PAIRING_HOST_FREE;
    end_run(h, r);
    return 0;
}

int pairing_host_feed(struct pairing_host *h, uint64_t now, uint32_t run, struct span message)
{
    pairing_host_tick(h, now);
    struct pairing_host_run *r = find_run(h, run);
    struct pairing_msg m;
    if (r == NULL) {
        return WAVU_ERR_CRYPTO;
    }
    if (pairing_is_again(&r->run, message)) {
        return 0;
    }
    if (pairing_msg_decode(&m, message) < 0) {
        return refuse(h, r, WAVU_ERR_CRYPTO);
    }
    pairing_took(&r->run, message);
    if (r->state == PAIRING_HOST_WAIT_HELLO && m.kind == PAIRING_MSG_HELLO) {
        r->deadline = now + PAIRING_STEP_NS;
        return take_hello(h, r, &m);
    }
    if (r->state == PAIRING_HOST_WAIT_PROOF && m.kind == PAIRING_MSG_PROOF) {
        return take_proof(h, now, r, &m);
    }
    if (r->state == PAIRING_HOST_WAIT_ANSWER && m.kind == PAIRING_MSG_ANSWER) {
        return take_answer(h, r, &m);
    }
    return refuse(h, r, WAVU_ERR_CRYPTO);
}

int pairing_host_welcome(struct pairing_host *h, uint64_t now, uint32_t run, struct span content)
{
    const struct pairing_part part = {.kind = PAIRING_MSG_WELCOME, .counter = 1};
    pairing_host_tick(h, now);
    struct pairing_host_run *r = find_run(h, run);
    struct buf sealed;
    if (r == NULL || r->state != PAIRING_HOST_WAIT_WELCOME) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (content.len > PAIRING_MSG_CONTENT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    buf_init(&sealed, PAIRING_MSG_SIZE_MAX);
    CHECK(pairing_seal(&r->run, &h->means, part, content, &sealed) == 0);
    const struct pairing_msg m = {.kind = PAIRING_MSG_WELCOME, .sealed = buf_span(&sealed)};
    CHECK(pairing_write(add_run_event(h, PAIRING_HOST_SEND, r->id), &m) == 0);
    buf_wipe(&sealed);
    r->state = PAIRING_HOST_WAIT_ANSWER;
    r->deadline = now + PAIRING_WELCOME_NS;
    return 0;
}

void pairing_host_lost(struct pairing_host *h, uint32_t run)
{
    struct pairing_host_run *r = find_run(h, run);
    if (r != NULL) {
        end_run(h, r);
    }
}

uint64_t pairing_host_deadline(const struct pairing_host *h)
{
    uint64_t deadline = h->is_open ? h->closes : NEVER;
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        const struct pairing_host_run *r = &h->runs[i];
        if (r->state != PAIRING_HOST_FREE && r->deadline < deadline) {
            deadline = r->deadline;
        }
    }
    return deadline;
}

void pairing_host_tick(struct pairing_host *h, uint64_t now)
{
    if (h->is_open && now >= h->closes) {
        close_code(h, PAIRING_HOST_EXPIRED);
    }
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        if (h->runs[i].state != PAIRING_HOST_FREE && now >= h->runs[i].deadline) {
            end_run(h, &h->runs[i]);
        }
    }
}

void pairing_host_check(const struct pairing_host *h)
{
    unsigned failures = 0;
    CHECK(h->count <= PAIRING_HOST_EVENTS_MAX && h->first < PAIRING_HOST_EVENTS_MAX);
    pairing_gate_check(&h->gate);
    for (size_t i = 0; i < PAIRING_HOST_TRIES_MAX; i++) {
        CHECK(h->failed[i].count <= PAIRING_HOST_SOURCE_TRIES_MAX);
        failures += h->failed[i].count;
    }
    CHECK(failures == h->failures && h->failures <= PAIRING_HOST_TRIES_MAX);
    CHECK(!h->is_open || h->failures < PAIRING_HOST_TRIES_MAX);
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        const struct pairing_host_run *r = &h->runs[i];
        CHECK(r->state == PAIRING_HOST_FREE || (r->id > 0 && r->id < h->next_run));
        CHECK(r->serial <= h->serial);
        for (size_t k = 0; k < i && r->state != PAIRING_HOST_FREE; k++) {
            CHECK(h->runs[k].state == PAIRING_HOST_FREE || h->runs[k].id != r->id);
        }
    }
}
