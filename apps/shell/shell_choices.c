/*
 * A list of words, each once.
 */
#include "apps/shell/shell_choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"

#define SHELL_CHOICES_ID 8 /* first letters of a member's id, as lists show it */

void shell_choices_begin(struct shell_choices *c, const char *typed)
{
    c->typed = typed;
    c->count = 0;
    c->others = 0;
}

void shell_choices_offer(struct shell_choices *c, const char *word)
{
    size_t len = strlen(word);
    if (len >= SHELL_CHOICES_WORD_MAX || strncmp(word, c->typed, strlen(c->typed)) != 0) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->items[i], word) == 0) {
            return;
        }
    }
    if (c->count == SHELL_CHOICES_MAX) {
        c->others++;
        return;
    }
    memcpy(c->items[c->count++], word, len + 1);
}

void shell_choices_offer_name(struct shell_choices *c, const char *name, const char *id)
{
    char shown[SAY_CLEAN_MAX];
    if (name[0] != '\0' && name[0] != '-' && strcmp(say_clean(name, shown), name) == 0) {
        shell_choices_offer(c, name);
    } else if (strlen(id) >= SHELL_CHOICES_ID) {
        (void)snprintf(shown, sizeof shown, "%.*s", SHELL_CHOICES_ID, id);
        shell_choices_offer(c, shown);
    }
}

/* Does a character begin here, or end the text? */
static bool shell_choices_is_edge(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

size_t shell_choices_common(const struct shell_choices *c)
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
    while (len > 0 && !shell_choices_is_edge(c->items[0][len])) {
        len--;
    }
    return len;
}

static int shell_choices_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

void shell_choices_sort(struct shell_choices *c)
{
    qsort(c->items, c->count, sizeof c->items[0], shell_choices_order);
}
