#!/usr/bin/env bash
# A release from start to end, from real packages and repositories. `make demo` calls it; it needs a package index.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=demo/work
release=$work/releases/demo-1
mkdir -p $work/releases

step() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

step "1. Repositories with real histories, a commit for each published version"
python demo/repositories.py $work

step "2. The recipe, checked, and what it would take"
if command -v npm >/dev/null; then
    cp demo/npm.txt $work/npm.txt
else
    : >$work/npm.txt
    echo "npm is not installed: the demo goes on with PyPI alone"
fi
run tilth config check demo/recipe.yaml
run tilth data plan demo/recipe.yaml --into $release --store $work/store

step "3. Build"
run tilth data build demo/recipe.yaml --into $release --store $work/store --replace

step "4. Check every claim of it"
run tilth data verify $release

step "5. What is in it, and why the rest is not"
run tilth data show $release
run tilth data drops $release
run tilth data drops $release --reason generated --limit 3
run tilth data drops $release --what-if line_max=100

step "6. Another policy over the same facts: nothing is read twice"
run tilth data build demo/recipe.yaml --policy.preset stack-v2 --version 1-stack \
    --into $work/releases/demo-1-stack --store $work/store --replace
run tilth data diff $release $work/releases/demo-1-stack

step "7. The report"
run tilth data report $release --to $work/report.html --open
