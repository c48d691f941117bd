/*
 * The ledger of a conversation.
 */
#include "tests/support/talk_ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum mark {
    SHOWN_NOW = 1,  /* in this life */
    SHOWN_EVER = 2, /* in any */
    MUST = 4,       /* it was reported to have it, or it left it */
    ROW = 8         /* in the history that is being read */
};

/* The first fault is what is told. */
static void fault(struct talk_ledger *l, size_t node, const char *id, const char *what)
{
    if (l->fault[0] == '\0') {
        (void)snprintf(l->fault, sizeof l->fault, "node %zu, message %.8s: %s", node, id, what);
    }
}

void talk_ledger_init(struct talk_ledger *l, size_t count, const struct random *random)
{
    *l = (struct talk_ledger){.count = count,
                              .nodes = mem_new_array(count, sizeof(struct talk_ledger_node))};
    map_init(&l->by_id, random);
    for (size_t i = 0; i < count; i++) {
        l->nodes[i].heard = mem_new_array(count, sizeof(size_t));
    }
}

void talk_ledger_clear(struct talk_ledger *l)
{
    map_clear(&l->by_id);
    for (size_t i = 0; i < l->all_count; i++) {
        mem_free(l->all[i]->marks);
        mem_free(l->all[i]);
    }
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->nodes[i].heard);
        mem_free(l->nodes[i].said);
    }
    mem_free(l->all);
    mem_free(l->nodes);
    *l = (struct talk_ledger){.count = 0};
}

static struct talk_said *find(const struct talk_ledger *l, const char *id)
{
    return map_get(&l->by_id, span_of(id, strlen(id)));
}

static void push(struct talk_said ***list, size_t *count, size_t *cap, struct talk_said *m)
{
    if (*count == *cap) {
        *cap = *cap == 0 ? 64 : *cap * 2;
        *list = mem_resize(*list, *cap * sizeof(struct talk_said *));
    }
    (*list)[(*count)++] = m;
}

static struct talk_said *say(struct talk_ledger *l, size_t author, const char *id)
{
    struct talk_ledger_node *n = &l->nodes[author];
    struct talk_said *m = mem_new(sizeof *m);

    CHECK(strlen(id) + 1 == sizeof m->id);
    memcpy(m->id, id, sizeof m->id);
    m->author = author;
    m->place = n->said_count;
    m->marks = mem_new(l->count);
    push(&n->said, &n->said_count, &n->said_cap, m);
    push(&l->all, &l->all_count, &l->all_cap, m);
    (void)map_put(&l->by_id, span_of(m->id, strlen(m->id)), m);
    return m;
}

void talk_ledger_open(struct talk_ledger *l)
{
    for (size_t i = 0; i < l->all_count; i++) {
        l->all[i]->is_past = true;
    }
    l->past = l->all_count;
    for (size_t i = 0; i < l->count; i++) {
        l->nodes[i].shown = 0;
        l->nodes[i].has_risen = false;
    }
}

void talk_ledger_rose(struct talk_ledger *l, size_t node)
{
    l->nodes[node].life++;
    l->nodes[node].has_risen = true;
    for (size_t i = 0; i < l->all_count; i++) {
        l->all[i]->marks[node] &= (uint8_t)~SHOWN_NOW;
    }
}

void talk_ledger_shown(struct talk_ledger *l, size_t node, size_t author, const char *id)
{
    struct talk_said *m = find(l, id);

    if (m == NULL && node == author) {
        m = say(l, author, id);
    }
    if (m == NULL || m->author != author) {
        fault(l, node, id, m == NULL ? "shown, and nobody said it" : "shown as another's");
        return;
    }
    if ((m->marks[node] & SHOWN_NOW) != 0) {
        fault(l, node, id, "shown twice");
    } else if ((m->marks[node] & SHOWN_EVER) != 0) {
        fault(l, node, id, "shown once more after a cut");
    }
    l->nodes[node].shown += (m->marks[node] & SHOWN_EVER) == 0 && !m->is_past ? 1 : 0;
    m->marks[node] |= SHOWN_NOW | SHOWN_EVER;
    if (node != author) {
        m->marks[author] |= MUST;
    }
}

void talk_ledger_has(struct talk_ledger *l, size_t author, size_t who, const char *id)
{
    const struct talk_said *last = find(l, id);
    struct talk_ledger_node *n = &l->nodes[author];

    if (last == NULL) {
        return; /* of ours, and no message: that somebody came in, say */
    }
    if (last->author != author) {
        fault(l, who, id, "reported to have it, and nobody said it");
        return;
    }
    for (size_t *i = &n->heard[who]; *i <= last->place; (*i)++) {
        struct talk_said *m = n->said[*i];

        l->acknowledged += m->is_known ? 0 : 1;
        m->is_known = true;
        m->marks[who] |= MUST;
        m->marks[author] |= MUST;
    }
}

void talk_ledger_begin(struct talk_ledger *l, size_t node)
{
    l->nodes[node].order = 0;
    l->nodes[node].rows = 0;
    for (size_t i = 0; i < l->all_count; i++) {
        l->all[i]->marks[node] &= (uint8_t)~ROW;
    }
}

void talk_ledger_row(struct talk_ledger *l, size_t node, size_t author, const char *id)
{
    static const uint64_t seed[2] = {1, 2};
    struct talk_ledger_node *n = &l->nodes[node];
    struct talk_said *m = find(l, id);

    if (m == NULL && node == author && n->has_risen) {
        m = say(l, author, id); /* it was on the disk, and its power went before it was told */
    } else if (m == NULL && node == author) {
        return; /* it is shown when it is on the disk */
    }
    if (m == NULL) {
        fault(l, node, id, "in its history, and nobody said it");
        return;
    }
    if ((m->marks[node] & ROW) != 0) {
        fault(l, node, id, "twice in its history");
    }
    m->marks[node] |= ROW;
    if (node != m->author) {
        m->marks[m->author] |= MUST;
    }
    if (m->is_past) {
        return;
    }
    n->order = n->order * UINT64_C(0x9e3779b97f4a7c15) ^ map_hash(seed, span_of(id, strlen(id)));
    n->rows++;
}

void talk_ledger_end(struct talk_ledger *l, size_t node)
{
    for (size_t i = 0; i < l->all_count; i++) {
        struct talk_said *m = l->all[i];

        if ((m->marks[node] & ROW) != 0 || m->is_past) {
            continue;
        }
        if ((m->marks[node] & SHOWN_EVER) != 0) {
            fault(l, node, m->id, "lost: it was shown it");
        } else if (m->author == node && (m->marks[node] & MUST) != 0) {
            fault(l, node, m->id, "lost: it has left");
        } else if ((m->marks[node] & MUST) != 0) {
            l->early++;
        }
    }
    l->nodes[node].has_risen = false;
}

bool talk_ledger_are_equal(const struct talk_ledger *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->nodes[i].rows != talk_ledger_standing(l) || l->nodes[i].order != l->nodes[0].order) {
            return false;
        }
    }
    return true;
}

size_t talk_ledger_standing(const struct talk_ledger *l)
{
    return l->all_count - l->past;
}
