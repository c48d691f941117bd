/*
 * Lines that go out: nothing in them passes for another, or for what is told; objects are JSON.
 */
#include "apps/talk/plain_out.h"

#include "tests/base/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/term/say.h"

static struct talk_network network = {.id = "aa", .name = "nyumbani"};
static struct talk_chat main_room = {.network = &network, .id = "bb", .name = "nyumbani"};
static struct talk_chat other_room = {
    .network = &network, .kind = TALK_CHAT_ROOM, .id = "b2", .name = "safari"};
static struct talk_chat direct = {
    .network = &network, .kind = TALK_CHAT_DIRECT, .id = "cc", .name = "Baraka"};

static char printed[4096];

/* What `print` puts on stdout, into `printed`. */
static void catch_output(void (*print)(const struct plain_out *out, const void *about),
                         const struct plain_out *out, const void *about)
{
    char path[] = "/tmp/wavu-test-XXXXXX";
    const int fd = mkstemp(path);
    const int before = dup(STDOUT_FILENO);
    assert_true(fd >= 0 && before >= 0);
    (void)fflush(stdout);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    print(out, about);
    const bool is_good = say_flush();
    (void)dup2(before, STDOUT_FILENO);
    (void)close(before);
    const ssize_t len = pread(fd, printed, sizeof printed - 1, 0);
    (void)close(fd);
    (void)unlink(path);
    assert_true(is_good && len >= 0);
    printed[len] = '\0';
}

static void print_said(const struct plain_out *out, const void *about)
{
    plain_out_said(out, about);
}

static void print_told(const struct plain_out *out, const void *about)
{
    plain_out_told(out, TALK_PROBLEM, about);
}

static void print_done(const struct plain_out *out, const void *about)
{
    plain_out_done(out, about == NULL ? WAVU_ERR_DENIED : 0, about);
}

static void print_outcome(const struct plain_out *out, const void *about)
{
    (void)plain_out_outcome(out, about);
}

/* Behind the time. */
static void says(struct talk_chat *chat, const char *kind, const char *text, const char *line)
{
    const struct plain_out out = {.chat = &main_room};
    const struct talk_said said = {
        .chat = chat, .id = "ee", .author = "cc", .name = "Baraka", .kind = kind, .text = text};
    catch_output(print_said, &out, &said);
    assert_true(strlen(printed) > 6 && printed[2] == ':' && printed[5] == ' ');
    assert_string_equal(printed + 6, line);
}

static void lines_say_where_and_who(void **state)
{
    (void)state;
    says(&main_room, "text", "habari", "Baraka: habari\n");
    says(&other_room, "text", "habari", "[safari] Baraka: habari\n");
    says(&direct, "text", "habari", "[direct] Baraka: habari\n");
    says(&main_room, "me", "acheka", "* Baraka acheka\n");
    says(&main_room, "sos", "", "Baraka: (CALLS FOR HELP)\n");
    says(&main_room, "text", "moja\n-- mbili\n18:00 Chui: tatu\n",
         "Baraka: moja\n    -- mbili\n    18:00 Chui: tatu\n    \n");
    says(&main_room, "text", "\x1b[2J\r\x08", "Baraka: ?[2J?\n");
    says(&main_room, "text", "100%s%n", "Baraka: 100%s%n\n");
}

static void names_pass_for_no_more_than_names(void **state)
{
    static const char *const names[] = {"[direct] Amina", "Amina: ndiyo", "you"};
    const struct plain_out out = {.chat = &main_room};
    struct talk_said said = {
        .chat = &main_room, .id = "ee", .author = "cc", .kind = "text", .text = "habari"};
    char line[96];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        said.name = names[i];
        catch_output(print_said, &out, &said);
        (void)snprintf(line, sizeof line, "\"%s\": habari\n", names[i]);
        assert_string_equal(printed + 6, line);
    }
    struct talk_chat room = other_room;
    (void)snprintf(room.name, sizeof room.name, "direct");
    says(&room, "text", "habari", "[\"direct\"] Baraka: habari\n");
    said = (struct talk_said){
        .chat = &main_room, .id = "ee", .name = "you", .kind = "text", .text = "x", .is_own = true};
    catch_output(print_said, &out, &said);
    assert_string_equal(printed + 6, "you: x\n");
}

static void what_is_told_is_marked(void **state)
{
    const struct plain_out out = {.chat = &main_room};
    (void)state;
    catch_output(print_told, &out, "hapana");
    assert_string_equal(printed, "-- hapana\n");
    catch_output(print_done, &out, "ee");
    assert_string_equal(printed, "");
}

static const char *field(const json_t *one, const char *key)
{
    const char *text = json_string_value(json_object_get(one, key));
    return text != NULL ? text : "";
}

static json_t *object(void)
{
    json_t *one = json_loads(printed, 0, NULL);
    assert_non_null(one);
    assert_int_equal(strcspn(printed, "\n"), strlen(printed) - 1); /* one line */
    return one;
}

static void objects_are_json(void **state)
{
    const struct plain_out out = {.chat = &main_room, .is_jsonl = true};
    const struct talk_said said = {.chat = &direct,
                                   .id = "ee",
                                   .author = "cc",
                                   .name = "Baraka",
                                   .kind = "text",
                                   .text = "a\n\x1b[2J"};
    const struct talk_words_told told = {
        .outcome = TALK_WORDS_INVITE, .code = "7-a-b", .qr = "x", .open_ms = 5};
    (void)state;
    catch_output(print_said, &out, &said);
    json_t *one = object();
    assert_string_equal(field(one, "event"), "message");
    assert_string_equal(field(one, "member"), "cc");
    assert_string_equal(field(one, "text"), "a\n\x1b[2J");
    json_decref(one);
    catch_output(print_told, &out, "hapana");
    one = object();
    assert_string_equal(field(one, "tone"), "problem");
    json_decref(one);
    catch_output(print_done, &out, NULL);
    one = object();
    assert_string_equal(field(one, "error"), "denied");
    json_decref(one);
    catch_output(print_outcome, &out, &told);
    one = object();
    assert_string_equal(field(one, "code"), "7-a-b");
    json_decref(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_say_where_and_who),
        cmocka_unit_test(names_pass_for_no_more_than_names),
        cmocka_unit_test(what_is_told_is_marked),
        cmocka_unit_test(objects_are_json),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
