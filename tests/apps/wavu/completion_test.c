/*
 * wavu completion: a script for each shell. tests/program/completion.sh runs them.
 */
#include "apps/wavu/completion.h"

#include "tests/apps/wavu/program.h"

static void each_shell_has_its_script(void **state)
{
    (void)state;
    program_expect(program_run("completion bash")->out, "\ncomplete -F _wavu wavu\n");
    assert_memory_equal(program_run("completion zsh")->out, "#compdef wavu\n", 14);
    program_expect(program_run("completion fish")->out, "\ncomplete -c wavu -f -a");
    program_expect(program_run("completion bash --json")->out,
                   "{\"shell\":\"bash\",\"script\":\"# ");
    program_expect_problem("completion fihs", 2, "did you mean fish?");
    program_expect_problem("completion powershell", 2, "is for bash, zsh or fish");
    program_expect_problem("completion", 2, "completion needs bash|zsh|fish");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_shell_has_its_script)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
