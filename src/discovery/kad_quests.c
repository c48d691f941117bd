/*
 * All quests: which is asked next, whose an answer is, what is told.
 */
#include "discovery/kad_quests.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "discovery/kad_quest_errand.h"

#define KAD_QUESTS_SHA256 0x12 /* multihash: a random one is the id of nobody */
#define KAD_QUESTS_SHA256_SIZE 32

void kad_quests_init(struct kad_quests *q, const struct kad_quests_config *config, uint64_t now)
{
    *q = (struct kad_quests){.config = *config, .sample_ns = now};
    list_init(&q->quests);
    list_init(&q->events);
}

static void kad_quests_note_free(struct kad_quest_note *note)
{
    list_remove(&note->link);
    mem_free(note->bytes);
    mem_free(note);
}

void kad_quests_clear(struct kad_quests *q)
{
    for (struct list *l; (l = list_next(&q->quests, &q->quests)) != NULL;) {
        kad_quest_free(LIST_OF(l, struct kad_quest, link));
    }
    for (struct list *l; (l = list_next(&q->events, &q->events)) != NULL;) {
        kad_quests_note_free(LIST_OF(l, struct kad_quest_note, link));
    }
    kad_cache_clear(&q->cache);
    mem_free(q->told);
    q->told = NULL;
}

/* The quest of that number, or (`is_search`) of that look-up; or NULL. */
static struct kad_quest *kad_quests_of(const struct kad_quests *q, uint32_t number, bool is_search)
{
    const struct list *head = &q->quests;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct kad_quest *quest = LIST_OF(l, struct kad_quest, link);
        if (number != 0 && (is_search ? quest->search : quest->number) == number) {
            return quest;
        }
    }
    return NULL;
}

/* ---- Beginning ---- */

int kad_quests_begin(struct kad_quests *q, const struct kad_quest_wish *wish,
                     const struct kad_store_time *time, uint32_t *number)
{
    struct kad_record r;
    CHECK(wish->key.len >= 1 && wish->key.len <= KAD_MSG_KEY_MAX);
    if (q->quest_count >= KAD_QUESTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (wish->kind == KAD_QUEST_PUT) {
        int rc = kad_record_check(q->config.validators, &r, wish->key, wish->value, time->wall_ms);
        if (rc < 0) {
            return rc;
        }
    }
    struct kad_quest *quest = kad_quest_new(q, wish);
    if (wish->kind == KAD_QUEST_PUT) {
        kad_quest_keep(quest, &r);
    }
    quest->is_warm = wish->kind == KAD_QUEST_GET || wish->kind == KAD_QUEST_PROVIDERS;
    int rc = kad_quest_look(quest, time->now);
    if (rc < 0) {
        kad_quest_free(quest);
        return rc;
    }
    *number = quest->number;
    return 0;
}

void kad_quests_cancel(struct kad_quests *q, uint32_t number)
{
    struct kad_quest *quest = kad_quests_of(q, number, false);
    struct list *head = &q->events;
    for (struct list *l = list_next(head, head), *after; l != NULL; l = after) {
        struct kad_quest_note *note = LIST_OF(l, struct kad_quest_note, link);
        after = list_next(head, l);
        if (note->event.quest == number) {
            kad_quests_note_free(note);
        }
    }
    if (quest != NULL) {
        kad_quest_free(quest);
    }
}

/* ---- Counting servers ---- */

/* Look up a place that we drew: nobody can have placed ids there. */
static void kad_quests_sample(struct kad_quests *q, uint64_t now)
{
    uint8_t key[2 + KAD_QUESTS_SHA256_SIZE] = {KAD_QUESTS_SHA256, KAD_QUESTS_SHA256_SIZE};
    struct kad_quest_wish wish = {.kind = KAD_QUEST_NEAREST, .key = span_of(key, sizeof key)};
    uint64_t pause =
        q->size.count < KAD_SIZE_SAMPLES_LEAST ? KAD_QUEST_SAMPLE_NS / 20 : KAD_QUEST_SAMPLE_NS;
    if (now < q->sample_ns || q->quest_count >= KAD_QUESTS_MAX) {
        return;
    }
    q->sample_ns = now + pause;
    random_fill(q->config.random, key + 2, KAD_QUESTS_SHA256_SIZE);
    struct kad_quest *quest = kad_quest_new(q, &wish);
    quest->is_sample = true;
    if (kad_quest_look(quest, now) < 0) {
        kad_quest_free(quest);
    }
}

uint64_t kad_quests_size(const struct kad_quests *q)
{
    return (uint64_t)kad_size_estimate(&q->size);
}

/* ---- Answers ---- */

/* Does `m` answer that errand? A key may be left out; a value that is kept is said again, and who
 * has a better one says that instead. WAVU_ERR_PROTO: it is none; _EXISTS: it was not kept. */
static int kad_quests_judge(const struct kad_quest *quest, const struct kad_msg *m)
{
    if (m->key.len > 0 && !span_is_equal(m->key, kad_quest_key(quest))) {
        return WAVU_ERR_PROTO;
    }
    bool is_put = m->type == KAD_MSG_PUT_VALUE;
    bool is_same = m->has_record && span_is_equal(m->record.value, quest->record.value);
    return is_put && !is_same ? WAVU_ERR_EXISTS : 0;
}

/* An errand was answered: `m` repeats what was asked, or is NULL where no answer is due. */
static int kad_quests_ran(struct kad_quests *q, uint32_t number, const struct peerid *peer,
                          uint64_t group, const struct kad_msg *m,
                          const struct kad_store_time *time)
{
    struct kad_quest *quest = kad_quests_of(q, number, false);
    int rc = quest != NULL && m != NULL ? kad_quests_judge(quest, m) : 0;
    bool is_good = rc == 0;
    if (rc == 0 && quest != NULL && m != NULL) {
        rc = kad_quest_take(quest, peer, m, time->wall_ms);
        is_good = rc == 0;
    }
    if (rc == 0 || rc == WAVU_ERR_EXISTS) {
        rc = 0;
        kad_reached(q->config.kad, peer, group, time->now);
    } else {
        kad_left(q->config.kad, peer);
    }
    if (quest != NULL) {
        (void)kad_quest_errand_over(quest, peer, is_good);
    }
    return rc;
}

int kad_quests_answered(struct kad_quests *q, uint32_t search, const struct peerid *peer,
                        uint64_t group, const struct kad_msg *m, const struct kad_store_time *time)
{
    if ((search & KAD_QUEST_ERRAND_BIT) != 0) {
        return kad_quests_ran(q, search & ~KAD_QUEST_ERRAND_BIT, peer, group, m, time);
    }
    struct kad_quest *quest = kad_quests_of(q, search, true);
    int rc = quest == NULL ? 0 : kad_quest_take(quest, peer, m, time->wall_ms);
    if (rc < 0) { /* what it names is worth no more than what it says */
        kad_failed(q->config.kad, search, peer, time->now);
        kad_left(q->config.kad, peer);
        return rc;
    }
    return kad_answered(q->config.kad, search, peer, group, m, time->now);
}

void kad_quests_failed(struct kad_quests *q, uint32_t search, const struct peerid *peer,
                       uint64_t now)
{
    if ((search & KAD_QUEST_ERRAND_BIT) == 0) {
        kad_failed(q->config.kad, search, peer, now);
        return;
    }
    struct kad_quest *quest = kad_quests_of(q, search & ~KAD_QUEST_ERRAND_BIT, false);
    kad_failed(q->config.kad, 0, peer, now);
    if (quest != NULL) {
        (void)kad_quest_errand_over(quest, peer, false);
    }
}

/* ---- Asking ---- */

bool kad_quests_next_ask(struct kad_quests *q, uint64_t now, struct kad_ask *ask)
{
    const struct list *head = &q->quests;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        if (kad_quest_errand_next(LIST_OF(l, struct kad_quest, link), ask)) {
            return true;
        }
    }
    return kad_next_ask(q->config.kad, now, ask);
}

/* ---- Ending ---- */

/* Look-ups that are over, and quests that nothing keeps. */
static void kad_quests_settle(struct kad_quests *q, uint64_t now)
{
    struct list *head = &q->quests;
    uint32_t search = 0;
    while (kad_next_done(q->config.kad, &search)) {
        struct kad_quest *quest = kad_quests_of(q, search, true);
        CHECK(quest != NULL); /* look-ups of upkeep end by themselves */
        kad_quest_looked(quest, now);
    }
    for (struct list *l = list_next(head, head), *after; l != NULL; l = after) {
        struct kad_quest *quest = LIST_OF(l, struct kad_quest, link);
        after = list_next(head, l);
        if (quest->search == 0 && quest->is_told && kad_quest_errand_is_over(quest)) {
            kad_quest_free(quest);
        }
    }
}

bool kad_quests_next_event(struct kad_quests *q, struct kad_quest_event *event, uint64_t now)
{
    kad_quests_settle(q, now);
    struct list *l = list_next(&q->events, &q->events);
    mem_free(q->told);
    q->told = NULL;
    if (l == NULL) {
        return false;
    }
    struct kad_quest_note *note = LIST_OF(l, struct kad_quest_note, link);
    *event = note->event;
    q->told = note->bytes;
    note->bytes = NULL;
    kad_quests_note_free(note);
    return true;
}

uint64_t kad_quests_deadline(const struct kad_quests *q)
{
    uint64_t due = kad_deadline(q->config.kad);
    bool may_sample = q->config.kad->table.count > 0 && q->quest_count < KAD_QUESTS_MAX;
    return may_sample && q->sample_ns < due ? q->sample_ns : due;
}

void kad_quests_tick(struct kad_quests *q, uint64_t now)
{
    kad_tick(q->config.kad, now);
    if (q->config.kad->table.count > 0) {
        kad_quests_sample(q, now);
    }
}

void kad_quests_check(const struct kad_quests *q)
{
    size_t count = 0;
    const struct list *head = &q->quests;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        const struct kad_quest *quest = LIST_OF(l, struct kad_quest, link);
        CHECK(quest->search == 0 || kad_search(q->config.kad, quest->search) != NULL);
        CHECK(quest->kept + quest->errand_asked <= quest->errand_count);
        CHECK(quest->errand_count <= KAD_QUEST_ERRANDS_MAX);
        count++;
    }
    CHECK(count == q->quest_count && count <= KAD_QUESTS_MAX);
    kad_check(q->config.kad);
}
