/*
 * One quest: its look-ups, what their answers mean, and when they were the last.
 */
#include "discovery/kad_quest.h"

#include <string.h>

#include "base/mem.h"
#include "discovery/kad_quest_siege.h"

void kad_quest_free(struct kad_quest *quest)
{
    struct kad_quests *q = quest->quests;
    if (quest->search != 0) {
        kad_end(q->config.kad, quest->search);
    }
    list_remove(&quest->link);
    q->quest_count--;
    mem_free(quest->value);
    mem_free(quest->providers);
    mem_free(quest->errands);
    mem_free(quest->seen);
    mem_free(quest);
}

struct span kad_quest_key(const struct kad_quest *quest)
{
    return span_of(quest->key, quest->key_len);
}

/* ---- Events ---- */

struct kad_quest_event *kad_quest_note(struct kad_quest *quest, enum kad_quest_event_kind kind,
                                       struct span bytes)
{
    struct kad_quest_note *note = mem_new(sizeof *note);
    note->event = (struct kad_quest_event){.kind = kind, .quest = quest->number};
    if (bytes.len > 0) {
        note->bytes = mem_new_array(bytes.len, 1);
        memcpy(note->bytes, bytes.ptr, bytes.len);
    }
    if (kind == KAD_QUEST_VALUE) {
        note->event.value = span_of(note->bytes, bytes.len);
    } else if (kind == KAD_QUEST_PROVIDER) {
        note->event.provider = span_of(note->bytes, bytes.len);
    }
    list_push_back(&quest->quests->events, &note->link);
    return &note->event;
}

void kad_quest_done(struct kad_quest *quest, int err)
{
    if (!quest->is_told && !quest->is_sample) {
        struct kad_quest_event *e = kad_quest_note(quest, KAD_QUEST_DONE, span_empty());
        e->err = err;
        e->count = (unsigned)quest->kept;
    }
    quest->is_told = true;
}

/* ---- Beginning ---- */

static enum kad_msg_type kad_quest_type(enum kad_quest_kind kind)
{
    switch (kind) {
    case KAD_QUEST_GET:
        return KAD_MSG_GET_VALUE;
    case KAD_QUEST_PROVIDERS:
        return KAD_MSG_GET_PROVIDERS;
    case KAD_QUEST_PEER:
    case KAD_QUEST_NEAREST:
    case KAD_QUEST_PUT:
    case KAD_QUEST_PROVIDE:
        return KAD_MSG_FIND_NODE;
    }
    return KAD_MSG_FIND_NODE;
}

/* Begin its look-up, with those that were nearest lately where they are known. */
int kad_quest_look(struct kad_quest *quest, uint64_t now)
{
    struct kad_quests *q = quest->quests;
    enum kad_msg_type type = kad_quest_type(quest->kind);
    size_t count = 0;
    const struct peerid *nearest =
        quest->is_warm ? kad_cache_get(&q->cache, &quest->target, now, &count) : NULL;
    quest->is_warm = count > 0;
    if (quest->is_warm) {
        return kad_find_from(q->config.kad, type, kad_quest_key(quest), nearest, count,
                             &quest->search);
    }
    return kad_find(q->config.kad, type, kad_quest_key(quest), quest->paths, now, &quest->search);
}

struct kad_quest *kad_quest_new(struct kad_quests *q, const struct kad_quest_wish *wish)
{
    struct kad_quest *quest = mem_new(sizeof *quest);
    q->last_number = (q->last_number + 1) % KAD_QUEST_ERRAND_BIT;
    q->last_number = q->last_number == 0 ? 1 : q->last_number;
    quest->quests = q;
    quest->number = q->last_number;
    quest->kind = wish->kind;
    quest->paths = wish->paths;
    quest->enough = wish->enough;
    memcpy(quest->key, wish->key.ptr, wish->key.len);
    quest->key_len = wish->key.len;
    kad_key_of(&quest->target, wish->key);
    list_push_back(&q->quests, &quest->link);
    q->quest_count++;
    return quest;
}

/* Keep a copy of a checked record as the quest's value. */
void kad_quest_keep(struct kad_quest *quest, const struct kad_record *r)
{
    mem_free(quest->value);
    quest->value = mem_new_array(r->value.len, 1);
    memcpy(quest->value, r->value.ptr, r->value.len);
    quest->record = *r;
    quest->record.key = kad_quest_key(quest);
    quest->record.value = span_of(quest->value, r->value.len);
}

/* ---- Answers ---- */

/* Somebody near the key has the best, too. `is_first`: it brought it. */
static void kad_quest_holder(struct kad_quest *quest, const struct peerid *peer, bool is_first)
{
    size_t enough = quest->enough > 0 ? quest->enough : KAD_QUEST_QUORUM;
    /* Without order and end one valid record is as good as another. */
    bool is_only = quest->record.sequence == 0 && quest->record.end_ms == KAD_RECORD_NO_END;
    if (is_first) {
        quest->holder_count = 0;
    }
    for (size_t i = 0; i < quest->holder_count; i++) {
        if (peerid_is_equal(&quest->holders[i], peer)) {
            return; /* asked again by a look-up that began over */
        }
    }
    if (quest->holder_count < KAD_QUEST_HOLDERS_MAX) {
        quest->holders[quest->holder_count++] = *peer;
    }
    if (quest->holder_count >= enough || (is_only && quest->enough == 0)) {
        kad_stop(quest->quests->config.kad, quest->search);
    }
}

/* A GET was answered. WAVU_ERR_CRYPTO or _PROTO: with what nobody may say. */
static int kad_quest_take_value(struct kad_quest *quest, const struct peerid *peer,
                                const struct kad_msg *m, uint64_t wall_ms)
{
    struct kad_record r;
    if (!m->has_record || m->record.value.ptr == NULL) {
        return 0;
    }
    if (!span_is_equal(m->record.key, kad_quest_key(quest))) {
        return WAVU_ERR_PROTO;
    }
    int rc = kad_record_check(quest->quests->config.validators, &r, m->record.key, m->record.value,
                              wall_ms);
    if (rc < 0) {
        return rc == WAVU_ERR_PROTO || rc == WAVU_ERR_CRYPTO ? rc : 0; /* old ones are no crime */
    }
    int order = quest->value == NULL ? 1 : kad_record_compare(&r, &quest->record);
    if (order > 0) {
        kad_quest_keep(quest, &r);
        kad_quest_note(quest, KAD_QUEST_VALUE, quest->record.value);
        kad_quest_holder(quest, peer, true);
    } else if (order == 0) {
        kad_quest_holder(quest, peer, false);
    }
    return 0;
}

static void kad_quest_take_provider(struct kad_quest *quest, struct span bytes)
{
    struct kad_msg_peer p;
    struct peerid id;
    if (quest->provider_count == KAD_QUEST_PROVIDERS_MAX || kad_msg_peer_decode(&p, bytes) < 0 ||
        peerid_decode(&id, p.id) < 0) {
        return;
    }
    for (size_t i = 0; i < quest->provider_count; i++) {
        if (peerid_is_equal(&quest->providers[i], &id)) {
            return;
        }
    }
    if (quest->providers == NULL) {
        quest->providers = mem_new_array(KAD_QUEST_PROVIDERS_MAX, sizeof *quest->providers);
    }
    quest->providers[quest->provider_count++] = id;
    kad_quest_note(quest, KAD_QUEST_PROVIDER, bytes)->peer = id;
    if (quest->enough > 0 && quest->provider_count >= quest->enough) {
        kad_stop(quest->quests->config.kad, quest->search);
    }
}

/* What an answer of its look-up means. */
int kad_quest_take(struct kad_quest *quest, const struct peerid *peer, const struct kad_msg *m,
                   uint64_t wall_ms)
{
    struct kad_quests *q = quest->quests;
    struct kad_key place;
    switch (quest->kind) {
    case KAD_QUEST_PEER:
        if (span_is_equal(peerid_span(peer), kad_quest_key(quest))) {
            kad_stop(q->config.kad, quest->search);
        }
        return 0;
    case KAD_QUEST_GET:
        return kad_quest_take_value(quest, peer, m, wall_ms);
    case KAD_QUEST_PROVIDERS:
        for (size_t i = 0; i < m->provider_count; i++) {
            kad_quest_take_provider(quest, m->providers[i]);
        }
        return 0;
    case KAD_QUEST_PUT:
    case KAD_QUEST_PROVIDE:
        kad_key_of(&place, peerid_span(peer));
        if (kad_size_is_near(&q->size, &quest->target, &place, q->config.kad->config.k)) {
            kad_quest_errand_add(quest, peer, kad_quest_errand_type(quest->kind));
        }
        return 0;
    case KAD_QUEST_NEAREST:
        return 0;
    }
    return 0;
}

/* ---- Ending ---- */

/* Tell of the peers that were found. */
static void kad_quest_tell(struct kad_quest *quest, const struct peerid *found, size_t count)
{
    bool is_there = false;
    for (size_t i = 0; i < count && !quest->is_sample; i++) {
        bool is_it = span_is_equal(peerid_span(&found[i]), kad_quest_key(quest));
        if (quest->kind == KAD_QUEST_NEAREST || is_it) {
            kad_quest_note(quest, KAD_QUEST_FOUND, span_empty())->peer = found[i];
            is_there = true;
        }
    }
    kad_quest_done(quest, is_there ? 0 : WAVU_ERR_NOT_FOUND);
}

/* These are to keep it. */
static void kad_quest_store(struct kad_quest *quest, const struct peerid *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kad_quest_errand_add(quest, &found[i], kad_quest_errand_type(quest->kind));
    }
}

/* The look-up found `found`, and is the last one. */
static void kad_quest_finish(struct kad_quest *quest, const struct peerid *found, size_t count)
{
    kad_end(quest->quests->config.kad, quest->search);
    quest->search = 0;
    switch (quest->kind) {
    case KAD_QUEST_PEER:
    case KAD_QUEST_NEAREST:
        kad_quest_tell(quest, found, count);
        return;
    case KAD_QUEST_GET:
        if (quest->value != NULL) {
            kad_quest_done(quest, 0);
        }
        if (quest->value != NULL && !quest->is_early) { /* else these may not be the nearest */
            kad_quest_errand_correct(quest, found, count);
        }
        break;
    case KAD_QUEST_PROVIDERS:
        break;
    case KAD_QUEST_PUT:
    case KAD_QUEST_PROVIDE:
        kad_quest_store(quest, found, count);
        break;
    }
    kad_quest_errand_settle(quest); /* perhaps enough keep it already, or nobody is to be asked */
}

/* Another look-up in place of the one that is over. False: it stays. */
static bool kad_quest_again(struct kad_quest *quest, uint64_t now)
{
    struct kad *kad = quest->quests->config.kad;
    uint32_t before = quest->search;
    quest->is_warm = false;
    if (kad_quest_look(quest, now) < 0) {
        quest->search = before;
        return false;
    }
    kad_search(kad, quest->search)->lookup.config.k = kad->config.k << quest->widenings;
    kad_end(kad, before);
    return true;
}

/* What was found cannot be true. Over more paths, on which more have to answer, somebody honest may
 * still be met. */
static bool kad_quest_widen(struct kad_quest *quest, unsigned paths, uint64_t now)
{
    if (quest->widenings >= KAD_QUEST_WIDENINGS_MAX) {
        return false;
    }
    quest->widenings++;
    quest->paths = 2 * paths < KAD_QUEST_PATHS_MAX ? 2 * paths : KAD_QUEST_PATHS_MAX;
    return kad_quest_again(quest, now);
}

/* It was untrue over all paths: the region is looked at, part by part. False: that is done, and all
 * there are asked. `found` are the nearest to the key the first time, and to somebody else later.
 */
static bool kad_quest_besieged(struct kad_quest *quest, const struct peerid *found, size_t count,
                               uint64_t now)
{
    struct kad *kad = quest->quests->config.kad;
    uint32_t before = quest->search;
    if (quest->seen == NULL && (quest->kind == KAD_QUEST_PUT || quest->kind == KAD_QUEST_PROVIDE)) {
        kad_quest_store(quest, found, count); /* perhaps it is the estimate that is wrong */
    }
    kad_quest_siege_see(quest);
    const struct peerid *next = kad_quest_siege_next(quest);
    if (next != NULL &&
        kad_find(kad, KAD_MSG_FIND_NODE, peerid_span(next), 0, now, &quest->search) == 0) {
        kad_end(kad, before);
        return true;
    }
    kad_quest_siege_ask(quest);
    return false;
}

/* A look-up is over: is it the last one? */
void kad_quest_looked(struct kad_quest *quest, uint64_t now)
{
    struct kad_quests *q = quest->quests;
    struct peerid found[KAD_TABLE_K_MAX];
    struct kad_key places[KAD_TABLE_K_MAX];
    size_t count = kad_result(q->config.kad, quest->search, found, KAD_TABLE_K_MAX);
    const struct kad_lookup *lookup = &kad_search(q->config.kad, quest->search)->lookup;
    unsigned paths = lookup->config.paths;
    quest->is_early = lookup->is_stopped;
    for (size_t i = 0; i < count; i++) {
        kad_key_of(&places[i], peerid_span(&found[i]));
    }
    if (quest->is_warm && !quest->is_early) { /* what was nearest lately has it no more */
        kad_cache_drop(&q->cache, &quest->target);
        if (kad_quest_again(quest, now)) {
            return;
        }
    }
    bool is_untrue = quest->seen != NULL ||
                     (!quest->is_early && /* else there are gaps */
                      kad_size_judge(&q->size, &quest->target, places, count) != KAD_SIZE_TRUE);
    /* A peer answers for itself: it is enough that somebody honest is met who knows it. */
    bool may_besiege = !quest->is_sample && quest->kind != KAD_QUEST_PEER;
    if (is_untrue && (kad_quest_widen(quest, paths, now) ||
                      (may_besiege && kad_quest_besieged(quest, found, count, now)))) {
        return;
    }
    if (quest->is_sample) {
        kad_size_add(&q->size, &quest->target, places, count);
    } else if (!is_untrue && !quest->is_warm && (!quest->is_early || quest->holder_count > 0)) {
        kad_cache_put(&q->cache, &quest->target, found, count, now);
    }
    kad_quest_finish(quest, found, is_untrue && quest->kind != KAD_QUEST_NEAREST ? 0 : count);
}
