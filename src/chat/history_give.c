/*
 * What is handed on. A part of chat/history.h. Source: docs/protocol/room.md, "Repair".
 */
#include "chat/history_give.h"

#include <string.h>

#include "base/check.h"
#include "chat/history_about.h"

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, 32), span_of(b, 32));
}

static bool is_below(const struct history_at *a, const struct history_at *b)
{
    return a->height < b->height ||
           (a->height == b->height && span_compare(span_of(a->id, 32), span_of(b->id, 32)) < 0);
}

/* ---- Since when ---- */

/* Whose words about a device are looked at, in this order: no number of others' can keep those of
 * the first three from being found. */
enum give_turn { GIVE_BEGIN, GIVE_FOUNDER, GIVE_SPONSOR, GIVE_OWN, GIVE_OTHERS, GIVE_END };

/* Words that a device came in, each member's from the lowest on. A word counts when its author came
 * in below it, or is the founder's: who came in late cannot let anybody in early. */
struct give_level {
    uint8_t device[32];
    struct history_at below; /* only such are of use */
    enum give_turn turn;
    uint8_t member[32];   /* whose words they are */
    uint8_t sponsor[32];  /* whose turn it was second */
    struct history_at at; /* of the word that is looked at */
    bool has_other;       /* it is one of all others', not the first */
    size_t seen;          /* of that member, that are not hidden */
    size_t rows;
};

struct give_search {
    const struct history_room *room;
    struct give_level levels[HISTORY_GIVE_DEPTH];
    size_t depth;
    size_t steps;
};

/* The member behind the one whose turn it was, of all who have a word about the device. */
static int next_other(struct give_search *s, struct give_level *l)
{
    const struct history_config *config = &s->room->history->config;
    uint8_t behind[40]; /* all words of a member; zeros: before its first */
    uint8_t from[32 + sizeof behind];
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    bool is_found = false;

    memset(behind, l->has_other ? 0xff : 0, sizeof behind);
    history_row_key(&prefix, s->room->number);
    wr_bytes(&prefix.w, span_of(l->device, sizeof l->device));
    wr_u8(&prefix.w, HISTORY_ABOUT_JOINED);
    history_row_walk(&walk, store_of(s->room), "chat.a", &prefix);
    while (!is_found && s->steps < HISTORY_GIVE_STEPS) {
        memcpy(from, l->member, sizeof l->member);
        memcpy(from + sizeof l->member, behind, sizeof behind);
        history_row_walk_from(&walk, span_of(from, sizeof from));
        if (!history_row_next(&walk, false, &key, NULL)) {
            break;
        }
        s->steps++;
        l->has_other = true;
        memset(behind, 0xff, sizeof behind);
        rd_copy(&key, l->member, sizeof l->member);
        is_found = !is_same(l->member, config->founder) && !is_same(l->member, config->member) &&
                   !is_same(l->member, l->sponsor);
    }
    int walked = history_row_walk_end(&walk);

    return walked < 0 ? walked : is_found ? 0 : WAVU_ERR_NOT_FOUND;
}

/* Whose words come next. NOT_FOUND: nobody's. */
static int next_member(struct give_search *s, struct give_level *l)
{
    const struct history_config *config = &s->room->history->config;
    int rc = 0;

    if (l->turn == GIVE_OWN) {
        /* All of them, from those that a store of before has together under no name. */
        memset(l->member, 0, sizeof l->member);
    }
    if (l->turn < GIVE_OTHERS) {
        l->turn++;
        s->steps = s->depth == 1 ? 0 : s->steps; /* each turn has its own */
    }
    if (l->turn == GIVE_SPONSOR &&
        (config->sponsor == NULL || !config->sponsor(config->context, l->device, l->sponsor))) {
        memcpy(l->sponsor, config->founder, sizeof l->sponsor); /* whose turn it was */
        l->turn = GIVE_OWN;
    }
    if (l->turn == GIVE_OTHERS) {
        rc = next_other(s, l);
    } else {
        memcpy(l->member,
               l->turn == GIVE_FOUNDER   ? config->founder
               : l->turn == GIVE_SPONSOR ? l->sponsor
                                         : config->member,
               sizeof l->member);
    }
    l->turn = rc < 0 ? GIVE_END : l->turn;
    l->at = (struct history_at){.height = 0};
    l->seen = 0;
    l->rows = 0;
    return rc;
}

/* The next of that member's words that is not hidden. NOT_FOUND: there is none of use. */
static int next_of_member(struct give_search *s, struct give_level *l, uint32_t *author)
{
    const struct history_room *room = s->room;
    uint8_t from[40];
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    struct wr w;
    int rc = WAVU_ERR_NOT_FOUND;

    wr_init(&w, span_mut_of(from, sizeof from));
    wr_u64be(&w, l->at.height);
    wr_bytes(&w, span_of(l->at.id, sizeof l->at.id));
    history_about_key(&prefix, room, l->device, HISTORY_ABOUT_JOINED, l->member);
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    history_row_walk_from(&walk, wr_span(&w));
    while (rc == WAVU_ERR_NOT_FOUND && l->seen < HISTORY_GIVE_WORDS &&
           l->rows < HISTORY_GIVE_ROWS && s->steps < HISTORY_GIVE_STEPS &&
           history_row_next(&walk, false, &key, &value)) {
        const uint64_t number = rd_u64be(&value);

        *author = rd_u32be(&value);
        l->at.height = rd_u64be(&key);
        rd_copy(&key, l->at.id, sizeof l->at.id);
        l->rows++;
        s->steps++;
        if (!is_below(&l->at, &l->below)) {
            break;
        }
        rc = history_about_is_hidden(room, number, *author);
        l->seen += rc == 0;
        rc = rc == 1 ? WAVU_ERR_NOT_FOUND : rc;
    }
    int walked = history_row_walk_end(&walk);

    return walked < 0 ? walked : rc;
}

/* The next word about the device of the last level. NOT_FOUND: there is none of use. */
static int next_word(struct give_search *s, uint32_t *author)
{
    struct give_level *l = &s->levels[s->depth - 1];
    int rc = l->turn == GIVE_BEGIN ? WAVU_ERR_NOT_FOUND : next_of_member(s, l, author);

    while (rc == WAVU_ERR_NOT_FOUND && l->turn != GIVE_END) {
        rc = next_member(s, l);
        rc = rc < 0 ? rc : next_of_member(s, l, author);
    }
    return rc;
}

static void push_level(struct give_search *s, const uint8_t *device, const struct history_at *below)
{
    struct give_level *l = &s->levels[s->depth++];

    *l = (struct give_level){.below = *below};
    memcpy(l->device, device, sizeof l->device);
}

/* A word that counts: the lowest that is found, or any. */
static int find_word(const struct history_room *room, const uint8_t device[32], bool is_any,
                     struct history_at *at)
{
    struct give_search s = {.room = room};
    const struct history_at all = {.height = UINT64_MAX};
    bool is_found = false;

    push_level(&s, device, &all);
    while (s.depth > 0 && !(is_found && is_any)) {
        uint32_t author = 0;
        int rc = next_word(&s, &author);

        if (rc == WAVU_ERR_NOT_FOUND) {
            s.depth--; /* the word that asked for it does not count */
            continue;
        }
        const struct history_device *d = history_device_at(room->history, author);

        if (rc < 0 || d == NULL) {
            return rc < 0 ? rc : WAVU_ERR_CORRUPT;
        }
        if (is_same(d->member, room->history->config.founder)) {
            *at = s.levels[0].at; /* this one counts, so all that rest on it do */
            s.levels[0].below = *at;
            s.depth = 1; /* and others may have said it further down */
            is_found = true;
        } else if (s.depth < HISTORY_GIVE_DEPTH) {
            push_level(&s, d->key, &s.levels[s.depth - 1].at);
        }
    }
    return is_found ? 0 : WAVU_ERR_NOT_FOUND;
}

static int find_joined(const struct history_room *room, const uint8_t device[32],
                       struct history_at *at)
{
    return find_word(room, device, false, at);
}

static const struct history_room *group_of(const struct history *h)
{
    const struct history_room *group = NULL;
    size_t at = 0;

    do {
        group = history_next_room(h, &at);
        CHECK(group != NULL); /* it is there from the beginning */
    } while (group->kind != HISTORY_GROUP);
    return group;
}

/* A room that was made when the device was in: all of it. */
static int find_made(const struct history_room *room, const uint8_t device[32],
                     struct history_at *since)
{
    const struct history_room *group = group_of(room->history);
    struct history_place place;
    struct history_at joined;
    struct history_at made = {.height = 0};
    int rc = find_joined(group, device, &joined);

    rc = rc < 0 ? rc : history_row_get_place(store_of(room), group->number, room->id, &place);
    if (rc < 0) {
        return rc;
    }
    made.height = place.height;
    memcpy(made.id, room->id, sizeof made.id);
    if (is_below(&made, &joined)) {
        return WAVU_ERR_NOT_FOUND;
    }
    *since = (struct history_at){.height = 0};
    return 0;
}

/* The room's policy: so many messages below are for newcomers, too. */
static int share(const struct history_room *room, struct history_at *since)
{
    struct content_room about = {.share = 0};
    struct history_item items[16];
    struct history_page page = {.at = *since, .items = items};
    struct buf bytes;
    size_t left = 0;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_view_about(room, &about, &bytes);

    left = rc == 0 ? about.share : 0;
    rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    while (rc == 0 && left > 0 && !page.is_end) {
        page.max = left < 16 ? left : 16;
        rc = history_view_page(room, &page);
        left -= page.count;
    }
    if (rc == 0 && about.share > 0) { /* behind the next one further up */
        page.max = 1;
        page.count = 0;
        while (rc == 0 && !page.is_end && page.count == 0) {
            rc = history_view_page(room, &page);
        }
        *since = page.is_end ? (struct history_at){.height = 0} : page.at;
    }
    buf_clear(&bytes);
    return rc;
}

/* By the words in the room alone. */
static int find_since(const struct history_room *room, const uint8_t device[32],
                      struct history_at *since)
{
    int rc = find_joined(room, device, since);

    if (rc == 0) {
        return share(room, since);
    }
    return rc == WAVU_ERR_NOT_FOUND && room->kind == HISTORY_NAMED ? find_made(room, device, since)
                                                                   : rc;
}

int history_give_since(const struct history_room *room, const uint8_t device[32],
                       const uint8_t member[32], struct history_at *since)
{
    const struct history_config *config = &room->history->config;

    if (is_same(member, config->founder) || is_same(member, config->member)) {
        *since = (struct history_at){.height = 0}; /* there from the beginning, or one's own */
        return 0;
    }
    return find_since(room, device, since);
}

int history_give_is_joined(const struct history_room *room, const uint8_t device[32])
{
    struct history_at at;
    int rc = find_word(room, device, true, &at);

    if (rc == WAVU_ERR_NOT_FOUND && room->kind == HISTORY_NAMED) {
        rc = find_made(room, device, &at);
    }
    return rc == 0 ? 1 : rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* Did the author come in behind the device? Then all that it said is for that one, however low it
 * stands: who has not heard of the room yet begins at its bottom. */
static bool is_of_later(const struct history_room *room, uint32_t author, const uint8_t device[32],
                        struct history_give_known *known)
{
    const struct history_device *d = history_device_at(room->history, author);
    const size_t i = author % HISTORY_GIVE_KNOWN;
    struct history_at its;

    if (!known->is_known) {
        known->is_known = true;
        known->is_in = find_joined(room, device, &known->at) == 0;
    }
    if (!known->is_in || d == NULL || is_same(d->member, room->history->config.founder)) {
        return false;
    }
    if (known->authors[i] != author) {
        known->is_later[i] = find_joined(room, d->key, &its) == 0 && is_below(&known->at, &its);
        known->authors[i] = author;
    }
    return known->is_later[i];
}

/* ---- What is wanted ---- */

/* Wanted content, one after the other. */
struct give_walk {
    struct history_room *room;
    struct history_at since;
    struct history_give_known known;
    struct history_walk walk;
    bool is_all;   /* of content that is for others of one's own person as well */
    bool is_first; /* nothing before is for us */
    uint64_t number;
    struct history_row row; /* borrows from bytes */
    struct buf bytes;
};

/* Behind the number `from`. Ended by walk_end, whatever it returns. NOT_FOUND: nobody has said that
 * we came in. */
static int walk_wanted(struct give_walk *w, struct history_room *room, bool is_own, uint64_t from)
{
    const struct history_config *config = &room->history->config;
    struct history_key prefix;
    uint8_t start[8];
    struct wr wr;
    int rc = 0;

    *w = (struct give_walk){.room = room,
                            .is_all = is_own || is_same(config->member, config->founder)};
    buf_init(&w->bytes, STORE_VALUE_MAX);
    history_row_key(&prefix, room->number);
    history_row_walk(&w->walk, store_of(room), "chat.w", &prefix);
    if (!w->is_all) {
        rc = find_since(room, config->device, &w->since);
        from = from < room->bare_from ? room->bare_from : from;
    }
    w->is_first = rc == 0 && !w->is_all && from == room->bare_from;
    w->number = from;
    wr_init(&wr, span_mut_of(start, sizeof start));
    wr_u64be(&wr, from);
    history_row_walk_from(&w->walk, wr_span(&wr));
    return rc;
}

/* The next row. 1: it is wanted; 0: it is not for us; NOT_FOUND at the end; errors. */
static int next_wanted(struct give_walk *w)
{
    struct history_room *room = w->room;
    struct history_at at = {.height = 0};
    struct rd key;

    if (!history_row_next(&w->walk, false, &key, NULL)) {
        return WAVU_ERR_NOT_FOUND;
    }
    w->number = rd_u64be(&key);
    int rc = history_row_get_entry(store_of(room), room->number, w->number, &w->row, &w->bytes);

    if (rc < 0) {
        return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
    }
    at.height = w->row.height;
    memcpy(at.id, w->row.id, sizeof at.id);
    rc = is_below(&w->since, &at) ||
         is_of_later(room, w->row.device, room->history->config.device, &w->known);
    w->is_first = w->is_first && rc == 0;
    if (w->is_first) {
        room->bare_from = w->number; /* nor anything before */
    }
    return rc;
}

static int walk_end(struct give_walk *w)
{
    int rc = history_row_walk_end(&w->walk);

    buf_clear(&w->bytes);
    return rc;
}

int history_give_bare(struct history_room *room, bool is_own, uint64_t *from,
                      uint8_t (*ids)[ENTRY_ID_SIZE], size_t max, size_t *count)
{
    struct give_walk w;
    int rc = walk_wanted(&w, room, is_own, *from);

    *count = 0;
    for (size_t seen = 0; rc >= 0 && *count < max && seen < HISTORY_GIVE_SCAN; seen++) {
        rc = next_wanted(&w);
        if (rc == 1) {
            memcpy(ids[(*count)++], w.row.id, ENTRY_ID_SIZE);
        }
    }
    *from = w.number;
    int ended = walk_end(&w);

    return ended < 0 ? ended : rc >= 0 ? 1 : rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static void note_gap(struct history_give_gap *gaps, size_t max, size_t *count,
                     const struct history_row *row)
{
    size_t i = 0;

    while (i < *count && gaps[i].device != row->device) {
        i++;
    }
    if (i < *count) {
        gaps[i].sequence = row->sequence < gaps[i].sequence ? row->sequence : gaps[i].sequence;
    } else if (i < max) {
        gaps[(*count)++] =
            (struct history_give_gap){.device = row->device, .sequence = row->sequence};
    }
}

int history_give_gaps(struct history_room *room, struct history_give_gap *gaps, size_t max,
                      size_t *count)
{
    struct give_walk w;
    bool is_front = true; /* nothing that is looked for was met yet */
    int rc = walk_wanted(&w, room, false, room->gap_from);

    *count = 0;
    rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc; /* it will be said: then all is for us, so far */
    for (size_t seen = 0; rc >= 0 && seen < HISTORY_GIVE_SCAN; seen++) {
        rc = next_wanted(&w);
        bool is_over = rc == 1 && w.row.came_s + HISTORY_GIVE_GAP_S <= room->history->now_s;

        is_front = is_front && is_over;
        if (is_front) {
            room->gap_from = w.number; /* nor will it be: those behind have their turn */
        }
        if (rc == 1 && !is_over) {
            rc = history_about_is_deleted(room, &w.row);
            if (rc == 0) {
                note_gap(gaps, max, count, &w.row);
            }
        }
    }
    int ended = walk_end(&w);

    return ended < 0 ? ended : rc >= 0 || rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* ---- Entries ---- */

int history_give_next(const struct history_room *room, uint32_t device, uint64_t *sequence,
                      uint64_t *number)
{
    struct history_key prefix;
    struct history_walk walk;
    uint8_t from[16];
    struct rd key;
    struct wr w;
    int rc = WAVU_ERR_NOT_FOUND;

    wr_init(&w, span_mut_of(from, sizeof from));
    wr_u64be(&w, *sequence);
    wr_u64be(&w, *number);
    history_row_key(&prefix, room->number);
    wr_u32be(&prefix.w, device);
    history_row_walk(&walk, store_of(room), "chat.c", &prefix);
    history_row_walk_from(&walk, wr_span(&w));
    if (history_row_next(&walk, false, &key, NULL)) {
        *sequence = rd_u64be(&key);
        *number = rd_u64be(&key);
        rc = rd_finish(&key) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    int walked = history_row_walk_end(&walk);

    return walked < 0 ? walked : rc;
}

static bool may_read(const struct history_room *room, const struct history_row *row,
                     const struct history_give_to *to)
{
    const struct history_device *author = history_device_at(room->history, row->device);
    struct history_at at = {.height = row->height};

    memcpy(at.id, row->id, sizeof at.id);
    return is_below(&to->since, &at) || row->kind == CONTENT_JOINED || row->kind == CONTENT_ROOM ||
           row->kind == CONTENT_ROOM_SET || (author != NULL && is_same(author->key, to->device)) ||
           is_of_later(room, row->device, to->device, to->known);
}

int history_give_entry(const struct history_room *room, uint64_t number,
                       const struct history_give_to *to, uint64_t *age_s, struct wr *out)
{
    struct history_row row;
    struct entry entry;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_row_get_entry(store_of(room), room->number, number, &row, &bytes);

    if (rc == 0) {
        *age_s = to->now_s > row.came_s ? to->now_s - row.came_s : 0;
        rc = entry_read(&entry, row.stored) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    if (rc == 0) {
        if (!may_read(room, &row, to)) {
            entry_drop_content(&entry);
        }
        rc = entry_write(out, &entry);
    }
    buf_wipe(&bytes);
    return rc < 0 ? rc : wr_finish(out);
}
