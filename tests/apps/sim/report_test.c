/*
 * The report: every tag that opens closes, nothing comes from outside, hostile texts are harmless.
 */
#include "apps/sim/report.h"

#include "tests/apps/sim/planted.h"

#define DEPTH_MAX 32
#define TAG_MAX 32

static struct scenario_file file;
static struct shrink_result shrunk;
static struct text page;

/* A small reader of XML: true when tags nest, attributes are quoted and no bare & or < stands. */
static bool is_well_formed(const char *at)
{
    char open[DEPTH_MAX][TAG_MAX];
    size_t depth = 0;
    for (at = strchr(at, '\n') + 1; *at != '\0'; at++) { /* behind the doctype */
        if (*at == '&' && (at[1] != '#' || strchr(at, ';') == NULL)) {
            return false;
        }
        if (*at != '<') {
            continue;
        }
        bool is_end = *++at == '/';
        at += is_end ? 1 : 0;
        size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (len == 0 || len >= TAG_MAX || depth == DEPTH_MAX) {
            return false;
        }
        const char *name = at;
        bool is_quoted = false;
        for (; *at != '\0' && (is_quoted || *at != '>'); at++) {
            is_quoted = *at == '"' ? !is_quoted : is_quoted;
        }
        if (is_end) {
            if (depth == 0 || strncmp(open[--depth], name, len) != 0 || open[depth][len] != '\0') {
                return false;
            }
        } else if (at[-1] != '/') {
            memcpy(open[depth], name, len);
            open[depth++][len] = '\0';
        }
    }
    return depth == 0;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static void write_it(size_t samples, bool is_passed)
{
    struct run_result run;
    struct outcome o = {.file = &file, .run = &run, .wall_ms = 9};
    text_init(&page);
    planted_result(&file.scenario, samples, &run);
    run.is_passed = is_passed;
    memcpy(run.why, "<b>node 3</b> & co", sizeof "<b>node 3</b> & co");
    if (!is_passed) {
        shrunk.scenario = file.scenario;
        o.shrunk = &shrunk;
        o.replay_path = "\"><script>alert(1)</script>";
    }
    report_write(&page, &o);
    run_result_clear(&run);
}

static void a_report_is_whole_and_alone(void **state)
{
    static const char *const foreign[] = {
        "<script", "<link", "<img", "src=", "@import", "url(", "<iframe"};
    (void)state;
    memset(&file, 0, sizeof file);
    scenario_init(&file.scenario);
    file.scenario.faults[file.scenario.fault_count++] = (struct scenario_fault){
        .id = 1, .kind = SCENARIO_CRASH, .at_ms = 11000, .node = 2, .share = {1, 1}};
    write_it(100, true);
    assert_true(is_well_formed(page.at));
    assert_int_equal(count_of(page.at, "<svg "), 5);
    assert_int_equal(count_of(page.at, "class=\"fault\""), 5);
    planted_expect(page.at, "Passed.");
    planted_expect(page.at, "message cables");
    planted_expect(page.at, "prefers-color-scheme:dark");
    planted_expect(page.at, "fault 1: crash, node 2");
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_int_equal(count_of(page.at, foreign[i]), 0);
    }
    text_clear(&page);
}

static void hostile_texts_are_harmless(void **state)
{
    static const char name[] = "</title><script>alert('x')</script>&\xff";
    (void)state;
    memset(&file, 0, sizeof file);
    scenario_init(&file.scenario);
    memcpy(file.scenario.name, name, sizeof name);
    write_it(3, false);
    assert_true(is_well_formed(page.at));
    assert_int_equal(count_of(page.at, "<script"), 0);
    planted_expect(page.at, "&#60;b&#62;node 3&#60;/b&#62; &#38; co");
    planted_expect(page.at, "The smallest that fails likewise");
    text_clear(&page);
}

static void few_and_many_samples(void **state)
{
    (void)state;
    memset(&file, 0, sizeof file);
    scenario_init(&file.scenario);
    for (size_t samples = 0; samples <= RUN_SAMPLES_MAX; samples += RUN_SAMPLES_MAX / 2) {
        write_it(samples, true);
        assert_true(is_well_formed(page.at));
        assert_true(page.len < 400000); /* however long the run was */
        text_clear(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_report_is_whole_and_alone),
        UNIT(hostile_texts_are_harmless),
        UNIT(few_and_many_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
