"""Private training: committed data, proved steps, exact sums, and a model whose every answer traces back to them."""
