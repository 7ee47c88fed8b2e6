from litestar.exceptions import NotAuthorizedException


class TokenRefused(NotAuthorizedException):
    """The access token is missing, forged or over."""
