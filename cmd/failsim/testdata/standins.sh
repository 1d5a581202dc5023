# Stands in for what the examples of docs/serve.md need and a test has not: the service behind the AWS CLI, and a second terminal for a server.
set -o pipefail

# aws answers what the service says of carts; what goes to an endpoint goes there, as the AWS CLI names operations and parameters.
aws() {
  local operation endpoint form=Version=2015-02-02
  operation=$(pascal "$2")
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      --endpoint-url) endpoint=$2 ;;
      *) form+="&$(pascal "${1#--}")=$2" ;;
    esac
    shift 2
  done
  if [ -z "$endpoint" ]; then
    cat "$GROUPS_JSON"
  else
    curl -sS --fail-with-body -d "Action=$operation&$form" "${endpoint:?}" && test -n "$AWS_ACCESS_KEY_ID$AWS_DEFAULT_REGION"
  fi
}

# pascal turns describe-events into DescribeEvents.
pascal() {
  local word text=
  for word in ${1//-/ }; do text+=${word^}; done
  echo "$text"
}

# failsim serves beside the examples that follow, on the ports of the test, in the place of the server before.
failsim() {
  stop # a session is written when its server ends
  if [ "$1" != serve ]; then
    command failsim "$@"
    return
  fi
  command failsim "$@" --listen "$API" --control "$CONTROL" --token "$SERVED_TOKEN" 2> served.txt &
  server=$!
  until grep -qs 'page and control API' served.txt; do
    kill -0 $server || { cat served.txt; return 1; }
    sleep 0.01
  done
  # Where it listens; it says the addresses of the page. The next one's words are not to be mixed up with these.
  SERVED_API=$(sed -n 's|.*ElastiCache API.* at http://\([0-9.:]*\).*|\1|p' served.txt)
  SERVED_CONTROL=$(sed -n 's|.*control API at http://\([0-9.:]*\)/.*|\1|p' served.txt)
  sed "s|$SERVED_API|$PAGE_API|; s|$SERVED_CONTROL|$PAGE_CONTROL|" served.txt
  rm served.txt
}

stop() {
  if [ -n "$server" ]; then
    kill $server && wait $server && server=
  fi
}

# watch runs an example that ends with the server, and waits for its first words.
watch() {
  "$@" > watched.txt &
  watcher=$!
  until [ -s watched.txt ]; do
    kill -0 $watcher || return
    sleep 0.01
  done
}
