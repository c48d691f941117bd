/*
 * JSON in, a message out.
 */
#include "apps/talk/talk_message.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "apps/talk/talk_json.h"
#include "base/mem.h"

static void talk_message_react(struct talk_message *m, const json_t *reactions)
{
    const size_t all = json_array_size(reactions);
    const size_t count = all < TALK_MESSAGE_REACTIONS_MAX ? all : TALK_MESSAGE_REACTIONS_MAX;

    if (count == 0) {
        return;
    }
    m->reactions = mem_new_array(count, sizeof *m->reactions);
    m->reaction_count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(reactions, i);

        talk_json_copy(m->reactions[i].emoji, sizeof m->reactions[i].emoji, one, "emoji");
        m->reactions[i].count = talk_json_small(one, "count");
        m->reactions[i].is_own = talk_json_is(one, "isOwn");
    }
}

struct talk_message *talk_message_new(const json_t *one)
{
    struct talk_message *m = mem_new(sizeof *m);

    talk_json_copy(m->id, sizeof m->id, one, "id");
    talk_json_copy(m->author, sizeof m->author, one, "author");
    talk_json_shown(m->name, sizeof m->name, one, "shown");
    talk_json_copy(m->kind, sizeof m->kind, one, "kind");
    talk_json_copy(m->about, sizeof m->about, one, "about");
    talk_json_copy(m->state, sizeof m->state, one, "state");
    talk_json_copy(m->holder, sizeof m->holder, one, "holder");
    m->text = mem_copy_text(talk_json_text(one, "text"));
    m->text_len = strlen(m->text);
    m->number = talk_json_count(one, "number");
    m->unix_ms = talk_json_count(one, "unixMs");
    m->receipts = talk_json_small(one, "receipts");
    m->is_own = talk_json_is(one, "isOwn");
    m->is_edited = talk_json_is(one, "isEdited");
    m->is_gone = talk_json_is(one, "isGone");
    m->is_late = talk_json_is(one, "isLate");
    m->is_hidden = talk_json_is(one, "isHidden");
    m->is_blocked = talk_json_is(one, "isBlocked");
    m->is_filtered = talk_json_is(one, "isFiltered");
    talk_json_copy(m->filter, sizeof m->filter, one, "filter");
    m->is_mentioned = talk_json_is(one, "isMentioned");
    talk_message_react(m, json_object_get(one, "reactions"));
    if (m->is_own && talk_json_text(one, "nick")[0] == '\0') {
        (void)snprintf(m->name, sizeof m->name, "%s",
                       tongue("you")); /* others see the beginning of an id */
    }
    return m;
}

void talk_message_free(struct talk_message *m)
{
    if (m != NULL) {
        mem_free(m->text);
        mem_free(m->reactions);
        mem_free(m);
    }
}

static bool talk_message_has_same_reactions(const struct talk_message *a,
                                            const struct talk_message *b)
{
    bool is_same = a->reaction_count == b->reaction_count;

    for (size_t i = 0; is_same && i < a->reaction_count; i++) {
        const struct talk_reaction *x = &a->reactions[i];
        const struct talk_reaction *y = &b->reactions[i];

        is_same = strcmp(x->emoji, y->emoji) == 0 && x->count == y->count && x->is_own == y->is_own;
    }
    return is_same;
}

bool talk_message_is_same(const struct talk_message *a, const struct talk_message *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->author, b->author) == 0 &&
           strcmp(a->name, b->name) == 0 && strcmp(a->kind, b->kind) == 0 &&
           strcmp(a->about, b->about) == 0 && strcmp(a->state, b->state) == 0 &&
           strcmp(a->holder, b->holder) == 0 && a->text_len == b->text_len &&
           memcmp(a->text, b->text, a->text_len) == 0 && a->number == b->number &&
           a->unix_ms == b->unix_ms && a->receipts == b->receipts && a->is_own == b->is_own &&
           a->is_edited == b->is_edited && a->is_gone == b->is_gone && a->is_late == b->is_late &&
           a->is_hidden == b->is_hidden && a->is_blocked == b->is_blocked &&
           a->is_filtered == b->is_filtered && strcmp(a->filter, b->filter) == 0 &&
           a->is_mentioned == b->is_mentioned && talk_message_has_same_reactions(a, b);
}

size_t talk_message_size(const struct talk_message *m)
{
    return sizeof *m + m->text_len + 1 + m->reaction_count * sizeof *m->reactions;
}
