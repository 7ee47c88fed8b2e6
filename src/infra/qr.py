"""QR codes, for phones to scan."""

import io

import segno


def draw(text: str) -> str:
    """Return a text as a picture in SVG, which takes the size of the place it is put in."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, omitsize=True, nl=False, dark="#000", light="#fff"
    )
    return drawn.getvalue().decode()
