# Sourced by ./run and ./test: installs the Debian packages that are missing, with one line saying so.
install_packages() {
    local missing=() p
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "hearth: please install as root: apt-get install ${missing[*]}"; return 1; }
        sudo=(sudo)
    fi
    echo "hearth: installing ${missing[*]}"
    { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >install.log.tmp 2>&1 ||
        { cat install.log.tmp; echo "hearth: apt-get could not install ${missing[*]}"; return 1; }
    rm -f install.log.tmp
}
