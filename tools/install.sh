# Sourced by ./run and ./test: installs the Debian packages that are missing, with one line saying so.
install_packages() {
    local missing=() sudo=() p
    if ! command -v dpkg-query >/dev/null; then
        echo "hearth: not a Debian; what it needs is called there: $*"
        return 0
    fi
    for p in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "hearth: please install as root: apt-get install ${missing[*]}"; return 1; }
        sudo=(sudo)
    fi
    echo "hearth: installing ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { "${sudo[@]}" apt-get update -qq &&
           "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        cat "$log"
        rm -f "$log"
        echo "hearth: apt-get could not install ${missing[*]}"
        return 1
    fi
    rm -f "$log"
}
