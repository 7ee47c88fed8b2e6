"""Who gets offered what now, and what waits. A city as it stands goes in, proposals and their reasons come out."""
