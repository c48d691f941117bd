/*
 * Growing texts, and what quoting makes of hostile ones.
 */
#include "apps/sim/text.h"

#include "tests/base/unit.h"

static void it_grows(void **state)
{
    struct text t;
    (void)state;
    text_init(&t);
    for (int i = 0; i < 10000; i++) {
        text_add(&t, "%d,", i % 10);
    }
    assert_int_equal(t.len, 20000);
    assert_int_equal(strlen(t.at), 20000);
    assert_memory_equal(t.at + 19990, "5,6,7,8,9,", 10);
    text_clear(&t);
    text_clear(&t);
    assert_null(t.at);
}

static void expect(void (*quote)(struct text *, const char *), const char *given,
                   const char *expected)
{
    struct text t;
    text_init(&t);
    quote(&t, given);
    assert_string_equal(t.len > 0 ? t.at : "", expected);
    text_clear(&t);
}

static void json_strings(void **state)
{
    (void)state;
    expect(text_json, "", "\"\"");
    expect(text_json, "a\"b\\c\n\t\x01\x7f", "\"a\\\"b\\\\c\\n\\u0009\\u0001\\u007f\"");
    expect(text_json, "caf\xc3\xa9 \xf0\x9f\x98\x80", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"");
    expect(text_json, "\xc3", "\"\xef\xbf\xbd\"");
    expect(text_json, "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    expect(text_json, "</script>", "\"</script>\"");
}

static void html_texts(void **state)
{
    (void)state;
    expect(text_html, "", "");
    expect(text_html, "<b a=\"x\" c='y'>&\n", "&#60;b a=&#34;x&#34; c=&#39;y&#39;&#62;&#38;\n");
    expect(text_html, "caf\xc3\xa9", "caf\xc3\xa9");
    expect(text_html, "a\x01\xff\xc0\xafz", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(it_grows), UNIT(json_strings), UNIT(html_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
