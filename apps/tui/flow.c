/*
 * Lines of a text.
 */
#include "apps/tui/flow.h"

#include "apps/tui/glyph.h"

/* Where a line can end before `next`, from where the one behind it goes on. */
struct flow_chance {
    size_t end; /* bytes; 0 for none: a line of nothing is no line */
    size_t columns;
    size_t next;
};

void flow_start(struct flow *f, struct span text, size_t width, bool is_ascii)
{
    *f = (struct flow){.text = text, .width = width > 0 ? width : 1, .is_ascii = is_ascii};
}

/* Behind the spaces at `at`, which end a line that is full; and behind a newline after them. */
static size_t behind_spaces(const struct flow *f, size_t at)
{
    struct glyph g;
    while (at < f->text.len) {
        size_t len = glyph_next(&g, f->text, at, f->is_ascii);
        if (g.kind == GLYPH_BREAK) {
            return at + len;
        }
        if (g.kind != GLYPH_SPACE) {
            return at;
        }
        at += len;
    }
    return at;
}

/* The line is full before the cluster `g` at `at`. */
static void break_before(struct flow *f, struct flow_line *line, const struct glyph *g, size_t at,
                         const struct flow_chance *chance)
{
    if (g->kind == GLYPH_SPACE) {
        bool is_behind = chance->next == at && chance->end > line->from; /* of other spaces */
        line->to = is_behind ? chance->end : at;
        line->columns = is_behind ? chance->columns : line->columns;
        f->at = behind_spaces(f, at);
    } else if (chance->end > line->from) {
        line->to = chance->end;
        line->columns = chance->columns;
        f->at = chance->next;
    } else {
        line->to = at;
        f->at = at;
    }
}

bool flow_next(struct flow *f, struct flow_line *line)
{
    struct flow_chance chance = {0};
    bool is_behind_space = false; /* the chance is before a run of spaces that goes on */
    *line = (struct flow_line){.from = f->at, .to = f->at};
    if (f->at >= f->text.len && (f->is_begun || f->text.len > 0)) {
        return false;
    }
    f->is_begun = true;
    for (size_t at = f->at; at < f->text.len;) {
        struct glyph g;
        size_t len = glyph_next(&g, f->text, at, f->is_ascii);
        if (g.kind == GLYPH_BREAK) {
            line->to = at;
            f->at = at + len;
            return true;
        }
        if (line->columns + g.columns > f->width && line->columns > 0) {
            break_before(f, line, &g, at, &chance);
            return true;
        }
        if (g.kind == GLYPH_SPACE) {
            if (!is_behind_space) {
                chance = (struct flow_chance){.end = at, .columns = line->columns};
            }
            chance.next = at + len;
        } else if (g.columns > 1) {
            chance = (struct flow_chance){at + len, line->columns + g.columns, at + len};
        }
        is_behind_space = g.kind == GLYPH_SPACE;
        line->columns += g.columns;
        at += len;
    }
    line->to = f->text.len;
    f->at = f->text.len;
    return true;
}

size_t flow_count(struct span text, size_t width, bool is_ascii, size_t max)
{
    struct flow f;
    struct flow_line line;
    size_t count = 0;
    flow_start(&f, text, width, is_ascii);
    while (count < max && flow_next(&f, &line)) {
        count++;
    }
    return count;
}
