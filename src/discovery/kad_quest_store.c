/*
 * Who is to keep a value or to know a provider: the nearest, or all around when the nearest cannot
 * be true. The other half of kad_quest.
 */
#include <string.h>

#include "base/mem.h"
#include "discovery/kad_quest_core.h"

/* Three of four are enough for who waits. */
#define KAD_QUEST_KEPT_OF(wanted) (((wanted)*3 + 3) / 4)

void kad_quest_store_add(struct kad_quest *quest, const struct peerid *peer)
{
    for (size_t i = 0; i < quest->store_count; i++) {
        if (peerid_is_equal(&quest->stores[i].peer, peer)) {
            return;
        }
    }
    if (quest->store_count == KAD_QUEST_STORES_MAX) {
        return;
    }
    if (quest->stores == NULL) {
        quest->stores = mem_new_array(KAD_QUEST_STORES_MAX, sizeof *quest->stores);
    }
    quest->stores[quest->store_count++] = (struct kad_quest_store){.peer = *peer};
}

/* All that answered where k honest ones are expected: the nearest were placed there, or some are
 * hidden, and the honest ones are among these. */
static void kad_quest_store_around(struct kad_quest *quest)
{
    const struct kad_quests *q = quest->quests;
    const struct kad *kad = q->config.kad;
    const struct kad_search *s = kad_search(kad, quest->search);
    for (size_t i = 0; s != NULL && i < s->lookup.count; i++) {
        const struct kad_candidate *c = s->lookup.candidates[i];
        double nearer = kad_size_nearer(&q->size, &quest->target, &c->key);
        if (nearer > 2.0 * kad->config.k) {
            return;
        }
        if (c->state == KAD_LOOKUP_ANSWERED) {
            kad_quest_store_add(quest, &c->id);
        }
    }
}

void kad_quest_store_found(struct kad_quest *quest, const struct peerid *found, size_t count,
                           bool is_untrue)
{
    for (size_t i = 0; i < count; i++) {
        kad_quest_store_add(quest, &found[i]);
    }
    if (is_untrue) {
        kad_quest_store_around(quest);
    }
}

void kad_quest_store_correct(struct kad_quest *quest, const struct peerid *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_holder = false;
        for (size_t h = 0; h < quest->holder_count; h++) {
            is_holder = is_holder || peerid_is_equal(&quest->holders[h], &found[i]);
        }
        if (!is_holder) {
            kad_quest_store_add(quest, &found[i]);
        }
    }
}

bool kad_quest_store_next(struct kad_quest *quest, struct kad_ask *ask)
{
    if (quest->store_asked >= KAD_QUEST_STORES_AT_ONCE) {
        return false;
    }
    for (size_t i = 0; i < quest->store_count; i++) {
        struct kad_quest_store *s = &quest->stores[i];
        if (s->state != KAD_QUEST_STORE_OPEN) {
            continue;
        }
        bool is_provide = quest->kind == KAD_QUEST_PROVIDE;
        s->state = KAD_QUEST_STORE_ASKED;
        quest->store_asked++;
        *ask = (struct kad_ask){.search = quest->number | KAD_QUEST_STORE_BIT,
                                .peer = s->peer,
                                .type = is_provide ? KAD_MSG_ADD_PROVIDER : KAD_MSG_PUT_VALUE,
                                .key = kad_quest_key(quest),
                                .value = is_provide ? span_empty() : quest->record.value};
        return true;
    }
    return false;
}

bool kad_quest_store_is_over(const struct kad_quest *quest)
{
    for (size_t i = 0; i < quest->store_count; i++) {
        if (quest->stores[i].state <= KAD_QUEST_STORE_ASKED) {
            return false;
        }
    }
    return true;
}

void kad_quest_store_settle(struct kad_quest *quest)
{
    size_t wanted = quest->quests->config.kad->config.k; /* while the look-up goes on */
    bool is_put = quest->kind == KAD_QUEST_PUT || quest->kind == KAD_QUEST_PROVIDE;
    if (quest->search == 0 && quest->store_count < wanted) {
        wanted = quest->store_count;
    }
    if (is_put && quest->kept > 0 && quest->kept >= KAD_QUEST_KEPT_OF(wanted)) {
        kad_quest_done(quest, 0);
    } else if (is_put && quest->search == 0 && kad_quest_store_is_over(quest)) {
        kad_quest_done(quest, quest->kept > 0 ? 0 : WAVU_ERR_UNREACHABLE);
    }
}

void kad_quest_store_over(struct kad_quest *quest, const struct peerid *peer, bool is_kept)
{
    for (size_t i = 0; i < quest->store_count; i++) {
        struct kad_quest_store *s = &quest->stores[i];
        if (s->state == KAD_QUEST_STORE_ASKED && peerid_is_equal(&s->peer, peer)) {
            s->state = is_kept ? KAD_QUEST_STORE_KEPT : KAD_QUEST_STORE_FAILED;
            quest->store_asked--;
            quest->kept += is_kept ? 1 : 0;
        }
    }
    kad_quest_store_settle(quest);
}
