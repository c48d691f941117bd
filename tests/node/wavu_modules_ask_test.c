/*
 * What modules answer: another metric changes a way, words are hidden, marked and refused. Whole
 * nodes on virtual time, with the examples as they are built.
 */
#include "node/wavu_modules.h"

#include "node/wavu_rooms.h"
#include "os/libs.h"
#include "tests/node/people.h"
#include "tests/support/module_files.h"
#include "wavu/direct.h"
#include "wavu/history.h"
#include "wavu/sos.h"

static struct module_files files;
static char why[WAVU_MODULE_WHY_MAX];

static void load(size_t i, const char *name, const char *argument)
{
    sim_host_port(h.hosts[i])->libs = &libs_dl;
    int rc = wavu_module_load(h.nodes[i], module_files_copy(&files, name), argument, why);
    if (rc < 0) {
        print_message("%s\n", why);
    }
    assert_int_equal(rc, 0);
}

static struct wavu_networks_one *one(size_t i)
{
    struct wavu_networks_one *o = NULL;
    assert_int_equal(wavu_networks_find(h.nodes[i]->networks, NULL, &o), 0);
    return o;
}

/* ---- Ways: 0 reaches 2 by 1 over two slow links, or by 3 and 4 over three quick ones ---- */

#define NODES 5
#define QUICK_NS (2 * TIMERS_MS)
#define SLOW_NS (40 * TIMERS_MS)

struct way {
    size_t count;
    uint32_t hops; /* of the last */
    size_t done;
    size_t good;
};

static struct way way;
static char target[WAVU_PEER_TEXT_MAX];

static void on_event(void *context, const struct wavu_mesh_event *event)
{
    struct way *w = context;
    if (event->kind == WAVU_MESH_UNICAST) {
        w->count++;
        w->hops = event->hops;
    }
}

static void on_done(void *context, int err)
{
    struct way *w = context;
    w->done++;
    w->good += err == 0 ? 1 : 0;
}

static void cable(size_t a, size_t b, uint64_t latency_ns)
{
    struct sim_cable_settings settings;
    sim_cable_get_default(h.sim, &settings);
    settings.latency_ns = latency_ns;
    sim_cable_set(h.hosts[a], h.hosts[b], &settings);
    sim_cable_cut(h.hosts[a], h.hosts[b], false);
}

static void begin_ways(void)
{
    homes_make(&h, 9, NODES);
    for (size_t a = 0; a < NODES; a++) {
        for (size_t b = a + 1; b < NODES; b++) {
            sim_cable_cut(h.hosts[a], h.hosts[b], true);
        }
    }
    cable(0, 1, SLOW_NS);
    cable(1, 2, SLOW_NS);
    cable(0, 3, QUICK_NS);
    cable(3, 4, QUICK_NS);
    cable(4, 2, QUICK_NS);
    for (size_t i = 0; i < NODES; i++) {
        static const char *const all[] = {"10.0.0.1:9000", "10.0.0.2:9000", "10.0.0.3:9000",
                                          "10.0.0.4:9000", "10.0.0.5:9000"};
        const struct wavu_mesh_config mesh = {.seeds = all, .seed_count = NODES};
        const struct wavu_config config = {
            .port = sim_host_port(h.hosts[i]), .is_ephemeral = true, .mesh = &mesh};
        assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
        assert_int_equal(wavu_node_listen(h.nodes[i], all[i]), 0);
        assert_int_equal(wavu_mesh_listen(h.nodes[i], on_event, &way), 0);
    }
    wavu_node_id(h.nodes[2], target);
    sim_run_for(h.sim, 120 * TIMERS_SECOND);
}

static void end_ways(void)
{
    for (size_t i = 0; i < NODES; i++) {
        wavu_node_free(h.nodes[i]);
    }
    sim_free(h.sim);
}

/* Over so many links a text went. */
static uint32_t links(void)
{
    way = (struct way){.count = 0};
    assert_int_equal(wavu_send(h.nodes[0], target, "habari", 6, on_done, &way), 0);
    sim_run_for(h.sim, 5 * TIMERS_SECOND);
    assert_int_equal(way.count, 1);
    assert_int_equal(way.good, 1);
    return way.hops;
}

static void another_metric_is_another_way(void **state)
{
    (void)state;
    module_files_make(&files);
    begin_ways();
    assert_int_equal(links(), 3); /* the quickest */
    load(0, "metric_slow", "500");
    assert_int_equal(links(), 2); /* all links are quick enough: the fewest */
    assert_int_equal(wavu_module_off(h.nodes[0], "metric-slow"), 0);
    sim_run_for(h.sim, TIMERS_SECOND);
    assert_int_equal(links(), 3);
    end_ways();
    module_files_remove(&files);
}

/* Who has a metric that nobody else has makes loops at the worst, and those end. */
static int64_t upside_down(void *context, const struct wavu_module_link *link)
{
    (void)context;
    return (int64_t)(UINT32_MAX - link->default_cost);
}

static const struct wavu_module_metric inverted = {.size = sizeof inverted, .cost = upside_down};
static const struct wavu_module contrary = {.size = sizeof contrary,
                                            .magic = WAVU_MODULE_MAGIC,
                                            .abi_major = WAVU_MODULE_ABI_MAJOR,
                                            .name = "contrary",
                                            .version = "1",
                                            .metric = &inverted};

static void metrics_that_differ_lose_nothing(void **state)
{
    (void)state;
    begin_ways();
    for (size_t i = 0; i < NODES; i += 2) {
        assert_int_equal(wavu_module_add(h.nodes[i], &contrary, NULL, why), 0);
    }
    for (size_t i = 0; i < 10; i++) {
        (void)links();
    }
    end_ways();
}

static int64_t answer;
static size_t asked;

static int64_t nonsense(void *context, const struct wavu_module_link *link)
{
    (void)context;
    assert_int_equal(strlen(link->a), WAVU_MODULE_ID_MAX - 1);
    assert_int_equal(strlen(link->b), WAVU_MODULE_ID_MAX - 1);
    assert_string_not_equal(link->a, link->b);
    assert_true(link->default_cost > 0);
    asked++;
    return answer;
}

static const struct wavu_module_metric silly = {.size = sizeof silly, .cost = nonsense};
static const struct wavu_module fool = {.size = sizeof fool,
                                        .magic = WAVU_MODULE_MAGIC,
                                        .abi_major = WAVU_MODULE_ABI_MAJOR,
                                        .name = "fool",
                                        .version = "1",
                                        .metric = &silly};

static void on_about(void *context, const struct wavu_module_about *about)
{
    *(struct wavu_module_about *)context = *about;
}

static void a_cost_that_is_none_is_the_default(void **state)
{
    static const int64_t bad[] = {-1, INT64_MIN, (int64_t)UINT32_MAX + 1, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wavu_module_about about;
        begin_ways();
        answer = 0;
        asked = 0;
        assert_int_equal(wavu_module_add(h.nodes[0], &fool, NULL, why), 0);
        assert_int_equal(asked, 10);  /* both ends of five links */
        assert_int_equal(links(), 3); /* no opinion */
        wavu_module_list(h.nodes[0], on_about, &about);
        assert_int_equal(about.bad, 0);
        answer = bad[i];
        wavu_modules_recost(h.nodes[0]->modules);
        assert_int_equal(links(), 3);
        wavu_module_list(h.nodes[0], on_about, &about);
        assert_string_equal(about.why_off, "bad answers");
        assert_int_equal(about.bad, WAVU_MODULES_STRIKES_MAX + 1);
        assert_null(wavu_modules_metric(h.nodes[0]->modules));
        end_ways();
    }
}

/* Their ways are found on an overlay of their own. */
static void networks_of_members_have_it_too(void **state)
{
    (void)state;
    answer = 7;
    asked = 0;
    start(40, 2, false);
    make();
    join_at(0, 1);
    run(30);
    assert_int_equal(wavu_module_add(h.nodes[0], &fool, NULL, why), 0); /* to a network that is */
    assert_true(asked >= 2);
    assert_int_equal(wavu_module_add(h.nodes[1], &fool, NULL, why), 0);
    const size_t before = asked;
    wavu_rooms_set_metric(one(0)->rooms, wavu_modules_metric(h.nodes[0]->modules));
    assert_int_equal(asked, before + 2); /* one link, from both ends */
    down(1);
    up(1, false);
    run(60); /* and to one that comes: node 1 begins anew, without */
    assert_true(asked > before + 2);
    stop();
}

/* ---- Words ---- */

struct shown {
    char text[1024];
};

static void on_shown(void *context, const struct wavu_message *m)
{
    struct shown *s = context;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, "%.*s%s%s%s|", (int)m->text_len, m->text,
                   m->filter[0] != '\0' ? " by " : "", m->filter, m->is_filtered ? ": hidden" : "");
}

static struct shown all_of(size_t i, const char *member)
{
    struct shown s = {.text = ""};
    const struct wavu_history_of of = {.member = member, .max = 100};
    assert_int_equal(wavu_history_look(h.nodes[i], &of, on_shown, &s), 0);
    return s;
}

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    if (event->kind == WAVU_CHAT_MESSAGE) {
        on_shown(context, event->message);
    }
}

static void on_direct(void *context, const struct wavu_direct_event *event)
{
    if (event->kind == WAVU_DIRECT_MESSAGE) {
        on_shown(context, event->message);
    }
}

static const char *words(void)
{
    static const char list[] = "Ugali\n?bei\n!siri\n\n";
    static char path[160];
    (void)snprintf(path, sizeof path, "%s",
                   module_files_write(&files, "words.txt", list, sizeof list - 1));
    return path;
}

static void words_are_hidden_and_marked(void **state)
{
    struct shown heard = {.text = ""};
    (void)state;
    module_files_make(&files);
    start(41, 2, false);
    make();
    join_at(0, 1);
    run(30);
    load(1, "filter_words", words());
    assert_int_equal(wavu_chat_listen(h.nodes[1], on_chat, &heard), 0);
    say(0, "habari");
    say(0, "UGALI leo?");
    say(0, "ugalini"); /* another word */
    say(0, "bei: 5");
    say(1, "mimi napenda ugali"); /* one's own is never hidden */
    run(10);
    assert_string_equal(heard.text, "habari|UGALI leo? by filter-words: hidden|ugalini|"
                                    "bei: 5 by filter-words|mimi napenda ugali|");
    assert_string_equal(all_of(1, NULL).text, heard.text);
    assert_string_equal(all_of(0, NULL).text,
                        "habari|UGALI leo?|ugalini|bei: 5|mimi napenda ugali|");
    assert_int_equal(wavu_module_off(h.nodes[1], "filter-words"), 0); /* nothing was lost */
    assert_string_equal(all_of(1, NULL).text, all_of(0, NULL).text);
    stop();
    module_files_remove(&files);
}

static void words_are_not_said(void **state)
{
    char id[WAVU_KEY_TEXT_MAX];
    (void)state;
    module_files_make(&files);
    start(42, 2, false);
    make();
    join_at(0, 1);
    run(30);
    struct counted baraka = count(0, "Baraka");
    load(0, "filter_words", words());
    say(0, "habari");
    assert_string_equal(wavu_module_refusal(h.nodes[0]), "");
    assert_int_equal(wavu_say(h.nodes[0], NULL, "ni Siri.", 8, id), WAVU_ERR_DENIED);
    assert_string_equal(wavu_module_refusal(h.nodes[0]),
                        "the filter filter-words does not let that be said: it has a word that you "
                        "did not want to say");
    assert_int_equal(wavu_say(h.nodes[0], "nowhere", "habari", 6, id), WAVU_ERR_NOT_FOUND);
    assert_string_equal(wavu_module_refusal(h.nodes[0]), ""); /* that is another cause */
    const struct wavu_direct what = {.member = baraka.id, .text = "siri", .len = 4};
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), WAVU_ERR_DENIED);
    assert_int_equal(wavu_broadcast(h.nodes[0], "siri!", 5), WAVU_ERR_DENIED);
    assert_int_equal(wavu_broadcast(h.nodes[0], "habari", 6), 0);
    run(5);
    assert_string_equal(all_of(1, NULL).text, "habari|");
    stop();
    module_files_remove(&files);
}

static void direct_chats_are_filtered_too(void **state)
{
    char id[WAVU_KEY_TEXT_MAX];
    struct shown heard = {.text = ""};
    (void)state;
    module_files_make(&files);
    start(43, 2, false);
    make();
    join_at(0, 1);
    run(30);
    struct counted amina = count(1, "Amina");
    struct counted baraka = count(0, "Baraka");
    load(1, "filter_words", words());
    assert_int_equal(wavu_direct_listen(h.nodes[1], on_direct, &heard), 0);
    const struct wavu_direct what = {.member = baraka.id, .text = "ugali?", .len = 6};
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), 0);
    run(20);
    assert_string_equal(heard.text, "ugali? by filter-words: hidden|");
    assert_string_equal(all_of(1, amina.id).text, heard.text);
    stop();
    module_files_remove(&files);
}

static int hide_all(void *context, const struct wavu_module_message *message)
{
    (void)message;
    ++*(size_t *)context;
    return WAVU_MODULE_HIDE;
}

static int count_in(const struct wavu_module_host *host, void **out, char *said)
{
    (void)host;
    (void)said;
    *out = &asked;
    return 0;
}

static const struct wavu_module_filter all = {.size = sizeof all, .incoming = hide_all};
static const struct wavu_module deaf = {.size = sizeof deaf,
                                        .magic = WAVU_MODULE_MAGIC,
                                        .abi_major = WAVU_MODULE_ABI_MAJOR,
                                        .name = "deaf",
                                        .version = "1",
                                        .init = count_in,
                                        .filter = &all};

static void calls_for_help_are_never_hidden(void **state)
{
    char id[WAVU_SOS_ID_MAX];
    struct shown heard = {.text = ""};
    (void)state;
    start(44, 2, false);
    make();
    join_at(0, 1);
    run(30);
    assert_int_equal(wavu_module_add(h.nodes[1], &deaf, NULL, why), 0);
    say(0, "habari");
    run(10);
    assert_string_equal(all_of(1, NULL).text, "habari by deaf: hidden|");
    const struct wavu_sos_wish wish = {.is_all = true, .text = "moto!"};
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), 0);
    run(10);
    heard = all_of(1, NULL);
    assert_non_null(strstr(heard.text, "moto!|"));
    assert_null(strstr(heard.text, "moto! by"));
    stop();
}

static void on_data(void *context, const struct wavu_mesh_event *event)
{
    struct shown *s = context;
    if (event->kind == WAVU_MESH_MESSAGE || event->kind == WAVU_MESH_UNICAST) {
        (void)snprintf(s->text, sizeof s->text, "%.*s by %s%s", (int)event->len,
                       (const char *)event->data, event->filter,
                       event->is_filtered ? ": hidden" : "");
    } else {
        assert_string_equal(event->filter, "");
    }
}

static void what_is_said_to_the_mesh_is_filtered(void **state)
{
    struct shown heard = {.text = ""};
    char peer[WAVU_PEER_TEXT_MAX];
    (void)state;
    homes_make(&h, 45, 2);
    homes_start(&h, 0, false);
    homes_start(&h, 1, true);
    run(10);
    assert_int_equal(wavu_module_add(h.nodes[1], &deaf, NULL, why), 0);
    assert_int_equal(wavu_mesh_listen(h.nodes[1], on_data, &heard), 0);
    assert_int_equal(wavu_broadcast(h.nodes[0], "habari", 6), 0);
    run(5);
    assert_string_equal(heard.text, "habari by deaf: hidden");
    wavu_node_id(h.nodes[1], peer);
    assert_int_equal(wavu_send(h.nodes[0], peer, "wewe", 4, NULL, NULL), 0);
    run(5);
    assert_string_equal(heard.text, "wewe by deaf: hidden");
    homes_stop(&h, 0);
    homes_stop(&h, 1);
    sim_free(h.sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_metric_is_another_way),
        cmocka_unit_test(metrics_that_differ_lose_nothing),
        cmocka_unit_test(a_cost_that_is_none_is_the_default),
        cmocka_unit_test(networks_of_members_have_it_too),
        cmocka_unit_test(words_are_hidden_and_marked),
        cmocka_unit_test(words_are_not_said),
        cmocka_unit_test(direct_chats_are_filtered_too),
        cmocka_unit_test(calls_for_help_are_never_hidden),
        cmocka_unit_test(what_is_said_to_the_mesh_is_filtered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
