"""Street names as people type them: without accents, shortened, with a slip of the finger."""

import re
from typing import Final
from unicodedata import combining, normalize

_WORD: Final = re.compile(r"[a-z0-9]+")
# As they are written in Brazil and in Spanish America.
_WHOLE: Final = {
    "r": "rua", "av": "avenida", "avda": "avenida", "al": "alameda", "pc": "praca", "pca": "praca", "tv": "travessa",
    "trav": "travessa", "lg": "largo", "lgo": "largo", "vd": "viaduto", "vdto": "viaduto", "lad": "ladeira",
    "rod": "rodovia", "est": "estrada", "pte": "ponte", "pq": "parque", "jd": "jardim", "c": "calle", "cra": "carrera",
    "kr": "carrera", "dg": "diagonal", "pza": "plaza", "pje": "pasaje", "blvd": "bulevar", "dr": "doutor",
    "dra": "doutora", "prof": "professor", "profa": "professora", "gal": "general", "gen": "general", "cel": "coronel",
    "cap": "capitao", "mal": "marechal", "brig": "brigadeiro", "cons": "conselheiro", "eng": "engenheiro",
    "sto": "santo", "sta": "santa", "s": "sao", "pe": "padre", "dna": "dona", "d": "dom", "pres": "presidente",
    "gov": "governador", "sen": "senador", "des": "desembargador", "visc": "visconde", "bar": "barao",
}  # fmt: skip
# Words that tell one street from another little: they may be left out.
SMALL: Final = frozenset({
    "a", "o", "as", "os", "da", "de", "do", "das", "dos", "e", "y", "el", "la", "los", "las", "del", "rua", "avenida",
    "alameda", "praca", "largo", "travessa", "viaduto", "ladeira", "rodovia", "estrada", "ponte", "parque", "passagem",
    "patio", "calle", "carrera", "plaza", "pasaje", "bulevar", "via",
})  # fmt: skip
_NUMBERS_PT: Final = [
    "um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze", "treze", "quatorze",
    "quinze", "dezesseis", "dezessete", "dezoito", "dezenove", "vinte",
]  # fmt: skip
_NUMBERS_ES: Final = [
    "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece",
    "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve", "veinte",
]  # fmt: skip
_DAYS: Final = {
    **{word: day for day, word in enumerate(_NUMBERS_PT, 1)},
    **{word: day for day, word in enumerate(_NUMBERS_ES, 1)},
    **{f"vinte e {word}": 20 + unit for unit, word in enumerate(_NUMBERS_PT[:9], 1)},
    **{f"veinti{word}": 20 + unit for unit, word in enumerate(_NUMBERS_ES[:9], 1)},
    "primeiro": 1, "primero": 1, "trinta": 30, "trinta e um": 31, "treinta": 30, "treinta y uno": 31,
}  # fmt: skip
# Streets are named for days: Rua Vinte e Cinco de Março, Avenida 9 de Julio.
_DAY: Final = re.compile(rf"\b({'|'.join(sorted(_DAYS, key=len, reverse=True))})(?= de\b)")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name, comparable: lower case, no accents, nothing shortened, days in figures."""
    plain = "".join(letter for letter in normalize("NFKD", text.casefold()) if not combining(letter))
    whole = " ".join(_WHOLE.get(word, word) for word in _WORD.findall(plain))
    return tuple(_DAY.sub(lambda day: str(_DAYS[day[0]]), whole).split())


def street_and_number(typed: str) -> tuple[tuple[str, ...], int | None]:
    """Return the words of the street and the house number, if one follows; what comes after it is somebody's floor.

    The figures of a name are told from a number by the `de` behind them: Rua 25 de Março, 42.
    """
    words = words_of(typed)
    for place, word in enumerate(words):
        is_named = words[place + 1 : place + 2] == ("de",)
        if place and word.isdecimal() and len(word) <= 6 and not is_named:  # noqa: PLR2004  no street is so long
            return words[:place], int(word)
    return words, None


def slips(a: str, b: str, *, at_most: int) -> bool:
    """Tell whether so few letters added, left out, changed or swapped turn one word into the other."""
    if abs(len(a) - len(b)) > at_most or len({*a} ^ {*b}) > 2 * at_most:  # one slip adds or takes two letters at most
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > at_most:
            return False
    return row[-1] <= at_most
