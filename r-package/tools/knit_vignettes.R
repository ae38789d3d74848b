# Runs vignettes/source/*.Rmd, which needs Python, and writes what `R CMD build` takes, which does not.
#   Rscript tools/knit_vignettes.R   (from r-package, with the package installed)
setwd("vignettes")
knitr::opts_chunk$set(error = FALSE, collapse = TRUE, comment = "#>", fig.path = "figures/", dev = "png", dpi = 96)
for (source in list.files("source", "[.]Rmd$", full.names = TRUE)) {
  output <- knitr::knit(source, output = basename(source), envir = new.env(), quiet = TRUE)
  # The reader's environment, not that of whoever ran this.
  text <- gsub(Sys.getenv("RETICULATE_PYTHON"), "~/.virtualenvs/r-pixelcnn/bin/python", readLines(output), fixed = TRUE)
  writeLines(text, output)
}
