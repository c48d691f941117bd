#!/usr/bin/env bash
# Tab in bash, zsh and fish: the scripts that wavu prints, driven as the shells drive them, with a node that knows names.
# shellcheck source=common.bash
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

mkdir "$work/bin" "$work/files" "$work/files/a folder"
ln -s "$WAVU" "$work/bin/wavu"
export PATH=$work/bin:$PATH WAVU_HOME=$work/home
: >"$work/files/one.toml"
: >"$work/files/two words.toml"
cd "$work/files" || exit 1

home=$WAVU_HOME
up
run nick 'Amina wa Pwani'
run create savanna
run create harbour
run room make 'the boats' --network savanna
run room make 'pw\ani' --network savanna

# A member with a space in its name.
node=$addr
home=$work/other
up --seed "$node"
run nick 'Baraka Mwangi' --home "$work/other"
open_code "$WAVU_HOME" --network savanna
run join "$code" "$node" --home "$work/other"
is "a member is there" "$rc" 0
named() { "$WAVU" complete -- dm '' | grep -q '^Baraka Mwangi'; }
if within 20 named; then ok "it is offered by its name"; else not_ok "it is offered by its name" "$("$WAVU" complete -- dm '')"; fi

# ---- bash ----
"$WAVU" completion bash >"$work/bash"
bash_tab() { # WORDS...: what bash would offer for the last of them
    bash --norc -c '
        . "$1"; shift
        COMP_WORDS=(wavu "$@"); COMP_CWORD=$#
        _wavu wavu "${@: -1}" ""
        printf "%s\n" "${COMPREPLY[@]}"' bash "$work/bash" "$@"
}
like "bash: the script registers itself" "$(bash --norc -c '. "$1"; complete -p wavu' bash "$work/bash")" '^complete -F _wavu wavu$'
is "bash: commands" "$(bash_tab mem)" members
is "bash: words" "$(bash_tab contact b)" block
is "bash: options" "$(bash_tab up --phi)" --phi-threshold
is "bash: values" "$(bash_tab up --power '')" "normal
low"
is "bash: values behind =, which bash takes apart" "$(bash_tab up --power = l)" low
is "bash: files" "$(bash_tab sim o)" one.toml
is "bash: folders alone" "$(bash_tab export '')" "a folder"
is "bash: files behind =" "$(bash_tab up --config = one)" one.toml
is "bash: networks" "$(bash_tab leave --network '')" "savanna
harbour"
is "bash: names, quoted" "$(bash_tab dm B)" 'Baraka\ Mwangi'
is "bash: rooms" "$(bash_tab say --room 'the')" 'the\ boats'
is "bash: addresses with colons are left alone" "$(bash_tab ping 127.0.0.1 : 9)" ""
is "bash: nothing for what is none" "$(bash_tab nonsense '')" ""

# ---- zsh ----
if command -v zsh >/dev/null && python3 -c 'import pty' 2>/dev/null; then
    mkdir "$work/zsh"
    "$WAVU" completion zsh >"$work/zsh/_wavu"
    zsh_tab() { # LINE: type it, press Tab; what stands there then
        python3 - "$work/zsh" "$1" <<'PYTHON'
import os, pty, re, select, sys, time
folder, line = sys.argv[1:]
child, fd = pty.fork()
if child == 0:
    os.environ.update(TERM="dumb", PS1="", ZDOTDIR=folder, COLUMNS="200")
    os.execvp("zsh", ["zsh", "-f", "-i"])
def read(until, seconds=20):
    seen = b""
    end = time.time() + seconds
    while time.time() < end and until not in seen:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 65536)
            except OSError:
                break
    return seen
def say(text):
    os.write(fd, text.encode())
say("PS1= PS2=; unsetopt zle_bracketed_paste; fpath=(%s $fpath); autoload -U compinit; compinit -u -D; "
    "bindkey '^I' complete-word; bindkey '^X' beginning-of-line; zstyle ':completion:*' list-prompt ''\n" % folder)
say("echo rea''dy\n")
read(b"ready\r\n")
# The line as zsh has it after the Tab goes to echo, which says it without a terminal's help.
say("show() { print -r -- \"<$BUFFER>\"; BUFFER=; zle accept-line }; zle -N show; bindkey '^T' show; echo do''ne\n")
read(b"done\r\n")
say(line + "\t")
time.sleep(0.05)
say("\x14")
seen = read(b">")
found = re.findall(rb"<(.*?)>", seen, re.S)
print(found[-1].decode() if found else seen.decode(errors="replace"))
os.close(fd)
os.waitpid(child, 0)
PYTHON
    }
    is "zsh: commands" "$(zsh_tab 'wavu memb')" 'wavu members '
    is "zsh: words" "$(zsh_tab 'wavu contact bl')" 'wavu contact block '
    is "zsh: options" "$(zsh_tab 'wavu up --phi')" 'wavu up --phi-threshold '
    is "zsh: values behind =" "$(zsh_tab 'wavu up --power=l')" 'wavu up --power=low '
    is "zsh: files" "$(zsh_tab 'wavu sim one')" 'wavu sim one.toml '
    is "zsh: a backslash in a name stays there, so that no name becomes another" "$(zsh_tab 'wavu say --room pw')" 'wavu say --room pw\\ani '
    is "zsh: names, quoted" "$(zsh_tab 'wavu dm Bar')" 'wavu dm Baraka\ Mwangi '
else
    skip "zsh" "zsh or python3 is not installed"
fi

# ---- fish ----
if command -v fish >/dev/null; then
    "$WAVU" completion fish >"$work/fish"
    fish_tab() { # LINE: what fish would offer
        HOME=$work/fishhome fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/fish" "$1" | sed 's/\t.*//'
    }
    mkdir "$work/fishhome"
    is "fish: commands" "$(fish_tab 'wavu memb')" members
    is "fish: words" "$(fish_tab 'wavu contact bl')" block
    is "fish: options" "$(fish_tab 'wavu up --phi')" --phi-threshold
    is "fish: values behind =" "$(fish_tab 'wavu up --power=l')" --power=low
    is "fish: files" "$(fish_tab 'wavu sim one')" one.toml
    is "fish: names" "$(fish_tab 'wavu dm Bar')" 'Baraka Mwangi'
else
    skip "fish" "fish is not installed"
fi

# Where no node runs, and where there is no home at all: silent, and at once.
WAVU_HOME=$work/none run complete -- dm ''
is "without a node there are no names, and no word of it" "$rc$out$err" 0
WAVU_HOME='' HOME='' run complete -- dm ''
is "nor without a home" "$rc$out" 0
plan
