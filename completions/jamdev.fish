# Lets fish complete `jamdev`, also behind npx, pnpm, yarn, bunx and so on.
# Words of the command line and completions are data: nothing here evaluates them.

# Runs the jamdev that printed this script.
function __jamdev_run
    __JAMDEV__ $argv 2>/dev/null
end

# Prints the words behind `jamdev` up to the cursor, the current one last. Fails if it is not jamdev that is called.
function __jamdev_words
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    if test (path basename -- $words[1]) != jamdev
        set -e words[1]
        while set -q words[1]; and string match -qr -- '^(exec|run|x|-.*)$' $words[1]
            set -e words[1]
        end
        test "$words[1]" = jamdev; or return 1
    end
    set words[1] "$current"
    for word in $words[2..] $words[1]
        # Without quotes and backslashes; a word with an open quote stays as it is.
        string unescape -- $word; or printf '%s\n' $word
    end
end

function __jamdev_offer
    set -l words (__jamdev_words)
    set -l out (__jamdev_run complete -- $words)
    set -l directive 0
    for line in $out
        if string match -qr '^:[0-9]+$' -- $line
            set directive (string sub -s 2 -- $line)
        else if test -n "$line"
            printf '%s\n' $line
        end
    end
    if test (count $out) -le 1; and test $directive -ne 4
        __fish_complete_path (commandline -ct)
    end
end

complete -c jamdev -f -a '(__jamdev_offer)'
for runner in npx npm pnpm yarn bunx bun
    complete -c $runner -n '__jamdev_words >/dev/null' -f -a '(__jamdev_offer)'
end
