/*
 * A key whose nearest ids were placed there. Honest nodes name the nearest, and so the placed ones
 * alone: whoever is honest and near is found by looking up others of the region, since placed ids
 * are next to the key and not next to them.
 *
 * The region is where 2 k honest servers are expected. It falls into a half that shares no more
 * bits with the key than its border does, a quarter that shares one more, and so on; a peer of each
 * part, whoever is known there, is looked up, and names its neighbours. Source: the region queries
 * of Sridhar et al., "Content Censorship in the InterPlanetary File System" (NDSS 2024), with
 * peers of the region in place of keys drawn for it.
 */
#include "discovery/kad_quest_siege.h"

#include "base/mem.h"

#define KAD_QUEST_REGION_FACTOR 2.0 /* of k, honest servers expected in it */
#define KAD_QUEST_SOUGHT_MAX 3      /* of each part: one hides behind what another sees */
#define KAD_QUEST_SIGHT_FACTOR 8.0  /* likewise, to be remembered: somebody to look up */

static double kad_quest_nearer(const struct kad_quest *quest, const struct kad_key *key)
{
    return kad_size_nearer(&quest->quests->size, &quest->target, key);
}

static struct kad_quest_seen *kad_quest_seen_of(const struct kad_quest *quest,
                                                const struct peerid *id)
{
    for (size_t i = 0; i < quest->seen_count; i++) {
        if (peerid_is_equal(&quest->seen[i].id, id)) {
            return &quest->seen[i];
        }
    }
    return NULL;
}

void kad_quest_siege_see(struct kad_quest *quest)
{
    const struct kad *kad = quest->quests->config.kad;
    const struct kad_search *s = kad_search(kad, quest->search);
    if (quest->seen == NULL) {
        quest->seen = mem_new_array(KAD_QUEST_SEEN_MAX, sizeof *quest->seen);
    }
    for (size_t i = 0; s != NULL && i < s->lookup.count; i++) {
        const struct kad_candidate *c = s->lookup.candidates[i];
        struct kad_quest_seen *seen = kad_quest_seen_of(quest, &c->id);
        if (seen == NULL && quest->seen_count < KAD_QUEST_SEEN_MAX &&
            kad_quest_nearer(quest, &c->key) <= KAD_QUEST_SIGHT_FACTOR * kad->config.k) {
            seen = &quest->seen[quest->seen_count++];
            *seen = (struct kad_quest_seen){.id = c->id, .key = c->key};
        }
        if (seen != NULL) {
            seen->has_answered = seen->has_answered || c->state == KAD_LOOKUP_ANSWERED;
        }
    }
}

/* How many were looked up who share so many bits with the key. */
static unsigned kad_quest_siege_sought(const struct kad_quest *quest, unsigned prefix)
{
    unsigned count = 0;
    for (size_t i = 0; i < quest->seen_count; i++) {
        if (quest->seen[i].was_sought &&
            kad_key_prefix(&quest->target, &quest->seen[i].key) == prefix) {
            count++;
        }
    }
    return count;
}

const struct peerid *kad_quest_siege_next(struct kad_quest *quest)
{
    const struct kad *kad = quest->quests->config.kad;
    struct kad_quest_seen *best = NULL;
    for (size_t i = 0; i < quest->seen_count; i++) {
        struct kad_quest_seen *seen = &quest->seen[i];
        double nearer = kad_quest_nearer(quest, &seen->key);
        unsigned prefix = kad_key_prefix(&quest->target, &seen->key);
        if (seen->was_sought || nearer > KAD_QUEST_REGION_FACTOR * 2 * kad->config.k ||
            nearer < 0.5 || kad_quest_siege_sought(quest, prefix) >= KAD_QUEST_SOUGHT_MAX) {
            continue; /* or nearer than honest ones are expected: it may have been placed */
        }
        if (best == NULL || kad_key_compare(&quest->target, &seen->key, &best->key) > 0) {
            best = seen; /* the largest part first: its peers know those of the others */
        }
    }
    if (best == NULL) {
        return NULL;
    }
    best->was_sought = true;
    return &best->id;
}

void kad_quest_siege_ask(struct kad_quest *quest)
{
    const struct kad *kad = quest->quests->config.kad;
    for (size_t i = 0; i < quest->seen_count; i++) {
        const struct kad_quest_seen *seen = &quest->seen[i];
        if (seen->has_answered &&
            kad_quest_nearer(quest, &seen->key) <= KAD_QUEST_REGION_FACTOR * kad->config.k) {
            kad_quest_errand_add(quest, &seen->id, kad_quest_errand_type(quest->kind));
        }
    }
}
