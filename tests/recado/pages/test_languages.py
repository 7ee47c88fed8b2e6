import pytest

from recado.pages.languages import choose


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("es-AR", "es"),
        ("en", "en"),
        ("de, en;q=0.3, pt;q=0.7", "pt"),
        ("EN-us", "en"),
        ("en;q=0, pt;q=0.1", "pt"),
        ("pt;q=0.5, es;q=0.5", "pt"),
        ("", "es"),
        ("de", "es"),
        ("*", "es"),
        (";;;q=,,=", "es"),
        ("en;q=nan", "es"),
        ("x" * 5000, "es"),
    ],
)
def test_the_first_language_the_browser_likes_is_spoken(accepted, language):
    assert choose(asked=None, chosen=None, accepted=accepted) == language


def test_what_is_asked_for_counts_before_what_was_chosen_and_what_the_browser_says():
    assert choose(asked="pt", chosen="es", accepted="en") == "pt"
    assert choose(asked=None, chosen="es", accepted="en") == "es"
    assert choose(asked="xx", chosen="../", accepted="en") == "en"
