test_that("a film of drawn images is written", {
  skip_without_python()
  path <- withr::local_tempfile(fileext = ".gif")
  expect_identical(save_film(tiny_images(), path, columns = 3), path)
  frames <- reticulate::import("PIL.Image")$open(path)
  expect_identical(frames$n_frames, 9L)
  half <- occlude(tiny_images(), rows = 5:8)
  completed <- complete_images(tiny(), half, condition = "bee", seed = 1)
  save_film(completed, path, known = !is.na(half))
  expect_identical(reticulate::import("PIL.Image")$open(path)$n_frames, 5L)
})

test_that("arguments of a film that do not fit are named", {
  skip_without_python()
  expect_error(save_film(array(0.5, c(1, 4, 4, 1)), "a.gif"), "`x` is")
  expect_error(save_film(tiny_images(), "a.jpg"), "a.jpg|suffix", class = "pixelcnn_error")
  expect_error(save_film(tiny_images(), "a.gif", order = "left"), "`order` is")
  expect_error(save_film(tiny_images(), "a.gif", known = 1), "`mask` is")
})
