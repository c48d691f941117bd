/*
 * What was sent from here.
 */
#include "apps/tui/input_history.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static void forget_oldest(struct input_history *h)
{
    h->bytes -= strlen(h->text[0]) + 1;
    mem_free(h->text[0]);
    h->count--;
    memmove(h->text, h->text + 1, h->count * sizeof h->text[0]);
}

void input_history_add(struct input_history *h, const char *text)
{
    size_t len = strlen(text) + 1;
    if (h->count > 0 && strcmp(h->text[h->count - 1], text) == 0) {
        return;
    }
    while (h->count > 0 &&
           (h->count == INPUT_HISTORY_MAX || h->bytes + len > INPUT_HISTORY_BYTES_MAX)) {
        forget_oldest(h);
    }
    h->text[h->count++] = mem_copy_text(text);
    h->bytes += len;
}

const char *input_history_get(const struct input_history *h, size_t past)
{
    CHECK(past >= 1 && past <= h->count);
    return h->text[h->count - past];
}

size_t input_history_find(const struct input_history *h, size_t past, const char *words)
{
    for (; past >= 1 && past <= h->count; past++) {
        if (strstr(input_history_get(h, past), words) != NULL) {
            return past;
        }
    }
    return 0;
}

void input_history_clear(struct input_history *h)
{
    while (h->count > 0) {
        forget_oldest(h);
    }
}
