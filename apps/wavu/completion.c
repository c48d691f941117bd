/*
 * The scripts are the same for all commands: each hands the line to `wavu complete` and shows what
 * comes back, so they never are of another version than the program.
 */
#include "apps/wavu/completion.h"

#include <jansson.h>
#include <string.h>

#include "apps/term/say.h"
#include "apps/wavu/cmd_ask.h"
#include "base/guess.h"

static const char bash[] =
    "# Completion of wavu for bash: what may come next is asked of wavu itself.\n"
    "_wavu()\n"
    "{\n"
    "    local program=$1 word line typed before='' i words=()\n"
    "    # bash takes words apart at = and :, wavu does not.\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if ((${#words[@]} > 0)) && { [[ $word == [=:]* ]] || [[ ${words[-1]} == *[=:] ]]; }; "
    "then\n"
    "            words[-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "    typed=${words[-1]-}\n"
    "    [[ $typed == *[=:]* ]] && before=${typed%\"${typed##*[=:]}\"}\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        line=${line%%$'\\t'*}\n"
    "        case $line in\n"
    "        :file | :dir)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            [[ $line == :dir ]] && i=-d || i=-f\n"
    "            while IFS= read -r word; do\n"
    "                COMPREPLY+=(\"$word\")\n"
    "            done < <(compgen \"$i\" -- \"${typed#\"$before\"}\")\n"
    "            ;;\n"
    "        *)\n"
    "            printf -v word %q \"${line#\"$before\"}\"\n"
    "            COMPREPLY+=(\"$word\")\n"
    "            ;;\n"
    "        esac\n"
    "    done < <(\"$program\" complete -- \"${words[@]}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _wavu wavu\n";

static const char zsh[] =
    "#compdef wavu\n"
    "# Completion of wavu for zsh: what may come next is asked of wavu itself.\n"
    "_wavu() {\n"
    "    local line name about\n"
    "    local -a lines offered\n"
    "    lines=(\"${(@f)$(${(Q)words[1]} complete -- \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    for line in $lines; do\n"
    "        case $line in\n"
    "        :file) [[ -prefix --*= ]] && compset -P '*='; _files ;;\n"
    "        :dir) [[ -prefix --*= ]] && compset -P '*='; _files -/ ;;\n"
    "        *)\n"
    "            name=${line%%$'\\t'*}\n"
    "            about=${${line#$name}/$'\\t'/:}\n"
    "            name=${name//\\\\/\\\\\\\\}\n"
    "            offered+=(\"${name//:/\\\\:}$about\")\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "    (( ${#offered} )) && _describe -t values wavu offered\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _wavu ]; then\n"
    "    _wavu \"$@\"\n"
    "else\n"
    "    compdef _wavu wavu\n"
    "fi\n";

static const char fish[] =
    "# Completion of wavu for fish: what may come next is asked of wavu itself.\n"
    "function __wavu_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l typed (commandline -ct)\n"
    "    for line in (command $words[1] complete -- $words[2..-1] \"$typed\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case ':file'\n"
    "                __fish_complete_path \"$typed\"\n"
    "            case ':dir'\n"
    "                __fish_complete_directories \"$typed\"\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c wavu -f -a '(__wavu_complete)'\n";

static int completion_print(const struct call *call, const char *shell, const char *script)
{
    int code = SAY_OK;
    if (call->is_json) {
        json_t *told = json_pack("{s:s, s:s}", "shell", shell, "script", script);
        code = cmd_ask_print_json(told);
        json_decref(told);
    } else {
        say_out("%s", script);
    }
    return code;
}

int completion_run(struct call *call)
{
    static const struct {
        const char *name;
        const char *script;
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    const char *wanted = call->args.words[0];
    struct guess guess = {NULL, 0};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, wanted) == 0) {
            return completion_print(call, shells[i].name, shells[i].script);
        }
        guess_try(&guess, wanted, shells[i].name);
    }
    return guess.word != NULL
               ? say_problem(SAY_USAGE, "completion knows no shell '%.32s'; did you mean %s?",
                             wanted, guess.word)
               : say_problem(SAY_USAGE, "completion is for bash, zsh or fish, not '%.32s'", wanted);
}
