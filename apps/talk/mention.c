/*
 * Where names begin and end in a text.
 */
#include "apps/talk/mention.h"

#include <string.h>

#include "wavu/members.h"

/* What may stand behind a name, and before an @ that is none of a mention. */
static const char mention_ends[] = ".,;:!?)]}'\"";
static const char mention_joins[] = "._%+-@/=";

static bool mention_is_space(uint8_t c)
{
    return c <= ' ' || c == 0x7f;
}

static bool mention_is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr(mention_joins, c) != NULL);
}

/* The name that begins at `from`. */
static struct span mention_name(struct span text, size_t from)
{
    const bool is_quoted = from < text.len && text.ptr[from] == '"';
    size_t end = from + (is_quoted ? 1 : 0);

    if (is_quoted) {
        from++;
        while (end < text.len && text.ptr[end] != '"' && text.ptr[end] != '\n') {
            end++;
        }
        end = end < text.len && text.ptr[end] == '"' ? end : from;
    } else {
        while (end < text.len && !mention_is_space(text.ptr[end])) {
            end++;
        }
    }
    return span_of(text.ptr + from, end - from);
}

bool mention_next(struct span text, size_t *at, struct span *name)
{
    while (*at < text.len) {
        const size_t from = (*at)++;

        if (text.ptr[from] != '@' || (from > 0 && mention_is_word(text.ptr[from - 1]))) {
            continue;
        }
        *name = mention_name(text, from + 1);
        if (name->len > 0 && name->len < WAVU_SHOWN_MAX) {
            *at = (size_t)(name->ptr - text.ptr) + name->len;
            return true;
        }
    }
    return false;
}

struct span mention_bare(struct span name)
{
    while (name.len > 0 && name.ptr[name.len - 1] != '\0' &&
           strchr(mention_ends, name.ptr[name.len - 1]) != NULL) {
        name.len--;
    }
    return name;
}
