"""The examples that gitleaks' rules carry as tests: dumped by a small Go program from its published source.

Only gitleaks' own rules and the generator of its samples are compiled; what they need of the rest of its packages is
stood in for. Nothing of it is kept here: the source is cloned when the benchmark runs (MIT; gitleaks/gitleaks and
lucasjones/reggen on GitHub).
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from measure import environment
from peers.debian import NotInstallable
from peers.go import GO

_CONFIG = """package config

import (
	"strings"

	"github.com/zricethezav/gitleaks/v8/regexp"
)

type AllowlistMatchCondition int

const (
	AllowlistMatchOr AllowlistMatchCondition = iota
	AllowlistMatchAnd
)

type Allowlist struct {
	Description    string
	MatchCondition AllowlistMatchCondition
	Commits        []string
	Paths          []*regexp.Regexp
	RegexTarget    string
	Regexes        []*regexp.Regexp
	StopWords      []string
}

func (a *Allowlist) ContainsStopWord(text string) (bool, string) {
	for _, word := range a.StopWords {
		if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			return true, word
		}
	}
	return false, ""
}

type Required struct {
	RuleID        string
	WithinLines   *int
	WithinColumns *int
}

type Rule struct {
	RuleID, Description string
	Entropy             float64
	SecretGroup         int
	Regex, Path         *regexp.Regexp
	Tags, Keywords      []string
	Allowlists          []*Allowlist
	RequiredRules       []*Required
	SkipReport          bool
}
"""
_VALIDATE = """package utils

import (
	"encoding/json"
	"os"

	"github.com/zricethezav/gitleaks/v8/config"
)

func say(rule, path, text string, positive bool) {
	line, _ := json.Marshal(map[string]any{"rule": rule, "path": path, "text": text, "positive": positive})
	os.Stdout.Write(append(line, '\\n'))
}

func Validate(rule config.Rule, found []string, left []string) *config.Rule {
	for _, text := range found {
		say(rule.RuleID, "", text, true)
	}
	for _, text := range left {
		say(rule.RuleID, "", text, false)
	}
	return &rule
}

func ValidateWithPaths(rule config.Rule, found map[string]string, left map[string]string) *config.Rule {
	for path, text := range found {
		say(rule.RuleID, path, text, true)
	}
	for path, text := range left {
		say(rule.RuleID, path, text, false)
	}
	return &rule
}
"""
_RULE = re.compile(r"^func ([A-Z][A-Za-z0-9]*)\(\) \*config\.Rule", re.M)


@dataclass(frozen=True)
class Case:
    """One example: a text in which a rule has to find something, or nothing."""

    rule: str
    name: str
    text: str
    positive: bool


def cases(folder: Path, gitleaks: str, reggen: str) -> list[Case]:
    """All examples; those with a random part differ from one dump to the next, so a dump is kept.

    Args:
        folder: Where to work.
        gitleaks: Repository of gitleaks, a URL or a folder.
        reggen: Repository of reggen.

    Raises:
        NotInstallable: There is no Go, or the sources cannot be had or built.
    """
    dump = folder / "gitleaks-cases.jsonl"
    if not dump.exists():
        dump.write_bytes(_dumped(folder, gitleaks, reggen))
    rows = [json.loads(line) for line in dump.read_text().splitlines()]
    return [
        Case(row["rule"], row["path"].split("/")[-1] or "case.txt", row["text"], row["positive"])
        for row in rows
    ]


def _dumped(folder: Path, gitleaks: str, reggen: str) -> bytes:
    work = folder / "gitleaks-dump"
    shutil.rmtree(work, ignore_errors=True)
    try:
        for name, url in (("source", gitleaks), ("reggen", reggen)):
            subprocess.run(["git", "clone", "--quiet", "--depth=1", url, str(work / name)], check=True)
        go = environment(folder, "go", [GO]).with_name("go")
    except subprocess.CalledProcessError as error:
        raise NotInstallable("gitleaks' source, reggen or Go cannot be had") from error
    parts = ("cmd/generate/config/rules", "cmd/generate/config/utils", "cmd/generate/secrets", "regexp")
    for part in parts:
        shutil.copytree(work / "source" / part, work / "module" / part)
    (work / "module" / "config").mkdir()
    (work / "module" / "config" / "config.go").write_text(_CONFIG)
    (work / "module" / parts[1] / "validate.go").write_text(_VALIDATE)
    rules = sorted((work / "module" / parts[0]).glob("*.go"))
    calls = [f"\trules.{name}()" for path in rules for name in _RULE.findall(path.read_text())]
    start = 'package main\n\nimport "github.com/zricethezav/gitleaks/v8/cmd/generate/config/rules"\n\nfunc main() {\n'
    (work / "module" / "main.go").write_text(start + "\n".join(calls) + "\n}\n")
    module = "module github.com/zricethezav/gitleaks/v8\n\ngo 1.21\n\n"
    needs = (
        "require github.com/lucasjones/reggen v0.0.0\n\nreplace github.com/lucasjones/reggen => ../reggen\n"
    )
    (work / "module" / "go.mod").write_text(module + needs)
    if not (work / "reggen" / "go.mod").exists():
        (work / "reggen" / "go.mod").write_text("module github.com/lucasjones/reggen\n\ngo 1.21\n")
    places = {"GOPATH": str((work / "path").absolute()), "GOCACHE": str((work / "cache").absolute())}
    settings = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", **places}
    done = subprocess.run(
        [str(go.absolute()), "run", "."], cwd=work / "module", env=os.environ | settings, capture_output=True
    )
    if done.returncode:
        raise NotInstallable(f"gitleaks' rules do not build: {done.stderr.decode()[-300:]}")
    return done.stdout
