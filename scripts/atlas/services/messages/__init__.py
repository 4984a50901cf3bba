"""Messages and discoveries: who gets them, how they travel, what became of them."""
