/*
 * Colours and attributes.
 */
#include "apps/tui/theme.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Numbers of the first eight colours, and of the bright eight behind them. */
enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, BRIGHT };

struct look {
    struct theme_style many; /* 256 colours */
    struct theme_style few;  /* 16 or 8 */
    uint8_t none;            /* attributes without colours */
};

/* Readable on dark and light grounds alike; the bars bring their own ground along. */
static const struct look looks[THEME_ROLES] = {
    [THEME_TEXT] = {{-1, -1, 0}, {-1, -1, 0}, 0},
    [THEME_DIM] = {{244, -1, 0}, {-1, -1, THEME_FAINT}, THEME_FAINT},
    [THEME_BAR] = {{255, 24, 0}, {WHITE, BLUE, 0}, THEME_REVERSE},
    [THEME_BAR_BAD] = {{231, 124, THEME_BOLD},
                       {WHITE, RED, THEME_BOLD},
                       THEME_REVERSE | THEME_BOLD},
    [THEME_CHOSEN] = {{-1, -1, THEME_REVERSE}, {-1, -1, THEME_REVERSE}, THEME_REVERSE},
    [THEME_UNREAD] = {{-1, -1, THEME_BOLD}, {-1, -1, THEME_BOLD}, THEME_BOLD},
    [THEME_MENTION] = {{208, -1, THEME_BOLD | THEME_UNDERLINE},
                       {YELLOW, -1, THEME_BOLD | THEME_UNDERLINE},
                       THEME_BOLD | THEME_UNDERLINE},
    [THEME_OWN] = {{-1, -1, THEME_BOLD}, {-1, -1, THEME_BOLD}, THEME_BOLD},
    [THEME_MARK] = {{71, -1, 0}, {GREEN, -1, 0}, 0},
    [THEME_BAD] = {{160, -1, THEME_BOLD}, {RED, -1, THEME_BOLD}, THEME_BOLD},
    [THEME_POPUP] = {{-1, -1, 0}, {-1, -1, 0}, 0},
    [THEME_POPUP_HEAD] = {{-1, -1, THEME_BOLD | THEME_REVERSE},
                          {-1, -1, THEME_BOLD | THEME_REVERSE},
                          THEME_BOLD | THEME_REVERSE},
    [THEME_KEY] = {{-1, -1, THEME_BOLD}, {-1, -1, THEME_BOLD}, THEME_BOLD},
    [THEME_HIT] = {{-1, -1, THEME_REVERSE | THEME_UNDERLINE},
                   {-1, -1, THEME_REVERSE | THEME_UNDERLINE},
                   THEME_REVERSE | THEME_UNDERLINE},
};

static const int16_t senders_many[THEME_SENDERS] = {33,  37,  64,  98,  103, 127,
                                                    130, 134, 136, 166, 168, 172};
static const int16_t senders_few[] = {RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN};

int theme_colours(enum theme_wish wish, const struct theme_world *world)
{
    const char *term = world->term != NULL ? world->term : "";
    int colours = world->colours >= 256 ? 256 : (world->colours >= 16 ? 16 : 8);
    if (world->colours < 8 || wish == THEME_NEVER) {
        return 0;
    }
    bool is_off = (world->no_color != NULL && world->no_color[0] != '\0') ||
                  strcmp(term, "dumb") == 0 || strncmp(term, "vt100", 5) == 0;
    return wish == THEME_AUTO && is_off ? 0 : colours;
}

struct theme_style theme_style(enum theme_role role, int colours)
{
    if (colours == 0) {
        return (struct theme_style){-1, -1, looks[role].none};
    }
    return colours >= 256 ? looks[role].many : looks[role].few;
}

/* FNV-1a: who is who stays the same from start to start. Nothing is kept by it. */
static uint32_t hash(const char *id)
{
    uint32_t h = 2166136261u;
    for (; *id != '\0'; id++) {
        h = (h ^ (unsigned char)*id) * 16777619u;
    }
    return h ^ (h >> 15);
}

struct theme_style theme_sender(const char *id, int colours)
{
    uint32_t h = hash(id);
    struct theme_style style = {-1, -1, THEME_BOLD};
    if (colours >= 256) {
        style.foreground = senders_many[h % THEME_SENDERS];
    } else if (colours > 0) {
        style.foreground = senders_few[h % COUNT_OF(senders_few)];
    }
    return style;
}

void theme_tag(const char *id, char out[3])
{
    static const char letters[] = "abcdefghkmnpqrstuvwxyz"; /* none that looks like a digit */
    uint32_t h = hash(id) / THEME_SENDERS;
    out[0] = letters[h % (sizeof letters - 1)];
    out[1] = (char)('2' + (h / 32) % 8);
    out[2] = '\0';
}
