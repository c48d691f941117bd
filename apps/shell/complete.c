/*
 * A list of words, each once.
 */
#include "apps/shell/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"

#define COMPLETE_ID 8 /* first letters of a member's id, as lists show it */

void complete_begin(struct complete *c, const char *typed)
{
    c->typed = typed;
    c->count = 0;
    c->others = 0;
}

void complete_offer(struct complete *c, const char *word)
{
    size_t len = strlen(word);
    if (len >= COMPLETE_WORD_MAX || strncmp(word, c->typed, strlen(c->typed)) != 0) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->items[i], word) == 0) {
            return;
        }
    }
    if (c->count == COMPLETE_MAX) {
        c->others++;
        return;
    }
    memcpy(c->items[c->count++], word, len + 1);
}

void complete_offer_name(struct complete *c, const char *name, const char *id)
{
    char shown[SAY_CLEAN_MAX];
    if (name[0] != '\0' && name[0] != '-' && strcmp(say_clean(name, shown), name) == 0) {
        complete_offer(c, name);
    } else if (strlen(id) >= COMPLETE_ID) {
        (void)snprintf(shown, sizeof shown, "%.*s", COMPLETE_ID, id);
        complete_offer(c, shown);
    }
}

/* Does a character begin here, or end the text? */
static bool complete_is_edge(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

size_t complete_common(const struct complete *c)
{
    if (c->count == 0) {
        return 0;
    }
    /* Those without room may differ anywhere: then no more than was typed is sure. */
    size_t len = c->others > 0 ? strlen(c->typed) : strlen(c->items[0]);
    for (size_t i = 1; i < c->count; i++) {
        size_t same = 0;
        while (same < len && c->items[i][same] == c->items[0][same]) {
            same++;
        }
        len = same;
    }
    while (len > 0 && !complete_is_edge(c->items[0][len])) {
        len--;
    }
    return len;
}

static int complete_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

void complete_sort(struct complete *c)
{
    qsort(c->items, c->count, sizeof c->items[0], complete_order);
}
