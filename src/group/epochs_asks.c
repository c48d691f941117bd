/*
 * Asks of others come in and wait for one change; of our own, only whom they go to is found here.
 */
#include "group/epochs_asks.h"

#include <string.h>

#include "base/mem.h"
#include "group/fair_place.h"

struct epochs_asks_one {
    struct fair_place place;
    uint64_t since; /* ns */
    uint8_t from[32];
    size_t len;
    uint8_t bytes[];
};

void epochs_asks_init(struct epochs_asks *a)
{
    memset(a, 0, sizeof *a);
    list_init(&a->kept);
}

static void drop(struct epochs_asks *a, struct epochs_asks_one *one)
{
    list_remove(&one->place.link);
    a->count--;
    mem_free(one);
}

void epochs_asks_clear(struct epochs_asks *a)
{
    struct list *l = NULL;

    while ((l = list_next(&a->kept, &a->kept)) != NULL) {
        drop(a, LIST_OF(l, struct epochs_asks_one, place.link));
    }
}

/* ---- Whom we ask ---- */

static bool is_self(const struct epoch *e, const uint8_t device[32])
{
    return span_is_equal(span_of(device, 32), span_of(e->config.device->public_key, 32));
}

/* One of those who made a head that cannot be read: at first of the lowest one, as all do who lack
 * the same, so that one answer serves them all; then drawn by chance. */
static bool author_of_missing(const struct epoch *e, bool is_first, uint8_t device[32])
{
    uint64_t seen = 0;

    for (size_t i = 0; i < e->graph.head_count; i++) {
        const struct epoch_change *c = e->graph.heads[i];

        if (!c->has_secret && c->author != e->self && epoch_view_has(e->current, c->author) &&
            (is_first ? seen++ == 0 : random_below(e->config.random, ++seen) == 0)) {
            memcpy(device, e->views.devices[c->author].id, 32);
        }
    }
    return seen > 0;
}

/* A device of `member`'s, or of anybody's for MEMBERS_NONE, drawn by chance; not this one. */
static bool device_of(const struct epoch *e, const struct network *n, uint32_t member,
                      uint8_t device[32])
{
    struct members_state_view view;
    uint32_t at = 0;
    uint64_t seen = 0;

    while (members_state_next_device(&n->state, &at, &view)) {
        if ((member == MEMBERS_NONE || view.member == member) && !is_self(e, view.device) &&
            random_below(e->config.random, ++seen) == 0) {
            memcpy(device, view.device, 32);
        }
    }
    return seen > 0;
}

static bool device_of_inviter(const struct epoch *e, const struct network *n, uint8_t device[32])
{
    uint8_t member[32];

    if (!network_member_of(n, e->config.device->public_key, member)) {
        return false;
    }
    uint32_t place = members_member_of(&n->log, member);
    return place != MEMBERS_NONE && n->log.members[place].op != MEMBERS_GENESIS &&
           device_of(e, n, n->log.members[place].inviter, device);
}

bool epochs_asks_whom(const struct epoch *e, const struct network *network, unsigned asks,
                      uint8_t device[32])
{
    if (asks % 2 == 0 && author_of_missing(e, asks == 0, device)) {
        return true;
    }
    if (asks == 0 && e->graph.head_count == 0 && device_of_inviter(e, network, device)) {
        return true;
    }
    return device_of(e, network, MEMBERS_NONE, device);
}

/* ---- What others ask of us ---- */

static struct epochs_asks_answered *answer_of(struct epochs_asks *a, const uint8_t device[32])
{
    for (size_t i = 0; i < EPOCHS_ASKS_ANSWERED_MAX; i++) {
        struct epochs_asks_answered *one = &a->answered[i];

        if (one->paid_ns != 0 && span_is_equal(span_of(one->device, 32), span_of(device, 32))) {
            return one;
        }
    }
    return NULL;
}

static void note_answer(struct epochs_asks *a, uint64_t now, const uint8_t device[32])
{
    struct epochs_asks_answered *one = answer_of(a, device);

    if (one == NULL) {
        one = &a->answered[a->answered_at];
        a->answered_at = (a->answered_at + 1) % EPOCHS_ASKS_ANSWERED_MAX;
        memcpy(one->device, device, sizeof one->device);
        one->paid_ns = 0;
    }
    one->paid_ns = (one->paid_ns > now ? one->paid_ns : now) + EPOCHS_ASKS_ANSWER_NS;
}

int epochs_asks_keep(struct epochs_asks *a, uint64_t now, const uint8_t from[32],
                     const uint8_t member[32], struct span message)
{
    const struct epochs_asks_answered *answered = answer_of(a, from);

    if (answered != NULL && answered->paid_ns > now + EPOCHS_ASKS_ANSWER_NS) {
        return 0; /* it had two: it asks again */
    }
    for (struct list *l = list_next(&a->kept, &a->kept); l != NULL; l = list_next(&a->kept, l)) {
        struct epochs_asks_one *one = LIST_OF(l, struct epochs_asks_one, place.link);

        if (span_is_equal(span_of(one->from, 32), span_of(from, 32))) {
            drop(a, one);
            break;
        }
    }
    if (a->count >= EPOCHS_ASKS_KEPT_MAX) {
        struct fair_place *victim = fair_place_victim(&a->kept, member);
        if (victim == NULL) {
            return WAVU_ERR_LIMIT;
        }
        drop(a, LIST_OF(victim, struct epochs_asks_one, place));
    }
    struct epochs_asks_one *one = mem_new_raw(sizeof *one + message.len);
    *one = (struct epochs_asks_one){.since = now, .len = message.len};
    memcpy(one->from, from, sizeof one->from);
    memcpy(one->place.owner, member, sizeof one->place.owner);
    memcpy(one->bytes, message.ptr, message.len);
    list_push_back(&a->kept, &one->place.link);
    a->count++;
    return 0;
}

static void expire(struct epochs_asks *a, uint64_t now)
{
    struct list *next = NULL;

    for (struct list *l = list_next(&a->kept, &a->kept); l != NULL; l = next) {
        struct epochs_asks_one *one = LIST_OF(l, struct epochs_asks_one, place.link);

        next = list_next(&a->kept, l);
        if (now - one->since >= EPOCHS_ASKS_KEEP_NS) {
            drop(a, one);
        }
    }
}

/* The oldest of them into `asked`, as many as one change answers. */
static size_t pick(const struct epochs_asks *a, struct epochs_asks_one *ones[EPOCH_ASKS_MAX],
                   struct epoch_make_asked asked[EPOCH_ASKS_MAX])
{
    size_t count = 0;

    for (struct list *l = list_next(&a->kept, &a->kept); l != NULL && count < EPOCH_ASKS_MAX;
         l = list_next(&a->kept, l)) {
        ones[count] = LIST_OF(l, struct epochs_asks_one, place.link);
        asked[count] = (struct epoch_make_asked){
            .from = ones[count]->from, .message = span_of(ones[count]->bytes, ones[count]->len)};
        count++;
    }
    return count;
}

size_t epochs_asks_answer(struct epochs_asks *a, struct epoch *e, uint64_t now,
                          uint8_t devices[EPOCH_ASKS_MAX][32])
{
    struct epochs_asks_one *ones[EPOCH_ASKS_MAX];
    struct epoch_make_asked asked[EPOCH_ASKS_MAX];
    size_t done = 0;

    expire(a, now);
    size_t count = pick(a, ones, asked);
    /* One that is refused is no reason to refuse the others. */
    for (size_t i = 0; i < count;) {
        int rc = epoch_make_check_ask(e, &asked[i]);

        if (rc == 0) {
            i++;
            continue;
        }
        drop(a, ones[i]);
        count--;
        memmove(&ones[i], &ones[i + 1], (count - i) * sizeof(struct epochs_asks_one *));
        memmove(&asked[i], &asked[i + 1], (count - i) * sizeof asked[0]);
    }
    int rc = count > 0 ? epoch_make_welcome(e, now, asked, count) : 0;
    if (rc == WAVU_ERR_AGAIN) {
        return 0; /* we lack something ourselves, or what we made before is not sent */
    }
    /* All were checked: where one's key is none, the others have theirs. */
    bool is_done = rc == 0 || rc == WAVU_ERR_CRYPTO;
    for (size_t i = 0; i < count; i++) {
        if (is_done) {
            memcpy(devices[done++], ones[i]->from, 32);
            note_answer(a, now, ones[i]->from);
        }
        drop(a, ones[i]);
    }
    return done;
}

bool epochs_asks_has_known(const struct epochs_asks *a, const struct epoch *e)
{
    for (struct list *l = list_next(&a->kept, &a->kept); l != NULL; l = list_next(&a->kept, l)) {
        int slot = epoch_view_slot(&e->views, LIST_OF(l, struct epochs_asks_one, place.link)->from);

        if (slot >= 0 && e->views.devices[slot].has_leaf) {
            return true;
        }
    }
    return false;
}
