"""What a distribution answers beside likelihoods and images. Each module has a class of methods, from which
`PixelDistribution` inherits.
"""
