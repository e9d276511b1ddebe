#!/bin/sh
# Oracle cases per second of processor time: our rules beside plain NumPy (Debian: apt-get install python3-numpy).
set -eu
cd "$(dirname "$0")/../.."
oracle=tests/Benchmarks.Tests/GenEval/Data/oracle-cases.jsonl.gz
dotnet build -c Release --nologo -v quiet benchmarks/performance
ours=$(dotnet artifacts/bin/ReflectDiT.Eval.Performance/release/ReflectDiT.Eval.Performance.dll rules "$oracle")
numpy=$(/usr/bin/python3 benchmarks/performance/rules_numpy.py "$oracle")
echo "ours $ours cases/s, NumPy $numpy cases/s: $((ours / numpy))x"
