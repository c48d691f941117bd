/*
 * Plots: lines stay inside, peaks survive, shades and marks stand where they should.
 */
#include "apps/sim/plot.h"

#include "tests/apps/sim/planted.h"

#define POINTS 5000

static uint64_t times_ms[POINTS];
static double values[POINTS];
static struct text page;

static struct plot make(size_t count, uint64_t end_ms)
{
    for (size_t i = 0; i < count; i++) {
        times_ms[i] = end_ms * (i + 1) / count;
        values[i] = 1;
    }
    text_init(&page);
    return (struct plot){.title = "a <title>",
                         .unit = "things",
                         .times_ms = times_ms,
                         .count = count,
                         .end_ms = end_ms,
                         .lines = {{"first & only", values}},
                         .line_count = 1,
                         .marks_ms = {end_ms / 4, end_ms / 2}};
}

/* The points of the line: how many, and the least and greatest of its numbers. */
static size_t measure(double *least_y, double *greatest_y, double *greatest_x)
{
    const char *at = strstr(page.at, "<path class=\"line c0\" d=\"");
    size_t count = 0;
    assert_non_null(at);
    at = strstr(at, "d=\"") + 3;
    *least_y = 1e9;
    *greatest_y = *greatest_x = -1e9;
    while (*at == 'M' || *at == 'L') {
        char *end = NULL;
        double x = strtod(at + 1, &end);
        double y = strtod(end, &end);
        *greatest_x = x > *greatest_x ? x : *greatest_x;
        *least_y = y < *least_y ? y : *least_y;
        *greatest_y = y > *greatest_y ? y : *greatest_y;
        count++;
        at = end;
    }
    return count;
}

static void a_line_stays_inside(void **state)
{
    double low;
    double high;
    double right;
    struct plot p = make(100, 60000);
    (void)state;
    values[50] = 987;
    plot_write(&page, &p);
    assert_int_equal(measure(&low, &high, &right), 100);
    assert_true(low >= 10 && low < 20); /* the peak, just below the axis' end at 1000 */
    assert_true(high > 190 && high <= 194);
    assert_true(right > 747 && right <= 748);
    planted_expect(page.at, ">1000</text>");
    planted_expect(page.at, ">60 s</text>");
    planted_expect(page.at, "a &#60;title&#62;");
    planted_expect(page.at, "first &#38; only");
    text_clear(&page);
}

/* What stands at the axis is where the line is, whatever the greatest value. */
static void the_axis_has_round_numbers(void **state)
{
    static const struct {
        double greatest;
        const char *ticks[6];
    } cases[] = {
        {1, {"0", "1", "2", "3", "4", "5"}},
        {9, {"0", "2", "4", "6", "8", "10"}},
        {15, {"0", "5", "10", "15", "20"}},
        {22, {"0", "5", "10", "15", "20", "25"}},
        {240, {"0", "50", "100", "150", "200", "250"}},
        {50000, {"0", "10k", "20k", "30k", "40k", "50k"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plot p = make(2, 60000);
        values[1] = cases[i].greatest;
        plot_write(&page, &p);
        const char *at = page.at;
        for (size_t k = 0; k < 6 && cases[i].ticks[k] != NULL; k++) {
            char tick[32];
            (void)snprintf(tick, sizeof tick, ">%s</text>", cases[i].ticks[k]);
            at = strstr(at, "class=\"y\"");
            assert_non_null(at);
            at = strchr(at, '>');
            assert_memory_equal(at, tick, strlen(tick));
        }
        text_clear(&page);
    }
}

static void of_many_points_the_peaks_survive(void **state)
{
    double low;
    double high;
    double right;
    struct plot p = make(POINTS, 3600000);
    (void)state;
    values[4321] = 500;
    plot_write(&page, &p);
    assert_in_range(measure(&low, &high, &right), PLOT_POINTS_MAX / 2, PLOT_POINTS_MAX);
    assert_true(low < 11); /* 500 is the axis' end */
    text_clear(&page);
}

static void shades_and_marks_have_their_places(void **state)
{
    static const struct plot_shade shade = {30000, 60000, "fault \"1\""};
    struct plot p = make(2, 60000);
    (void)state;
    p.shades = &shade;
    p.shade_count = 1;
    plot_write(&page, &p);
    planted_expect(page.at, "<rect class=\"fault\" x=\"406.0\" y=\"10.0\" width=\"342.0\"");
    planted_expect(page.at, "<title>fault &#34;1&#34;</title>");
    planted_expect(page.at, "<path class=\"mark\" d=\"M235.0 10.0V194.0\"/>");
    text_clear(&page);
}

static void nothing_to_draw_is_no_trouble(void **state)
{
    struct plot p = make(0, 1);
    (void)state;
    plot_write(&page, &p);
    assert_null(strstr(page.at, "class=\"line"));
    assert_null(strstr(page.at, "nan"));
    assert_null(strstr(page.at, "inf"));
    text_clear(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_line_stays_inside),
        UNIT(the_axis_has_round_numbers),
        UNIT(of_many_points_the_peaks_survive),
        UNIT(shades_and_marks_have_their_places),
        UNIT(nothing_to_draw_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
