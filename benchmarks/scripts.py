"""Benchmarks that are separate scripts."""

import sizes

ONE_BY_ONE = {"cached_against_naive", "classes_by_bayes", "codec"}  # measures only the parts that its result lacks
QUALITY = {  # of drawings: result, and command as in SCRIPTS
    "demo": "judge_demo.py",
    "demo_half": "judge_demo.py --half",
    "quickdraw13_ours": "judge_quickdraw.py --ours runs/quickdraw13 --tfp runs/tfp",
    "race": "race.py --runs runs/race --tfp runs/tfp",
    "guidance_curve": "guidance_curve.py --run runs/quickdraw13",
    "drawings": "judge_drawings.py --run runs/quickdraw13",
    "mnist_nats_pixel_cnn": "mnist_nats.py pixel_cnn --output runs/mnist_pixel_cnn --resume",
    "class_as_number": "class_as_number.py",
}
SCRIPTS = {  # result: command that starts the script, or continues a run that was killed
    "cached_against_naive": "cached_against_naive.py",
    "convolution_against_diagonal": "convolution_against_diagonal.py",
    "import_from_tfp": "import_from_tfp.py",
    "drawers": "drawers.py",
    "codec": "codec.py",
    "anomaly": "anomaly.py",
    "classes_by_bayes": "classes_by_bayes.py",
    "vq_prior": "vq_prior.py",
    "profile_training": "profile_work.py",
    "profile_jax_training_small": "profile_work.py --jax",
    "virtual_devices": "virtual_devices.py",
    "large_data": "large_data.py",
    **QUALITY,
    "oreilly_nats": "oreilly_nats.py",
    **{f"mnist_nats_{name}": f"mnist_nats.py {name} --output runs/mnist_{name} --resume" for name in sizes.MNIST},
    **{
        f"cifar10_bits_{name}": f"cifar10_bits.py {name} --output runs/cifar10_{name} --resume"
        for name in ("rgb_masks", "plus_plus")
    },
}
