# What calling from R costs over calling from Python: the same work on the same distribution, in turns, in one run.
#   Rscript r-package/tools/overhead.R [benchmarks/results/r_overhead.json]   (with the package installed)
library(pixelcnn)

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
machines <- reticulate::import_from_path("machines", file.path(dirname(script), "../../benchmarks"))
data <- doodles(2000, seed = 1)
dist <- pixel_cnn_plus_plus(
  c(28, 28, 1), class_names = data$class_names, num_resnet = 1, num_hierarchies = 2, num_filters = 8, num_logistic_mix = 3,
  dropout_p = 0
)
dist |> compile()
main <- reticulate::import_main(convert = FALSE)
main$dist <- dist
main$seed_training <- reticulate::import("pixelcnn.training.seeds", convert = FALSE)$seed_training
main$images <- pixelcnn:::images_to_python(data, dist)
main$labels <- reticulate::r_to_py(as.array(as.integer(data$labels) - 1L))

elapsed <- function(expr) system.time(expr)[["elapsed"]]
python <- function(code) reticulate::py_run_string(code, convert = FALSE)
pairs <- list(
  "fit, 2,000 drawings" = list(
    turns = 5,
    r = function() dist |> fit(data, batch_size = 32, verbose = FALSE),
    # R's fit() sets the seeds, after which TensorFlow prepares the training step again.
    python = function() python("seed_training(dist, 1); dist.fit(images, labels, batch_size=32, verbose=0)")
  ),
  "sample, 32 images" = list(
    turns = 51,
    r = function() sample_images(dist, 32, "bee", seed = 1, verbose = FALSE),
    python = function() python("dist.sample(32, conditional_input=0, seed=1, verbose=0)")
  )
)
medians <- lapply(pairs, function(pair) {
  runs <- pair[c("r", "python")]
  for (run in runs) run()
  times <- replicate(pair$turns, vapply(runs, function(run) elapsed(run()), numeric(1)))
  as.list(apply(times, 1, stats::median))
})
for (name in names(medians)) {
  seconds <- medians[[name]]
  cat(sprintf("%-20s R %.3f s, Python %.3f s, ratio %.3f\n", name, seconds$r, seconds$python, seconds$r / seconds$python))
}
results <- commandArgs(trailingOnly = TRUE)
if (length(results)) {
  machine <- machines$machine()
  jsonlite::write_json(list(machine = machine, works = medians), results, auto_unbox = TRUE, pretty = TRUE, digits = 6)
}
