#!/usr/bin/env bash
# Copies TorchSharp's library so that this system can load it: cure-libtorchsharp.sh SOURCE TARGET [LIBSTDC++]
# It asks for the version GLIBCXX_3.4.32, which libstdc++ has since GCC 13, and uses nothing of it. Where the system's is
# older, the copy's need is marked weak (VER_FLG_WEAK of vna_flags): the loader then does without.
set -euo pipefail
source=$1 target=$2
libstdcxx=${3:-$(/sbin/ldconfig -p | awk '/libstdc\+\+\.so\.6 .*x86-64/ { print $NF; exit }')}
cp "$source" "$target"
chmod u+w "$target"
if grep -qa GLIBCXX_3.4.32 "$libstdcxx"; then
  exit
fi
# An entry of the table of version needs: the name's ELF hash 0x0297f842, then the flags.
at=$(LC_ALL=C grep -obUaP '\x42\xf8\x97\x02\x00\x00' "$target" | cut -d : -f 1)
if [[ ! $at =~ ^[0-9]+$ ]]; then
  echo "$target does not need GLIBCXX_3.4.32 exactly once: is this another TorchSharp?" >&2
  exit 1
fi
printf '\002' | dd of="$target" bs=1 seek=$((at + 4)) conv=notrunc status=none
