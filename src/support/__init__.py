"""What the desk sees and takes care of: reads everything, is read by nobody below."""
