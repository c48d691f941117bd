/*
 * The flags of `wavu p2pd` as help and completion have them are those that the daemon reads.
 */
#include "apps/wavu/cmd_p2pd.h"

#include <string.h>

#include "apps/p2pd/p2pd_flags.h"
#include "apps/wavu/commands.h"
#include "tests/base/unit.h"

static void help_has_every_flag_and_no_other(void **state)
{
    const struct command *command = commands_find("p2pd");
    size_t i = 0;
    bool has_value = false;
    const char *name = NULL;
    (void)state;
    assert_non_null(command);
    assert_true(command->is_foreign);
    for (; (name = p2pd_flags_name(i, &has_value)) != NULL; i++) {
        assert_true(i < command->option_count);
        assert_string_equal(command->options[i].name, name);
        assert_int_equal(command->options[i].value != NULL, has_value);
    }
    assert_int_equal(i, command->option_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(help_has_every_flag_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
