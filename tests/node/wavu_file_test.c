/*
 * Offers of files as people see them: lists, one of them, what is refused. What becomes of files is
 * in wavu_files_test.c.
 */
#include "wavu/files.h"

#include "tests/node/files_people.h"
#include "wavu/contacts.h"
#include "wavu/rooms.h"

struct listed {
    char text[1024];
    size_t count;
};

static void on_file(void *context, const struct wavu_file *file)
{
    struct listed *l = context;
    size_t used = strlen(l->text);
    (void)snprintf(l->text + used, sizeof l->text - used, "%s:%s:%llu:%s:%s|", file->nick,
                   file->name, (unsigned long long)file->size, file->state, file->path);
    l->count++;
}

static struct listed list(size_t i)
{
    struct listed l = {.count = 0};
    assert_int_equal(wavu_files(h.nodes[i], NULL, on_file, &l), 0);
    return l;
}

static void test_listed_newest_first(void **state)
{
    (void)state;
    files_start(201, 2);
    files_put(0, "/photos/a.jpg", 20 * KIB, 1);
    files_put(0, "/photos/b.jpg", 30 * KIB, 2);
    files_send(0, "/photos/a.jpg", 1);
    say(0, "na nyingine");
    files_send(0, "/photos/b.jpg", 1);
    assert_string_equal(list(1).text, "Amina:b.jpg:30720:offered:|Amina:a.jpg:20480:offered:|");
    assert_string_equal(list(0).text, "Amina:b.jpg:30720:own:/photos/b.jpg|"
                                      "Amina:a.jpg:20480:own:/photos/a.jpg|");
    assert_int_equal(wavu_file_accept(h.nodes[1], "savanna", files[1].id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    struct wavu_file file = files_look(1, files[1].id);

    assert_string_equal(file.state, "here");
    assert_string_equal(file.path, "downloads/b.jpg");
    assert_int_equal(file.bytes, 30 * KIB);
    assert_int_equal(strlen(file.author), 64);
    /* The message says what it is called, for histories and searches. */
    assert_non_null(strstr(read_all(1).text, "Amina:b.jpg|"));
    down(1);
    files_up(1);
    run(30);
    assert_string_equal(list(1).text,
                        "Amina:b.jpg:30720:here:downloads/b.jpg|Amina:a.jpg:20480:offered:|");
    stop();
}

/* What lies in the downloads is listed, whatever became of the message that offered it; what never
 * came is not. */
static void test_what_has_come_stays_listed(void **state)
{
    (void)state;
    static const char *const now = "Amina:b.jpg:30720:here:downloads/b.jpg|";
    char id[WAVU_KEY_TEXT_MAX];

    files_start(204, 3);
    files_put(0, "/photos/b.jpg", 30 * KIB, 2);
    files_send(0, "/photos/b.jpg", 1);
    memcpy(id, files[1].id, sizeof id);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_int_equal(wavu_file_cancel(h.nodes[0], NULL, id), 0);
    run(10);
    assert_string_equal(list(1).text, now);
    assert_int_equal(list(0).count, 0);
    assert_int_equal(list(2).count, 0);
    struct wavu_file file = files_look(1, id);

    assert_string_equal(file.id, id);
    assert_string_equal(file.path, "downloads/b.jpg");
    assert_int_equal(file.bytes, 30 * KIB);
    assert_int_equal(strlen(file.author), 64);
    assert_int_equal(wavu_file_look(h.nodes[2], NULL, id, &file), WAVU_ERR_NOT_FOUND);
    down(1);
    files_up(1);
    run(30);
    assert_string_equal(list(1).text, now);
    stop();
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct wavu_file_wish wish = {.path = "/photos/a.jpg"};
    struct wavu_file file;
    char id[WAVU_KEY_TEXT_MAX];
    uint64_t number = 0;

    memset(files, 0, sizeof files);
    start(202, 1, false);
    files_listen(0);
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), WAVU_ERR_NOT_FOUND); /* network */
    make();
    run(5);
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), 0);
    assert_true(files_until(0, WAVU_FILES_REFUSED, 1, LONG)); /* no such file */
    assert_int_equal(files[0].err, WAVU_ERR_NOT_FOUND);
    wish.path = "photos/a.jpg";
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), WAVU_ERR_INVALID);
    wish = (struct wavu_file_wish){.path = "/photos/a.jpg", .network = "other"};
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), WAVU_ERR_NOT_FOUND);
    wish = (struct wavu_file_wish){.path = "/photos/a.jpg", .room = "other"};
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), WAVU_ERR_NOT_FOUND);
    wish = (struct wavu_file_wish){.path = "/photos/a.jpg", .to = "a member"};
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), WAVU_ERR_INVALID);
    wish.to = count(0, "Amina").id;
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), WAVU_ERR_INVALID); /* oneself */
    assert_int_equal(wavu_file_accept(h.nodes[0], NULL, "abc"), WAVU_ERR_INVALID);
    memset(id, 'a', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    assert_int_equal(wavu_file_accept(h.nodes[0], NULL, id), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_file_cancel(h.nodes[0], NULL, id), WAVU_ERR_NOT_FOUND);
    say(0, "a");
    assert_int_equal(wavu_say(h.nodes[0], NULL, "a", 1, id), 0);
    assert_int_equal(wavu_file_look(h.nodes[0], NULL, id, &file), WAVU_ERR_PROTO); /* a text */
    files_put(0, "/photos/a.jpg", 20 * KIB, 1);
    const struct wavu_room_wish named = {.name = "square"};
    assert_int_equal(wavu_room_set(h.nodes[0], NULL, NULL, &named), 0);
    wish = (struct wavu_file_wish){.path = "/photos/a.jpg", .room = "square"}; /* the main room */
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), 0);
    assert_true(files_until(0, WAVU_FILES_SENT, 1, LONG));
    assert_int_equal(wavu_file_accept(h.nodes[0], NULL, files[0].id), WAVU_ERR_EXISTS); /* own */
    stop();
}

/* Off until it is wished; then from who is verified, up to the size, and nobody else. */
static void test_fetched_without_being_asked(void **state)
{
    (void)state;
    char key[WAVU_KEY_TEXT_MAX];
    files_start(203, 3);
    files_put(0, "/photos/a.jpg", 20 * KIB, 1);
    files_put(0, "/photos/b.jpg", 30 * KIB, 2);
    files_put(0, "/photos/c.jpg", 40 * KIB, 3);
    files_put(2, "/photos/d.jpg", 20 * KIB, 4);
    assert_int_equal(wavu_person(h.nodes[0], key), 0);
    assert_int_equal(wavu_contact_verify(h.nodes[1], key, true), 0);
    files_send(0, "/photos/a.jpg", 1);
    run(60);
    assert_int_equal(files[1].kinds[WAVU_FILES_DONE], 0);
    assert_int_equal(wavu_files_auto_accept(h.nodes[1], 30 * KIB), 0);
    files_send(0, "/photos/b.jpg", 1);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(1, "downloads/b.jpg", 30 * KIB, 2));
    files_send(0, "/photos/c.jpg", 1); /* too large */
    files_send(2, "/photos/d.jpg", 1); /* of somebody whom nobody has verified */
    run(60);
    assert_int_equal(files[1].kinds[WAVU_FILES_DONE], 1);
    assert_int_equal(wavu_contact_block(h.nodes[1], key, true), 0);
    files_put(0, "/photos/e.jpg", 20 * KIB, 5);
    files_send(0, "/photos/e.jpg", 2);
    run(60);
    assert_int_equal(files[1].kinds[WAVU_FILES_DONE], 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_listed_newest_first), UNIT(test_what_has_come_stays_listed),
        UNIT(test_what_is_refused), UNIT(test_fetched_without_being_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
