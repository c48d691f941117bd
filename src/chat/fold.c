/*
 * What a message looks like after all that was said about it. Source: docs/protocol/room.md.
 */
#include "chat/fold.h"

#include <string.h>

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, CONTENT_ID_SIZE), span_of(b, CONTENT_ID_SIZE));
}

void fold_init(struct fold *f, const uint8_t author[CONTENT_ID_SIZE], const struct content *content)
{
    memset(f, 0, sizeof *f);
    memcpy(f->author, author, sizeof f->author);
    f->content = *content;
}

/* The emoji's place, or FOLD_EMOJI_MAX. */
static size_t find_emoji(const struct fold *f, struct span emoji)
{
    for (size_t i = 0; i < f->emoji_count; i++) {
        if (span_is_equal(span_of(f->emoji[i].bytes, f->emoji[i].len), emoji)) {
            return i;
        }
    }
    return FOLD_EMOJI_MAX;
}

/* The reaction's place, or the number of reactions. */
static size_t find_reaction(const struct fold *f, const uint8_t *member, size_t emoji)
{
    size_t i = 0;

    while (i < f->reaction_count &&
           (f->reactions[i].emoji != emoji || !is_same(f->reactions[i].member, member))) {
        i++;
    }
    return i;
}

/* The same again takes it back. */
static void react(struct fold *f, const uint8_t *member, struct span emoji)
{
    size_t kind = find_emoji(f, emoji);

    if (kind == FOLD_EMOJI_MAX) {
        if (f->emoji_count == FOLD_EMOJI_MAX || emoji.len > CONTENT_EMOJI_MAX) {
            return;
        }
        kind = f->emoji_count++;
        f->emoji[kind].len = emoji.len;
        memcpy(f->emoji[kind].bytes, emoji.ptr, emoji.len);
    }
    size_t at = find_reaction(f, member, kind);

    if (at < f->reaction_count) {
        f->reactions[at] = f->reactions[--f->reaction_count];
        f->emoji[kind].count--;
    } else if (f->reaction_count < FOLD_REACTIONS_MAX) {
        f->reactions[at].emoji = (uint16_t)kind;
        memcpy(f->reactions[at].member, member, CONTENT_ID_SIZE);
        f->reaction_count++;
        f->emoji[kind].count++;
    }
}

void fold_feed(struct fold *f, const uint8_t member[CONTENT_ID_SIZE], const struct content *content)
{
    bool is_own = is_same(member, f->author);

    if (f->is_deleted) {
        return;
    }
    if (content->kind == CONTENT_EDIT && is_own) {
        f->content.text = content->text;
        f->content.mention_count = content->mention_count;
        memcpy(f->content.mentions, content->mentions, sizeof content->mentions);
        f->is_edited = true;
    } else if (content->kind == CONTENT_DELETE && is_own) {
        f->content = (struct content){.kind = f->content.kind};
        f->is_deleted = true;
        f->is_edited = false;
        f->emoji_count = 0;
        f->reaction_count = 0;
    } else if (content->kind == CONTENT_REACTION) {
        react(f, member, content->emoji);
    }
}

bool fold_has_reacted(const struct fold *f, const uint8_t member[CONTENT_ID_SIZE],
                      struct span emoji)
{
    size_t kind = find_emoji(f, emoji);

    return kind < FOLD_EMOJI_MAX && find_reaction(f, member, kind) < f->reaction_count;
}
