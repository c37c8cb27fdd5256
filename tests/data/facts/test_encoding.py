import codecs
import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.encoding import decode

CODE = "def area(width, height):\n    return width * height\n\n\n"

COMMENTS = {
    "gb18030": "# 打开配置文件。读取所有的参数。然后关闭它\n",
    "cp950": "# 開啟設定檔。讀取所有的參數。然後關閉它\n",
    "cp932": "# 設定ファイルを開いて、すべてのパラメータを読み込みます\n",
    "euc_jp": "# 設定ファイルを開いて、すべてのパラメータを読み込みます\n",
    "cp949": "# 설정 파일을 열고 모든 매개변수를 읽은 다음 닫습니다\n",
    "cp1251": "# Открывает файл настроек и читает все параметры\n",
    "koi8-r": "# Открывает файл настроек и читает все параметры\n",
    "cp866": "# Открывает файл настроек и читает все параметры\n",
    "cp1252": "# Öffnet die Datei und liest die Größe für jeden Schlüssel\n",
    "cp1250": "# Otwiera plik ustawień i wczytuje każdą wartość, jeśli źródło istnieje\n",
    "iso8859-2": "# Otwiera plik ustawień i wczytuje każdą wartość, jeśli źródło istnieje\n",
    "cp1253": "# Ανοίγει το αρχείο ρυθμίσεων και διαβάζει όλες τις παραμέτρους\n",
    "cp1254": "# Ayarlar dosyasını açar, değerleri okur ve değişkenlere yazar; işlem başarısız olabilir\n",
    "cp1255": "# פותח את קובץ ההגדרות וקורא את כל הערכים\n",
}


@given(st.binary(max_size=300))
def test_any_bytes_have_an_answer_that_python_confirms(raw: bytes) -> None:
    confirm(raw)


@given(
    st.text(max_size=60),
    st.sampled_from(
        [*COMMENTS, "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "big5hkscs", "euc_jis_2004"]
    ),
    st.binary(max_size=3),
)
def test_text_in_any_encoding_has_an_answer_that_python_confirms(text: str, codec: str, noise: bytes) -> None:
    confirm(text.encode(codec, "ignore") + noise)


def confirm(raw: bytes) -> None:
    codec, utf8 = decode(raw)
    if codec is None:
        assert utf8 == b""
        return
    assert utf8 == raw.decode(codec).encode()
    if codec == "utf-8":
        assert utf8 is raw


@pytest.mark.parametrize("codec", COMMENTS)
@pytest.mark.parametrize("before", ["", CODE * 20])
def test_comment_among_code_is_told_apart(codec: str, before: str) -> None:
    text = before + COMMENTS[codec] + CODE
    assert decode(text.encode(codec)) == (codec, text.encode())


@pytest.mark.parametrize(
    ("raw", "codec"),
    [
        (b"", "utf-8"),
        (b"x = 1\n", "utf-8"),
        ("größer\n".encode(), "utf-8"),
        (b"\x1b[31mred\x1b[0m\n", "utf-8"),
        (codecs.BOM_UTF8 + b"x", "utf-8-sig"),
        (codecs.BOM_UTF8, "utf-8-sig"),
        ("x = 'é'\n".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "x = 'é'\n".encode("utf-16-be"), "utf-16"),
        ("x = 'é'\n".encode("utf-32"), "utf-32"),
        ("#include <x>\r\n".encode("utf-16-le"), "utf-16-le"),
        ("#include <x>\r\n".encode("utf-16-be"), "utf-16-be"),
        (b"/* @author Jos\xe9 */\n", "cp1252"),
        (b"\xa9 2010 A company\n", "cp1252"),
        (b"It\x92s here\n", "cp1252"),
        (b"# -*- coding: koi8-r -*-\n# \xc4\xc1\n", "koi8-r"),
        (b'<?xml version="1.0" encoding="iso-8859-2"?>\n<a>\xb1\xe6</a>\n', "iso8859-2"),
    ],
)
def test_known_answers(raw: bytes, codec: str) -> None:
    assert decode(raw) == (codec, raw.decode(codec).encode())


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("The files müssen geändert werden.\r\n", "cp850"),
        ("Größe und Länge für jeden Schlüssel, ohne Maß\r\n", "cp437"),
        ("L'élève a été très intéressé par la fenêtre où la forêt s'arrête\r\n", "cp850"),
        ("La configuración está aquí: años, señales y también números\r\n", "cp437"),
        ("Wczytuje każdą wartość, jeśli źródło istnieje, i kończy działanie\r\n", "cp852"),
    ],
)
@pytest.mark.parametrize("before", ["", CODE * 20])
def test_text_of_dos_is_read_as_its_letters(text: str, codec: str, before: str) -> None:
    assert decode((before + text).encode(codec))[1] == (before + text).encode()


@pytest.mark.parametrize(
    "text",
    [
        "He said “it’s here”—and left… 10–20 € for a café",
        "naïve‚ §5, ©2010, 3×4, ½ cup, 20°C, señor¡",
        "Žluťoučký kůň",
        "rœuvre Šibenik šuma žena",
    ],
)
def test_windows_text_is_not_taken_for_that_of_dos(text: str) -> None:
    codec = "cp1250" if "ů" in text else "cp1252"
    assert decode(text.encode(codec))[0] not in ("cp437", "cp850", "cp852")


def test_random_bytes_are_no_text_of_dos() -> None:
    rng = random.Random(3)
    for _ in range(200):
        raw = rng.randbytes(300).translate(None, bytes(range(32)))
        assert decode(raw)[0] not in ("cp437", "cp850", "cp852")


def test_lying_mark_is_kept_as_the_bytes_it_is() -> None:
    raw = codecs.BOM_UTF8 + "// größer für später\n".encode("cp1252")
    assert decode(raw) == ("cp1252", raw.decode("cp1252").encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"\0",
        b"text\0text",
        codecs.BOM_UTF8 + b"text\0text",
        codecs.BOM_UTF16_LE + b"\0\xd8",
        codecs.BOM_UTF16_LE + b"a\0\0\0b\0",
        "a\0bcdef".encode("utf-16-le"),
        b"a\0b\0c",
        gzip.compress(b"small", mtime=0)[:12].replace(b"\0", b"\x01"),
        b"\xff\xd8\xff\xe1Exif",
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
        b"\x89PNG\r\n\x1a\n",
        zlib.compress(random.Random(7).randbytes(4000)).replace(b"\0", b""),
    ],
)
def test_what_is_no_text(raw: bytes) -> None:
    assert decode(raw) == (None, b"")


def test_damaged_utf8_is_not_garbled_into_another_encoding() -> None:
    raw = "// 打开配置文件。读取所有的参数\n".encode()
    assert decode(raw[:10] + raw[11:]) == (None, b"")


def test_one_long_line_is_sampled_around_what_is_not_ascii() -> None:
    raw = b"x=1;" * 50_000 + COMMENTS["cp1251"].encode("cp1251") + b"y=2;" * 50_000
    assert decode(raw)[0] == "cp1251"
