# Runs the R code of a page in `docs`, or of an R Markdown document, with each text of `smaller` in place of its name, and
# returns the environment with what the code made. The first `blocks` blocks run; by default all.
run_code <- function(..., smaller, blocks = Inf) {
  lines <- readLines(clone(...))
  starts <- grep("^ *```(r|\\{r.*\\})$", lines)
  starts <- starts[seq_len(min(blocks, length(starts)))]
  ends <- grep("^ *```$", lines)
  code <- unlist(lapply(starts, function(start) lines[start + seq_len(min(ends[ends > start]) - start - 1)]))
  code <- paste(code, collapse = "\n")
  for (text in names(smaller)) {
    expect_match(code, text, fixed = TRUE)
    code <- gsub(text, smaller[[text]], code, fixed = TRUE)
  }
  withr::local_dir(withr::local_tempdir())
  withr::local_pdf(withr::local_tempfile(fileext = ".pdf"))
  environment <- new.env()
  withr::local_output_sink(nullfile())
  suppressMessages(source(exprs = parse(text = code), local = environment, print.eval = TRUE))
  environment
}

test_that("the R code of the page for people who come from tfprobability runs", {
  skip_without_python()
  skip_if_not(dir.exists(Sys.getenv("PIXELCNN_DATA", "")), "needs the real data (PIXELCNN_DATA):")
  made <- run_code("docs", "from-tfp.md", blocks = 1, smaller = c(
    "per_class = 1500" = "per_class = 4", "num_resnet = 5" = "num_resnet = 1", "num_filters = 128" = "num_filters = 2",
    "epochs = 10" = "epochs = 1", "dist, 8," = "dist, 2,"
  ))
  expect_s3_class(made$dist, "pixelcnn.PixelCNNPlusPlus")
  expect_length(made$data$class_names, 20)
})

test_that("the R code of the page about anomalies runs", {
  skip_without_python()
  made <- run_code("docs", "anomaly.md", blocks = 1, smaller = c("doodles(104" = "doodles(4", "doodles(16" = "doodles(2"))
  expect_s3_class(made$detector, "pixelcnn.anomaly.Typicality")
})

test_that("the code of the tutorial in R runs", {
  skip_without_python()
  skip_if_not(dir.exists(Sys.getenv("PIXELCNN_DATA", "")), "needs the real data (PIXELCNN_DATA):")
  made <- run_code("docs", "tutorials", "quickdraw-in-r.md", smaller = c(
    "quickdraw(per_class = 1000)" = "quickdraw(c('bee', 'sun'), per_class = 4)", "1:16" = "1:4",
    "num_hierarchies = 3" = "num_hierarchies = 1", "num_filters = 32" = "num_filters = 2",
    "num_logistic_mix = 5" = "num_logistic_mix = 1", "epochs = 10" = "epochs = 1", "n = 8" = "n = 1", "dist, 8," = "dist, 2,"
  ))
  expect_equal(dim(made$completed), c(2, 28, 28, 1))
})

test_that("the R Markdown document runs from top to bottom", {
  skip_without_python()
  made <- run_code("examples", "notebooks", "doodles-in-r.Rmd", smaller = c(
    "doodles(3000" = "doodles(12", "doodles(60" = "doodles(12", "num_blocks = 4, num_filters = 16" = "num_blocks = 1, num_filters = 2",
    "epochs = 8" = "epochs = 1", "n = 6" = "n = 1", "new[1:4]" = "new[1:2]"
  ))
  expect_s3_class(made$again, "pixelcnn.GatedPixelCNN")
})
