#!/usr/bin/env bash
# Starts Switchyard from a checkout: from its source for development, or as containers.
set -euo pipefail

deploy=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname -- "$deploy")
wait_seconds=180

usage() {
  cat <<'TEXT'
Usage: start.sh dev|prod [--build] [--clean]

  dev       runs the server from source and restarts it on changes. Needs Node 20.19 or newer, nothing else.
  prod      runs PostgreSQL, Redis, Switchyard and nginx as containers and waits until all are healthy.
            The first time, it makes deploy/.env with fresh secrets.

  --build   prod: builds the image first, also if there is one already
  --clean   prod: removes the containers first. Volumes, and so all data, are kept.
  --help    shows this text
TEXT
}

say() { printf '%s\n' "$*" >&2; }

# Ends the script: 1 for something that is missing on this machine, 2 for a wrong command line.
fail() { say "start.sh: $1"; exit "${2:-1}"; }

misused() { fail "$1 (start.sh --help tells what there is)" 2; }

start_dev() {
  command -v node >/dev/null || fail 'node was not found: install Node 20.19 or newer from https://nodejs.org'
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' \
    || fail "Node $(node --version) is too old: 20.19 or newer is needed"
  cd -- "$root"
  if [[ ! -d node_modules ]]; then
    say 'Installing the dependencies (once) ...'
    npm ci
  fi
  exec npm run dev
}

# Sets `compose` to the command that runs Docker Compose 2 or newer here.
find_compose() {
  command -v docker >/dev/null || fail 'docker was not found: install it from https://docs.docker.com/engine/install/, or run "start.sh dev", which needs none'
  docker info >/dev/null 2>&1 || fail 'the Docker daemon does not answer: start it, or ask for the right to use it (try "docker info")'
  if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  elif [[ $(docker-compose version --short 2>/dev/null) =~ ^v?([2-9]|[1-9][0-9]) ]]; then
    compose=(docker-compose)
  else
    fail 'Docker Compose 2 or newer was not found: install the plugin, https://docs.docker.com/compose/install/'
  fi
}

random_hex() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# Makes .env if there is none, readable by its owner only, and gives a value to every secret in it that has none.
# A value that is there is never touched: the database keeps the passwords that it was made with.
fill_secrets() {
  local source=.env.example line fresh name
  if [[ -e .env ]]; then
    source=.env
    grep -Eq '^(SECRET_KEY|POSTGRES_PASSWORD|DATABASE_PASSWORD|REDIS_PASSWORD)=$' .env || return 0
  fi
  say 'Making fresh secrets in deploy/.env ...'
  fresh=$(mktemp .env.XXXXXX) # for its owner alone from the start
  # shellcheck disable=SC2064 # the name is wanted as it is now
  trap "rm -f -- '$fresh'" EXIT
  while IFS= read -r line || [[ -n $line ]]; do
    name=${line%=}
    case $name in
      SECRET_KEY | POSTGRES_PASSWORD | DATABASE_PASSWORD | REDIS_PASSWORD)
        printf '%s=%s\n' "$name" "$(random_hex)" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$source" >"$fresh"
  mv -- "$fresh" .env
  trap - EXIT
}

start_prod() {
  local up=(up --detach --wait --wait-timeout "$wait_seconds")
  find_compose
  # Compose reads .env and an override file from here.
  cd -- "$deploy"
  fill_secrets
  if [[ $clean == yes ]]; then
    say 'Removing the containers; the volumes stay ...'
    "${compose[@]}" down --remove-orphans
  fi
  [[ $build == yes ]] && up+=(--build)
  say "Starting; waiting up to $wait_seconds s until everything is healthy ..."
  if ! "${compose[@]}" "${up[@]}"; then
    "${compose[@]}" ps --all >&2 || true
    fail "not everything became healthy; this tells more: cd '$deploy' && ${compose[*]} logs --tail 50"
  fi
  cat <<TEXT
Switchyard is running.
  MCP clients   http://localhost:9090/mcp (Streamable HTTP), http://localhost:9090/sse (SSE)
  Panel         http://localhost:9091/
The first sign-in goes by a link that works once; it is in the log:
  cd '$deploy' && ${compose[*]} logs switchyard
TEXT
}

mode='' build=no clean=no
for word in "$@"; do
  case $word in
    -h | --help) usage; exit 0 ;;
    --build) build=yes ;;
    --clean) clean=yes ;;
    -*) misused "unknown flag $word: there are --build and --clean" ;;
    dev | prod)
      [[ -z $mode ]] || misused "one mode at a time: $mode or $word"
      mode=$word ;;
    *) misused "unknown mode $word: there are dev and prod" ;;
  esac
done

case $mode in
  dev)
    [[ $build$clean == nono ]] || misused '--build and --clean belong to prod: dev has nothing to build or to remove'
    start_dev ;;
  prod) start_prod ;;
  *) misused 'say which: dev or prod' ;;
esac
