/*
 * Scales, then shades, grid, lines and legend, from back to front.
 */
#include "apps/sim/plot.h"

#define WIDTH 760.0
#define HEIGHT 220.0
#define LEFT 64.0
#define RIGHT 12.0
#define TOP 10.0
#define BOTTOM 26.0
#define TICKS_X 8

struct scale {
    double x; /* pixels a millisecond */
    double y; /* pixels a unit */
    double top;
    int ticks; /* of the y axis, at round numbers */
};

static double x_of(const struct scale *s, uint64_t ms)
{
    return LEFT + (double)ms * s->x;
}

static double y_of(const struct scale *s, double value)
{
    return HEIGHT - BOTTOM - value * s->y;
}

/* The next of 1, 2, 2.5, 5 and 10 times a power of ten: an axis ends at a number that people like.
 */
static double round_up(double value)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = 1;
    while (power * 10 < value) {
        power *= 10;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] * power >= value) {
            return steps[i] * power;
        }
    }
    return value;
}

/* 2 is cut into four, the others into five. */
static int ticks_of(double top)
{
    while (top >= 10) {
        top /= 10;
    }
    return top == 2 ? 4 : 5;
}

static struct scale scale_of(const struct plot *p)
{
    double top = 0;
    for (size_t i = 0; i < p->line_count; i++) {
        for (size_t k = 0; k < p->count; k++) {
            top = p->lines[i].values[k] > top ? p->lines[i].values[k] : top;
        }
    }
    top = round_up(top < 4 ? 4 : top);
    return (struct scale){.x = (WIDTH - LEFT - RIGHT) / (double)p->end_ms,
                          .y = (HEIGHT - TOP - BOTTOM) / top,
                          .top = top,
                          .ticks = ticks_of(top)};
}

static void write_shades(struct text *t, const struct plot *p, const struct scale *s)
{
    for (size_t i = 0; i < p->shade_count; i++) {
        const struct plot_shade *shade = &p->shades[i];
        double width = x_of(s, shade->to_ms) - x_of(s, shade->from_ms);
        text_add(t,
                 "<rect class=\"fault\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                 "height=\"%.1f\"><title>",
                 x_of(s, shade->from_ms), TOP, width < 1 ? 1.0 : width, HEIGHT - TOP - BOTTOM);
        text_html(t, shade->label);
        text_add(t, "</title></rect>\n");
    }
}

static void write_number(struct text *t, double value)
{
    static const char *const units[] = {"", "k", "M", "G"};
    size_t unit = 0;
    while (value >= 10000 && unit < 3) {
        value /= 1000;
        unit++;
    }
    bool is_whole = value >= 100 || value == (double)(uint64_t)value;
    text_add(t, is_whole ? "%.0f%s" : "%.1f%s", value, units[unit]);
}

/* Seconds between two numbers at the axis, about TICKS_X of them. */
static uint64_t tick_ms_of(uint64_t end_ms)
{
    static const uint64_t steps_s[] = {1,   2,   5,    10,   20,   30,    60,    120,
                                       300, 600, 1800, 3600, 7200, 21600, 43200, 86400};
    for (size_t i = 0; i < sizeof steps_s / sizeof steps_s[0]; i++) {
        if (steps_s[i] * 1000 * TICKS_X >= end_ms) {
            return steps_s[i] * 1000;
        }
    }
    return end_ms / TICKS_X;
}

static void write_grid(struct text *t, const struct plot *p, const struct scale *s)
{
    uint64_t tick_ms = tick_ms_of(p->end_ms);
    for (int i = 0; i <= s->ticks; i++) {
        double value = s->top * i / s->ticks;
        text_add(t, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", LEFT, y_of(s, value),
                 WIDTH - RIGHT);
        text_add(t, "<text class=\"y\" x=\"%.1f\" y=\"%.1f\">", LEFT - 6, y_of(s, value) + 4);
        write_number(t, value);
        text_add(t, "</text>\n");
    }
    for (uint64_t at = 0; at <= p->end_ms; at += tick_ms) {
        text_add(t, "<text class=\"x\" x=\"%.1f\" y=\"%.1f\">%.0f s</text>\n", x_of(s, at),
                 HEIGHT - 8, (double)at / 1000);
    }
    for (size_t i = 0; i < 2; i++) {
        text_add(t, "<path class=\"mark\" d=\"M%.1f %.1fV%.1f\"/>\n", x_of(s, p->marks_ms[i]), TOP,
                 HEIGHT - BOTTOM);
    }
}

/* Of many points, those that share a pixel or so become their greatest: peaks stay. */
static void write_line(struct text *t, const struct plot *p, const struct scale *s, size_t which)
{
    const double *values = p->lines[which].values;
    size_t bunch = p->count / PLOT_POINTS_MAX + 1;
    text_add(t, "<path class=\"line c%u\" d=\"", (unsigned)which);
    for (size_t i = 0; i < p->count; i += bunch) {
        double greatest = values[i];
        for (size_t k = i; k < i + bunch && k < p->count; k++) {
            greatest = values[k] > greatest ? values[k] : greatest;
        }
        text_add(t, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of(s, p->times_ms[i]), y_of(s, greatest));
    }
    text_add(t, "\"><title>");
    text_html(t, p->lines[which].label);
    text_add(t, "</title></path>\n");
}

void plot_write(struct text *t, const struct plot *p)
{
    struct scale s = scale_of(p);
    text_add(t, "<figure>\n<figcaption><b>");
    text_html(t, p->title);
    text_add(t, "</b>%s", p->unit[0] != '\0' ? ", " : "");
    text_html(t, p->unit);
    for (size_t i = 0; i < p->line_count; i++) {
        text_add(t, " <span class=\"key k%u\">", (unsigned)i);
        text_html(t, p->lines[i].label);
        text_add(t, "</span>");
    }
    text_add(t, "</figcaption>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", WIDTH,
             HEIGHT);
    text_html(t, p->title);
    text_add(t, "\" xmlns=\"http://www.w3.org/2000/svg\">\n");
    write_shades(t, p, &s);
    write_grid(t, p, &s);
    for (size_t i = 0; i < p->line_count && p->count > 0; i++) {
        write_line(t, p, &s, i);
    }
    text_add(t, "</svg>\n</figure>\n");
}
