"""Who may call: roles, scopes, access tokens."""
