/*
 * Head, verdict, figures, plots, then the scenario as it can be run again.
 */
#include "apps/sim/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "apps/sim/plot.h"
#include "base/check.h"
#include "base/mem.h"

#define SHADE_LABEL_MAX 96

static const char style[] =
    ":root{color-scheme:light dark;--back:#fcfcfb;--ink:#1c1f24;--soft:#6a717c;--rule:#d9dce1;"
    "--good:#1a7f45;--bad:#b3261e;--fault:#b3261e;--c0:#1f5fbf;--c1:#c25d00;--c2:#1a7f45;"
    "--c3:#7a3fb0}\n"
    "@media (prefers-color-scheme:dark){:root{--back:#16181c;--ink:#e6e8eb;--soft:#9aa2ad;"
    "--rule:#343941;--good:#5fc98a;--bad:#ff8a80;--fault:#ff8a80;--c0:#7fb0ff;--c1:#ffb066;"
    "--c2:#6fd39a;--c3:#c9a0f5}}\n"
    "body{margin:2rem auto;padding:0 1rem;max-width:52rem;background:var(--back);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}"
    "p.soft,figcaption{color:var(--soft)}\n"
    ".passed{color:var(--good)}.failed{color:var(--bad)}\n"
    "table{border-collapse:collapse}td,th{padding:.15rem 1.2rem .15rem 0;text-align:left;"
    "vertical-align:top;border-bottom:1px solid var(--rule);font-variant-numeric:tabular-nums}\n"
    "th{font-weight:normal;color:var(--soft)}"
    "pre{overflow-x:auto;padding:.8rem;border:1px solid var(--rule);font-size:.85rem}"
    "code{overflow-wrap:anywhere}\n"
    "figure{margin:1.2rem 0}figcaption b{color:var(--ink)}svg{width:100%;height:auto}\n"
    "svg text{font-size:11px;fill:var(--soft)}text.y{text-anchor:end}text.x{text-anchor:middle}\n"
    ".grid{stroke:var(--rule);fill:none}.mark{stroke:var(--soft);stroke-dasharray:3 3;fill:none}"
    ".fault{fill:var(--fault);opacity:.09}.line{fill:none;stroke-width:1.6}\n"
    ".c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}\n"
    ".key{margin-left:.8rem;white-space:nowrap}.k0{color:var(--c0)}.k1{color:var(--c1)}"
    ".k2{color:var(--c2)}.k3{color:var(--c3)}\n";

/* Columns of the samples, as plots want them, and the faults as shades. */
struct series {
    const struct outcome *o;
    size_t count;
    uint64_t *times_ms;
    double *values[PLOT_LINES_MAX];
    struct plot_shade *shades;
    char (*labels)[SHADE_LABEL_MAX];
};

/* A value of one sample; `gap_ms` since the one before. */
typedef double (*series_value)(const struct run_sample *s, double gap_ms);

struct column {
    const char *label;
    series_value value;
};

static double alive_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return s->alive;
}

static double largest_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return s->largest;
}

static double components_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return s->components;
}

static double degree_min_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return s->degree_min;
}

static double degree_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return s->degree_milli / 1000.0;
}

static double degree_max_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return s->degree_max;
}

static double delivered_of(const struct run_sample *s, double gap_ms)
{
    return (double)s->delivered * 1000 / gap_ms;
}

/* What all living nodes would have taken of what was said. */
static double wanted_of(const struct run_sample *s, double gap_ms)
{
    double others = s->alive > 0 ? s->alive - 1.0 : 0;
    return (double)s->broadcasts * others * 1000 / gap_ms;
}

static double bytes_of(const struct run_sample *s, double gap_ms)
{
    double alive = s->alive > 0 ? s->alive : 1;
    return (double)s->bytes * 1000 / gap_ms / alive;
}

static double downs_true_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return (double)s->downs_true;
}

static double downs_false_of(const struct run_sample *s, double gap_ms)
{
    (void)gap_ms;
    return (double)s->downs_false;
}

/* ---- Series ---- */

static void label_fault(const struct scenario_fault *f, char out[SHADE_LABEL_MAX])
{
    if (f->node != SCENARIO_EVERYWHERE) {
        (void)snprintf(out, SHADE_LABEL_MAX, "fault %" PRIu32 ": %s, node %" PRIu32, f->id,
                       scenario_fault_word(f->kind), f->node);
    } else {
        (void)snprintf(out, SHADE_LABEL_MAX, "fault %" PRIu32 ": %s, %" PRIu32 "/%" PRIu32, f->id,
                       scenario_fault_word(f->kind), f->share.part, f->share.whole);
    }
}

static void series_init(struct series *d, const struct outcome *o)
{
    const struct scenario *s = &o->file->scenario;
    *d = (struct series){.o = o, .count = o->run->sample_count};
    d->times_ms = mem_new_array(d->count + 1, sizeof d->times_ms[0]);
    for (size_t i = 0; i < PLOT_LINES_MAX; i++) {
        d->values[i] = mem_new_array(d->count + 1, sizeof d->values[i][0]);
    }
    d->shades = mem_new_array(s->fault_count + 1, sizeof d->shades[0]);
    d->labels = mem_new_array(s->fault_count + 1, sizeof d->labels[0]);
    for (size_t i = 0; i < d->count; i++) {
        d->times_ms[i] = o->run->samples[i].at_ms;
    }
    for (size_t i = 0; i < s->fault_count; i++) {
        const struct scenario_fault *f = &s->faults[i];
        label_fault(f, d->labels[i]);
        d->shades[i] = (struct plot_shade){
            f->at_ms, f->end_ms != 0 ? f->end_ms : s->join_ms + s->fault_ms, d->labels[i]};
    }
}

static void series_clear(struct series *d)
{
    mem_free(d->times_ms);
    for (size_t i = 0; i < PLOT_LINES_MAX; i++) {
        mem_free(d->values[i]);
    }
    mem_free(d->shades);
    mem_free(d->labels);
}

static void series_fill(struct series *d, size_t line, series_value value)
{
    uint64_t before_ms = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct run_sample *s = &d->o->run->samples[i];
        double gap_ms = s->at_ms > before_ms ? (double)(s->at_ms - before_ms) : 1;
        d->values[line][i] = value(s, gap_ms);
        before_ms = s->at_ms;
    }
}

static void add_plot(struct text *t, struct series *d, const char *title, const char *unit,
                     const struct column *columns)
{
    const struct scenario *s = &d->o->file->scenario;
    struct plot p = {.title = title,
                     .unit = unit,
                     .times_ms = d->times_ms,
                     .count = d->count,
                     .end_ms = scenario_end_ms(s),
                     .shades = d->shades,
                     .shade_count = s->fault_count,
                     .marks_ms = {s->join_ms, s->join_ms + s->fault_ms}};
    while (p.line_count < PLOT_LINES_MAX && columns[p.line_count].label != NULL) {
        size_t i = p.line_count++;
        series_fill(d, i, columns[i].value);
        p.lines[i] = (struct plot_line){columns[i].label, d->values[i]};
    }
    plot_write(t, &p);
}

static void add_plots(struct text *t, const struct outcome *o)
{
    static const struct column parts[] = {{"alive and honest", alive_of},
                                          {"in the largest component", largest_of},
                                          {"components", components_of},
                                          {NULL, NULL}};
    static const struct column degrees[] = {
        {"least", degree_min_of}, {"mean", degree_of}, {"most", degree_max_of}, {NULL, NULL}};
    static const struct column deliveries[] = {
        {"made", delivered_of}, {"if all living took all that was said", wanted_of}, {NULL, NULL}};
    static const struct column bytes[] = {{"sent by a node", bytes_of}, {NULL, NULL}};
    static const struct column verdicts[] = {
        {"about the dead", downs_true_of}, {"about the living", downs_false_of}, {NULL, NULL}};
    struct series d;
    series_init(&d, o);
    text_add(t, "<h2>Over time</h2>\n<p class=\"soft\">Shaded: faults. Dashed: all nodes have "
                "started; all faults have stopped.</p>\n");
    add_plot(t, &d, "Components", "nodes", parts);
    add_plot(t, &d, "Degrees", "neighbours of a node", degrees);
    add_plot(t, &d, "Deliveries", "a second", deliveries);
    add_plot(t, &d, "Traffic", "bytes a second", bytes);
    add_plot(t, &d, "Verdicts \"down\"", "between two samples", verdicts);
    series_clear(&d);
}

/* ---- Tables ---- */

static void add_row(struct text *t, const char *label, const char *value)
{
    text_add(t, "<tr><th>");
    text_html(t, label);
    text_add(t, "</th><td>");
    text_html(t, value);
    text_add(t, "</td></tr>\n");
}

static void add_toml(struct text *t, const struct scenario_file *file)
{
    struct buf toml;
    buf_init(&toml, SCENARIO_TOML_SIZE_MAX + 1);
    CHECK(scenario_toml_write(file, &toml) == 0 && buf_append(&toml, span_of("", 1)) == 0);
    text_add(t, "<pre>");
    text_html(t, (const char *)toml.ptr);
    text_add(t, "</pre>\n");
    buf_clear(&toml);
}

static void add_shrunk(struct text *t, const struct outcome *o)
{
    struct scenario_file *file = mem_new(sizeof *file);
    file->scenario = o->shrunk->scenario;
    file->has_expected = true;
    file->expected_hash = o->shrunk->hash;
    (void)snprintf(file->expected_why, sizeof file->expected_why, "%s", o->shrunk->why);
    text_add(
        t, "<h2>The smallest that fails likewise</h2>\n<p class=\"soft\">After %" PRIu32 " runs%s.",
        o->shrunk->runs,
        o->shrunk->is_minimal ? "; nothing single can go from it" : ", which were not enough");
    if (o->replay_path != NULL) {
        text_add(t, " Run it again: <code>wavu sim ");
        text_html(t, o->replay_path);
        text_add(t, "</code>");
    }
    text_add(t, "</p>\n");
    add_toml(t, file);
    mem_free(file);
}

static void add_head(struct text *t, const struct outcome *o)
{
    const struct scenario *s = &o->file->scenario;
    text_add(t, "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>"
                "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                "content=\"width=device-width, initial-scale=1\"/>\n<title>");
    text_html(t, s->name);
    text_add(t, ": wavu sim</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    text_html(t, s->name);
    text_add(t, "</h1>\n<p class=\"soft\">%" PRIu32 " nodes, seed %" PRIu64 ". ", s->nodes,
             s->seed);
    text_html(t, outcome_cables(s->cable));
    text_add(t, ".</p>\n");
}

static void add_verdict(struct text *t, const struct outcome *o)
{
    char hash[17];
    if (o->run->is_passed) {
        text_add(t, "<p class=\"passed\"><b>Passed.</b> Safe while faults happened, and well again "
                    "after them.</p>\n");
    } else {
        text_add(t, "<p class=\"failed\"><b>Failed:</b> ");
        text_html(t, o->run->why);
        text_add(t, "</p>\n");
    }
    text_add(t, "<h2>Figures</h2>\n<table>\n");
    struct outcome_figure figure;
    for (size_t i = 0; outcome_figure(o, i, &figure); i++) {
        add_row(t, figure.label, figure.value);
    }
    add_row(t, "event hash", outcome_hash(o->run->hash, hash));
    text_add(t, "</table>\n");
}

void report_write(struct text *t, const struct outcome *o)
{
    add_head(t, o);
    add_verdict(t, o);
    add_plots(t, o);
    if (o->shrunk != NULL) {
        add_shrunk(t, o);
    }
    text_add(t, "<h2>The scenario</h2>\n");
    add_toml(t, o->file);
    text_add(t, "</body>\n</html>\n");
}
