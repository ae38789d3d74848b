"""The engine that draws strokes: programs of doodles, the pen, the hand that deviates from them, two rasterisers."""
