library(testthat)
library(pixelcnn)

test_check("pixelcnn")
