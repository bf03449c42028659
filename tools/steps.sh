# Numbered steps with times; the output of tools goes to build/log/<step>.log and is shown when a step fails.
steps=${TAGWERK_STEPS:-5}
begin() {
  step_number=$1 step_name=$2 step_started=$(date +%s)
}
say() { printf '[%s/%s] %-8s %s\n' "$step_number" "$steps" "$step_name" "$1"; }
done_with() {
  local seconds=$(($(date +%s) - step_started)) time
  if [ "$seconds" -ge 60 ]; then time="$((seconds / 60)) min $((seconds % 60)) s"; else time="$seconds s"; fi
  printf '[%s/%s] %-8s %-58s %8s\n' "$step_number" "$steps" "$step_name" "$1" "$time"
}
logged() {
  local log=build/log/$1.log
  shift
  mkdir -p build/log
  if ! "$@" >>"$log" 2>&1; then
    tail -n 30 "$log" >&2
    say "failed; the whole output is in $log"
    exit 2
  fi
}
