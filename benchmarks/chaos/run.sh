#!/usr/bin/env bash
# The chaos suite at length: benchmarks/chaos/run.sh [ROUNDS [PROMPTS-PER-TASK]]
# Each round has other victims, and 20 of them, eight processes where there are many; the sweep is the whole benchmark, where ./test takes a twentieth of it.
# REFLECTDIT_CHAOS_LOAD_SECONDS and REFLECTDIT_CHAOS_BATCH_MILLISECONDS say how slow the slow models are; the tests wait as
# much longer.
set -euo pipefail
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..
rounds=${1:-5}
export REFLECTDIT_CHAOS_PER_TASK=${2:-100} REFLECTDIT_CHAOS_KILLS=20 REFLECTDIT_CHAOS_PROCESSES=8
dotnet build "$root/tests/Cli.Tests" -c Release -v quiet -nologo
for ((round = 1; round <= rounds; round++)); do
  echo "Round $round of $rounds, seed $round, $REFLECTDIT_CHAOS_PER_TASK prompts a task"
  REFLECTDIT_CHAOS_SEED=$round dotnet test "$root/tests/Cli.Tests" -c Release --no-build -nologo \
    --filter 'FullyQualifiedName~Cli.Tests.Chaos|FullyQualifiedName~ExactResume' --logger 'console;verbosity=detailed' |
    grep -E 'Passed |Failed |Skipped |taken again|busy|error'
done
