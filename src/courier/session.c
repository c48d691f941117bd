/*
 * Which session of several is written with, what is opened with any, and what a refused message
 * means for them.
 */
#include "courier/session.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"

#define NONE SIZE_MAX

static struct ratchet_env env_of(struct session *s, uint64_t now)
{
    return (struct ratchet_env){.aead = s->config.aead,
                                .kind = s->config.kind,
                                .random = s->config.random,
                                .now = now,
                                .steps = &s->steps};
}

/* --- slots --- */

static void drop_prelude(struct session_slot *slot)
{
    mem_free(slot->prelude);
    slot->prelude = NULL;
    slot->prelude_len = 0;
}

static void slot_clear(struct session_slot *slot)
{
    if (slot->ratchet != NULL) {
        ratchet_clear(slot->ratchet);
        mem_free(slot->ratchet);
    }
    drop_prelude(slot);
    memset(slot, 0, sizeof(*slot));
}

static size_t slot_count(const struct session *s)
{
    size_t count = 0;
    while (count < SESSION_RATCHETS_MAX && s->slots[count].ratchet != NULL) {
        count++;
    }
    return count;
}

static void slot_drop(struct session *s, size_t place)
{
    slot_clear(&s->slots[place]);
    memmove(&s->slots[place], &s->slots[place + 1],
            (SESSION_RATCHETS_MAX - place - 1) * sizeof(s->slots[0]));
    memset(&s->slots[SESSION_RATCHETS_MAX - 1], 0, sizeof(s->slots[0]));
}

/* True when the peer answered in `slot` a key that we made in it: who stole a state of before
 * reads no more. */
static bool has_turned(const struct session_slot *slot)
{
    return slot->ratchet->serial >= (slot->is_own ? 1u : 2u);
}

/* Rounds outlive their sessions: a new start is above all that ever were, and none of the peer's up
 * to the highest that turned is written with. */
static void know_round(struct session *s, const struct session_slot *slot)
{
    if (slot->round > s->round_known) {
        s->round_known = slot->round;
    }
    if (has_turned(slot) && slot->round > s->round_turned) {
        s->round_turned = slot->round;
    }
}

/* True when both sides write with `a` in the end rather than `b`: higher round, then lower name. */
static bool is_before(const struct session_slot *a, const struct session_slot *b)
{
    if (a->round != b->round) {
        return a->round > b->round;
    }
    return span_compare(span_of(a->ratchet->session, sizeof(a->ratchet->session)),
                        span_of(b->ratchet->session, sizeof(b->ratchet->session))) < 0;
}

/* True when the peer may prefer a session that we retired to `slot`, which came late: it would go
 * on with that one until it is gone here. Only a start of a higher round brings it away from there.
 * (A late one got no answer from us, so the peer never had a reason to prefer it.) */
static bool is_behind_retired(const struct session *s, const struct session_slot *slot)
{
    for (size_t i = 0; i < slot_count(s); i++) {
        const struct session_slot *other = &s->slots[i];
        if (other->is_retired && !other->is_late && ratchet_has_heard(other->ratchet) &&
            is_before(other, slot)) {
            return true;
        }
    }
    return false;
}

/* True when `a` is to be written with now rather than `b`: of one round one that has turned, until
 * the other has as well. */
static bool is_better(const struct session_slot *a, const struct session_slot *b)
{
    if (a->round == b->round && has_turned(a) != has_turned(b)) {
        return has_turned(a);
    }
    return is_before(a, b);
}

/* Place of the session to write with; NONE without one. */
static size_t active_place(const struct session *s)
{
    size_t best = NONE;
    size_t own = NONE;
    for (size_t i = 0; i < slot_count(s); i++) {
        const struct session_slot *slot = &s->slots[i];
        if (slot->is_retired || is_behind_retired(s, slot)) {
            continue;
        }
        if (slot->is_proven && (best == NONE || is_better(slot, &s->slots[best]))) {
            best = i;
        }
        if (slot->is_own) {
            own = i;
        }
    }
    return best != NONE ? best : own;
}

static struct session_slot *active(struct session *s)
{
    const size_t place = active_place(s);
    return place != NONE ? &s->slots[place] : NULL;
}

/* A free slot at the end. When all are taken the least useful goes: a retired one, then one that is
 * not proven, then the oldest. */
static struct session_slot *slot_add(struct session *s)
{
    const size_t count = slot_count(s);
    if (count < SESSION_RATCHETS_MAX) {
        return &s->slots[count];
    }
    size_t worst = 0;
    int worst_rank = 0;
    for (size_t i = 0; i < count; i++) {
        const int rank = s->slots[i].is_retired ? 3 : s->slots[i].is_proven ? 1 : 2;
        if (rank > worst_rank) {
            worst = i;
            worst_rank = rank;
        }
    }
    slot_drop(s, worst);
    return &s->slots[count - 1];
}

static void retire(struct session_slot *slot, uint64_t now)
{
    if (!slot->is_retired) {
        slot->is_retired = true;
        slot->ends = now + SESSION_RETIRED_NS;
    }
    drop_prelude(slot);
}

static void forget_bundle(struct session *s)
{
    mem_free(s->bundle);
    s->bundle = NULL;
    s->bundle_len = 0;
    s->bundle_ends = 0;
}

/* The peer itself says in a start which prekey is its current one: what is above was lost to it. */
static void take_number(struct session *s, uint32_t number)
{
    if (number < s->bundle_least) {
        s->bundle_least = number;
        forget_bundle(s);
    }
}

static void end_doubt(struct session *s)
{
    s->doubt_ends = 0;
    s->doubt_number = 0;
}

/* Begin anew with the next message. */
static void retire_all(struct session *s, uint64_t now)
{
    for (size_t i = 0; i < slot_count(s); i++) {
        retire(&s->slots[i], now);
    }
    if (s->doubt_ends != 0) {
        take_number(s, s->doubt_number);
        end_doubt(s);
    }
}

static void tell(struct session *s, enum session_event event)
{
    s->events |= UINT32_C(1) << event;
}

/* --- life --- */

void session_init(struct session *s, const struct session_config *config)
{
    memset(s, 0, sizeof(*s));
    s->config = *config;
    budget_bucket_init(&s->steps, SESSION_STEPS_PER_S, SESSION_STEPS_MAX, 0);
}

void session_clear(struct session *s)
{
    for (size_t i = 0; i < SESSION_RATCHETS_MAX; i++) {
        slot_clear(&s->slots[i]);
    }
    mem_free(s->seen);
    forget_bundle(s);
    memset(s, 0, sizeof(*s));
}

/* --- the peer's bundle --- */

/* Give up our start that has no answer when the bundle it was made from is an old one: its prekey
 * may be gone, whoever served it. */
static void outdate(struct session *s, uint64_t now, uint32_t number)
{
    struct session_slot *slot = active(s);
    if (slot != NULL && slot->prelude != NULL && number >= slot->prekey &&
        number - slot->prekey >= SESSION_NEWER) {
        retire(slot, now);
    }
}

int session_learn(struct session *s, uint64_t now, struct span bundle)
{
    struct prekeys_msg m;
    const int rc = prekeys_read_bundle(&m, s->config.prekeys, s->config.peer, bundle);
    if (rc != 0) {
        return rc;
    }
    if (m.number < s->bundle_least) {
        return WAVU_ERR_EXISTS;
    }
    s->bundle_least = m.number;
    forget_bundle(s);
    s->bundle = mem_new_raw(bundle.len);
    memcpy(s->bundle, bundle.ptr, bundle.len);
    s->bundle_len = bundle.len;
    s->bundle_ends = now + SESSION_BUNDLE_NS;
    outdate(s, now, m.number);
    return 0;
}

bool session_wants_bundle(const struct session *s)
{
    return s->bundle == NULL && active_place(s) == NONE;
}

/* --- sealing --- */

/* Start anew from the bundle that is there. */
static int begin(struct session *s, const struct ratchet_env *env, struct session_slot **made)
{
    struct prekeys_msg bundle;
    struct session_start start = {.round = 0};
    uint8_t prelude[SESSION_START_PRELUDE_MAX];
    struct wr w;
    uint32_t bundle_number = 0;
    start.round = s->round_known + (s->round_known < UINT32_MAX ? 1 : 0);
    wr_init(&w, span_mut_of(prelude, sizeof(prelude)));
    int rc = prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, span_of(s->bundle, s->bundle_len));
    if (rc == 0) {
        rc = session_start_write(&start, s->config.prekeys, &bundle, env, &w);
    }
    bundle_number = rc == 0 ? bundle.number : 0;
    forget_bundle(s);
    if (rc == 0) {
        struct session_slot *slot = slot_add(s);
        slot->ratchet = mem_new(sizeof(*slot->ratchet));
        ratchet_init_initiator(slot->ratchet, &start.keys, start.prekey_public, env->now);
        slot->round = start.round;
        slot->is_own = true;
        know_round(s, slot);
        slot->prekey = bundle_number;
        slot->ends = env->now + SESSION_UNANSWERED_NS;
        slot->prelude = mem_new_raw(w.len);
        slot->prelude_len = w.len;
        memcpy(slot->prelude, prelude, w.len);
        *made = slot;
    }
    secret_wipe(&start, sizeof(start));
    return rc;
}

static size_t prelude_len_of(const struct session *s, const struct session_slot *slot)
{
    if (slot != NULL) {
        return slot->prelude_len;
    }
    return SESSION_START_OPEN_SIZE + SESSION_START_HEAD_SIZE + prekeys_card(s->config.prekeys).len +
           AEAD_TAG_SIZE;
}

int session_seal(struct session *s, uint64_t now, struct span content, size_t room, struct wr *w)
{
    const struct ratchet_env env = env_of(s, now);
    const size_t left = w->failed ? 0 : w->out.len - w->len;
    const size_t most = room < left ? room : left;
    struct session_slot *slot = active(s);
    if (slot != NULL && !slot->ratchet->must_step &&
        slot->ratchet->send.next >= RATCHET_CHAIN_MAX) {
        retire_all(s, now);
        tell(s, SESSION_EVENT_EXHAUSTED);
        slot = NULL;
    }
    if (slot == NULL && s->bundle == NULL) {
        return WAVU_ERR_AGAIN;
    }
    if (content.len > RATCHET_CONTENT_MAX ||
        prelude_len_of(s, slot) + RATCHET_OVERHEAD + content.len > most) {
        return WAVU_ERR_LIMIT;
    }
    int rc = slot == NULL ? begin(s, &env, &slot) : 0;
    if (rc != 0) {
        return rc;
    }
    const size_t before = w->len;
    wr_bytes(w, span_of(slot->prelude, slot->prelude_len));
    rc = ratchet_seal(slot->ratchet, &env, content, most - slot->prelude_len, w);
    if (rc != 0) {
        w->len = before;
    } else if (s->doubt_ends == UINT64_MAX) {
        s->doubt_ends = now + SESSION_DOUBT_NS;
    }
    return rc;
}

/* --- opening --- */

static void heard(struct session_slot *slot)
{
    slot->is_proven = true;
    drop_prelude(slot);
}

/* Take what a refused message said. One session that went back says so of all: the state is one. */
static void take_news(struct session *s, enum ratchet_news news, uint64_t now)
{
    switch (news) {
    case RATCHET_NEWS_NONE:
    case RATCHET_NEWS_NOT_OURS:
        return;
    case RATCHET_NEWS_UNSURE:
        tell(s, SESSION_EVENT_UNKNOWN);
        return;
    case RATCHET_NEWS_PEER_WENT_BACK:
        tell(s, SESSION_EVENT_PEER_WENT_BACK);
        break;
    case RATCHET_NEWS_SELF_WENT_BACK:
        tell(s, SESSION_EVENT_SELF_WENT_BACK);
        break;
    case RATCHET_NEWS_TOO_FAR:
        tell(s, SESSION_EVENT_TOO_FAR);
        break;
    }
    retire_all(s, now);
}

/* `*is_known` becomes true when the message's header is one of this session. */
static int open_with(struct session *s, struct session_slot *slot, const struct ratchet_env *env,
                     struct span_mut message, struct span *content, bool *is_known)
{
    enum ratchet_news news = RATCHET_NEWS_NONE;
    const uint32_t turn = slot->ratchet->serial;
    const int rc = ratchet_open(slot->ratchet, env, message, content, &news);
    *is_known = *is_known || news != RATCHET_NEWS_NOT_OURS;
    if (rc == 0) {
        heard(slot);
        know_round(s, slot);
        if (!slot->is_retired && slot->ratchet->serial != turn) {
            end_doubt(s); /* the peer goes on with this one: what came was only late */
        }
    } else if (!slot->is_retired) {
        take_news(s, news, env->now);
    }
    return rc;
}

static int open_message(struct session *s, const struct ratchet_env *env, struct span_mut message,
                        struct span *content)
{
    int rc = WAVU_ERR_CRYPTO;
    bool is_known = false;
    for (size_t i = slot_count(s); !is_known && i-- > 0;) {
        rc = open_with(s, &s->slots[i], env, message, content, &is_known);
    }
    if (!is_known) {
        tell(s, SESSION_EVENT_UNKNOWN);
    }
    return rc;
}

static bool is_seen(const struct session *s, const uint8_t *name)
{
    for (size_t i = 0; i < s->seen_count; i++) {
        if (secret_is_equal(s->seen[i].name, name, SESSION_SEEN_SIZE)) {
            return true;
        }
    }
    return false;
}

static void remember(struct session *s, const struct session_start *start, uint64_t now)
{
    if (s->seen == NULL) {
        s->seen = mem_new_array(SESSION_SEEN_MAX, sizeof(*s->seen));
    }
    struct session_seen *seen = &s->seen[s->seen_count++];
    memcpy(seen->name, start->keys.session, SESSION_SEEN_SIZE);
    seen->prekey = start->prekey->number;
    seen->expires = now + SESSION_SEEN_NS;
}

/* True when a start of `round` may be older than what both wrote with once: it was not made by who
 * knew of that. Whether that session is still here, retired, or not proven just now, does not
 * matter. */
static bool is_late(const struct session *s, uint32_t round)
{
    return round <= s->round_turned;
}

/* Place the peer's new start. After one that cannot be old, what we thought proven is so no longer.
 * One that may be is opened with and never written with: who stole the state that made it would
 * read that. Whether it was late, or the peer has lost what we have, the peer's next turn shows;
 * a second such start, or no turn for SESSION_DOUBT_NS of what we wrote, says lost: then we begin
 * anew, above all. */
static void place(struct session *s, struct session_slot *slot, const struct session_start *start,
                  uint64_t now, bool late)
{
    slot->round = start->round;
    slot->is_proven = true;
    know_round(s, slot);
    if (!late) {
        take_number(s, start->number);
        end_doubt(s);
        return;
    }
    slot->is_late = true;
    retire(slot, now);
    const bool is_second = s->doubt_ends != 0;
    if (!is_second || start->number < s->doubt_number) {
        s->doubt_number = start->number;
    }
    if (!is_second) { /* without a session in use the next message begins anew in any case */
        s->doubt_ends = active_place(s) == NONE ? now + SESSION_DOUBT_NS : UINT64_MAX;
    }
    if (is_second) {
        retire_all(s, now);
    }
}

/* Accept a start whose message opens. */
static int accept(struct session *s, const struct session_start *start,
                  const struct ratchet_env *env, struct span_mut message, size_t used,
                  struct span *content)
{
    struct ratchet *ratchet = mem_new(sizeof(*ratchet));
    enum ratchet_news news;
    ratchet_init_responder(ratchet, &start->keys, &start->prekey->x25519, env->now);
    const int rc =
        ratchet_open(ratchet, env, span_mut_slice(message, used, message.len), content, &news);
    if (rc != 0) {
        ratchet_clear(ratchet);
        mem_free(ratchet);
        return rc;
    }
    const bool late = is_late(s, start->round);
    for (size_t i = 0; !late && i < slot_count(s); i++) {
        s->slots[i].is_proven = false;
    }
    struct session_slot *slot = slot_add(s);
    slot->ratchet = ratchet;
    place(s, slot, start, env->now, late);
    hash_sha256(slot->prelude_hash, span_of(message.ptr, used));
    remember(s, start, env->now);
    tell(s, SESSION_EVENT_STARTED);
    return 0;
}

static int open_new(struct session *s, const struct ratchet_env *env, struct span_mut message,
                    struct span *content)
{
    struct session_start start;
    size_t used = 0;
    int rc = session_start_read(&start, s->config.prekeys, env, span_from_mut(message), &used);
    if (rc != 0) {
        tell(s, SESSION_EVENT_UNKNOWN); /* of a prekey that is gone, or was not made yet */
        return rc;
    }
    if (!secret_is_equal(start.device, s->config.peer, sizeof(start.device)) ||
        is_seen(s, start.keys.session) ||
        (start.round > s->round_known && start.round - s->round_known > SESSION_ROUNDS_MAX)) {
        rc = WAVU_ERR_CRYPTO;
    } else if (s->seen_count == SESSION_SEEN_MAX) {
        rc = WAVU_ERR_LIMIT;
    } else {
        rc = accept(s, &start, env, message, used, content);
    }
    secret_wipe(&start, sizeof(start));
    return rc;
}

/* A message with a prelude: of a start that was accepted before, or of a new one. */
static int open_start(struct session *s, const struct ratchet_env *env, struct span_mut message,
                      struct span *content)
{
    uint8_t hash[HASH_SHA256_SIZE];
    const size_t len = session_start_len(span_from_mut(message));
    if (len == 0) {
        return WAVU_ERR_CRYPTO;
    }
    hash_sha256(hash, span_of(message.ptr, len));
    for (size_t i = 0; i < slot_count(s); i++) {
        struct session_slot *slot = &s->slots[i];
        if (!slot->is_own && secret_is_equal(slot->prelude_hash, hash, sizeof(hash))) {
            bool is_known = true;
            return open_with(s, slot, env, span_mut_slice(message, len, message.len), content,
                             &is_known);
        }
    }
    return open_new(s, env, message, content);
}

int session_open(struct session *s, uint64_t now, struct span_mut message, struct span *content)
{
    const struct ratchet_env env = env_of(s, now);
    int rc = WAVU_ERR_CRYPTO;
    *content = span_empty();
    if (message.len > 0 && message.ptr[0] == RATCHET_KIND_MESSAGE) {
        rc = open_message(s, &env, message, content);
    } else if (message.len > 0 && message.ptr[0] == SESSION_START_KIND) {
        rc = open_start(s, &env, message, content);
    } else if (message.len > 0 && message.ptr[0] > SESSION_START_KIND) {
        rc = WAVU_ERR_UNSUPPORTED;
    }
    return rc;
}

int session_claimed_sender(const struct prekeys *own, struct aead *aead, struct span message,
                           uint8_t device[ED25519_PUBLIC_SIZE])
{
    struct session_start start;
    const struct ratchet_env env = {.aead = aead, .kind = AEAD_CHACHA20_POLY1305};
    size_t used = 0;
    const int rc = session_start_read(&start, own, &env, message, &used);
    if (rc == 0) {
        memcpy(device, start.device, sizeof(start.device));
    }
    secret_wipe(&start, sizeof(start));
    return rc;
}

/* --- wishes, time, events --- */

int session_renew(struct session *s, uint64_t now)
{
    const uint64_t paid = s->renew_paid > now ? s->renew_paid : now;
    if (now < s->renew_after || paid - now > (SESSION_RENEW_BURST - 1) * SESSION_RENEW_EACH_NS) {
        return WAVU_ERR_AGAIN;
    }
    s->renew_after = now + SESSION_RENEW_NS;
    s->renew_paid = paid + SESSION_RENEW_EACH_NS;
    retire_all(s, now);
    return 0;
}

void session_restored(struct session *s, uint64_t now)
{
    retire_all(s, now);
    forget_bundle(s);
}

bool session_next_event(struct session *s, enum session_event *event)
{
    for (unsigned i = 0; i < SESSION_EVENT_COUNT; i++) {
        if ((s->events & UINT32_C(1) << i) != 0) {
            s->events &= ~(UINT32_C(1) << i);
            *event = (enum session_event)i;
            return true;
        }
    }
    return false;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When a start may be forgotten. That of a prekey which is the current one is a guess: it moves
 * with the rotation, never to before it. */
static uint64_t seen_deadline(const struct session *s, const struct session_seen *seen)
{
    const struct prekeys *prekeys = s->config.prekeys;
    const struct prekeys_key *key = prekeys_find(prekeys, seen->prekey);
    if (key == NULL) {
        return seen->expires;
    }
    const uint64_t gone = key->ends != UINT64_MAX ? key->ends : prekeys->rotates + PREKEYS_KEEP_NS;
    return gone > seen->expires ? gone : seen->expires;
}

uint64_t session_deadline(const struct session *s)
{
    uint64_t at = s->bundle != NULL ? s->bundle_ends : UINT64_MAX;
    at = s->doubt_ends != 0 ? earlier(at, s->doubt_ends) : at;
    for (size_t i = 0; i < s->seen_count; i++) {
        at = earlier(at, seen_deadline(s, &s->seen[i]));
    }
    for (size_t i = 0; i < slot_count(s); i++) {
        at = earlier(at, ratchet_deadline(s->slots[i].ratchet));
        if (s->slots[i].is_retired || s->slots[i].prelude != NULL) {
            at = earlier(at, s->slots[i].ends);
        }
    }
    return at;
}

/* Forget the starts that nobody can read again. */
static void forget_seen(struct session *s, uint64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->seen_count; i++) {
        const struct session_seen *seen = &s->seen[i];
        if (seen->expires > now || prekeys_find(s->config.prekeys, seen->prekey) != NULL) {
            s->seen[kept++] = *seen;
        }
    }
    s->seen_count = kept;
    if (kept == 0) {
        mem_free(s->seen);
        s->seen = NULL;
    }
}

/* What has an end in `slot`. True when something did; the caller looks whether it is to go. */
static bool tick_slot(struct session_slot *slot, uint64_t now)
{
    const size_t kept = slot->ratchet->skipped.count;
    const bool is_given_up = slot->prelude != NULL && slot->ends <= now;
    if (is_given_up) {
        retire(slot, now);
    }
    ratchet_tick(slot->ratchet, now);
    return is_given_up || slot->ratchet->skipped.count != kept;
}

bool session_tick(struct session *s, uint64_t now)
{
    const size_t seen = s->seen_count;
    forget_seen(s, now);
    bool is_changed = s->seen_count != seen;
    if (s->bundle != NULL && s->bundle_ends <= now) {
        forget_bundle(s);
        is_changed = true;
    }
    if (s->doubt_ends != 0 && s->doubt_ends <= now) {
        retire_all(s, now);
        is_changed = true;
    }
    for (size_t i = slot_count(s); i-- > 0;) {
        struct session_slot *slot = &s->slots[i];
        if (slot->is_retired && slot->ends <= now) {
            slot_drop(s, i);
            is_changed = true;
        } else {
            is_changed = tick_slot(slot, now) || is_changed;
        }
    }
    return is_changed;
}

bool session_rounds_hold(const struct session *s)
{
    bool hold = s->round_turned <= s->round_known;
    for (size_t i = 0; i < slot_count(s); i++) {
        const struct session_slot *slot = &s->slots[i];
        hold = hold && slot->round <= s->round_known &&
               (!has_turned(slot) || slot->round <= s->round_turned);
    }
    return hold;
}

void session_check(const struct session *s)
{
    const size_t count = slot_count(s);
    for (size_t i = 0; i < SESSION_RATCHETS_MAX; i++) {
        const struct session_slot *slot = &s->slots[i];
        CHECK((slot->ratchet != NULL) == (i < count));
        if (slot->ratchet != NULL) {
            ratchet_check(slot->ratchet);
            CHECK(slot->is_own == slot->ratchet->is_initiator);
            CHECK(slot->prelude == NULL || (slot->is_own && !slot->is_retired));
            CHECK(!slot->is_late || (slot->is_retired && !slot->is_own));
            CHECK(slot->prelude == NULL || !ratchet_has_heard(slot->ratchet));
        }
    }
    CHECK(s->seen_count <= SESSION_SEEN_MAX && (s->seen_count == 0) == (s->seen == NULL));
    CHECK((s->bundle == NULL) == (s->bundle_len == 0));
    CHECK(s->doubt_ends != 0 || s->doubt_number == 0);
    CHECK(session_rounds_hold(s));
}
