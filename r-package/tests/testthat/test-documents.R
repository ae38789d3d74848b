test_that("the R code of the page for people who come from tfprobability runs", {
  skip_without_python()
  skip_if_not(dir.exists(Sys.getenv("PIXELCNN_DATA", "")), "needs the real data (PIXELCNN_DATA):")
  page <- readLines(clone("docs", "from-tfp.md"))
  first <- match("```r", page)
  code <- paste(page[first + seq_len(match("```", page[-seq_len(first)]) - 1)], collapse = "\n")
  smaller <- c("per_class = 1500" = "per_class = 4", "num_resnet = 5" = "num_resnet = 1", "num_filters = 128" = "num_filters = 2",
               "epochs = 10" = "epochs = 1", "dist, 8," = "dist, 2,")
  for (text in names(smaller)) {
    expect_match(code, text, fixed = TRUE)
    code <- sub(text, smaller[[text]], code, fixed = TRUE)
  }
  withr::local_pdf(withr::local_tempfile(fileext = ".pdf"))
  environment <- new.env()
  suppressMessages(eval(parse(text = code), environment))
  expect_s3_class(environment$dist, "pixelcnn.PixelCNNPlusPlus")
  expect_length(environment$data$class_names, 20)
})

test_that("the R code of the page about anomalies runs", {
  skip_without_python()
  page <- readLines(clone("docs", "anomaly.md"))
  first <- match("```r", page)
  code <- paste(page[first + seq_len(match("```", page[-seq_len(first)]) - 1)], collapse = "\n")
  smaller <- c("doodles(104" = "doodles(4", "doodles(16" = "doodles(2")
  for (text in names(smaller)) {
    expect_match(code, text, fixed = TRUE)
    code <- sub(text, smaller[[text]], code, fixed = TRUE)
  }
  withr::local_pdf(withr::local_tempfile(fileext = ".pdf"))
  environment <- new.env()
  eval(parse(text = code), environment)
  expect_s3_class(environment$detector, "pixelcnn.anomaly.Typicality")
})
