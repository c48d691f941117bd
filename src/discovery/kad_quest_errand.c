/*
 * Peers that a quest asks outside of its look-up: to keep a value, to know a provider, or (all
 * around, in a siege) whether they have what is sought.
 */
#include "discovery/kad_quest_errand.h"

#include "base/mem.h"

/* Three of four are enough for who waits. */
#define KAD_QUEST_KEPT_OF(wanted) (((wanted)*3 + 3) / 4)

enum kad_msg_type kad_quest_errand_type(enum kad_quest_kind kind)
{
    switch (kind) {
    case KAD_QUEST_GET:
        return KAD_MSG_GET_VALUE;
    case KAD_QUEST_PROVIDERS:
        return KAD_MSG_GET_PROVIDERS;
    case KAD_QUEST_PUT:
        return KAD_MSG_PUT_VALUE;
    case KAD_QUEST_PROVIDE:
        return KAD_MSG_ADD_PROVIDER;
    case KAD_QUEST_PEER:
    case KAD_QUEST_NEAREST:
        return KAD_MSG_FIND_NODE;
    }
    return KAD_MSG_FIND_NODE;
}

void kad_quest_errand_add(struct kad_quest *quest, const struct peerid *peer,
                          enum kad_msg_type type)
{
    for (size_t i = 0; i < quest->errand_count; i++) {
        if (quest->errands[i].type == type && peerid_is_equal(&quest->errands[i].peer, peer)) {
            return;
        }
    }
    if (quest->errand_count == KAD_QUEST_ERRANDS_MAX) {
        return;
    }
    if (quest->errands == NULL) {
        quest->errands = mem_new_array(KAD_QUEST_ERRANDS_MAX, sizeof *quest->errands);
    }
    quest->errands[quest->errand_count++] =
        (struct kad_quest_errand){.peer = *peer, .type = (uint8_t)type};
}

void kad_quest_errand_correct(struct kad_quest *quest, const struct peerid *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_holder = false;
        for (size_t h = 0; h < quest->holder_count; h++) {
            is_holder = is_holder || peerid_is_equal(&quest->holders[h], &found[i]);
        }
        if (!is_holder) {
            kad_quest_errand_add(quest, &found[i], KAD_MSG_PUT_VALUE);
        }
    }
}

bool kad_quest_errand_next(struct kad_quest *quest, struct kad_ask *ask)
{
    if (quest->errand_asked >= KAD_QUEST_ERRANDS_AT_ONCE) {
        return false;
    }
    for (size_t i = 0; i < quest->errand_count; i++) {
        struct kad_quest_errand *e = &quest->errands[i];
        if (e->state != KAD_QUEST_ERRAND_OPEN) {
            continue;
        }
        e->state = KAD_QUEST_ERRAND_ASKED;
        quest->errand_asked++;
        *ask = (struct kad_ask){.search = quest->number | KAD_QUEST_ERRAND_BIT,
                                .peer = e->peer,
                                .type = (enum kad_msg_type)e->type,
                                .key = kad_quest_key(quest)};
        if (e->type == KAD_MSG_PUT_VALUE) {
            ask->value = quest->record.value;
        }
        return true;
    }
    return false;
}

bool kad_quest_errand_is_over(const struct kad_quest *quest)
{
    for (size_t i = 0; i < quest->errand_count; i++) {
        if (quest->errands[i].state <= KAD_QUEST_ERRAND_ASKED) {
            return false;
        }
    }
    return true;
}

void kad_quest_errand_settle(struct kad_quest *quest)
{
    size_t wanted = quest->quests->config.kad->config.k; /* while the look-up goes on */
    bool is_over = quest->search == 0 && kad_quest_errand_is_over(quest);
    switch (quest->kind) {
    case KAD_QUEST_PUT:
    case KAD_QUEST_PROVIDE:
        if (quest->search == 0) {
            wanted = quest->errand_count;
        }
        if (quest->kept > 0 && quest->kept >= KAD_QUEST_KEPT_OF(wanted)) {
            kad_quest_done(quest, 0);
        } else if (is_over) {
            kad_quest_done(quest, quest->kept > 0 ? 0 : WAVU_ERR_UNREACHABLE);
        }
        return;
    case KAD_QUEST_GET:
        if (is_over) {
            kad_quest_done(quest, quest->value != NULL ? 0 : WAVU_ERR_NOT_FOUND);
        }
        return;
    case KAD_QUEST_PROVIDERS:
        if (is_over) {
            kad_quest_done(quest, quest->provider_count > 0 ? 0 : WAVU_ERR_NOT_FOUND);
        }
        return;
    case KAD_QUEST_PEER:
    case KAD_QUEST_NEAREST:
        return;
    }
}

bool kad_quest_errand_over(struct kad_quest *quest, const struct peerid *peer, bool is_good)
{
    for (size_t i = 0; i < quest->errand_count; i++) {
        struct kad_quest_errand *e = &quest->errands[i];
        if (e->state == KAD_QUEST_ERRAND_ASKED && peerid_is_equal(&e->peer, peer)) {
            e->state = is_good ? KAD_QUEST_ERRAND_GOOD : KAD_QUEST_ERRAND_FAILED;
            quest->errand_asked--;
            quest->kept += is_good ? 1 : 0;
            kad_quest_errand_settle(quest);
            return true;
        }
    }
    return false;
}
