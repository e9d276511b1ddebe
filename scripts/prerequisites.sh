# Sourced by ../reflectdit and ../test: what both need before they can build and run.
# shellcheck shell=bash

# Exit code of the program too (see reflectdit help exit-codes).
readonly INFRASTRUCTURE=4

# A bare machine has no libicu; nothing here needs it. No build server may outlive its command.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

# The database's driver complains where the Kerberos library is missing; who has it and wants it says so.
export PGGSSENCMODE=${PGGSSENCMODE:-disable}

stop() {
  printf '%s\n' "$@" >&2
  exit "$INFRASTRUCTURE"
}

need_dotnet() {
  local folder
  if ! command -v dotnet >/dev/null; then
    for folder in "${DOTNET_ROOT:-}" "${HOME:-}/.dotnet" /usr/share/dotnet /usr/lib/dotnet /opt/dotnet; do
      if [[ -x $folder/dotnet ]]; then
        export PATH="$PATH:$folder"
        break
      fi
    done
  fi
  command -v dotnet >/dev/null || stop_without_sdk
}

stop_without_sdk() {
  stop "The .NET 10 SDK is not installed. From Microsoft's package feed: apt-get install dotnet-sdk-10.0 (as root)." \
    "Without root: Microsoft's dotnet-install.sh --channel 10.0, which installs to ~/.dotnet."
}

# dotnet build with these arguments and one compiler for all projects, which ends with it: one for each takes half as long again.
dotnet_build() (
  compiler=reflectdit-$BASHPID
  end_compiler() {
    for process in /proc/[0-9]*; do
      if grep -qs "pipename:$compiler" "$process/cmdline"; then
        kill "${process#/proc/}" || true
      fi
    done
  }
  trap end_compiler EXIT
  dotnet build "$@" -c Release -nologo -p:UseSharedCompilation=true -p:SharedCompilationId="$compiler" </dev/null
)

# What a build needs over what a run needs.
need_sdk() {
  need_dotnet
  (cd / && dotnet --list-sdks) | grep -q '^10\.' || stop_without_sdk
  # The SDK fetches packages over TLS.
  if [[ ! -e ${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt} && -z ${SSL_CERT_DIR:-} ]]; then
    debian_package ca-certificates 'The list of certificate authorities'
  fi
}

has_postgres() {
  command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' ||
    { command -v pg_config && [[ -x $(pg_config --bindir)/initdb ]]; }
} >/dev/null

need_postgres() {
  has_postgres || debian_package postgresql 'PostgreSQL'
}

has_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
} >/dev/null

# What the tests open pages in.
need_chromium() {
  has_chromium || debian_package chromium 'Chromium'
}

# Installs a package as root, or says the command.
debian_package() {
  local package=$1 what=$2 log
  local no_cluster=/etc/postgresql-common/createcluster.d/reflectdit.conf
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    stop "$what is not installed. Install it with: apt-get install $package (as root)"
  fi
  echo "Installing $package from Debian (apt-get install $package) ..." >&2
  log=$(mktemp)
  if [[ $package == postgresql ]]; then
    # The package would make and start a server for the whole system; a data folder has its own.
    mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' >"$no_cluster"
  fi
  if ! {
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o DPkg::Lock::Timeout=300 "$package"
  } </dev/null >"$log" 2>&1; then
    rm -f "$no_cluster"
    cat "$log" >&2
    stop "$what could not be installed: apt-get install $package failed, see above."
  fi
  rm -f "$no_cluster" "$log"
}

# Holds the one lock under which anything is built: build_lock ROOT
build_lock() {
  mkdir -p "$1/artifacts" && exec {build_lock_fd}>"$1/artifacts/.lock" ||
    stop "Cannot write $1/artifacts. Use a clone that belongs to you."
  flock "$build_lock_fd"
}

build_unlock() {
  exec {build_lock_fd}>&-
}
