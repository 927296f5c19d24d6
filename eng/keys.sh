# shellcheck shell=bash
# Sourced by krewe: ./krewe key. Creates, lists, rotates and revokes API keys, and limits tenants, over the HTTP API with an admin key.

: "${root:?the script that sources this names the repository root}"

key_help() {
  cat <<'END'
  ./krewe key create --tenant NAME --role ROLE --models LIST [--expires TIME] [LIMITS]
                                     create an API key and print it, once. ROLE is caller, publisher, operator or
                                     admin; LIST has patterns of model names: 'fraud-*,churn', or '*'; TIME: 90d, 12h.
                                     LIMITS: --rate 100/s (or /m, /h), --burst 200, --parallel 16
  ./krewe key list                   all keys, without their secrets
  ./krewe key rotate ID [--overlap TIME]
                                     print a new secret; the former one is valid for another day, or for TIME
  ./krewe key revoke ID              end a key, everywhere within two seconds
  ./krewe key limit TENANT [LIMITS]  set the limits of all callers of a tenant together; without LIMITS, none
      --url ADDRESS                  the server (http://127.0.0.1:8000)
      --admin-key-file FILE          the file with the admin key; KREWE_ADMIN_KEY_FILE names it too
                                     (artifacts/models/.krewe/admin-key, which ./krewe run --auth keys makes)
                                     KREWE_CA_FILE names the authority of a server with TLS, PEM, if it is none that
                                     the machine trusts; KREWE_CLIENT_CERTIFICATE a file with your certificate and key
END
}

misuse_key() {
  say "$@"
  key_help >&2
  exit 2
}

# Quotes a text as JSON; names and patterns have no control characters, which the server refuses.
json_text() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# Sends a request with the admin key, which no command line shows, and prints the answer; an error ends the script.
send_key() { # method path [body]
  local answer status key
  [[ -r $key_file ]] || fail "$key_file cannot be read: --admin-key-file names the file with the admin key."
  read -r key <"$key_file" || [[ -n $key ]] || fail "$key_file is empty."
  answer=$(curl --silent --show-error --max-time 30 --noproxy '*' --request "$1" --write-out '\n%{http_code}' --header @- \
    ${trust[@]+"${trust[@]}"} ${3+--json "$3"} "$key_url$2" <<<"Authorization: Bearer $key") || fail "$key_url does not answer."
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  [[ $status == 2* ]] || fail "$(sed -n 's/^{"error":"\(.*\)"}$/\1/p' <<<"$answer" | sed 's/\\u0027/'"'"'/g') ($status)"
  printf '%s' "$answer"
}

run_key() {
  local verb=${1:-} id='' tenant='' role='' models='' expires='' overlap='' rate='' burst='' parallel=''
  local key_url=http://127.0.0.1:8000 key_file=${KREWE_ADMIN_KEY_FILE:-$root/artifacts/models/.krewe/admin-key}
  [[ $verb =~ ^(create|list|rotate|revoke|limit)$ ]] || misuse_key "expected create, list, rotate, revoke or limit."
  shift
  while (($# > 0)); do
    case $1 in
      --tenant | --role | --models | --expires | --overlap | --rate | --burst | --parallel | --url | --admin-key-file)
        (($# > 1)) || misuse_key "$1 needs a value."
        case $1 in
          --url) key_url=${2%/} ;;
          --admin-key-file) key_file=$2 ;;
          *) printf -v "${1#--}" %s "$2" ;;
        esac
        shift 2
        ;;
      -*) misuse_key "there is no option $1." ;;
      *)
        [[ -z $id ]] || misuse_key "'$1' is one argument too many."
        id=$1
        shift
        ;;
    esac
  done
  command -v curl >/dev/null || fail "curl is not installed."
  [[ $burst$parallel =~ ^[0-9]*$ ]] || misuse_key "expected a number for --burst and --parallel."
  [[ $verb =~ ^(create|list|limit)$ ]] || [[ $id =~ ^[A-Za-z0-9]+$ ]] || misuse_key "expected the id of a key, as ./krewe key list shows it."
  [[ $verb != limit || $id =~ ^[A-Za-z0-9_.-]+$ ]] || misuse_key "expected the name of a tenant."
  [[ $verb =~ ^(rotate|revoke|limit)$ || -z $id ]] || misuse_key "'$id' is one argument too many."
  "${verb}_key"
}

create_key() {
  local body members pattern list=()
  members="\"tenant\":$(json_text "$tenant"),\"role\":$(json_text "$role")"
  IFS=, read -ra list <<<"$models"
  if ((${#list[@]} > 0)); then
    members+=",\"models\":[$(for pattern in "${list[@]}"; do printf '%s,' "$(json_text "$pattern")"; done | sed 's/,$//')]"
  fi
  [[ -z $expires ]] || members+=",\"expires\":$(json_text "$expires")"
  body=$(send_key POST /v2/keys "{$members$(limit_members)}")
  say_key "$body"
}

# The limits that were given, as members of an object, each after a comma.
limit_members() {
  [[ -z $rate ]] || printf ',"rate":%s' "$(json_text "$rate")"
  [[ -z $burst ]] || printf ',"burst":%s' "$burst"
  [[ -z $parallel ]] || printf ',"parallel":%s' "$parallel"
}

limit_key() {
  local members
  members=$(limit_members)
  send_key PUT "/v2/tenants/$id/limits" "{${members#,}}"
  echo
}

list_key() { send_key GET /v2/keys | sed 's/^{"keys":\[//; s/\]}$//; s/},{"id"/}\n{"id"/g'; echo; }

rotate_key() {
  local body='{}'
  [[ -z $overlap ]] || body="{\"overlap\":$(json_text "$overlap")}"
  body=$(send_key POST "/v2/keys/$id/rotate" "$body")
  say_key "$body"
}

revoke_key() { send_key DELETE "/v2/keys/$id"; }

# The secret on standard output, for scripts; what it is on standard error.
say_key() {
  say "key $(sed -n 's/.*"id":"\([a-z0-9]*\)".*/\1/p' <<<"$1"); this is shown once:"
  sed -n 's/^{"key":"\([^"]*\)".*/\1/p' <<<"$1"
}
