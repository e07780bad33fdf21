"""From what was measured to what is asked for: extracts, ions, sodicity, texture and the factors between them."""
