"""Many images in shards: several processes draw or score them, on one machine or on many, in parts of one folder."""

from pixelcnn.shards.jobs import merge_scores, missing_parts, read_parts, sample_shard, score_shard

__all__ = ["merge_scores", "missing_parts", "read_parts", "sample_shard", "score_shard"]
