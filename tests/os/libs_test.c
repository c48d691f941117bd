/*
 * Libraries for modules: what is loaded, and all that others could have written is not.
 */
#include "os/libs.h"

#include <string.h>

#include "tests/support/module_files.h"
#include "wavu/err.h"

#define SYMBOL "wavu_module_entry"

static struct module_files files;
static char why[192];

static int make(void **state)
{
    (void)state;
    module_files_make(&files);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    module_files_remove(&files);
    return 0;
}

/* Try `path`; what is opened is closed. */
static int try_path(const char *path, const char *symbol)
{
    struct port_lib *lib = NULL;
    void (*found)(void) = NULL;
    why[0] = '\0';
    int rc = libs_dl.open(path, symbol, &lib, &found, span_mut_of((uint8_t *)why, sizeof why));
    assert_true((rc == 0) == (lib != NULL && found != NULL));
    libs_dl.close(lib);
    return rc;
}

static void a_good_one_is_loaded(void **state)
{
    (void)state;
    assert_int_equal(try_path(module_files_copy(&files, "odd_good"), SYMBOL), 0);
    assert_int_equal(try_path(files.path, SYMBOL), 0); /* and again */
}

static void what_is_no_library_is_told(void **state)
{
    char path[256];
    (void)state;
    assert_int_equal(try_path("odd_good.so", SYMBOL), WAVU_ERR_INVALID);
    assert_string_equal(why, "its path has to be whole, from / on");
    (void)snprintf(path, sizeof path, "%s/none.so", files.folder);
    assert_int_equal(try_path(path, SYMBOL), WAVU_ERR_NOT_FOUND);
    assert_string_equal(why, "there is no such file");
    assert_int_equal(try_path(files.folder, SYMBOL), WAVU_ERR_INVALID);
    assert_string_equal(why, "it is no regular file");
    assert_int_equal(try_path("/dev/null", SYMBOL), WAVU_ERR_INVALID);
    assert_int_equal(try_path(module_files_write(&files, "text.so", "habari", 6), SYMBOL),
                     WAVU_ERR_IO);
    assert_non_null(strstr(why, "the system cannot load it: "));
    assert_int_equal(try_path(module_files_copy(&files, "odd_no_entry"), SYMBOL), WAVU_ERR_INVALID);
    assert_string_equal(why, "it is no module: it has no function wavu_module_entry");
}

static void what_others_could_have_written_is_refused(void **state)
{
    (void)state;
    (void)module_files_copy(&files, "odd_good");
    assert_int_equal(chmod(files.path, 0664), 0);
    assert_int_equal(try_path(files.path, SYMBOL), WAVU_ERR_DENIED);
    assert_non_null(strstr(why, "others could write it"));
    assert_int_equal(chmod(files.path, 0602), 0);
    assert_int_equal(try_path(files.path, SYMBOL), WAVU_ERR_DENIED);
    assert_int_equal(chmod(files.path, 0600), 0);
    assert_int_equal(try_path(files.path, SYMBOL), 0);
    if (geteuid() == 0) { /* else nobody can give files away */
        assert_int_equal(chown(files.path, 12345, 12345), 0);
        assert_int_equal(try_path(files.path, SYMBOL), WAVU_ERR_DENIED);
        assert_int_equal(chown(files.path, 0, 0), 0);
    }
}

static void so_is_what_lies_where_others_could_write(void **state)
{
    char below[128];
    char path[192];
    char link[192];
    (void)state;
    (void)module_files_copy(&files, "odd_good");
    assert_int_equal(chmod(files.folder, 0770), 0);
    assert_int_equal(try_path(files.path, SYMBOL), WAVU_ERR_DENIED);
    assert_non_null(strstr(why, "others could write to the folder "));
    assert_int_equal(chmod(files.folder, 01777), 0); /* as /tmp: the file's own folder is not */
    assert_int_equal(try_path(files.path, SYMBOL), WAVU_ERR_DENIED);
    (void)snprintf(below, sizeof below, "%s/below", files.folder);
    (void)snprintf(path, sizeof path, "%s/odd.so", below);
    assert_int_equal(mkdir(below, 0755), 0);
    assert_int_equal(rename(files.path, path), 0);
    assert_int_equal(try_path(path, SYMBOL), 0); /* above it such a folder is fine */
    assert_int_equal(chmod(files.folder, 0777), 0);
    assert_int_equal(try_path(path, SYMBOL), WAVU_ERR_DENIED);
    assert_int_equal(chmod(files.folder, 0700), 0);
    assert_int_equal(chmod(below, 0777), 0);
    (void)snprintf(link, sizeof link, "%s/link.so", files.folder);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(try_path(link, SYMBOL),
                     WAVU_ERR_DENIED); /* a link is followed, then looked at */
    assert_int_equal(chmod(below, 0700), 0);
    assert_int_equal(try_path(link, SYMBOL), 0);
}

static void nothing_is_closed_twice(void **state)
{
    (void)state;
    libs_dl.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_one_is_loaded, make, drop),
        cmocka_unit_test_setup_teardown(what_is_no_library_is_told, make, drop),
        cmocka_unit_test_setup_teardown(what_others_could_have_written_is_refused, make, drop),
        cmocka_unit_test_setup_teardown(so_is_what_lies_where_others_could_write, make, drop),
        UNIT(nothing_is_closed_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
