test_that("one device is the default, and devices that do not exist are refused", {
  skip_without_python()
  expect_length(use_devices(1), 1)
  expect_error(use_devices(1000), "devices=1000")
  expect_error(use_devices("gpu:99"), "gpu:99")
  expect_error(use_devices(1.5), "devices")
})
