"""Drawing of strokes: programs of doodles, the pen, random deviations of a hand, and two rasterisers."""
