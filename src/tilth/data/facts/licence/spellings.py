"""Licence names as people write them, and the SPDX expression that each surely means.

A name is compared as its words without fillers: "the Apache Software License, Version 2.0" and "Apache-2.0"
are both `apache 2 0`. A name that does not say which licence it means ("BSD", "Apache") gives
`LicenseRef-tilth-unrecognised`.
"""

import re
from functools import cache, lru_cache

from tilth.data.facts.licence.expressions import canonical, licensing
from tilth.data.facts.licence.finding import COMMONS_CLAUSE, PROPRIETARY, PUBLIC_DOMAIN, UNRECOGNISED

FILLERS = frozenset(
    "the a an this license licence licenses licences license's version versions ver v software terms term "
    "of open source oss".split()
)
_MAX_WORDS = 14
_GNU_FAMILIES = {
    "LGPL": "lgpl|gnu lgpl|gnu lesser general public|lesser general public|gnu library general public|"
    "gnu library or lesser general public|gnu lesser public|library general public",
    "AGPL": "agpl|gnu agpl|gnu affero general public|affero general public|affero gpl|gnu affero gpl",
    "GPL": "gpl|gnu gpl|gnu general public|general public|gnu public|gnu",
    "GFDL": "gfdl|fdl|gnu fdl|gnu free documentation|free documentation",
}
_GNU_VERSIONS = {
    "GPL": {"1": "1.0", "2": "2.0", "3": "3.0"},
    "LGPL": {"2": "2.0", "2 1": "2.1", "3": "3.0"},
    "AGPL": {"1": "1.0", "3": "3.0"},
    "GFDL": {"1 1": "1.1", "1 2": "1.2", "1 3": "1.3"},
}
_LATER = (
    "+|or later|or newer|or above|or greater|or higher|or any later|and later|and above|and any later|"
    "or at your option any later|or any newer|or at your choice any later"
).split("|")
_PERL = "Artistic-1.0-Perl OR GPL-1.0-or-later"
_NAMES = {
    "MIT": "mit|expat|mit expat|expat mit|mit x11|x11 mit|x11 expat|mit x",
    "MIT-0": "mit 0|mit no attribution|mit zero",
    "X11": "x11",
    "BSD-3-Clause": "bsd 3 clause|3 clause bsd|three clause bsd|bsd three clause|new bsd|modified bsd|"
    "revised bsd|bsd new|bsd 3|"
    "3 bsd|bsd 3 clause new or revised|bsd 3 clause new|bsd3|new bsd 3 clause|2011 bsd 3 clause|3clause bsd|"
    "bsd 3clause|"
    "new or revised bsd|bsd modified|berkeley 3 clause",
    "BSD-2-Clause": "bsd 2 clause|2 clause bsd|two clause bsd|bsd two clause|simplified bsd|freebsd|bsd 2|"
    "bsd simplified|bsd2|"
    "bsd 2 clause simplified|bsd 2 clause freebsd|2clause bsd|bsd 2clause",
    "BSD-4-Clause": "original bsd|bsd 4 clause|4 clause bsd|four clause bsd|old bsd",
    "0BSD": "0bsd|zero clause bsd|bsd zero clause|0 clause bsd|bsd 0 clause",
    "Apache-2.0": "apache 2 0|apache 2|apache2|apache2 0|asl 2 0|asl 2|apache 2 0 asl|apache asl 2 0|al2|"
    "apache v2|apache v2 0|"
    "asf 2 0|apl 2 0|apache public 2 0|apache 2 0 asl 2 0|apache foundation 2 0",
    "Apache-1.1": "apache 1 1|asl 1 1",
    "Apache-1.0": "apache 1 0|asl 1 0",
    "MPL-2.0": "mpl 2 0|mpl 2|mpl2|mozilla public 2 0|mozilla public 2|mpl2 0|mozilla public 2 0 mpl 2 0|"
    "mozilla 2 0",
    "MPL-1.1": "mpl 1 1|mozilla public 1 1|mozilla public 1 1 mpl 1 1",
    "MPL-1.0": "mpl 1 0|mozilla public 1 0",
    "EPL-1.0": "epl 1 0|eclipse public 1 0|eclipse public epl 1 0|eclipse public 1",
    "EPL-2.0": "epl 2 0|eclipse public 2 0|eclipse public epl 2 0|eclipse public 2",
    "EDL-1.0": "",
    "CDDL-1.0": "cddl 1 0|common development and distribution 1 0|cddl",
    "CDDL-1.1": "cddl 1 1|common development and distribution 1 1",
    "CPL-1.0": "cpl 1 0|common public 1 0",
    "EUPL-1.1": "eupl 1 1|european union public 1 1|european union public licence 1 1",
    "EUPL-1.2": "eupl 1 2|european union public 1 2|eupl 1 2 or later",
    "BSL-1.0": "bsl 1 0|boost 1 0|boost|bsl 1 0 boost 1 0",
    "Zlib": "zlib|zlib libpng|libpng zlib",
    "Libpng": "libpng",
    "ISC": "isc|iscl|isc iscl",
    "Unlicense": "unlicense|un",
    "WTFPL": "wtfpl|do what fuck you want to public|wtfpl 2|do what fuck you want public|wtf public",
    "CC0-1.0": "cc0|cc0 1 0|cc0 1 0 universal|creative commons zero|creative commons zero 1 0|"
    "creative commons cc0|"
    "creative commons cc0 1 0|creative commons cc0 1 0 universal|cc0 1 0 universal public domain dedication|"
    "cc zero|"
    "creative commons zero 1 0 universal|creative commons 0 1 0",
    "CC-BY-3.0": "creative commons attribution 3 0|creative commons attribution 3 0 unported|cc by 3 0",
    "CC-BY-4.0": "creative commons attribution 4 0|creative commons attribution 4 0 international|cc by 4 0",
    "CC-BY-SA-3.0": "creative commons attribution share alike 3 0|"
    "creative commons attribution sharealike 3 0|"
    "creative commons attribution sharealike 3 0 unported|cc by sa 3 0|"
    "creative commons attribution share alike 3 0 unported",
    "CC-BY-SA-4.0": "creative commons attribution sharealike 4 0|"
    "creative commons attribution sharealike 4 0 international|"
    "cc by sa 4 0|creative commons attribution share alike 4 0 international|"
    "creative commons attribution share alike 4 0",
    "CC-BY-NC-4.0": "creative commons attribution noncommercial 4 0|"
    "creative commons attribution noncommercial 4 0 international|"
    "creative commons attribution non commercial 4 0 international|"
    "creative commons attribution non commercial 4 0",
    "CC-BY-NC-SA-4.0": "creative commons attribution noncommercial sharealike 4 0|"
    "creative commons attribution noncommercial "
    "sharealike 4 0 international|creative commons attribution non commercial share alike 4 0|"
    "creative commons attribution noncommercial share alike 4 0 international",
    "CC-BY-NC-ND-4.0": "creative commons attribution noncommercial noderivatives 4 0|"
    "creative commons attribution noncommercial "
    "noderivatives 4 0 international",
    "OFL-1.1": "ofl|ofl 1 1|sil ofl|sil ofl 1 1|sil 1 1|sil font 1 1|open font 1 1|sil open font|"
    "sil open font 1 1|font 1 1",
    "Artistic-2.0": "artistic 2 0|artistic 2|perl artistic 2|artistic_2",
    "Artistic-1.0": "artistic 1 0",
    "PSF-2.0": "psf 2 0|psf 2|psfl 2|python foundation 2|psf",
    "Python-2.0": "python 2 0|python foundation|psfl|python",
    "PostgreSQL": "postgresql|postgres",
    "NCSA": "ncsa|university illinois ncsa|university illinois ncsa uiuc|university of illinois ncsa|uiuc|"
    "llvm",
    "curl": "curl",
    "OpenSSL": "openssl",
    "Ruby": "ruby|ruby's",
    "PHP-3.01": "php 3 01|php 3 0 1",
    "PHP-3.0": "php 3 0",
    "MS-PL": "ms pl|microsoft public|ms pl microsoft public",
    "MS-RL": "ms rl|microsoft reciprocal",
    "BlueOak-1.0.0": "blue oak model 1 0 0|blue oak model",
    "HPND": "hpnd|historical permission notice and disclaimer",
    "Vim": "vim",
    "ZPL-2.1": "zpl 2 1|zope public 2 1|zope public",
    "AFL-2.1": "afl 2 1|academic free 2 1",
    "AFL-3.0": "afl 3 0|academic free 3 0",
    "OSL-3.0": "osl 3 0|osl 3",
    "UPL-1.0": "upl|upl 1 0|universal permissive|universal permissive 1 0|universal permissive upl 1 0",
    "MulanPSL-2.0": "mulan psl v2|mulan psl2|mulan psl 2|mulan permissive 2|mulanpsl 2 0",
    "SSPL-1.0": "sspl|sspl 1|sspl v1|server side public 1|server side public|server side public sspl",
    "BUSL-1.1": "busl|busl 1 1|business 1 1|business source 1 1|bsl 1 1|business source",
    "Elastic-2.0": "elastic 2 0|elastic|elastic 2|elv2",
    "ECL-2.0": "ecl 2 0|educational community 2 0",
    "LPPL-1.3c": "lppl 1 3c|latex project public 1 3c",
    "SISSL": "sissl|sun industry standards",
    "W3C": "w3c",
    _PERL: "perl|perl itself|perl_5|perl 5|same as perl|same as perl itself",
    "Apache-2.0 WITH LLVM-exception": "apache 2 0 with llvm exceptions|apache 2 0 with llvm exception",
    "MIT OR Apache-2.0": "mit apache 2 0|apache 2 0 mit",
    COMMONS_CLAUSE: "commons clause",
    PROPRIETARY: "proprietary|commercial|all rights reserved|unlicensed|private|closed|closed-source|"
    "proprietary commercial|"
    "other proprietary|confidential",
    PUBLIC_DOMAIN: "public domain|publicdomain",
    UNRECOGNISED: "bsd|apache|berkeley|mozilla public|mpl|eclipse public|epl|creative commons|artistic|"
    "cc by|cc by sa|cc by nc|"
    "creative commons attribution|afl|osl|php|eupl|zpl|osi approved|lppl|academic free|cecill|asl|oracle|"
    "microsoft|bsl|"
    "common public|cpl|european union public|cc",
}
_KEPT_VALUES = 16_384
_STYLE = frozenset({"style", "like", "ish", "type", "based", "compatible", "inspired", "variant"})
_V_NUMBER = re.compile(r"v(\d+)\Z")
_AT_LEAST = re.compile(r"\(?>= ?(\d[\d.]*)\)?")
_GNU_SHORT = re.compile(r"((?:a|l)?gpl)v?(\d)(\+?)\Z")


@cache
def _keys() -> dict[str, str]:
    keys: dict[str, str] = {}
    for name, symbol in licensing().known_symbols.items():
        if symbol.is_exception or name.startswith("LicenseRef"):
            continue
        words = re.sub(r"[^a-z0-9+]+", " ", name.lower()).split()
        if canonical(name) and len(words) > 1:
            keys.setdefault(" ".join(words), name)
    for expression, spellings in _NAMES.items():
        keys.update({key: expression for key in spellings.split("|") if key})
    keys.update(_gnu_keys())
    return keys


def _gnu_keys() -> dict[str, str]:
    keys = {}
    for family, names in _GNU_FAMILIES.items():
        for name in names.split("|"):
            lowest = min(_GNU_VERSIONS[family].values())
            if name != "gnu":
                keys[name] = keys[f"{name} {name.split()[-1]}"] = f"{family}-{lowest}-or-later"
            for number, version in _GNU_VERSIONS[family].items():
                zero = version.replace(".", " ")
                for digits in {number, zero}:
                    for key in (f"{name} {digits}", f"{name} {family.lower()} {digits}"):
                        keys[key] = keys[f"{key} only"] = f"{family}-{version}-only"
                        keys.update({f"{key} {later}": f"{family}-{version}-or-later" for later in _LATER})
    return keys


def read_name(words: list[str], at: int) -> tuple[str, int] | None:
    """The licence named by the longest run of words from `at` on.

    Returns:
        Its expression and the index after its last word, or None where no licence name stands there.
        "MIT-style" is none.
    """
    keys, found, held = _keys(), None, ""
    for end in range(at, min(len(words), at + _MAX_WORDS)):
        word = words[end]
        if word in FILLERS and not (word == "v" and held == ""):
            if held == "" and end - at > 3:
                break
            if found is not None and found[1] == end and word.startswith("licen"):
                found = found[0], end + 1
            continue
        held = f"{held} {_split(word)}".strip()
        expression = keys.get(held)
        if expression is not None:
            found = expression, end + 1
    if found is not None and found[1] < len(words) and words[found[1]] in _STYLE:
        return None
    return found


def _split(word: str) -> str:
    short = _GNU_SHORT.match(word)
    if short:
        return f"{short[1]} {short[2]}{' +' if short[3] else ''}"
    if len(word) > 1 and word[-1] == "+":
        return f"{_split(word[:-1])} +"
    return _V_NUMBER.sub(r"\1", word)


@lru_cache(_KEPT_VALUES)
def named(value: str) -> str | None:
    """The SPDX expression that a whole value names ("Apache 2", "GPLv3+", "New BSD License"), or None."""
    lowered = _AT_LEAST.sub(r"\1 or later", value.lower())
    if re.search(r"[<>=]", lowered):
        return None
    words = re.sub(r"[^a-z0-9+]+", " ", lowered).split()
    while words and words[0] in FILLERS:
        words = words[1:]
    found = read_name(words, 0)
    if found is None:
        return None
    again = read_name(words, found[1])
    if again == (found[0], len(words)):
        return found[0]
    rest = [word for word in words[found[1] :] if word not in FILLERS]
    known = {"mit", "osi", "approved", "itself", "agreement", "only"} | set(words[: found[1]])
    return found[0] if all(word in known for word in rest) else None
