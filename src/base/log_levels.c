/*
 * A level for all and those of single subsystems, from text and to text.
 */
#include "base/log_levels.h"

#include <string.h>

static const char *const log_levels_names[] = {"chat", "courier", "files",  "keep",  "members",
                                               "mesh", "metrics", "module", "swarm", "up"};

#define NAMES (sizeof log_levels_names / sizeof log_levels_names[0])

_Static_assert(NAMES <= LOG_LEVELS_SUBSYSTEMS_MAX, "each has a level");

void log_levels_init(struct log_levels *l, enum log_level level)
{
    *l = (struct log_levels){.all = level};
}

const char *log_levels_name(size_t i)
{
    return i < NAMES ? log_levels_names[i] : NULL;
}

/* The level whose name the `len` bytes at `text` are. */
static bool level_from(const char *text, size_t len, enum log_level *out)
{
    static const enum log_level levels[] = {LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        const char *name = log_level_name(levels[i]);
        if (strlen(name) == len && memcmp(name, text, len) == 0) {
            *out = levels[i];
            return true;
        }
    }
    return false;
}

/* The subsystem whose name the `len` bytes at `text` are; NAMES when there is none. */
static size_t name_from(const char *text, size_t len)
{
    size_t i = 0;
    while (i < NAMES &&
           (strlen(log_levels_names[i]) != len || memcmp(log_levels_names[i], text, len) != 0)) {
        i++;
    }
    return i;
}

/* One word of `len` bytes. */
static bool take_word(struct log_levels *l, const char *word, size_t len)
{
    enum log_level level = LOG_ERROR;
    const char *mark = memchr(word, '=', len);
    if (mark == NULL) {
        bool is_level = level_from(word, len, &level);
        if (is_level) {
            log_levels_init(l, level);
        }
        return is_level;
    }
    size_t i = name_from(word, (size_t)(mark - word));
    if (i == NAMES || !level_from(mark + 1, len - (size_t)(mark + 1 - word), &level)) {
        return false;
    }
    l->has[i] = true;
    l->of[i] = level;
    return true;
}

int log_levels_parse(struct log_levels *l, const char *text)
{
    struct log_levels fresh = *l;
    bool is_more = true;
    while (is_more) {
        size_t len = strcspn(text, ",");
        if (!take_word(&fresh, text, len)) {
            return WAVU_ERR_INVALID;
        }
        is_more = text[len] == ',';
        text += len + (is_more ? 1 : 0);
    }
    *l = fresh;
    return 0;
}

void log_levels_write(const struct log_levels *l, struct wr *w)
{
    wr_text(w, log_level_name(l->all));
    for (size_t i = 0; i < NAMES; i++) {
        if (l->has[i]) {
            wr_text(w, ",");
            wr_text(w, log_levels_names[i]);
            wr_text(w, "=");
            wr_text(w, log_level_name(l->of[i]));
        }
    }
}

enum log_level log_levels_of(const struct log_levels *l, const char *subsystem)
{
    size_t i = name_from(subsystem, strlen(subsystem));
    return i < NAMES && l->has[i] ? l->of[i] : l->all;
}

enum log_level log_levels_most(const struct log_levels *l)
{
    enum log_level most = l->all;
    for (size_t i = 0; i < NAMES; i++) {
        most = l->has[i] && l->of[i] > most ? l->of[i] : most;
    }
    return most;
}
