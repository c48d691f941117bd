/*
 * What faces see of members; whom a typed name means.
 */
#include "apps/talk/talk_people.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/talk/talk_members.h"
#include "base/mem.h"

#define TALK_PEOPLE_PART_MIN 8 /* digits of an id or a key */

void talk_people_want(struct talk *t, const struct talk_network *network)
{
    for (size_t i = 0; i < t->network_count; i++) {
        struct talk_network *n = &t->networks[i];

        if (n == network && n->people == NULL) {
            n->people = mem_new(sizeof *n->people);
            n->people->wants = true;
        }
    }
}

void talk_people_again(struct talk *t, const struct talk_network *network)
{
    talk_members_again(t, network);
}

size_t talk_people_count(const struct talk_network *network)
{
    return network->people != NULL ? network->people->count : 0;
}

const struct talk_member *talk_people_at(const struct talk_network *network, size_t i)
{
    return i < talk_people_count(network) ? &network->people->members[i] : NULL;
}

static int talk_people_compare(const void *id, const void *member)
{
    return strcmp(id, (*(const struct talk_member *const *)member)->id);
}

const struct talk_member *talk_people_find(const struct talk_network *network, const char *id)
{
    const struct talk_people *p = network->people;
    const struct talk_member **found =
        p == NULL || p->count == 0
            ? NULL
            : bsearch(id, p->by_id, p->count, sizeof(const struct talk_member *),
                      talk_people_compare);

    return found != NULL ? *found : NULL;
}

/* ---- Whom a name means ---- */

static bool talk_people_is_part(const char *whole, const char *text)
{
    return strlen(text) >= TALK_PEOPLE_PART_MIN && strncmp(whole, text, strlen(text)) == 0;
}

static bool talk_people_is(const struct talk_member *m, const char *text, bool is_loose)
{
    if (is_loose) {
        return strcasecmp(m->shown, text) == 0 || strcasecmp(m->nick, text) == 0 ||
               strcasecmp(m->own_name, text) == 0;
    }
    return strcmp(m->shown, text) == 0 || strcmp(m->nick, text) == 0 ||
           strcmp(m->own_name, text) == 0 || talk_people_is_part(m->id, text) ||
           talk_people_is_part(m->key, text);
}

static size_t talk_people_look(const struct talk_network *network, const char *text, bool is_loose,
                               bool is_gone, const struct talk_member **out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < talk_people_count(network); i++) {
        const struct talk_member *m = talk_people_at(network, i);
        const bool is_away =
            strcmp(m->standing, "put out") == 0 || strcmp(m->standing, "left") == 0;

        if (is_away == is_gone && talk_people_is(m, text, is_loose)) {
            if (count < max) {
                out[count] = m;
            }
            count++;
        }
    }
    return count;
}

size_t talk_people_meant(const struct talk_network *network, const char *text,
                         const struct talk_member **out, size_t max)
{
    size_t count = 0;

    text += text[0] == '@' ? 1 : 0;
    if (text[0] == '\0') {
        return 0;
    }
    for (int round = 0; round < 4 && count == 0; round++) {
        count = talk_people_look(network, text, round % 2 == 1, round >= 2, out, max);
    }
    return count;
}
