"""What we know of stores, their menus, the tickets in their kitchens, and the calls for help about them."""
