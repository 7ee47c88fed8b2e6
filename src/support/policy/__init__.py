"""What the facts of an open order mean for the desk. Pure: a row in, codes out."""
